package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// Registry is the ID of the step about credentials of a private registry. The steps with
// their settings belong to it.
const Registry = "registry"

// Values of options that are not resources of the account. They begin with a colon, which
// AWS does not allow in names.
const (
	optionNone         = ":none"   // no resource
	optionOther        = ":other"  // the resource in a typed text
	optionCreate       = ":create" // a new resource
	optionOfDefinition = ":of"     // the resource of the definition
)

// Options for a secret name that exists.
const (
	keepValue   = "keep"
	setValue    = "set"
	restoreKeep = "restore"
	restoreSet  = "restore-set"
	anotherName = "another"
)

// registrySteps returns the steps about credentials of a private registry.
func registrySteps() []*Step {
	user := slices.Concat([]*Step{definitionStep()}, jobSteps(), []*Step{containersStep(), roleStep(), roleNameStep(), conditionStep(), updateStep()})
	for _, step := range user { // the definition of a first workload gets the credentials, and its new role may read them
		applies := step.Applies
		step.Applies = func(s State) bool { return !starts(s) && applies(s) }
	}
	return append([]*Step{registryStep(), secretARNStep(), secretNameStep(), secretTakenStep(), checkStep(), usernameStep(), descriptionStep(), keyStep(), keyNameStep()}, user...)
}

// pullers returns the definitions that pull from a registry outside AWS.
func (s State) pullers() []plan.Puller { return plan.ScopeOf(s.Inv, s.Ans.Answers).Pullers() }

// asksRegistry reports whether the question about registry credentials is needed.
func asksRegistry(s State) bool { return s.Ans.Registry.On() || len(s.pullers()) > 0 }

// lacksLogin reports whether a service does not run and pulls an image from outside AWS without credentials.
func lacksLogin(s State) bool {
	return withoutLogin(s) && len(plan.ScopeOf(s.Inv, s.Ans.Answers).NotRunning()) > 0
}

// withoutLogin reports whether an image comes from outside AWS without credentials.
func withoutLogin(s State) bool {
	return !s.Ans.Registry.On() && slices.ContainsFunc(outside(s.pullers()), func(c inventory.Container) bool { return c.Credentials == "" })
}

// registryNeeds returns the parts with secrets, keys and roles.
func registryNeeds(s State) []inventory.Request {
	return append(append(network(s), workloadParts(s.workload())...), inventory.Request{Part: inventory.PartRegistry})
}

// secretOptionOf returns the option of the registry step that fits the answers.
func secretOptionOf(s State) string {
	r := s.Ans.Registry
	own := s.ownSecret(r.Secret)
	switch {
	case s.Ans.Ways.Secret != "":
		return s.Ans.Ways.Secret
	case !r.On():
		return optionNone
	case r.Sets():
		return optionCreate
	case own != nil && own.Deleted == "":
		return own.Name
	}
	return optionOther
}

// ownSecret finds a secret of this account and Region; nil if it is not known.
func (s State) ownSecret(name string) *inventory.Secret {
	found := s.Inv.Secret(name)
	if name == "" || found == nil || !found.OfAccount(s.Inv.Account, s.Inv.Region) {
		return nil
	}
	return found
}

// dockerHub is the registry of most public images.
const dockerHub = "docker.io"

// registriesOf returns the registries of the images, Docker Hub last.
func registriesOf(cs []inventory.Container) []string {
	var out []string
	for _, c := range cs {
		if host := plan.RegistryOf(c.Image); host != "" {
			out = append(out, host)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(workload.Later(a == dockerHub, b == dockerHub), strings.Compare(a, b))
	})
	return slices.Compact(out)
}

// outside returns the containers with images from outside AWS.
func outside(ps []plan.Puller) []inventory.Container {
	var out []inventory.Container
	for _, p := range ps {
		out = append(out, p.Outside...)
	}
	return out
}

func registryStep() *Step {
	return &Step{
		ID: Registry, For: func(w *workload.Workload) bool { return w.Definition != "" }, Title: "Registry secret", Kind: One,
		Terms:    []*terms.Term{terms.RegistrySecret, terms.ExecutionRole, terms.PullThroughCache, terms.Routes},
		Ask:      text("Does a private registry outside AWS need a user name and password?"),
		Help:     registryHelp,
		Applies:  asksRegistry,
		Needs:    registryNeeds,
		Options:  registryOptions,
		Selected: func(s State) []string { return []string{secretOptionOf(s)} },
		Set:      setRegistry,
		Short: func(s State) string {
			if r := s.Ans.Registry; r.On() {
				return resource.SecretName(r.Secret)
			}
			return ""
		},
	}
}

func registryHelp(s State) string {
	out := "Amazon ECS reads the user name and password from a secret in Secrets Manager when it pulls an image."
	if hosts := registriesOf(outside(s.pullers())); len(hosts) > 0 {
		out = fmt.Sprintf("Images are pulled from %s. ", strings.Join(workload.UpTo(hosts), ", ")) + out
	}
	return out + " Images in Amazon ECR do not need a secret."
}

// noPath explains that credentials are not a network path to the registry.
const noPath = "Credentials are not a network path. A registry outside AWS has no VPC endpoint. Subnets without an internet route need a NAT gateway, a proxy, or a copy of the image in Amazon ECR."

func registryOptions(s State) []Option {
	out := []Option{
		{Value: optionNone, Label: "No, or already configured", Recommended: true,
			Details: fmt.Sprintf("The images are public, or the %[2]ss already reference a secret. The plan does not change the login of the %[1]s.\n\n", s.workload().Many, s.workload().Definition) + pulled(s.pullers()) + "\n\n" + noPath},
		{Value: optionCreate, Label: "Yes, create a new secret", Hint: "with user name and password",
			Details: "The plan creates a secret with the user name and password in the format that Amazon ECS reads. The wizard asks for the password when you apply the plan. It does not show or save the password.\n\n" + noPath + "\n\nRotation is off, as in the AWS guides: a rotation function would also have to change the password in the registry."},
		{Value: optionOther, Label: "Yes, enter the ARN of a secret", Hint: "other account or Region",
			Details: "Type the full ARN, including the last six characters.\n\nThe other account must allow the execution role to read the secret, with a resource policy and a customer managed key. Other accounts cannot use the default key. An endpoint reaches only secrets of its own Region. In subnets without an internet route, replicate the secret to this Region and use the replica."},
	}
	secrets := slices.Clone(s.Inv.Secrets)
	slices.SortStableFunc(secrets, func(a, b inventory.Secret) int {
		return cmp.Or(workload.Later(a.Deleted != "", b.Deleted != ""), strings.Compare(a.Name, b.Name))
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
	return "Images from outside AWS:\n  " + strings.Join(workload.UpTo(lines), "\n  ")
}

// logsIn describes the credentials of a container.
func logsIn(c inventory.Container) string {
	if c.Credentials == "" {
		return "without credentials"
	}
	return "uses " + resource.SecretName(c.Credentials)
}

func secretOption(s State, x *inventory.Secret) Option {
	o := Option{Value: x.Name, Label: x.Name, Section: "Yes, use an existing secret"}
	if key := keyLabel(s.Inv, x.KMSKey); key != "" {
		o.Hint = "key " + key
	}
	k := s.Inv.Key(x.KMSKey)
	if k != nil && badKey(k) != "" {
		o.Hint += ": " + badKey(k)
	}
	if x.Rotates {
		o.Hint = strings.TrimPrefix(o.Hint+", rotation on", ", ")
	}
	var b strings.Builder
	if x.Deleted != "" {
		o.Problem = "scheduled for deletion"
		day, _, _ := strings.Cut(x.Deleted, "T")
		fmt.Fprintf(&b, "To restore it, choose \"Yes, create a new secret\" and type this name.\n\nIts deletion was scheduled on %s. AWS keeps the name for 7 to 30 days. During this time nobody can read the secret.\n\n", day)
	}
	if x.Description != "" {
		fmt.Fprintf(&b, "%s\n\n", x.Description)
	}
	fmt.Fprintf(&b, "%s\n\n", x.ARN)
	b.WriteString("The wizard does not read its value. Amazon ECS needs this JSON text: {\"username\": \"…\", \"password\": \"…\"}.\n")
	if x.KMSKey != "" {
		fmt.Fprintf(&b, "\nIt is encrypted with %s. The execution role needs kms:Decrypt for this key. The plan adds the permission.\n", keyLabel(s.Inv, x.KMSKey))
	}
	if k != nil && badKey(k) != "" {
		fmt.Fprintf(&b, "\nIn the current state of this key, nobody can read the secret: %s.\n", badKey(k))
	}
	if x.Rotates {
		b.WriteString("\nRotation is on. The AWS guides leave it off for registry credentials. The rotation function must write this JSON text, change the password in the registry, and have a network path to it.\n")
	}
	o.Details = strings.TrimSpace(b.String())
	return o
}

// keyLabel returns the alias of a key, or its id without a known alias; empty for the
// default key.
func keyLabel(inv *inventory.Inventory, key string) string {
	k := inv.Key(key)
	switch {
	case key == "" || strings.HasSuffix(key, "alias/aws/secretsmanager") || k != nil && k.Manager == "AWS":
		return ""
	case k != nil && len(k.Aliases) > 0:
		return k.Aliases[0]
	}
	return words.Last(key)
}

func setRegistry(s State, v []string) (Change, error) {
	if err := pick("option", One, registryOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	r := &a.Registry
	option := v[0]
	if option == secretOptionOf(s) {
		a.Ways.Secret = option
		if option == optionNone {
			a.Ways.Secret = ""
		}
		return Change{Answers: a}, nil
	}
	var cleared []string
	if option == optionNone {
		cleared = clearRegistry(&a)
		return Change{Answers: a, Cleared: cleared}, nil
	}
	if r.Secret != "" {
		cleared = append(cleared, "the secret "+resource.SecretName(r.Secret))
	}
	cleared = append(cleared, clearValue(&a)...)
	r.Secret, r.Value, r.Restore, a.Ways.Secret = "", "", false, option
	switch option {
	case optionCreate:
		r.Value = answers.RegistrySet
	case optionOther:
		r.Value = answers.RegistryKeep
	default:
		r.Secret, r.Value = option, answers.RegistryKeep
	}
	// Reading the secret needs its endpoint, so the user need not go back to select it.
	if a.Needs != nil && !slices.Contains(*a.Needs, "secretsmanager") {
		needs := append(slices.Clone(*a.Needs), "secretsmanager")
		a.Needs = &needs
	}
	return Change{Answers: a, Cleared: cleared}, nil
}

// clearValue removes the value and the settings of a new secret.
func clearValue(a *Answers) []string {
	var out []string
	r := &a.Registry
	if r.Username != "" {
		out = append(out, "the user name")
	}
	if r.Description != "" {
		out = append(out, "the description of the secret")
	}
	if r.KMSKey != "" {
		out = append(out, "the key of the secret")
	}
	r.Username, r.Description, r.KMSKey, a.Ways.Key, r.Check = "", "", "", "", false
	return out
}

// clearRegistry removes all answers about registry credentials.
func clearRegistry(a *Answers) []string {
	var out []string
	if secret := a.Registry.Secret; secret != "" {
		out = append(out, "the secret "+resource.SecretName(secret))
	}
	out = append(append(out, clearValue(a)...), clearLogin(a)...)
	a.Registry, a.Ways = answers.Registry{}, Ways{}
	return out
}

// clearLogin removes the definition that uses the secret, and its execution role.
func clearLogin(a *Answers) []string {
	var out []string
	r := &a.Registry
	if r.Definition != "" || r.Job != (answers.Job{}) {
		out = append(out, "the definition that uses the registry secret")
	}
	if r.Role != "" {
		out = append(out, "the execution role")
	}
	r.Definition, r.Job, r.Containers, r.UpdateService = "", answers.Job{}, nil, false
	r.Role, r.CreateRole, r.ECRCondition = "", false, ""
	a.Ways.Definition, a.Ways.Role = "", ""
	return out
}

// unanswered reports whether some but not all registry questions were answered.
func unanswered(s State) bool {
	r := s.Ans.Registry
	w := s.Ans.Ways
	switch {
	case w.Secret == "":
		return false
	case r.Secret == "", r.Sets() && r.Username == "":
		return true
	case w.Key == optionOther && r.KMSKey == "", w.Role != "" && w.Role != optionOfDefinition && r.Role == "":
		return true
	case r.Job != (answers.Job{}):
		return r.Job.Name == "" || r.Job.Image == "" || r.Job.VCPU == "" || r.Job.Memory == "" || w.Role == ""
	}
	return r.Definition == "" && w.Definition != optionNone || w.Role == ""
}

// Steps without secrets, keys or roles need only tasksNeeds, so that they do not show notes
// about denied reads of those.

// textStep returns a step of the registry with a typed text.
func textStep(id, title, key, ask, help string, applies func(State) bool, get func(State) string, put func(State, *Answers, string) ([]string, error)) *Step {
	step := &Step{ID: id, Title: title, Kind: Text, Of: Registry, Terms: []*terms.Term{terms.RegistrySecret, terms.ExecutionRole}, Key: key, Ask: text(ask), Help: text(help), Applies: applies, Needs: registryNeeds,
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
		"Type the full ARN, including the last six characters: arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/registry-AbCdEf. For a secret of this account and Region, you can type the name.\n\nThe wizard cannot check a secret of another account. That account must allow the execution role to read the secret and to use its key.",
		func(s State) bool { return secretOptionOf(s) == optionOther },
		func(s State) string { return s.Ans.Registry.Secret },
		func(s State, a *Answers, v string) ([]string, error) {
			own := s.ownSecret(v)
			_, denied := s.Inv.Gap("secretsmanager:ListSecrets")
			here := !answers.IsARN(v) || (&inventory.Secret{ARN: v}).OfAccount(s.Inv.Account, s.Inv.Region)
			switch {
			case own != nil && own.Deleted != "":
				return nil, fmt.Errorf("secret %s is scheduled for deletion, so nobody can read it. To restore it, go back, choose to create a new secret, and type this name", own.Name)
			case own == nil && here && !denied:
				return nil, fmt.Errorf("this secret does not exist in this account and Region (%s). For another account or Region, type the full ARN", s.Inv.Region)
			case own != nil:
				v = own.Name
			}
			a.Registry.Secret, a.Registry.Value, a.Ways.Secret = v, answers.RegistryKeep, optionOther
			return nil, nil
		})
}

// registryName is the ID of the step with the name of a new secret.
const registryName = "registry-name"

func secretNameStep() *Step {
	return textStep(registryName, "Secret", "registry.secret", "What name should the secret have?",
		"Letters, digits and / _ + = . @ - are allowed. The name should not end with a hyphen and six characters, because AWS adds such a suffix to each ARN. If the name exists, the wizard asks how to continue.",
		func(s State) bool { return secretOptionOf(s) == optionCreate },
		proposedSecret,
		func(s State, a *Answers, v string) ([]string, error) {
			if answers.IsARN(v) {
				return nil, fmt.Errorf("a new secret needs a name, not an ARN; to use an existing secret, go back")
			}
			r := &a.Registry
			if a.Ways.Secret = optionCreate; r.Secret == v {
				return nil, nil
			}
			r.Secret, r.Value, r.Restore = v, answers.RegistrySet, false
			return nil, nil
		})
}

// proposedSecret returns a name that contains the registry of the images.
func proposedSecret(s State) string {
	if s.Ans.Registry.Secret != "" {
		return s.Ans.Registry.Secret
	}
	hosts := registriesOf(outside(s.pullers()))
	if len(hosts) == 0 {
		return "registry/credentials"
	}
	name := "registry/" + strings.ReplaceAll(hosts[0], ":", "_")
	if i := strings.LastIndex(name, "-"); i == len(name)-7 { // looks like the suffix that AWS adds
		name += "-credentials"
	}
	return name
}

func secretTakenStep() *Step {
	taken := func(s State) *inventory.Secret {
		if secretOptionOf(s) != optionCreate {
			return nil
		}
		return s.ownSecret(s.Ans.Registry.Secret)
	}
	options := func(s State) []Option {
		x := taken(s)
		another := Option{Value: anotherName, Label: "Use another name", Details: "Goes back to the name. The existing secret does not change."}
		switch {
		case x == nil:
			return []Option{another}
		case x.Deleted != "":
			return []Option{
				{Value: restoreKeep, Label: "Restore it and keep its value", Details: "The deletion is canceled. The secret keeps its value."},
				{Value: restoreSet, Label: "Restore it and store new credentials", Details: "The deletion is canceled. The wizard asks for user name and password, and stores them as a new version. The old version is kept as the previous one."}, another}
		}
		return []Option{
			{Value: keepValue, Label: "Use it and keep its value", Recommended: true, Details: secretOption(s, x).Details},
			{Value: setValue, Label: "Use it and store new credentials", Details: "The wizard asks for user name and password, and stores them as a new version. All readers of the secret then get the new credentials. The old version is kept as the previous one, so you can restore it."}, another}
	}
	return &Step{
		ID: "registry-taken", Title: "Secret", Kind: One, Of: Registry,
		Terms: []*terms.Term{terms.RegistrySecret},
		Ask: func(s State) string {
			if x := taken(s); x != nil && x.Deleted != "" {
				return "Secret " + x.Name + " is scheduled for deletion. How should the wizard continue?"
			}
			return "Secret " + s.Ans.Registry.Secret + " exists. How should the wizard continue?"
		},
		Help:    text("Nothing is deleted. A new version keeps the old one as the previous version."),
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
			if err := pick("option", One, options(s), v); err != nil {
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
				r.Value, cleared = answers.RegistryKeep, clearValue(&a)
			} else { // the settings of an existing secret do not change
				r.Description, r.KMSKey, a.Ways.Key = "", "", ""
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(State) string { return "" },
	}
}

// Values of checkStep.
const (
	doNotRead = "unread"
	readOnce  = "look"
)

// checkStep asks for consent to read the value of an existing secret.
func checkStep() *Step {
	options := func(s State) []Option {
		return []Option{
			{Value: doNotRead, Label: "Do not read it", Recommended: true, Details: fmt.Sprintf("If the value does not have the format that Amazon ECS needs, each %s stops at its start with \"unable to unmarshal secret value\".", s.workload().One)},
			{Value: readOnce, Label: "Read it once", Hint: "during verification", Details: "The verification reads the value and checks that user name and password are not empty. It does not show or store them. You need secretsmanager:GetSecretValue for the secret, and kms:Decrypt if it uses a customer managed key."}}
	}
	selected := func(s State) string {
		if s.Ans.Registry.Check {
			return readOnce
		}
		return doNotRead
	}
	return &Step{
		ID: "registry-check", Title: "Secret", Kind: One, Of: Registry,
		Terms:   []*terms.Term{terms.RegistrySecret, terms.Verification},
		Ask:     text("Should the wizard check the value of the secret?"),
		Help:    text("Amazon ECS needs a JSON object with username and password. The wizard must read the value to check this."),
		Applies: func(s State) bool { return s.Ans.Registry.On() && !s.Ans.Registry.Sets() },
		Needs:   registryNeeds, Options: options,
		Selected: func(s State) []string { return []string{selected(s)} },
		Set: func(s State, v []string) (Change, error) {
			if err := pick("option", One, options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Registry.Check = v[0] == readOnce
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func usernameStep() *Step {
	step := textStep("registry-user", "User name", "registry.username", "What is the user name for the registry?",
		"For a robot account or an access token, type its user name. The wizard asks for the password or token when you apply the plan.",
		func(s State) bool { return s.Ans.Registry.Sets() },
		func(s State) string { return s.Ans.Registry.Username },
		func(_ State, a *Answers, v string) ([]string, error) {
			a.Registry.Username = v
			return nil, nil
		})
	step.Needs = tasksNeeds
	return step
}

// createsSecret reports whether the plan creates the secret.
func createsSecret(s State) bool {
	r := s.Ans.Registry
	return r.Sets() && s.ownSecret(r.Secret) == nil
}

func descriptionStep() *Step {
	step := textStep("registry-description", "Description", "registry.description", "What description should the secret have?",
		"AWS does not encrypt the description. Do not enter secrets.",
		createsSecret,
		func(s State) string { return s.Ans.Registry.Description },
		func(_ State, a *Answers, v string) ([]string, error) {
			a.Registry.Description = v
			return nil, nil
		})
	step.Empty, step.Settled, step.Needs = true, true, tasksNeeds
	return step
}

func keyStep() *Step {
	return &Step{
		ID: "registry-key", Title: "Key", Kind: One, Of: Registry, Settled: true,
		Terms:   []*terms.Term{terms.RegistrySecret, terms.ExecutionRole},
		Ask:     text("Which key should encrypt the secret?"),
		Help:    text("The default key is free and needs no permission. Other accounts can read the secret only with a customer managed key. The plan adds the permission kms:Decrypt for it."),
		Applies: createsSecret, Needs: registryNeeds, Options: keyOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch k := s.Inv.Key(r.KMSKey); {
			case s.Ans.Ways.Key != "":
				return []string{s.Ans.Ways.Key}
			case r.KMSKey == "":
				return []string{optionNone}
			case k != nil:
				return []string{k.ARN}
			}
			return []string{optionOther}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("key", One, keyOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			r := &a.Registry
			switch {
			case v[0] == optionNone:
				r.KMSKey, a.Ways.Key = "", ""
			case v[0] == optionOther && a.Ways.Key != optionOther:
				r.KMSKey, a.Ways.Key = "", optionOther
			case v[0] != optionOther:
				r.KMSKey, a.Ways.Key = cmp.Or(keyLabel(s.Inv, v[0]), v[0]), ""
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
		{Value: optionNone, Label: "Use the default key", Hint: "aws/secretsmanager", Recommended: true, Details: "AWS manages this key. Each role of the account that can read the secret can use it."},
		{Value: optionOther, Label: "Use another key by alias, id, or ARN", Details: "For a key that is not in this list: without an alias, or of another account."},
	}
	keys := slices.DeleteFunc(slices.Clone(s.Inv.Keys), func(k inventory.Key) bool { return k.Manager == "AWS" })
	slices.SortStableFunc(keys, func(a, b inventory.Key) int {
		return cmp.Or(workload.Later(badKey(&a) != "", badKey(&b) != ""), strings.Compare(keyLabel(s.Inv, a.ARN), keyLabel(s.Inv, b.ARN)))
	})
	for i := range keys {
		k := &keys[i]
		out = append(out, Option{Value: k.ARN, Label: keyLabel(s.Inv, k.ARN), Hint: k.State, Problem: badKey(k), Section: "Use a customer managed key",
			Details: k.ARN + "\nAliases: " + workload.OrNone(k.Aliases) + "\n\nThe execution role needs kms:Decrypt for this key. The plan adds the permission, only for calls through Secrets Manager. The key policy must allow it too. The default key policy does."})
	}
	return out
}

// badKey explains why a key cannot encrypt a secret; empty if it can.
func badKey(k *inventory.Key) string {
	switch {
	case k.Usage != "" && k.Usage != "ENCRYPT_DECRYPT":
		return "not an encryption key (" + k.Usage + ")"
	case k.State == "PendingDeletion":
		return "scheduled for deletion"
	case k.State != "" && k.State != "Enabled":
		return "not enabled (" + k.State + ")"
	}
	return ""
}

func keyNameStep() *Step {
	return textStep("registry-key-name", "Key", "registry.kms_key", "Which key should encrypt the secret?",
		"Its alias, such as alias/registry, its id, or its ARN. For a key of another account, type the ARN.",
		func(s State) bool { return createsSecret(s) && s.Ans.Ways.Key == optionOther },
		func(s State) string { return s.Ans.Registry.KMSKey },
		func(s State, a *Answers, v string) ([]string, error) {
			if k := s.Inv.Key(v); k != nil && badKey(k) != "" {
				return nil, fmt.Errorf("this key cannot be used: %s", badKey(k))
			}
			a.Registry.KMSKey = v
			return nil, nil
		})
}
