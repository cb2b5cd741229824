package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

const bastionID ID = "instance/bastion"

// Prices in us-east-1, from memory: a t3.micro costs 1.04 cents an hour, and a public IPv4
// address half a cent.
const (
	bastionType    = "t3.micro"
	bastionMonthly = 0.0104 * hours
	addressMonthly = 0.005 * hours
)

// bastionPlace is the subnet of the bastion: the one that was named; else for SSH the first
// with a route to an internet gateway, and for Session Manager the environment's first. It
// is nil where there is none.
func (s *scope) bastionPlace(e *inventory.Airflow) *inventory.Subnet {
	a := s.ans.Airflow.Bastion
	switch {
	case a.Subnet != "":
		return s.net.Subnet(a.Subnet)
	case a.Reach == answers.BySessionManager && len(e.Subnets) > 0:
		return s.net.Subnet(e.Subnets[0])
	case a.Reach == answers.BySSH:
		for i := range s.net.Subnets {
			if sub := &s.net.Subnets[i]; s.facesInternet(sub) {
				return sub
			}
		}
	}
	return nil
}

func (s *scope) facesInternet(sub *inventory.Subnet) bool {
	words, _ := wayOut(s.net.RouteTableOf(sub.ID), s.net.NATGateways)
	return words == viaInternetGateway
}

// sessions tells, where a bastion is reached by Session Manager, whether it has a way out
// to that; Open where there is no such bastion. It has no public address, so that an
// internet gateway is of no use to it.
func (s *scope) sessions() catalog.Egress {
	if s.ans.Airflow.WayIn != answers.ByBastion || s.ans.Airflow.Bastion.Reach != answers.BySessionManager || len(s.airflows) != 1 {
		return catalog.Open
	}
	sub := s.bastionPlace(s.airflows[0])
	if sub == nil {
		return catalog.Open
	}
	if s.facesInternet(sub) {
		return catalog.Closed
	}
	_, e := wayOut(s.net.RouteTableOf(sub.ID), s.net.NATGateways)
	return e
}

// bastionRole is the ARN of the role that the bastion gets, as far as it is there; its
// policies are read.
func (s *scope) bastionRole() string {
	w := s.inv.Way(s.ans.VPC)
	if w == nil || s.ans.Airflow.Bastion.Reach != answers.BySessionManager {
		return ""
	}
	if p := w.Profile(cmp.Or(s.ans.Airflow.Bastion.InstanceProfile, inventory.BastionProfile)); p != nil {
		return p.Role
	}
	return ""
}

// managed tells whether the bastion's role lets the SSM Agent register the instance.
func (s *scope) managed() bool {
	may, _ := s.allows(s.bastionRole(), "ssm:UpdateInstanceInformation", fmt.Sprintf("arn:%s:ec2:%s:%s:instance/i-0", s.partition(), s.ans.Region, s.inv.Account))
	return may
}

// matchBastion plans an instance through which people reach the web server (Amazon MWAA
// user guide, Tutorial: Configuring private network access using a Linux Bastion Host).
func (b *builder) matchBastion(w *way) {
	a, sub := b.ans.Airflow.Bastion, b.bastionPlace(w.env)
	if sub == nil {
		return // a rule says so
	}
	ssh, name, kind := a.Reach == answers.BySSH, inventory.BastionName(w.env.Name), cmp.Or(a.InstanceType, bastionType)
	group, there := b.wayGroup("bastion", "privatelink-wizard-"+w.env.Name+"-bastion", "The bastion of an Airflow environment, made by PrivateLink Wizard")
	if !ssh {
		b.p.Actions[len(b.p.Actions)-1].Why = "It admits nobody; the environment's own security group admits the bastion by it."
	}
	for _, block := range a.Admit {
		b.letIn(wayRule{id: ID("security-group-rule/bastion/in/" + block), group: group, there: there, named: "the bastion", cidr: block, from: block, port: 22,
			rule: "W-ACCESS", purpose: "SSH to the bastion", why: "People open SSH from there, with the key of key pair " + a.KeyPair + "; the tunnel to the web server goes through it."})
	}
	b.admitWay(w, "bastion", group, "the bastion's security group")

	spec := Instance{VPC: b.vpc.ID, Name: name, Image: imageOf(kind), Type: kind, Subnet: sub.ID, Groups: []Value{group}, KeyPair: a.KeyPair, Public: ssh,
		Sessions: !ssh, Webserver: cmp.Or(w.env.WebserverURL, w.addresses[0]), Region: b.ans.Region, Tags: b.tags(name)}
	row := Action{ID: bastionID, Op: Create, Rules: []string{"W-BASTION"}, Summary: fmt.Sprintf("Launch a bastion (%s, Amazon Linux 2023) in %s, %s", kind, inventory.Label(sub.Name, sub.ID), sub.Zone)}
	if ssh {
		row.Why = "It has a public address, and passes on to the web server what people send it by SSH."
	} else {
		spec.Profile = b.matchProfile(&row, a.InstanceProfile)
		row.Why = "It has no public address and no open port: its SSM Agent opens the way from inside, and IAM says who may use it (ssm:StartSession)."
		if b.sessions() != catalog.Open {
			spec.Groups = append(spec.Groups, Lit(w.group.ID))
			row.Why += " It gets the environment's security group beside its own, so that whatever endpoint lets the environment in lets its SSM Agent in too."
			for _, code := range sessionCodes {
				if b.end(ID("endpoint/"+code)) != nil {
					row.After = append(row.After, ID("endpoint/"+code))
				}
			}
		}
	}
	row.Why += " It takes metadata requests with a token only (IMDSv2)."
	if x := w.seen.Bastion(w.env.Name); x != nil {
		row.Op, row.Existing, row.Summary = Keep, x.ID, "Bastion "+name+" is there"
	} else {
		if kind == bastionType {
			b.costs("the bastion, while it runs", bastionMonthly)
		} else {
			row.Why += " What an instance of type " + kind + " costs is not in the sum."
		}
		if ssh {
			b.costs("its public address", addressMonthly)
		}
	}
	row.Spec = spec
	b.p.Actions = append(b.p.Actions, row)
	b.wayClaims = append(b.wayClaims, Claim{Action: bastionID, Kind: Running, Says: "bastion " + name + " is running"})
	if !ssh {
		b.wayClaims = append(b.wayClaims, Claim{Action: bastionID, Kind: Online, Says: "Systems Manager reaches bastion " + name})
	}
	b.wayClaims = append(b.wayClaims, Claim{Action: bastionID, Kind: Inside, Says: "a browser opens https://" + spec.Webserver + " through the bastion and sees the log-in page"})
}

// sessionCodes are the endpoints that the SSM Agent needs where there is no way out
// (Systems Manager user guide, VPC endpoints).
var sessionCodes = []string{"ssm", "ssmmessages"}

// matchProfile plans the instance profile that lets Systems Manager reach the bastion:
// the one that was named, else one of our own.
func (b *builder) matchProfile(row *Action, named string) Value {
	if named != "" {
		return Lit(named)
	}
	const name = inventory.BastionProfile
	at, p := b.bastionRole(), b.way.seen.Profile(name)
	managed := "arn:" + b.partition() + ":iam::aws:policy/AmazonSSMManagedInstanceCore"
	role := Action{ID: ID("role/" + name), Op: Create, Summary: "Create role " + name, Why: "The bastion acts in its name. It trusts Amazon EC2 and nobody else.",
		Spec: Role{Name: name, Service: "ec2." + catalog.DNSSuffix(b.partition()), Description: "Bastions reached by Session Manager, made by PrivateLink Wizard", Tags: b.ownTags()}}
	attach := Action{ID: ID("role-policy/" + name), Op: Create, After: []ID{role.ID}, Rules: []string{"W-BASTION"}, Summary: "Attach AmazonSSMManagedInstanceCore to role " + name,
		Why: "Without it the SSM Agent cannot register the instance, and no session begins.", Spec: RolePolicy{Role: name, Managed: managed}}
	profile := Action{ID: ID("instance-profile/" + name), Op: Create, After: []ID{role.ID}, Summary: "Create instance profile " + name + " with that role", Why: "An instance gets a role by an instance profile.",
		Spec: InstanceProfile{Name: name, Role: name, Tags: b.ownTags()}}
	if p != nil && lastOf(at) == name {
		role.Op, role.Existing, role.Summary = Keep, at, "Role "+name+" is there"
		profile.Op, profile.Existing, profile.Summary = Keep, name, "Instance profile "+name+" is there, with that role"
		if b.managed() {
			attach.Op, attach.Existing, attach.Summary = Keep, name, "Role "+name+" may be reached by Systems Manager"
		}
	}
	b.p.Actions = append(b.p.Actions, role, attach, profile)
	row.After = append(row.After, attach.ID)
	return From(profile.ID)
}

// imageOf names the public parameter with the newest Amazon Linux 2023 of the architecture
// that an instance type has. Types of Graviton have a g behind the number of their
// generation; a1 was the first of them.
func imageOf(kind string) string {
	family, _, _ := strings.Cut(kind, ".")
	architecture := "x86_64"
	if n := strings.LastIndexAny(family, "0123456789"); family == "a1" || n >= 0 && strings.Contains(family[n:], "g") {
		architecture = "arm64"
	}
	return "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + architecture
}

// bastionGaps are the reads that show what a bastion takes.
var bastionGaps = []string{"ec2:DescribeKeyPairs", "ec2:DescribeInstances", "iam:ListInstanceProfiles"}

// bastionFits judges what the answers name for the bastion, and the one that is there.
func (b *builder) bastionFits(w *way) []Finding {
	a := b.ans.Airflow.Bastion
	var out []Finding
	add := func(s Severity, key, fix, message string, args ...any) {
		out = append(out, Finding{Severity: s, Resource: "mwaa.bastion." + key, Message: fmt.Sprintf(message, args...), Fix: fix})
	}
	_, noPairs := b.inv.Gap("ec2:DescribeKeyPairs")
	_, noProfiles := b.inv.Gap("iam:ListInstanceProfiles")
	ssh, sub, named := a.Reach == answers.BySSH, b.bastionPlace(w.env), a.InstanceProfile
	profile := w.seen.Profile(cmp.Or(named, inventory.BastionProfile))
	switch {
	case sub == nil && ssh:
		add(Block, "subnet", "Choose session-manager, which needs no public subnet, or give a subnet a route to an internet gateway.", "No subnet of the VPC has a route to an internet gateway, so nobody could open SSH to a bastion.")
	case sub == nil:
		add(Block, "subnet", "Name one of this VPC.", "There is no subnet for the bastion.")
	case ssh && !b.facesInternet(sub):
		add(Error, "subnet", "Name a public subnet, choose session-manager, or accept this rule if people come by a VPN or another private network.",
			"%s has no route to an internet gateway: nobody opens SSH to a bastion there from the internet.", inventory.Label(sub.Name, sub.ID))
	}
	if a.KeyPair != "" && !noPairs && !slices.Contains(w.seen.KeyPairs, a.KeyPair) {
		add(Block, "key_pair", "Name one of them, or make it: aws ec2 create-key-pair, or import-key-pair for a key that you have.", "There is no key pair %s in %s. There are: %s.", a.KeyPair, b.ans.Region, cmp.Or(strings.Join(w.seen.KeyPairs, ", "), "none"))
	}
	switch {
	case noProfiles || named == "" && (ssh || profile == nil):
	case profile == nil:
		add(Block, "instance_profile", "Leave it out, and the plan makes one; or name one that is there.", "There is no instance profile %s.", named)
	case ssh:
	case named == "" && lastOf(profile.Role) != profile.Name && profile.Role != "":
		add(Block, "instance_profile", "Name the instance profile to use.", "Instance profile %s is there with another role, %s.", profile.Name, profile.Role)
	case named != "" && profile.Role == "":
		add(Block, "instance_profile", "Put a role in it, or leave it out, and the plan makes one.", "Instance profile %s holds no role.", named)
	case named != "" && !b.managed():
		add(Warn, "instance_profile", "Attach AmazonSSMManagedInstanceCore to the role, or leave instance_profile out, and the plan makes one.", "Role %s of instance profile %s is not known to allow what the SSM Agent does: the bastion may never be reached by Session Manager.", lastOf(profile.Role), named)
	}
	if x := w.seen.Bastion(w.env.Name); x != nil {
		out = append(out, b.bastionDiffers(x, cmp.Or(named, inventory.BastionProfile))...)
	}
	return out
}

// bastionDiffers tells of a bastion that was launched for other answers.
func (b *builder) bastionDiffers(x *inventory.Bastion, profile string) []Finding {
	a := b.ans.Airflow.Bastion
	lacks := ""
	group := b.groupNamed("privatelink-wizard-" + b.way.env.Name + "-bastion")
	switch {
	case a.Reach == answers.BySSH && x.KeyPair != a.KeyPair:
		lacks = "key pair " + a.KeyPair
	case a.Reach == answers.BySSH && x.PublicIP == "" && x.State == "running":
		lacks = "a public address"
	case a.Reach == answers.BySessionManager && lastOf(x.Profile) != profile:
		lacks = "instance profile " + profile
	case group == nil || !slices.Contains(x.Groups, group.ID):
		lacks = "the bastion's security group"
	default:
		return nil
	}
	return []Finding{{Severity: Error, Resource: x.ID, Rows: []ID{bastionID}, Message: fmt.Sprintf("Bastion %s is there and has not %s, as these answers ask for.", x.ID, lacks),
		Fix: "What is there is not changed. Terminate it if it is not used (aws ec2 terminate-instances --instance-ids " + x.ID + "), and plan again."}}
}

// bastionPolicies tells of endpoints whose policy does not let the bastion's SSM Agent do
// what it has to.
func (b *builder) bastionPolicies(*way) []Finding {
	if b.sessions() == catalog.Open {
		return nil
	}
	facts := b.policyFacts()
	facts.RunCommand, facts.MWAA = true, false // its agent does what Run Command takes
	var out []Finding
	for _, code := range sessionCodes {
		e := b.end(ID("endpoint/" + code))
		if e == nil {
			continue
		}
		if lacks := b.lacksOf(e, policy.Grants(code, facts)); len(lacks) > 0 {
			f := b.narrow(e, fmt.Sprintf("The policy of the %s endpoint does not allow what the SSM Agent of the bastion does: %s.", code, upTo(lacks, 4)))
			f.Rule, f.Fix = "W-POLICY", fmt.Sprintf("Choose full for %s under endpoint_policy: the plan then adds it and shows before and after.", code)
			if f.Patch != nil {
				f.Patch = &answers.Patch{EndpointPolicy: map[string]string{code: answers.PolicyFull}}
			}
			out = append(out, f)
		}
	}
	return out
}

// bastionACL tells of network ACLs between the bastion and the web server.
func (b *builder) bastionACL(w *way) []Finding {
	sub := b.bastionPlace(w.env)
	if sub == nil {
		return nil
	}
	var out []Finding
	for _, id := range w.endpoint.Subnets {
		if to := b.net.Subnet(id); to != nil {
			if why := b.aclBlocks(sub, to); why != "" {
				out = append(out, Finding{Rule: "W-NACL", Severity: Warn, Resource: "mwaa.bastion.subnet", Message: "Between the bastion and the web server: " + why + ".",
					Fix: "Let TCP 443 pass from the subnet of the bastion to those of the environment, and the answers back."})
			}
		}
	}
	return out
}
