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

// wayChecks are the rules of ways to a private web server that yield findings.
var wayChecks = []check{
	{"W-WORLD", "A way in is not open to the whole internet unless somebody means it.", checkWorld},
	{"W-IP2", "A load balancer should have both addresses of the web server.", eachBy(answers.ByLoadBalancer, (*builder).wayAddresses)},
	{"W-IPDRIFT", "Targets must be the addresses that the endpoint has now.", eachBy(answers.ByLoadBalancer, (*builder).balancerDrift)},
	{"W-MATCH", "The target group must take 302 as healthy.", eachBy(answers.ByLoadBalancer, (*builder).balancerMatch)},
	{"W-LISTEN", "The listener must be HTTPS 443, with the chosen certificate, to the target group.", eachBy(answers.ByLoadBalancer, (*builder).balancerListens)},
	{"W-ACMREG", "The certificate must be in ACM of the environment's Region, issued, and for the domain.", eachWay((*builder).wayCertificates)},
	{"W-CVPNCIDR", "The addresses of a Client VPN's clients must be a block of /12 to /22 that the VPC does not have.", eachBy(answers.ByClientVPN, (*builder).vpnAddresses)},
	{"W-CVPNKEY", "The certificates of a Client VPN must have keys of at most RSA 2048.", eachBy(answers.ByClientVPN, (*builder).vpnKeys)},
	{"W-CERT", "A certificate from files must be whole, valid and of its key.", eachBy(answers.ByLoadBalancer, (*builder).certificateFiles)},
	{"W-BASEURL", "Airflow should know the name under which it is found.", eachBy(answers.ByLoadBalancer, (*builder).balancerBaseURL)},
	{"W-ALBSCHEME", "A load balancer is internal unless asked for, in two zones, and on the internet only where there is a way to it.", eachBy(answers.ByLoadBalancer, (*builder).balancerPlace)},
	{"W-BASTION", "A bastion must be where people reach it, with a key pair or an instance profile that is there.", eachBy(answers.ByBastion, (*builder).bastionFits)},
	{"", "Network ACLs must let a bastion reach the web server.", eachBy(answers.ByBastion, (*builder).bastionACL)},               // for W-NACL
	{"", "Endpoint policies must let the SSM Agent of a bastion through.", eachBy(answers.ByBastion, (*builder).bastionPolicies)}, // for W-POLICY
	{"", "A way in is for a private web server that is there.", checkWay},                                                         // for W-ACCESS
}

// checkWay tells why the way in that the answers ask for cannot be planned.
func checkWay(b *builder) []Finding {
	asked := b.ans.Airflow.WayIn
	if asked == "" || b.vpc == nil {
		return nil
	}
	f := Finding{Rule: "W-ACCESS", Severity: Block, Resource: "mwaa.way_in"}
	switch {
	case len(b.airflows) == 0:
		f.Message, f.Fix = "A way in is asked for, and there is no environment in this VPC to lead to.", "Name one that is there under mwaa.environment, in its own VPC: a way in has to be in the same VPC."
	case b.way == nil || !b.way.env.Known():
		f.Message, f.Fix = "A way in is asked for, and what environment it leads to is not known.", "Name one under mwaa.environment, and let airflow:GetEnvironment be read."
	case b.way.env.Access != inventory.PrivateOnly:
		f.Message = fmt.Sprintf("The web server of environment %s is public for people (%s): they need no way in.", b.way.env.Name, b.way.env.Access)
		f.Fix = "Remove way_in, or choose PRIVATE_ONLY for the environment first."
	case b.way.env.Status != inventory.AirflowAvailable:
		f.Message = fmt.Sprintf("Environment %s is %s. A way in is planned for one that is AVAILABLE: only then its web server answers under the addresses that it has.", b.way.env.Name, b.way.env.Status)
		f.Fix = "Wait until it is AVAILABLE, then plan again."
		if b.way.env.Status == inventory.AirflowPending {
			f.Fix = "Make its endpoints first, by a plan without way_in, and wait until it is AVAILABLE; then plan again."
		}
	case len(b.way.addresses) == 0:
		f.Message = fmt.Sprintf("No address of the web server of environment %s is to be seen: no endpoint in this VPC leads to its service.", b.way.env.Name)
		f.Fix = "Look under Which one whether the environment is in this VPC and its endpoint is there."
	case b.way.group == nil:
		f.Message, f.Fix = "The security groups of the environment are not to be seen.", "Let ec2:DescribeSecurityGroups be read."
	case !b.ans.Airflow.WayWhole():
		f.Message, f.Fix = fmt.Sprintf("A %s is asked for, and not all that it takes is answered.", asked), "Go back to Way in and answer its questions, or choose none there."
	default:
		return nil
	}
	return []Finding{f}
}

// eachWay makes a check of a way in that can be planned.
func eachWay(judge func(*builder, *way) []Finding) func(*builder) []Finding {
	return func(b *builder) []Finding {
		if !b.way.ready() {
			return nil
		}
		return judge(b, b.way)
	}
}

// eachBy makes one of a way in of one kind.
func eachBy(kind string, judge func(*builder, *way) []Finding) func(*builder) []Finding {
	return eachWay(func(b *builder, w *way) []Finding {
		if b.ans.Airflow.WayIn != kind {
			return nil
		}
		return judge(b, w)
	})
}

// checkWorld tells of ways in that are open to everybody. To accept it is to say a
// second time that it is meant.
func checkWorld(b *builder) []Finding {
	var out []Finding
	a := b.ans.Airflow
	for key, blocks := range map[string][]string{answers.ByLoadBalancer: a.LoadBalancer.Admit, answers.ByBastion: a.Bastion.Admit} {
		for _, block := range blocks {
			if key == a.WayIn && wide(block) {
				out = append(out, Finding{Severity: Error, Resource: block, Message: fmt.Sprintf("%s admits the whole internet, or a great part of it, to the %s. Whoever finds it can try to get in.", block, key),
					Fix: "Name the addresses that your people come from, such as 203.0.113.7/32. If it is meant, accept this rule."})
			}
		}
	}
	return out
}

func (b *builder) wayAddresses(w *way) []Finding {
	if len(w.addresses) > 1 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: w.endpoint.ID, Message: fmt.Sprintf("Endpoint %s has one address that is to be seen, %s, where the web server of an environment has two.", w.endpoint.ID, w.addresses[0]),
		Fix: "With one target the way in goes with its zone. See whether the endpoint has an interface in both subnets of the environment, and plan again then."}}
}

func (b *builder) balancerDrift(w *way) []Finding {
	tg := w.seen.TargetGroup(wayName(w.env.Name))
	if tg == nil {
		return nil
	}
	gone := slices.DeleteFunc(tg.Addresses(), func(ip string) bool { return slices.Contains(w.addresses, ip) })
	if len(gone) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: tg.ARN, Rows: []ID{ID("targets/" + tg.Name)},
		Message: fmt.Sprintf("Target group %s holds %s, which the endpoint to the web server of environment %s does not have, or no longer has. Its addresses are %s.", tg.Name, strings.Join(gone, ", "), w.env.Name, strings.Join(w.addresses, ", ")),
		Fix:     fmt.Sprintf("The plan registers what is missing, and leaves what is there. An address that nothing answers under is unhealthy and gets no requests; take it away when you are sure: aws elbv2 deregister-targets --target-group-arn %s --targets Id=%s", tg.ARN, strings.Join(gone, " Id="))}}
}

func (b *builder) balancerMatch(w *way) []Finding {
	tg := w.seen.TargetGroup(wayName(w.env.Name))
	if tg == nil || takes302(tg.Matcher) {
		return nil
	}
	return []Finding{{Severity: Error, Resource: tg.ARN, Message: fmt.Sprintf("Target group %s takes %s for healthy. The web server answers / with a redirect (302), so that its addresses are marked unhealthy.", tg.Name, tg.Matcher),
		Fix: fmt.Sprintf("It was there before, so the plan leaves it: aws elbv2 modify-target-group --target-group-arn %s --matcher HttpCode=\\\"200,302\\\"", tg.ARN)}}
}

// takes302 tells whether 302 is among codes as a target group has them, as in 200,302 or
// 200-399.
func takes302(matcher string) bool {
	return slices.ContainsFunc(strings.Split(matcher, ","), func(codes string) bool {
		from, to, _ := strings.Cut(codes, "-")
		return from <= "302" && "302" <= cmp.Or(to, from)
	})
}

func (b *builder) balancerListens(w *way) []Finding {
	lb, tg := w.seen.LoadBalancer(wayName(w.env.Name)), w.seen.TargetGroup(wayName(w.env.Name))
	if lb == nil || lb.Listener(port) == nil {
		return nil
	}
	l := lb.Listener(port)
	f := Finding{Severity: Error, Resource: l.ARN, Fix: "It was there before, so the plan leaves it. Change the listener in the console of EC2, and plan again."}
	cert := w.seen.CertificateFor(b.ans.Airflow.LoadBalancer.Domain, b.ans.Airflow.LoadBalancer.Certificate)
	switch {
	case l.Protocol != "HTTPS":
		f.Message = fmt.Sprintf("Load balancer %s listens on port 443 with %s, and not with HTTPS.", lb.Name, l.Protocol)
	case tg != nil && !slices.Contains(l.TargetGroups, tg.ARN):
		f.Message = fmt.Sprintf("What listens on port 443 of load balancer %s does not lead to target group %s.", lb.Name, tg.Name)
	case cert != nil && !slices.Contains(l.Certificates, cert.ARN):
		f.Severity, f.Message = Warn, fmt.Sprintf("Load balancer %s listens with another certificate than the chosen one, %s.", lb.Name, cert.ARN)
	default:
		return nil
	}
	return []Finding{f}
}

func (b *builder) balancerCertificate(w *way) []Finding {
	l := b.ans.Airflow.LoadBalancer
	f := Finding{Severity: Block, Resource: l.Certificate}
	if strings.HasSuffix(l.Domain, ".amazonaws.com") || strings.HasSuffix(l.Domain, ".amazonaws.com.cn") {
		return []Finding{{Severity: Block, Resource: l.Domain, Message: l.Domain + " is a name of AWS, for which you can have no certificate.", Fix: "Choose a name in a domain of your own. " + airflowSays["W-ACMDOM"]}}
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
	f.Severity, f.Message, f.Fix = Error, fmt.Sprintf("The certificate is for %s, and not for %s: browsers warn of it.", strings.Join(append([]string{cert.Domain}, cert.Names...), ", "), l.Domain), "Choose one for "+l.Domain+"."
	return []Finding{f}
}

// certificateThere judges a certificate that the answers name by its ARN.
func (b *builder) certificateThere(w *way, arn, user string) *Finding {
	f := &Finding{Severity: Block, Resource: arn}
	parts := strings.Split(arn, ":")
	cert := w.seen.CertificateFor("", arn)
	_, denied := b.inv.Gap("acm:ListCertificates")
	switch {
	case parts[3] != b.ans.Region:
		f.Message, f.Fix = fmt.Sprintf("The certificate is of Region %s, and the environment is in %s. %s takes certificates of its own Region only.", parts[3], b.ans.Region, user), "Request one in "+b.ans.Region+", or import it there."
	case parts[4] != b.inv.Account && b.inv.Account != "":
		f.Message, f.Fix = fmt.Sprintf("The certificate is of account %s.", parts[4]), "Choose one of this account, or request or import it here."
	case cert == nil && !denied:
		f.Message, f.Fix = "There is no such certificate in ACM of "+b.ans.Region+".", "Choose one that is there, or request or import it."
	case cert != nil && cert.Status != inventory.CertificateIssued:
		f.Message, f.Fix = fmt.Sprintf("The certificate of %s is %s.", cert.Domain, cert.Status), "Choose one that is issued."
	default:
		return nil
	}
	return f
}

// certificateFiles tells what was found wrong with the files when they were read.
func (b *builder) certificateFiles(w *way) []Finding {
	l := b.ans.Airflow.LoadBalancer
	if there := w.seen.CertificateFor(l.Domain, l.Certificate); l.Certificate != answers.CertificateImport || there != nil && there.Status == inventory.CertificateIssued {
		return nil
	}
	var out []Finding
	for _, p := range b.ans.FileProblems {
		f := Finding{Severity: Block, Resource: p.File, Message: p.Message, Fix: "Nothing is sent before this is right. Name the right files, and plan again."}
		if p.Warn {
			f.Severity, f.Fix = Warn, "ACM takes it all the same."
		}
		out = append(out, f)
	}
	return out
}

func (b *builder) balancerBaseURL(w *way) []Finding {
	l := b.ans.Airflow.LoadBalancer
	if l.BaseURL || w.env.BaseURL == l.Domain {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: airflowLabel(w.env), Message: fmt.Sprintf("Airflow is not told that it is found as %s: redirects after the log-in, and links, lead to its private host name, which users behind the load balancer may not reach.", l.Domain),
		Fix: "Set base_url: true under load_balancer. The environment is UPDATING for 20 to 30 minutes then, and its web server starts anew: choose the time."}}
}

func (b *builder) balancerPlace(w *way) []Finding {
	l, lb := b.ans.Airflow.LoadBalancer, w.seen.LoadBalancer(wayName(w.env.Name))
	if scheme := cmp.Or(l.Scheme, answers.Internal); lb != nil && lb.Scheme != scheme {
		return []Finding{{Severity: Error, Resource: lb.ARN, Message: fmt.Sprintf("Load balancer %s is there and is %s, where the answers say %s. AWS cannot change that of a load balancer.", lb.Name, lb.Scheme, scheme),
			Fix: "Write scheme: " + lb.Scheme + ", or take the load balancer away first; the plan makes it anew then."}}
	}
	subs := b.subnetsOf(b.balancerSubnets(w))
	zoned := map[string]bool{}
	var closed []string
	for _, s := range subs {
		zoned[s.Zone] = true
		if !b.facesInternet(s) && b.egressOf(s) != catalog.Maybe {
			closed = append(closed, inventory.Label(s.Name, s.ID))
		}
	}
	var out []Finding
	if len(zoned) < 2 || len(zoned) < len(subs) {
		out = append(out, Finding{Severity: Block, Resource: "mwaa.load_balancer.subnets", Message: fmt.Sprintf("A load balancer takes one subnet a zone, of two zones at least; these are %s of %s.", count(len(subs), "subnet"), count(len(zoned), "zone")),
			Fix: "Name one subnet each of two or more zones."})
	}
	if l.Scheme != answers.InternetFacing {
		return out
	}
	if len(closed) > 0 {
		out = append(out, Finding{Severity: Error, Resource: "mwaa.load_balancer.subnets", Message: fmt.Sprintf("No route to an internet gateway: %s. An internet-facing load balancer there is reached by nobody.", strings.Join(closed, ", ")),
			Fix: "Name public subnets, or make it internal."})
	}
	return append(out, Finding{Severity: Warn, Resource: "mwaa.load_balancer.scheme", Message: "The load balancer is on the internet: it admits " + strings.Join(l.Admit, ", ") + ", and Airflow's own log-in is what is left between them and the DAGs.",
		Fix: "Make it internal if people come by a VPN or another private network."})
}
