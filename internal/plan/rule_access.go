package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// accessChecks are the rules for access to a private web server that create findings.
var accessChecks = []check{
	{"W-WORLD", "An access method should not be open to the whole internet unless this is intended.", checkWorld},
	{"W-IP2", "A load balancer should have both addresses of the web server as targets.", eachBy(answers.ByLoadBalancer, (*builder).accessAddresses)},
	{"W-IPDRIFT", "Targets must be the current addresses of the endpoint.", eachBy(answers.ByLoadBalancer, (*builder).balancerDrift)},
	{"W-MATCH", "The target group must accept 302 as healthy.", eachBy(answers.ByLoadBalancer, (*builder).balancerMatch)},
	{"W-LISTEN", "The listener must use HTTPS 443 with the chosen certificate and forward to the target group.", eachBy(answers.ByLoadBalancer, (*builder).balancerListens)},
	{"W-ACMREG", "The certificate must be in ACM in the environment's Region, issued, and for the domain.", eachAccess((*builder).accessCertificates)},
	{"W-CVPNCIDR", "The client addresses of a Client VPN must be a block of /12 to /22 that does not overlap the VPC.", eachBy(answers.ByClientVPN, (*builder).vpnAddresses)},
	{"W-CVPNKEY", "The certificates of a Client VPN must have RSA keys of at most 2048 bits.", eachBy(answers.ByClientVPN, (*builder).vpnKeys)},
	{"W-CERT", "A certificate from files must be complete, valid and match its key.", eachBy(answers.ByLoadBalancer, (*builder).certificateFiles)},
	{"W-BASEURL", "Airflow should know its new host name.", eachBy(answers.ByLoadBalancer, (*builder).balancerBaseURL)},
	{"W-ALBSCHEME", "A load balancer must have subnets in two Availability Zones. It is internal by default; an internet-facing one needs public subnets.", eachBy(answers.ByLoadBalancer, (*builder).balancerPlace)},
	{"W-BASTION", "People must be able to reach the subnet of a bastion, and its key pair or instance profile must exist.", eachBy(answers.ByBastion, (*builder).bastionFits)},
	{"", "Network ACLs must allow a bastion to reach the web server.", eachBy(answers.ByBastion, (*builder).bastionACL)},    // for W-NACL
	{"", "Endpoint policies must allow the SSM Agent of a bastion.", eachBy(answers.ByBastion, (*builder).bastionPolicies)}, // for W-POLICY
	{"", "An access method needs an existing private web server.", checkAccess},                                             // for W-ACCESS
}

// checkAccess reports why the access method of the answers cannot be planned.
func checkAccess(b *builder) []Finding {
	asked := b.Ans.Airflow.WayIn
	if asked == "" || b.vpc == nil {
		return nil
	}
	f := Finding{Rule: "W-ACCESS", Severity: Block, Resource: "mwaa.way_in"}
	switch {
	case len(b.Airflows) == 0:
		f.Message, f.Fix = "The answers ask for an access method, but this VPC has no environment for it.", "Set mwaa.environment to an existing environment, and use its VPC: the access method must be in the same VPC."
	case b.access == nil || !b.access.env.Known():
		f.Message, f.Fix = "The answers ask for an access method, but its environment is not known.", "Set mwaa.environment, and allow airflow:GetEnvironment."
	case b.access.env.Access != inventory.PrivateOnly:
		f.Message = fmt.Sprintf("The web server of environment %s is public for people (%s): they need no access method.", b.access.env.Name, b.access.env.Access)
		f.Fix = "Remove way_in, or change the environment to PRIVATE_ONLY first."
	case slices.ContainsFunc(b.airflowStatus(b.access.env), func(f Finding) bool { return f.Severity == Block }):
		return nil // W-STATUS reports it
	case b.access.env.Status != inventory.AirflowAvailable && !b.updates(b.access.env):
		f.Message = fmt.Sprintf("Environment %s is %s. An access method needs an AVAILABLE environment, because only then the web server answers at its addresses.", b.access.env.Name, b.access.env.Status)
		f.Fix = "Wait until it is AVAILABLE, then plan again."
		if b.access.env.Status == inventory.AirflowPending {
			f.Fix = "Create its endpoints first, with a plan without way_in. Wait until it is AVAILABLE, then plan again."
		}
	case len(b.access.addresses) == 0:
		f.Message = fmt.Sprintf("The addresses of the web server of environment %s are not known: no endpoint in this VPC connects to its service.", b.access.env.Name)
		f.Fix = "Check that the environment is in this VPC and that its endpoint exists."
	case b.access.group == nil:
		f.Message, f.Fix = "The security groups of the environment could not be read.", "Allow ec2:DescribeSecurityGroups."
	case !b.Ans.Airflow.WayWhole():
		f.Message, f.Fix = fmt.Sprintf("The answers ask for a %s, but some of its settings are missing.", accessNoun(asked)), "Go back to the access method step and answer its questions, or choose no access method."
	default:
		return nil
	}
	return []Finding{f}
}

// eachAccess returns a check that runs if the access method can be planned.
func eachAccess(judge func(*builder, *accessMethod) []Finding) func(*builder) []Finding {
	return func(b *builder) []Finding {
		if !b.access.ready() {
			return nil
		}
		return judge(b, b.access)
	}
}

// eachBy returns such a check for one kind of access method.
func eachBy(kind string, judge func(*builder, *accessMethod) []Finding) func(*builder) []Finding {
	return eachAccess(func(b *builder, w *accessMethod) []Finding {
		if b.Ans.Airflow.WayIn != kind {
			return nil
		}
		return judge(b, w)
	})
}

// checkWorld reports access methods that are open to everybody. Users accept the finding to confirm
// that they intend this.
func checkWorld(b *builder) []Finding {
	var out []Finding
	a := b.Ans.Airflow
	for key, blocks := range map[string][]string{answers.ByLoadBalancer: a.LoadBalancer.Admit, answers.ByBastion: a.Bastion.Admit} {
		for _, block := range blocks {
			if key == a.WayIn && wide(block) {
				out = append(out, Finding{Severity: Error, Resource: block, Message: fmt.Sprintf("%s allows traffic from the whole internet, or a large part of it, to the %s. Anybody there can try to log in.", block, accessNoun(key)),
					Fix: "Use the addresses of your users, such as 203.0.113.7/32. If this is intended, accept this rule."})
			}
		}
	}
	return out
}

func (b *builder) accessAddresses(w *accessMethod) []Finding {
	if len(w.addresses) > 1 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: w.endpoint.ID, Message: fmt.Sprintf("Endpoint %s shows one address, %s. The web server of an environment has two.", w.endpoint.ID, w.addresses[0]),
		Fix: "With one target, access fails when its Availability Zone fails. Check that the endpoint has a network interface in both subnets of the environment, then plan again."}}
}

func (b *builder) balancerDrift(w *accessMethod) []Finding {
	tg := w.seen.TargetGroup(inventory.AccessName(w.env.Name))
	if tg == nil {
		return nil
	}
	outdated := slices.DeleteFunc(tg.Addresses(), func(ip string) bool { return slices.Contains(w.addresses, ip) })
	if len(outdated) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: tg.ARN, Changes: []resource.ID{resource.ID("targets/" + tg.Name)},
		Message: fmt.Sprintf("Target group %s has targets that are not addresses of the web server of environment %s: %s. The addresses are %s.", tg.Name, w.env.Name, strings.Join(outdated, ", "), strings.Join(w.addresses, ", ")),
		Fix:     fmt.Sprintf("The plan registers the missing addresses and keeps the existing ones. A target that does not answer is unhealthy and gets no requests. Remove it when you are sure: aws elbv2 deregister-targets --target-group-arn %s --targets Id=%s", tg.ARN, strings.Join(outdated, " Id="))}}
}

func (b *builder) balancerMatch(w *accessMethod) []Finding {
	tg := w.seen.TargetGroup(inventory.AccessName(w.env.Name))
	if tg == nil || takes302(tg.Matcher) {
		return nil
	}
	return []Finding{{Severity: Error, Resource: tg.ARN, Message: fmt.Sprintf("Target group %s accepts %s as healthy. The web server answers / with a redirect (302), so its addresses are marked unhealthy.", tg.Name, tg.Matcher),
		Fix: fmt.Sprintf("The target group existed before, so the plan does not change it: aws elbv2 modify-target-group --target-group-arn %s --matcher HttpCode=\\\"200,302\\\"", tg.ARN)}}
}

// takes302 reports whether a target group's success codes, such as 200,302 or 200-399, contain 302.
func takes302(matcher string) bool {
	return slices.ContainsFunc(strings.Split(matcher, ","), func(codes string) bool {
		from, to, _ := strings.Cut(codes, "-")
		return from <= "302" && "302" <= cmp.Or(to, from)
	})
}

func (b *builder) balancerListens(w *accessMethod) []Finding {
	lb, tg := w.seen.LoadBalancer(inventory.AccessName(w.env.Name)), w.seen.TargetGroup(inventory.AccessName(w.env.Name))
	if lb == nil || lb.Listener(port) == nil {
		return nil
	}
	l := lb.Listener(port)
	f := Finding{Severity: Error, Resource: l.ARN, Fix: "The load balancer existed before, so the plan does not change it. Change the listener in the EC2 console, then plan again."}
	cert := w.seen.CertificateFor(b.Ans.Airflow.LoadBalancer.Domain, b.Ans.Airflow.LoadBalancer.Certificate)
	switch {
	case l.Protocol != "HTTPS":
		f.Message = fmt.Sprintf("Load balancer %s listens on port 443 with %s, not with HTTPS.", lb.Name, l.Protocol)
	case tg != nil && !slices.Contains(l.TargetGroups, tg.ARN):
		f.Message = fmt.Sprintf("The listener on port 443 of load balancer %s does not forward to target group %s.", lb.Name, tg.Name)
	case cert != nil && !slices.Contains(l.Certificates, cert.ARN):
		f.Severity, f.Message = Warn, fmt.Sprintf("Load balancer %s uses a different certificate than the chosen one, %s.", lb.Name, cert.ARN)
	default:
		return nil
	}
	return []Finding{f}
}

func (b *builder) balancerCertificate(w *accessMethod) []Finding {
	l := b.Ans.Airflow.LoadBalancer
	f := Finding{Severity: Block, Resource: l.Certificate}
	if strings.HasSuffix(l.Domain, ".amazonaws.com") || strings.HasSuffix(l.Domain, ".amazonaws.com.cn") {
		return []Finding{{Severity: Block, Resource: l.Domain, Message: l.Domain + " is a name of AWS. You cannot get a certificate for it.", Fix: "Choose a name in a domain of your own. " + airflowTexts["W-ACMDOM"]}}
	}
	if !answers.IsARN(l.Certificate) {
		return nil
	}
	if f := b.certificateThere(w, l.Certificate, "A load balancer"); f != nil {
		return []Finding{*f}
	}
	cert := w.seen.CertificateFor(l.Domain, l.Certificate)
	if cert == nil || cert.Covers(l.Domain) {
		return nil
	}
	f.Severity, f.Message, f.Fix = Error, fmt.Sprintf("The certificate is for %s, not for %s: browsers show a warning.", strings.Join(append([]string{cert.Domain}, cert.Names...), ", "), l.Domain), "Choose a certificate for "+l.Domain+"."
	return []Finding{f}
}

// certificateThere checks a certificate that the answers give by its ARN.
func (b *builder) certificateThere(w *accessMethod, arn, user string) *Finding {
	f := &Finding{Severity: Block, Resource: arn}
	parts := strings.Split(arn, ":")
	cert := w.seen.CertificateFor("", arn)
	_, denied := b.Inv.Gap("acm:ListCertificates")
	switch {
	case parts[3] != b.Ans.Region:
		f.Message, f.Fix = fmt.Sprintf("The certificate is in Region %s, and the environment is in %s. %s can only use certificates of its own Region.", parts[3], b.Ans.Region, user), "Request one in "+b.Ans.Region+", or import it there."
	case parts[4] != b.Inv.Account && b.Inv.Account != "":
		f.Message, f.Fix = fmt.Sprintf("The certificate belongs to account %s.", parts[4]), "Choose a certificate of this account, or request or import one here."
	case cert == nil && !denied:
		f.Message, f.Fix = "The certificate does not exist in ACM in "+b.Ans.Region+".", "Choose an existing certificate, or request or import one."
	case cert != nil && cert.Status != inventory.CertificateIssued:
		f.Message, f.Fix = fmt.Sprintf("The certificate of %s is %s.", cert.Domain, cert.Status), "Choose an issued certificate."
	default:
		return nil
	}
	return f
}

// certificateFiles reports problems that were found when the files were read.
func (b *builder) certificateFiles(w *accessMethod) []Finding {
	l := b.Ans.Airflow.LoadBalancer
	if there := w.seen.CertificateFor(l.Domain, l.Certificate); l.Certificate != answers.CertificateImport || there != nil && there.Status == inventory.CertificateIssued {
		return nil
	}
	var out []Finding
	for _, p := range b.files.Problems {
		f := Finding{Severity: Block, Resource: p.File, Message: p.Message, Fix: "The wizard sends nothing to ACM until this is fixed. Set the correct files, and plan again."}
		if p.Warn {
			f.Severity, f.Fix = Warn, "ACM accepts it anyway."
		}
		out = append(out, f)
	}
	return out
}

func (b *builder) balancerBaseURL(w *accessMethod) []Finding {
	l := b.Ans.Airflow.LoadBalancer
	if l.BaseURL || w.env.BaseURL == l.Domain {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(w.env), Message: fmt.Sprintf("Airflow does not know its name %s: redirects after the log-in, and links, use its private host name. Users of the load balancer may not reach that name.", l.Domain),
		Fix: "Choose Yes, set webserver.base_url on the screen Access method (answers file: mwaa.load_balancer.base_url: true). The environment is then UPDATING for 20 to 30 minutes and its web server restarts, so choose a suitable time."}}
}

func (b *builder) balancerPlace(w *accessMethod) []Finding {
	l, lb := b.Ans.Airflow.LoadBalancer, w.seen.LoadBalancer(inventory.AccessName(w.env.Name))
	if scheme := cmp.Or(l.Scheme, answers.Internal); lb != nil && lb.Scheme != scheme {
		return []Finding{{Severity: Error, Resource: lb.ARN, Message: fmt.Sprintf("Load balancer %s exists and is %s, but the answers ask for %s. AWS cannot change the scheme of a load balancer.", lb.Name, lb.Scheme, scheme),
			Fix: "Set mwaa.load_balancer.scheme to " + lb.Scheme + " in the answers file, or delete the load balancer first; the plan then creates a new one."}}
	}
	subs := b.subnetsOf(b.balancerSubnets(w))
	zoned := map[string]bool{}
	var closed []string
	for _, s := range subs {
		zoned[s.Zone] = true
		if !b.facesInternet(s) && b.egressOf(s) != catalog.Maybe {
			closed = append(closed, inventory.Label(s.Name, s.ID)+" "+b.notFacing(s))
		}
	}
	var out []Finding
	if len(zoned) < 2 || len(zoned) < len(subs) {
		out = append(out, Finding{Severity: Block, Resource: "mwaa.load_balancer.subnets", Message: fmt.Sprintf("A load balancer needs one subnet per Availability Zone in two or more zones; these are %s in %s.", words.Count(len(subs), "subnet"), words.Count(len(zoned), "zone")),
			Fix: "Choose one subnet in each of two or more Availability Zones."})
	}
	if l.Scheme != answers.InternetFacing {
		return out
	}
	if len(closed) > 0 {
		out = append(out, Finding{Severity: Error, Resource: "mwaa.load_balancer.subnets", Message: fmt.Sprintf("Nobody can reach an internet-facing load balancer in these subnets: %s.", strings.Join(closed, ", ")),
			Fix: "Choose public subnets, or make the load balancer internal."})
	}
	return append(out, Finding{Severity: Warn, Resource: "mwaa.load_balancer.scheme", Message: "The load balancer is on the internet and allows traffic from " + strings.Join(l.Admit, ", ") + ". Only the Airflow log-in protects the DAGs from these users.",
		Fix: "Make it internal if people connect over a VPN or another private network."})
}
