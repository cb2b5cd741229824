package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Registry is the ID of the step that asks for credentials of a private registry; those
// that follow from it belong to it.
const Registry = "registry"

// Options that stand for no thing of the account. A colon is part of no name.
const (
	wayNone   = ":none"   // nothing of the kind
	wayOther  = ":other"  // one that is typed
	wayCreate = ":create" // one that is made
	wayOf     = ":of"     // that of the definition
)

// What is done about a secret whose name is taken.
const (
	keepValue   = "keep"
	setValue    = "set"
	restoreKeep = "restore"
	restoreSet  = "restore-set"
	anotherName = "another"
)

// registrySteps ask for credentials of a private registry, each only where it applies.
func registrySteps() []*Step {
	return slices.Concat([]*Step{registryStep(), secretARNStep(), secretNameStep(), secretTakenStep(), checkStep(), usernameStep(), descriptionStep(), keyStep(), keyNameStep(), definitionStep()},
		jobSteps(), []*Step{containersStep(), roleStep(), roleNameStep(), conditionStep(), updateStep()})
}

// pullers are the definitions that pull from a registry outside AWS.
func (s State) pullers() []plan.Puller { return plan.Look(s.Inv, s.Ans).Pullers() }

// asksRegistry tells whether credentials are a question at all.
func asksRegistry(s State) bool { return s.Ans.Registry.On() || len(s.pullers()) > 0 }

// registryNeeds are the parts that show what credentials are made of.
func registryNeeds(s State) []inventory.Request {
	return append(append(network(s), things(s)...), inventory.Request{Part: inventory.PartRegistry})
}

// secretWay is the option of the first question that the answers came from.
func secretWay(s State) string {
	r := s.Ans.Registry
	own := s.ownSecret(r.Secret)
	switch {
	case r.Ways.Secret != "":
		return r.Ways.Secret
	case !r.On():
		return wayNone
	case r.Sets():
		return wayCreate
	case own != nil && own.Deleted == "":
		return own.Name
	}
	return wayOther
}

// ownSecret finds a secret of this account and Region; nil if none is known.
func (s State) ownSecret(name string) *inventory.Secret {
	found := s.Inv.Secret(name)
	if name == "" || found == nil || !found.OfAccount(s.Inv.Account, s.Inv.Region) {
		return nil
	}
	return found
}

// dockerHub is where most images without credentials come from.
const dockerHub = "docker.io"

// registriesOf are the registries that images come from, Docker Hub last.
func registriesOf(cs []inventory.Container) []string {
	var out []string
	for _, c := range cs {
		if host := plan.RegistryOf(c.Image); host != "" {
			out = append(out, host)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(later(a == dockerHub, b == dockerHub), strings.Compare(a, b)) })
	return slices.Compact(out)
}

// outside are the containers whose images come from outside AWS.
func outside(ps []plan.Puller) []inventory.Container {
	var out []inventory.Container
	for _, p := range ps {
		out = append(out, p.Outside...)
	}
	return out
}

func registryStep() *Step {
	return &Step{
		ID: Registry, For: func(w answers.Workload) bool { return w != answers.MWAA }, Title: "Registry", Kind: One,
		Ask:      text("Does a private registry outside AWS want a user name and password?"),
		Help:     registryHelp,
		Applies:  asksRegistry,
		Needs:    registryNeeds,
		Options:  registryOptions,
		Selected: func(s State) []string { return []string{secretWay(s)} },
		Set:      setRegistry,
		Short: func(s State) string {
			if r := s.Ans.Registry; r.On() {
				return plan.SecretName(r.Secret)
			}
			return ""
		},
	}
}

func registryHelp(s State) string {
	out := "Amazon ECS reads them from a secret of AWS Secrets Manager when it pulls an image."
	if hosts := registriesOf(outside(s.pullers())); len(hosts) > 0 {
		out = fmt.Sprintf("Images come from %s. ", strings.Join(upTo(hosts), ", ")) + out
	}
	return s.word(out + " Images of Amazon ECR need none: there the permissions of the execution role count (AmazonECSTaskExecutionRolePolicy).")
}

// noPath is said wherever somebody may take credentials for a way to the registry.
const noPath = "Credentials are not a network path: no VPC endpoint leads to a registry outside AWS. Subnets without a way out need a NAT gateway or a proxy, or the image copied into Amazon ECR."

func registryOptions(s State) []Option {
	out := []Option{
		{Value: wayNone, Label: "No private registry", Recommended: true,
			Details: s.word("The images are public, or the definitions name their credentials already. Nothing is changed about how the tasks log in.\n\n") + pulled(s.pullers()) + "\n\n" + noPath},
		{Value: wayCreate, Label: "Create a secret", Hint: "for user name and password",
			Details: "The plan makes a secret with the user name and password, in the form that Amazon ECS reads. You are asked for the password right before the plan is carried out; it is not shown and not saved.\n\n" + noPath + "\n\nRotation stays off: the AWS guides leave it off for credentials of a registry, since a rotation function would have to change the password at the registry too, and needs a way there of its own."},
		{Value: wayOther, Label: "Another secret, by its ARN", Hint: "of another account or Region",
			Details: "A secret of another account or Region is named by its full ARN, with the six characters at its end.\n\nThe other account has to let the execution role read it: by a policy on the secret, and by a customer key, since nobody outside can use the default one. The endpoint reaches secrets of its own Region only: without a way out of the VPC, copy the secret into this Region (replicate it) and use the copy."},
	}
	secrets := slices.Clone(s.Inv.Secrets)
	slices.SortStableFunc(secrets, func(a, b inventory.Secret) int {
		return cmp.Or(later(a.Deleted != "", b.Deleted != ""), strings.Compare(a.Name, b.Name))
	})
	for i := range secrets {
		if x := &secrets[i]; x.OfAccount(s.Inv.Account, s.Inv.Region) {
			out = append(out, secretOption(s, x))
		}
	}
	return out
}

// pulled lists the images from outside AWS.
func pulled(ps []plan.Puller) string {
	var lines []string
	for _, p := range ps {
		for _, c := range p.Outside {
			lines = append(lines, fmt.Sprintf("%s: %s, %s", p.Name(), c.Image, logsIn(c)))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return "Images from outside AWS:\n  " + strings.Join(upTo(lines), "\n  ")
}

// logsIn says what a container logs in with.
func logsIn(c inventory.Container) string {
	if c.Credentials == "" {
		return "without credentials"
	}
	return "logs in with " + plan.SecretName(c.Credentials)
}

func secretOption(s State, x *inventory.Secret) Option {
	o := Option{Value: x.Name, Label: x.Name, Section: "Use a secret that is there"}
	if key := keyLabel(s.Inv, x.KMSKey); key != "" {
		o.Hint = "key " + key
	}
	k := s.Inv.Key(x.KMSKey)
	if k != nil && badKey(k) != "" {
		o.Hint += ": " + badKey(k)
	}
	if x.Rotates {
		o.Hint = strings.TrimPrefix(o.Hint+", rotates", ", ")
	}
	var b strings.Builder
	if x.Deleted != "" {
		o.Problem = "it is to be deleted"
		day, _, _ := strings.Cut(x.Deleted, "T")
		fmt.Fprintf(&b, "To take that back, choose \"Create a secret\" and type this name.\n\nThe deletion was asked for on %s. The secret keeps its name for 7 to 30 days, and nobody can read it meanwhile.\n\n", day)
	}
	if x.Description != "" {
		fmt.Fprintf(&b, "%s\n\n", x.Description)
	}
	fmt.Fprintf(&b, "%s\n\n", x.ARN)
	b.WriteString("Its value is not read here. Amazon ECS takes it only in this form, as text: {\"username\": \"…\", \"password\": \"…\"}.\n")
	if x.KMSKey != "" {
		fmt.Fprintf(&b, "\nIt is encrypted with %s, so the execution role needs kms:Decrypt on that key too; the plan adds it.\n", keyLabel(s.Inv, x.KMSKey))
	}
	if k != nil && badKey(k) != "" {
		fmt.Fprintf(&b, "\nAs that key is now, nobody can read the secret: %s.\n", badKey(k))
	}
	if x.Rotates {
		b.WriteString("\nRotation is on. The AWS guides leave it off for credentials of a registry: the rotation function has to write this same form, change the password at the registry, and reach it.\n")
	}
	o.Details = strings.TrimSpace(b.String())
	return o
}

// keyLabel names a key by its alias, if that is known; empty for the default key.
func keyLabel(inv *inventory.Inventory, key string) string {
	k := inv.Key(key)
	switch {
	case key == "" || strings.HasSuffix(key, "alias/aws/secretsmanager") || k != nil && k.Manager == "AWS":
		return ""
	case k != nil && len(k.Aliases) > 0:
		return k.Aliases[0]
	}
	return nameOf(key)
}

func setRegistry(s State, v []string) (Change, error) {
	if err := pick("line", One, registryOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	r := &a.Registry
	way := v[0]
	if way == secretWay(s) {
		r.Ways.Secret = way
		if way == wayNone {
			r.Ways.Secret = ""
		}
		return Change{Answers: a}, nil
	}
	var cleared []string
	if way == wayNone {
		cleared, a.Registry = clearRegistry(*r), answers.Registry{}
		return Change{Answers: a, Cleared: cleared}, nil
	}
	if r.Secret != "" {
		cleared = append(cleared, "the secret "+plan.SecretName(r.Secret))
	}
	cleared = append(cleared, clearValue(r)...)
	r.Secret, r.Value, r.Restore, r.Ways.Secret = "", "", false, way
	switch way {
	case wayCreate:
		r.Value = answers.RegistrySet
	case wayOther:
		r.Value = answers.RegistryKeep
	default:
		r.Secret, r.Value = way, answers.RegistryKeep
	}
	return Change{Answers: a, Cleared: cleared}, nil
}

// clearValue forgets what goes into a secret.
func clearValue(r *answers.Registry) []string {
	var out []string
	if r.Username != "" {
		out = append(out, "the user name")
	}
	if r.Description != "" {
		out = append(out, "its description")
	}
	if r.KMSKey != "" {
		out = append(out, "its key")
	}
	r.Username, r.Description, r.KMSKey, r.Ways.Key, r.Check = "", "", "", "", false
	return out
}

// clearRegistry says what is lost with the credentials of a registry.
func clearRegistry(r answers.Registry) []string {
	var out []string
	if r.Secret != "" {
		out = append(out, "the secret "+plan.SecretName(r.Secret))
	}
	return append(append(out, clearValue(&r)...), clearLogin(&r)...)
}

// clearLogin forgets who logs in at the registry, and in whose name.
func clearLogin(r *answers.Registry) []string {
	var out []string
	if r.Definition != "" || r.Job != (answers.Job{}) {
		out = append(out, "the definition that logs in at the registry")
	}
	if r.Role != "" {
		out = append(out, "its execution role")
	}
	r.Definition, r.Job, r.Containers, r.UpdateService = "", answers.Job{}, nil, false
	r.Role, r.CreateRole, r.ECRCondition = "", false, ""
	r.Ways.Definition, r.Ways.Role = "", ""
	return out
}

// unanswered tells whether questions of a registry were begun and not gone through.
func unanswered(s State) bool {
	r := s.Ans.Registry
	w := r.Ways
	switch {
	case w.Secret == "":
		return false
	case r.Secret == "", r.Sets() && r.Username == "":
		return true
	case w.Key == wayOther && r.KMSKey == "", w.Role != "" && w.Role != wayOf && r.Role == "":
		return true
	case r.Job != (answers.Job{}):
		return r.Job.Name == "" || r.Job.Image == "" || r.Job.VCPU == "" || r.Job.Memory == "" || w.Role == ""
	}
	return r.Definition == "" && w.Definition != wayNone || w.Role == ""
}

// Steps that show nothing of secrets, keys or roles need no more than tasksNeeds: what AWS
// does not show of those is not said there.

// textStep is a question below the registry that is answered with a text.
func textStep(id, title, key, ask, help string, applies func(State) bool, get func(State) string, put func(State, *answers.Answers, string) ([]string, error)) *Step {
	step := &Step{ID: id, Title: title, Kind: Text, Of: Registry, Key: key, Ask: text(ask), Help: text(help), Applies: applies, Needs: registryNeeds,
		Options: func(State) []Option { return nil }, Selected: func(s State) []string { return []string{get(s)} }, Short: func(State) string { return "" }}
	step.Set = func(s State, v []string) (Change, error) {
		typed, err := step.typed(v)
		if err != nil {
			return Change{}, err
		}
		a := s.Ans.Clone()
		cleared, err := put(s, &a, typed)
		if err != nil {
			return Change{}, err
		}
		return Change{Answers: a, Cleared: cleared}, nil
	}
	return step
}

func secretARNStep() *Step {
	return textStep("registry-arn", "Secret", "registry.secret", "What is the ARN of the secret?",
		"The full ARN is needed for a secret of another account or Region, with the six characters that AWS puts after the name: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf. A secret of this account and Region may be named by its name as well.\n\nOf another account, nothing can be seen from here: that account has to let the execution role read the secret and use its key.",
		func(s State) bool { return secretWay(s) == wayOther },
		func(s State) string { return s.Ans.Registry.Secret },
		func(s State, a *answers.Answers, v string) ([]string, error) {
			own := s.ownSecret(v)
			_, denied := s.Inv.Gap("secretsmanager:ListSecrets")
			here := !answers.IsARN(v) || (&inventory.Secret{ARN: v}).OfAccount(s.Inv.Account, s.Inv.Region)
			switch {
			case own != nil && own.Deleted != "":
				return nil, fmt.Errorf("the secret %s is to be deleted, so nobody can read it. To take that back, go back, choose to create a secret and type its name", own.Name)
			case own == nil && here && !denied:
				return nil, fmt.Errorf("there is no such secret in this account and Region (%s). One of another account or Region is named by its full ARN", s.Inv.Region)
			case own != nil:
				v = own.Name
			}
			a.Registry.Secret, a.Registry.Value, a.Registry.Ways.Secret = v, answers.RegistryKeep, wayOther
			return nil, nil
		})
}

func secretNameStep() *Step {
	return textStep("registry-name", "Secret", "registry.secret", "What shall the secret be called?",
		"Letters, digits and / _ + = . @ - are allowed. It should not end in a hyphen and six characters: AWS puts such an ending after each name, and by a part of its ARN another secret may be found.\n\nIf there is a secret of this name, you are asked what to do with it.",
		func(s State) bool { return secretWay(s) == wayCreate },
		proposedSecret,
		func(s State, a *answers.Answers, v string) ([]string, error) {
			if answers.IsARN(v) {
				return nil, fmt.Errorf("this is an ARN. A secret that is made has a name; go back for one that is there")
			}
			r := &a.Registry
			if r.Ways.Secret = wayCreate; r.Secret == v {
				return nil, nil
			}
			r.Secret, r.Value, r.Restore = v, answers.RegistrySet, false
			return nil, nil
		})
}

// proposedSecret is a name after the registry that the images come from.
func proposedSecret(s State) string {
	if s.Ans.Registry.Secret != "" {
		return s.Ans.Registry.Secret
	}
	hosts := registriesOf(outside(s.pullers()))
	if len(hosts) == 0 {
		return "registry/credentials"
	}
	name := "registry/" + strings.ReplaceAll(hosts[0], ":", "_")
	if i := strings.LastIndex(name, "-"); i == len(name)-7 { // as AWS's own ending
		name += "-credentials"
	}
	return name
}

func secretTakenStep() *Step {
	taken := func(s State) *inventory.Secret {
		if secretWay(s) != wayCreate {
			return nil
		}
		return s.ownSecret(s.Ans.Registry.Secret)
	}
	options := func(s State) []Option {
		x := taken(s)
		another := Option{Value: anotherName, Label: "Choose another name", Details: "Goes back to the name. The secret that is there stays as it is."}
		switch {
		case x == nil:
			return []Option{another}
		case x.Deleted != "":
			return []Option{
				{Value: restoreKeep, Label: "Take the deletion back, and use it as it is", Details: "The secret can be read again, with the value that it has."},
				{Value: restoreSet, Label: "Take the deletion back, and put new credentials in", Details: "You are asked for user name and password. The secret can be read again. The credentials go in as a new version; the old one stays as the previous one."}, another}
		}
		return []Option{
			{Value: keepValue, Label: "Use it as it is", Recommended: true, Details: secretOption(s, x).Details},
			{Value: setValue, Label: "Put these credentials in as a new version", Details: "You are asked for user name and password. Everything that reads this secret gets the new credentials from then on. The version that is there stays as the previous one, so it can be taken back."}, another}
	}
	return &Step{
		ID: "registry-taken", Title: "Secret", Kind: One, Of: Registry,
		Ask: func(s State) string {
			if x := taken(s); x != nil && x.Deleted != "" {
				return "The secret " + x.Name + " is to be deleted, and holds its name until then. What shall be done?"
			}
			return "There is a secret " + s.Ans.Registry.Secret + " already. What shall be done with it?"
		},
		Help:    text("Nothing is deleted or replaced: a new version of a secret leaves the old one in it."),
		Applies: func(s State) bool { return taken(s) != nil },
		Needs:   registryNeeds, Options: options,
		Selected: func(s State) []string {
			r, x := s.Ans.Registry, taken(s)
			switch {
			case x != nil && x.Deleted != "" && (r.Value == answers.RegistryKeep || r.Username == ""):
				return []string{restoreKeep}
			case x != nil && x.Deleted != "":
				return []string{restoreSet}
			case r.Sets() && r.Username != "":
				return []string{setValue}
			}
			return []string{keepValue}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", One, options(s), v); err != nil {
				return Change{}, err
			}
			if v[0] == anotherName {
				return Change{Answers: s.Ans.Clone(), Again: "registry-name"}, nil
			}
			a := s.Ans.Clone()
			r := &a.Registry
			r.Restore = v[0] == restoreKeep || v[0] == restoreSet
			r.Value = answers.RegistrySet
			var cleared []string
			if v[0] == keepValue || v[0] == restoreKeep {
				r.Value, cleared = answers.RegistryKeep, clearValue(r)
			} else { // of one that is there, these stay as they are
				r.Description, r.KMSKey, r.Ways.Key = "", "", ""
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(State) string { return "" },
	}
}

// The two ways with the value of a secret that is used as it is.
const (
	leaveUnread = "unread"
	lookOnce    = "look"
)

// checkStep asks before a secret's value is read.
func checkStep() *Step {
	options := func(s State) []Option {
		return []Option{
			{Value: leaveUnread, Label: "Leave it unread", Recommended: true, Details: s.word("Whether the secret holds what Amazon ECS wants shows when a task starts: it stops with \"unable to unmarshal secret value\" if not.")},
			{Value: lookOnce, Label: "Look at it once", Hint: "in the proof", Details: "When the plan is proven, the value is read and looked at for a user name and a password that are not empty. It is not shown and not kept. You need secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key if that is one of the account's own."}}
	}
	selected := func(s State) string {
		if s.Ans.Registry.Check {
			return lookOnce
		}
		return leaveUnread
	}
	return &Step{
		ID: "registry-check", Title: "Secret", Kind: One, Of: Registry,
		Ask:     text("Shall the value of the secret be looked at?"),
		Help:    text("Amazon ECS wants an object with two texts, username and password. A secret can hold anything."),
		Applies: func(s State) bool { return s.Ans.Registry.On() && !s.Ans.Registry.Sets() },
		Needs:   registryNeeds, Options: options,
		Selected: func(s State) []string { return []string{selected(s)} },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", One, options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Registry.Check = v[0] == lookOnce
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func usernameStep() *Step {
	step := textStep("registry-user", "User name", "registry.username", "What is the user name at the registry?",
		"Many registries give robot accounts or access tokens for machines: their user name goes here, and the token is the password. You are asked for the password right before the plan is carried out.",
		func(s State) bool { return s.Ans.Registry.Sets() },
		func(s State) string { return s.Ans.Registry.Username },
		func(_ State, a *answers.Answers, v string) ([]string, error) {
			a.Registry.Username = v
			return nil, nil
		})
	step.Needs = tasksNeeds
	return step
}

// makesSecret tells whether the secret is one that the plan makes.
func makesSecret(s State) bool {
	r := s.Ans.Registry
	return r.Sets() && s.ownSecret(r.Secret) == nil
}

func descriptionStep() *Step {
	step := textStep("registry-description", "Description", "registry.description", "What is the secret for?",
		"A few words for whoever finds the secret later. It is not encrypted, so nothing secret belongs here.",
		makesSecret,
		func(s State) string { return s.Ans.Registry.Description },
		func(_ State, a *answers.Answers, v string) ([]string, error) {
			a.Registry.Description = v
			return nil, nil
		})
	step.Empty, step.Needs = true, tasksNeeds
	return step
}

func keyStep() *Step {
	return &Step{
		ID: "registry-key", Title: "Key", Kind: One, Of: Registry,
		Ask:     text("Which key encrypts the secret?"),
		Help:    text("The default key (aws/secretsmanager) is free and needs no permission of its own. A customer key lets other accounts read the secret and can be taken away; the execution role then needs kms:Decrypt on it, which the plan adds."),
		Applies: makesSecret, Needs: registryNeeds, Options: keyOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch k := s.Inv.Key(r.KMSKey); {
			case r.Ways.Key != "":
				return []string{r.Ways.Key}
			case r.KMSKey == "":
				return []string{wayNone}
			case k != nil:
				return []string{k.ARN}
			}
			return []string{wayOther}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("key", One, keyOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			r := &a.Registry
			switch {
			case v[0] == wayNone:
				r.KMSKey, r.Ways.Key = "", ""
			case v[0] == wayOther && r.Ways.Key != wayOther:
				r.KMSKey, r.Ways.Key = "", wayOther
			case v[0] != wayOther:
				r.KMSKey, r.Ways.Key = cmp.Or(keyLabel(s.Inv, v[0]), v[0]), ""
				if k := s.Inv.Key(v[0]); k != nil && len(k.Aliases) == 0 {
					r.KMSKey = k.ARN
				}
			}
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func keyOptions(s State) []Option {
	out := []Option{
		{Value: wayNone, Label: "The default key", Hint: "aws/secretsmanager", Recommended: true, Details: "AWS makes and keeps it. Whoever may read the secret may use the key."},
		{Value: wayOther, Label: "Another key, by its alias, id or ARN", Details: "For a key that is not in this list: one without an alias, or of another account."},
	}
	keys := slices.DeleteFunc(slices.Clone(s.Inv.Keys), func(k inventory.Key) bool { return k.Manager == "AWS" })
	slices.SortStableFunc(keys, func(a, b inventory.Key) int {
		return cmp.Or(later(badKey(&a) != "", badKey(&b) != ""), strings.Compare(keyLabel(s.Inv, a.ARN), keyLabel(s.Inv, b.ARN)))
	})
	for i := range keys {
		k := &keys[i]
		out = append(out, Option{Value: k.ARN, Label: keyLabel(s.Inv, k.ARN), Hint: k.State, Problem: badKey(k), Section: "Customer keys",
			Details: k.ARN + "\nAliases: " + orNone(k.Aliases) + "\n\nThe execution role needs kms:Decrypt on this key, which the plan adds: for calls of Secrets Manager only. The key's own policy has to allow it too; by default it leaves that to IAM."})
	}
	return out
}

// badKey says why a key encrypts no secret; empty if it can.
func badKey(k *inventory.Key) string {
	switch {
	case k.Usage != "" && k.Usage != "ENCRYPT_DECRYPT":
		return "it does not encrypt (" + k.Usage + ")"
	case k.State == "PendingDeletion":
		return "it is to be deleted"
	case k.State != "" && k.State != "Enabled":
		return "it is not enabled (" + k.State + ")"
	}
	return ""
}

func keyNameStep() *Step {
	return textStep("registry-key-name", "Key", "registry.kms_key", "Which key is it?",
		"Its alias (alias/registry), its id or its ARN. A key of another account is named by its ARN.",
		func(s State) bool { return makesSecret(s) && s.Ans.Registry.Ways.Key == wayOther },
		func(s State) string { return s.Ans.Registry.KMSKey },
		func(s State, a *answers.Answers, v string) ([]string, error) {
			if k := s.Inv.Key(v); k != nil && badKey(k) != "" {
				return nil, fmt.Errorf("this key cannot be used: %s", badKey(k))
			}
			a.Registry.KMSKey = v
			return nil, nil
		})
}
