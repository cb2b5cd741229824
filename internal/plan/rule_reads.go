package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// neededGaps are the reads that the rules cannot do without, and what each would have shown.
var neededGaps = map[string]string{
	"ec2:DescribeVpcs":                "which VPCs exist",
	"ec2:DescribeVpcAttribute":        "whether the VPC's DNS attributes are on (G-DNSATTR)",
	"ec2:DescribeSubnets":             "the subnets, their Availability Zones and free addresses (G-ONESUBAZ, G-AZSUP, G-IPFREE)",
	"ec2:DescribeRouteTables":         "the routes of the subnets (G-GWDUP, G-GWROUTE)",
	"ec2:DescribeSecurityGroups":      "the traffic that the security groups allow (G-SG443, G-SHUTOUT)",
	"ec2:DescribeVpcEndpoints":        "which endpoints exist, so that none is created twice (G-DNSCONFLICT, G-STATE, G-OWNED)",
	"ec2:DescribeVpcEndpointServices": "which endpoint services the Region has (G-SVCEXISTS, G-AZSUP)",
	"ec2:DescribeNetworkInterfaces":   "other clients in the VPC that could be blocked (G-SHUTOUT)",
	"route53:ListHostedZonesByVPC":    "which private hosted zones the VPC uses (G-DNSCONFLICT, G-ZONE)",
	"ec2:DescribeNatGateways":         "whether the subnets have internet access (E-DOCKERHUB)",
}

// checkGap reports the reads that gave no result. If a change or a stop of the plan can depend on a
// read, it is an error: a plan must not look complete because AWS denied part of the account.
func checkGap(b *builder) []Finding {
	var out []Finding
	for _, g := range b.Inv.Gaps {
		hides, severity, fix := b.hidden(g.Call)
		f := Finding{Resource: g.Call, Severity: severity}
		switch {
		case g.Code == inventory.NotAllRead && slices.Contains(b.Workload.Reads, g.Call):
			f.Severity, f.Fix = Warn, "List under needs what the other tasks or jobs use."
			f.Message = fmt.Sprintf("%s: %s", g.Call, g.Message)
		case g.Code == inventory.NotAllRead: // a list of something else
			if f.Severity == Error {
				f.Severity = Warn
			}
			f.Message = fmt.Sprintf("%s: %s. The rest would have shown %s.", g.Call, g.Message, hides)
		case g.Code == inventory.NotOffered: // an emulator or a partition, where no permission helps
			if f.Severity == Error {
				f.Severity = Warn
			}
			f.Message = fmt.Sprintf("The endpoint does not support %s%s. It would have shown %s.", g.Call, requestText(g.RequestID), hides)
			f.Fix = "Check AWS_ENDPOINT_URL and the Region." + fix
		case g.Code == inventory.NotInSnapshot:
			f.Message = fmt.Sprintf("The snapshot does not contain the result of %s. It would have shown %s.", g.Call, hides)
			f.Fix = "Write the snapshot again (wizard snapshot)." + fix
		case g.Denied():
			f.Message = fmt.Sprintf("%s was denied (%s%s). It would have shown %s.", g.Call, g.Code, requestText(g.RequestID), hides)
			f.Fix = "Allow " + g.Call + " for " + cmp.Or(b.Inv.Caller, "the caller") + ", or ask somebody with that permission to run the wizard." + fix
		default:
			f.Message = fmt.Sprintf("%s could not be read (%s%s). It would have shown %s.", g.Call, g.Code, requestText(g.RequestID), hides)
			f.Fix = "Plan again." + fix
		}
		out = append(out, f)
	}
	return out
}

// blockPublicAccessCall reads the mode of VPC Block Public Access of the account.
const blockPublicAccessCall = "ec2:DescribeVpcBlockPublicAccessOptions"

// creationReads is what the reads for a new VPC show.
var creationReads = map[string]string{
	"ec2:DescribeAvailabilityZones":     "which Availability Zones the account can use (V-ZONE)",
	blockPublicAccessCall:               "whether VPC Block Public Access blocks the internet route of a new VPC (V-BPA)",
	"ec2:DescribeVpcPeeringConnections": "whether the block of a new VPC overlaps a VPC that is peered with one of this account (V-CIDR)",
	"ec2:DescribeInternetGateways":      "the internet gateway of a VPC of an earlier run, and how many count for the quota (V-QUOTA)",
	"ec2:DescribeAddresses":             "how many Elastic IP addresses count for the quota (V-QUOTA)",
}

// hidden returns what a read would have shown, how much the plan depends on it, and what helps
// besides the permission.
func (b *builder) hidden(call string) (hides string, severity Severity, fix string) {
	const listNeeds = " Or list under needs what the tasks use."
	access := b.Ans.Airflow.WayIn
	switch {
	case neededGaps[call] != "":
		return neededGaps[call], Error, ""
	case slices.Contains(workload.AgentReads, call) && b.Workload.OwnHosts:
		return "the container instances in the VPC: where the workload runs, and its ECS agents (E-ORDER, E-RESTART, E-AGENT1251)", Error, ""
	case slices.Contains(b.Workload.Reads, call):
		hides, severity = b.Workload.ReadsShow, Warn
		if rest := b.Workload.Rest(b.Scope, call); rest != "" {
			hides, severity = rest, Info
		} else if b.Workload.Definition == "" { // no needs in the answers replace what the call shows
			severity = Error
		} else if b.Ans.Needs == nil || len(b.clients) == 0 {
			severity, fix = Error, listNeeds
		}
		return hides, severity, fix
	case strings.HasPrefix(call, "airflow:"):
		return "the environments of Amazon MWAA", Info, ""
	case slices.Contains(workload.AgentReads, call) && b.plansECSEndpoints():
		return "the container instances in the VPC. These endpoints affect their ECS agents (E-ORDER, E-RESTART, E-AGENT1251)", Warn, ""
	case access == answers.ByBastion && slices.Contains(bastionGaps, call):
		return "whether the bastion and the resources that it uses exist (W-BASTION)", Warn, ""
	case access == answers.ByLoadBalancer && call == "acm:ListCertificates":
		return "the certificates, so that none is requested or imported twice (W-ACMREG)", Error, ""
	case call == "ec2:DescribeInstances", call == "ec2:DescribeImages", strings.HasPrefix(call, "ssm:"):
		severity = Info
		if b.Ans.Agent.RunsCommands() && b.Workload.OwnHosts {
			severity = Warn
		}
		return "how the ECS agents can be restarted, and which instances can test the endpoints from inside the VPC (E-RESTART); the plan has manual steps instead", severity, ""
	case readsQuotas(call):
		return "the account's own quotas; the plan uses AWS's defaults for those that are unknown (Q-IF, Q-GW, Q-SG)", Info, ""
	case strings.HasPrefix(call, "iam:"):
		severity = Info
		switch {
		case b.Workload.ServiceCalls:
			severity = Warn
		case len(b.executionRoles()) > 0:
			severity = Error
		case len(b.roles()) > 0:
			severity = Warn
		}
		return "whether conditions in the execution roles do not match the endpoints (E-ECRCOND), and which permissions they lack (E-LOGGROUP)", severity, ""
	case call == "ecs:DescribeCapacityProviders", call == "ecs:DescribeClusters" && b.Workload.AWSHosts:
		severity = Info
		switch {
		case b.Workload.AWSHosts:
			severity = Error
		case b.Workload.OwnHosts && b.Workload.Redeploys && b.Workload.Rest(b.Scope, call) == "":
			severity = Warn
		}
		return "which services run on ECS Managed Instances, and the network of these instances (E-MANAGED)", severity, ""
	case creationReads[call] != "":
		hides, severity = creationReads[call], Info
		if b.plansVPC() && (call != blockPublicAccessCall || b.layout.gateway != "") && !strings.Contains(hides, "V-QUOTA") {
			severity = Warn
		}
		return hides, severity, ""
	case call == "pricing:GetProducts":
		return "what the resources cost in the Region", Info, ""
	case call == "logs:DescribeLogGroups":
		return "which log groups exist (E-LOGGROUP)", Info, ""
	case call == "ecr:DescribePullThroughCacheRules":
		return "whether images come from a pull-through cache. Its first pull needs internet access (E-ECRPTC)", Warn, ""
	case strings.HasPrefix(call, "route53resolver:"), strings.HasPrefix(call, "route53profiles:"):
		return "whether Route 53 forwards, filters or answers names of the endpoints in another way (G-FWD, G-R53MORE)", Warn, ""
	case call == "ec2:DescribeDhcpOptions":
		return "which resolver the VPC uses (G-R53DNS)", Warn, ""
	case call == "ec2:DescribeNetworkAcls":
		return "whether network ACLs allow the traffic (G-NACL)", Error, ""
	case call == "ecs:DescribeClusters" && b.Ans.Needs == nil && slices.ContainsFunc(b.Services, func(svc inventory.Service) bool { return svc.Exec }):
		return "whether ECS Exec sessions use a KMS key and where their logs go (E-EXECKMS, E-LOGS, E-S3)", Error, listNeeds
	case call == "ec2:DescribePrefixLists", call == "ec2:GetManagedPrefixListEntries":
		return "the addresses of the prefix lists in routes and in rules of security groups (G-SG443, G-SGEGRESS, G-NACL, G-ROUTE)", Warn, ""
	case call == "ecs:DescribeClusters":
		return "details that no rule needs", Info, ""
	}
	return "part of the account", Info, ""
}

// checkUnseen stops a plan that would be too small because nothing shows what the workload uses or
// where it runs. A finding about a read that gave no result is enough by itself.
func checkUnseen(b *builder) []Finding {
	stopped := slices.ContainsFunc(b.p.Findings, func(f Finding) bool { return f.Rule == "A-GAP" && f.Severity == Error })
	if b.vpc == nil && b.Ans.VPC == "" || stopped {
		return nil
	}
	var out []Finding
	needed := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Needed })
	if needed && len(b.clients) == 0 {
		out = append(out, Finding{Severity: Error, Resource: b.Ans.VPC, Message: "The subnets of the workload are not known, so the plan cannot create endpoints for it.",
			Fix: "Select the subnets and security groups of the workload on the screen Workload subnets (answers file: clients)."})
	}
	notAll := slices.ContainsFunc(b.p.Findings, func(f Finding) bool {
		return f.Rule == "A-GAP" && f.Severity == Warn && slices.Contains(b.Workload.Reads, f.Resource)
	})
	if why := b.Unseen(); why != "" && b.Ans.Needs == nil && !notAll {
		out = append(out, Finding{Severity: Error, Resource: "needs", Message: "It is not known what the workload uses. " + why,
			Fix: "Select what it uses on the screen AWS services (answers file: needs; if it uses nothing, an empty list)."})
	}
	return out
}

func requestText(id string) string {
	if id == "" {
		return ""
	}
	return ", request " + id
}
