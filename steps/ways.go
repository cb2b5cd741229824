package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// WayIn is the ID of the step that asks how people come to a private web server; those
// that follow from it belong to it.
const WayIn = "way-in"

// airflowChosen is the environment that was chosen, if its web server is private and
// there to be led to.
func (s State) airflowChosen() *inventory.Airflow {
	e := s.Inv.Airflow(s.Ans.Airflow.Environment)
	if !s.Ans.Workload.MWAA() || e == nil || e.Access != inventory.PrivateOnly || e.Status != inventory.AirflowAvailable {
		return nil
	}
	return e
}

// by tells whether a way in was chosen.
func by(way string) func(State) bool {
	return func(s State) bool { return s.Ans.Airflow.WayIn == way && s.airflowChosen() != nil }
}

// both makes one condition of two.
func both(a, b func(State) bool) func(State) bool {
	return func(s State) bool { return a(s) && b(s) }
}

func wayNeeds(s State) []inventory.Request {
	rs := append(network(s), things(s)...)
	if s.Ans.VPC != "" {
		rs = append(rs, inventory.Request{Part: inventory.PartWays, VPC: s.Ans.VPC})
	}
	return rs
}

// ways are what ways in are made of in the VPC; empty where they are not known.
func (s State) ways() *inventory.Ways {
	if w := s.Inv.Way(s.Ans.VPC); w != nil {
		return w
	}
	return &inventory.Ways{}
}

// waySteps ask for a way to a private web server.
func waySteps() []*Step {
	balancer, bastion := by(answers.ByLoadBalancer), by(answers.ByBastion)
	imports := both(balancer, func(s State) bool { return s.Ans.Airflow.LoadBalancer.Certificate == answers.CertificateImport })
	ssh := both(bastion, func(s State) bool { return s.Ans.Airflow.Bastion.Reach == answers.BySSH })
	return []*Step{
		wayStep(),
		wayText("way-domain", "load_balancer.domain", "Under which name will browsers find the web server?", domainHelp, balancer, proposedDomain, func(a *answers.Airflow) *string { return &a.LoadBalancer.Domain }),
		zoneStep(balancer),
		certificateStep(balancer),
		wayText("way-certificate-file", "load_balancer.certificate_file", "In which file is the certificate?", "A file in PEM format, which begins with -----BEGIN CERTIFICATE-----. It is looked at before anything is sent: whether it is of the key, holds now, and is for the name.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.CertificateFile }),
		optional(wayText("way-chain-file", "load_balancer.chain_file", "In which file is its chain?", "The certificates of those who signed it, as its issuer gave them to you. Leave it empty if there is none, as for a self-signed one.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.ChainFile })),
		wayText("way-key-file", "load_balancer.key_file", "In which file is its private key?", "It goes to ACM and nowhere else: it is not shown, not copied, and in no plan, script or log. A key with a passphrase is not taken by ACM; `openssl pkey` takes the passphrase off.", imports, nil, func(a *answers.Airflow) *string { return &a.LoadBalancer.KeyFile }),
		schemeStep(balancer),
		admitStep("way-admit", "load_balancer.admit", balancer, func(a *answers.Airflow) *[]string { return &a.LoadBalancer.Admit }),
		baseURLStep(balancer),
		reachStep(bastion),
		keyPairStep(ssh),
		profileStep(both(bastion, func(s State) bool { return s.Ans.Airflow.Bastion.Reach == answers.BySessionManager })),
		admitStep("way-ssh", "bastion.admit", ssh, func(a *answers.Airflow) *[]string { return &a.Bastion.Admit }),
		wayText("way-clients", "client_vpn.cidr", "Which addresses do its clients get?", "A block of addresses that nothing in the VPC uses, between /12 and /22. It cannot be changed later.", by(answers.ByClientVPN), proposedCIDR, func(a *answers.Airflow) *string { return &a.ClientVPN.CIDR }),
	}
}

// comparison is what the choice between the ways is made by. Prices are of us-east-1,
// from memory.
const comparison = "Load balancer: about $16 a month and traffic; 10 minutes, and a name of a domain of yours. For everybody in the networks that reach it, with a browser alone. What stays open: HTTPS, to whom you admit; Airflow asks who they are.\n\n" +
	"Linux bastion: about $8 to $12 a month; 5 minutes. For a few people with a terminal, who open a tunnel each time. What stays open: SSH to the addresses that you name, or nothing at all with Session Manager.\n\n" +
	"AWS Client VPN: about $73 a month and $0.05 for each hour and person; 15 minutes. For people who work from anywhere, with a VPN client. What stays open: the VPN, to those who hold the client's certificate; it leads into the whole VPC.\n\nPrices are those of us-east-1, from memory."

func wayStep() *Step {
	return &Step{
		ID: WayIn, Title: "Way in", Kind: One, For: func(w answers.Workload) bool { return w == answers.MWAA },
		Ask: func(State) string { return "How do people come to the private web server?" },
		Help: func(State) string {
			return "Endpoints serve the environment; its web server is reached from inside the VPC only. A way in is made in the environment's own VPC, and the environment's security group admits it."
		},
		Applies: func(s State) bool { return s.airflowChosen() != nil },
		Needs:   wayNeeds, Options: wayOptions,
		Selected: func(s State) []string {
			if s.Ans.Airflow.WayIn == "" {
				return []string{wayNone}
			}
			return []string{s.Ans.Airflow.WayIn}
		},
		Set: func(s State, v []string) (Change, error) {
			if err := pick("way in", One, wayOptions(s), v); err != nil {
				return Change{}, err
			}
			a := s.Ans.Clone()
			way := v[0]
			if way == wayNone {
				way = ""
			}
			var cleared []string
			if way != a.Airflow.WayIn {
				cleared = clearWay(&a.Airflow)
				a.Airflow.WayIn = way
			}
			if way == answers.ByClientVPN && a.Airflow.ClientVPN.CIDR == "" {
				a.Airflow.ClientVPN.CIDR = proposedCIDR(s)
			}
			return Change{Answers: a, Cleared: cleared}, nil
		},
		Short: func(s State) string { return s.Ans.Airflow.WayIn },
	}
}

// clearWay forgets a way in, and says so.
func clearWay(a *answers.Airflow) []string {
	if a.WayIn == "" {
		return nil
	}
	out := []string{"the " + a.WayIn}
	a.WayIn, a.LoadBalancer, a.Bastion, a.ClientVPN = "", answers.LoadBalancer{}, answers.Bastion{}, answers.ClientVPN{}
	return out
}

func wayOptions(s State) []Option {
	there := ""
	if e := s.airflowChosen(); e != nil {
		there = plan.BalancerWords(s.Inv, s.Ans.VPC, e)
	}
	out := []Option{
		{Value: wayNone, Label: "None", Hint: "they have one, or need none", Recommended: true, Details: "Only the endpoints are planned. Where a VPN, a direct connection or a load balancer leads into the VPC already, the environment's security group has to admit it on TCP 443.\n\nThe ways compared:\n\n" + comparison},
		{Value: answers.ByLoadBalancer, Label: "Load balancer", Hint: "$16 a month, with a browser alone", Details: "An application load balancer in front of the web server's two addresses, with HTTPS under a name of your own. The other ways carry no certificate of yours.\n\n" + comparison},
		{Value: answers.ByBastion, Label: "Linux bastion", Hint: "$8 to $12 a month, with a tunnel", Details: "A small instance in the VPC through which a terminal opens a tunnel, by SSH or by Session Manager.\n\n" + comparison},
		{Value: answers.ByClientVPN, Label: "AWS Client VPN", Hint: "$73 a month and more, from anywhere", Details: "An endpoint that VPN clients connect to, with certificates that the plan can make. AWS recommends it.\n\n" + comparison},
	}
	if there != "" {
		out[1].Hint, out[1].Details = there, "There is one already: "+there+".\n\n"+out[1].Details
	}
	return out
}

// wayText is a question below the way in that is answered with a text.
func wayText(id, key, ask, help string, applies func(State) bool, propose func(State) string, at func(*answers.Airflow) *string) *Step {
	step := textStep(id, "Way in", "mwaa."+key, ask, help, applies,
		func(s State) string {
			if v := *at(&s.Ans.Airflow); v != "" || propose == nil {
				return v
			}
			return propose(s)
		},
		func(s State, a *answers.Answers, v string) ([]string, error) {
			if key == "client_vpn.cidr" {
				if problem := plan.ClientCIDRProblem(v, s.blocks()); problem != "" {
					return nil, fmt.Errorf("%s. It cannot be changed later", problem)
				}
			}
			*at(&a.Airflow) = v
			return nil, nil
		})
	step.Of, step.Needs = WayIn, wayNeeds
	return step
}

func optional(step *Step) *Step {
	step.Empty = true
	return step
}

// blocks are the addresses of the VPC.
func (s State) blocks() []string {
	if v := s.Inv.VPC(s.Ans.VPC); v != nil {
		return v.CIDRs
	}
	return nil
}

func proposedCIDR(s State) string { return plan.SuggestClientCIDR(s.blocks()) }

const domainHelp = "A name in a domain of yours, such as airflow.example.com. The listener needs a certificate for it: nobody but AWS can have one for the web server's own host name. The name must lead to the load balancer, by a record that the plan makes in a hosted zone of this account, or that you make."

// proposedDomain is that of a certificate that is there, or a name in a hosted zone.
func proposedDomain(s State) string {
	for _, c := range s.ways().Certificates {
		if c.Status == inventory.CertificateIssued && !strings.HasPrefix(c.Domain, "*") {
			return c.Domain
		}
	}
	for _, z := range s.ways().Domains {
		return "airflow." + z.Name
	}
	return ""
}

// zones are the hosted zones that a record of the domain can stand in.
func (s State) zones() []inventory.HostedZone {
	domain := s.Ans.Airflow.LoadBalancer.Domain
	return slices.DeleteFunc(slices.Clone(s.ways().Domains), func(z inventory.HostedZone) bool { return domain != z.Name && !strings.HasSuffix(domain, "."+z.Name) })
}

// choice is a question below the way in that takes one of some options.
func choice(id, ask, help string, applies func(State) bool, options func(State) []Option, selected func(State) string, put func(State, *answers.Airflow, string)) *Step {
	return &Step{
		ID: id, Title: "Way in", Kind: One, Of: WayIn, Ask: func(State) string { return ask }, Help: func(State) string { return help }, Applies: applies, Needs: wayNeeds, Options: options,
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
	return choice("way-zone", "Who makes the DNS records of that name?", "One record proves to ACM that the domain is yours, where a certificate is requested; another leads browsers to the load balancer.",
		both(applies, func(s State) bool { return len(s.zones()) > 0 }),
		func(s State) []Option {
			var out []Option
			for _, z := range s.zones() {
				out = append(out, Option{Value: z.ID, Label: "The plan, in hosted zone " + z.Name, Hint: z.ID, Details: "Records are added to the zone. One of the same name that is there already is not touched: AWS refuses a second one."})
			}
			return append(out, Option{Value: wayNone, Label: "I do", Details: "The records are named while the plan is carried out, and in the end."})
		},
		func(s State) string { return s.Ans.Airflow.LoadBalancer.Zone },
		func(_ State, a *answers.Airflow, v string) {
			if a.LoadBalancer.Zone = v; v == wayNone {
				a.LoadBalancer.Zone = ""
			}
		})
}

func certificateStep(applies func(State) bool) *Step {
	return choice("way-certificate", "Which certificate does the load balancer use?", "It has to be in ACM, in the environment's own Region, and for the name that browsers open.", applies,
		func(s State) []Option {
			var can, cannot []Option
			for _, c := range s.ways().Certificates {
				o := Option{Value: c.ARN, Label: c.Domain, Hint: strings.ToLower(c.Status), Details: fmt.Sprintf("%s\nFor: %s\nStatus: %s\nKind: %s\n", c.ARN, strings.Join(append([]string{c.Domain}, c.Names...), ", "), c.Status, c.Type)}
				if c.Until != "" {
					o.Details += "Holds until: " + c.Until + "\n"
				}
				switch domain := s.Ans.Airflow.LoadBalancer.Domain; {
				case !c.Covers(domain):
					o.Problem = "it is not for " + domain
				case c.Status != inventory.CertificateIssued:
					o.Problem = "its status is " + c.Status
				default:
					can = append(can, o)
					continue
				}
				cannot = append(cannot, o)
			}
			can = append(can, Option{Value: answers.CertificateRequest, Label: "Request one from ACM", Hint: "no price, renewed by AWS", Details: "ACM issues it once a record in the DNS of the domain proves that it is yours. The run waits for that, for half an hour at most; what was requested before is gone on with."},
				Option{Value: answers.CertificateImport, Label: "Import one from files", Hint: "certificate, chain, key", Details: "For one that somebody else issued. The files are looked at before anything is sent. ACM does not renew it."})
			return append(can, cannot...)
		},
		func(s State) string { return s.Ans.Airflow.LoadBalancer.Certificate },
		func(_ State, a *answers.Airflow, v string) {
			if a.LoadBalancer.Certificate = v; v != answers.CertificateImport {
				a.LoadBalancer.CertificateFile, a.LoadBalancer.ChainFile, a.LoadBalancer.KeyFile = "", "", ""
			}
		})
}

// openSubnets are subnets with a route to an internet gateway, one a zone.
func (s State) openSubnets() []string {
	if s.network() == nil {
		return nil
	}
	return plan.Look(s.Inv, s.Ans).Public()
}

func schemeStep(applies func(State) bool) *Step {
	return choice("way-scheme", "Where can the load balancer be reached from?", "AWS's own default is the internet; here it is the VPC.", applies,
		func(s State) []Option {
			out := []Option{{Value: answers.Internal, Label: "From the VPC and what is connected to it", Hint: "internal", Recommended: true, Details: "It has private addresses, in the environment's subnets. People come by a VPN, a direct connection or another network that is connected to the VPC."},
				{Value: answers.InternetFacing, Label: "From the internet", Hint: "internet-facing", Details: "It has public addresses, in public subnets of two zones. Whom it admits is asked next: without a VPN, Airflow's own log-in is what is left between them and the DAGs."}}
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

// admitStep asks who may come, as blocks of addresses.
func admitStep(id, key string, applies func(State) bool, at func(*answers.Airflow) *[]string) *Step {
	step := textStep(id, "Way in", "", "From which addresses may people come?",
		"Blocks of addresses with spaces between them, such as 203.0.113.7/32 for a single one, or ids of security groups for a load balancer. A block that is as wide as the internet takes a second confirmation in the review.", applies,
		func(s State) string {
			a := *at(&s.Ans.Airflow)
			if len(a) == 0 && key == "load_balancer.admit" && s.Ans.Airflow.LoadBalancer.Scheme != answers.InternetFacing {
				a = s.blocks()
			}
			return strings.Join(a, " ")
		}, nil)
	step.Of, step.Needs = WayIn, wayNeeds
	step.Set = func(s State, v []string) (Change, error) {
		list := strings.FieldsFunc(strings.Join(v, " "), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		if len(list) == 0 {
			return Change{}, fmt.Errorf("nothing is typed yet, and this cannot be left empty")
		}
		slices.Sort(list)
		list = slices.Compact(list)
		for _, one := range list {
			if err := answers.Valid("mwaa."+key, one); err != nil {
				return Change{}, fmt.Errorf("%q %w", one, err)
			}
			if n := s.network(); strings.HasPrefix(one, "sg-") && n != nil && n.Group(one) == nil {
				return Change{}, fmt.Errorf("there is no security group %s in the VPC", one)
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
	return choice("way-base-url", "Shall Airflow be told its new name?", "Airflow puts webserver.base_url into links, and into redirects after the log-in. Without it these lead to the private host name, which people behind the load balancer may not reach.", applies,
		func(s State) []Option {
			return []Option{{Value: yes, Label: "Yes, set webserver.base_url", Hint: "20 to 30 minutes", Details: "The environment is UPDATING meanwhile, and its web server starts anew. All other options of the environment stay as they are."},
				{Value: no, Label: "No, leave the environment as it is", Details: "It can be set at any time, in the console of Amazon MWAA or by the same plan."}}
		},
		func(s State) string {
			if s.Ans.Airflow.LoadBalancer.BaseURL {
				return yes
			}
			return no
		},
		func(_ State, a *answers.Airflow, v string) { a.LoadBalancer.BaseURL = v == yes })
}

func reachStep(applies func(State) bool) *Step {
	return choice("way-reach", "How do people reach the bastion?", "Both open a tunnel from a terminal to the web server.", applies,
		func(s State) []Option {
			return []Option{{Value: answers.BySessionManager, Label: "By Session Manager", Hint: "no public address, nothing open", Recommended: true, Details: "The instance is in a private subnet. Who may use it is decided by IAM, and each session is on record. People need the AWS CLI with the Session Manager plugin."},
				{Value: answers.BySSH, Label: "By SSH", Hint: "a public address, port 22", Details: "The instance is in a public subnet and admits SSH from the addresses that you name next. People need the private key of a key pair, which is named in the answers."}}
		},
		func(s State) string { return s.Ans.Airflow.Bastion.Reach },
		func(_ State, a *answers.Airflow, v string) {
			if a.Bastion.Reach != v {
				a.Bastion = answers.Bastion{Reach: v}
			}
		})
}

func keyPairStep(applies func(State) bool) *Step {
	return choice("way-key-pair", "With which key pair do people log in?", "Amazon EC2 holds the public key; whoever uses the bastion needs the private one. A key pair is made in the console of EC2, or by aws ec2 create-key-pair.", applies,
		func(s State) []Option {
			var out []Option
			for _, name := range s.ways().KeyPairs {
				out = append(out, Option{Value: name, Label: name})
			}
			if len(out) == 0 {
				out = []Option{{Label: "no key pair to show", Info: true, Details: "Make one first, then press Esc and come back; or go back and choose Session Manager, which takes none."}}
			}
			return out
		},
		func(s State) string { return s.Ans.Airflow.Bastion.KeyPair },
		func(_ State, a *answers.Airflow, v string) { a.Bastion.KeyPair = v })
}

func profileStep(applies func(State) bool) *Step {
	return choice("way-profile", "Which instance profile does the bastion get?", "It lets Systems Manager reach the instance. Its role needs AmazonSSMManagedInstanceCore.", applies,
		func(s State) []Option {
			out := []Option{{Value: wayCreate, Label: "One that the plan makes", Hint: inventory.BastionProfile, Recommended: true, Details: "A role of its own with AmazonSSMManagedInstanceCore and nothing else, in an instance profile of the same name. If they are there already, they are used."}}
			for _, p := range s.ways().Profiles {
				if p.Name != inventory.BastionProfile {
					out = append(out, Option{Value: p.Name, Label: p.Name, Hint: nameOf(p.Role), Details: "The review says whether its role lets Systems Manager reach an instance, as far as its policies can be read."})
				}
			}
			return out
		},
		func(s State) string {
			if p := s.Ans.Airflow.Bastion.InstanceProfile; p != "" {
				return p
			}
			return wayCreate
		},
		func(_ State, a *answers.Airflow, v string) {
			if a.Bastion.InstanceProfile = v; v == wayCreate {
				a.Bastion.InstanceProfile = ""
			}
		})
}
