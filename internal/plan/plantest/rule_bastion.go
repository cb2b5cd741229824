package plantest

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// hostRole is the role of instances that Systems Manager reaches.
const hostRole = "arn:aws:iam::" + Account + ":role/hosts"

// Bastioned asks for a new bastion that is reached with SSH, in a public subnet.
func Bastioned(w *World) {
	LooksUp(WebserverName, "10.0.0.9", "10.0.1.9")(w)
	w.Ans.Airflow.WayIn = answers.ByBastion
	w.Ans.Airflow.Bastion = answers.Bastion{Reach: answers.BySSH, KeyPair: "admins", Admit: []string{"203.0.113.7/32"}}
	n := w.Net()
	n.Subnets = append(n.Subnets, inventory.Subnet{ID: "subnet-public", Name: "public", VPC: VPC, Zone: Region + "a", CIDR: "10.0.200.0/24", Free: 200, Owner: Account})
	n.RouteTables = append(n.RouteTables, inventory.RouteTable{ID: "rtb-public", Subnets: []string{"subnet-public"}, Routes: []inventory.Route{{CIDR: "0.0.0.0/0", Target: "igw-1"}}})
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartAccess, VPC: VPC})
	w.Inv.Access = []inventory.Access{{VPC: VPC, KeyPairs: []string{"admins"}, Profiles: []inventory.InstanceProfile{{Name: "hosts", Role: hostRole}}}}
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRoles, Role: hostRole})
	w.Inv.Roles = append(w.Inv.Roles, inventory.Role{ARN: hostRole, Name: "hosts", Policies: []inventory.RolePolicy{
		{Name: "AmazonSSMManagedInstanceCore", Document: `{"Statement":[{"Effect":"Allow","Action":["ssm:UpdateInstanceInformation"],"Resource":"*"}]}`}}})
}

// Sessions asks for a bastion that is reached with Session Manager.
func Sessions(w *World) {
	Bastioned(w)
	w.Ans.Airflow.Bastion = answers.Bastion{Reach: answers.BySessionManager}
}

// Launched adds the bastion to the account.
func Launched(w *World) {
	Bastioned(w)
	w.Group(inventory.SecurityGroup{ID: "sg-bastion", Name: "privatelink-wizard-nightly-bastion", VPC: VPC, Rules: []inventory.GroupRule{
		{ID: "sgr-ssh", Protocol: "tcp", From: 22, To: 22, CIDR: "203.0.113.7/32"}, {Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	g := w.Net().Group("sg-airflow")
	g.Rules = append(g.Rules, inventory.GroupRule{ID: "sgr-way", Protocol: "tcp", From: 443, To: 443, Group: "sg-bastion"})
	w.Ways().Bastions = []inventory.Bastion{{ID: "i-1", Name: "airflow-nightly-bastion", State: "running", Subnet: "subnet-public", Groups: []string{"sg-bastion"}, KeyPair: "admins", PublicIP: "203.0.113.1"}}
}

// bastioned, sessions and launched change an account with such a bastion.
func bastioned(change func(*answers.Bastion)) func(*World) {
	return with(Bastioned, func(w *World) { change(&w.Ans.Airflow.Bastion) })
}

func sessions(change func(*World)) func(*World) { return with(Sessions, change) }

func launched(change func(*inventory.Bastion)) func(*World) {
	return with(Launched, func(w *World) { change(&w.Ways().Bastions[0]) })
}

// profiled sets an instance profile.
func profiled(name string) func(*World) {
	return sessions(func(w *World) { w.Ans.Airflow.Bastion.InstanceProfile = name })
}

// agents restricts an existing ssm endpoint to some actions.
func agents(actions ...string) func(*World) {
	return with(Sessions, having(Ready("ssm"), func(e *inventory.Endpoint) { e.Policy = allowing(actions...) }))
}

var bastionCases = []Case{
	{Rule: "W-WORLD", Severity: plan.Error, Caught: bastioned(func(a *answers.Bastion) { a.Admit = []string{"0.0.0.0/0"} }), Says: "to the bastion", Alone: Bastioned},
	{Rule: "W-BASTION", Severity: plan.Block, Caught: bastioned(func(a *answers.Bastion) { a.KeyPair = "other" }), Says: "Existing key pairs: admins", Alone: Bastioned},
	{Rule: "W-BASTION", Severity: plan.Block, Caught: with(Bastioned, func(w *World) { w.Net().RouteTables = w.Net().RouteTables[:len(w.Net().RouteTables)-1] }), Says: "No subnet of the VPC has a route", Alone: Sessions},
	{Rule: "W-BASTION", Severity: plan.Error, Caught: bastioned(func(a *answers.Bastion) { a.Subnet = "subnet-a" }), Says: "(subnet-a) has no route to an internet gateway", Alone: bastioned(func(a *answers.Bastion) { a.Subnet = "subnet-public" })},
	{Rule: "W-BASTION", Severity: plan.Block, Caught: profiled("none"), Says: "Instance profile none does not exist", Alone: profiled("hosts")},
	{Rule: "W-BASTION", Severity: plan.Block, Caught: with(profiled("hosts"), func(w *World) { w.Ways().Profiles[0].Role = "" }), Says: "has no role", Alone: Sessions},
	{Rule: "W-BASTION", Severity: plan.Block, Caught: sessions(func(w *World) {
		w.Ways().Profiles = []inventory.InstanceProfile{{Name: inventory.BastionProfile, Role: hostRole}}
	}), Says: "with another role", Alone: sessions(func(w *World) {
		w.Ways().Profiles = []inventory.InstanceProfile{{Name: inventory.BastionProfile, Role: "arn:aws:iam::" + Account + ":role/" + inventory.BastionProfile}}
	})},
	{Rule: "W-BASTION", Severity: plan.Warn, Caught: with(profiled("hosts"), func(w *World) {
		w.Inv.Roles[len(w.Inv.Roles)-1].Policies[0].Document = `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	}), Says: "Role hosts of instance profile hosts does not seem to allow", Alone: profiled("hosts")},
	{Rule: "W-BASTION", Severity: plan.Warn, Caught: with(profiled("hosts"), func(w *World) {
		w.Inv.Roles[len(w.Inv.Roles)-1].Policies[0].Document = `{"Statement":[{"Effect":"Allow","Action":"ssm:*","Resource":"*","Condition":{` + tagged + `}}]}`
	}), Says: "cannot decide whether role hosts of instance profile hosts allows", Alone: profiled("hosts")},
	{Rule: "W-BASTION", Severity: plan.Error, Caught: launched(func(b *inventory.Bastion) { b.KeyPair = "old" }), Says: "without key pair admins", Alone: Launched},
	{Rule: "W-BASTION", Severity: plan.Error, Caught: launched(func(b *inventory.Bastion) { b.PublicIP = "" }), Says: "without a public address", Alone: launched(func(b *inventory.Bastion) { b.PublicIP, b.State = "", "pending" })},
	{Rule: "W-BASTION", Severity: plan.Error, Caught: launched(func(b *inventory.Bastion) { b.Groups = nil }), Says: "without the bastion's security group", Alone: Launched},
	{Rule: "W-BASTION", Severity: plan.Error, Caught: with(Launched, func(w *World) { w.Ans.Airflow.Bastion = answers.Bastion{Reach: answers.BySessionManager} }), Says: "without instance profile privatelink-wizard-bastion",
		Alone: with(launched(func(b *inventory.Bastion) { b.Profile = "arn:aws:iam::" + Account + ":instance-profile/hosts" }), func(w *World) {
			w.Ans.Airflow.Bastion = answers.Bastion{Reach: answers.BySessionManager, InstanceProfile: "hosts"}
		})},
	{Rule: "A-GAP", Severity: plan.Warn, Caught: with(profiled("none"), func(w *World) {
		w.Inv.Gaps = append(w.Inv.Gaps, inventory.Gap{Call: "iam:ListInstanceProfiles", Code: "AccessDenied"})
	}), Says: "resources that it uses exist", Alone: Bastioned},
	{Rule: "W-POLICY", Severity: plan.Error, Caught: agents("ssm:GetParameters"), Says: "the SSM Agent of the bastion does: ssm:UpdateInstanceInformation", Alone: agents("ssm:*"), Fixed: true},
	{Rule: "W-NACL", Severity: plan.Error, Caught: with(Bastioned, func(w *World) {
		w.denyACL(inventory.ACLEntry{Number: 50, Protocol: "6", CIDR: "10.0.200.0/24", From: 443, To: 443})
	}), Says: "Between the bastion and the web server", Alone: Bastioned},
}
