package answers

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/schematest"
)

// text generates values of a Name tag, including unusual ones.
func text() *rapid.Generator[string] {
	awkward := []string{"true", "no", "~", "null", "1e3", "0123", ".5", "- a", "a: b", "#x", "{a}", "[b", "*x", "&x", "!x", "|", ">", "%x", "@x", "`x`", `"q"`, "'q'", `\`,
		"a #b", " lead", "trail ", "日本", "🦊", "=", "<<", "2026-01-01", "---", "...", "? x", ": y", "a,b", "$(rm)", "é\u0301", "\u00a0x"}
	return rapid.OneOf(rapid.SampledFrom(awkward), rapid.StringMatching(`[a-z]{1,6}-[0-9a-f]{2,8}`), rapid.StringN(1, 40, 200)).Filter(func(s string) bool {
		return unprintable(s) == "" && strings.TrimSpace(s) != ""
	})
}

func distinct(g *rapid.Generator[string], least int) *rapid.Generator[[]string] {
	return rapid.SliceOfNDistinct(g, least, 12, rapid.ID[string])
}

func TestRoundTrip(t *testing.T) {
	code := rapid.StringMatching(`[a-z]{1,8}([.-][a-z0-9]{1,4})?`)
	schema := schematest.Open(t, "answers")
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(label string) bool { return rapid.Bool().Draw(t, label) }
		a := Answers{Version: Version}
		if maybe("account") {
			a.Account = rapid.StringMatching(`[0-9]{12}`).Draw(t, "account number")
		}
		if maybe("workload") {
			a.Workload = rapid.SampledFrom(Supported).Draw(t, "kind")
		}
		if maybe("region") {
			a.Region = rapid.SampledFrom([]string{"us-east-1", "ap-southeast-7", "us-gov-west-1", "us-isob-east-1", "cn-north-1", "eusc-de-east-1"}).Draw(t, "code")
		}
		name := rapid.StringMatching(`[A-Za-z0-9_-]{1,9}`).Filter(func(s string) bool { return !numberShape().MatchString(s) })
		if maybe("service") && (a.Workload == "" || slices.Contains(Services, a.Workload)) {
			a.Service = rapid.StringMatching(`[A-Za-z0-9_-]{1,9}(/[A-Za-z0-9_-]{1,9})?`).Draw(t, "service name")
		}
		if maybe("compute environment") && (a.Workload == "" || slices.Contains(onBatch, a.Workload)) {
			a.ComputeEnvironment = name.Draw(t, "environment")
		}
		if a.Workload == "" || a.Workload == ECSEC2 || a.Workload == BatchEC2 {
			if maybe("clusters") {
				a.Agent.Clusters = distinct(name, 1).Draw(t, "cluster names")
			}
			if maybe("restart") {
				a.Agent.Restart = rapid.SampledFrom(checks["restart"].oneOf).Draw(t, "way")
			}
		}
		if a.Workload == "" || a.Workload == MWAA {
			if maybe("airflow") {
				a.Airflow.Environment = rapid.StringMatching(`[A-Za-z][A-Za-z0-9_-]{0,9}`).Draw(t, "airflow environment")
			}
			if maybe("endpoints") {
				a.Airflow.Endpoints = rapid.SampledFrom(checks["endpoints"].oneOf).Draw(t, "list")
			}
		}
		if maybe("vpc") {
			a.VPC = text().Draw(t, "vpc id")
		}
		if maybe("new vpc") && a.Service+a.ComputeEnvironment+a.Airflow.Environment == "" && a.Workload != MWAA {
			zone := rapid.StringMatching(`us-east-1[a-f]`)
			v := NewVPC{Name: rapid.StringMatching(`[A-Za-z0-9]{1,9}([ _.-][A-Za-z0-9]{1,4})?`).Filter(func(s string) bool { return !numberShape().MatchString(s) }).Draw(t, "vpc name"),
				CIDR:     rapid.SampledFrom([]string{"", "10.20.0.0/16", "192.168.0.128/28"}).Draw(t, "block"),
				Internet: rapid.SampledFrom(append([]string{""}, InternetRoutes...)).Draw(t, "internet"), PrivateSize: rapid.SampledFrom(append([]string{""}, subnetSizes()...)).Draw(t, "size"),
				FlowLogs: rapid.SampledFrom([]string{"", "arn:aws:s3:::flow-logs/prod"}).Draw(t, "bucket")}
			if maybe("named zones") {
				v.Zones.Names = rapid.SliceOfNDistinct(zone, 1, 6, rapid.ID[string]).Draw(t, "zones")
			} else {
				v.Zones.Count = rapid.IntRange(0, MaxZones).Draw(t, "number of zones")
			}
			if v.Internet == InternetNAT || v.Internet == InternetNATPerZone {
				v.PublicSize = rapid.SampledFrom([]string{"", "/24"}).Draw(t, "public size")
			}
			a.VPC, a.NewVPC = PlannedVPC, &v
		}
		for label, list := range map[string]*[]string{"subnets": &a.Subnets, "clients": &a.Clients, "groups": &a.SecurityGroups} {
			if maybe(label) && !a.Creates() {
				*list = distinct(text(), 1).Draw(t, label+" ids")
			}
		}
		if maybe("needs") {
			n := rapid.SliceOfDistinct(rapid.SampledFrom(Needs).Filter(func(w string) bool {
				return (w != serviceConnect || !slices.Contains(onBatch, a.Workload)) && (a.Workload != MWAA || slices.Contains(AirflowNeeds, w))
			}), rapid.ID[string]).Draw(t, "words")
			a.Needs = &n
		}
		if maybe("extra") {
			a.Extra = distinct(code, 1).Draw(t, "codes")
		}
		if maybe("dns") {
			b := maybe("on")
			a.PrivateDNS = &b
		}
		if maybe("ip") {
			a.IPAddressType = rapid.SampledFrom(ipTypes).Draw(t, "type")
		}
		if maybe("policy") {
			policy := rapid.OneOf(rapid.SampledFrom(policies), text().Filter(func(s string) bool { return checks["policy"].problem(s) == "" }))
			a.EndpointPolicy.Default = policy.Draw(t, "default policy")
			if maybe("by service") {
				a.EndpointPolicy.ByService = rapid.MapOfN(code.Filter(func(s string) bool { return s != defaultPolicy }), policy, 1, 5).Draw(t, "policies")
			}
		}
		if maybe("tags") {
			value := rapid.OneOf(text(), rapid.Just(""))
			a.Tags = rapid.MapOfN(text().Filter(func(s string) bool { return invalidTag(s, "") == "" }), value, 1, 8).Draw(t, "pairs")
		}
		out, err := a.YAML()
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := Load("f", out)
		if err == nil {
			err = schema.ValidateYAML(out)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("-want +got:\n%s\n%s", diff, out)
		}
	})
}

func TestWrittenFile(t *testing.T) {
	a, _, err := Load("f", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		a.Clients = append(a.Clients, fmt.Sprintf("subnet-0123456789abcdef%d", i))
	}
	got, err := a.YAML()
	if err != nil {
		t.Fatal(err)
	}
	want := `version: 1
account: "012345678901"
workload: ecs-fargate
region: us-gov-west-1
service: prod/web
vpc: "Name of the VPC"
subnets: [subnet-01, subnet-02]
clients:
  - subnet-03
  - sg-07
  - subnet-0123456789abcdef0
  - subnet-0123456789abcdef1
  - subnet-0123456789abcdef2
  - subnet-0123456789abcdef3
  - subnet-0123456789abcdef4
  - subnet-0123456789abcdef5
  - subnet-0123456789abcdef6
  - subnet-0123456789abcdef7
  - subnet-0123456789abcdef8
security_groups: [sg-01]
needs: [ecr, awslogs]
extra: [sts, ecr.api]
private_dns: false
ip_address_type: dualstack
endpoint_policy: full
tags:
  "cost:center": "42"
  empty: ""
  team: payments
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnsavable(t *testing.T) {
	for _, a := range []Answers{{Workload: "kubernetes"}, {VPC: "a\nb"}, {VPC: "\xff"}, {Subnets: []string{"a", "a"}}, {Workload: BatchEC2, Service: "prod"},
		{EndpointPolicy: Policy{Default: "none"}}, {Agent: Agent{Restart: "sometimes"}}, {Agent: Agent{Clusters: []string{"a b"}}},
		{Tags: map[string]string{"aws:x": "y"}}} {
		if out, err := a.YAML(); err == nil {
			t.Errorf("%+v was written:\n%s", a, out)
		}
	}
}

func TestNearest(t *testing.T) {
	for v, want := range map[string]string{"subnet": "subnets", "security-groups": "security_groups", "privatedns": "private_dns", "zzz": "", "": "", "x": ""} {
		got := suggest(v, keysOf(reflect.TypeFor[Answers]()))
		if want != "" {
			want = " (did you mean " + want + "?)"
		}
		if got != want {
			t.Errorf("%s: %q", v, got)
		}
	}
}

// Every field with text has a check, and every check has a field.
func TestChecks(t *testing.T) {
	used := map[string]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		for i, key := range keysOf(of) {
			f := of.Field(i)
			name, tagged := f.Tag.Lookup("check")
			used[name] = true
			if _, ok := checks[name]; tagged && !ok {
				t.Errorf("%s: the check %s does not exist", key, name)
			}
			switch reflect.New(f.Type).Interface().(type) {
			case *int, *bool, **bool, *map[string]string:
			case *Zones:
				used["zonename"] = true
			case *Airflow, *Agent, *Registry, *Proof, *LoadBalancer, *Bastion, *ClientVPN, *Job, *First:
				walk(f.Type)
			default:
				if !tagged {
					t.Errorf("%s has no check", key)
				}
			}
		}
	}
	walk(reflect.TypeFor[Answers]())
	walk(reflect.TypeFor[NewVPC]())
	walk(reflect.TypeFor[Preferences]())
	for name := range checks {
		if !used[name] {
			t.Errorf("no field has the check %s", name)
		}
	}
}
