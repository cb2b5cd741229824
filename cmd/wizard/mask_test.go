package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// pairs visits the texts of two values of the same form, except sorted ones, and names that no id
// of a plan has.
func pairs(a, b reflect.Value, visit func(a, b string)) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			field := a.Type().Name() + "." + a.Type().Field(i).Name
			if !slices.Contains(strings.Fields("Access.KeyPairs Endpoint.Name Service.Name Endpoint.Policy Subnet.Name RouteTable.Name NATGateway.Name VPC.Name Request.Part"), field) {
				pairs(a.Field(i), b.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range a.Len() {
			pairs(a.Index(i), b.Index(i), visit)
		}
	case reflect.String:
		visit(a.String(), b.String())
	}
}

// outcome is what a plan decides, with the names of a masked account.
func outcomeOf(t *testing.T, code int, text string, rename func(string) string) []string {
	t.Helper()
	out := []string{fmt.Sprint("exit code ", code)}
	if text == "" {
		return out
	}
	var p struct {
		Needs    []struct{ Service, Verdict string }
		Actions  []struct{ ID, Op, Kind, Existing, Rules any }
		Findings []struct{ Rule, Severity, Resource any }
		Claims   []struct{ Proof, Kind, Change, Row any }
		Cost     any
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Needs {
		out = append(out, fmt.Sprintf("need %+v", n))
	}
	for _, a := range p.Actions {
		out = append(out, rename(fmt.Sprintf("action %+v", a)))
	}
	for _, f := range p.Findings {
		out = append(out, rename(fmt.Sprintf("finding %+v", f)))
	}
	for _, c := range p.Claims {
		out = append(out, rename(fmt.Sprintf("claim %+v", c)))
	}
	out = append(out, rename(fmt.Sprint("cost ", p.Cost)))
	slices.Sort(out)
	return out
}

// policiesOf returns endpoint policies for an account: with patterns of its names, with its account and
// roles, and with faults.
func policiesOf(inv *inventory.Inventory) []string {
	statement := func(effect, rest string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "` + effect + `", "Action": "*", ` + rest + `}]}`
	}
	out := []string{
		statement("Allow", `"Principal": "*", "Resource": "arn:`+inv.Partition+`:s3:::prod-*"`),
		statement("Allow", `"Principal": "*", "Resource": ["arn:`+inv.Partition+`:s3:::prod-*/*", "*"]`),
		statement("Allow", `"Principal": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "`+inv.Account+`"}}`),
		statement("Allow", `"Principal": "*", "Resource": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "arn:*:iam::*:role/*-execution"}}`),
		statement("Deny", `"Principal": "*", "NotResource": ["arn:*:ecr:*:`+inv.Account+`:repository/*", "arn:*:logs:*:*:log-group:/ecs/*"]`),
		statement("Allow", `"Principal": {"AWS": "`+inv.Account+`"}, "Resource": "*", "Resource": "*"`),
		`{"Statement": [`,
		`"web"`,
	}
	for _, d := range inv.TaskDefinitions[:min(1, len(inv.TaskDefinitions))] {
		if len(d.ExecutionRole) > 8 {
			out = append(out, statement("Allow", `"Principal": {"AWS": "`+d.ExecutionRole+`"}, "Resource": "*"`),
				statement("Allow", `"Principal": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "`+d.ExecutionRole[:len(d.ExecutionRole)-3]+`*"}}`))
		}
		for _, c := range d.Containers {
			if _, path, ok := strings.Cut(c.Image, "/"); ok && len(path) > 4 {
				out = append(out, statement("Allow", `"Principal": "*", "Resource": "arn:`+inv.Partition+`:ecr:*:*:repository/`+path[:3]+`*"`))
			}
			if len(c.LogGroup) > 5 {
				out = append(out, statement("Allow", `"Principal": "*", "Resource": "arn:`+inv.Partition+`:logs:*:*:log-group:*`+c.LogGroup[3:]+`:*"`))
			}
		}
	}
	return out
}

// A masked snapshot leads to the same plan, names aside.
func TestPlansOfMaskedSnapshots(t *testing.T) {
	t.Parallel()
	var plans atomic.Int64
	t.Cleanup(func() {
		if n := plans.Load(); n < 100 {
			t.Errorf("compared %d plans, want at least 100", n)
		}
	})
	for _, s := range sandbox.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "raw.json")
			if code, _, errs := wizard(t, "snapshot", "--sandbox="+s.Name, "--out", file); code != exitOK {
				t.Fatal(errs)
			}
			inv := readSnapshot(t, file)
			workloads, service := answers.Supported, [2]string{}
			if s.Name == "large" { // the plan for all services is long and shows nothing more
				workloads, service[0] = []answers.Workload{answers.ECSFargate}, "team-001/api"
			}
			policies := append([]string{""}, policiesOf(inv)...) // the first time as it is
			if s.Name == "large" {
				policies = policies[:2]
			}
			for i, policy := range policies {
				if policy != "" {
					for n := range inv.Networks {
						for e := range inv.Networks[n].Endpoints {
							inv.Networks[n].Endpoints[e].Policy = policy
						}
					}
				}
				masked, err := inv.Mask(legend())
				if err != nil {
					t.Fatal(err)
				}
				names, after := map[string]string{}, map[string]bool{}
				pairs(reflect.ValueOf(*inv), reflect.ValueOf(*masked), func(a, b string) {
					if old, ok := names[a]; ok && old != b && a != "default" { // a security group, or a cluster
						t.Errorf("%q is %q and %q", a, old, b)
					}
					names[a], after[b] = b, true
				})
				var long []string
				for a, b := range names {
					if a != b && len(a) > 3 {
						long = append(long, a)
						if after[a] && a != "default" {
							t.Errorf("%q is still in the masked snapshot", a)
						}
					}
				}
				slices.SortFunc(long, func(a, b string) int { return len(b) - len(a) })
				var olds []string
				for _, a := range long {
					olds = append(olds, a, names[a])
				}
				if service[0] != "" {
					k := slices.IndexFunc(inv.Clusters, func(c inventory.Cluster) bool { return c.Name == "team-001" })
					j := slices.IndexFunc(inv.Clusters[k].Services, func(s inventory.Service) bool { return s.Name == "api" })
					service[1] = masked.Clusters[k].Name + "/" + masked.Clusters[k].Services[j].Name
				}
				var accounts [2]snapshot
				for k, x := range []*inventory.Inventory{inv, masked} {
					data, err := x.Write()
					if err == nil {
						accounts[k].inv, err = inventory.Read(data)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				for _, w := range workloads {
					var got [2][]string
					for k, rename := range []func(string) string{strings.NewReplacer(olds...).Replace, func(s string) string { return s }} {
						text := "version: 1\nworkload: " + string(w) + "\nvpc: " + s.VPC + "\n"
						if service[0] != "" {
							text += "service: " + service[k] + "\n"
						}
						p, _, err := planFor(t.Context(), accounts[k], text)
						var data []byte
						if err == nil {
							data, err = json.Marshal(p)
						}
						if err == nil {
							err = stops(io.Discard, p, nil, false)
						}
						got[k] = outcomeOf(t, exitCode(err), string(data), rename)
					}
					if d := cmp.Diff(got[0], got[1]); d != "" {
						t.Errorf("%s, policy %d %s (-given +masked):\n%s", w, i, policy, d)
					}
					if len(got[0]) > 5 {
						plans.Add(1)
					}
				}
			}
		})
	}
}

// legend returns a new legend with a fixed key.
func legend() *inventory.Legend { return inventory.NewLegend([32]byte{1, 2, 3}) }
