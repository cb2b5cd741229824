package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// TestCallsByWorkload counts the AWS calls of a plan: they grow with what is in use
// and not with what the account holds beside it, and none is made twice.
func TestCallsByWorkload(t *testing.T) {
	const most = 57 // 7 of them read prices
	for _, w := range answers.Supported {
		t.Run(string(w), func(t *testing.T) {
			scenario := "closed"
			switch {
			case families.Of(w).WebServer:
				scenario = "mwaa-private"
			case families.Of(w).AWSHosts:
				scenario = "managed-instances"
			}
			s, err := sandbox.Find(scenario)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			ans, log := filepath.Join(dir, "answers.yaml"), filepath.Join(dir, "log")
			if err := os.WriteFile(ans, []byte("version: 1\nworkload: "+string(w)+"\nvpc: "+s.VPC+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			if code := Main(t.Context(), streams{In: strings.NewReader(""), Out: &out, Err: &errs}, []string{"plan", "--sandbox=" + scenario, "--debug", log, "--answers", ans}); code != exitOK && code != exitFindings {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			lines, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			counts, n := map[string]int{}, 0
			for line := range strings.Lines(string(lines)) {
				if f := strings.Fields(line); len(f) > 2 && strings.Contains(line, " status=") {
					counts[f[1]+":"+f[2]]++
					n++
				}
			}
			t.Logf("%d calls: %v", n, counts)
			if n < 20 || n > most {
				t.Errorf("%d calls, want at most %d", n, most)
			}
			for _, once := range []string{"sts:GetCallerIdentity", "ec2:DescribeVpcEndpointServices", "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces", "ecs:ListClusters"} {
				if counts[once] != 1 {
					t.Errorf("%s is called %d times", once, counts[once])
				}
			}
			for op := range counts { // nobody asked for credentials of a registry
				if strings.HasPrefix(op, "secretsmanager:") || strings.HasPrefix(op, "kms:") || op == "iam:ListRoles" {
					t.Errorf("%s is called", op)
				}
				if slices.Contains(inventory.Calls(inventory.PartFailures), op) { // only wizard snapshot and wizard doctor read messages
					t.Errorf("%s is called", op)
				}
			}
		})
	}
}
