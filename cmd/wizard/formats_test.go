package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/recent"
	"github.com/privatelink-wizard/privatelink-wizard/internal/record"
	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// The files in testdata/formats are what each release wrote, in a folder with its version: answers, answers to offer again, preferences, snapshots of the sandbox account closed
// with the legend of the masked one, an export of that, the record of a run, and JSON output. They are never changed, because users have such files.

// eachFormat runs a test for the files of each release.
func eachFormat(t *testing.T, test func(t *testing.T, folder string)) {
	t.Helper()
	folders, err := filepath.Glob("testdata/formats/*")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { test(t, folder) })
	}
}

// one returns the only file that matches a pattern.
func one(t *testing.T, pattern ...string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(pattern...))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v: %v %v", pattern, found, err)
	}
	return found[0]
}

// bytesOf returns the content of a file.
func bytesOf(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// accountIn reads a snapshot, compressed or not, as commands do.
func accountIn(t *testing.T, file string) *inventory.Inventory {
	t.Helper()
	g := &globals{}
	inv, err := g.readSnapshot(file)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// TestEarlierAnswers: each key of an earlier answers file is read, and written again with the same value.
func TestEarlierAnswers(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		files, err := filepath.Glob(filepath.Join(folder, "answers", "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			text := bytesOf(t, file)
			ans, _, err := answers.Load(file, text)
			if err != nil {
				t.Error(err)
				continue
			}
			out, err := ans.YAML()
			if err != nil {
				t.Fatal(err)
			}
			var before, after any
			if err := yaml.Unmarshal(text, &before); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal(out, &after); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(before, after); d != "" {
				t.Errorf("%s (-before +after):\n%s", file, d)
			}
		}
	})
}

// TestEarlierAnswersToOffer: the answers that an earlier program kept are offered again.
func TestEarlierAnswersToOffer(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		all, err := recent.List(folder)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		if e := all[0]; e.Profile != "lab" || e.Time.IsZero() || e.Answers.Service != "prod/web" || len(e.Answers.Clients) != 4 {
			t.Errorf("%+v", e)
		}
		if !all[1].Answers.Creates() {
			t.Errorf("%+v", all[1])
		}
	})
}

// TestEarlierPreferences: each key of an earlier preferences file is read.
func TestEarlierPreferences(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		file := filepath.Join(folder, "config.yaml")
		p, _, err := answers.LoadPreferences(file, bytesOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		out, err := yaml.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var before, after map[string]any
		if err := errors.Join(yaml.Unmarshal(bytesOf(t, file), &before), yaml.Unmarshal(out, &after)); err != nil || len(before) == 0 {
			t.Fatal(before, err)
		}
		for key, value := range before {
			if d := cmp.Diff(value, after[key]); d != "" {
				t.Errorf("%s (-before +after):\n%s", key, d)
			}
		}
	})
}

// TestEarlierSnapshots: commands read earlier snapshots, compressed or not, and find in them what the program of their time found.
func TestEarlierSnapshots(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		dir := t.TempDir()
		snapshot, masked, plain := filepath.Join(folder, "snapshot.json.gz"), filepath.Join(folder, "masked.json.gz"), filepath.Join(dir, "plain.json")
		unpack, err := gzip.NewReader(bytes.NewReader(bytesOf(t, snapshot)))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(unpack)
		if err == nil {
			err = os.WriteFile(plain, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(accountIn(t, snapshot), accountIn(t, plain)); d != "" {
			t.Error(d)
		}
		const vpc = "vpc-0a1b2c3d4e5f60001"
		inv := accountIn(t, snapshot)
		if inv.VPC(vpc) == nil || inv.Network(vpc) == nil || len(inv.Gaps) > 0 || inv.Masked() || !accountIn(t, masked).Masked() {
			t.Errorf("read %d VPCs, %d networks and %d gaps", len(inv.VPCs), len(inv.Networks), len(inv.Gaps))
		}
		ans := filepath.Join(folder, "answers.yaml")
		for _, file := range []string{snapshot, plain} {
			if code, out, errs := wizard(t, "plan", "--answers", ans, "--snapshot", file); code != exitOK || !strings.Contains(out, "prod/web") {
				t.Errorf("%s: exit code %d: %s%s", file, code, out, errs)
			}
		}
		if code, out, errs := wizard(t, "check", "--answers", ans, "--snapshot", snapshot); code != exitChanges {
			t.Errorf("exit code %d: %s%s", code, out, errs)
		}
		code, out, errs := wizard(t, "snapshot", "diff", snapshot, plain)
		if code != exitOK {
			t.Errorf("exit code %d: %s", code, errs)
		}
		contains(t, out, "no differences")
	})
}

// TestEarlierLegends: an earlier legend completes an export that was made then, and the names of an account have the same stand-ins.
func TestEarlierLegends(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		file, export := filepath.Join(folder, "wizard-legend.json"), filepath.Join(t.TempDir(), "report.md")
		text := bytesOf(t, filepath.Join(folder, "masked.md"))
		if strings.Contains(string(text), "prod/web") {
			t.Fatal("the export is not masked")
		}
		if err := os.WriteFile(export, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := wizard(t, "unmask", file, export); code != exitOK {
			t.Fatal(errs)
		}
		contains(t, string(bytesOf(t, export)), "# prod/web does not start", "- **Account:** 123456789012, Region us-east-1.", "- **VPC:** prod (vpc-0a1b2c3d4e5f60001).")

		legend, err := inventory.ReadLegend(bytesOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		again, err := accountIn(t, filepath.Join(folder, "snapshot.json.gz")).Mask(legend)
		if err != nil {
			t.Fatal(err)
		}
		before := accountIn(t, filepath.Join(folder, "masked.json.gz"))
		if d := cmp.Diff(namesOf(before), namesOf(again)); d != "" {
			t.Errorf("(-before +after):\n%s", d)
		}
	})
}

// namesOf returns names of an account that a mask replaces.
func namesOf(inv *inventory.Inventory) []string {
	out := []string{inv.Account}
	for _, v := range inv.VPCs {
		out = append(out, v.Name)
	}
	for _, c := range inv.Clusters {
		out = append(out, c.Name)
		for _, s := range c.Services {
			out = append(out, s.Name)
		}
	}
	return out
}

// TestEarlierRecords: an earlier run is listed, and undo reverts it. The account gets the resources of the run from a new run, and the record gets
// their ids.
func TestEarlierRecords(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		file := one(t, folder, "plw-*.jsonl")
		id := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		s := hasty(t, "closed")
		differs := s.since()
		s.write("answers.yaml", string(bytesOf(t, filepath.Join(folder, "answers.yaml"))))
		out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes", "--json")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		var summary struct{ IDs map[string]string }
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil || len(summary.IDs) == 0 {
			t.Fatalf("%v: %s", err, lines[len(lines)-1])
		}
		run, err := record.Read(folder, id)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string // each with the one that replaces it
		for _, step := range run.Steps {
			if now := summary.IDs[string(step.Change)]; step.ID != "" && now != "" {
				ids = append(ids, step.ID, now)
			}
		}
		runs := filepath.Dir(s.records()[0])
		for _, own := range s.records() {
			if err := os.Remove(own); err != nil {
				t.Fatal(err)
			}
		}
		text := strings.NewReplacer(ids...).Replace(string(bytesOf(t, file)))
		if err := os.WriteFile(filepath.Join(runs, filepath.Base(file)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ = s.wizard(0, "runs")
		contains(t, out, id, "vpc-0a1b2c3d4e5f60001", "complete", "7 resources")
		s.wizard(0, "undo", id, "--yes")
		if d := differs(); d != "" {
			t.Errorf("the account after undo (-before +after):\n%s", d)
		}
	})
}

// TestEarlierOutput: programs that read the JSON output of an earlier version find each field of it in the output of this version, with values of the
// same kind.
func TestEarlierOutput(t *testing.T) {
	eachFormat(t, func(t *testing.T, folder string) {
		for _, name := range []string{"plan", "check", "overview", "doctor"} {
			if err := schematest.OpenForEarlier(t, name).Validate(bytesOf(t, filepath.Join(folder, name+".json"))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A change keeps its id for the same answers and account.
		var before, after struct{ Changes []struct{ ID string } }
		if err := json.Unmarshal(bytesOf(t, filepath.Join(folder, "plan.json")), &before); err != nil {
			t.Fatal(err)
		}
		code, out, errs := wizard(t, "plan", "--answers", filepath.Join(folder, "answers.yaml"), "--snapshot", filepath.Join(folder, "snapshot.json.gz"), "--json")
		if err := json.Unmarshal([]byte(out), &after); err != nil || code != exitOK {
			t.Fatal(err, errs)
		}
		for _, c := range before.Changes {
			if !slices.Contains(after.Changes, c) {
				t.Errorf("the plan has no change %s", c.ID)
			}
		}
	})
}
