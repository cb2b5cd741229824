package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// TestOverviewIsThePlans: the overview of a VPC with one workload has the differences and findings that wizard check reports for
// answers with this workload and VPC, and its schema accepts it.
func TestOverviewIsThePlans(t *testing.T) {
	t.Parallel()
	schema := schematest.Open(t, "overview")
	for _, scenario := range []string{"half-done", "conflict", "shared-vpc", "crowded", "old-agents", "managed-instances", "mwaa-private", "mwaa-customer-pending"} {
		dir := t.TempDir()
		file, ans := filepath.Join(dir, "s.json"), filepath.Join(dir, "answers.yaml")
		if code, _, errs := wizard(t, "snapshot", "--sandbox="+scenario, "--out", file); code != exitOK {
			t.Fatal(errs)
		}
		code, out, errs := wizard(t, "check", "--snapshot", file, "--json")
		if err := schema.Validate([]byte(out)); err != nil {
			t.Errorf("%s: %v %s", scenario, err, errs)
			continue
		}
		type differences struct{ Changes, Findings []map[string]any }
		var o struct {
			VPCs []struct {
				VPC       string
				Workloads []struct{ Workload string }
				differences
			}
		}
		if err := json.Unmarshal([]byte(out), &o); err != nil || len(o.VPCs) != 1 || len(o.VPCs[0].Workloads) != 1 {
			t.Errorf("%s: %v: %s", scenario, err, out)
			continue
		}
		v := o.VPCs[0]
		if err := os.WriteFile(ans, fmt.Appendf(nil, "version: 1\nworkload: %s\nvpc: %s\n", v.Workloads[0].Workload, v.VPC), 0o600); err != nil {
			t.Fatal(err)
		}
		want, single, errs := wizard(t, "check", "--snapshot", file, "--answers", ans, "--json")
		var of differences
		if err := json.Unmarshal([]byte(single), &of); err != nil || want == exitOK {
			t.Errorf("%s: exit code %d, %v %s", scenario, want, err, errs)
			continue
		}
		if d := cmp.Diff(of, v.differences); d != "" || code != want {
			t.Errorf("%s: exit code %d, want %d; check (-) and overview (+):\n%s", scenario, code, want, d)
		}
	}
}

// TestOverviewWithoutAPlan: a plan that cannot be made is a row with the reason, and does not end the check.
func TestOverviewWithoutAPlan(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "s.json")
	if code, _, errs := wizard(t, "snapshot", "--sandbox=half-done", "--out", file); code != exitOK {
		t.Fatal(errs)
	}
	inv := readSnapshot(t, file)
	for i := range inv.Clusters { // nothing shows the subnets of the tasks
		for j := range inv.Clusters[i].Services {
			inv.Clusters[i].Services[j].Subnets = []string{"subnet-of-nothing"}
		}
	}
	inv.Networks[0].Subnets = nil
	data, err := inv.Write()
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := wizard(t, "check", "--snapshot", file)
	if code != exitFindings || !strings.Contains(out, "  no plan  ") || !strings.Contains(out, ": No plan for Amazon ECS on Fargate: clients is missing,\n") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// TestOverviewInDocs: docs/check.md shows what the program prints.
func TestOverviewInDocs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, scenario := range []string{"closed", "half-done", "first-steps"} {
		if code, _, errs := wizard(t, "snapshot", "--sandbox="+scenario, "--out", filepath.Join(dir, scenario+".json")); code != exitOK {
			t.Fatal(errs)
		}
	}
	page, err := os.ReadFile("../../docs/check.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, out, errs := wizard(t, "check", "--snapshot", dir); !strings.Contains(string(page), "```\n"+out+"```\n") {
		t.Errorf("docs/check.md does not contain\n%s%s", out, errs)
	}
}

// BenchmarkOverview checks 100 snapshots of different accounts in a directory.
func BenchmarkOverview(b *testing.B) {
	dir := b.TempDir()
	scenarios := []string{"closed", "half-done", "conflict", "shared-vpc", "crowded", "old-agents", "registry", "managed-instances", "mwaa-private", "first-steps"}
	for i := range 100 {
		file := filepath.Join(dir, fmt.Sprintf("account-%02d.json", i))
		if i >= len(scenarios) {
			data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("account-%02d.json", i%len(scenarios))))
			if err == nil {
				text := strings.ReplaceAll(string(data), "123456789012", fmt.Sprintf("2345678900%02d", i))
				err = os.WriteFile(file, []byte(text), 0o600)
			}
			if err != nil {
				b.Fatal(err)
			}
			continue
		}
		if code := Main(b.Context(), streams{In: strings.NewReader(""), Out: &strings.Builder{}, Err: &strings.Builder{}}, []string{"snapshot", "--sandbox=" + scenarios[i], "--out", file}); code != exitOK {
			b.Fatalf("snapshot of %s: exit code %d", scenarios[i], code)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		var out, errs strings.Builder
		code := Main(b.Context(), streams{In: strings.NewReader(""), Out: &out, Err: &errs}, []string{"check", "--snapshot", dir})
		if code != exitFindings || !strings.Contains(out.String(), "of 100 snapshots: ") {
			b.Fatalf("exit code %d: %s", code, errs.String())
		}
	}
}
