package resource_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Mutation 9: agents of two zones are never restarted together.
func TestRestartsKeepToOneZone(t *testing.T) {
	host := func(n, zone string) resource.Host {
		return resource.Host{ARN: "arn:" + n, Instance: "i-" + n, Zone: zone, Family: hosts.AmazonLinux2}
	}
	a := resource.Change{ID: "agents/prod", Op: resource.Run, Spec: resource.AgentRestart{Cluster: "prod", ARN: "arn:c", Hosts: []resource.Host{host("1", "a"), host("2", "b"), host("3", "b")}}}
	var does []string
	for _, c := range a.Steps().Writes() {
		if c.Op == "SendCommand" {
			does = append(does, fmt.Sprint(c.In["InstanceIds"]))
		}
	}
	// The last two are for those that the command to both did not reach.
	if want := []string{"[i-1]", "[i-2 i-3]", "[i-2]", "[i-3]"}; !slices.Equal(does, want) {
		t.Errorf("%q", does)
	}
}

// TestSequencesDifferOnlyInTheirValues tests that a sequence of parts about one instance becomes that of another one when
// its values are replaced, so that a script can have one function for both.
func TestSequencesDifferOnlyInTheirValues(t *testing.T) {
	host := func(n string) resource.Host {
		return resource.Host{ARN: "arn:aws:ecs:us-east-1:1:container-instance/prod/" + n, Instance: "i-" + n, Zone: "a", Family: hosts.AmazonLinux2}
	}
	all := []resource.Host{host("01"), host("02"), host("03"), host("04"), host("05"), host("06"), host("07")} // groups of five and two
	reboot := slices.Clone(all)
	for i := range reboot {
		reboot[i].Reboot = true
	}
	cluster := resource.AgentRestart{Cluster: "prod", ARN: "arn:c", Endpoints: map[string]resource.Value{"ecs": resource.Lit("vpce-1")}}
	command, rebooted, drained := cluster, cluster, cluster
	command.Hosts, rebooted.Hosts, drained.Drained = all, reboot, all
	for name, tt := range map[string]struct {
		spec  resource.Spec
		sorts int
	}{
		"Run Command": {command, 3}, "reboot": {rebooted, 1}, "drained": {drained, 1},
		"update": {resource.AgentUpdate{Cluster: "prod", ARN: "arn:c", Hosts: all, Version: map[string]string{}}, 1},
	} {
		sorts, subjects := map[string]bool{}, map[*resource.Subject]string{}
		for _, p := range (resource.Change{ID: "agents/prod", Op: resource.Run, Spec: tt.spec}).Steps().Parts {
			of := p.Of
			p.Of = nil
			text, err := json.Marshal([]any{p, of.Exists, of.Gone, of.Name})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Calls() {
				if hosts, ok := c.In["containerInstances"].([]any); ok && c.Op == "DescribeContainerInstances" && len(hosts) != len(all) {
					t.Errorf("%s: %s reads %d instances", name, p.Label, len(hosts))
				}
			}
			subjects[of] += string(text)
		}
		for of, text := range subjects {
			request, _ := json.Marshal(of.Exists.In) // is the same for all
			text = strings.ReplaceAll(text, string(request), "REQUEST")
			for _, v := range slices.SortedFunc(slices.Values(of.Values), func(a, b resource.Named) int { return len(b.Value) - len(a.Value) }) {
				if len(v.Value) > 1 { // not the zone
					text = strings.ReplaceAll(text, v.Value, "$"+v.Name)
				}
			}
			sorts[text] = true
		}
		if len(sorts) != tt.sorts {
			t.Errorf("%s: %d sorts of sequences, not %d", name, len(sorts), tt.sorts)
		}
	}
}

// TestAgentsAreReadTogether tests that a restart and its verification read up to 100 instances with one request.
func TestAgentsAreReadTogether(t *testing.T) {
	host := func(n int) resource.Host {
		return resource.Host{ARN: fmt.Sprintf("arn:%03d", n), Instance: fmt.Sprintf("i-%03d", n), Zone: fmt.Sprint("zone ", n/49), Family: hosts.AmazonLinux2, Reboot: n%49 < 7}
	}
	var all []resource.Host
	for n := range 150 {
		all = append(all, host(n))
	}
	for name, tt := range map[string]struct {
		hosts, drained []resource.Host
		requests       int
	}{
		"all in one":                      {all[:100], nil, 1},
		"with one that is only activated": {all[:50], all[50:51], 1},
		"one too many":                    {all[:101], nil, 2},
		"many":                            {all[:140], all[140:], 2},
	} {
		a := resource.Change{ID: "agents/prod", Op: resource.Run, Spec: resource.AgentRestart{Cluster: "prod", ARN: "arn:c", Hosts: tt.hosts, Drained: tt.drained}}
		calls := a.Steps().Calls()
		for _, c := range a.Claims() {
			check, _ := c.Check(&a)
			calls = append(calls, check.Call)
		}
		requests := map[string]bool{}
		for _, c := range calls {
			if c.Op == "DescribeContainerInstances" {
				requests[c.Key()] = true
			}
		}
		if len(requests) != tt.requests || (a.Steps().Complete != nil) != (tt.requests == 1) {
			t.Errorf("%s: %d requests", name, len(requests))
		}
	}
}
