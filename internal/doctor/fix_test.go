package doctor_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/clitest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// samples are values for the placeholders of commands that an option of the AWS CLI does not accept as a text.
var samples = map[string]string{"CONTAINER_PORT": "8080", "RULE_NUMBER": "90", "SECONDS": "60", "VALUE": "100", "MAXIMUM": "64", "ACCOUNT_ID": "123456789012", "REGION": "us-east-1",
	"SUBNET_ID": "subnet-0123456789abcdef0", "SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/docker-AbCdEf"}

// hard are values of a message that a shell would read as something else.
var hard = doctor.Details{Service: "ecr.api", Region: "us-east-1", Account: "123456789012", Action: "secretsmanager:GetSecretValue",
	Principal: "arn:aws:sts::123456789012:assumed-role/app's-role/0123", Resource: "arn:aws:secretsmanager:us-east-1:123456789012:secret:$(date)'db\"-AbCdEf",
	Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"}

// fixOf returns the fix of a kind that a text alone makes certain.
func fixOf(kind cause.Kind, d doctor.Details) *doctor.Fix {
	r := doctor.Report{Messages: []doctor.Message{{Details: d}}, Causes: []doctor.Cause{{Kind: kind, Service: d.Service, Certainty: doctor.Certain}}}
	r.FixFromText()
	return r.Causes[0].Fix
}

// TestEachKindHasAFix: a confirmed cause must not end without a next step.
func TestEachKindHasAFix(t *testing.T) {
	for _, k := range cause.Kinds() {
		f := fixOf(k, doctor.Details{})
		if f == nil || !strings.HasSuffix(strings.TrimSpace(f.Text), ".") {
			t.Errorf("%s: %+v", k, f)
			continue
		}
		if (len(f.Commands) > 0) != (len(f.Permissions) > 0) {
			t.Errorf("%s: commands %q need the permissions %q", k, f.Commands, f.Permissions)
		}
		for _, p := range f.Placeholders {
			if !strings.Contains(strings.Join(f.Commands, "\n"), p) && !strings.Contains(f.Text, p) || !strings.Contains(f.Text, p) {
				t.Errorf("%s: placeholder %s in %q, %q", k, p, f.Text, f.Commands)
			}
		}
	}
	r := doctor.Report{Causes: []doctor.Cause{{Kind: cause.VPCDNSOff, Certainty: doctor.Likely}, {Kind: cause.VPCDNSOff, Certainty: doctor.Certain, State: doctor.Excluded}}}
	if r.FixFromText(); r.Causes[0].Fix != nil || r.Causes[1].Fix != nil {
		t.Error("a cause that is not certain has a fix")
	}
}

// arguments returns what a shell passes to the AWS CLI.
func arguments(t *testing.T, command string) []string {
	t.Helper()
	out, err := exec.Command("bash", "-c", `set -f; set -- `+command+`; printf '%s\0' "$@"`).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	args := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if args[0] != "aws" {
		t.Fatalf("%q is not a command of the AWS CLI", command)
	}
	return args[1:]
}

// TestCommandsFitModels: the AWS CLI accepts each command of a fix, from a text alone and with an account.
func TestCommandsFitModels(t *testing.T) {
	models := clitest.OpenModels(t, "python3")
	s3 := hard
	s3.Service, s3.Resource = "s3", "arn:aws:s3:::my-bucket/config/app.env"
	seen := map[string]bool{}
	check := func(of string, f *doctor.Fix) {
		for _, command := range f.Commands {
			if seen[command] {
				continue
			}
			seen[command] = true
			args := arguments(t, command)
			for i, a := range args {
				for _, p := range f.Placeholders {
					if sample := samples[p]; sample != "" {
						a = strings.ReplaceAll(a, p, sample)
					}
				}
				if strings.HasPrefix(a, "file://") {
					a = map[bool]string{true: `{"family": "web", "containerDefinitions": [{"name": "web", "image": "web"}]}`, false: "text"}[args[i-1] == "--cli-input-json"]
				}
				args[i] = a
			}
			if err := models.Check(args); err != nil {
				t.Errorf("%s: %s: %v", of, command, err)
			}
		}
	}
	for _, k := range cause.Kinds() {
		for _, d := range []doctor.Details{{}, hard, s3} {
			check(string(k), fixOf(k, d))
		}
	}
	for _, tt := range failures {
		w := plantest.New()
		if tt.set != nil {
			tt.set(w)
		}
		r := tt.report()
		r.Verify(&w.Inv, w.Ans, w.Plan())
		for _, c := range r.Causes {
			if c.Fix != nil {
				check(tt.name, c.Fix)
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d commands", len(seen))
	}
}

// TestQuotedValues: a shell passes the values of a message unchanged.
func TestQuotedValues(t *testing.T) {
	f := fixOf(cause.RolePermission, hard)
	args := arguments(t, f.Commands[0])
	if i := slices.Index(args, "--role-name"); i < 0 || args[i+1] != "app's-role" {
		t.Errorf("%q", args)
	}
	if i := slices.Index(args, "--policy-document"); i < 0 || !strings.Contains(args[i+1], `secret:$(date)'db\"-AbCdEf`) {
		t.Errorf("%q", args)
	}
}

// TestFixOfOneService: the fix has what the service needs and nothing else of the plan, with its cost.
func TestFixOfOneService(t *testing.T) {
	for service, want := range map[string]string{
		"ecr.api":        "Create s3, ecr.api and ecr.dkr; about $43.80 per month.",
		"secretsmanager": "Create secretsmanager; about $21.90 per month.",
		"":               "Create s3, ecr.api, ecr.dkr, secretsmanager and logs; about $87.60 per month.",
	} {
		w := plantest.New()
		r := doctor.Report{Messages: []doctor.Message{{}}, Causes: []doctor.Cause{{Kind: cause.EndpointMissing, Service: service}}}
		r.Verify(&w.Inv, w.Ans, w.Plan())
		if f := r.Causes[0].Fix; f == nil || f.Text != want || len(f.Commands) > 0 {
			t.Errorf("%s: %+v", service, f)
		}
	}
}

// TestVerifyOrder: confirmed causes come first and ruled out ones last. A cause of the account is added only if the message allows it.
func TestVerifyOrder(t *testing.T) {
	w := plantest.New()
	plantest.Deny(90, true)(w)
	r := doctor.Report{Messages: []doctor.Message{{Details: doctor.Details{Service: "ecr.api"}}}, Causes: []doctor.Cause{
		{Kind: cause.PrivateDNSOff, Service: "ecr.api", Certainty: doctor.Likely}, {Kind: cause.Proxy, Certainty: doctor.Possible}, {Kind: cause.EndpointMissing, Service: "ecr.api", Certainty: doctor.Possible}}}
	text := r
	text.Causes = slices.Clone(r.Causes)
	r.Verify(&w.Inv, w.Ans, w.Plan())
	var got []string
	for _, c := range r.Causes {
		got = append(got, fmt.Sprintf("%s %s", c.Kind, c.State))
	}
	if want := []string{"endpoint-missing confirmed", "nacl confirmed", "proxy undecided", "private-dns-off ruled-out"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	text.Messages = []doctor.Message{{Details: doctor.Details{Service: "ecr.api"}, RuledOut: []doctor.RuledOut{{Kind: cause.NetworkACL}}}}
	if text.Verify(&w.Inv, w.Ans, w.Plan()); slices.ContainsFunc(text.Causes, func(c doctor.Cause) bool { return c.Kind == cause.NetworkACL }) {
		t.Error("a cause was added that the message rules out")
	}
	// Without a message, the causes are those of the review.
	var alone doctor.Report
	alone.Verify(&w.Inv, w.Ans, w.Plan())
	var kinds []cause.Kind
	for _, c := range alone.Causes {
		kinds = append(kinds, c.Kind)
	}
	if want := []cause.Kind{cause.NetworkACL, cause.EndpointMissing}; !slices.Equal(kinds, want) {
		t.Errorf("%q, want %q", kinds, want)
	}
}

// TestUnreadIsNeverRuledOut: if AWS denied the reads, no cause is ruled out by an empty list, and none is confirmed by one.
func TestUnreadIsNeverRuledOut(t *testing.T) {
	for _, k := range cause.Kinds() {
		for _, service := range []string{"", "ecr.api", "s3", "sts"} {
			for name, set := range map[string]func(*plantest.World){
				"denied": denyAll,
				"no parts": func(w *plantest.World) {
					w.Inv = inventory.Inventory{Version: 1, Account: w.Inv.Account, Region: w.Inv.Region}
				},
			} {
				w := plantest.New()
				set(w)
				a := cause.NewAccount(&w.Inv, w.Ans, w.Plan())
				q := cause.Query{Kind: k, Service: service, Action: "kms:Decrypt", Principal: "arn:aws:sts::123456789012:assumed-role/x/y", Resource: "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf", IDs: []string{"subnet-9", "rtb-9"}}
				// What the answers alone say needs no read: a workload on Fargate has no container instances, and a gateway endpoint no security group.
				known := slices.Contains([]cause.Kind{cause.NoInstances, cause.AgentOld, cause.AgentRestart}, k) || service == "s3" && slices.Contains([]cause.Kind{cause.EndpointGroup, cause.PrivateDNSOff}, k)
				if r := a.Check(q); r.State != cause.Undecided && !known || len(r.Facts) == 0 {
					t.Errorf("%s, %s %q: %s %+v", name, k, service, r.State, r.Facts)
				}
			}
		}
	}
}

// denyAll empties the account as if AWS had denied every read.
func denyAll(w *plantest.World) {
	inv := inventory.Inventory{Version: 1, Account: w.Inv.Account, Partition: w.Inv.Partition, Region: w.Inv.Region, VPCs: w.Inv.VPCs, Loaded: w.Inv.Loaded,
		Networks: []inventory.Network{{VPC: plantest.VPC}}}
	for _, p := range inventory.Parts() {
		for _, call := range inventory.Calls(p) {
			if _, known := inv.Gap(call); !known {
				inv.Gaps = append(inv.Gaps, inventory.Gap{Call: call, Code: "AccessDenied"})
			}
		}
	}
	w.Inv = inv
}

// TestNoValueIsAnOption: a value of a message that begins with a hyphen does not reach a command.
func TestNoValueIsAnOption(t *testing.T) {
	d := doctor.Details{Action: "--query", Principal: "arn:aws:sts::123456789012:assumed-role/--profile/x", Resource: "--endpoint-url=http://example.com", Image: "1.dkr.ecr.us-east-1.amazonaws.com/--debug:1", Region: "--no-sign-request"}
	for _, k := range cause.Kinds() {
		for _, c := range fixOf(k, d).Commands {
			for _, bad := range []string{"--profile", "--endpoint-url", "--debug", "--no-sign-request"} {
				if strings.Contains(c, bad) {
					t.Errorf("%s: %s", k, c)
				}
			}
		}
	}
}

// TestFixesFitTheMessage: commands that would not help are not shown.
func TestFixesFitTheMessage(t *testing.T) {
	const secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf"
	role := func(name string) string { return "arn:aws:sts::123456789012:assumed-role/" + name + "/x" }
	for _, tt := range []struct {
		name, text string
		kind       cause.Kind
		d          doctor.Details
		has        []string
		not        []string
	}{
		{"policies of two actions have two names", "", cause.RolePermission, doctor.Details{Action: "secretsmanager:GetSecretValue", Resource: secret, Principal: role("exec")},
			[]string{"--policy-name allow-secretsmanager-GetSecretValue-secret-shop-db-AbCdEf "}, []string{"wizard-doctor"}},
		{"an action on everything", "", cause.RolePermission, doctor.Details{Action: "ecr:GetAuthorizationToken", Resource: "*", Principal: role("exec")}, []string{"--policy-name allow-ecr-GetAuthorizationToken "}, nil},
		{"a Deny statement of the endpoint", "with an explicit deny in a VPC endpoint policy", cause.EndpointPolicy, doctor.Details{Action: "s3:GetObject", IDs: []string{"vpce-1"}},
			[]string{"change or remove the Deny statement", "--query 'VpcEndpoints[0].PolicyDocument' --output text"}, []string{"add a statement"}},
		{"a role of IAM Identity Center", "", cause.CallerPermission, doctor.Details{Action: "ec2:CreateVpcEndpoint", Principal: role("AWSReservedSSO_Dev_Ops_0123456789abcdef")}, []string{"Change the permission set Dev_Ops "}, []string{"put-role-policy"}},
		{"a service-linked role", "", cause.RolePermission, doctor.Details{Action: "ec2:CreateNetworkInterface", Principal: role("AWSServiceRoleForECS")}, []string{"service-linked role AWSServiceRoleForECS"}, []string{"put-role-policy"}},
		{"a key of another account", "because no resource-based policy allows the kms:Decrypt action", cause.KMSPermission,
			doctor.Details{Action: "kms:Decrypt", Principal: role("exec"), Resource: "arn:aws:kms:us-east-1:999999999999:key/a"}, []string{"kms put-key-policy", "in account 999999999999"}, []string{"put-role-policy"}},
		{"a key of the account", "", cause.KMSPermission, doctor.Details{Action: "kms:Decrypt", Principal: role("exec"), Resource: "arn:aws:kms:us-east-1:123456789012:key/a"}, []string{"put-role-policy", "get-key-policy"}, []string{"put-key-policy"}},
		{"the platform of the task", "does not contain descriptor matching platform 'linux/arm64'", cause.Architecture, doctor.Details{}, []string{"--platform linux/arm64", "to X86_64", "remove taskDefinitionArn"}, []string{"to ARM64"}},
		{"an image of Docker Hub", "", cause.ImageMissing, doctor.Details{Image: "docker.io/library/web:1"}, []string{"docker manifest inspect"}, []string{"aws ecr"}},
		{"an image of the public gallery", "", cause.ImageMissing, doctor.Details{Image: "public.ecr.aws/nginx/web:1"}, []string{"docker manifest inspect"}, []string{"aws ecr"}},
		{"the rate limit of the public gallery", "", cause.RateLimit, doctor.Details{Image: "public.ecr.aws/nginx/nginx:latest", Code: "TooManyRequests"}, []string{"--upstream-registry-url public.ecr.aws"}, []string{"SECRET_ARN"}},
		{"the rate limit of Docker Hub", "", cause.RateLimit, doctor.Details{Image: "library/nginx:latest"}, []string{"registry-1.docker.io", "SECRET_ARN"}, nil},
		{"the rate limit of another registry", "", cause.RateLimit, doctor.Details{Image: "registry.example.com/a:1"}, []string{"copy the image"}, []string{"aws ecr"}},
		{"the rate limit of a service", "", cause.RateLimit, doctor.Details{Code: "RequestLimitExceeded"}, []string{"Repeat the call"}, []string{"aws ecr"}},
		{"the name of a secret", "", cause.SecretMissing, doctor.Details{Resource: secret}, []string{`"Values":["shop/db"]`}, []string{"AbCdEf"}},
		{"a quota of endpoints", "InterfaceVpcEndpointLimitExceeded", cause.Quota, doctor.Details{}, []string{"--service-code vpc --quota-code L-29B6F2EB"}, nil},
	} {
		r := doctor.Report{Messages: []doctor.Message{{Text: tt.text, Details: tt.d}}, Causes: []doctor.Cause{{Kind: tt.kind, Certainty: doctor.Certain}}}
		r.FixFromText()
		f := r.Causes[0].Fix
		all := f.Text + "\n" + strings.Join(f.Commands, "\n")
		for _, s := range tt.has {
			if !strings.Contains(all, s) {
				t.Errorf("%s: %q is missing in\n%s", tt.name, s, all)
			}
		}
		for _, s := range tt.not {
			if strings.Contains(all, s) {
				t.Errorf("%s: %q is in\n%s", tt.name, s, all)
			}
		}
	}
}

// confirmedFix returns the fix of a kind that the account of w confirms.
func confirmedFix(t *testing.T, w *plantest.World, kind cause.Kind, service string) *doctor.Fix {
	t.Helper()
	r := doctor.Report{Messages: []doctor.Message{{Details: doctor.Details{Service: service}}}, Causes: likely(service, kind)}
	r.Verify(&w.Inv, w.Ans, w.Plan())
	for _, c := range r.Causes {
		if c.Kind == kind && c.Fix != nil {
			return c.Fix
		}
	}
	t.Fatalf("%s is not confirmed: %+v", kind, r.Causes)
	return nil
}

// TestFixOfNetworkACL: the commands allow each denied direction with numbers that are free, so that nothing denies the traffic any more.
func TestFixOfNetworkACL(t *testing.T) {
	deny := func(n int, egress bool, from, to int) func(*plantest.World) {
		return func(w *plantest.World) {
			a := &w.Net().NetworkACLs[0]
			a.Entries = append(a.Entries, inventory.ACLEntry{Number: n, Egress: egress, Protocol: "6", CIDR: "10.0.0.0/16", From: from, To: to})
		}
	}
	for _, tt := range []struct {
		name string
		set  func(*plantest.World)
		want []string // direction, number, ports
		free bool     // whether all numbers are known
	}{
		{"requests", with(complete, deny(90, true, 443, 443)), []string{"--egress 89 From=443,To=443"}, true},
		{"both directions", with(complete, deny(90, true, 443, 443), deny(50, false, 1024, 65535)), []string{"--egress 89 From=443,To=443", "--ingress 49 From=1024,To=65535"}, true},
		{"into the endpoint", with(complete, deny(90, true, 443, 443), deny(90, false, 443, 443)), []string{"--egress 89 From=443,To=443", "--ingress 89 From=443,To=443"}, true},
		{"the number below is used", with(complete, deny(90, true, 443, 443), deny(89, true, 25, 25)), []string{"--egress 88 From=443,To=443"}, true},
		{"no free number", with(complete, deny(1, true, 443, 443)), []string{"--egress RULE_NUMBER From=443,To=443"}, false},
	} {
		w := plantest.New()
		tt.set(w)
		f := confirmedFix(t, w, cause.NetworkACL, "ecr.api")
		var got []string
		for _, c := range f.Commands {
			args := strings.Fields(c)
			at := func(name string) string { return args[slices.Index(args, name)+1] }
			direction := args[slices.Index(args, "--network-acl-id")+2]
			got = append(got, direction+" "+at("--rule-number")+" "+at("--port-range"))
		}
		if !slices.Equal(got, tt.want) || tt.free != (len(f.Placeholders) == 0) {
			t.Errorf("%s: %q, want %q (%q)", tt.name, got, tt.want, f.Text)
		}
	}
}

// TestFixOfSharedVPC: a participant cannot change the network, so that the fix has no commands for it.
func TestFixOfSharedVPC(t *testing.T) {
	w := plantest.New()
	with(complete, plantest.Deny(90, true))(w)
	w.Inv.VPCs[0].Owner = "210987654321"
	f := confirmedFix(t, w, cause.NetworkACL, "")
	if len(f.Commands) > 0 || !strings.HasPrefix(f.Text, "Account 210987654321 owns vpc-1") {
		t.Errorf("%+v", f)
	}
}

// TestFixOfOldAgents: an agent that is not connected cannot be updated. The cluster has two instances.
func TestFixOfOldAgents(t *testing.T) {
	for connected, want := range map[bool]int{true: 2, false: 1} {
		w := plantest.New()
		agents(w)
		w.Host().Connected, w.Host().AgentVersion = connected, "1.24.0"
		if f := confirmedFix(t, w, cause.AgentOld, ""); strings.Count(strings.Join(f.Commands, "\n"), "update-container-agent") != want {
			t.Errorf("connected: %v, %+v", connected, f)
		}
	}
}

// TestRuledOutCauses: if the account rules all causes of a message out, the report has those of the account behind them, marked as such.
func TestRuledOutCauses(t *testing.T) {
	w := plantest.New()
	w.Group(plantest.Wide())
	w.Endpoint(plantest.Ready("ecr.api"))
	r := doctor.Report{Messages: []doctor.Message{{Details: doctor.Details{Service: "ecr.api"}}}, Causes: likely("ecr.api", cause.EndpointMissing), Check: "PrivateDnsEnabled of the ecr.api endpoint."}
	r.Verify(&w.Inv, w.Ans, w.Plan())
	last := r.Causes[len(r.Causes)-1]
	if first := r.Causes[0]; first.State != doctor.Excluded || first.Also || !last.Also || last.State != doctor.Confirmed || r.Check != "" {
		t.Fatalf("%+v", r)
	}
	if text := strings.Join(doctor.Lines(r.Rows(false), 100), "\n"); strings.Count(text, "Also found in the account") != 1 {
		t.Error(text)
	}
}

// TestAnswersAndExtra: the answers of the fix have the services that the workload does not need by itself.
func TestAnswersAndExtra(t *testing.T) {
	w := plantest.New()
	p := w.Plan()
	r := doctor.Report{Messages: []doctor.Message{{Details: doctor.Details{Service: "sqs"}}}, Causes: likely("sqs", cause.EndpointMissing)}
	r.Verify(&w.Inv, w.Ans, p)
	if got := r.Extra(p); !slices.Equal(got, []string{"sqs"}) {
		t.Fatalf("%q", got)
	}
	w.Ans.Extra = []string{"sqs"}
	p = w.Plan()
	r.Verify(&w.Inv, w.Ans, p)
	if _, ok := r.Answers(w.Ans); !ok || len(r.Extra(p)) > 0 {
		t.Errorf("%+v", r.Causes)
	}
	// A finding with a change to the answers: the plan updates the agents.
	w = plantest.New()
	agents(w)
	w.Host().AgentVersion = "1.24.0"
	r = doctor.Report{Messages: []doctor.Message{{}}, Causes: likely("", cause.AgentOld)}
	r.Verify(&w.Inv, w.Ans, w.Plan())
	if got, ok := r.Answers(w.Ans); ok != got.Agent.Update {
		t.Errorf("%v of %+v", ok, r.Causes)
	}
}

// TestNothingOfThePathIsAdded: a certificate that arrived, or a private address, rules out what the account has on the path.
func TestNothingOfThePathIsAdded(t *testing.T) {
	for name, m := range map[string]doctor.Message{
		"certificate": {Text: "x509: certificate is valid for a, not b", Details: doctor.Details{Service: "ecr.api"}},
		"private":     {Details: doctor.Details{Service: "ecr.api", Address: "10.0.0.5"}},
	} {
		w := plantest.New()
		complete(w)
		w.Net().DNSHostnames = false
		r := doctor.Report{Messages: []doctor.Message{m}, Causes: likely("ecr.api", cause.NameMismatch, cause.DNSResolver)}
		r.Verify(&w.Inv, w.Ans, w.Plan())
		if slices.ContainsFunc(r.Causes, func(c doctor.Cause) bool { return c.Kind == cause.VPCDNSOff }) {
			t.Errorf("%s: %+v", name, r.Causes)
		}
	}
}

// TestCommandsAreShownOnce: two causes with the same command show it once.
func TestCommandsAreShownOnce(t *testing.T) {
	fix := &doctor.Fix{Text: "Do it.", Commands: []string{"aws ecs list-clusters"}}
	r := doctor.Report{Causes: []doctor.Cause{{Kind: cause.AgentStopped, State: doctor.Confirmed, Fix: fix}, {Kind: cause.AgentRestart, State: doctor.Confirmed, Fix: fix}}}
	text := strings.Join(doctor.Lines(r.Rows(false), 100), "\n")
	if strings.Count(text, "list-clusters") != 1 || !strings.Contains(text, "It is shown above.") {
		t.Error(text)
	}
}
