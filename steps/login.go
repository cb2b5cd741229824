package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload/families"
)

// registryOn reports whether a secret was chosen.
func registryOn(s State) bool { return s.Ans.Registry.On() }

// definitionOf finds the definition of the answers among those that the workload uses and
// those that were read by name. A name without a revision finds the newest known one.
func definitionOf(inv *inventory.Inventory, ans answers.Answers) (plan.Puller, bool) {
	name := ans.Registry.Definition
	if name == "" {
		return plan.Puller{}, false
	}
	if !families.Of(ans.Workload).Jobs {
		if d := inv.Definition(name); d != nil {
			return plan.PullerOf(d), true
		}
		return plan.Puller{}, false
	}
	for _, p := range plan.ScopeOf(inv, ans).Definitions() { // one revision each
		if p.Name() == name || p.Family == name {
			return p, true
		}
	}
	return plan.Puller{}, false
}

func (s State) definition() (plan.Puller, bool) { return definitionOf(s.Inv, s.Ans.Answers) }

// answerName returns the name of a definition for the answers. This is its family, because
// the plan creates further revisions, unless another revision is known.
func answerName(s State, p plan.Puller) string {
	for _, o := range s.Inv.TaskDefinitions {
		if o.Family == p.Family && o.ARN != p.ARN && !s.workload().Jobs {
			return p.Name()
		}
	}
	return p.Family
}

func definitionStep() *Step {
	return &Step{
		ID: "registry-definition", Title: "Definition", Kind: One, Of: Registry, Settled: true,
		Terms: []*terms.Term{terms.RegistrySecret, terms.ExecutionRole},
		Ask:   func(s State) string { return "Which " + s.workload().Definition + " should use the secret?" },
		Help: func(s State) string {
			return fmt.Sprintf("The plan registers a new revision with the secret. The old revision stays, and running %s keep it.", s.workload().Many)
		},
		Applies: registryOn, Needs: tasksNeeds, Options: definitionOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch {
			case s.Ans.Ways.Definition != "":
				return []string{s.Ans.Ways.Definition}
			case r.Job != (answers.Job{}):
				return []string{optionCreate}
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
	for _, p := range plan.ScopeOf(s.Inv, s.Ans.Answers).Definitions() {
		o := Option{Value: answerName(s, p), Label: p.Name(), Hint: words.Counted(len(p.Outside), "image", "images") + " from outside AWS", Details: definitionDetails(s, p)}
		switch {
		case len(p.Outside) == 0:
			o.Problem, o.Hint = "all images are in Amazon ECR, which needs no credentials", ""
			cannot = append(cannot, o)
			continue
		case p.Shape == "nodes":
			o.Problem, o.Hint = "multi-node parallel jobs are not supported", ""
			cannot = append(cannot, o)
			continue
		}
		can = append(can, o)
	}
	if s.workload().Jobs {
		can = append(can, Option{Value: optionCreate, Label: "Create a new job definition", Hint: "name, image, size",
			Details: "A job definition with one container that uses the secret. You can add other settings later."})
	}
	can = append(can, Option{Value: optionNone, Label: "None (only the secret and the role)",
		Details: "The plan includes the secret and the permission for the role. Manual step: add repositoryCredentials to your definitions."})
	return append(can, cannot...)
}

func definitionDetails(s State, p plan.Puller) string {
	var b strings.Builder
	for _, c := range p.Outside {
		fmt.Fprintf(&b, "%s: %s, %s\n", c.Name, c.Image, logsIn(c))
	}
	for _, c := range p.ECR {
		fmt.Fprintf(&b, "%s: %s, in Amazon ECR: no credentials needed\n", c.Name, c.Image)
	}
	role := "none yet"
	if p.ExecutionRole != "" {
		role = words.Last(p.ExecutionRole)
	}
	fmt.Fprintf(&b, "\nExecution role: %s\n", role)
	if services := plan.ScopeOf(s.Inv, s.Ans.Answers).ServicesOf(p.ARN); len(services) > 0 {
		fmt.Fprintf(&b, "Used by: %s\n", strings.Join(workload.UpTo(services), ", "))
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
		was = optionCreate
	}
	if was != v[0] {
		if was != "" && len(r.Containers) > 0 {
			cleared = append(cleared, "the containers that use the secret")
		}
		if was == optionCreate && r.Job.Image != "" {
			cleared = append(cleared, "the new job definition")
		}
		if r.UpdateService {
			cleared = append(cleared, "the update of the service")
		}
		r.Containers, r.UpdateService, r.Job = nil, false, answers.Job{}
	}
	r.Definition, a.Ways.Definition = "", ""
	switch v[0] {
	case optionNone:
		a.Ways.Definition = optionNone
	case optionCreate:
		a.Ways.Definition = optionCreate
	default:
		r.Definition = v[0]
	}
	return Change{Answers: a, Cleared: cleared}, nil
}

// createsJob reports whether the plan creates a job definition.
func createsJob(s State) bool {
	r := s.Ans.Registry
	return registryOn(s) && (s.Ans.Ways.Definition == optionCreate || r.Job != (answers.Job{}))
}

func jobSteps() []*Step {
	field := func(id, title, ask, help string, of func(*answers.Job) *string, proposal func(State) string, check func(State, string) error) *Step {
		step := textStep("registry-job-"+id, title, "registry.job."+id, ask, help, createsJob,
			func(s State) string {
				if v := *of(&s.Ans.Registry.Job); v != "" {
					return v
				}
				return proposal(s)
			},
			func(s State, a *Answers, v string) ([]string, error) {
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
		field("name", "Job definition", "What name should the job definition have?", "Letters, digits, - and _ are allowed. If the name exists, the plan creates its next revision.",
			func(j *answers.Job) *string { return &j.Name }, func(State) string { return "private-image" }, fine),
		field("image", "Image", "Which image should the job run?", "Include the host of the registry, such as registry.example.com/team/app:1. An image without a host is from Docker Hub.",
			func(j *answers.Job) *string { return &j.Image }, proposedImage, func(_ State, v string) error {
				if plan.RegistryOf(v) == "" {
					return errors.New("this image is in Amazon ECR, which needs no credentials; it uses the permissions of the execution role")
				}
				return nil
			}),
		field("vcpu", "vCPU", "How many vCPUs does each job need?", "Fargate: 0.25, 0.5, 1, 2, 4, 8, or 16. EC2: a whole number.",
			func(j *answers.Job) *string { return &j.VCPU }, func(s State) string {
				if s.workload().OwnHosts {
					return "1"
				}
				return "0.25"
			}, func(s State, v string) error { return checkSize(s, v, "") }),
		field("memory", "Memory", "How much memory does each job need, in MiB?", "Fargate: 512, 1024, or 2048 with 0.25 vCPU; 1024 to 4096 with 0.5; 2048 to 8192 with 1; 4096 to 16384 with 2; 8192 to 30720 with 4; in steps of 1024.",
			func(j *answers.Job) *string { return &j.Memory }, proposedMemory, func(s State, v string) error { return checkSize(s, s.Ans.Registry.Job.VCPU, v) }),
	}
}

// proposedImage returns the first image from outside AWS that is in use.
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
	if size, ok := fargateSizes[s.Ans.Registry.Job.VCPU]; ok && !s.workload().OwnHosts {
		return fmt.Sprint(size.from)
	}
	return "2048"
}

// size is the range of memory in MiB for a number of vCPUs.
type size struct{ from, to, step int }

// fargateSizes are the sizes by number of vCPUs (AWS Batch API reference,
// ResourceRequirement).
var fargateSizes = map[string]size{"0.25": {512, 2048, 512}, "0.5": {1024, 4096, 1024}, "1": {2048, 8192, 1024}, "2": {4096, 16384, 1024},
	"4": {8192, 30720, 1024}, "8": {16384, 61440, 4096}, "16": {32768, 122880, 8192}}

// checkSize returns an error if a job cannot have this number of vCPUs, or this memory with
// them.
func checkSize(s State, vcpu, memory string) error {
	whole := func(v string) (n int) {
		if _, err := fmt.Sscanf(v, "%d", &n); err != nil || fmt.Sprint(n) != v {
			return -1
		}
		return n
	}
	if s.workload().OwnHosts {
		switch {
		case memory == "" && whole(vcpu) < 1:
			return errors.New("must be a whole number, 1 or more")
		case memory != "" && whole(memory) < 4:
			return errors.New("must be a whole number of MiB, 4 or more")
		}
		return nil
	}
	m, ok := fargateSizes[vcpu]
	switch n := whole(memory); {
	case !ok:
		return errors.New("must be 0.25, 0.5, 1, 2, 4, 8 or 16 on Fargate")
	case memory == "":
		return nil
	case n < m.from || n > m.to || n%m.step != 0 || vcpu == "0.25" && n == 1536:
		return fmt.Errorf("must be %[2]d to %[3]d MiB in steps of %[4]d with %[1]s vCPUs on Fargate", vcpu, m.from, m.to, m.step)
	}
	return nil
}

// severalOutside returns the containers with images from outside AWS if there are several;
// otherwise nil.
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
		ID: "registry-containers", Title: "Containers", Kind: Many, Of: Registry, Settled: true,
		Terms:   []*terms.Term{terms.RegistrySecret},
		Ask:     text("Which containers should use the secret?"),
		Help:    text("Amazon ECS sends the user name and password to the registry of the image. Select only containers with images of the registry that they are for."),
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
				return Change{}, errors.New("select at least one container, or go back and choose None as the definition")
			}
			a := s.Ans.Clone()
			a.Registry.Containers = slices.Clone(v)
			if len(v) == len(options(s)) { // an answer with all containers is not stored
				a.Registry.Containers = nil
			}
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func roleStep() *Step {
	return &Step{
		ID: "registry-role", Title: "Execution role", Kind: One, Of: Registry, Settled: true,
		Terms:   []*terms.Term{terms.ExecutionRole, terms.RegistrySecret},
		Ask:     text("Which execution role should read the secret?"),
		Help:    text("Amazon ECS uses the execution role to pull images and to read secrets. The plan adds missing permissions and keeps the existing ones."),
		Applies: registryOn, Needs: registryNeeds, Options: roleOptions,
		Selected: func(s State) []string {
			r := s.Ans.Registry
			switch arn := roleARN(s.Inv, r.Role); {
			case r.CreateRole:
				return []string{optionCreate}
			case s.Ans.Ways.Role == optionOther:
				return []string{optionOther}
			case arn != "":
				return []string{arn}
			case r.Role != "":
				return []string{optionOther}
			}
			return first(roleOptions(s))
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("role", One, roleOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			r := &a.Registry
			if (v[0] == optionCreate || v[0] == optionOther) && a.Ways.Role == v[0] { // the same choice
				return Change{Answers: a}, nil
			}
			var cleared []string
			if r.CreateRole && r.Role != "" && v[0] != optionCreate {
				cleared = append(cleared, "the new role "+r.Role)
			}
			r.Role, r.CreateRole, r.ECRCondition, a.Ways.Role = "", v[0] == optionCreate, "", v[0]
			if v[0] != optionCreate && v[0] != optionOther && v[0] != optionOfDefinition {
				r.Role = v[0]
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(State) string { return "" },
	}
}

// roleARN finds an execution role by its name or ARN; empty if it is not known.
func roleARN(inv *inventory.Inventory, role string) string {
	for _, arn := range inv.ExecutionRoles {
		if arn == role || words.Last(arn) == role {
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
		out = append(out, Option{Value: optionOfDefinition, Label: "Use the role of the definition: " + words.Last(own), Recommended: true, Details: own + "\n\nThe definition " + p.Name() + " uses this role."})
	}
	out = append(out,
		Option{Value: optionCreate, Label: "Create a new role", Hint: "the wizard asks for its name", Recommended: own == "" && len(s.Inv.ExecutionRoles) == 0,
			Details: "Only ecs-tasks.amazonaws.com can assume this role. It allows pulling from Amazon ECR, writing logs, and reading this secret."},
		Option{Value: optionOther, Label: "Use another role by name or ARN", Details: "For a role that is not in this list. Its trust policy must allow ecs-tasks.amazonaws.com to assume it."})
	for _, arn := range s.Inv.ExecutionRoles {
		if arn != own {
			out = append(out, Option{Value: arn, Label: words.Last(arn), Section: "Use an existing role", Details: arn})
		}
	}
	return out
}

func roleNameStep() *Step {
	step := textStep("registry-role-name", "Execution role", "registry.role", "", "",
		func(s State) bool {
			w := s.Ans.Ways.Role
			return registryOn(s) && (w == optionCreate || w == optionOther)
		},
		func(s State) string {
			r := s.Ans.Registry
			if r.Role != "" || !r.CreateRole {
				return r.Role
			}
			return freeRole(s)
		},
		func(s State, a *Answers, v string) ([]string, error) {
			switch {
			case !s.Ans.Registry.CreateRole:
			case answers.IsARN(v):
				return nil, errors.New("a new role needs a name, not an ARN")
			case roleARN(s.Inv, v) != "":
				return nil, fmt.Errorf("role %s exists. Type another name, or go back and choose this role", v)
			}
			a.Registry.Role = v
			return nil, nil
		})
	step.Terms = []*terms.Term{terms.ExecutionRole, terms.RegistrySecret}
	step.Ask = func(s State) string {
		if s.Ans.Registry.CreateRole {
			return "What name should the execution role have?"
		}
		return "Which role should read the secret?"
	}
	step.Help = func(s State) string {
		if s.Ans.Registry.CreateRole {
			return "Letters, digits and + = , . @ _ - are allowed, up to 64 characters."
		}
		return "Its name, such as app-execution, or its ARN. Its trust policy must allow ecs-tasks.amazonaws.com to assume it."
	}
	return step
}

// freeRole returns a role name that is not used. It contains the name of the definition if
// that is short enough.
func freeRole(s State) string {
	of := "registry"
	if p, ok := s.definition(); ok && len(p.Family) < 40 { // a name can have up to 64 characters
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
		{Value: optionNone, Label: "No restriction", Recommended: true, Hint: "as the AWS managed policy",
			Details: "The role gets AmazonECSTaskExecutionRolePolicy. It allows pulling from Amazon ECR and writing logs from any network."},
		{Value: answers.ByVPC, Label: "Only from this VPC", Hint: "aws:SourceVpc",
			Details: "The role can pull from Amazon ECR only through endpoints of this VPC. The login call (ecr:GetAuthorizationToken) cannot be restricted."},
		{Value: answers.ByEndpoint, Label: "Only through the ECR endpoints", Hint: "aws:SourceVpce",
			Details: "The role can pull from Amazon ECR only through the endpoints ecr.api and ecr.dkr. If you replace these endpoints, update their ids in the policy."},
	}
	return &Step{
		ID: "registry-ecr", Title: "Pulls from Amazon ECR", Kind: One, Of: Registry, Settled: true,
		Terms:   []*terms.Term{terms.ExecutionRole, terms.InterfaceEndpoint},
		Ask:     text("Should the role be restricted when it pulls from Amazon ECR?"),
		Help:    text("With a restriction, the role cannot pull images from Amazon ECR in another network. Images of other registries are not affected."),
		Applies: func(s State) bool { return registryOn(s) && s.Ans.Registry.CreateRole }, Needs: tasksNeeds,
		Options: func(State) []Option { return options },
		Selected: func(s State) []string {
			if c := s.Ans.Registry.ECRCondition; c != "" {
				return []string{c}
			}
			return []string{optionNone}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", One, options, v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			if a.Registry.ECRCondition = v[0]; v[0] == optionNone {
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
		if !ok || !registryOn(s) {
			return nil
		}
		return plan.ScopeOf(s.Inv, s.Ans.Answers).ServicesOf(p.ARN)
	}
	options := func(s State) []Option {
		names := services(s)
		if len(names) == 0 {
			return nil
		}
		return []Option{{Value: update, Label: "Update " + names[0] + " to the new revision",
			Details: "Amazon ECS starts tasks of the new revision and then stops the old ones, according to the deployment settings of the service.\n\nIf you do not select it, the service keeps its current revision. You can deploy the new revision later."}}
	}
	return &Step{
		ID: "registry-service", Title: "Service", Kind: Many, Of: Registry, Settled: true,
		Terms:   []*terms.Term{terms.RegistrySecret, terms.ExecutionRole},
		Ask:     text("Should the service use the new revision immediately?"),
		Help:    text("Without this update, the service keeps its current revision."),
		Applies: func(s State) bool { return len(services(s)) > 0 }, Needs: tasksNeeds, Options: options,
		Selected: func(s State) []string {
			// A service without running tasks loses nothing.
			idle := s.Ans.Ways.Update == "" && slices.ContainsFunc(services(s), func(name string) bool {
				_, svc := workload.FindService(s.Inv, name)
				return svc != nil && svc.Running == 0
			})
			if s.Ans.Registry.UpdateService || idle {
				return []string{update}
			}
			return nil
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("line", Many, options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			a.Registry.UpdateService, a.Ways.Update = len(v) > 0, "asked"
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}
