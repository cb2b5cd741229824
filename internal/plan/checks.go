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

// check runs every check and sorts the findings, the gravest first.
func (b *builder) check() {
	for _, c := range slices.Concat(checks, airflowChecks, wayChecks) {
		if c.find == nil { // another one speaks for it
			continue
		}
		for _, f := range c.find(b) {
			f.Rule = cmp.Or(f.Rule, c.id)
			b.p.Findings = append(b.p.Findings, f)
		}
	}
	slices.SortStableFunc(b.p.Findings, func(x, y Finding) int { return severityOrder[x.Severity] - severityOrder[y.Severity] })
}

// interfaces are the interface endpoints that the plan leaves behind.
func (b *builder) interfaces() []*end {
	return slices.DeleteFunc(slices.Clone(b.ends), func(e *end) bool { return e.typ != catalog.Interface })
}

// rulesOf are the rules of an endpoint's groups as they will be.
func (b *builder) rulesOf(e *end) []heldRule {
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

// neededGaps are the reads without which nothing can be said, and what they hide.
var neededGaps = map[string]string{
	"ec2:DescribeVpcs":                "which VPCs there are",
	"ec2:DescribeVpcAttribute":        "whether the VPC's DNS attributes are on (G-DNSATTR)",
	"ec2:DescribeSubnets":             "the subnets, their zones and free addresses (G-ONESUBAZ, G-AZSUP, G-IPFREE)",
	"ec2:DescribeRouteTables":         "where the subnets' routes lead (G-GWDUP, G-GWROUTE)",
	"ec2:DescribeSecurityGroups":      "what the security groups admit (G-SG443, G-SHUTOUT)",
	"ec2:DescribeVpcEndpoints":        "which endpoints exist, so that none is made twice (G-DNSCONFLICT, G-STATE, G-OWNED)",
	"ec2:DescribeVpcEndpointServices": "which endpoint services the Region has (G-SVCEXISTS, G-AZSUP)",
	"ec2:DescribeNetworkInterfaces":   "what else runs in the VPC and could be shut out (G-SHUTOUT)",
	"route53:ListHostedZonesByVPC":    "which private hosted zones answer in the VPC (G-DNSCONFLICT)",
	"ec2:DescribeNatGateways":         "whether the subnets have a way out (E-DOCKERHUB)",
}

// Reads without which it is not known what tasks or jobs need and which registries
// they pull from.
var (
	taskGaps = []string{"ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition"}
	jobGaps  = []string{"batch:DescribeComputeEnvironments", "batch:DescribeJobDefinitions"}
)

// instanceGaps hide on which hosts ECS agents run.
var instanceGaps = []string{"ecs:ListClusters", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"}

// workloadGaps are those of the two that the workload is about.
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
		f := Finding{Resource: g.Call, Severity: Info, Fix: "Allow " + g.Call + " for " + cmp.Or(b.inv.Caller, "the caller") + ", or have somebody with that permission run this."}
		hides, ok := neededGaps[g.Call]
		switch {
		case ok:
			f.Severity = Error
		case slices.Contains(b.workloadGaps(), g.Call) && b.readWhole():
			hides = "other services than " + b.ans.Service
		case slices.Contains(airflowGaps, g.Call):
			hides, f.Severity = b.airflowHidden(g.Call)
		case slices.Contains(b.workloadGaps(), g.Call):
			hides = "what the tasks use and where their images come from (E-ECRPAIR, E-SECRETS, E-LOGS, E-DOCKERHUB)"
			f.Severity = Warn
			if b.ans.Needs == nil {
				f.Severity = Error
				f.Fix += " Or say what the tasks use under needs."
			}
		case slices.Contains(instanceGaps, g.Call) && b.threeWanted():
			hides = "the container instances in the VPC, whose ECS agents these endpoints concern (E-ORDER, E-RESTART, E-AGENT1251)"
			f.Severity = Warn
			if b.ans.Workload.EC2() {
				f.Severity = Error
			}
		case b.ans.Airflow.WayIn == answers.ByBastion && slices.Contains(bastionGaps, g.Call):
			hides, f.Severity = "whether what the bastion takes, and the bastion itself, are there already (W-BASTION)", Warn
		case g.Call == "ec2:DescribeInstances", g.Call == "ec2:DescribeImages", strings.HasPrefix(g.Call, "ssm:"):
			hides = "how the ECS agents can be restarted (E-RESTART); the commands are shown instead"
		case strings.HasPrefix(g.Call, "servicequotas:"):
			hides = "the account's own quotas, for which AWS's defaults stand (Q-IF, Q-GW, Q-SG)"
		case strings.HasPrefix(g.Call, "iam:"):
			hides = "whether the execution roles have conditions that do not fit the endpoints (E-ECRCOND)"
		case g.Call == "ec2:DescribeDhcpOptions":
			hides, f.Severity = "which resolver the VPC uses (G-R53DNS)", Warn
		case g.Call == "ec2:DescribeNetworkAcls":
			hides, f.Severity = "whether network ACLs let the traffic pass (G-NACL)", Warn
		case g.Call == "ecs:DescribeClusters" && b.ans.Needs == nil && slices.ContainsFunc(b.services, func(svc inventory.Service) bool { return svc.Exec }):
			hides, f.Severity = "whether ECS Exec sessions use a KMS key (E-EXECKMS)", Error
			f.Fix += " Or say what the tasks use under needs."
		case g.Call == "ec2:DescribeInternetGateways", g.Call == "ec2:DescribePrefixLists", g.Call == "ecs:DescribeClusters":
			hides = "details that no rule stops on"
		default:
			hides = "part of the account"
		}
		f.Message = fmt.Sprintf("%s was denied (%s%s). It would have shown %s.", g.Call, g.Code, requestText(g.RequestID), hides)
		if g.Code == inventory.NotAllRead {
			f.Severity, f.Fix = Warn, "Say under needs what the rest uses."
			f.Message = fmt.Sprintf("%s: %s", g.Call, g.Message)
		}
		out = append(out, f)
	}
	return out
}

// readWhole tells whether a service was named and could be read with what it runs,
// so that what other clusters hide does not matter.
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
	rows := map[string][]ID{} // that touch a subnet
	for _, e := range b.ends {
		touched := e.newPlace
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
			out = append(out, Finding{Severity: Block, Resource: s.ID, Rows: rows[s.ID],
				Message: fmt.Sprintf("Subnet %s is shared by account %s. Participants cannot create, change or see endpoints in it.", inventory.Label(s.Name, s.ID), s.Owner),
				Fix:     fmt.Sprintf("Have account %s write a snapshot (wizard snapshot --out FILE), make the plan from it with --snapshot FILE, and run it there. That account does not see your services, so name clients and needs in the answers.", s.Owner)})
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
		if !w.Needed || w.Code == "batch" && slices.Contains(noBatch, b.ans.Region) { // G-BATCHREG speaks
			continue
		}
		entry, name := catalog.Lookup(w.Code), b.serviceName(w.Code)
		if b.inv.Service(name, entry.Type) != nil {
			continue
		}
		f := Finding{Severity: Block, Resource: name, Message: fmt.Sprintf("%s has no %s endpoint service %s.", b.ans.Region, strings.ToLower(entry.Type), name),
			Fix: "Take it out of the needs, or let that traffic out another way (NAT gateway)."}
		if slices.Contains(b.ans.Extra, w.Code) {
			f.Fix = "Take " + w.Code + " out of extra, or correct its spelling: the code is what follows the Region in the service name."
		}
		out = append(out, f.on(b, w.Code))
	}
	return out
}

// noBatch are the Regions in which AWS Batch has no interface endpoint, says its
// user guide; the Region's own list decides.
var noBatch = []string{"ap-northeast-3", "ap-southeast-3"}

func checkBatchRegion(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Want) bool { return w.Code == "batch" && w.Needed })
	if !wanted || !slices.Contains(noBatch, b.ans.Region) {
		return nil
	}
	f := Finding{Severity: Block, Resource: b.serviceName("batch"), Message: "AWS Batch has no interface endpoint in " + b.ans.Region + ".",
		Fix: "Take workload-api out of the needs: jobs do not need it. Code that calls the AWS Batch API needs another way out."}
	if b.inv.Service(b.serviceName("batch"), catalog.Interface) != nil {
		f.Severity, f.Fix = Info, ""
		f.Message = "The AWS Batch user guide says that there is no interface endpoint in " + b.ans.Region + ", but the Region lists one; the plan goes by the list."
	}
	return []Finding{f.on(b, "batch")}
}

// on names the row of an endpoint, if there is one.
func (f Finding) on(b *builder, code string) Finding {
	if id := ID("endpoint/" + code); b.p.Action(id) != nil {
		f.Rows = []ID{id}
	}
	return f
}

func checkOwned(b *builder) []Finding {
	var out []Finding
	for _, e := range b.ends {
		if e.owned && e.changed {
			out = append(out, Finding{Severity: Block, Resource: e.existing.ID, Rows: []ID{e.id},
				Message: fmt.Sprintf("%s for %s was made by an AWS service and cannot be changed, but it lacks what this workload needs.", e.existing.ID, e.code),
				Fix:     "Have the service that made it change it, or take the need out."})
		}
	}
	return out
}

func checkState(b *builder) []Finding {
	var out []Finding
	for _, x := range b.net.Endpoints {
		i := slices.IndexFunc(b.ends, func(e *end) bool { return e.service == x.Service && strings.EqualFold(e.typ, x.Type) })
		if i < 0 || healthy(&x) {
			continue
		}
		e := b.ends[i]
		why := ""
		if x.LastError != "" {
			why = " AWS says: " + x.LastError + "."
		}
		f := Finding{Severity: Error, Resource: x.ID, Rows: []ID{e.id}, Fix: "Delete it once you know why, then look again.",
			Message: fmt.Sprintf("Endpoint %s for %s is in state %s and is not used.%s", x.ID, e.code, x.State, why)}
		if x.State == "deleting" {
			f.Fix = "Wait until it is gone, then look again."
		}
		if e.typ == catalog.Interface {
			f.Fix += " Its private names can stand in the way of a new one."
		}
		in := b.routesTo(x.ID, b.gatewayTables(e.code))
		switch {
		case len(in) > 0: // AWS refuses a second route while that one is there
			f.Message += " Its route still stands in " + strings.Join(in, ", ") + "."
		case e.existing != nil: // another one serves
			f.Severity = Info
		case e.typ == catalog.Gateway && x.State == "deleting":
			f.Severity, f.Fix = Info, "Nothing to do: the plan makes a new one, and that one goes by itself."
		}
		out = append(out, f)
	}
	return out
}

// routesTo are those of the route tables that route something to a target.
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
			out = append(out, Finding{Severity: Error, Resource: z.ID, Rows: []ID{e.id},
				Message: fmt.Sprintf("Private hosted zone %s (%s, owned by %s) already answers for %s in this VPC, so the %s endpoint cannot have its private DNS name. Perhaps the zone leads to an endpoint elsewhere, and the workload has its path already.", z.ID, z.Name, cmp.Or(z.Owner, "an unknown account"), z.Name, e.code),
				Fix:     "See where the zone's records lead. To use an endpoint of this VPC instead, take the VPC out of the zone first."})
		}
		for _, x := range b.net.Endpoints {
			same := x.Service == e.service || svc != nil && slices.ContainsFunc(svc.PrivateNames, func(n string) bool { return slices.Contains(x.DNSNames, n) })
			if !x.PrivateDNS || !same || x.State == "deleted" || e.existing != nil && x.ID == e.existing.ID {
				continue
			}
			f := Finding{Severity: Error, Resource: x.ID, Rows: []ID{e.id},
				Message: fmt.Sprintf("Endpoint %s (%s) already holds the private DNS name of %s in this VPC, and only one can.", inventory.Label(x.Name, x.ID), x.State, e.code),
				Fix:     "Use that endpoint or turn its private DNS off first; without private DNS here (private_dns: false) callers must name the endpoint's own address."}
			if x.State == "deleting" { // it frees the name by itself, and to do without the name would outlast it
				f.Patch, f.Fix = nil, "Wait until it is gone, which frees the name, then look again."
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
			return []Finding{{Severity: Error, Resource: e.service, Rows: []ID{e.id}, Patch: &answers.Patch{PrivateDNS: &on},
				Message: "The ecr.dkr endpoint is without private DNS. Image names point to the registry's default name, so no pull would find it.",
				Fix:     "Turn private DNS on (private_dns: true)."}}
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
		f := Finding{Severity: Info, Resource: e.service, Rows: []ID{e.id},
			Message: fmt.Sprintf("The %s endpoint is without private DNS: callers must be given its own address (--endpoint-url).", e.code)}
		if catalog.Lookup(e.code).Clients {
			f.Severity, f.Patch = Error, &answers.Patch{PrivateDNS: &on}
			f.Message = fmt.Sprintf("The %s endpoint is without private DNS. Its clients use the default name, so nothing would use the endpoint.", e.code)
			f.Fix = "Turn private DNS on (private_dns: true)."
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
		Message: fmt.Sprintf("The VPC's DHCP options name the resolvers %s. Only the Amazon resolver answers with the endpoints' private addresses.", strings.Join(b.net.DomainServers, ", ")),
		Fix:     "Have them forward " + catalog.DNSSuffix(b.partition()) + " to the VPC's resolver (the VPC's first address plus two (VPC+2), or a Route 53 Resolver inbound endpoint)."}}
}

func checkAdmits(b *builder) []Finding {
	var out []Finding
	for _, e := range b.interfaces() {
		if e.env != nil { // which W-SG and its own row speak of
			continue
		}
		if missing := b.unadmitted(b.rulesOf(e)); len(missing) > 0 {
			out = append(out, Finding{Severity: Error, Resource: groupNames(e.groups), Rows: []ID{e.id}, Patch: &answers.Patch{AdmitVPC: true},
				Message: fmt.Sprintf("The security groups of the %s endpoint do not admit TCP 443 from %s, so the workload would wait for it in vain.", e.code, strings.Join(missing, ", ")),
				Fix:     "Let the plan make a group (leave security_groups out), or pick one that admits them."})
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
		shut := b.shutOut(b.rulesOf(e))
		if len(shut) == 0 {
			continue
		}
		f := Finding{Severity: Error, Resource: groupNames(e.groups), Rows: []ID{e.id}, Patch: &answers.Patch{AdmitVPC: true},
			Message: fmt.Sprintf("Private DNS sends the whole VPC to the %s endpoint, but its groups shut out %s of others: %s.", e.code, count(len(shut), "network interface"), some(shut)),
			Fix:     "Admit the VPC's addresses on TCP 443: leave security_groups out, and the plan's own group does."}
		if e.existing != nil && e.existing.PrivateDNS && !b.wakesDNS() { // it is so already, whatever we do
			f.Severity = Warn
			f.Message = fmt.Sprintf("The %s endpoint that is there shuts out %s of others: %s.", e.code, count(len(shut), "network interface"), some(shut))
			f.Patch = nil
			f.Fix = "Admit the VPC's addresses on TCP 443 in one of its groups."
		}
		out = append(out, f)
	}
	if !b.wakesDNS() {
		return out
	}
	for _, x := range b.net.Endpoints { // private names that sleep so far, of endpoints that the plan leaves alone
		if !x.PrivateDNS || !healthy(&x) || slices.ContainsFunc(b.ends, func(e *end) bool { return e.existing != nil && e.existing.ID == x.ID }) {
			continue
		}
		var rules []heldRule
		for _, id := range x.Groups {
			if g := b.net.Group(id); g != nil {
				rules = append(rules, held(g, Lit(id))...)
			}
		}
		if shut := b.shutOut(rules); len(shut) > 0 {
			out = append(out, Finding{Severity: Error, Resource: x.ID, Rows: []ID{dnsHostnamesID},
				Message: fmt.Sprintf("Turning the VPC's DNS attributes on wakes the private DNS names of endpoint %s (%s), whose groups shut out %s: %s.", inventory.Label(x.Name, x.ID), catalog.CodeOf(x.Service), count(len(shut), "network interface"), some(shut)),
				Fix:     "Admit the VPC's addresses on TCP 443 in one of its groups first."})
		}
	}
	return out
}

// wakesDNS tells whether the plan turns a DNS attribute of the VPC on, which gives
// effect to the private names of every endpoint in it.
func (b *builder) wakesDNS() bool {
	for _, id := range []ID{dnsSupportID, dnsHostnamesID} {
		if a := b.p.Action(id); a != nil && a.Op == Modify {
			return true
		}
	}
	return false
}

// some names up to three interfaces.
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
				out = append(out, Finding{Severity: Warn, Resource: rules[i].PrefixList, Rows: []ID{e.id},
					Message: fmt.Sprintf("Security group %s of the workload lets TCP 443 out by prefix list %s, whose addresses are not read here.", labels(gs), rules[i].PrefixList),
					Fix:     fmt.Sprintf("See that the list holds %s.", strings.Join(to, ", "))})
				break
			}
			if len(rules) == 0 {
				out = append(out, Finding{Severity: Error, Resource: src.String(), Rows: []ID{e.id},
					Message: fmt.Sprintf("Security group %s of the workload lets no TCP 443 out to the %s endpoint.", labels(gs), e.code),
					Fix:     fmt.Sprintf("Add outbound rules to it: TCP 443 to %s.", strings.Join(to, ", "))})
				break // the fix is the same for every endpoint
			}
		}
		if b.end(gatewayS3) != nil && b.leavesToS3(gs) == nil {
			out = append(out, Finding{Severity: Error, Resource: src.String(), Rows: []ID{gatewayS3},
				Message: fmt.Sprintf("Security group %s of the workload lets no TCP 443 out to Amazon S3, where %s come from.", labels(gs), b.fromS3()),
				Fix:     fmt.Sprintf("Add an outbound rule to it: TCP 443 to the prefix list %s.", cmp.Or(b.s3List(), "of Amazon S3"))})
		}
	}
	return out
}

// leavesToS3 finds the rule that lets TCP 443 out to Amazon S3; nil if none does.
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

// s3List is the id of Amazon S3's prefix list in the Region; empty if not known.
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
					out = append(out, Finding{Severity: Warn, Resource: from.ID, Rows: []ID{e.id}, Message: strings.ToUpper(why[:1]) + why[1:] + ".",
						Fix: "Allow TCP 443 towards the endpoints' subnets and TCP 1024-65535 back, in the ACLs of both sides."})
				}
			}
		}
	}
	return append(out, b.aclsToS3()...)
}

// aclsToS3 judges the way to Amazon S3, whose addresses are public although a gateway
// endpoint leads there. An ACL of the VPC's own addresses only lets nothing of it pass.
func (b *builder) aclsToS3() []Finding {
	if b.end(gatewayS3) == nil {
		return nil
	}
	const ephemeral, top = 32768, 60999 // what Linux answers to
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
			// Which addresses they are is not known: all must be allowed, and to deny
			// some of them says nothing of Amazon S3.
			some := *acl
			some.Entries = slices.DeleteFunc(slices.Clone(acl.Entries), func(e inventory.ACLEntry) bool { return !e.Allow && !covers(e.CIDR, anywhere) })
			judged, peers, word = &some, []string{anywhere}, "not allowed for all addresses"
		}
		list := cmp.Or(b.s3List(), b.serviceName("s3"))
		for _, leg := range []struct {
			egress      bool
			first, last int
			says        string
		}{{true, port, port, "TCP 443 out of %s to Amazon S3"}, {false, ephemeral, top, "TCP 32768-60999 into %s from Amazon S3"}} {
			i := slices.IndexFunc(peers, func(p string) bool { _, ok := decide(judged, leg.egress, p, leg.first, leg.last); return !ok })
			if i < 0 {
				continue
			}
			n, _ := decide(judged, leg.egress, peers[i], leg.first, leg.last)
			out = append(out, Finding{Severity: Warn, Resource: c.ID, Rows: []ID{gatewayS3},
				Message: fmt.Sprintf("Network ACL %s, %s: %s is %s. Its addresses are public (prefix list %s), also by way of the gateway endpoint, and %s come from there.",
					acl.ID, entryName(n), fmt.Sprintf(leg.says, inventory.Label(c.Name, c.ID)), word, list, b.fromS3()),
				Fix: fmt.Sprintf("Allow TCP 443 out to the address blocks of prefix list %s and TCP 1024-65535 back from them, or both for %s. Network ACLs cannot name prefix lists, so name the blocks.", list, anywhere)})
			break // the fix is the same for the way back
		}
	}
	return out
}

const anywhere = "0.0.0.0/0"

// s3Blocks are the IPv4 addresses of Amazon S3 in the Region; none if not known.
func (b *builder) s3Blocks() []string {
	for _, p := range b.net.PrefixLists {
		if p.Name == b.serviceName("s3") {
			return slices.DeleteFunc(slices.Clone(p.CIDRs), func(c string) bool { return strings.Contains(c, ":") })
		}
	}
	return nil
}

// placing tells whether an endpoint gets an interface where it has none; if none does,
// it does not matter what the chosen subnets are like.
func (b *builder) placing() bool {
	return slices.ContainsFunc(b.ends, func(e *end) bool { return len(e.newPlace) > 0 })
}

func checkOneSubnet(b *builder) []Finding {
	if !b.placing() {
		return nil
	}
	var out []Finding
	var first []string
	by := map[string]*inventory.Subnet{}
	for _, s := range b.places {
		if o := by[s.Zone]; o != nil {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnets %s and %s are both in zone %s. An endpoint takes one subnet of a zone.", inventory.Label(o.Name, o.ID), inventory.Label(s.Name, s.ID), s.Zone),
				Fix:     "Keep one of them; its interface serves the whole zone."})
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
		if len(e.newPlace) == 0 && e.existing == nil {
			out = append(out, Finding{Severity: Error, Resource: e.service, Rows: []ID{e.id},
				Message: fmt.Sprintf("%s is in none of the workload's zones; it is in %s.", e.service, strings.Join(svc.Zones, ", ")),
				Fix:     "Choose a subnet in one of those zones."})
		}
		var fit []string
		for _, s := range b.places {
			if slices.Contains(svc.Zones, s.Zone) {
				fit = append(fit, s.ID)
			}
		}
		for _, s := range e.newPlace {
			if slices.Contains(svc.Zones, s.Zone) {
				continue
			}
			f := Finding{Severity: Error, Resource: s.ID, Rows: []ID{e.id},
				Message: fmt.Sprintf("%s is not in zone %s of subnet %s; it is in %s.", e.service, s.Zone, inventory.Label(s.Name, s.ID), strings.Join(svc.Zones, ", ")),
				Fix:     "Leave that subnet out: clients there reach the endpoint in the other zones."}
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
	return []Finding{{Severity: Warn, Resource: b.vpc.ID, Message: "One zone only: " + strings.Join(lone, ", ") + ". If that zone fails, every client loses the service; traffic from other zones costs extra.",
		Fix: "Choose subnets in two zones or more."}}
}

func checkFree(b *builder) []Finding {
	want := map[string]int{}
	for _, e := range b.interfaces() {
		for _, s := range e.newPlace {
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
					out = append(out, Finding{Severity: Error, Resource: e.service, Rows: []ID{e.id},
						Message: fmt.Sprintf("%s does not support address type %s; it supports %s.", e.service, want, strings.Join(svc.IPTypes, ", ")),
						Fix:     "Set ip_address_type to one that it supports."})
					break
				}
			}
		}
	}
	if !b.placing() {
		return out
	}
	for _, s := range b.places {
		v4, v6 := s.CIDR != "" && !s.IPv6Only, len(s.IPv6) > 0
		if want != answers.IPv4 && !v6 || want != answers.IPv6 && !v4 || want == answers.IPv6 && v4 {
			out = append(out, Finding{Severity: Error, Resource: s.ID,
				Message: fmt.Sprintf("Subnet %s does not fit address type %s.", inventory.Label(s.Name, s.ID), want),
				Fix:     "ipv4 needs subnets with IPv4 addresses, dualstack with both kinds, ipv6 IPv6-only ones."})
		}
	}
	return out
}

// families are what a service must support for an address type.
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
	e, pl := b.end(gatewayS3), b.s3List()
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
				out = append(out, Finding{Severity: Error, Resource: t.ID, Rows: []ID{e.id},
					Message: fmt.Sprintf("Route table %s already routes Amazon S3 (%s) to %s, which is no endpoint of this VPC that can be used.", inventory.Label(t.Name, t.ID), pl, r.Target),
					Fix:     "Remove that route first: a table takes one endpoint route for a service."})
			}
		}
	}
	return out
}

// checkClients tells where the workload runs outside what counts as the clients: where
// only the endpoints' subnets are named, these do, and whatever runs elsewhere would
// have neither its route table nor its way out nor its addresses looked at.
func checkClients(b *builder) []Finding {
	if len(b.ans.Clients) > 0 || len(b.ans.Subnets) == 0 || len(b.ends) == 0 {
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
			} else if name == "" { // told of what is known by name
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
		Message: fmt.Sprintf("%s%s %s in subnets that are not among the clients: %s. The answers name no clients, so the endpoints' subnets count as them, and elsewhere neither the S3 route nor the way out nor what is admitted is looked at.",
			strings.ToUpper(names[:1]), names[1:], verb, upTo(where, 3)),
		Fix: "Name under clients where the workload runs: " + upTo(runsIn, 8) + "."}}
}

// fromOutside are the kinds of target by which other networks reach the VPC.
var fromOutside = map[string]string{"tgw": "transit gateway", "vgw": "virtual private gateway", "pcx": "VPC peering"}

func checkGatewayReach(b *builder) []Finding {
	var out []Finding
	for _, e := range b.ends {
		if e.typ != catalog.Gateway || e.id != ID("endpoint/"+e.code) { // the first of a service speaks for all of it
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
			out = append(out, Finding{Severity: Warn, Resource: b.vpc.ID, Rows: []ID{e.id},
				Message: fmt.Sprintf("The VPC is joined to other networks (%s). The %s gateway endpoint serves this VPC only: what comes from there cannot use it.", upTo(slices.Compact(ways), 3), e.code),
				Fix:     "Nothing to do for this workload. Clients outside the VPC need an interface endpoint or another way to the service."})
		}
	}
	return out
}

func checkGatewayDNS(b *builder) []Finding {
	amazon := len(b.net.DomainServers) == 0 || slices.Contains(b.net.DomainServers, "AmazonProvidedDNS")
	if b.net.DNSSupport && b.net.DNSHostnames || !amazon || b.p.Action(dnsSupportID) != nil {
		return nil // on, not used, or put right by rows
	}
	for _, e := range b.ends {
		if e.typ == catalog.Gateway {
			return []Finding{{Severity: Warn, Resource: b.vpc.ID, Rows: []ID{e.id},
				Message: "DNS support or DNS hostnames of the VPC is off. With the Amazon resolver, a gateway endpoint wants both on.",
				Fix:     "Turn both on (private_dns: true makes it part of the plan where interface endpoints are made)."}}
		}
	}
	return nil
}

func checkS3Interface(b *builder) []Finding {
	wanted := slices.ContainsFunc(b.verdicts, func(w catalog.Want) bool { return w.Needed && strings.HasPrefix(w.Code, "ecr.") })
	name := catalog.Entry{Code: "s3", Type: catalog.Interface, China: true}.ServiceName(b.partition(), b.ans.Region)
	var out []Finding
	for _, x := range b.net.Endpoints {
		if wanted && x.Service == name && x.Type == catalog.Interface && x.PrivateDNS && !x.InboundOnly && healthy(&x) {
			f := Finding{Severity: Warn, Resource: x.ID,
				Message: fmt.Sprintf("Interface endpoint %s takes the name of Amazon S3 in the whole VPC. Amazon ECR fetches image layers from there; the user guide of Amazon ECS says that an interface endpoint of Amazon S3 cannot be used for that, that of Amazon ECR lets it be.", inventory.Label(x.Name, x.ID)),
				Fix:     "Let its private DNS answer for inbound resolver endpoints only (PrivateDnsOnlyForInboundResolverEndpoint), so that the VPC goes by the gateway."}
			out = append(out, f.on(b, "s3"))
		}
	}
	return out
}

func checkGatewayCut(b *builder) []Finding {
	a := b.p.Action(gatewayS3)
	if a == nil || a.Op == Keep {
		return nil
	}
	e := b.end(gatewayS3)
	live := 0
	for _, i := range b.inUse {
		if t := b.net.RouteTableOf(i.Subnet); t != nil && slices.Contains(e.newTables, t.ID) && b.egressOfID(i.Subnet) != catalog.Closed {
			live++
		}
	}
	if live == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(e.newTables, ", "), Rows: []ID{gatewayS3},
		Message: fmt.Sprintf("%s in these subnets may have connections to Amazon S3 open; they drop when the route appears, and Amazon S3 then sees private source addresses.", count(live, "network interface")),
		Fix:     "Do it when a dropped connection does no harm, and look for bucket policies with aws:SourceIp (use aws:VpcSourceIp)."}}
}

func (b *builder) egressOfID(subnet string) catalog.Egress {
	if s := b.net.Subnet(subnet); s != nil {
		return b.egressOf(s)
	}
	return catalog.Maybe
}
