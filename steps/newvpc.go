package steps

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// newVPC is the value of the option to create a VPC. No id of a VPC and no name of a service is equal to it.
const newVPC = "+"

// NewVPC is the ID of the step that describes a new VPC.
const NewVPC = "new-vpc"

// Field is one line of a form.
type Field struct {
	Key   string // of the answers file
	Label string
	Value string
	// Options are the values to choose from; nil for a text.
	Options []Option
	Help    string // one sentence
}

// noun is the label of the field within a sentence.
func (f Field) noun() string {
	if f.Label == strings.ToUpper(f.Label) { // CIDR
		return f.Label
	}
	return strings.ToLower(f.Label)
}

// creatable reports whether the workload can run in a VPC that does not exist yet.
func (s State) creatable() bool { return !s.workload().ServiceCalls && chosen(s.Ans.Answers) == "" }

// Creates reports whether the plan creates the VPC or the workload, so that fewer questions apply.
func (s State) Creates() bool { return creates(s) || starts(s) }

// creates reports whether the answers ask for a new VPC, so that questions about existing resources in it do not apply.
func creates(s State) bool { return s.Ans.Creates() }

// existing is a condition of a question about what is in an existing VPC.
func existing(s State) bool { return !s.Ans.Creates() }

// createOption is the option to create a VPC. It is recommended if the account has only default VPCs.
func (s State) createOption() Option {
	only := !slices.ContainsFunc(s.Inv.VPCs, func(v inventory.VPC) bool { return !v.Default })
	return Option{Value: newVPC, Label: "Create a new VPC", Hint: "private subnets", Recommended: only,
		Details: fmt.Sprintf("A VPC with private subnets for the %s, drawn before it is created. The next screen shows its subnets, its internet route and what it costs. Other VPCs stay as they are.", s.workload().Clients())}
}

// createVPC returns the answers with a new VPC.
func createVPC(s State) (Change, error) {
	a := s.Ans.Clone()
	var cleared []string
	if !a.Creates() {
		cleared = append(clearRun(&a.Answers), clearSubnets(s, &a.Answers, true)...)
		a.VPC, a.NewVPC = answers.PlannedVPC, &answers.NewVPC{}
	}
	return Change{Answers: a, Cleared: cleared}, nil
}

func newVPCNeeds(s State) []inventory.Request {
	return append(workloadParts(s.workload()), inventory.Request{Part: inventory.PartServices}, inventory.Request{Part: inventory.PartCreation}, inventory.Request{Part: inventory.PartQuotas})
}

func newVPCStep() *Step {
	return &Step{
		ID: NewVPC, Title: "New VPC", Kind: Form, Of: "vpc",
		Terms:    []*terms.Term{terms.VPC, terms.CIDR, terms.Zones, terms.Routes},
		Ask:      text("What should the new VPC look like?"),
		Help:     text("The picture shows the network that these answers create. Nothing is created before you confirm the plan."),
		Applies:  creates,
		Needs:    newVPCNeeds,
		Fields:   newVPCFields,
		Options:  noOptions,
		Selected: func(s State) []string { return Values(newVPCFields(s)) },
		Set:      setNewVPC,
		Short: func(s State) string {
			if !s.Ans.Creates() {
				return ""
			}
			return s.Ans.NewVPC.Name
		},
	}
}

func noOptions(State) []Option { return nil }

// Values returns the values of fields.
func Values(fields []Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Value)
	}
	return out
}

// internetTexts are the internet routes as a form shows them, with their effect.
var internetTexts = map[string][2]string{
	answers.InternetNone:       {"none", "The workload reaches only what has an endpoint."},
	answers.InternetNAT:        {"one NAT gateway", "All zones use one NAT gateway. If its zone fails, the other zones have no internet route."},
	answers.InternetNATPerZone: {"NAT gateway per zone", "Each zone has its own NAT gateway, so a failed zone does not affect the others."},
	answers.InternetRegional:   {"regional NAT", "One NAT gateway that AWS extends to each zone with workloads. It needs no public subnets."},
}

func newVPCFields(s State) []Field {
	v := answers.NewVPC{}
	if s.Ans.NewVPC != nil {
		v = *s.Ans.NewVPC
	}
	if v.Name == "" {
		v.Name = "app"
		if s.Ans.First.On() {
			v.Name = s.Ans.First.Name
		}
	}
	if v.CIDR == "" {
		v.CIDR = plan.FreeBlock(s.Inv)
	}
	if v.Internet == "" && s.unreachable(v) { // the plan with the default could not be applied
		v.Internet = answers.InternetNAT
	}
	most := min(max(len(s.Inv.Creation.Zones), 1), answers.MaxZones)
	if len(s.Inv.Creation.Zones) == 0 {
		most = answers.MaxZones
	}
	var zones, internet []Option
	for n := 1; n <= most; n++ {
		label := strconv.Itoa(n)
		if known := len(s.Inv.Creation.Zones); known > 0 {
			label = fmt.Sprintf("%d of %d", n, known)
		}
		zones = append(zones, Option{Value: strconv.Itoa(n), Label: label})
	}
	for _, r := range answers.InternetRoutes {
		internet = append(internet, Option{Value: r, Label: internetTexts[r][0], Details: internetTexts[r][1]})
	}
	return []Field{
		{Key: "name", Label: "Name", Value: v.Name, Help: "The names of everything in the VPC begin with it."},
		{Key: "cidr", Label: "CIDR", Value: v.CIDR, Help: "The addresses of the VPC, from /16 to /28. The block must not overlap other VPCs."},
		{Key: "zones", Label: "Zones", Value: strconv.Itoa(min(v.Zones.Number(), most)), Options: zones, Help: "A subnet in each zone. Endpoints are billed for each zone."},
		{Key: "internet", Label: "Internet", Value: v.Route(), Options: internet, Help: "How the workload reaches the internet. AWS services with an endpoint do not need it."},
	}
}

// imageRules report images that cannot be pulled without an internet route.
const imageRules = "E-DOCKERHUB E-ECRPUBLIC E-ECRXREGION"

// unreachable reports whether the first workload cannot pull its image in a new VPC.
func (s State) unreachable(v answers.NewVPC) bool {
	if s.Ans.First.Image == "" {
		return false
	}
	a := s.Ans.Clone()
	a.VPC, a.NewVPC = answers.PlannedVPC, &v
	return slices.ContainsFunc(s.build(a).Findings, needsInternet)
}

func needsInternet(f plan.Finding) bool {
	return f.Severity == plan.Block && slices.Contains(strings.Fields(imageRules), f.Rule)
}

// FieldError is an error about one field of a form.
type FieldError struct {
	Field int
	Err   error
}

// Error returns the problem.
func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap returns the problem.
func (e *FieldError) Unwrap() error { return e.Err }

func setNewVPC(s State, v []string) (Change, error) {
	fields := newVPCFields(s)
	if len(v) != len(fields) {
		return Change{}, errors.New("the form is not complete")
	}
	a := s.Ans.Clone()
	next := answers.NewVPC{}
	if a.NewVPC != nil {
		next = *a.NewVPC
	}
	for i, f := range fields {
		if strings.TrimSpace(v[i]) == "" {
			return Change{}, &FieldError{i, fmt.Errorf("the %s must not be empty", f.noun())}
		}
		if f.Options != nil && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == v[i] }) {
			return Change{}, &FieldError{i, fmt.Errorf("%q is not one of the options", v[i])}
		}
		if err := answers.ValidNewVPC(f.Key, v[i]); err != nil {
			return Change{}, &FieldError{i, fmt.Errorf("the %s %s", f.noun(), err)}
		}
	}
	next.Name, next.CIDR, next.Internet = v[0], v[1], v[3]
	if n, err := strconv.Atoi(v[2]); err == nil && n != next.Zones.Number() {
		next.Zones = answers.Zones{Count: n}
	}
	if r := next.Route(); r != answers.InternetNAT && r != answers.InternetNATPerZone {
		next.PublicSize = ""
	}
	a.VPC, a.NewVPC = answers.PlannedVPC, &next
	for _, f := range s.build(a).Findings { // what no later answer changes
		if needsInternet(f) {
			return Change{Answers: a}, &FieldError{3, fmt.Errorf("without an internet route, %s cannot be pulled. Choose a NAT gateway, or go back and name an image in Amazon ECR in %s", a.First.Image, s.Inv.Region)}
		}
		i, ok := map[string]int{"V-NAME": 0, "V-CIDR": 1, "V-SIZE": 1, "V-ZONE": 2, "V-BPA": 3, "V-REGIONAL": 3, "V-QUOTA": 3}[f.Rule]
		if ok && f.Severity == plan.Block {
			fix, _, _ := strings.Cut(f.Fix, " (answers file")
			return Change{Answers: a}, &FieldError{i, errors.New(strings.TrimSuffix(f.Message, ".") + ". " + strings.TrimSuffix(fix, "."))}
		}
	}
	return Change{Answers: a}, nil
}

// createWorkload is the value of the option to create a first workload.
const createWorkload = "+"

// startable reports whether the plan can create a first workload of this kind.
func (s State) startable() bool { return slices.Contains(answers.FirstWorkloads, s.Ans.Workload) }

// firstOption is the option to create a first workload.
func (s State) firstOption(recommended bool) Option {
	what, creates := "an ECS service", "an ECS cluster and a service with one task"
	if s.workload().Jobs {
		what, creates = "a Batch queue", "a compute environment, a job queue and a job"
	}
	return Option{Value: createWorkload, Label: "Create " + what + " from an image", Recommended: recommended,
		Details: fmt.Sprintf("You name a container image. The plan creates %s, with an execution role and a log group. The plan is verified when it runs.", creates)}
}

// firstKind is the kind of the resource with the name of a first workload.
func (s State) firstKind() string {
	if s.workload().Jobs {
		return "job queue"
	}
	return "service"
}

// starts reports whether the plan creates a first workload.
func starts(s State) bool { return s.Ans.Ways.First || s.Ans.First.On() }

func firstImageStep() *Step {
	step := &Step{
		ID: "first-image", Title: "Image", Kind: Text, Of: Service, Key: "first.image",
		Terms:   []*terms.Term{terms.InterfaceEndpoint, terms.PullThroughCache, terms.Routes, terms.RegistrySecret},
		Ask:     text("Where does your image come from?"),
		Help:    firstImageHelp,
		Applies: starts, Options: noOptions, Needs: func(State) []inventory.Request { return []inventory.Request{{Part: inventory.PartIdentity}} },
		Selected: func(s State) []string {
			if s.Ans.First.Image == "" {
				return nil
			}
			return []string{s.Ans.First.Image}
		},
		Short: func(State) string { return "" },
	}
	step.Set = func(s State, v []string) (Change, error) {
		image, err := step.typed(v)
		if err != nil {
			return Change{}, err
		}
		a := s.Ans.Clone()
		a.First.Image, a.Ways.First = image, true
		return Change{Answers: a}, nil
	}
	return step
}

func firstNameStep() *Step {
	step := &Step{
		ID: "first-name", Title: "Name", Kind: Text, Of: Service, Key: "first.name",
		Terms: []*terms.Term{terms.ExecutionRole},
		Ask: func(s State) string {
			return "What name should the new " + s.firstKind() + " have?"
		},
		Help: func(s State) string {
			what := "the cluster, the service and the task definition"
			if s.workload().Jobs {
				what = "the compute environment, the job queue and the job definition"
			}
			return "Everything that runs the image gets this name: " + what + "."
		},
		Applies: starts, Options: noOptions, Needs: workloadNeeds,
		Selected: func(s State) []string {
			if s.Ans.First.Name != "" {
				return []string{s.Ans.First.Name}
			}
			return []string{nameOfImage(s.Ans.First.Image)}
		},
		Short: func(State) string { return "" },
	}
	step.Set = func(s State, v []string) (Change, error) {
		name, err := step.typed(v)
		if err != nil {
			return Change{}, err
		}
		a := s.Ans.Clone()
		a.First.Name = name
		for _, f := range s.build(a).Findings {
			if f.Rule == "A-FIRST" && f.Severity == plan.Block {
				return Change{}, errors.New(f.Message)
			}
		}
		return Change{Answers: a}, nil
	}
	return step
}

func workloadNeeds(s State) []inventory.Request { return workloadParts(s.workload()) }

func firstImageHelp(s State) string {
	account := s.Inv.Account
	if account == "" {
		account = "123456789012"
	}
	return fmt.Sprintf("Type the image as the registry names it. Examples:\n%s.dkr.ecr.%s.amazonaws.com/web:1.0 is in Amazon ECR of this account. It needs endpoints, and no internet route.\npublic.ecr.aws/nginx/nginx:1.27 and nginx:1.27 are public. They need an internet route, or a pull-through cache in Amazon ECR.\nregistry.example.com/team/web:1.0 is in a private registry. The wizard asks for its credentials later.", account, s.Inv.Region)
}

// nameOfImage proposes a name from the last part of an image: web for registry.example.com/team/web:1.
func nameOfImage(image string) string {
	name := words.Last(image)
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
	if answers.Valid("first.name", name) != nil {
		return "app"
	}
	return name
}
