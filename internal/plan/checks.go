package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
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
		} else if g := b.net.Group(v.Lit); g != nil {
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
	"route53:ListHostedZonesByVPC":    "which private hosted zones the VPC uses (G-DNSCONFLICT)",
	"ec2:DescribeNatGateways":         "whether the subnets have internet access (E-DOCKERHUB)",
}

// Without these reads it is not known what tasks or jobs need and which registries they pull from.
var (
	taskGaps = []string{"ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"}
	jobGaps  = []string{"batch:DescribeComputeEnvironments", "batch:DescribeJobDefinitions"}
)

// instanceGaps are the reads that show the container instances and their ECS agents.
var instanceGaps = []string{"ecs:ListClusters", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"}

// workloadGaps returns the reads that the workload of the answers needs.
func (s *scope) workloadGaps() []string {
	switch {
	case s.ans.Workload.MWAA():
		return airflowGaps
	case s.ans.Workload.Batch():
		return jobGaps
	}
	return taskGaps
}

func checkGap(b *builder) []Finding {
	var out []Finding
	for _, g := range b.inv.Gaps {
		f := Finding{Resource: g.Call, Severity: Info, Fix: "Allow " + g.Call + " for " + cmp.Or(b.inv.Caller, "the caller") + ", or ask somebody with that permission to run the wizard."}
		hides, ok := neededGaps[g.Call]
		switch {
		case ok:
			f.Severity = Error
		case slices.Contains(b.workloadGaps(), g.Call) && b.readWhole():
			hides = "services other than " + b.ans.Service
		case slices.Contains(airflowGaps, g.Call):
			hides, f.Severity = b.airflowHidden(g.Call)
		case slices.Contains(b.workloadGaps(), g.Call):
			hides = "what the tasks use and where their images come from (E-ECRPAIR, E-SECRETS, E-LOGS, E-DOCKERHUB)"
			f.Severity = Warn
			if b.ans.Needs == nil {
				f.Severity = Error
				f.Fix += " Or list under needs what the tasks use."
			}
		case slices.Contains(instanceGaps, g.Call) && b.plansECSEndpoints():
			hides = "the container instances in the VPC. These endpoints affect their ECS agents (E-ORDER, E-RESTART, E-AGENT1251)"
			f.Severity = Warn
			if b.ans.Workload.EC2() {
				f.Severity = Error
			}
		case b.ans.Airflow.WayIn == answers.ByBastion && slices.Contains(bastionGaps, g.Call):
			hides, f.Severity = "whether the bastion and the resources that it uses exist (W-BASTION)", Warn
		case g.Call == "ec2:DescribeInstances", g.Call == "ec2:DescribeImages", strings.HasPrefix(g.Call, "ssm:"):
			hides = "how the ECS agents can be restarted (E-RESTART); the plan shows the commands instead"
		case strings.HasPrefix(g.Call, "servicequotas:"):
			hides = "the account's own quotas; the plan uses AWS's defaults (Q-IF, Q-GW, Q-SG)"
		case strings.HasPrefix(g.Call, "iam:"):
			hides = "whether conditions in the execution roles do not match the endpoints (E-ECRCOND)"
		case g.Call == "ec2:DescribeDhcpOptions":
			hides, f.Severity = "which resolver the VPC uses (G-R53DNS)", Warn
		case g.Call == "ec2:DescribeNetworkAcls":
			hides, f.Severity = "whether network ACLs allow the traffic (G-NACL)", Warn
		case g.Call == "ecs:DescribeClusters" && b.ans.Needs == nil && slices.ContainsFunc(b.services, func(svc inventory.Service) bool { return svc.Exec }):
			hides, f.Severity = "whether ECS Exec sessions use a KMS key (E-EXECKMS)", Error
			f.Fix += " Or list under needs what the tasks use."
		case g.Call == "ec2:DescribeInternetGateways", g.Call == "ec2:DescribePrefixLists", g.Call == "ecs:DescribeClusters":
			hides = "details that no rule needs"
		default:
			hides = "part of the account"
		}
		f.Message = fmt.Sprintf("%s was denied (%s%s). It would have shown %s.", g.Call, g.Code, requestText(g.RequestID), hides)
		if g.Code == inventory.NotAllRead {
			f.Severity, f.Fix = Warn, "List under needs what the other tasks or jobs use."
			f.Message = fmt.Sprintf("%s: %s", g.Call, g.Message)
		}
		out = append(out, f)
	}
	return out
}

// readWhole reports whether the answers give a service that was read completely with its task
// definition. Then it does not matter what other clusters hide.
func (b *builder) readWhole() bool {
	return b.ans.Service != "" && len(b.services) == 1 && len(b.definitions()) == 1
}

func requestText(id string) string {
	if id == "" {
		return ""
	}
	return ", request " + id
}

func checkShared(b *builder) []Finding {
	rows := map[string][]ID{} // changes that affect a subnet
	for _, e := range b.endpoints {
		touched := e.newSubnets
		if len(e.newTables) > 0 {
			for _, c := range b.clients {
				if t := b.net.RouteTableOf(c.ID); t != nil && slices.Contains(e.newTables, t.ID) {
					touched = append(touched, c)
				}
			}
		}
		for _, s := range touched {
			rows[s.ID] = append(rows[s.ID], e.id)
		}
	}
	var out []Finding
	for _, s := range b.net.Subnets {
		if s.Owner != "" && b.inv.Account != "" && s.Owner != b.inv.Account && len(rows[s.ID]) > 0 {
			out = append(out, Finding{Severity: Block, Resource: s.ID, Changes: rows[s.ID],
				Message: fmt.Sprintf("Subnet %s is shared by account %s. Participants cannot create, modify or see endpoints in it.", inventory.Label(s.Name, s.ID), s.Owner),
				Fix:     fmt.Sprintf("Ask account %s to write a snapshot (wizard snapshot --out FILE). Make the plan from it with --snapshot FILE, and apply it in that account. That account does not see your services, so set clients and needs in the answers file.", s.Owner)})
		}
	}
	return out
}

func checkServiceExists(b *builder) []Finding {
	if !b.inv.Has(inventory.Request{Part: inventory.PartServices}) {
		return nil
	}
	if _, denied := b.inv.Gap("ec2:DescribeVpcEndpointServices"); denied {
		return nil
	}
	var out []Finding
	for _, w := range b.verdicts {
		if !w.Needed || w.Code == "batch" && slices.Contains(noBatch, b.ans.Region) { // G-BATCHREG reports it
			continue
		}
		entry, name := catalog.Lookup(w.Code), b.serviceName(w.Code)
		if b.inv.Service(name, entry.Type) != nil {
			continue
		}
		f := Finding{Severity: Block, Resource: name, Message: fmt.Sprintf("%s has no %s endpoint service %s.", b.ans.Region, strings.ToLower(entry.Type), name),
			Fix: "Remove it on the screen AWS services (answers file: needs), or give that traffic another path (NAT gateway)."}
		if slices.Contains(b.ans.Extra, w.Code) {
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
	if !wanted || !slices.Contains(noBatch, b.ans.Region) {
		return nil
	}
	f := Finding{Severity: Block, Resource: b.serviceName("batch"), Message: "AWS Batch has no interface endpoint in " + b.ans.Region + ".",
		Fix: "Remove Call the AWS Batch API on the screen AWS services (answers file: remove workload-api from needs): jobs do not need it. Code that calls the AWS Batch API needs internet access."}
	if b.inv.Service(b.serviceName("batch"), catalog.Interface) != nil {
		f.Severity, f.Fix = Info, ""
		f.Message = "The AWS Batch user guide lists no interface endpoint in " + b.ans.Region + ", but the Region lists one. The plan follows the Region's list."
	}
	return []Finding{f.on(b, "batch")}
}

// on adds the change of an endpoint to the finding, if the plan has one.
func (f Finding) on(b *builder, code string) Finding {
	if id := ID("endpoint/" + code); b.p.Change(id) != nil {
		f.Changes = []ID{id}
	}
	return f
}

func checkOwned(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.owned && e.changed {
			out = append(out, Finding{Severity: Block, Resource: e.existing.ID, Changes: []ID{e.id},
				Message: fmt.Sprintf("An AWS service created %s for %s, and only that service can change it. The endpoint lacks what this workload needs.", e.existing.ID, e.code),
				Fix:     "Change it with the service that created it, or remove the need."})
		}
	}
	return out
}

func checkState(b *builder) []Finding {
	var out []Finding
	for _, x := range b.net.Endpoints {
		i := slices.IndexFunc(b.endpoints, func(e *endpoint) bool { return e.service == x.Service && strings.EqualFold(e.typ, x.Type) })
		if i < 0 || healthy(&x) {
			continue
		}
		e := b.endpoints[i]
		why := ""
		if x.LastError != "" {
			why = " AWS reports: " + x.LastError + "."
		}
		f := Finding{Severity: Error, Resource: x.ID, Changes: []ID{e.id}, Fix: "Find the cause, delete the endpoint, then plan again.",
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
	for _, t := range b.net.RouteTables {
		if slices.Contains(tables, t.ID) && slices.ContainsFunc(t.Routes, func(r inventory.Route) bool { return r.Target == target }) {
			out = append(out, inventory.Label(t.Name, t.ID))
		}
	}
	return out
}

func checkDNSConflict(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		turns := e.dns && (e.existing == nil || !e.existing.PrivateDNS)
		svc := b.inv.Service(e.service, catalog.Interface)
		if !turns {
			continue
		}
		for _, z := range b.net.HostedZones {
			if svc == nil || !slices.ContainsFunc(svc.PrivateNames, func(n string) bool { return strings.EqualFold(strings.TrimPrefix(n, "*."), z.Name) }) {
				continue
			}
			out = append(out, Finding{Severity: Error, Resource: z.ID, Changes: []ID{e.id},
				Message: fmt.Sprintf("Private hosted zone %s (%s, owned by %s) already resolves %s in this VPC, so the %s endpoint cannot have its private DNS name. Its records may point to an endpoint in another VPC that the workload already uses.", z.ID, z.Name, cmp.Or(z.Owner, "an unknown account"), z.Name, e.code),
				Fix:     "Check the target of the records. To use an endpoint of this VPC instead, remove the VPC from the zone first."})
		}
		for _, x := range b.net.Endpoints {
			same := x.Service == e.service || svc != nil && slices.ContainsFunc(svc.PrivateNames, func(n string) bool { return slices.Contains(x.DNSNames, n) })
			if !x.PrivateDNS || !same || x.State == "deleted" || e.existing != nil && x.ID == e.existing.ID {
				continue
			}
			f := Finding{Severity: Error, Resource: x.ID, Changes: []ID{e.id},
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
	for _, e := range b.interfaces() {
		if e.code == "ecr.dkr" && !e.dns {
			return []Finding{{Severity: Error, Resource: e.service, Changes: []ID{e.id}, Patch: &answers.Patch{PrivateDNS: &on},
				Message: "The ecr.dkr endpoint has no private DNS. Image names use the registry's default name, so no pull would use the endpoint.",
				Fix:     "Turn private DNS on (answers file: private_dns: true)."}}
		}
	}
	return nil
}

func checkDNSOff(b *builder) []Finding {
	on := true
	var out []Finding
	for _, e := range b.interfaces() {
		if e.dns || e.env != nil || e.code == "ecr.dkr" {
			continue
		}
		f := Finding{Severity: Info, Resource: e.service, Changes: []ID{e.id},
			Message: fmt.Sprintf("The %s endpoint has no private DNS: clients must use its own address (--endpoint-url).", e.code)}
		if catalog.Lookup(e.code).Clients {
			f.Severity, f.Patch = Error, &answers.Patch{PrivateDNS: &on}
			f.Message = fmt.Sprintf("The %s endpoint has no private DNS. Its clients use the default name, so none would use the endpoint.", e.code)
			f.Fix = "Turn private DNS on (answers file: private_dns: true)."
		}
		out = append(out, f)
	}
	return out
}

func checkResolver(b *builder) []Finding {
	if len(b.interfaces()) == 0 || len(b.net.DomainServers) == 0 || slices.Contains(b.net.DomainServers, "AmazonProvidedDNS") {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: b.vpc.DHCP,
		Message: fmt.Sprintf("The VPC's DHCP options use the DNS servers %s. Only the Amazon-provided DNS server returns the endpoints' private addresses.", strings.Join(b.net.DomainServers, ", ")),
		Fix:     "Configure these DNS servers to forward " + catalog.DNSSuffix(b.partition()) + " to the Route 53 Resolver of the VPC (the VPC base address + 2), or to a Route 53 Resolver inbound endpoint."}}
}

func checkAdmits(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if e.env != nil { // W-SG and its own change cover it
			continue
		}
		if missing := b.notAllowed(b.rulesOf(e)); len(missing) > 0 {
			out = append(out, Finding{Severity: Error, Resource: groupNames(e.groups), Changes: []ID{e.id}, Patch: &answers.Patch{AdmitVPC: true},
				Message: fmt.Sprintf("The security groups of the %s endpoint do not allow TCP 443 from %s. Connections from the workload would time out.", e.code, strings.Join(missing, ", ")),
				Fix:     "Choose Create a new security group on the screen Security groups (answers file: remove security_groups), or choose a group that allows this traffic."})
		}
	}
	return out
}

func groupNames(vs []Value) string {
	var out []string
	for _, v := range vs {
		out = append(out, v.Lit+string(v.From))
	}
	return strings.Join(out, ", ")
}

func checkShutOut(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if !e.dns {
			continue
		}
		shut := b.blockedOthers(b.rulesOf(e))
		if len(shut) == 0 {
			continue
		}
		f := Finding{Severity: Error, Resource: groupNames(e.groups), Changes: []ID{e.id}, Patch: &answers.Patch{AdmitVPC: true},
			Message: fmt.Sprintf("Private DNS sends the whole VPC to the %s endpoint, but its security groups block %s of other clients: %s.", e.code, count(len(shut), "network interface"), some(shut)),
			Fix:     "Allow TCP 443 from the VPC's addresses. To do so, choose Create a new security group on the screen Security groups (answers file: remove security_groups)."}
		if e.existing != nil && e.existing.PrivateDNS && !b.activatesDNS() { // the plan does not change this
			f.Severity = Warn
			f.Message = fmt.Sprintf("The existing %s endpoint blocks %s of other clients: %s.", e.code, count(len(shut), "network interface"), some(shut))
			f.Patch = nil
			f.Fix = "Allow TCP 443 from the VPC's addresses in one of its groups."
		}
		out = append(out, f)
	}
	if !b.activatesDNS() {
		return out
	}
	for _, x := range b.net.Endpoints { // private names without effect so far, of endpoints that the plan does not change
		if !x.PrivateDNS || !healthy(&x) || slices.ContainsFunc(b.endpoints, func(e *endpoint) bool { return e.existing != nil && e.existing.ID == x.ID }) {
			continue
		}
		var rules []heldRule
		for _, id := range x.Groups {
			if g := b.net.Group(id); g != nil {
				rules = append(rules, held(g, Lit(id))...)
			}
		}
		if shut := b.blockedOthers(rules); len(shut) > 0 {
			out = append(out, Finding{Severity: Error, Resource: x.ID, Changes: []ID{dnsHostnamesID},
				Message: fmt.Sprintf("When the VPC's DNS attributes are on, the private DNS names of endpoint %s (%s) take effect. Its security groups block %s: %s.", inventory.Label(x.Name, x.ID), catalog.CodeOf(x.Service), count(len(shut), "network interface"), some(shut)),
				Fix:     "Allow TCP 443 from the VPC's addresses in one of its groups first."})
		}
	}
	return out
}

// activatesDNS reports whether the plan turns a DNS attribute of the VPC on. Then the private names of
// every endpoint in the VPC take effect.
func (b *builder) activatesDNS() bool {
	for _, id := range []ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Change(id); a != nil && a.Op == Modify {
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

func checkEgress(b *builder) []Finding {
	var out []Finding
	for _, src := range b.sources() {
		gs := b.groupsOf(src)
		if len(gs) == 0 {
			continue
		}
		for _, e := range b.interfaces() {
			if e.env != nil && !slices.ContainsFunc(src.groups, func(g string) bool { return slices.Contains(e.env.Groups, g) }) {
				continue // of another environment
			}
			to := b.blocksOf(e.subnets)
			rules := b.leaves(gs, to, literals(e.groups))
			if i := slices.IndexFunc(rules, b.unread); i >= 0 {
				out = append(out, Finding{Severity: Warn, Resource: rules[i].PrefixList, Changes: []ID{e.id},
					Message: fmt.Sprintf("Security group %s of the workload allows outbound TCP 443 by prefix list %s. The plan has not read the addresses of that list.", labels(gs), rules[i].PrefixList),
					Fix:     fmt.Sprintf("Make sure that the list contains %s.", strings.Join(to, ", "))})
				break
			}
			if len(rules) == 0 {
				out = append(out, Finding{Severity: Error, Resource: src.String(), Changes: []ID{e.id},
					Message: fmt.Sprintf("Security group %s of the workload does not allow outbound TCP 443 to the %s endpoint.", labels(gs), e.code),
					Fix:     fmt.Sprintf("Add outbound rules to it: TCP 443 to %s.", strings.Join(to, ", "))})
				break // the fix is the same for every endpoint
			}
		}
		if b.endpoint(gatewayS3) != nil && b.leavesToS3(gs) == nil {
			out = append(out, Finding{Severity: Error, Resource: src.String(), Changes: []ID{gatewayS3},
				Message: fmt.Sprintf("Security group %s of the workload does not allow outbound TCP 443 to Amazon S3, the source of %s.", labels(gs), b.fromS3()),
				Fix:     fmt.Sprintf("Add an outbound rule to it: TCP 443 to the prefix list %s.", cmp.Or(b.s3List(), "of Amazon S3"))})
		}
	}
	return out
}

// leavesToS3 returns the rule that allows outbound TCP 443 to Amazon S3; nil if none does.
func (b *builder) leavesToS3(gs []*inventory.SecurityGroup) *heldRule {
	list := b.s3List()
	for _, g := range gs {
		for _, r := range held(g, Lit(g.ID)) {
			if opens(r.GroupRule, true) && (list != "" && r.PrefixList == list || r.CIDR == "0.0.0.0/0") {
				return &r
			}
		}
	}
	return nil
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
	for _, p := range b.net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return p.ID
		}
	}
	return ""
}

func literals(vs []Value) []string {
	var out []string
	for _, v := range vs {
		if v.Lit != "" {
			out = append(out, v.Lit)
		}
	}
	return out
}

func checkACL(b *builder) []Finding {
	var out []Finding
	seen := map[string]bool{}
	for _, e := range b.interfaces() {
		for _, from := range b.clients {
			for _, to := range e.subnets {
				if why := b.aclBlocks(from, to); why != "" && !seen[why] {
					seen[why] = true
					out = append(out, Finding{Severity: Warn, Resource: from.ID, Changes: []ID{e.id}, Message: strings.ToUpper(why[:1]) + why[1:] + ".",
						Fix: "Allow TCP 443 to the endpoints' subnets and TCP 1024-65535 back, in the network ACLs of both subnets."})
				}
			}
		}
	}
	return append(out, b.aclsToS3()...)
}

// aclsToS3 checks the path to Amazon S3. A gateway endpoint leads there, but the addresses of Amazon
// S3 are public. A network ACL that allows only the VPC's own addresses blocks it.
func (b *builder) aclsToS3() []Finding {
	if b.endpoint(gatewayS3) == nil {
		return nil
	}
	const ephemeral, top = 32768, 60999 // the ephemeral ports of Linux
	blocks := b.s3Blocks()
	var out []Finding
	seen := map[string]bool{}
	for _, c := range b.clients {
		acl := b.net.ACLOf(c.ID)
		if acl == nil || c.CIDR == "" || seen[acl.ID] {
			continue
		}
		seen[acl.ID] = true
		judged, peers, word := acl, blocks, "denied"
		if len(peers) == 0 {
			// The addresses are not known. All must be allowed; an entry that denies some of them
			// may not affect Amazon S3.
			some := *acl
			some.Entries = slices.DeleteFunc(slices.Clone(acl.Entries), func(e inventory.ACLEntry) bool { return !e.Allow && !covers(e.CIDR, anywhere) })
			judged, peers, word = &some, []string{anywhere}, "not allowed for all addresses"
		}
		list := cmp.Or(b.s3List(), b.serviceName("s3"))
		for _, leg := range []struct {
			egress      bool
			first, last int
			text        string
		}{{true, port, port, "TCP 443 out of %s to Amazon S3"}, {false, ephemeral, top, "TCP 32768-60999 into %s from Amazon S3"}} {
			i := slices.IndexFunc(peers, func(p string) bool { _, ok := decide(judged, leg.egress, p, leg.first, leg.last); return !ok })
			if i < 0 {
				continue
			}
			n, _ := decide(judged, leg.egress, peers[i], leg.first, leg.last)
			out = append(out, Finding{Severity: Warn, Resource: c.ID, Changes: []ID{gatewayS3},
				Message: fmt.Sprintf("Network ACL %s, %s: %s is %s. The addresses of Amazon S3 are public (prefix list %s), even with the gateway endpoint, and %s come from there.",
					acl.ID, entryName(n), fmt.Sprintf(leg.text, inventory.Label(c.Name, c.ID)), word, list, b.fromS3()),
				Fix: fmt.Sprintf("Allow TCP 443 out to the address blocks of prefix list %s and TCP 1024-65535 back from them, or both for %s. Network ACLs cannot use prefix lists, so enter the address blocks.", list, anywhere)})
			break // the fix is the same for the response traffic
		}
	}
	return out
}

const anywhere = "0.0.0.0/0"

// s3Blocks returns the IPv4 addresses of Amazon S3 in the Region; none if they are not known.
func (b *builder) s3Blocks() []string {
	for _, p := range b.net.PrefixLists {
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

func checkZone(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		svc := b.inv.Service(e.service, catalog.Interface)
		if svc == nil || len(svc.Zones) == 0 {
			continue
		}
		if len(e.newSubnets) == 0 && e.existing == nil {
			out = append(out, Finding{Severity: Error, Resource: e.service, Changes: []ID{e.id},
				Message: fmt.Sprintf("%s is not available in the Availability Zones of the workload; it is available in %s.", e.service, strings.Join(svc.Zones, ", ")),
				Fix:     "Choose a subnet in one of those zones."})
		}
		var fit []string
		for _, s := range b.endpointSubnets {
			if slices.Contains(svc.Zones, s.Zone) {
				fit = append(fit, s.ID)
			}
		}
		for _, s := range e.newSubnets {
			if slices.Contains(svc.Zones, s.Zone) {
				continue
			}
			f := Finding{Severity: Error, Resource: s.ID, Changes: []ID{e.id},
				Message: fmt.Sprintf("%s is not available in Availability Zone %s of subnet %s; it is available in %s.", e.service, s.Zone, inventory.Label(s.Name, s.ID), strings.Join(svc.Zones, ", ")),
				Fix:     "Remove that subnet: its clients reach the endpoint in the other zones."}
			if len(fit) > 0 {
				f.Patch = &answers.Patch{Subnets: fit}
			}
			out = append(out, f)
		}
	}
	return out
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
	for _, s := range b.net.Subnets {
		if n := want[s.ID]; n > 0 && s.Free < n && !s.IPv6Only {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnet %s has %s left, and the plan needs %d.", inventory.Label(s.Name, s.ID), count(s.Free, "free address"), n),
				Fix:     "Choose another subnet of zone " + s.Zone + "."})
		}
	}
	return out
}

func checkIPType(b *builder) []Finding {
	var out []Finding
	want := b.ans.IPType()
	for _, e := range b.interfaces() {
		if e.existing != nil {
			continue
		}
		if svc := b.inv.Service(e.service, catalog.Interface); svc != nil && len(svc.IPTypes) > 0 {
			for _, family := range families(want) {
				if !slices.Contains(svc.IPTypes, family) {
					out = append(out, Finding{Severity: Error, Resource: e.service, Changes: []ID{e.id},
						Message: fmt.Sprintf("%s does not support address type %s; supported: %s.", e.service, want, strings.Join(svc.IPTypes, ", ")),
						Fix:     "Set ip_address_type in the answers file to a supported type."})
					break
				}
			}
		}
	}
	if !b.placing() {
		return out
	}
	for _, s := range b.endpointSubnets {
		v4, v6 := s.CIDR != "" && !s.IPv6Only, len(s.IPv6) > 0
		if want != answers.IPv4 && !v6 || want != answers.IPv6 && !v4 || want == answers.IPv6 && v4 {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnet %s does not support address type %s.", inventory.Label(s.Name, s.ID), want),
				Fix:     "ipv4 needs subnets with IPv4 addresses, dualstack subnets with both, ipv6 IPv6-only subnets."})
		}
	}
	return out
}

// families are the address families that a service must support for an address type.
func families(ipType string) []string {
	switch ipType {
	case answers.DualStack:
		return []string{"ipv4", "ipv6"}
	case answers.IPv6:
		return []string{"ipv6"}
	}
	return []string{"ipv4"}
}

func checkGatewayRoute(b *builder) []Finding {
	e, pl := b.endpoint(gatewayS3), b.s3List()
	if e == nil || pl == "" {
		return nil
	}
	var out []Finding
	for _, t := range b.net.RouteTables {
		if !slices.Contains(b.gatewayTables("s3"), t.ID) {
			continue
		}
		for _, r := range t.Routes {
			known := slices.ContainsFunc(b.net.Endpoints, func(x inventory.Endpoint) bool { return x.ID == r.Target && healthy(&x) })
			if r.PrefixList == pl && !known {
				out = append(out, Finding{Severity: Error, Resource: t.ID, Changes: []ID{e.id},
					Message: fmt.Sprintf("Route table %s already routes Amazon S3 (%s) to %s, which is not a usable endpoint of this VPC.", inventory.Label(t.Name, t.ID), pl, r.Target),
					Fix:     "Remove that route first: a route table accepts one endpoint route per service."})
			}
		}
	}
	return out
}

// checkClients reports workloads outside the client subnets. If the answers give only the endpoints'
// subnets, these count as the client subnets. The route table, the internet access and the addresses
// of a workload in another subnet are then not checked.
func checkClients(b *builder) []Finding {
	if len(b.ans.Clients) > 0 || len(b.ans.Subnets) == 0 || len(b.endpoints) == 0 {
		return nil
	}
	var who, where, runsIn []string
	looked := map[string]bool{}
	look := func(name string, subnets []string) {
		missed := false
		for _, id := range subnets {
			sub := b.net.Subnet(id)
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
	for _, svc := range b.services {
		look("service "+svc.Name, svc.Subnets)
	}
	for _, e := range b.environments {
		look("compute environment "+e.Name, e.Subnets)
	}
	for _, e := range b.airflows {
		look("environment "+e.Name, e.Subnets)
	}
	for _, r := range b.runners {
		look("", r.subnets)
		runsIn = append(append(runsIn, r.subnets...), r.groups...)
	}
	if len(who) == 0 {
		return nil
	}
	runsIn = slices.DeleteFunc(unique(runsIn), func(id string) bool { return b.net.Subnet(id) == nil && b.net.Group(id) == nil })
	who = unique(who)
	verb := "run"
	if len(who) == 1 {
		verb = "runs"
	}
	names := upTo(who, 3)
	return []Finding{{Rule: "G-GWROUTE", Severity: Error, Resource: upTo(where, 3), Patch: &answers.Patch{Clients: runsIn},
		Message: fmt.Sprintf("%s%s %s in subnets that are not among the clients: %s. The answers have no clients, so the endpoints' subnets are used. In other subnets the wizard checks no S3 route, internet access or security group.",
			strings.ToUpper(names[:1]), names[1:], verb, upTo(where, 3)),
		Fix: "Select the subnets where the workload runs on the screen Workload subnets (answers file: clients): " + upTo(runsIn, 8) + "."}}
}

// fromOutside are the kinds of target that connect other networks to the VPC.
var fromOutside = map[string]string{"tgw": "transit gateway", "vgw": "virtual private gateway", "pcx": "VPC peering"}

func checkGatewayReach(b *builder) []Finding {
	var out []Finding
	for _, e := range b.endpoints {
		if e.typ != catalog.Gateway || e.id != ID("endpoint/"+e.code) { // the first finding for a service covers all of it
			continue
		}
		tables := b.gatewayTables(e.code)
		var ways []string
		for _, t := range b.net.RouteTables {
			for _, r := range t.Routes {
				kind, _, _ := strings.Cut(r.Target, "-")
				if what := fromOutside[kind]; what != "" && !r.Blackhole && slices.Contains(tables, t.ID) {
					ways = append(ways, what+" "+r.Target)
				}
			}
		}
		if len(ways) > 0 {
			slices.Sort(ways)
			out = append(out, Finding{Severity: Warn, Resource: b.vpc.ID, Changes: []ID{e.id},
				Message: fmt.Sprintf("The VPC is connected to other networks (%s). The %s gateway endpoint serves this VPC only: clients in those networks cannot use it.", upTo(slices.Compact(ways), 3), e.code),
				Fix:     "Nothing to do for this workload. Clients outside the VPC need an interface endpoint or another path to the service."})
		}
	}
	return out
}

func checkGatewayDNS(b *builder) []Finding {
	amazon := len(b.net.DomainServers) == 0 || slices.Contains(b.net.DomainServers, "AmazonProvidedDNS")
	if b.net.DNSSupport && b.net.DNSHostnames || !amazon || b.p.Change(dnsSupportID) != nil {
		return nil // on, not used, or fixed by the plan
	}
	for _, e := range b.endpoints {
		if e.typ == catalog.Gateway {
			return []Finding{{Severity: Warn, Resource: b.vpc.ID, Changes: []ID{e.id},
				Message: "DNS support or DNS hostnames of the VPC is off. With the Amazon-provided DNS server, a gateway endpoint needs both.",
				Fix:     "Turn both on (answers file: private_dns: true adds it to a plan that creates interface endpoints)."}}
		}
	}
	return nil
}

func checkS3Interface(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Verdict) bool { return w.Needed && strings.HasPrefix(w.Code, "ecr.") })
	name := catalog.Entry{Code: "s3", Type: catalog.Interface, China: true}.ServiceName(b.partition(), b.ans.Region)
	var out []Finding
	for _, x := range b.net.Endpoints {
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
	if a == nil || a.Op == Keep {
		return nil
	}
	e := b.endpoint(gatewayS3)
	live := 0
	for _, i := range b.inUse {
		if t := b.net.RouteTableOf(i.Subnet); t != nil && slices.Contains(e.newTables, t.ID) && b.egressOfID(i.Subnet) != catalog.Closed {
			live++
		}
	}
	if live == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(e.newTables, ", "), Changes: []ID{gatewayS3},
		Message: fmt.Sprintf("%s in these subnets may have open connections to Amazon S3. Adding the route interrupts them, and Amazon S3 then sees private source addresses.", count(live, "network interface")),
		Fix:     "Apply the plan when an interruption is acceptable. Check bucket policies for aws:SourceIp (use aws:VpcSourceIp instead)."}}
}

func (b *builder) egressOfID(subnet string) catalog.Egress {
	if s := b.net.Subnet(subnet); s != nil {
		return b.egressOf(s)
	}
	return catalog.Maybe
}
