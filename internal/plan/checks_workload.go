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

func checkECRHalf(b *builder) []Finding {
	there := map[string]bool{}
	for _, code := range []string{"ecr.api", "ecr.dkr"} {
		there[code] = b.endpoint(ID("endpoint/"+code)) != nil || b.existing(b.serviceName(code), catalog.Interface) != nil
	}
	if there["ecr.api"] == there["ecr.dkr"] {
		return nil
	}
	have, lack := "ecr.api", "ecr.dkr"
	if there["ecr.dkr"] {
		have, lack = lack, have
	}
	f := Finding{Severity: Warn, Resource: b.serviceName(lack), Message: fmt.Sprintf("The plan would have an endpoint for %s but none for %s. A pull needs both.", have, lack), Fix: "Select Pull images from Amazon ECR on the screen AWS services (answers file: add ecr to needs)."}
	if b.egress == catalog.Closed {
		f.Severity = Error
	}
	return []Finding{f.on(b, have)}
}

// eachImage calls f for every container image in scope if subnets have no internet access.
func (b *builder) eachImage(f func(d *inventory.TaskDefinition, img image) *Finding) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			if x := f(d, parseImage(c.Image)); x != nil {
				x.Severity, x.Resource = Error, d.ARN
				if b.ans.Workload.Batch() { // nothing shows which of them run here
					x.Severity = Warn
				}
				if b.sixOnly() {
					x.Severity = Warn
					x.Message += " The subnets reach the internet with IPv6, and whether this source has IPv6 addresses is not known."
				}
				if !slices.ContainsFunc(out, func(o Finding) bool { return o.Message == x.Message }) {
					out = append(out, *x)
				}
			}
		}
	}
	return out
}

// noWayOut lists the client subnets without internet access, with the routes that do not give it.
func (b *builder) noWayOut() string {
	var why []string
	for _, c := range b.clients {
		switch x := b.exitOf(c); {
		case b.egressOf(c) != catalog.Closed:
		case x.public:
			why = append(why, x.text+" without public addresses")
		case x.text != noInternet:
			why = append(why, x.text)
		}
	}
	out := strings.Join(b.closedClients(), ", ")
	if len(why) > 0 {
		out += " (" + upTo(unique(why), 3) + ")"
	}
	return out
}

func checkECRRegion(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if img.region == "" || img.region == b.ans.Region {
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s from %s. Endpoints serve their own Region only, and there is no internet access from %s.", d.Family, d.Revision, img.ref, img.region, b.noWayOut()),
			Fix: "Replicate the image to Amazon ECR in this Region (replication rules) and use that image. " + textRules["G-XREGIONNEW"]}
	})
}

func checkECRPublic(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if !img.public {
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s. The ECR endpoints do not serve public.ecr.aws, and there is no internet access from %s.", d.Family, d.Revision, img.ref, b.noWayOut()),
			Fix: "Copy the image to private Amazon ECR, or use a pull-through cache rule (its first pull needs internet access)."}
	})
}

func checkLogRegion(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			if c.LogRegion != "" && c.LogRegion != b.ans.Region {
				out = append(out, Finding{Rule: "E-LOGS", Severity: Error, Resource: d.ARN,
					Message: fmt.Sprintf("Container %s of %s:%d logs to CloudWatch Logs in %s. Endpoints serve their own Region only, and there is no internet access from %s.", c.Name, d.Family, d.Revision, c.LogRegion, b.noWayOut()),
					Fix:     "Set awslogs-region to " + b.ans.Region + " in the task definition."})
			}
		}
	}
	return out
}

func checkRegistry(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if !img.outside() || b.registry != nil && b.registry.from == d { // R-NET reports it
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s from a registry outside AWS. No VPC endpoint exists for this registry, and there is no internet access from %s.", d.Family, d.Revision, img.ref, b.noWayOut()),
			Fix: "Copy the image to private Amazon ECR, or give the subnets a NAT gateway or a proxy."}
	})
}

// without is what fails if a need is left out; tasks or jobs do not start where it has no entry.
var without = map[string]string{
	"exec":            "ECS Exec sessions do not open",
	"exec-kms":        "ECS Exec sessions do not open",
	"service-connect": "Service Connect proxies get no configuration",
}

func checkLeftOut(b *builder) []Finding {
	if b.ans.Needs == nil || b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	shown := b.uses()
	for _, word := range answers.Needs {
		rule := catalog.RuleOf(word)
		if rule == "" || len(shown[word]) == 0 || slices.Contains(*b.ans.Needs, word) {
			continue
		}
		what := "those tasks do not start"
		if b.ans.Workload.Batch() {
			what = "those jobs do not start"
		}
		out = append(out, Finding{Rule: rule, Severity: Warn, Resource: word,
			Message: fmt.Sprintf("The need %s is not selected, but this uses it: %s. Without it, %s in %s.", word, strings.Join(shown[word], "; "), cmp.Or(without[word], what), b.noWayOut()),
			Fix:     fmt.Sprintf("Select %s on the screen AWS services (answers file: add it to needs).", word)})
	}
	return out
}

// checkSecretRegion reports secrets and parameters of another Region.
func checkSecretRegion(b *builder) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, d := range b.definitions() {
		for _, c := range d.Containers {
			for _, ref := range append(slices.Clone(c.Secrets), c.Credentials) {
				part := strings.SplitN(ref, ":", 6)
				if len(part) < 6 || part[3] == "" || part[3] == b.ans.Region {
					continue
				}
				out = append(out, Finding{Rule: catalog.RuleOf(secretKind(ref)), Severity: Error, Resource: d.ARN,
					Message: fmt.Sprintf("%s:%d reads %s from %s. Endpoints serve their own Region only, and there is no internet access from %s.", d.Family, d.Revision, shortRef(ref), part[3], b.noWayOut()),
					Fix:     "Replicate it to " + b.ans.Region + " and use the replica."})
			}
		}
	}
	return out
}

// cachePrefixes are the prefixes that the console suggests for pull-through cache rules.
var cachePrefixes = []string{"docker-hub/", "ecr-public/", "quay/", "kubernetes/", "github/", "gitlab/", "chainguard/"}

func checkPullThrough(b *builder) []Finding {
	out := b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		_, repository, _ := strings.Cut(img.ref, "/")
		if img.region != b.ans.Region || !slices.ContainsFunc(cachePrefixes, func(p string) bool { return strings.HasPrefix(repository, p) }) {
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s. Its name shows a pull-through cache rule. The first pull of an image through the cache needs internet access, and there is none from %s; later pulls do not.", d.Family, d.Revision, img.ref, b.noWayOut()),
			Fix: "Pull the image once from a network with internet access, before the tasks start."}
	})
	for i := range out {
		out[i].Severity = Warn
	}
	return out
}

func checkWindowsLayers(b *builder) []Finding {
	var out []Finding
	for _, d := range b.definitions() {
		if b.egress == catalog.Closed && strings.HasPrefix(d.OS, "WINDOWS") {
			out = append(out, Finding{Severity: Warn, Resource: d.ARN,
				Message: fmt.Sprintf("%s:%d runs on Windows. Base layers of Windows images come from Microsoft's registry unless they were pushed to Amazon ECR, and there is no internet access from %s.", d.Family, d.Revision, b.noWayOut()),
				Fix:     "Push the image with Docker's allow-nondistributable-artifacts set for your registry (check the license terms)."})
		}
	}
	return out
}

func checkPlatform(b *builder) []Finding {
	var out []Finding
	for _, p := range b.platforms() {
		if p.old() {
			out = append(out, Finding{Severity: Warn, Resource: p.resource,
				Message: fmt.Sprintf("%s asks for Fargate platform version %s. Before 1.4.0, secrets and the login to Amazon ECR use a network interface of AWS, not these endpoints.", strings.ToUpper(p.of[:1])+p.of[1:], p.version),
				Fix:     "Use platform version LATEST."})
		}
	}
	return out
}

func checkIPv6Only(b *builder) []Finding {
	var only []string
	for _, c := range b.clients {
		if c.IPv6Only {
			only = append(only, inventory.Label(c.Name, c.ID))
		}
	}
	if len(only) == 0 {
		return nil
	}
	return []Finding{{Severity: Warn, Resource: strings.Join(only, ", "),
		Message: fmt.Sprintf("The workload runs in IPv6-only subnets: %s. ECS Exec is not supported there, and the AWS guides differ on whether Amazon ECR has endpoints with IPv6 addresses.", upTo(only, 3)),
		Fix:     "If possible, use subnets that also have IPv4 addresses."}}
}

func checkGuardDuty(b *builder) []Finding {
	var out []Finding
	for _, x := range b.net.Endpoints {
		if catalog.CodeOf(x.Service) == "guardduty-data" {
			creator := fmt.Sprintf("GuardDuty created endpoint %s for Runtime Monitoring.", x.ID)
			if !x.RequesterManaged {
				creator = fmt.Sprintf("Endpoint %s is for GuardDuty Runtime Monitoring, and GuardDuty did not create it.", x.ID)
			}
			out = append(out, Finding{Severity: Info, Resource: x.ID,
				Message: creator + " The plan does not change it. The image of its agent comes from Amazon ECR, so policies of the ECR and S3 endpoints must allow it."})
		}
	}
	return out
}
