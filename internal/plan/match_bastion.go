package plan

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

const bastionID resource.ID = "instance/bastion"

// bastionPlace returns the subnet of the bastion: the subnet in the answers. Otherwise it is the
// first subnet with a route to an internet gateway for SSH, and the environment's first subnet for
// Session Manager. It returns nil where no subnet fits.
func (s *scope) bastionPlace(e *inventory.Airflow) *inventory.Subnet {
	a := s.Ans.Airflow.Bastion
	switch {
	case a.Subnet != "":
		return s.Net.Subnet(a.Subnet)
	case a.Reach == answers.BySessionManager && len(e.Subnets) > 0:
		return s.Net.Subnet(e.Subnets[0])
	case a.Reach == answers.BySSH:
		for i := range s.Net.Subnets {
			if sub := &s.Net.Subnets[i]; s.facesInternet(sub) {
				return sub
			}
		}
	}
	return nil
}

// facesInternet reports whether the internet reaches public addresses in a subnet.
func (s *scope) facesInternet(sub *inventory.Subnet) bool {
	return s.exitOf(sub).public
}

// notFacing returns why the internet does not reach public addresses in a subnet.
func (s *scope) notFacing(sub *inventory.Subnet) string {
	if x := s.exitOf(sub); strings.HasPrefix(x.text, viaInternetGateway) {
		return "has a route to an " + x.text
	}
	return "has no route to an internet gateway"
}

// sessions returns the internet access of a bastion that is reached with Session Manager, and Open
// where no such bastion is planned. That bastion has no public address, so that it cannot use an
// internet gateway.
func (s *scope) sessions() catalog.Egress {
	if s.Ans.Airflow.WayIn != answers.ByBastion || s.Ans.Airflow.Bastion.Reach != answers.BySessionManager || len(s.Airflows) != 1 {
		return catalog.Open
	}
	sub := s.bastionPlace(s.Airflows[0])
	if sub == nil {
		return catalog.Open
	}
	if s.facesInternet(sub) {
		return catalog.Closed
	}
	return s.exitOf(sub).egress
}

// bastionRole returns the ARN of the role that the bastion gets, if that role exists. Its policies
// are read.
func (s *scope) bastionRole() string {
	w := s.Inv.Way(s.Ans.VPC)
	if w == nil || s.Ans.Airflow.Bastion.Reach != answers.BySessionManager {
		return ""
	}
	if p := w.Profile(cmp.Or(s.Ans.Airflow.Bastion.InstanceProfile, inventory.BastionProfile)); p != nil {
		return p.Role
	}
	return ""
}

// managed reports whether the bastion's role allows the SSM Agent to register the instance. sure is
// false if that cannot be decided.
func (s *scope) managed() (may, sure bool) {
	return s.allows(s.bastionRole(), "ssm:UpdateInstanceInformation", fmt.Sprintf("arn:%s:ec2:%s:%s:instance/i-0", s.Partition(), s.Ans.Region, s.Inv.Account))
}

// matchBastion plans an EC2 instance that gives people access to the web server (Amazon MWAA user
// guide, Tutorial: Configuring private network access using a Linux Bastion Host).
func (b *builder) matchBastion(w *accessMethod) {
	a, sub := b.Ans.Airflow.Bastion, b.bastionPlace(w.env)
	if sub == nil {
		return // checkAccess reports it
	}
	ssh, name, kind := a.Reach == answers.BySSH, inventory.BastionName(w.env.Name), cmp.Or(a.InstanceType, resource.DefaultType)
	group, there := b.accessGroup("bastion", inventory.AccessGroup(w.env.Name, inventory.BastionGroup), "The bastion of an Airflow environment, made by PrivateLink Wizard")
	if !ssh {
		b.p.Changes[len(b.p.Changes)-1].Why = "It has no inbound rules. The environment's own security group allows traffic from the bastion by this group."
	}
	for _, block := range a.Admit {
		b.allowInbound(accessRule{id: resource.ID("security-group-rule/bastion/in/" + block), group: group, there: there, named: "the bastion", cidr: block, from: block, port: 22,
			rule: "W-ACCESS", purpose: "SSH to the bastion", why: "People connect with SSH from there, with the key of key pair " + a.KeyPair + ". The tunnel to the web server uses this SSH connection."})
	}
	b.allowAccess(w, "bastion", group, "the bastion's security group")

	spec := resource.Instance{VPC: b.vpc.ID, Name: name, Image: imageOf(kind), Type: kind, Subnet: sub.ID, Groups: []resource.Value{group}, KeyPair: a.KeyPair, Public: ssh,
		Sessions: !ssh, Webserver: cmp.Or(w.env.WebserverURL, w.addresses[0]), Region: b.Ans.Region, Tags: b.tags(name)}
	row := resource.Change{ID: bastionID, Op: resource.Create, Rules: []string{"W-BASTION"}, Summary: fmt.Sprintf("Launch a bastion (%s, Amazon Linux 2023) in %s, %s", kind, inventory.Label(sub.Name, sub.ID), sub.Zone)}
	if ssh {
		row.Why = "It has a public address and forwards the traffic of people's SSH tunnels to the web server."
	} else {
		spec.Profile = b.matchProfile(&row, a.InstanceProfile)
		row.Why = "It has no public address and no open port. Its SSM Agent opens the connection from inside the VPC, and IAM decides who may use it (ssm:StartSession)."
		if b.sessions() != catalog.Open {
			spec.Groups = append(spec.Groups, resource.Lit(w.group.ID))
			row.Why += " It gets the environment's security group in addition to its own, so that every endpoint that allows traffic from the environment also allows it from the SSM Agent."
			for _, code := range sessionCodes {
				if b.endpoint(resource.ID("endpoint/"+code)) != nil {
					row.After = append(row.After, resource.ID("endpoint/"+code))
				}
			}
		}
	}
	row.Why += " It accepts metadata requests with a token only (IMDSv2)."
	if x := w.seen.Bastion(w.env.Name); x != nil {
		row.Op, row.Existing, row.Summary = resource.Keep, x.ID, "Bastion "+name+" exists"
	}
	row.Spec = spec
	b.p.Changes = append(b.p.Changes, row)
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: bastionID, Says: "bastion " + name + " is running", Measure: resource.Running{}})
	if !ssh {
		b.accessClaims = append(b.accessClaims, resource.Claim{Change: bastionID, Says: "Systems Manager reaches bastion " + name, Measure: resource.Online{}})
	}
	b.accessClaims = append(b.accessClaims, resource.Claim{Change: bastionID, Says: "a browser opens https://" + spec.Webserver + " through the bastion and shows the log-in page", Measure: resource.Inside{}})
}

// sessionCodes are the endpoints that the SSM Agent needs without internet access (Systems Manager
// user guide, VPC endpoints).
var sessionCodes = []string{"ssm", "ssmmessages"}

// matchProfile plans the instance profile that allows Systems Manager to reach the bastion: the one
// in the answers, otherwise one that the plan creates.
func (b *builder) matchProfile(row *resource.Change, named string) resource.Value {
	if named != "" {
		return resource.Lit(named)
	}
	const name = inventory.BastionProfile
	at, p := b.bastionRole(), b.access.seen.Profile(name)
	managed := "arn:" + b.Partition() + ":iam::aws:policy/AmazonSSMManagedInstanceCore"
	role := resource.Change{ID: resource.ID("role/" + name), Op: resource.Create, Summary: "Create role " + name, Why: "The bastion uses it to call AWS. Only Amazon EC2 may assume it.",
		Spec: resource.Role{Name: name, Service: "ec2." + catalog.DNSSuffix(b.Partition()), Description: "Bastions reached by Session Manager, made by PrivateLink Wizard", Tags: b.ownTags()}}
	attach := resource.Change{ID: resource.ID("role-policy/" + name), Op: resource.Create, After: []resource.ID{role.ID}, Rules: []string{"W-BASTION"}, Summary: "Attach AmazonSSMManagedInstanceCore to role " + name,
		Why: "Without this policy the SSM Agent cannot register the instance, and no session can start.", Spec: resource.RolePolicy{Role: name, Managed: managed}}
	profile := resource.Change{ID: resource.ID("instance-profile/" + name), Op: resource.Create, After: []resource.ID{role.ID}, Summary: "Create instance profile " + name + " with that role", Why: "An instance gets its role through an instance profile.",
		Spec: resource.InstanceProfile{Name: name, Role: name, Tags: b.ownTags()}}
	if p != nil && words.Last(at) == name {
		role.Op, role.Existing, role.Summary = resource.Keep, at, "Role "+name+" exists"
		profile.Op, profile.Existing, profile.Summary = resource.Keep, name, "Instance profile "+name+" exists with that role"
		if may, _ := b.managed(); may {
			attach.Op, attach.Existing, attach.Summary = resource.Keep, name, "Role "+name+" allows Systems Manager to reach the bastion"
		}
	}
	b.p.Changes = append(b.p.Changes, role, attach, profile)
	row.After = append(row.After, attach.ID)
	return resource.From(profile.ID)
}

// imageOf returns the public parameter with the newest Amazon Linux 2023 AMI for the architecture of
// an instance type. Graviton types have a g after the number of their generation; the first one was
// a1.
func imageOf(kind string) string {
	family, _, _ := strings.Cut(kind, ".")
	architecture := "x86_64"
	if n := strings.LastIndexAny(family, "0123456789"); family == "a1" || n >= 0 && strings.Contains(family[n:], "g") {
		architecture = "arm64"
	}
	return "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-" + architecture
}
