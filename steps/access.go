package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/price"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// AccessMethod is the ID of the step about access to a private web server. The steps with
// the settings of the access method belong to it.
const AccessMethod = "way-in"

// airflowChosen returns the chosen environment if it is available and its web server is
// private; otherwise nil.
func (s State) airflowChosen() *inventory.Airflow {
	e := s.Inv.Airflow(s.Ans.Airflow.Environment)
	if !s.workload().WebServer || e == nil || e.Access != inventory.PrivateOnly || e.Status != inventory.AirflowAvailable {
		return nil
	}
	return e
}

// hasAccess returns a condition that is true if the given access method was chosen.
func hasAccess(method string) func(State) bool {
	return func(s State) bool { return s.Ans.Airflow.WayIn == method && s.airflowChosen() != nil }
}

// both combines two conditions.
func both(a, b func(State) bool) func(State) bool {
	return func(s State) bool { return a(s) && b(s) }
}

func accessNeeds(s State) []inventory.Request {
	rs := append(network(s), workloadParts(s.workload())...)
	if s.Ans.VPC != "" {
		rs = append(rs, inventory.Request{Part: inventory.PartAccess, VPC: s.Ans.VPC})
	}
	return rs
}

// accessParts returns the resources for access methods in the VPC, such as certificates and
// key pairs; empty if they are not known.
func (s State) accessParts() *inventory.Access {
	if w := s.Inv.Way(s.Ans.VPC); w != nil {
		return w
	}
	return &inventory.Access{}
}

// accessSteps returns the steps about access to a private web server.
func accessSteps() []*Step {
	balancer, bastion := hasAccess(answers.ByLoadBalancer), hasAccess(answers.ByBastion)
	imports := both(balancer, func(s State) bool { return s.Ans.Airflow.LoadBalancer.Certificate == answers.CertificateImport })
	ssh := both(bastion, func(s State) bool { return s.Ans.Airflow.Bastion.Reach == answers.BySSH })
	return []*Step{
		accessStep(),
		accessText("access-domain", "load_balancer.domain", "Which domain name should browsers use?", domainHelp, balancer, proposedDomain, func(a *answers.Airflow) *string { return &a.LoadBalancer.Domain }),
		zoneStep(balancer),
		certificateStep(balancer),
		accessText("access-certificate-file", "load_balancer.certificate_file", "Which file contains the certificate?", "A file in PEM format that begins with -----BEGIN CERTIFICATE-----. Before the import, the wizard checks that it matches the key and the domain name, and that it is valid now.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.CertificateFile }),
		optional(accessText("access-chain-file", "load_balancer.chain_file", "Which file contains the certificate chain?", "The certificates of the issuers, in PEM format. Leave it empty for a self-signed certificate.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.ChainFile })),
		accessText("access-key-file", "load_balancer.key_file", "Which file contains the private key?", "The wizard sends the key only to ACM. It does not show or copy it, or write it to a plan, script, or log. ACM does not accept a key with a passphrase. `openssl pkey` removes the passphrase.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.KeyFile }),
		schemeStep(balancer),
		allowStep("access-admit", "load_balancer.admit", balancer, func(a *answers.Airflow) *[]string { return &a.LoadBalancer.Admit }),
		baseURLStep(balancer),
		reachStep(bastion),
		keyPairStep(ssh),
		profileStep(both(bastion, func(s State) bool { return s.Ans.Airflow.Bastion.Reach == answers.BySessionManager })),
		allowStep("access-ssh", "bastion.admit", ssh, func(a *answers.Airflow) *[]string { return &a.Bastion.Admit }),
		accessText("access-clients", "client_vpn.cidr", "Which CIDR block should the VPN clients use?", "It must be between /12 and /22, and must not overlap the VPC. It cannot be changed later.", hasAccess(answers.ByClientVPN), proposedCIDR, func(a *answers.Airflow) *string { return &a.ClientVPN.CIDR }),
	}
}

// comparison compares the access methods.
func (s State) comparison() string {
	prices := s.prices()
	data := ""
	if client, known := prices.Of(price.VPNClientHour); known {
		data = " plus " + plan.Dollars(client) + " per hour for each connected person"
	}
	source := "The prices of " + s.Inv.Region + " are not known."
	if from := prices.From(); from != "" {
		source = "Prices without traffic: " + from + "."
	}
	uses := plan.AccessMethodUses()
	return "Load balancer: " + s.monthly(uses.LoadBalancer) + " plus its use in load balancer capacity units (LCU). Setup takes about 10 minutes. You need your own domain name. People need a browser. Who can connect: the addresses that you allow, on HTTPS port 443. Airflow asks for a login.\n\n" +
		"Linux bastion: " + s.monthly(uses.SSH) + " with SSH, " + s.monthly(uses.SessionManager) + " with Session Manager in subnets without internet access. Setup takes about 5 minutes. People need a terminal and open a tunnel each time. Who can connect: with SSH, the addresses that you allow, on port 22. Session Manager: no open port.\n\n" +
		"AWS Client VPN: " + s.monthly(uses.ClientVPN) + data + ". Setup takes about 15 minutes. People need a VPN client and can work from anywhere. Who can connect: anyone with the client certificate and its key. They can reach the whole VPC.\n\n" + source
}

// prices are the prices of the Region.
func (s State) prices() price.List { return price.In(s.Inv.Region, s.Inv.Prices) }

// monthly says what uses cost: "about $16 per month".
func (s State) monthly(uses []resource.Use) string {
	amount, known := resource.Monthly(uses, s.prices())
	if !known {
		return "price not known"
	}
	return fmt.Sprintf("about $%.0f per month", amount)
}

func accessStep() *Step {
	return &Step{
		ID: AccessMethod, Title: "Access method", Kind: One, For: func(w *workload.Workload) bool { return w.WebServer },
		Terms: []*terms.Term{terms.PrivateWebServer, terms.CIDR, terms.SecurityGroup},
		Ask:   func(State) string { return "How should people reach the private web server?" },
		Help: func(State) string {
			return "The endpoints do not give users access to the web server, which is reachable only from inside the VPC. Choose an access method. (Answers file: mwaa.way_in.)"
		},
		Applies: func(s State) bool { return s.airflowChosen() != nil },
		Needs: func(s State) []inventory.Request {
			return append(accessNeeds(s), inventory.Request{Part: inventory.PartPrices})
		},
		Options: accessOptions,
		Selected: func(s State) []string {
			if s.Ans.Airflow.WayIn == "" {
				return []string{optionNone}
			}
			return []string{s.Ans.Airflow.WayIn}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("access method", One, accessOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			method := v[0]
			if method == optionNone {
				method = ""
			}
			var cleared []string
			if method != a.Airflow.WayIn {
				cleared = clearAccess(&a.Airflow)
				a.Airflow.WayIn = method
			}
			if method == answers.ByClientVPN && a.Airflow.ClientVPN.CIDR == "" {
				a.Airflow.ClientVPN.CIDR = proposedCIDR(s)
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string { return s.Ans.Airflow.WayIn },
	}
}

// accessLabels are the names of the access methods.
var accessLabels = map[string]string{answers.ByLoadBalancer: "load balancer", answers.ByBastion: "Linux bastion", answers.ByClientVPN: "AWS Client VPN"}

// clearAccess removes the access method and returns its description.
func clearAccess(a *answers.Airflow) []string {
	if a.WayIn == "" {
		return nil
	}
	out := []string{"the access method " + accessLabels[a.WayIn]}
	a.WayIn, a.LoadBalancer, a.Bastion, a.ClientVPN = "", answers.LoadBalancer{}, answers.Bastion{}, answers.ClientVPN{}
	return out
}

func accessOptions(s State) []Option {
	uses := plan.AccessMethodUses()
	existing, comparison := "", s.comparison()
	if e := s.airflowChosen(); e != nil {
		existing = plan.BalancerWords(s.Inv, s.Ans.VPC, e)
	}
	out := []Option{
		{Value: optionNone, Label: "None", Hint: "existing path, or not needed", Recommended: true, Details: "The plan creates only the endpoints. An existing VPN, AWS Direct Connect connection, or load balancer works if the security group of the environment allows its traffic on TCP 443.\n\nThe other options:\n\n" + comparison},
		{Value: answers.ByLoadBalancer, Label: "Load balancer", Hint: s.monthly(uses.LoadBalancer) + ", needs a browser", Details: "An Application Load Balancer with the two addresses of the web server as targets. It uses HTTPS with your own domain name and certificate.\n\n" + comparison},
		{Value: answers.ByBastion, Label: "Linux bastion", Hint: s.monthly(uses.SSH) + " or more, needs a terminal", Details: "A small EC2 instance in the VPC. People open a tunnel through it, with SSH or Session Manager.\n\n" + comparison},
		{Value: answers.ByClientVPN, Label: "AWS Client VPN", Hint: s.monthly(uses.ClientVPN) + " or more, needs a VPN client", Details: "A Client VPN endpoint for VPN clients. The plan can create the certificates. AWS recommends this access method.\n\n" + comparison},
	}
	if existing != "" {
		out[1].Hint, out[1].Details = existing, "Existing load balancer: "+existing+".\n\n"+out[1].Details
	}
	return out
}

// accessText returns a step for a text setting of the access method.
func accessText(id, key, ask, help string, applies func(State) bool, propose func(State) string, at func(*answers.Airflow) *string) *Step {
	step := textStep(id, "Access method", "mwaa."+key, ask, help, applies,
		func(s State) string {
			if v := *at(&s.Ans.Airflow); v != "" || propose == nil {
				return v
			}
			return propose(s)
		},
		func(s State, a *Answers, v string) ([]string, error) {
			if key == "client_vpn.cidr" {
				if problem := plan.ClientCIDRProblem(v, s.blocks()); problem != "" {
					return nil, fmt.Errorf("%s. The CIDR block cannot be changed later", problem)
				}
			}
			*at(&a.Airflow) = v
			return nil, nil
		})
	step.Of, step.Needs, step.Terms = AccessMethod, accessNeeds, []*terms.Term{terms.PrivateWebServer}
	if key == "client_vpn.cidr" {
		step.Terms = []*terms.Term{terms.CIDR, terms.PrivateWebServer}
	}
	return step
}

func optional(step *Step) *Step {
	step.Empty = true
	return step
}

// blocks returns the CIDR blocks of the VPC.
func (s State) blocks() []string {
	if v := s.Inv.VPC(s.Ans.VPC); v != nil {
		return v.CIDRs
	}
	return nil
}

func proposedCIDR(s State) string { return plan.SuggestClientCIDR(s.blocks()) }

const domainHelp = "A name in your own domain, such as airflow.example.com. It needs a certificate, and a DNS record that points to the load balancer. The proposal comes from an issued certificate or from your hosted zone."

// proposedDomain returns the domain of an existing certificate, or a name in a hosted zone.
func proposedDomain(s State) string {
	for _, c := range s.accessParts().Certificates {
		if c.Status == inventory.CertificateIssued && !strings.HasPrefix(c.Domain, "*") {
			return c.Domain
		}
	}
	for _, z := range s.accessParts().Domains {
		return "airflow." + z.Name
	}
	return ""
}

// zones returns the hosted zones that can contain a record of the domain.
func (s State) zones() []inventory.HostedZone {
	domain := s.Ans.Airflow.LoadBalancer.Domain
	return slices.DeleteFunc(slices.Clone(s.accessParts().Domains), func(z inventory.HostedZone) bool { return domain != z.Name && !strings.HasSuffix(domain, "."+z.Name) })
}

// choice returns a step for a setting of the access method that has options.
func choice(id, ask, help string, applies func(State) bool, options func(State) []Option, selected func(State) string, put func(State, *answers.Airflow, string)) *Step {
	return &Step{
		ID: id, Title: "Access method", Kind: One, Of: AccessMethod, Terms: []*terms.Term{terms.PrivateWebServer}, Ask: func(State) string { return ask }, Help: func(State) string { return help }, Applies: applies, Needs: accessNeeds, Options: options,
		Selected: func(s State) []string {
			if v := selected(s); slices.ContainsFunc(options(s), func(o Option) bool { return o.Value == v && o.Choosable() }) {
				return []string{v}
			}
			return first(options(s))
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("option", One, options(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			put(s, &a.Airflow, v[0])
			return Change{Answers: a}, nil
		},
		Short: func(State) string { return "" },
	}
}

func zoneStep(applies func(State) bool) *Step {
	return choice("access-zone", "Who should create the DNS records for this name?", "One record points to the load balancer. A certificate request needs another one, because ACM verifies that you own the domain.",
		both(applies, func(s State) bool { return len(s.zones()) > 0 }),
		func(s State) []Option {
			var out []Option
			for _, z := range s.zones() {
				out = append(out, Option{Value: z.ID, Label: "The wizard, in hosted zone " + z.Name, Hint: z.ID, Details: "The plan adds the records to the zone. It does not change an existing record with the same name."})
			}
			return append(out, Option{Value: optionNone, Label: "You, manually", Details: "The wizard shows the records while it applies the plan, and in the result."})
		},
		func(s State) string { return s.Ans.Airflow.LoadBalancer.Zone },
		func(_ State, a *answers.Airflow, v string) {
			if a.LoadBalancer.Zone = v; v == optionNone {
				a.LoadBalancer.Zone = ""
			}
		})
}

func certificateStep(applies func(State) bool) *Step {
	return choice("access-certificate", "Which certificate should the load balancer use?", "It must be in ACM, in the Region of the environment, and valid for the domain name.", applies,
		func(s State) []Option {
			var can, cannot []Option
			for _, c := range s.accessParts().Certificates {
				o := Option{Value: c.ARN, Label: c.Domain, Hint: strings.ToLower(c.Status), Details: fmt.Sprintf("%s\nDomains: %s\nStatus: %s\nType: %s\n", c.ARN, strings.Join(workload.Unique(append([]string{c.Domain}, c.Names...)), ", "), c.Status, c.Type)}
				if c.Until != "" {
					o.Details += "Valid until: " + c.Until + "\n"
				}
				switch domain := s.Ans.Airflow.LoadBalancer.Domain; {
				case !c.Covers(domain):
					o.Problem = "it does not cover " + domain
				case c.Status != inventory.CertificateIssued:
					o.Problem = "its status is " + c.Status
				default:
					can = append(can, o)
					continue
				}
				cannot = append(cannot, o)
			}
			can = append(can, Option{Value: answers.CertificateRequest, Label: "Request one from ACM", Hint: "free, renewed by AWS", Details: "ACM issues the certificate when a DNS record shows that you own the domain. The wizard waits up to 30 minutes for this. It continues with an existing request."},
				Option{Value: answers.CertificateImport, Label: "Import one from files", Hint: "certificate, chain, key", Details: "For a certificate from another issuer. The wizard checks the files before the import. ACM does not renew the certificate."})
			return append(can, cannot...)
		},
		func(s State) string { return s.Ans.Airflow.LoadBalancer.Certificate },
		func(_ State, a *answers.Airflow, v string) {
			if a.LoadBalancer.Certificate = v; v != answers.CertificateImport {
				a.LoadBalancer.CertificateFile, a.LoadBalancer.ChainFile, a.LoadBalancer.KeyFile = "", "", ""
			}
		})
}

// openSubnets returns subnets with a route to an internet gateway, one per zone.
func (s State) openSubnets() []string {
	if s.network() == nil {
		return nil
	}
	return plan.ScopeOf(s.Inv, s.Ans.Answers).Public()
}

func schemeStep(applies func(State) bool) *Step {
	return choice("access-scheme", "Who should be able to reach the load balancer?", "AWS creates internet-facing load balancers by default. The wizard creates an internal one by default.", applies,
		func(s State) []Option {
			out := []Option{{Value: answers.Internal, Label: "Clients in the VPC and in connected networks", Hint: "internal", Recommended: true, Details: "It has private addresses in the subnets of the environment. People need a VPN, AWS Direct Connect, or another network that is connected to the VPC."},
				{Value: answers.InternetFacing, Label: "Clients on the internet", Hint: "internet-facing", Details: "It has public addresses in public subnets of two zones. The next question asks for the addresses to allow. Only the login of Airflow then protects the DAGs."}}
			if len(s.openSubnets()) < 2 {
				out[1].Problem = "the VPC has no public subnets in two zones"
			}
			return out
		},
		func(s State) string { return s.Ans.Airflow.LoadBalancer.Scheme },
		func(s State, a *answers.Airflow, v string) {
			l := &a.LoadBalancer
			was := l.Scheme
			if was == "" {
				was = answers.Internal
			}
			if l.Scheme = v; was != v {
				l.Subnets, l.Admit = nil, nil
				if v == answers.InternetFacing {
					l.Subnets = s.openSubnets()
				}
			}
		})
}

// allowStep asks for the CIDR blocks that may connect.
func allowStep(id, key string, applies func(State) bool, at func(*answers.Airflow) *[]string) *Step {
	step := textStep(id, "Access method", "", "Which addresses should be allowed to connect?",
		"CIDR blocks, separated by spaces, such as 203.0.113.7/32 for one address. A load balancer can also allow security group ids. If you enter 0.0.0.0/0, the review shows an error that you must accept.", applies,
		func(s State) string {
			a := *at(&s.Ans.Airflow)
			if len(a) == 0 && key == "load_balancer.admit" && s.Ans.Airflow.LoadBalancer.Scheme != answers.InternetFacing {
				a = s.blocks()
			}
			return strings.Join(a, " ")
		}, nil)
	step.Of, step.Needs, step.Terms = AccessMethod, accessNeeds, []*terms.Term{terms.SecurityGroup, terms.CIDR, terms.PrivateWebServer}
	step.Set = func(s State, v []string) (Change, error) {
		list := strings.FieldsFunc(strings.Join(v, " "), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		if len(list) == 0 {
			return Change{}, fmt.Errorf("must not be empty")
		}
		slices.Sort(list)
		list = slices.Compact(list)
		for _, one := range list {
			if err := answers.Valid("mwaa."+key, one); err != nil {
				return Change{}, fmt.Errorf("%q %w", one, err)
			}
			if n := s.network(); strings.HasPrefix(one, "sg-") && n != nil && n.Group(one) == nil {
				return Change{}, fmt.Errorf("security group %s does not exist in the VPC", one)
			}
		}
		a := s.Ans.Clone()
		*at(&a.Airflow) = list
		return Change{Answers: a}, nil
	}
	return step
}

func baseURLStep(applies func(State) bool) *Step {
	const yes, no = "yes", "no"
	step := choice("access-base-url", "Should the wizard set the new URL in Airflow?", "Airflow uses webserver.base_url for links and login redirects. Without it, they use the private host name.", applies,
		func(s State) []Option {
			return []Option{{Value: yes, Label: "Yes, set webserver.base_url", Hint: "20 to 30 minutes", Details: "During the update, the status of the environment is UPDATING and the web server restarts. All other settings of the environment stay the same."},
				{Value: no, Label: "No, do not change the environment", Details: "You can set it later in the Amazon MWAA console, or with the same plan."}}
		},
		func(s State) string {
			lb, e := s.Ans.Airflow.LoadBalancer, s.airflowChosen()
			if lb.BaseURL || s.Ans.Ways.BaseURL == "" && e != nil && e.BaseURL != lb.Domain { // otherwise the review warns (W-BASEURL)
				return yes
			}
			return no
		},
		func(_ State, a *answers.Airflow, v string) { a.LoadBalancer.BaseURL = v == yes })
	set := step.Set
	step.Set = func(s State, v []string) (Change, error) {
		c, err := set(s, v)
		c.Answers.Ways.BaseURL = "asked"
		return c, err
	}
	return step
}

func reachStep(applies func(State) bool) *Step {
	return choice("access-reach", "How should people reach the bastion?", "With both options, people open a tunnel from a terminal to the web server.", applies,
		func(s State) []Option {
			return []Option{{Value: answers.BySessionManager, Label: "With Session Manager", Hint: "no public address, no open port", Recommended: true, Details: "The instance is in a private subnet. IAM controls who can use it, and AWS records each session. People need the AWS CLI with the Session Manager plugin."},
				{Value: answers.BySSH, Label: "With SSH", Hint: "public address, port 22", Details: "The instance is in a public subnet and allows SSH from the addresses of the next questions. People need the private key of an EC2 key pair."}}
		},
		func(s State) string { return s.Ans.Airflow.Bastion.Reach },
		func(_ State, a *answers.Airflow, v string) {
			if a.Bastion.Reach != v {
				a.Bastion = answers.Bastion{Reach: v}
			}
		})
}

func keyPairStep(applies func(State) bool) *Step {
	return choice("access-key-pair", "Which key pair should people use?", "People need the private key of this pair to connect to the bastion.", applies,
		func(s State) []Option {
			var out []Option
			for _, name := range s.accessParts().KeyPairs {
				out = append(out, Option{Value: name, Label: name})
			}
			if len(out) == 0 {
				out = []Option{{Label: "no key pair found", Info: true, Details: "Create one in the Amazon EC2 console or with `aws ec2 create-key-pair`. Then press Esc and open this step again. Session Manager needs no key pair."}}
			}
			return out
		},
		func(s State) string { return s.Ans.Airflow.Bastion.KeyPair },
		func(_ State, a *answers.Airflow, v string) { a.Bastion.KeyPair = v })
}

func profileStep(applies func(State) bool) *Step {
	return choice("access-profile", "Which instance profile should the bastion use?", "Systems Manager needs it to reach the instance. Its role needs the policy AmazonSSMManagedInstanceCore.", applies,
		func(s State) []Option {
			out := []Option{{Value: optionCreate, Label: "Create a new instance profile", Hint: inventory.BastionProfile, Recommended: true, Details: "A new role with only the policy AmazonSSMManagedInstanceCore, and an instance profile with the same name. If they exist, the plan uses them."}}
			for _, p := range s.accessParts().Profiles {
				if p.Name != inventory.BastionProfile {
					out = append(out, Option{Value: p.Name, Label: p.Name, Hint: words.Last(p.Role), Details: "The review checks that its role has the permissions that Systems Manager needs, if it can read the policies."})
				}
			}
			return out
		},
		func(s State) string {
			if p := s.Ans.Airflow.Bastion.InstanceProfile; p != "" {
				return p
			}
			return optionCreate
		},
		func(_ State, a *answers.Airflow, v string) {
			if a.Bastion.InstanceProfile = v; v == optionCreate {
				a.Bastion.InstanceProfile = ""
			}
		})
}
