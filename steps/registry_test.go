package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

const (
	appRole  = "arn:aws:iam::123456789012:role/app-execution"
	oneKey   = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-1111-1111-111111111111"
	deadKey  = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-2222-2222-222222222222"
	farARN   = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:theirs-AbCdEf"
	quayHost = "registry/quay.example.com"
)

func secretOf(name string) inventory.Secret {
	return inventory.Secret{ARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf", Name: name}
}

// pulling is the account of yard with images from outside AWS, and all that credentials
// can be made of.
func pulling() *inventory.Inventory {
	inv := yard()
	inv.TaskDefinitions[0].ExecutionRole = appRole
	inv.TaskDefinitions[0].Containers = append(inv.TaskDefinitions[0].Containers,
		inventory.Container{Name: "proxy", Image: "quay.example.com/team/proxy:2"}, inventory.Container{Name: "cache", Image: "redis:7", Credentials: secretOf("old").ARN})
	rotating, keyed, gone := secretOf("prod/rotating"), secretOf("prod/keyed"), secretOf("prod/gone")
	rotating.Rotates, keyed.KMSKey, gone.Deleted = true, oneKey, "2026-11-01T00:00:00Z"
	inv.Secrets = []inventory.Secret{{ARN: farARN, Name: "theirs"}, gone, keyed, rotating}
	inv.Keys = []inventory.Key{{ARN: oneKey, Aliases: []string{"alias/registry"}, Manager: "CUSTOMER", State: "Enabled", Usage: "ENCRYPT_DECRYPT"},
		{ARN: deadKey, Aliases: []string{"alias/dead"}, Manager: "CUSTOMER", State: "PendingDeletion", Usage: "ENCRYPT_DECRYPT"},
		{ARN: "arn:aws:kms:us-east-1:123456789012:key/3", Aliases: []string{"alias/aws/secretsmanager"}, Manager: "AWS"}}
	inv.ExecutionRoles = []string{appRole, "arn:aws:iam::123456789012:role/team/other"}
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartRegistry})
	return inv
}

// answered is the service of shop, as it is when the registry is asked about.
func answered(t *testing.T, inv *inventory.Inventory) State {
	s := state(inv, answers.Answers{Workload: answers.ECSFargate})
	set(t, &s, Service, "prod/web")
	return s
}

// after are the IDs of the steps that are asked after one.
func after(s State, id string) []string {
	var out []string
	steps := All()
	at := slices.IndexFunc(steps, func(x *Step) bool { return x.ID == id })
	for _, x := range steps[at+1:] {
		if x.Of == Registry && x.Applies(s) {
			out = append(out, strings.TrimPrefix(x.ID, "registry-"))
		}
	}
	return out
}

func TestRegistryIsAskedWhereItMatters(t *testing.T) {
	s := answered(t, shop())
	if step(t, Registry).Applies(s) {
		t.Error("all images are of Amazon ECR, and it is asked")
	}
	s.Ans.Registry.Secret = "mine"
	if !step(t, Registry).Applies(s) {
		t.Error("it is answered, and not asked")
	}
	for w, name := range map[answers.Workload]string{answers.ECSFargate: "prod/web", answers.ECSEC2: "workers/mail", answers.BatchFargate: "reports", answers.BatchEC2: "nightly"} {
		s := state(pulling(), answers.Answers{Workload: w})
		set(t, &s, Service, name)
		if !step(t, Registry).Applies(s) {
			t.Errorf("%s: it is not asked", w)
		}
		if got := step(t, Registry).Selected(s); got[0] != wayNone {
			t.Errorf("%s: %s", w, got)
		}
		if o := option(t, s, Shortcut, ToReview); !strings.Contains(o.Details, "look at every step") {
			t.Errorf("%s: the shortcut does not say so: %s", w, o.Details)
		}
		if help := step(t, Registry).Help(s); !strings.Contains(help, "AmazonECSTaskExecutionRolePolicy") || !strings.Contains(option(t, s, Registry, wayNone).Details, "not a network path") {
			t.Error(help)
		}
	}
}

func TestRegistryOptions(t *testing.T) {
	s := answered(t, pulling())
	var got []string
	for _, o := range registryOptions(s) {
		got = append(got, o.Value+" | "+o.Hint+" | "+o.Problem)
	}
	want := []string{":none |  | ", ":create | for user name and password | ", ":other | of another account or Region | ",
		"prod/keyed | key alias/registry | ", "prod/rotating | rotates | ", "prod/gone |  | it is to be deleted"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	s.Inv.Keys[0].State = "Disabled"
	if o := option(t, s, Registry, "prod/keyed"); o.Hint != "key alias/registry: it is not enabled (Disabled)" || !strings.Contains(o.Details, "nobody can read the secret") {
		t.Errorf("%+v", o)
	}
	if d := option(t, s, Registry, "prod/gone").Details; !strings.Contains(d, "2026-11-01") || !strings.Contains(d, "Create a secret") {
		t.Error(d)
	}
	if _, err := step(t, Registry).Set(s, []string{"prod/gone"}); err == nil {
		t.Error("a secret that is to be deleted was chosen")
	}
}

func TestRegistryWithASecretThatIsThere(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, "prod/keyed")
	if got, want := after(s, Registry), []string{"check", "definition", "role"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	set(t, &s, "registry-check", lookOnce)
	if !s.Ans.Registry.Check || step(t, "registry-check").Selected(s)[0] != lookOnce {
		t.Errorf("%+v", s.Ans.Registry)
	}
	set(t, &s, "registry-definition", "web")
	if got, want := after(s, Registry), []string{"check", "definition", "containers", "role", "service"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-containers").Selected(s); !slices.Equal(got, []string{"proxy"}) {
		t.Errorf("credentials would go to %q", got)
	}
	if _, err := step(t, "registry-containers").Set(s, nil); err == nil {
		t.Error("no container is an answer")
	}
	set(t, &s, "registry-containers", "proxy")
	if got := step(t, "registry-role").Selected(s); got[0] != wayOf {
		t.Errorf("%q", got)
	}
	set(t, &s, "registry-role", wayOf)
	set(t, &s, "registry-service", "update")
	want := answers.Registry{Secret: "prod/keyed", Value: answers.RegistryKeep, Definition: "web", Check: true, Containers: []string{"proxy"}, UpdateService: true,
		Ways: answers.Ways{Secret: "prod/keyed", Role: wayOf}}
	if d := cmp.Diff(want, s.Ans.Registry); d != "" {
		t.Error(d)
	}
	if unanswered(s) {
		t.Error("all is answered")
	}
	if short := step(t, Registry).Short(s); short != "prod/keyed" {
		t.Error(short)
	}
	if got := set(t, &s, "registry-definition", wayNone); !slices.Equal(got, []string{"which containers log in", "that the service runs the new revision"}) {
		t.Errorf("cleared %q", got)
	}
	if got := set(t, &s, Registry, wayNone); !slices.Equal(got, []string{"the secret prod/keyed"}) || s.Ans.Registry.On() {
		t.Errorf("cleared %q, left %+v", got, s.Ans.Registry)
	}
}

func TestRegistryWithASecretThatIsMade(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, wayCreate)
	if got := after(s, Registry); !slices.Equal(got[:1], []string{"name"}) {
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-name").Selected(s)[0]; got != quayHost {
		t.Error(got)
	}
	for _, bad := range []string{"", "two words", farARN, strings.Repeat("x", 600)} {
		if _, err := step(t, "registry-name").Set(s, []string{bad}); err == nil {
			t.Errorf("%.20q is a name", bad)
		}
	}
	set(t, &s, "registry-name", " "+quayHost+" ")
	set(t, &s, "registry-user", "team")
	set(t, &s, "registry-description", "")
	if _, err := step(t, "registry-key").Set(s, []string{deadKey}); err == nil {
		t.Error("a key that is to be deleted encrypts nothing")
	}
	set(t, &s, "registry-key", oneKey)
	if got := step(t, "registry-key").Selected(s)[0]; got != oneKey || s.Ans.Registry.KMSKey != "alias/registry" {
		t.Errorf("%s, %s", got, s.Ans.Registry.KMSKey)
	}
	set(t, &s, "registry-key", wayOther)
	if got := after(s, "registry-key"); got[0] != "key-name" {
		t.Errorf("%q", got)
	}
	if _, err := step(t, "registry-key-name").Set(s, []string{"alias/dead"}); err == nil {
		t.Error("it is to be deleted")
	}
	set(t, &s, "registry-key-name", "alias/elsewhere")
	set(t, &s, "registry-definition", "web")
	set(t, &s, "registry-containers", "proxy", "cache")
	set(t, &s, "registry-role", wayCreate)
	if got := after(s, "registry-role"); !slices.Equal(got, []string{"role-name", "ecr", "service"}) {
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-role-name").Selected(s)[0]; got != "web-execution" {
		t.Error(got)
	}
	for _, bad := range []string{"app-execution", appRole, "no role"} {
		if _, err := step(t, "registry-role-name").Set(s, []string{bad}); err == nil {
			t.Errorf("%q is made", bad)
		}
	}
	if !unanswered(s) {
		t.Error("the name of the role is not answered")
	}
	set(t, &s, "registry-role-name", "web-execution")
	set(t, &s, "registry-ecr", answers.ByVPC)
	want := answers.Registry{Secret: quayHost, Value: answers.RegistrySet, Username: "team", KMSKey: "alias/elsewhere", Definition: "web",
		Role: "web-execution", CreateRole: true, ECRCondition: answers.ByVPC, Ways: answers.Ways{Secret: wayCreate, Key: wayOther, Role: wayCreate}}
	if d := cmp.Diff(want, s.Ans.Registry); d != "" {
		t.Error(d)
	}
	if _, err := s.Ans.YAML(); err != nil {
		t.Error(err)
	}
	if got := set(t, &s, Registry, "prod/keyed"); !slices.Equal(got, []string{"the secret " + quayHost, "the user name", "its key"}) {
		t.Errorf("cleared %q", got)
	}
	if got := set(t, &s, Service, notThere); !slices.Contains(got, "the definition that logs in at the registry") || s.Ans.Registry.CreateRole {
		t.Errorf("cleared %q", got)
	}
}

func TestRegistryNameThatIsTaken(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, wayCreate)
	set(t, &s, "registry-name", "prod/keyed")
	if got := after(s, "registry-name"); got[0] != "taken" || step(t, "registry-taken").Selected(s)[0] != keepValue {
		t.Errorf("%q", got)
	}
	ch, err := step(t, "registry-taken").Set(s, []string{anotherName})
	if err != nil || ch.Again != "registry-name" {
		t.Errorf("%+v, %v", ch, err)
	}
	set(t, &s, "registry-taken", setValue)
	set(t, &s, "registry-user", "team")
	if got := after(s, "registry-name"); !slices.Equal(got[:3], []string{"taken", "user", "definition"}) { // its description and key stay
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-taken").Selected(s)[0]; got != setValue {
		t.Error(got)
	}
	if got := set(t, &s, "registry-taken", keepValue); !slices.Equal(got, []string{"the user name"}) || s.Ans.Registry.Sets() {
		t.Errorf("cleared %q", got)
	}
	if got := after(s, "registry-taken"); got[0] != "check" {
		t.Errorf("%q", got)
	}
	set(t, &s, "registry-name", "prod/gone")
	if ask := step(t, "registry-taken").Ask(s); !strings.Contains(ask, "to be deleted") {
		t.Error(ask)
	}
	set(t, &s, "registry-taken", restoreKeep)
	if r := s.Ans.Registry; !r.Restore || r.Sets() || r.Secret != "prod/gone" {
		t.Errorf("%+v", r)
	}
	set(t, &s, "registry-taken", restoreSet)
	if r := s.Ans.Registry; !r.Restore || !r.Sets() {
		t.Errorf("%+v", r)
	}
	set(t, &s, "registry-name", "prod/new")
	if s.Ans.Registry.Restore {
		t.Error("the name is another one")
	}
}

func TestRegistrySecretByItsARN(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, wayOther)
	if got := after(s, Registry); got[0] != "arn" {
		t.Errorf("%q", got)
	}
	for text, said := range map[string]string{"": "nothing is typed", "arn:aws:s3:::x": "this is no ARN of a secret", "nowhere": "there is no such secret",
		"arn:aws:secretsmanager:us-east-1:123456789012:secret:nowhere-AbCdEf": "there is no such secret", "prod/gone": "is to be deleted"} {
		if _, err := step(t, "registry-arn").Set(s, []string{text}); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("%q: %v", text, err)
		}
	}
	set(t, &s, "registry-arn", secretOf("prod/keyed").ARN)
	if s.Ans.Registry.Secret != "prod/keyed" {
		t.Error(s.Ans.Registry.Secret)
	}
	set(t, &s, "registry-arn", farARN)
	if got := step(t, Registry).Selected(s)[0]; got != wayOther || s.Ans.Registry.Secret != farARN {
		t.Errorf("%s %s", got, s.Ans.Registry.Secret)
	}
	// Where AWS hides the list, a name is believed.
	s.Inv.Secrets, s.Inv.Gaps = nil, []inventory.Gap{{Call: "secretsmanager:ListSecrets", Code: "AccessDeniedException"}, {Call: "iam:ListRoles", Code: "AccessDenied"}}
	set(t, &s, "registry-arn", "hidden/name")
	if notes := Notes(s, step(t, Registry)); len(notes) != 2 {
		t.Errorf("%q", notes)
	}
	set(t, &s, "registry-role", wayOther)
	set(t, &s, "registry-role-name", "hidden-role")
	if s.Ans.Registry.Role != "hidden-role" || s.Ans.Registry.CreateRole {
		t.Errorf("%+v", s.Ans.Registry)
	}
}

func TestRegistryForANewJobDefinition(t *testing.T) {
	s := state(pulling(), answers.Answers{Workload: answers.BatchFargate})
	set(t, &s, Service, "reports")
	set(t, &s, Registry, "prod/keyed")
	set(t, &s, "registry-definition", wayCreate)
	if got := after(s, "registry-definition"); !slices.Equal(got, []string{"job-name", "job-image", "job-vcpu", "job-memory", "role"}) {
		t.Errorf("%q", got)
	}
	for _, f := range []string{"name", "image", "vcpu", "memory"} {
		set(t, &s, "registry-job-"+f, step(t, "registry-job-"+f).Selected(s)[0])
	}
	if want := (answers.Job{Name: "private-image", Image: "report:1", VCPU: "0.25", Memory: "512"}); s.Ans.Registry.Job != want {
		t.Errorf("%+v", s.Ans.Registry.Job)
	}
	for id, bad := range map[string][]string{"job-image": {"123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1", "public.ecr.aws/x/y:1", "two words"}, "job-vcpu": {"3", "x"}, "job-memory": {"513", "1536", "4096", "0.5"}} {
		for _, v := range bad {
			if _, err := step(t, "registry-"+id).Set(s, []string{v}); err == nil {
				t.Errorf("%s takes %q", id, v)
			}
		}
	}
	set(t, &s, "registry-role", "arn:aws:iam::123456789012:role/team/other")
	if unanswered(s) {
		t.Error("all is answered")
	}
	if got := set(t, &s, "registry-definition", "report"); !slices.Equal(got, []string{"the new job definition"}) {
		t.Errorf("cleared %q", got)
	}
	s.Ans.Workload, s.Ans.Registry.Job.VCPU = answers.BatchEC2, "0.5"
	if _, err := step(t, "registry-job-vcpu").Set(s, []string{"0.5"}); err == nil {
		t.Error("half a vCPU on EC2")
	}
	if _, err := step(t, "registry-job-memory").Set(s, []string{"1000"}); err != nil {
		t.Error(err)
	}
}

// Who turns round in the middle gets no plan with half of it.
func TestShortcutDropsWhatWasBegun(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, wayCreate)
	set(t, &s, "registry-name", "mine")
	if got := set(t, &s, Shortcut, EveryStep); got != nil || !s.Ans.Registry.On() {
		t.Errorf("cleared %q", got)
	}
	if got := set(t, &s, Shortcut, ToReview); len(got) != 1 || s.Ans.Registry.On() {
		t.Errorf("cleared %q", got)
	}
}

func TestResolveRegistry(t *testing.T) {
	problems := func(inv *inventory.Inventory, r answers.Registry) string {
		_, ps := Resolve(inv, answers.Answers{Region: "us-east-1", Workload: answers.ECSFargate, Service: "prod/web", VPC: "vpc-shop", Registry: r})
		var out []string
		for _, p := range ps {
			out = append(out, p.Key+" "+p.Text+": "+p.Message)
		}
		return strings.Join(out, "\n")
	}
	inv := pulling()
	inv.Loaded = append(inv.Loaded, inventory.Request{Part: inventory.PartSecret, Name: farARN + "x"}, inventory.Request{Part: inventory.PartDefinition, Name: "lost:1"})
	for _, tt := range []struct {
		r    answers.Registry
		want string // part of what is said; empty: nothing
	}{
		{answers.Registry{Secret: "prod/keyed", Definition: "web:7", Role: "app-execution", Containers: []string{"proxy"}}, ""},
		{answers.Registry{Secret: "new", Value: "set", Username: "u", KMSKey: "alias/registry", Role: "new", CreateRole: true}, ""},
		{answers.Registry{Secret: "prod/gone"}, ""}, // a rule of the plan
		{answers.Registry{Secret: farARN, Role: appRole}, ""},
		{answers.Registry{Secret: "nowhere"}, "registry.secret nowhere: there is no such secret in us-east-1. Write value: set"},
		{answers.Registry{Secret: farARN + "x"}, "there is no secret of this ARN"},
		{answers.Registry{Secret: "new", Value: "set", KMSKey: "alias/none"}, "registry.kms_key alias/none: there is no key of this alias in us-east-1. Aliases there: alias/aws/secretsmanager, alias/dead, alias/registry"},
		{answers.Registry{Secret: "prod/keyed", Role: "none"}, "registry.role none: there is no such role that ecs-tasks.amazonaws.com may assume. Write create_role: true to have it made. There are: app-execution, other"},
		{answers.Registry{Secret: "prod/keyed", Role: "arn:aws:iam::999999999999:role/x"}, "is of account 999999999999"},
		{answers.Registry{Secret: "prod/keyed", Definition: "lost:1"}, "registry.definition lost:1: there is no such task definition in us-east-1. Those in use: web:7"},
		{answers.Registry{Secret: "prod/keyed", Definition: "other"}, ""}, // not asked for yet
		{answers.Registry{Secret: "prod/keyed", Definition: "web", Containers: []string{"proxy", "x"}}, "registry.containers[1] x: web:7 has no such container. It has: app, cache, proxy"},
	} {
		got := problems(inv, tt.r)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %s, want %s", tt.r, got, tt.want)
		}
	}
	inv.Gaps = []inventory.Gap{{Call: "secretsmanager:ListSecrets"}, {Call: "secretsmanager:DescribeSecret"}, {Call: "kms:ListAliases"}, {Call: "iam:ListRoles"}, {Call: "ecs:DescribeTaskDefinition"}}
	if got := problems(inv, answers.Registry{Secret: "nowhere", KMSKey: "alias/none", Role: "none", Definition: "lost:1"}); got != "" {
		t.Errorf("what is hidden is wrong: %s", got)
	}
	_, ps := Resolve(pulling(), answers.Answers{Region: "us-east-1", Workload: answers.BatchEC2, ComputeEnvironment: "nightly", VPC: "vpc-shop", Registry: answers.Registry{Secret: "prod/keyed", Definition: "crunch:3"}})
	if len(ps) != 1 || !strings.Contains(ps[0].Message, "leave the revision out. Those in use: crunch:4") {
		t.Errorf("%+v", ps)
	}
}
