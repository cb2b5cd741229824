package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

var severityOrder = map[Severity]int{Block: 0, Error: 1, Warn: 2, Info: 3}

// check runs every check and sorts the findings by severity, block first.
func (b *builder) check() {
	for _, c := range slices.Concat(checks, airflowChecks, accessChecks) {
		if c.find == nil { // another check reports it
			continue
		}
		for _, f := range c.find(b) {
			f.Rule = cmp.Or(f.Rule, c.id)
			b.p.Findings = append(b.p.Findings, f)
		}
	}
	slices.SortStableFunc(b.p.Findings, func(x, y Finding) int { return severityOrder[x.Severity] - severityOrder[y.Severity] })
}

// interfaces returns the interface endpoints that exist after the plan.
func (b *builder) interfaces() []*endpoint {
	return slices.DeleteFunc(slices.Clone(b.endpoints), func(e *endpoint) bool { return e.typ != catalog.Interface })
}

// rulesOf returns the rules of an endpoint's groups as they will be.
func (b *builder) rulesOf(e *endpoint) []heldRule {
	var out []heldRule
	for _, v := range e.groups {
		if b.group != nil && v == b.groupAt {
			g := *b.group
			g.Rules = append(slices.Clone(g.Rules), b.added...)
			out = append(out, held(&g, v)...)
		} else if g := b.Net.Group(v.Lit); g != nil {
			out = append(out, held(b.withSelf(g), v)...)
		}
	}
	return out
}

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
		} else if b.Workload.Definition == "" {
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

// checkCycle reports changes that wait for each other. It is a fault of the wizard, not of the account.
func checkCycle(b *builder) []Finding {
	if len(b.cycle) == 0 {
		return nil
	}
	var ids []string
	for _, id := range b.cycle {
		ids = append(ids, string(id))
	}
	return []Finding{{Severity: Block, Changes: b.cycle, Message: "These changes wait for each other, so they cannot be applied: " + strings.Join(ids, ", ") + ".",
		Fix: "Please report this with the answers file: it is a fault of the wizard."}}
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

func checkShared(b *builder) []Finding {
	rows := map[string][]resource.ID{} // changes that affect a subnet
	for _, e := range b.endpoints {
		touched := e.newSubnets
		if len(e.newTables) > 0 {
			for _, c := range b.clients {
				if t := b.Net.RouteTableOf(c.ID); t != nil && slices.Contains(e.newTables, t.ID) {
					touched = append(touched, c)
				}
			}
		}
		for _, s := range touched {
			rows[s.ID] = append(rows[s.ID], e.id)
		}
	}
	var out []Finding
	for _, s := range b.Net.Subnets {
		if b.ofAnother(&s) && len(rows[s.ID]) > 0 {
			out = append(out, Finding{Severity: Block, Resource: s.ID, Changes: rows[s.ID],
				Message: fmt.Sprintf("Subnet %s is shared by account %s. Participants cannot create, modify or see endpoints in it.", inventory.Label(s.Name, s.ID), s.Owner),
				Fix:     fmt.Sprintf("Ask account %s to write a snapshot (wizard snapshot --out FILE). Make the plan from it with --snapshot FILE, and apply it in that account. That account does not see your services, so set clients and needs in the answers file.", s.Owner)})
		}
	}
	return out
}

func checkServiceExists(b *builder) []Finding {
	if !b.Inv.Has(inventory.Request{Part: inventory.PartServices}) {
		return nil
	}
	if _, denied := b.Inv.Gap("ec2:DescribeVpcEndpointServices"); denied {
		return nil
	}
	var out []Finding
	for _, w := range b.verdicts {
		if !w.Needed || w.Code == "batch" && slices.Contains(noBatch, b.Ans.Region) { // G-BATCHREG reports it
			continue
		}
		entry, name := catalog.Lookup(w.Code), b.serviceName(w.Code)
		if b.Inv.Service(name, entry.Type) != nil {
			continue
		}
		f := Finding{Severity: Block, Resource: name, Message: fmt.Sprintf("%s has no %s endpoint service %s.", b.Ans.Region, strings.ToLower(entry.Type), name),
			Fix: "Remove it on the screen AWS services (answers file: needs), or give that traffic another path (NAT gateway)."}
		if slices.Contains(b.Ans.Extra, w.Code) {
			f.Fix = "Remove " + w.Code + " from extra, or correct its spelling: the code is the part of the service name after the Region."
		}
		out = append(out, f.on(b, w.Code))
	}
	return out
}

// noBatch are the Regions without an interface endpoint for AWS Batch, according to its user guide.
// The Region's own list takes precedence.
var noBatch = []string{"ap-northeast-3", "ap-southeast-3"}

func checkBatchRegion(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Code == "batch" && w.Needed })
	if !wanted || !slices.Contains(noBatch, b.Ans.Region) {
		return nil
	}
	f := Finding{Severity: Block, Resource: b.serviceName("batch"), Message: "AWS Batch has no interface endpoint in " + b.Ans.Region + ".",
		Fix: "Remove Call the AWS Batch API on the screen AWS services (answers file: remove workload-api from needs): jobs do not need it. Code that calls the AWS Batch API needs internet access."}
	if b.Inv.Service(b.serviceName("batch"), catalog.Interface) != nil {
		f.Severity, f.Fix = Info, ""
		f.Message = "The AWS Batch user guide lists no interface endpoint in " + b.Ans.Region + ", but the Region lists one. The plan follows the Region's list."
	}
	return []Finding{f.on(b, "batch")}
}

// on adds the change of an endpoint to the finding, if the plan has one.
func (f Finding) on(b *builder, code string) Finding {
	if id := resource.ID("endpoint/" + code); b.p.Change(id) != nil {
		f.Changes = []resource.ID{id}
	}
	return f
}

func checkOwned(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.owned && e.changed {
			out = append(out, Finding{Severity: Block, Resource: e.existing.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("An AWS service created %s for %s, and only that service can change it. The endpoint lacks what this workload needs.", e.existing.ID, e.code),
				Fix:     "Change it with the service that created it, or remove the need."})
		}
	}
	return out
}

func checkState(b *builder) []Finding {
	var out []Finding
	for _, x := range b.Net.Endpoints {
		i := slices.IndexFunc(b.endpoints, func(e *endpoint) bool { return e.service == x.Service && strings.EqualFold(e.typ, x.Type) })
		if i < 0 || healthy(&x) {
			continue
		}
		e := b.endpoints[i]
		why := ""
		if x.LastError != "" {
			why = " AWS reports: " + x.LastError + "."
		}
		f := Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{e.id}, Fix: "Find the cause, delete the endpoint, then plan again.",
			Message: fmt.Sprintf("Endpoint %s for %s is in state %s and is not used.%s", x.ID, e.code, x.State, why)}
		if x.State == "deleting" {
			f.Fix = "Wait until it is deleted, then plan again."
		}
		if e.typ == catalog.Interface {
			f.Fix += " Its private DNS names can block a new endpoint."
		}
		in := b.routesTo(x.ID, b.gatewayTables(e.code))
		switch {
		case len(in) > 0: // AWS rejects a second route while the first one exists
			f.Message += " Its route still exists in " + strings.Join(in, ", ") + "."
		case e.existing != nil: // another endpoint serves the workload
			f.Severity = Info
		case e.typ == catalog.Gateway && x.State == "deleting":
			f.Severity, f.Fix = Info, "Nothing to do: the plan creates a new endpoint, and AWS deletes this one."
		}
		out = append(out, f)
	}
	return out
}

// routesTo returns those of the route tables that have a route to a target.
func (b *builder) routesTo(target string, tables []string) []string {
	var out []string
	for _, t := range b.Net.RouteTables {
		if slices.Contains(tables, t.ID) && slices.ContainsFunc(t.Routes, func(r inventory.Route) bool { return r.Target == target }) {
			out = append(out, inventory.Label(t.Name, t.ID))
		}
	}
	return out
}

func checkDNSConflict(b *builder) []Finding {
	out := zoneConflicts(b)
	for _, e := range b.interfaces() {
		turns := e.dns && (e.existing == nil || !e.existing.PrivateDNS)
		svc := b.Inv.Service(e.service, catalog.Interface)
		if !turns {
			continue
		}
		for _, x := range b.Net.Endpoints {
			same := x.Service == e.service || svc != nil && slices.ContainsFunc(svc.PrivateNames, func(n string) bool { return slices.Contains(x.DNSNames, n) })
			if !x.PrivateDNS || !same || x.State == "deleted" || e.existing != nil && x.ID == e.existing.ID {
				continue
			}
			if x.Service == e.service && !healthy(&x) && e.existing == nil {
				continue // G-STATE reports it
			}
			f := Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("Endpoint %s (%s) already has the private DNS name of %s in this VPC. Only one endpoint can have it.", inventory.Label(x.Name, x.ID), x.State, e.code),
				Fix:     "Use that endpoint, or turn its private DNS off first. Without private DNS (answers file: private_dns: false), clients must use the endpoint's own address."}
			if x.State == "deleting" { // AWS frees the name soon; a plan without private DNS would be a lasting change
				f.Patch, f.Fix = nil, "Wait until it is deleted and its name is free, then plan again."
			}
			out = append(out, f)
		}
	}
	return out
}

func checkDNSDKR(b *builder) []Finding {
	on := true
	f := Finding{Severity: Error, Patch: &answers.Patch{PrivateDNS: &on}, Fix: "Turn private DNS on (answers file: private_dns: true)."}
	unread := b.unreadAnswers()
	var others []string
	for _, e := range b.withoutDNS() {
		f.Changes = append(f.Changes, e.id)
		if isRegistry(e.code) {
			f.Resource = e.service
			from := ""
			if left, all := b.unanswered(e); len(left) < len(all) { // G-ZONE and G-FWD report the other registries
				from = " from " + words.UpTo(left, 3)
			}
			f.Message = fmt.Sprintf("The %s endpoint has no private DNS. Image names use the registry's default name, so no pull%s would use the endpoint.", e.code, from)
			if len(unread) > 0 {
				f.Message = fmt.Sprintf("The %s endpoint has no private DNS. Image names use the registry's default name, so a pull%s uses the endpoint only if something else in the VPC leads this name to it.", e.code, from)
			}
		} else {
			others = append(others, e.code)
		}
	}
	if f.Resource == "" {
		return nil // G-DNSOFF reports the others
	}
	if len(others) > 0 {
		f.Message += " Without private DNS are also: " + strings.Join(others, ", ") + "."
	}
	f.lower(unread)
	return []Finding{f}
}

// lower makes a finding about private DNS a warning if something that was not read can answer the names.
func (f *Finding) lower(unread []string) {
	if len(unread) == 0 {
		return
	}
	f.Severity = Warn
	f.Message += " The wizard has not read " + words.UpTo(unread, 3) + ", so this is not known."
	f.Fix = "Make sure that the default names lead to the endpoints, or turn private DNS on (answers file: private_dns: true)."
}

// withoutDNS returns the interface endpoints that could have private DNS and do not. An environment's
// own endpoints need none. If something else in the VPC answers the names, G-ZONE and G-FWD report it.
func (b *builder) withoutDNS() []*endpoint {
	return slices.DeleteFunc(b.interfaces(), func(e *endpoint) bool { return e.dns || e.env != nil || !b.named(e.service) || b.answeredElsewhere(e) })
}

func checkDNSOff(b *builder) []Finding {
	on := true
	var codes, services []string
	var changes []resource.ID
	needed := false
	for _, e := range b.withoutDNS() {
		if isRegistry(e.code) {
			return nil // G-DNSDKR reports all of them
		}
		codes, services, changes = append(codes, e.code), append(services, e.service), append(changes, e.id)
		needed = needed || catalog.Lookup(e.code).Clients
	}
	if len(codes) == 0 {
		return nil
	}
	f := Finding{Severity: Info, Resource: strings.Join(services, ", "), Changes: changes,
		Message: fmt.Sprintf("%s no private DNS: clients must use the endpoint's own address (--endpoint-url).", theEndpoints(codes, "has", "have"))}
	if needed {
		f.Severity, f.Patch = Error, &answers.Patch{PrivateDNS: &on}
		f.Fix = "Turn private DNS on (answers file: private_dns: true)."
		unread, says := b.unreadAnswers(), "so none would use the endpoints"
		if len(unread) > 0 {
			says = "so they use the endpoints only if something else in the VPC leads these names to them"
		}
		f.Message = fmt.Sprintf("%s no private DNS. Clients use the default names, %s.", theEndpoints(codes, "has", "have"), says)
		f.lower(unread)
	}
	return []Finding{f}
}

// theEndpoints begins a sentence about endpoints: "The logs endpoint has", "The ecr.api and logs
// endpoints have".
func theEndpoints(codes []string, one, more string) string {
	if len(codes) > 1 {
		one = more
	}
	return "The " + endpointNouns(codes) + " " + one
}

// endpointNouns names endpoints: "logs endpoint", "ecr.api and logs endpoints".
func endpointNouns(codes []string) string {
	last := len(codes) - 1
	if last == 0 {
		return codes[0] + " endpoint"
	}
	return strings.Join(codes[:last], ", ") + " and " + codes[last] + " endpoints"
}

func checkResolver(b *builder) []Finding {
	if len(b.interfaces()) == 0 || len(b.Net.DomainServers) == 0 || slices.Contains(b.Net.DomainServers, "AmazonProvidedDNS") {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.DHCP,
		Message: fmt.Sprintf("The VPC's DHCP options use the DNS servers %s. Only the Amazon-provided DNS server returns the endpoints' private addresses.", strings.Join(b.Net.DomainServers, ", ")),
		Fix:     "Configure these DNS servers to forward " + b.forwarded() + " to the Route 53 Resolver of the VPC (the VPC base address + 2), or to a Route 53 Resolver inbound endpoint."}}
}

// checkAdmits returns one finding for endpoints with the same security groups.
func checkAdmits(b *builder) []Finding {
	var out []Finding
	for _, es := range b.byGroups() {
		rules, missing, lists := b.rulesOf(es[0]), []string(nil), []string(nil)
		for _, src := range b.sources() {
			allowing := b.allowingRules(rules, src)
			if len(allowing) == 0 {
				missing = append(missing, src.String())
			}
			for _, r := range allowing {
				if b.unread(r) {
					lists = append(lists, r.PrefixList)
				}
			}
		}
		f := Finding{Resource: groupNames(es[0].groups), Changes: idsOf(es)}
		switch lists = workload.Unique(lists); {
		case len(missing) > 0:
			f.Severity, f.Patch = Error, &answers.Patch{AdmitVPC: true}
			f.Message = fmt.Sprintf("The security groups of %s do not allow TCP 443 from %s. Connections from the workload would time out.", theCodes(es), strings.Join(missing, ", "))
			f.Fix = "Choose Create a new security group on the screen Security groups (answers file: remove security_groups), or choose a group that allows this traffic."
		case len(lists) > 0:
			f.Severity = Warn
			f.Message = fmt.Sprintf("The security groups of %s allow TCP 443 by prefix list %s. The plan has not read the addresses of that list.", theCodes(es), strings.Join(lists, ", "))
			f.Fix = fmt.Sprintf("Make sure that the list contains %s.", strings.Join(b.blocksOf(b.clients), ", "))
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// byGroups returns the interface endpoints of AWS services in sets with the same security groups. It
// leaves out endpoints of environments, which W-SG and its own change cover, those without clients on
// TCP 443, and those with groups that are not known.
func (b *builder) byGroups() [][]*endpoint {
	var out [][]*endpoint
	for _, e := range b.interfaces() {
		if e.env != nil || !plain(e) || !b.groupsKnown(e) {
			continue
		}
		i := slices.IndexFunc(out, func(es []*endpoint) bool { return slices.Equal(es[0].groups, e.groups) })
		if i < 0 {
			out = append(out, []*endpoint{e})
		} else {
			out[i] = append(out[i], e)
		}
	}
	return out
}

// groupsKnown reports whether the rules of all security groups of an endpoint are known. If AWS denied
// to read the groups, A-GAP reports it.
func (b *builder) groupsKnown(e *endpoint) bool {
	_, denied := b.Inv.Gap("ec2:DescribeSecurityGroups")
	return !denied || !slices.ContainsFunc(e.groups, func(v resource.Value) bool { return v.Lit != "" && b.Net.Group(v.Lit) == nil })
}

// theCodes names endpoints inside a sentence: "the logs endpoint", "the ecr.api and logs endpoints".
func theCodes(es []*endpoint) string { return "the " + endpointNouns(codesOf(es)) }

func codesOf(es []*endpoint) []string {
	var codes []string
	for _, e := range es {
		codes = append(codes, e.code)
	}
	return codes
}

func idsOf(es []*endpoint) []resource.ID {
	var out []resource.ID
	for _, e := range es {
		out = append(out, e.id)
	}
	return out
}

func groupNames(vs []resource.Value) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.Lit+string(v.From))
	}
	return strings.Join(out, ", ")
}

func checkShutOut(b *builder) []Finding {
	var out []Finding
	for _, es := range b.byGroups() {
		var switched, present []*endpoint // those that the plan sends other clients to, and those that already serve them
		for _, e := range es {
			switch {
			case !e.dns:
			case e.existing != nil && e.existing.PrivateDNS && !b.activatesDNS():
				present = append(present, e)
			default:
				switched = append(switched, e)
			}
		}
		shut, unsure := b.judgeOthers(b.rulesOf(es[0]))
		if ends := slices.Concat(switched, present); len(unsure) > 0 && len(ends) > 0 {
			out = append(out, Finding{Severity: Warn, Resource: groupNames(es[0].groups), Changes: idsOf(ends),
				Message: fmt.Sprintf("The security groups of %s allow %s of other clients only by a prefix list, if at all, and the plan has not read its addresses: %s.", theCodes(ends), words.Count(len(unsure), "network interface"), some(unsure)),
				Fix:     "Make sure that the list contains these addresses. To let the plan decide it, allow ec2:GetManagedPrefixListEntries."})
		}
		if len(shut) == 0 {
			continue
		}
		if len(switched) > 0 {
			out = append(out, Finding{Severity: Error, Resource: groupNames(es[0].groups), Changes: idsOf(switched), Patch: &answers.Patch{AdmitVPC: true},
				Message: fmt.Sprintf("Private DNS sends the whole VPC to %s, but the security groups block %s of other clients: %s.", theCodes(switched), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses. To do so, choose Create a new security group on the screen Security groups (answers file: remove security_groups)."})
		}
		if len(present) > 0 { // the plan does not change this
			out = append(out, Finding{Severity: Warn, Resource: groupNames(es[0].groups), Changes: idsOf(present),
				Message: fmt.Sprintf("The security groups of the existing %s block %s of other clients: %s.", endpointNouns(codesOf(present)), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses in one of these groups."})
		}
	}
	if !b.activatesDNS() {
		return out
	}
	for _, x := range b.Net.Endpoints { // private names without effect so far, of endpoints that the plan does not change
		if !x.PrivateDNS || !healthy(&x) || slices.ContainsFunc(b.endpoints, func(e *endpoint) bool { return e.existing != nil && e.existing.ID == x.ID }) {
			continue
		}
		var rules []heldRule
		for _, id := range x.Groups {
			if g := b.Net.Group(id); g != nil {
				rules = append(rules, held(g, resource.Lit(id))...)
			}
		}
		if shut := b.blockedOthers(rules); len(shut) > 0 {
			out = append(out, Finding{Severity: Error, Resource: x.ID, Changes: []resource.ID{dnsHostnamesID},
				Message: fmt.Sprintf("When the VPC's DNS attributes are on, the private DNS names of endpoint %s (%s) take effect. Its security groups block %s: %s.", inventory.Label(x.Name, x.ID), catalog.CodeOf(x.Service), words.Count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses in one of its groups first."})
		}
	}
	return out
}

// activatesDNS reports whether the plan turns a DNS attribute of the VPC on. Then the private names of
// every endpoint in the VPC take effect.
func (b *builder) activatesDNS() bool {
	for _, id := range []resource.ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Change(id); a != nil && a.Op == resource.Modify {
			return true
		}
	}
	return false
}

// some lists up to three network interfaces.
func some(is []inventory.Interface) string {
	var out []string
	for i, x := range is {
		if i == 3 {
			out = append(out, "…")
			break
		}
		out = append(out, x.ID+" ("+cmp.Or(x.IP, "no address")+" in "+x.Subnet+")")
	}
	return strings.Join(out, ", ")
}

// checkEgress returns one finding for each source. If an endpoint has no addresses, other rules report
// why.
func checkEgress(b *builder) []Finding {
	var out []Finding
	for _, src := range b.sources() {
		gs := b.groupsOf(src)
		if len(gs) == 0 {
			continue
		}
		unread := func(id resource.ID, r heldRule, what, to string) {
			out = append(out, Finding{Severity: Warn, Resource: r.PrefixList, Changes: []resource.ID{id},
				Message: fmt.Sprintf("Security group %s of the workload allows outbound TCP 443 to %s by prefix list %s. The plan has not read the addresses of that list.", labels(gs), what, r.PrefixList),
				Fix:     fmt.Sprintf("Make sure that the list contains %s.", to)})
		}
		var changes []resource.ID
		var whats, tos []string
		for _, e := range b.interfaces() {
			if e.env != nil && !slices.ContainsFunc(src.groups, func(g string) bool { return slices.Contains(e.env.Groups, g) }) {
				continue // of another environment
			}
			to := b.blocksOf(e.subnets)
			if len(to) == 0 || !plain(e) {
				continue
			}
			rules, what := b.leaves(gs, to, literals(e.groups)), "the "+e.code+" endpoint"
			if i := slices.IndexFunc(rules, b.unread); i >= 0 {
				unread(e.id, rules[i], what, strings.Join(to, ", "))
				break // the fix is the same for every endpoint
			}
			if len(rules) == 0 {
				changes, whats, tos = append(changes, e.id), append(whats, what), append(tos, to...)
				break
			}
		}
		if b.endpoint(gatewayS3) != nil {
			rules, what, to := b.leavesToS3(gs), "Amazon S3, the source of "+b.Workload.FromS3, "the prefix list "+cmp.Or(b.s3List(), "of Amazon S3")
			if i := slices.IndexFunc(rules, b.unread); i >= 0 {
				unread(gatewayS3, rules[i], what, to)
			} else if len(rules) == 0 {
				changes, whats, tos = append(changes, gatewayS3), append(whats, what), append(tos, to)
			}
		}
		if len(changes) > 0 {
			out = append(out, Finding{Severity: Error, Resource: src.String(), Changes: changes,
				Message: fmt.Sprintf("Security group %s of the workload does not allow outbound TCP 443 to %s.", labels(gs), strings.Join(whats, " and to ")),
				Fix:     fmt.Sprintf("Add outbound rules to it: TCP 443 to %s.", strings.Join(tos, ", "))})
		}
	}
	return out
}

// leavesToS3 returns the rules that allow outbound TCP 443 to Amazon S3; none if they do not.
func (b *builder) leavesToS3(gs []*inventory.SecurityGroup) []heldRule {
	list, blocks := b.s3List(), b.s3Blocks()
	if len(blocks) == 0 {
		blocks = []string{anywhere}
	}
	var rules []heldRule
	for _, g := range gs {
		for _, r := range held(g, resource.Lit(g.ID)) {
			if !opens(r.GroupRule, true) {
				continue
			}
			if list != "" && r.PrefixList == list || r.CIDR == anywhere {
				return []heldRule{r}
			}
			rules = append(rules, r)
		}
	}
	return b.covering(rules, blocks)
}

func labels(gs []*inventory.SecurityGroup) string {
	var out []string
	for _, g := range gs {
		out = append(out, inventory.Label(g.Name, g.ID))
	}
	return strings.Join(out, " with ")
}

// s3List returns the id of Amazon S3's prefix list in the Region; empty if it is not known.
func (b *builder) s3List() string {
	for _, p := range b.Net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return p.ID
		}
	}
	return ""
}

func literals(vs []resource.Value) []string {
	var out []string
	for _, v := range vs {
		if v.Lit != "" {
			out = append(out, v.Lit)
		}
	}
	return out
}

// aclFinding is a finding with all subnets and endpoints that one entry of a network ACL affects.
type aclFinding struct {
	denial
	subnets []string
	changes []resource.ID
	toS3    bool
}

// checkACL returns one finding for each entry of a network ACL that denies traffic. A missing entry
// is a finding of its own for requests, for responses and for Amazon S3.
func checkACL(b *builder) []Finding {
	var order []string
	found := map[string]*aclFinding{}
	add := func(id resource.ID, d *denial, toS3 bool) {
		if d == nil {
			return
		}
		key := fmt.Sprint(d.acl.ID, d.entry, d.Egress)
		if d.entry >= resource.LastEntry {
			key += fmt.Sprint(d.From, toS3)
		}
		f := found[key]
		switch {
		case f == nil:
			f = &aclFinding{denial: *d, toS3: toS3}
			found[key], order = f, append(order, key)
		case d.whole && !f.whole:
			f.denial, f.subnets = *d, nil
		case f.whole && !d.whole:
			return
		}
		f.subnets = workload.Unique(append(f.subnets, inventory.Label(d.sub.Name, d.sub.ID)))
		if !slices.Contains(f.changes, id) {
			f.changes = append(f.changes, id)
		}
	}
	for _, p := range b.paths() {
		d := b.denies(p.legs)
		for _, id := range p.ends {
			add(id, d, false)
		}
	}
	if b.endpoint(gatewayS3) != nil {
		for _, c := range b.clients {
			add(gatewayS3, b.denies(b.legsToS3(c)), true)
		}
	}
	var out []Finding
	for _, key := range order {
		f := found[key]
		where := words.UpTo(f.subnets, 3)
		if f.toS3 && f.Egress {
			where += " to Amazon S3"
		} else if f.toS3 {
			where += " from Amazon S3"
		}
		text := f.text(where)
		finding := Finding{Severity: f.severity(), Resource: f.acl.ID, Changes: f.changes, Message: strings.ToUpper(text[:1]) + text[1:] + ".",
			Fix: "Allow TCP 443 to the endpoints' subnets and TCP 1024-65535 back, in the network ACLs of both subnets."}
		if f.toS3 {
			list := cmp.Or(b.s3List(), b.serviceName("s3"))
			finding.Message += fmt.Sprintf(" The addresses of Amazon S3 are public (prefix list %s), even with the gateway endpoint, and %s come from there.", list, b.Workload.FromS3)
			finding.Fix = fmt.Sprintf("Allow TCP 443 out to the address blocks of prefix list %s and TCP 1024-65535 back from them, or both for %s. Network ACLs cannot use prefix lists, so enter the address blocks.", list, anywhere)
		}
		out = append(out, finding)
	}
	return out
}

// checkRoutes returns one finding for each route that does not lead inside the VPC.
func checkRoutes(b *builder) []Finding {
	var out []Finding
	for _, d := range b.detours() {
		what := cmp.Or(d.route.CIDR, "prefix list "+d.route.PrefixList)
		f := Finding{Severity: Warn, Resource: d.table.ID, Changes: d.to,
			Message: fmt.Sprintf("Route table %s sends traffic to %s to %s, not directly to the addresses in the VPC. Whether it arrives there cannot be seen from the account.", inventory.Label(d.table.Name, d.table.ID), what, d.route.Target),
			Fix:     "Make sure that the target allows TCP 443 between the workload and the endpoints and the responses, or remove the route."}
		if d.route.Blackhole {
			f.Severity = Error
			f.Message = fmt.Sprintf("Route table %s sends traffic to %s to %s, which does not exist or is not available (blackhole). Connections between the workload and the endpoints would time out.", inventory.Label(d.table.Name, d.table.ID), what, d.route.Target)
			f.Fix = "Remove that route, and the local route of the VPC takes effect. Or give it an existing target."
		}
		out = append(out, f)
	}
	return out
}

// legsToS3 returns the traffic between a client subnet and Amazon S3. A gateway endpoint leads there,
// but the addresses of Amazon S3 are public. If they are not known, they can be any outside the VPC.
func (b *builder) legsToS3(c *inventory.Subnet) []leg {
	if c.CIDR == "" {
		return nil
	}
	return []leg{{c, traffic(true, port, port, b.s3Addresses())}, {c, traffic(false, ephemeral, ephemeralTop, b.s3Addresses())}}
}

func (b *builder) findS3Addresses() []string {
	if blocks := b.s3Blocks(); len(blocks) > 0 {
		return blocks
	}
	return subtract(anywhere, b.vpc.CIDRs)
}

const anywhere = "0.0.0.0/0"

// s3Blocks returns the IPv4 addresses of Amazon S3 in the Region; none if they are not known.
func (b *builder) s3Blocks() []string {
	for _, p := range b.Net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return slices.DeleteFunc(slices.Clone(p.CIDRs), func(c string) bool { return strings.Contains(c, ":") })
		}
	}
	return nil
}

// placing reports whether an endpoint gets a new network interface. If none does, the chosen subnets
// need no check.
func (b *builder) placing() bool {
	return slices.ContainsFunc(b.endpoints, func(e *endpoint) bool { return len(e.newSubnets) > 0 })
}

func checkOneSubnet(b *builder) []Finding {
	if !b.placing() {
		return nil
	}
	var out []Finding
	var first []string
	by := map[string]*inventory.Subnet{}
	for _, s := range b.endpointSubnets {
		if o := by[s.Zone]; o != nil {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnets %s and %s are both in Availability Zone %s. An endpoint can use one subnet per zone.", inventory.Label(o.Name, o.ID), inventory.Label(s.Name, s.ID), s.Zone),
				Fix:     "Keep one of them; its network interface serves the whole zone."})
			continue
		}
		by[s.Zone] = s
		first = append(first, s.ID)
	}
	for i := range out {
		out[i].Patch = &answers.Patch{Subnets: first}
	}
	return out
}

// checkZone returns one finding for the endpoints that lack the same zones, of all subnets or of one
// chosen subnet.
func checkZone(b *builder) []Finding {
	type misfit struct {
		subnet *inventory.Subnet // nil: no subnet of the workload fits
		zones  []string          // of the service
		of     []*endpoint
	}
	var found []*misfit
	add := func(e *endpoint, subnet *inventory.Subnet, zones []string) {
		for _, m := range found {
			if m.subnet == subnet && slices.Equal(m.zones, zones) {
				m.of = append(m.of, e)
				return
			}
		}
		found = append(found, &misfit{subnet, zones, []*endpoint{e}})
	}
	for _, e := range b.interfaces() {
		svc := b.Inv.Service(e.service, catalog.Interface)
		if svc == nil || len(svc.Zones) == 0 || len(b.endpointSubnets) == 0 {
			continue
		}
		if len(e.newSubnets) == 0 && e.existing == nil {
			add(e, nil, svc.Zones)
		}
		for _, s := range e.newSubnets {
			if !slices.Contains(svc.Zones, s.Zone) {
				add(e, s, svc.Zones)
			}
		}
	}
	var out []Finding
	for _, m := range found {
		services, verb := []string{}, "is"
		for _, e := range m.of {
			services = append(services, e.service)
		}
		if len(services) > 1 {
			verb = "are"
		}
		names := strings.Join(services, ", ")
		f := Finding{Severity: Error, Resource: names, Changes: idsOf(m.of)}
		fit := slices.DeleteFunc(slices.Clone(b.endpointSubnets), func(s *inventory.Subnet) bool { return !slices.Contains(m.zones, s.Zone) })
		if m.subnet == nil {
			f.Message = fmt.Sprintf("%s %s not available in the Availability Zones of the workload (%s). Available in: %s.", names, verb, zones(b.endpointSubnets), strings.Join(m.zones, ", "))
		} else {
			f.Resource = m.subnet.ID
			f.Message = fmt.Sprintf("%s %s not available in Availability Zone %s of subnet %s. Available in: %s.", names, verb, m.subnet.Zone, inventory.Label(m.subnet.Name, m.subnet.ID), strings.Join(m.zones, ", "))
		}
		switch elsewhere := b.oneByZone(m.zones); {
		case len(fit) > 0:
			f.Patch = &answers.Patch{Subnets: ids(fit)}
			f.Fix = "Remove that subnet: its clients reach the endpoint in the other zones."
		case len(elsewhere) > 0:
			var names []string
			for _, s := range elsewhere {
				names = append(names, inventory.Label(s.Name, s.ID))
			}
			f.Patch = &answers.Patch{Subnets: ids(elsewhere), Clients: b.clientIDs()}
			f.Fix = fmt.Sprintf("Place the endpoints in other subnets of the VPC: list %s under subnets, and the subnets of the workload under clients.", strings.Join(names, ", "))
		default:
			f.Fix = "Create a subnet in one of those zones, and list it under subnets."
		}
		out = append(out, f)
	}
	return out
}

// oneByZone returns the subnet of the VPC with the most free addresses in each of the zones.
func (b *builder) oneByZone(zones []string) []*inventory.Subnet {
	var out []*inventory.Subnet
	for _, zone := range zones {
		var best *inventory.Subnet
		for i := range b.Net.Subnets {
			if s := &b.Net.Subnets[i]; s.Zone == zone && len(b.blocks(s)) > 0 && (best == nil || s.Free > best.Free) {
				best = s
			}
		}
		if best != nil {
			out = append(out, best)
		}
	}
	return out
}

// clientIDs returns the clients as the answers list them: those of the answers, otherwise the subnets
// and security groups of the workload.
func (b *builder) clientIDs() []string {
	if len(b.Ans.Clients) > 0 {
		return b.Ans.Clients
	}
	return append(ids(b.clients), b.groups...)
}

func checkTwoZones(b *builder) []Finding {
	var lone []string
	for _, e := range b.interfaces() {
		zs := map[string]bool{}
		for _, s := range e.subnets {
			zs[s.Zone] = true
		}
		if len(zs) == 1 {
			lone = append(lone, e.code)
		}
	}
	if len(lone) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.ID, Message: "One Availability Zone only: " + strings.Join(lone, ", ") + ". If that zone fails, every client loses the service. Traffic from other zones costs extra.",
		Fix: "Choose subnets in two or more Availability Zones."}}
}

func checkFree(b *builder) []Finding {
	want := map[string]int{}
	for _, e := range b.interfaces() {
		for _, s := range e.newSubnets {
			want[s.ID]++
		}
	}
	var out []Finding
	for _, s := range b.Net.Subnets {
		if n := want[s.ID]; n > 0 && s.Free < n && !s.IPv6Only {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnet %s has %s left, and the plan needs %d.", inventory.Label(s.Name, s.ID), words.Count(s.Free, "free address"), n),
				Fix:     "Choose another subnet of zone " + s.Zone + "."})
		}
	}
	return out
}

func checkIPType(b *builder) []Finding {
	var out []Finding
	want := b.Ans.IPType()
	by := map[string]*Finding{} // by the types that services support
	for _, e := range b.interfaces() {
		svc := b.Inv.Service(e.service, catalog.Interface)
		if e.existing != nil || svc == nil || len(svc.IPTypes) == 0 || !slices.ContainsFunc(ipFamilies(want), func(f string) bool { return !slices.Contains(svc.IPTypes, f) }) {
			continue
		}
		supported := strings.Join(svc.IPTypes, ", ")
		if f := by[supported]; f != nil {
			f.Resource, f.Changes = f.Resource+", "+e.service, append(f.Changes, e.id)
			continue
		}
		by[supported] = &Finding{Severity: Error, Resource: e.service, Changes: []resource.ID{e.id}, Message: supported, Fix: "Set ip_address_type to a supported type."}
	}
	for _, supported := range slices.Sorted(maps.Keys(by)) {
		f := by[supported]
		f.Message = fmt.Sprintf("The plan uses address type %s, and these services support only %s: %s.", want, supported, f.Resource)
		out = append(out, *f)
	}
	if len(out) > 0 || !b.placing() {
		return out // the subnets may support the type that the services support
	}
	var unfit []string
	for _, s := range b.endpointSubnets {
		v4, v6 := s.CIDR != "" && !s.IPv6Only, len(s.IPv6) > 0
		if want != answers.IPv4 && !v6 || want != answers.IPv6 && !v4 || want == answers.IPv6 && v4 {
			unfit = append(unfit, inventory.Label(s.Name, s.ID))
		}
	}
	if len(unfit) > 0 {
		out = append(out, Finding{Severity: Error, Resource: strings.Join(unfit, ", "),
			Message: fmt.Sprintf("Address type %s is not possible in these subnets: %s.", want, strings.Join(unfit, ", ")),
			Fix:     "ipv4 needs subnets with IPv4 addresses, dualstack subnets with both, ipv6 IPv6-only subnets."})
	}
	return out
}

// ipFamilies are the address families that a service must support for an address type.
func ipFamilies(ipType string) []string {
	switch ipType {
	case answers.DualStack:
		return []string{"ipv4", "ipv6"}
	case answers.IPv6:
		return []string{"ipv6"}
	}
	return []string{"ipv4"}
}

// checkGatewayRoute reports routes to Amazon S3 that prevent the route of the plan. The VPC can have
// endpoints that are not seen: if their list was not read, and in a shared VPC, where a participant does
// not see the owner's endpoints (AWS PrivateLink guide, Share your subnets). A blackhole route has no
// usable target in any case.
func checkGatewayRoute(b *builder) []Finding {
	e, pl := b.endpoint(gatewayS3), b.s3List()
	if e == nil || pl == "" {
		return nil
	}
	var out []Finding
	for _, t := range b.Net.RouteTables {
		if !slices.Contains(b.gatewayTables("s3"), t.ID) {
			continue
		}
		for _, r := range t.Routes {
			// G-STATE reports routes to other endpoints of the service.
			known := slices.ContainsFunc(b.Net.Endpoints, func(x inventory.Endpoint) bool { return x.ID == r.Target && (healthy(&x) || x.Service == e.service) })
			if r.PrefixList == pl && !known && (r.Blackhole || b.seesEndpoints(t.ID)) {
				out = append(out, Finding{Severity: Error, Resource: t.ID, Changes: []resource.ID{e.id},
					Message: fmt.Sprintf("Route table %s already routes Amazon S3 (%s) to %s, which is not a usable endpoint of this VPC.", inventory.Label(t.Name, t.ID), pl, r.Target),
					Fix:     "Remove that route first: a route table accepts one endpoint route per service."})
			}
		}
	}
	return out
}

// seesEndpoints reports whether the account would see the endpoint of a route in a route table.
func (b *builder) seesEndpoints(table string) bool {
	_, unread := b.Inv.Gap("ec2:DescribeVpcEndpoints")
	return !unread && !slices.ContainsFunc(b.clients, func(c *inventory.Subnet) bool {
		t := b.Net.RouteTableOf(c.ID)
		return t != nil && t.ID == table && b.ofAnother(c)
	})
}

// ofAnother reports whether another account shares a subnet with this one.
func (b *builder) ofAnother(s *inventory.Subnet) bool {
	return s.Owner != "" && b.Inv.Account != "" && s.Owner != b.Inv.Account
}

// checkClients reports workloads outside the client subnets. If the answers give only the endpoints'
// subnets, these count as the client subnets. The route table, the internet access and the addresses
// of a workload in another subnet are then not checked.
func checkClients(b *builder) []Finding {
	if len(b.Ans.Clients) > 0 || len(b.Ans.Subnets) == 0 || len(b.endpoints) == 0 {
		return nil
	}
	var who, where, runsIn []string
	looked := map[string]bool{}
	look := func(name string, subnets []string) {
		missed := false
		for _, id := range subnets {
			sub := b.Net.Subnet(id)
			if sub == nil || slices.ContainsFunc(b.clients, func(c *inventory.Subnet) bool { return c.ID == id }) {
				continue
			}
			if label := inventory.Label(sub.Name, id); !looked[id] {
				looked[id], where = true, append(where, label)
			} else if name == "" { // reported by name
				continue
			}
			missed = true
		}
		if missed {
			who = append(who, cmp.Or(name, "a container instance"))
		}
	}
	for _, svc := range b.Services {
		look("service "+svc.Name, svc.Subnets)
	}
	for _, e := range b.Environments {
		look("compute environment "+e.Name, e.Subnets)
	}
	for _, e := range b.Airflows {
		look("environment "+e.Name, e.Subnets)
	}
	for _, r := range b.Runners {
		look("", r.Subnets)
		runsIn = append(append(runsIn, r.Subnets...), r.Groups...)
	}
	if len(who) == 0 {
		return nil
	}
	runsIn = slices.DeleteFunc(workload.Unique(runsIn), func(id string) bool { return b.Net.Subnet(id) == nil && b.Net.Group(id) == nil })
	who = workload.Unique(who)
	verb := "run"
	if len(who) == 1 {
		verb = "runs"
	}
	names := words.UpTo(who, 3)
	return []Finding{{Rule: "G-GWROUTE", Severity: Error, Resource: words.UpTo(where, 3), Patch: &answers.Patch{Clients: runsIn},
		Message: fmt.Sprintf("%s%s %s in subnets that are not among the clients: %s. The answers have no clients, so the endpoints' subnets are used. In other subnets the wizard checks no S3 route, internet access or security group.",
			strings.ToUpper(names[:1]), names[1:], verb, words.UpTo(where, 3)),
		Fix: "Select the subnets where the workload runs on the screen Workload subnets (answers file: clients): " + words.UpTo(runsIn, 8) + "."}}
}

// fromOutside are the kinds of target that connect other networks to the VPC.
var fromOutside = map[string]string{"tgw": "transit gateway", "vgw": "virtual private gateway", "pcx": "VPC peering"}

func checkGatewayReach(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway || e.id != resource.ID("endpoint/"+e.code) { // the first finding for a service covers all of it
			continue
		}
		tables := b.gatewayTables(e.code)
		var ways []string
		for _, t := range b.Net.RouteTables {
			for _, r := range t.Routes {
				kind, _, _ := strings.Cut(r.Target, "-")
				if what := fromOutside[kind]; what != "" && !r.Blackhole && slices.Contains(tables, t.ID) {
					ways = append(ways, what+" "+r.Target)
				}
			}
		}
		if len(ways) > 0 {
			slices.Sort(ways)
			out = append(out, Finding{Severity: Warn, Resource: b.vpc.ID, Changes: []resource.ID{e.id},
				Message: fmt.Sprintf("The VPC is connected to other networks (%s). The %s gateway endpoint serves this VPC only: clients in those networks cannot use it.", words.UpTo(slices.Compact(ways), 3), e.code),
				Fix:     "Nothing to do for this workload. Clients outside the VPC need an interface endpoint or another path to the service."})
		}
	}
	return out
}

func checkGatewayDNS(b *builder) []Finding {
	amazon := len(b.Net.DomainServers) == 0 || slices.Contains(b.Net.DomainServers, "AmazonProvidedDNS")
	if b.Net.DNSSupport && b.Net.DNSHostnames || !amazon || b.p.Change(dnsSupportID) != nil {
		return nil // on, not used, or fixed by the plan
	}
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway {
			return []Finding{{Severity: Warn, Resource: b.vpc.ID, Changes: []resource.ID{e.id},
				Message: "DNS support or DNS hostnames of the VPC is off. With the Amazon-provided DNS server, a gateway endpoint needs both.",
				Fix:     "Turn both on (answers file: private_dns: true adds it to a plan that creates interface endpoints)."}}
		}
	}
	return nil
}

func checkS3Interface(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Needed && strings.HasPrefix(w.Code, "ecr.") })
	name := catalog.Entry{Code: "s3", Type: catalog.Interface, China: true}.ServiceName(b.Partition(), b.Ans.Region)
	var out []Finding
	for _, x := range b.Net.Endpoints {
		if wanted && x.Service == name && x.Type == catalog.Interface && x.PrivateDNS && !x.InboundOnly && healthy(&x) {
			f := Finding{Severity: Warn, Resource: x.ID,
				Message: fmt.Sprintf("Interface endpoint %s uses the name of Amazon S3 in the whole VPC. Amazon ECR downloads image layers from Amazon S3. The Amazon ECS user guide does not allow an interface endpoint for this; the Amazon ECR user guide does.", inventory.Label(x.Name, x.ID)),
				Fix:     "Set its private DNS to inbound resolver endpoints only (PrivateDnsOnlyForInboundResolverEndpoint), so that the VPC uses the gateway endpoint."}
			out = append(out, f.on(b, "s3"))
		}
	}
	return out
}

func checkGatewayCut(b *builder) []Finding {
	a := b.p.Change(gatewayS3)
	if a == nil || a.Op == resource.Keep {
		return nil
	}
	e := b.endpoint(gatewayS3)
	live := 0
	for _, i := range b.inUse {
		if t := b.Net.RouteTableOf(i.Subnet); t != nil && slices.Contains(e.newTables, t.ID) && b.egressOfID(i.Subnet) != catalog.Closed {
			live++
		}
	}
	if live == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(e.newTables, ", "), Changes: []resource.ID{gatewayS3},
		Message: fmt.Sprintf("%s in these subnets may have open connections to Amazon S3. Adding the route interrupts them, and Amazon S3 then sees private source addresses.", words.Count(live, "network interface")),
		Fix:     "Apply the plan when an interruption is acceptable. Check bucket policies for aws:SourceIp (use aws:VpcSourceIp instead)."}}
}

func (b *builder) egressOfID(subnet string) catalog.Egress {
	if s := b.Net.Subnet(subnet); s != nil {
		return b.egressOf(s)
	}
	return catalog.Maybe
}
