package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// registryOn tells whether a secret was chosen.
func registryOn(s State) bool { return s.Ans.Registry.On() }

// definitionOf finds the definition that the answers name, among those in scope and those
// that were asked for: of a name without a revision the newest that is known.
func definitionOf(inv *inventory.Inventory, ans answers.Answers) (plan.Puller, bool) {
	name := ans.Registry.Definition
	if name == "" {
		return plan.Puller{}, false
	}
	if !ans.Workload.Batch() {
		if d := inv.Definition(name); d != nil {
			return plan.PullerOf(d), true
		}
		return plan.Puller{}, false
	}
	for _, p := range plan.Look(inv, ans).Definitions() { // of which there is one revision each
		if p.Name() == name || p.Family == name {
			return p, true
		}
	}
	return plan.Puller{}, false
}

func (s State) definition() (plan.Puller, bool) { return definitionOf(s.Inv, s.Ans) }

// called is how the answers name a definition: by its family alone, since the plan makes
// further revisions of it, unless another revision is known.
func called(s State, p plan.Puller) string {
	for _, o := range s.Inv.TaskDefinitions {
		if o.Family == p.Family && o.ARN != p.ARN && !s.Ans.Workload.Batch() {
			return p.Name()
		}
	}
	return p.Family
}

func definitionStep() *Step {
	return &Step{
		ID: "registry-definition", Title: "Definition", Kind: One, Of: Registry,
		Ask: func(s State) string {
			if s.Ans.Workload.Batch() {
				return "Which job definition logs in with it?"
			}
			return "Which task definition logs in with it?"
		},
		Help:    text("The plan registers a new revision that names the secret by its full ARN. The old revision stays, and what runs keeps it. Images of Amazon ECR get no credentials: they need none."),
		Applies: registryOn, Needs: tasksNeeds, Options: definitionOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch {
			case r.Ways.Definition != "":
				return []string{r.Ways.Definition}
			case r.Job != (answers.Job{}):
				return []string{wayCreate}
			case r.Definition != "":
				return []string{r.Definition}
			}
			return first(definitionOptions(s))
		},
		Set: setDefinition, Short: func(State) string { return "" },
	}
}

func definitionOptions(s State) []Option {
	var can, cannot []Option
	for _, p := range plan.Look(s.Inv, s.Ans).Definitions() {
		o := Option{Value: called(s, p), Label: p.Name(), Hint: count(len(p.Outside), "image", "images") + " from outside AWS", Details: definitionDetails(s, p)}
		switch {
		case len(p.Outside) == 0:
			o.Problem, o.Hint = "all its images are of Amazon ECR, which takes no credentials", ""
			cannot = append(cannot, o)
			continue
		case p.Shape == "nodes":
			o.Problem, o.Hint = "it is for jobs on several nodes, which is not planned here", ""
			cannot = append(cannot, o)
			continue
		}
		can = append(can, o)
	}
	if s.Ans.Workload.Batch() {
		can = append(can, Option{Value: wayCreate, Label: "A new small job definition", Hint: "asks for name, image and size",
			Details: "One container that logs in at its registry, to begin with. Everything else can be added to it later."})
	}
	can = append(can, Option{Value: wayNone, Label: "None: only the secret and the role",
		Details: "The secret is made or used, and the role may read it. That a definition names them, as repositoryCredentials, is left to you or to what makes your definitions."})
	return append(can, cannot...)
}

func definitionDetails(s State, p plan.Puller) string {
	var b strings.Builder
	for _, c := range p.Outside {
		fmt.Fprintf(&b, "%s: %s, %s\n", c.Name, c.Image, logsIn(c))
	}
	for _, c := range p.ECR {
		fmt.Fprintf(&b, "%s: %s, of Amazon ECR: no credentials needed\n", c.Name, c.Image)
	}
	role := "none yet"
	if p.ExecutionRole != "" {
		role = nameOf(p.ExecutionRole)
	}
	fmt.Fprintf(&b, "\nExecution role: %s\n", role)
	if services := plan.Look(s.Inv, s.Ans).ServicesOf(p.ARN); len(services) > 0 {
		fmt.Fprintf(&b, "Runs in: %s\n", strings.Join(upTo(services), ", "))
	}
	return b.String()
}

func setDefinition(s State, v []string) (Change, error) {
	if err := pick("definition", One, definitionOptions(s), v); err != nil {
		return Change{}, err
	}
	a := s.Ans.Clone()
	r := &a.Registry
	var cleared []string
	was := r.Definition
	if r.Job != (answers.Job{}) {
		was = wayCreate
	}
	if was != v[0] {
		if was != "" && len(r.Containers) > 0 {
			cleared = append(cleared, "which containers log in")
		}
		if was == wayCreate && r.Job.Image != "" {
			cleared = append(cleared, "the new job definition")
		}
		if r.UpdateService {
			cleared = append(cleared, "that the service runs the new revision")
		}
		r.Containers, r.UpdateService, r.Job = nil, false, answers.Job{}
	}
	r.Definition, r.Ways.Definition = "", ""
	switch v[0] {
	case wayNone:
		r.Ways.Definition = wayNone
	case wayCreate:
		r.Ways.Definition = wayCreate
	default:
		r.Definition = v[0]
	}
	return Change{Answers: a, Cleared: cleared}, nil
}

// makesJob tells whether a job definition is made from nothing.
func makesJob(s State) bool {
	r := s.Ans.Registry
	return registryOn(s) && (r.Ways.Definition == wayCreate || r.Job != (answers.Job{}))
}

func jobSteps() []*Step {
	field := func(id, title, ask, help string, of func(*answers.Job) *string, proposal func(State) string, check func(State, string) error) *Step {
		step := textStep("registry-job-"+id, title, "registry.job."+id, ask, help, makesJob,
			func(s State) string {
				if v := *of(&s.Ans.Registry.Job); v != "" {
					return v
				}
				return proposal(s)
			},
			func(s State, a *answers.Answers, v string) ([]string, error) {
				if err := check(s, v); err != nil {
					return nil, err
				}
				*of(&a.Registry.Job) = v
				return nil, nil
			})
		step.Needs = tasksNeeds
		return step
	}
	fine := func(State, string) error { return nil }
	return []*Step{
		field("name", "Job definition", "What shall the job definition be called?", "Letters, digits, - and _ are allowed. If there is a definition of this name, this becomes its next revision.",
			func(j *answers.Job) *string { return &j.Name }, func(State) string { return "private-image" }, fine),
		field("image", "Image", "Which image does it run?", "With the host of its registry, as in registry.example.com/team/app:1. Without a host it is one of Docker Hub.",
			func(j *answers.Job) *string { return &j.Image }, proposedImage, func(_ State, v string) error {
				if plan.RegistryOf(v) == "" {
					return errors.New("this is an image of Amazon ECR, which takes no credentials: there the permissions of the execution role count")
				}
				return nil
			}),
		field("vcpu", "vCPU", "How many vCPUs does a job get?", "On Fargate: 0.25, 0.5, 1, 2, 4, 8 or 16. On EC2: a whole number.",
			func(j *answers.Job) *string { return &j.VCPU }, func(s State) string {
				if s.Ans.Workload.EC2() {
					return "1"
				}
				return "0.25"
			}, func(s State, v string) error { return checkSize(s, v, "") }),
		field("memory", "Memory", "How much memory does a job get, in MiB?", "On Fargate it goes with the vCPUs: 512, 1024 or 2048 with 0.25; 1024 to 4096 with 0.5; 2048 to 8192 with 1; 4096 to 16384 with 2; 8192 to 30720 with 4, always in whole GiB (1024).",
			func(j *answers.Job) *string { return &j.Memory }, proposedMemory, func(s State, v string) error { return checkSize(s, s.Ans.Registry.Job.VCPU, v) }),
	}
}

// proposedImage is the first image from outside AWS that is in use.
func proposedImage(s State) string {
	cs := outside(s.pullers())
	for _, c := range cs {
		if plan.RegistryOf(c.Image) == registriesOf(cs)[0] {
			return c.Image
		}
	}
	return ""
}

func proposedMemory(s State) string {
	if size, ok := fargateSizes[s.Ans.Registry.Job.VCPU]; ok && !s.Ans.Workload.EC2() {
		return fmt.Sprint(size.from)
	}
	return "2048"
}

// size is the memory in MiB that goes with a number of vCPUs.
type size struct{ from, to, step int }

// fargateSizes are what Fargate has (AWS Batch API reference, ResourceRequirement).
var fargateSizes = map[string]size{"0.25": {512, 2048, 512}, "0.5": {1024, 4096, 1024}, "1": {2048, 8192, 1024}, "2": {4096, 16384, 1024},
	"4": {8192, 30720, 1024}, "8": {16384, 61440, 4096}, "16": {32768, 122880, 8192}}

// checkSize tells whether a job can have that many vCPUs, and with them that much memory.
func checkSize(s State, vcpu, memory string) error {
	whole := func(v string) (n int) {
		if _, err := fmt.Sscanf(v, "%d", &n); err != nil || fmt.Sprint(n) != v {
			return -1
		}
		return n
	}
	if s.Ans.Workload.EC2() {
		switch {
		case memory == "" && whole(vcpu) < 1:
			return errors.New("on EC2 this is a whole number, 1 or more")
		case memory != "" && whole(memory) < 4:
			return errors.New("this is a whole number of MiB, 4 or more")
		}
		return nil
	}
	m, ok := fargateSizes[vcpu]
	switch n := whole(memory); {
	case !ok:
		return errors.New("on Fargate a job has 0.25, 0.5, 1, 2, 4, 8 or 16 vCPUs")
	case memory == "":
		return nil
	case n < m.from || n > m.to || n%m.step != 0 || vcpu == "0.25" && n == 1536:
		return fmt.Errorf("with %s vCPUs a job on Fargate has %d to %d MiB, in steps of %d", vcpu, m.from, m.to, m.step)
	}
	return nil
}

// severalOutside are the containers to choose from where credentials could go to more
// than one.
func severalOutside(s State) []inventory.Container {
	if p, ok := s.definition(); ok && registryOn(s) && len(p.Outside) > 1 {
		return p.Outside
	}
	return nil
}

func containersStep() *Step {
	options := func(s State) []Option {
		var out []Option
		for _, c := range severalOutside(s) {
			out = append(out, Option{Value: c.Name, Label: c.Name, Hint: c.Image, Details: c.Image + "\nRegistry: " + plan.RegistryOf(c.Image) + "\nNow: " + logsIn(c)})
		}
		return out
	}
	return &Step{
		ID: "registry-containers", Title: "Containers", Kind: Many, Of: Registry,
		Ask:     text("Which containers log in with it?"),
		Help:    text("The user name and password are shown to the registry that the image comes from, so tick only containers whose images are of the registry that they belong to."),
		Applies: func(s State) bool { return len(severalOutside(s)) > 0 }, Needs: tasksNeeds, Options: options,
		Selected: func(s State) []string {
			if len(s.Ans.Registry.Containers) > 0 {
				return slices.Clone(s.Ans.Registry.Containers)
			}
			var out []string
			cs := severalOutside(s)
			for _, c := range cs {
				if plan.RegistryOf(c.Image) == registriesOf(cs)[0] {
					out = append(out, c.Name)
				}
			}
			return out
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("container", Many, options(s), v); err != nil {
				return Change{}, err
			}
			if len(v) == 0 {
				return Change{}, errors.New("tick at least one container, or go back and choose no definition")
			}
			a := s.Ans.Clone()
			a.Registry.Containers = slices.Clone(v)
			if len(v) == len(options(s)) { // all that there are needs no saying
				a.Registry.Containers = nil
			}
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func roleStep() *Step {
	return &Step{
		ID: "registry-role", Title: "Execution role", Kind: One, Of: Registry,
		Ask:     text("Which execution role reads the secret?"),
		Help:    text("Amazon ECS pulls images and reads secrets in the name of the execution role, before the containers start. The plan adds what is lacking: secretsmanager:GetSecretValue on this secret, and kms:Decrypt if it has a customer key. What the role may do already stays."),
		Applies: registryOn, Needs: registryNeeds, Options: roleOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch arn := roleARN(s.Inv, r.Role); {
			case r.CreateRole:
				return []string{wayCreate}
			case r.Ways.Role == wayOther:
				return []string{wayOther}
			case arn != "":
				return []string{arn}
			case r.Role != "":
				return []string{wayOther}
			}
			return first(roleOptions(s))
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("role", One, roleOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			r := &a.Registry
			if (v[0] == wayCreate || v[0] == wayOther) && r.Ways.Role == v[0] { // chosen again
				return Change{Answers: a}, nil
			}
			var cleared []string
			if r.CreateRole && r.Role != "" && v[0] != wayCreate {
				cleared = append(cleared, "the role "+r.Role+" that is made")
			}
			r.Role, r.CreateRole, r.ECRCondition, r.Ways.Role = "", v[0] == wayCreate, "", v[0]
			if v[0] != wayCreate && v[0] != wayOther && v[0] != wayOf {
				r.Role = v[0]
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(State) string { return "" },
	}
}

// roleARN finds a role that tasks can have, by its name or ARN; empty if none is known.
func roleARN(inv *inventory.Inventory, role string) string {
	for _, arn := range inv.ExecutionRoles {
		if arn == role || nameOf(arn) == role {
			return arn
		}
	}
	return ""
}

func roleOptions(s State) []Option {
	var out []Option
	own := ""
	if p, ok := s.definition(); ok && p.ExecutionRole != "" {
		own = p.ExecutionRole
		out = append(out, Option{Value: wayOf, Label: "That of the definition: " + nameOf(own), Recommended: true, Details: own + "\n\nThe definition " + p.Name() + " has it already."})
	}
	out = append(out,
		Option{Value: wayCreate, Label: "Make one", Hint: "asks for its name", Recommended: own == "" && len(s.Inv.ExecutionRoles) == 0,
			Details: "A role that ecs-tasks.amazonaws.com may assume and nobody else. It may pull from Amazon ECR, write logs and read this secret."},
		Option{Value: wayOther, Label: "Another role, by its name or ARN", Details: "For a role that is not in this list. Its trust policy has to let ecs-tasks.amazonaws.com assume it."})
	for _, arn := range s.Inv.ExecutionRoles {
		if arn != own {
			out = append(out, Option{Value: arn, Label: nameOf(arn), Section: "Roles that " + s.word("tasks") + " can have", Details: arn})
		}
	}
	return out
}

func roleNameStep() *Step {
	step := textStep("registry-role-name", "Execution role", "registry.role", "", "",
		func(s State) bool {
			w := s.Ans.Registry.Ways.Role
			return registryOn(s) && (w == wayCreate || w == wayOther)
		},
		func(s State) string {
			r := s.Ans.Registry
			if r.Role != "" || !r.CreateRole {
				return r.Role
			}
			return freeRole(s)
		},
		func(s State, a *answers.Answers, v string) ([]string, error) {
			switch {
			case !s.Ans.Registry.CreateRole:
			case answers.IsARN(v):
				return nil, errors.New("this is an ARN. A role that is made has a name")
			case roleARN(s.Inv, v) != "":
				return nil, fmt.Errorf("there is a role %s already. Type another name, or go back and choose that role", v)
			}
			a.Registry.Role = v
			return nil, nil
		})
	step.Ask = func(s State) string {
		if s.Ans.Registry.CreateRole {
			return "What shall the execution role be called?"
		}
		return "Which role is it?"
	}
	step.Help = func(s State) string {
		if s.Ans.Registry.CreateRole {
			return "Letters, digits and + = , . @ _ - are allowed, at most 64 of them."
		}
		return "Its name, such as app-execution, or its ARN. Its trust policy has to let ecs-tasks.amazonaws.com assume it."
	}
	return step
}

// freeRole is a name for a role that no other one has, after the definition if there is
// room for that.
func freeRole(s State) string {
	of := "registry"
	if p, ok := s.definition(); ok && len(p.Family) < 40 { // of the 64 that a name may have
		of = p.Family
	}
	name := of + "-execution"
	for i := 2; roleARN(s.Inv, name) != ""; i++ {
		name = fmt.Sprintf("%s-execution-%d", of, i)
	}
	return name
}

func conditionStep() *Step {
	options := []Option{
		{Value: wayNone, Label: "Not tied to anything", Recommended: true, Hint: "as AWS's own policy",
			Details: "The role gets AmazonECSTaskExecutionRolePolicy, which lets it pull from Amazon ECR and write logs wherever it is used."},
		{Value: answers.ByVPC, Label: "To this VPC", Hint: "aws:SourceVpc",
			Details: "Pulls from Amazon ECR are allowed only through an endpoint of this VPC. The login itself (ecr:GetAuthorizationToken) cannot be tied."},
		{Value: answers.ByEndpoint, Label: "To the ECR endpoints", Hint: "aws:SourceVpce",
			Details: "Pulls from Amazon ECR are allowed only through the two endpoints ecr.api and ecr.dkr. Whoever makes these anew has to put their ids into the policy."},
	}
	return &Step{
		ID: "registry-ecr", Title: "Pulls from Amazon ECR", Kind: One, Of: Registry,
		Ask:     text("What are the role's pulls from Amazon ECR tied to?"),
		Help:    text("This is about images of Amazon ECR, which the role may pull too. Tied to the VPC or its endpoints, what the role allows is of no use elsewhere. Images from other registries are not concerned."),
		Applies: func(s State) bool { return registryOn(s) && s.Ans.Registry.CreateRole }, Needs: tasksNeeds,
		Options: func(State) []Option { return options },
		Selected: func(s State) []string {
			if c := s.Ans.Registry.ECRCondition; c != "" {
				return []string{c}
			}
			return []string{wayNone}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", One, options, v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			if a.Registry.ECRCondition = v[0]; v[0] == wayNone {
				a.Registry.ECRCondition = ""
			}
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func updateStep() *Step {
	const update = "update"
	services := func(s State) []string {
		p, ok := s.definition()
		if !ok || !registryOn(s) || s.Ans.Workload.Batch() {
			return nil
		}
		return plan.Look(s.Inv, s.Ans).ServicesOf(p.ARN)
	}
	options := func(s State) []Option {
		names := services(s)
		if len(names) == 0 {
			return nil
		}
		return []Option{{Value: update, Label: "Let " + names[0] + " run the new revision",
			Details: "Amazon ECS starts tasks of the new revision and stops the old ones once they run, as the service's deployment settings say.\n\nLeft unticked, the service keeps the revision that it has. Deploy the new one when it suits you."}}
	}
	return &Step{
		ID: "registry-service", Title: "Service", Kind: Many, Of: Registry,
		Ask:     text("Shall the service run the new revision at once?"),
		Help:    text("A new revision changes nothing by itself: a service goes on with the one that it has."),
		Applies: func(s State) bool { return len(services(s)) > 0 }, Needs: tasksNeeds, Options: options,
		Selected: func(s State) []string {
			if s.Ans.Registry.UpdateService {
				return []string{update}
			}
			return nil
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", Many, options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Registry.UpdateService = len(v) > 0
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}
