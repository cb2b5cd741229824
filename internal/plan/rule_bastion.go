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
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// bastionGaps are the reads that show the resources a bastion uses.
var bastionGaps = []string{"ec2:DescribeKeyPairs", "ec2:DescribeInstances", "iam:ListInstanceProfiles"}

// bastionFits checks the resources that the answers give for the bastion, and an existing bastion.
func (b *builder) bastionFits(w *accessMethod) []Finding {
	a := b.Ans.Airflow.Bastion
	var out []Finding
	add := func(s Severity, key, fix, message string, args ...any) {
		out = append(out, Finding{Severity: s, Resource: "mwaa.bastion." + key, Message: fmt.Sprintf(message, args...), Fix: fix})
	}
	_, noPairs := b.Inv.Gap("ec2:DescribeKeyPairs")
	_, noProfiles := b.Inv.Gap("iam:ListInstanceProfiles")
	ssh, sub, named := a.Reach == answers.BySSH, b.bastionPlace(w.env), a.InstanceProfile
	profile := w.seen.Profile(cmp.Or(named, inventory.BastionProfile))
	switch {
	case sub == nil && ssh:
		add(Block, "subnet", "Choose session-manager, which needs no public subnet, or add a route to an internet gateway to a subnet.", "No subnet of the VPC has a route to an internet gateway that is not blocked, so SSH cannot reach a bastion.")
	case sub == nil:
		add(Block, "subnet", "Choose a subnet of this VPC.", "No subnet for the bastion was found.")
	case ssh && !b.facesInternet(sub):
		add(Error, "subnet", "Choose a public subnet or session-manager. Accept this rule if people connect over a VPN or another private network.",
			"%s %s: SSH from the internet cannot reach a bastion in it.", inventory.Label(sub.Name, sub.ID), b.notFacing(sub))
	}
	if a.KeyPair != "" && !noPairs && !slices.Contains(w.seen.KeyPairs, a.KeyPair) {
		add(Block, "key_pair", "Choose one of them, or create it: aws ec2 create-key-pair, or import-key-pair for an existing key.", "Key pair %s does not exist in %s. Existing key pairs: %s.", a.KeyPair, b.Ans.Region, cmp.Or(strings.Join(w.seen.KeyPairs, ", "), "none"))
	}
	may, sure := b.managed()
	switch {
	case noProfiles || named == "" && (ssh || profile == nil):
	case profile == nil:
		add(Block, "instance_profile", "Remove instance_profile, and the plan creates one. Or choose an existing one.", "Instance profile %s does not exist.", named)
	case ssh:
	case named == "" && words.Last(profile.Role) != profile.Name && profile.Role != "":
		add(Block, "instance_profile", "Set the instance profile to use.", "Instance profile %s exists with another role, %s.", profile.Name, profile.Role)
	case named != "" && profile.Role == "":
		add(Block, "instance_profile", "Add a role to it, or remove instance_profile, and the plan creates one.", "Instance profile %s has no role.", named)
	case named != "" && !may && !sure:
		add(Warn, "instance_profile", "Check the policies of the role, or remove instance_profile, and the plan creates one.", "The wizard cannot decide whether role %s of instance profile %s allows what the SSM Agent does: its policies have conditions, or cannot be read.", words.Last(profile.Role), named)
	case named != "" && !may:
		add(Warn, "instance_profile", "Attach AmazonSSMManagedInstanceCore to the role, or remove instance_profile, and the plan creates one.", "Role %s of instance profile %s does not seem to allow what the SSM Agent does. Session Manager may not reach the bastion.", words.Last(profile.Role), named)
	}
	if x := w.seen.Bastion(w.env.Name); x != nil {
		out = append(out, b.bastionDiffers(x, cmp.Or(named, inventory.BastionProfile))...)
	}
	return out
}

// bastionDiffers reports a bastion that was launched with other answers.
func (b *builder) bastionDiffers(x *inventory.Bastion, profile string) []Finding {
	a := b.Ans.Airflow.Bastion
	lacks := ""
	group := b.groupNamed(inventory.AccessGroup(b.access.env.Name, inventory.BastionGroup))
	switch {
	case a.Reach == answers.BySSH && x.KeyPair != a.KeyPair:
		lacks = "key pair " + a.KeyPair
	case a.Reach == answers.BySSH && x.PublicIP == "" && x.State == "running":
		lacks = "a public address"
	case a.Reach == answers.BySessionManager && words.Last(x.Profile) != profile:
		lacks = "instance profile " + profile
	case group == nil || !slices.Contains(x.Groups, group.ID):
		lacks = "the bastion's security group"
	default:
		return nil
	}
	return []Finding{{Severity: Error, Resource: x.ID, Changes: []resource.ID{bastionID}, Message: fmt.Sprintf("Bastion %s exists, but without %s, which the answers ask for.", x.ID, lacks),
		Fix: "The wizard does not change an existing bastion. If nobody uses it, terminate it (aws ec2 terminate-instances --instance-ids " + x.ID + "), and plan again."}}
}

// onlyForSessions reports whether the endpoint of a service code serves a bastion's SSM Agent and not
// the environments.
func (b *builder) onlyForSessions(code string) bool {
	parameters := code == "ssm" && b.Ans.Needs != nil && slices.Contains(*b.Ans.Needs, "ssm-parameters")
	return b.access != nil && b.Ans.Airflow.WayIn == answers.ByBastion && slices.Contains(sessionCodes, code) && !parameters
}

// bastionPolicies reports endpoint policies that do not allow what the bastion's SSM Agent does.
func (b *builder) bastionPolicies(*accessMethod) []Finding {
	if b.sessions() == catalog.Open {
		return nil
	}
	facts := b.policyFacts()
	facts.RunCommand, facts.MWAA = true, false // its agent needs the permissions of Run Command
	var out []Finding
	for _, code := range sessionCodes {
		e := b.endpoint(resource.ID("endpoint/" + code))
		if e == nil {
			continue
		}
		j := b.judgePolicy(e, policy.Grants(code, facts))
		j.word = answers.PolicyFull
		if len(j.denied) > 0 {
			f := b.narrow(j, fmt.Sprintf("The policy of the %s endpoint does not allow what the SSM Agent of the bastion does: %s.%s", code, words.UpTo(texts(j.denied), 4), because(j.denied)))
			f.Rule, f.Fix = "W-POLICY", j.fix(b, fmt.Sprintf("Choose full for %s under endpoint_policy. The plan then adds the missing permissions and shows the policy before and after.", code))
			out = append(out, f)
		}
		out = append(out, b.undecided(j, "W-POLICY", "what the SSM Agent of the bastion does")...)
	}
	return out
}

// bastionACL reports network ACLs that deny traffic between the bastion and the web server.
func (b *builder) bastionACL(w *accessMethod) []Finding {
	sub := b.bastionPlace(w.env)
	if sub == nil {
		return nil
	}
	var legs []leg
	for _, to := range b.subnetsOf(w.endpoint.Subnets) {
		legs = append(legs, b.legs(sub, to, port)...)
	}
	d := b.denies(legs)
	if d == nil {
		return nil
	}
	return []Finding{{Rule: "W-NACL", Severity: d.severity(), Resource: "mwaa.bastion.subnet", Message: "Between the bastion and the web server: " + d.String() + ".",
		Fix: "Allow TCP 443 from the subnet of the bastion to the subnets of the environment, and the response traffic."}}
}
