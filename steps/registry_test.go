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
	rotating, keyed, gone := secretOf("prod/rotating"), secretOf("prod/keyed"), secretOf("prod/deleted")
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
			t.Errorf("%s: the step does not apply", w)
		}
		if got := step(t, Registry).Selected(s); got[0] != optionNone {
			t.Errorf("%s: %s", w, got)
		}
		if o := option(t, s, Shortcut, ToReview); !strings.Contains(o.Details, "go through every step") {
			t.Errorf("%s: the shortcut does not mention registries: %s", w, o.Details)
		}
		if help := step(t, Registry).Help(s); !strings.Contains(help, "Images in Amazon ECR") || !strings.Contains(option(t, s, Registry, optionNone).Details, "not a network path") {
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
	want := []string{":none |  | ", ":create | with user name and password | ", ":other | other account or Region | ",
		"prod/keyed | key alias/registry | ", "prod/rotating | rotation on | ", "prod/deleted |  | scheduled for deletion"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	s.Inv.Keys[0].State = "Disabled"
	if o := option(t, s, Registry, "prod/keyed"); o.Hint != "key alias/registry: not enabled (Disabled)" || !strings.Contains(o.Details, "nobody can read the secret") {
		t.Errorf("%+v", o)
	}
	if d := option(t, s, Registry, "prod/deleted").Details; !strings.Contains(d, "2026-11-01") || !strings.Contains(d, "create a new secret") {
		t.Error(d)
	}
	if _, err := step(t, Registry).Set(s, []string{"prod/deleted"}); err == nil {
		t.Error("a secret that is scheduled for deletion was accepted")
	}
}

func TestRegistryWithAnExistingSecret(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, "prod/keyed")
	if got, want := after(s, Registry), []string{"check", "definition", "role"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	set(t, &s, "registry-check", readOnce)
	if !s.Ans.Registry.Check || step(t, "registry-check").Selected(s)[0] != readOnce {
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
		t.Error("an answer without containers was accepted")
	}
	set(t, &s, "registry-containers", "proxy")
	if got := step(t, "registry-role").Selected(s); got[0] != optionOfDefinition {
		t.Errorf("%q", got)
	}
	set(t, &s, "registry-role", optionOfDefinition)
	set(t, &s, "registry-service", "update")
	want := answers.Registry{Secret: "prod/keyed", Value: answers.RegistryKeep, Definition: "web", Check: true, Containers: []string{"proxy"}, UpdateService: true}
	if d := cmp.Diff(want, s.Ans.Registry); d != "" {
		t.Error(d)
	}
	if want := (Ways{Secret: "prod/keyed", Role: optionOfDefinition, Update: "asked"}); s.Ans.Ways != want {
		t.Errorf("%+v", s.Ans.Ways)
	}
	if unanswered(s) {
		t.Error("all is answered")
	}
	if short := step(t, Registry).Short(s); short != "prod/keyed" {
		t.Error(short)
	}
	if got := set(t, &s, "registry-definition", optionNone); !slices.Equal(got, []string{"the containers that use the secret", "the update of the service"}) {
		t.Errorf("cleared %q", got)
	}
	if got := set(t, &s, Registry, optionNone); !slices.Equal(got, []string{"the secret prod/keyed"}) || s.Ans.Registry.On() {
		t.Errorf("cleared %q, left %+v", got, s.Ans.Registry)
	}
}

func TestRegistryWithANewSecret(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, optionCreate)
	if got := after(s, Registry); !slices.Equal(got[:1], []string{"name"}) {
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-name").Selected(s)[0]; got != quayHost {
		t.Error(got)
	}
	for _, bad := range []string{"", "two words", farARN, strings.Repeat("x", 600)} {
		if _, err := step(t, "registry-name").Set(s, []string{bad}); err == nil {
			t.Errorf("%.20q was accepted as a name", bad)
		}
	}
	set(t, &s, "registry-name", " "+quayHost+" ")
	set(t, &s, "registry-user", "team")
	set(t, &s, "registry-description", "")
	if _, err := step(t, "registry-key").Set(s, []string{deadKey}); err == nil {
		t.Error("a key that is scheduled for deletion was accepted")
	}
	set(t, &s, "registry-key", oneKey)
	if got := step(t, "registry-key").Selected(s)[0]; got != oneKey || s.Ans.Registry.KMSKey != "alias/registry" {
		t.Errorf("%s, %s", got, s.Ans.Registry.KMSKey)
	}
	set(t, &s, "registry-key", optionOther)
	if got := after(s, "registry-key"); got[0] != "key-name" {
		t.Errorf("%q", got)
	}
	if _, err := step(t, "registry-key-name").Set(s, []string{"alias/dead"}); err == nil {
		t.Error("an alias of a key that is scheduled for deletion was accepted")
	}
	set(t, &s, "registry-key-name", "alias/elsewhere")
	set(t, &s, "registry-definition", "web")
	set(t, &s, "registry-containers", "proxy", "cache")
	set(t, &s, "registry-role", optionCreate)
	if got := after(s, "registry-role"); !slices.Equal(got, []string{"role-name", "ecr", "service"}) {
		t.Errorf("%q", got)
	}
	if got := step(t, "registry-role-name").Selected(s)[0]; got != "web-execution" {
		t.Error(got)
	}
	for _, bad := range []string{"app-execution", appRole, "no role"} {
		if _, err := step(t, "registry-role-name").Set(s, []string{bad}); err == nil {
			t.Errorf("%q was accepted as the name of a new role", bad)
		}
	}
	if !unanswered(s) {
		t.Error("the name of the role is not answered")
	}
	set(t, &s, "registry-role-name", "web-execution")
	set(t, &s, "registry-ecr", answers.ByVPC)
	want := answers.Registry{Secret: quayHost, Value: answers.RegistrySet, Username: "team", KMSKey: "alias/elsewhere", Definition: "web",
		Role: "web-execution", CreateRole: true, ECRCondition: answers.ByVPC}
	if d := cmp.Diff(want, s.Ans.Registry); d != "" {
		t.Error(d)
	}
	if want := (Ways{Secret: optionCreate, Key: optionOther, Role: optionCreate}); s.Ans.Ways != want {
		t.Errorf("%+v", s.Ans.Ways)
	}
	if _, err := s.Ans.YAML(); err != nil {
		t.Error(err)
	}
	if got := set(t, &s, Registry, "prod/keyed"); !slices.Equal(got, []string{"the secret " + quayHost, "the user name", "the key of the secret"}) {
		t.Errorf("cleared %q", got)
	}
	if got := set(t, &s, Service, notCreated); !slices.Contains(got, "the definition that uses the registry secret") || s.Ans.Registry.CreateRole {
		t.Errorf("cleared %q", got)
	}
}

func TestRegistryNameThatExists(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, optionCreate)
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
	if got := after(s, "registry-name"); !slices.Equal(got[:3], []string{"taken", "user", "definition"}) { // without description and key
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
	set(t, &s, "registry-name", "prod/deleted")
	if ask := step(t, "registry-taken").Ask(s); !strings.Contains(ask, "scheduled for deletion") {
		t.Error(ask)
	}
	set(t, &s, "registry-taken", restoreKeep)
	if r := s.Ans.Registry; !r.Restore || r.Sets() || r.Secret != "prod/deleted" {
		t.Errorf("%+v", r)
	}
	set(t, &s, "registry-taken", restoreSet)
	if r := s.Ans.Registry; !r.Restore || !r.Sets() {
		t.Errorf("%+v", r)
	}
	set(t, &s, "registry-name", "prod/new")
	if s.Ans.Registry.Restore {
		t.Error("Restore was not cleared for another name")
	}
}

func TestRegistrySecretByARN(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, optionOther)
	if got := after(s, Registry); got[0] != "arn" {
		t.Errorf("%q", got)
	}
	for text, want := range map[string]string{"": "must not be empty", "arn:aws:s3:::x": "ARN of a secret", "nowhere": "this secret does not exist",
		"arn:aws:secretsmanager:us-east-1:123456789012:secret:nowhere-AbCdEf": "this secret does not exist", "prod/deleted": "scheduled for deletion"} {
		if _, err := step(t, "registry-arn").Set(s, []string{text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	set(t, &s, "registry-arn", secretOf("prod/keyed").ARN)
	if s.Ans.Registry.Secret != "prod/keyed" {
		t.Error(s.Ans.Registry.Secret)
	}
	set(t, &s, "registry-arn", farARN)
	if got := step(t, Registry).Selected(s)[0]; got != optionOther || s.Ans.Registry.Secret != farARN {
		t.Errorf("%s %s", got, s.Ans.Registry.Secret)
	}
	// If AWS denied the list, any name is accepted.
	s.Inv.Secrets, s.Inv.Gaps = nil, []inventory.Gap{{Call: "secretsmanager:ListSecrets", Code: "AccessDeniedException"}, {Call: "iam:ListRoles", Code: "AccessDenied"}}
	set(t, &s, "registry-arn", "hidden/name")
	if notes := Notes(s, step(t, Registry)); len(notes) != 2 {
		t.Errorf("%q", notes)
	}
	set(t, &s, "registry-role", optionOther)
	set(t, &s, "registry-role-name", "hidden-role")
	if s.Ans.Registry.Role != "hidden-role" || s.Ans.Registry.CreateRole {
		t.Errorf("%+v", s.Ans.Registry)
	}
}

func TestRegistryForANewJobDefinition(t *testing.T) {
	s := state(pulling(), answers.Answers{Workload: answers.BatchFargate})
	set(t, &s, Service, "reports")
	set(t, &s, Registry, "prod/keyed")
	set(t, &s, "registry-definition", optionCreate)
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
				t.Errorf("%s accepted %q", id, v)
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
		t.Error("0.5 vCPU was accepted on EC2")
	}
	if _, err := step(t, "registry-job-memory").Set(s, []string{"1000"}); err != nil {
		t.Error(err)
	}
}

// The shortcut to the review clears incomplete registry answers.
func TestShortcutClearsIncompleteAnswers(t *testing.T) {
	s := answered(t, pulling())
	set(t, &s, Registry, optionCreate)
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
		want string // part of the problem; empty for no problem
	}{
		{answers.Registry{Secret: "prod/keyed", Definition: "web:7", Role: "app-execution", Containers: []string{"proxy"}}, ""},
		{answers.Registry{Secret: "new", Value: "set", Username: "u", KMSKey: "alias/registry", Role: "new", CreateRole: true}, ""},
		{answers.Registry{Secret: "prod/deleted"}, ""}, // a rule of the plan
		{answers.Registry{Secret: farARN, Role: appRole}, ""},
		{answers.Registry{Secret: "nowhere"}, "registry.secret nowhere: this secret does not exist in us-east-1; to create it, add value: set"},
		{answers.Registry{Secret: farARN + "x"}, "this secret does not exist; the ARN must end"},
		{answers.Registry{Secret: "new", Value: "set", KMSKey: "alias/none"}, "registry.kms_key alias/none: this alias does not exist in us-east-1; existing aliases: alias/aws/secretsmanager, alias/dead, alias/registry"},
		{answers.Registry{Secret: "prod/keyed", Role: "none"}, "registry.role none: no role with this name exists that ecs-tasks.amazonaws.com can assume; to create it, add create_role: true; existing: app-execution, other"},
		{answers.Registry{Secret: "prod/keyed", Role: "arn:aws:iam::999999999999:role/x"}, "is of account 999999999999"},
		{answers.Registry{Secret: "prod/keyed", Definition: "lost:1"}, "registry.definition lost:1: this task definition does not exist in us-east-1; existing ones in use: web:7"},
		{answers.Registry{Secret: "prod/keyed", Definition: "other"}, ""}, // not read yet
		{answers.Registry{Secret: "prod/keyed", Definition: "web", Containers: []string{"proxy", "x"}}, "registry.containers[1] x: web:7 does not have this container; existing: app, cache, proxy"},
	} {
		got := problems(inv, tt.r)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: %s, want %s", tt.r, got, tt.want)
		}
	}
	inv.Gaps = []inventory.Gap{{Call: "secretsmanager:ListSecrets"}, {Call: "secretsmanager:DescribeSecret"}, {Call: "kms:ListAliases"}, {Call: "iam:ListRoles"}, {Call: "ecs:DescribeTaskDefinition"}}
	if got := problems(inv, answers.Registry{Secret: "nowhere", KMSKey: "alias/none", Role: "none", Definition: "lost:1"}); got != "" {
		t.Errorf("problems for unread values: %s", got)
	}
	_, ps := Resolve(pulling(), answers.Answers{Region: "us-east-1", Workload: answers.BatchEC2, ComputeEnvironment: "nightly", VPC: "vpc-shop", Registry: answers.Registry{Secret: "prod/keyed", Definition: "crunch:3"}})
	if len(ps) != 1 || !strings.Contains(ps[0].Message, "omit the revision); existing ones in use: crunch:4") {
		t.Errorf("%+v", ps)
	}
}

// TestASecretSelectsItsNeed chooses each kind of secret after the needs were answered without
// Secrets Manager.
func TestASecretSelectsItsNeed(t *testing.T) {
	for _, option := range []string{optionCreate, optionOther, "prod/keyed"} {
		s := answered(t, pulling())
		needs := []string{"ecr"}
		s.Ans.Needs = &needs
		set(t, &s, Registry, option)
		if !slices.Contains(*s.Ans.Needs, "secretsmanager") || len(needs) != 1 {
			t.Errorf("%s: needs %v, the old ones %v", option, *s.Ans.Needs, needs)
		}
		s = answered(t, pulling())
		if set(t, &s, Registry, option); s.Ans.Needs != nil {
			t.Errorf("%s: needs %v, which the account shows", option, *s.Ans.Needs)
		}
	}
	s := answered(t, pulling())
	s.Ans.Needs = &[]string{"ecr"}
	if set(t, &s, Registry, optionNone); len(*s.Ans.Needs) != 1 {
		t.Errorf("needs %v without a secret", *s.Ans.Needs)
	}
}
