package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// checkECRHalf reports one ECR endpoint without the other. Without internet access a pull needs both
// (Amazon ECR user guide, interface VPC endpoints). With it, calls to the other service use its public
// name, and AWS Fargate does the same (Amazon ECS developer guide, VPC endpoints, considerations for
// Fargate).
func checkECRHalf(b *builder) []Finding {
	there := map[string]bool{}
	for _, code := range ecrCodes {
		there[code] = b.endpoint(resource.ID("endpoint/"+code)) != nil || b.existing(b.serviceName(code), catalog.Interface) != nil
	}
	if paired(there) { // the API by one name works with the registry by the other
		return nil
	}
	var out []Finding
	for i := 0; i < len(ecrCodes); i += 2 {
		have, lack := ecrCodes[i], ecrCodes[i+1]
		if there[lack] {
			have, lack = lack, have
		}
		if !there[have] {
			continue
		}
		f := Finding{Severity: Warn, Resource: b.serviceName(lack), Message: fmt.Sprintf("The plan would have an endpoint for %s but none for %s. ", have, lack), Fix: "Select \"Pull images from Amazon ECR\" on the screen AWS services (answers file: add ecr to needs)."}
		switch b.egress {
		case catalog.Closed:
			f.Severity = Error
			f.Message += fmt.Sprintf("A pull needs both, because there is no internet access from %s.", b.noWayOut())
		case catalog.Open:
			f.Message += "Pulls work, but their calls to " + lack + " leave the VPC through the internet route."
		default:
			f.Message += "A pull needs both, unless the subnets have internet access, which the wizard cannot see."
		}
		out = append(out, f.on(b, have))
	}
	return out
}

// eachImage calls f for every container image in scope if subnets have no internet access.
func (b *builder) eachImage(f func(d *inventory.TaskDefinition, img image) *Finding) []Finding {
	if b.egress != catalog.Closed {
		return nil
	}
	var out []Finding
	for _, d := range b.Definitions {
		for _, c := range d.Containers {
			if x := f(d, parseImage(c.Image)); x != nil {
				x.Severity, x.Resource = Error, d.ARN
				switch {
				case b.first != nil: // the plan starts it
					x.Severity = Block
				case b.Workload.Jobs: // nothing shows which of them run here
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
		out += " (" + words.UpTo(workload.Unique(why), 3) + ")"
	}
	return out
}

// checkECRRegion reports images of Amazon ECR in another Region. A pull calls the API, the registry and,
// for the layers, the Amazon S3 of the image's Region (Amazon ECR user guide, interface VPC endpoints).
// Endpoints for services of another Region exist since late 2025, and a gateway endpoint for Amazon S3
// serves its own Region only (AWS PrivateLink guide, cross-Region AWS services; gateway endpoints for
// Amazon S3). AWS does not document a pull through such endpoints.
func checkECRRegion(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if img.region == "" || img.region == b.Ans.Region {
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%[1]s:%[2]d pulls %[3]s from %[4]s. The pull needs Amazon ECR and Amazon S3 in %[4]s. The endpoints of this plan serve %[5]s, and there is no internet access from %[6]s.", d.Family, d.Revision, img.ref, img.region, b.Ans.Region, b.noWayOut()),
			Fix: "Replicate the image to Amazon ECR in this Region (replication rules) and use that image. " + textRules["G-XREGIONNEW"] + " The S3 gateway endpoint does not serve another Region, so the layers would also need an S3 interface endpoint for it."}
	})
}

func checkECRPublic(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if !img.public {
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s. The ECR endpoints do not serve %s, and there is no internet access from %s.", d.Family, d.Revision, img.ref, img.host(), b.noWayOut()),
			Fix: joined(b.cacheFix(img), "Or copy the image to private Amazon ECR, or give the subnets a NAT gateway.")}
	})
}

func checkRegistry(b *builder) []Finding {
	return b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		if !img.outside() || b.registry != nil && b.registry.from == d { // R-NET reports it
			return nil
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s from a registry outside AWS. No VPC endpoint exists for this registry, and there is no internet access from %s.", d.Family, d.Revision, img.ref, b.noWayOut()),
			Fix: joined(b.cacheFix(img), "Or copy the image to private Amazon ECR, or give the subnets a NAT gateway or a proxy.")}
	})
}

// joined joins two sentences of a fix. Without the first, the second does not begin with "Or".
func joined(one, or string) string {
	if one == "" {
		rest := strings.TrimPrefix(or, "Or ")
		return strings.ToUpper(rest[:1]) + rest[1:]
	}
	return one + " " + or
}

// without returns what fails if a need is left out. If the awslogs driver does not reach CloudWatch
// Logs, a container may not start, or runs and loses its logs (Amazon ECS API reference, LogConfiguration,
// mode). A log router is a container of its own, so the others start without its destination.
func (b *builder) without(need string) string {
	those := "those " + b.Workload.Many
	logs := func(to string) bool {
		return slices.ContainsFunc(b.loggers(), func(l logger) bool {
			return l.LogsTo() == to && b.logsHere(l.Container) || to == inventory.ToLogs && b.Workload.LogsByDefault(l.Container)
		})
	}
	files := slices.ContainsFunc(b.loggers(), func(l logger) bool { return len(l.Files) > 0 })
	switch {
	case need == "exec", need == "exec-kms":
		return "ECS Exec sessions do not open"
	case need == "service-connect":
		return "Service Connect proxies get no configuration"
	case need == "awslogs" && logs(inventory.ToLogs):
		return those + " may not start, or lose their logs"
	case need == "firehose", need == "kinesis", need == "s3" && !files && logs(inventory.ToS3):
		return "the logs are lost"
	case need == "awslogs", need == "s3" && !files:
		return "the logs of ECS Exec sessions may be lost"
	case need == "s3" && logs(inventory.ToS3):
		return b.Workload.Many + " that read files do not start, and the logs are lost"
	}
	return those + " do not start"
}

// checkWindowsLayers reports Windows images. Their base layers can be non-distributable layers, which
// Docker pulls from Microsoft's registry unless they were pushed to Amazon ECR (Amazon ECR user guide,
// considerations for Windows images). Docker Engine 28 deprecates the option for such pushes, and newer
// base images have no such layers (Docker documentation, deprecated features).
func checkWindowsLayers(b *builder) []Finding {
	var out []Finding
	for _, d := range b.Definitions {
		if b.egress == catalog.Closed && strings.HasPrefix(d.OS, "WINDOWS") {
			out = append(out, Finding{Severity: Warn, Resource: d.ARN,
				Message: fmt.Sprintf("%s:%d runs on Windows. Base layers of Windows images come from Microsoft's registry unless they were pushed to Amazon ECR, and there is no internet access from %s.", d.Family, d.Revision, b.noWayOut()),
				Fix:     "Build the image from a current base image of Microsoft. For an older one, push it with Docker's allow-nondistributable-artifacts set for your registry (check the license terms); Docker Engine 28 deprecates this option."})
		}
	}
	return out
}

// checkImageHosts reports images of this Region with a registry host that no private name of the
// endpoints has.
func checkImageHosts(b *builder) []Finding {
	var out []Finding
	for _, d := range b.Definitions {
		for _, c := range d.Containers {
			img := parseImage(c.Image)
			if img.region == "" || img.region != b.Ans.Region {
				continue
			}
			code := img.registryCode()
			names := b.privateNames(b.serviceName(code), code, catalog.Interface)
			plain := img.host() == img.plainHost()
			if plain && !b.offers(code) { // G-SVCEXISTS reports it
				continue
			}
			has := b.offers(code) && slices.ContainsFunc(names, func(n string) bool { return within(img.host(), zoneOf(n)) })
			f := Finding{Severity: Warn, Resource: d.ARN}
			name := fmt.Sprintf("%s:%d pulls %s", d.Family, d.Revision, img.ref)
			switch {
			case has && !img.dualStack:
				continue
			case has:
				f.Message = fmt.Sprintf("%s, a dual-stack name of the registry. The %s endpoint has this private name, but two pages of the Amazon ECR user guide disagree: Making requests to Amazon ECR registries says that AWS PrivateLink does not support dual-stack names; the page about VPC endpoints says that endpoints have IPv4 and IPv6 addresses.", name, code)
				f.Fix = "Use " + img.plainHost() + " as the host, or test a pull while there is still other internet access."
			default:
				f.Message = fmt.Sprintf("%s. No endpoint in %s has the private name %s, so this pull does not use the endpoints of the plan.", name, b.Ans.Region, img.host())
				if f.Fix = "Use " + img.plainHost() + " as the host, which the ecr.dkr endpoint has."; plain {
					f.Fix = "Check the private names that `aws ec2 describe-vpc-endpoint-services` lists for " + b.serviceName(code) + "."
				}
				switch b.egress {
				case catalog.Closed:
					f.Message += fmt.Sprintf(" There is no internet access from %s.", b.noWayOut())
					if f.Severity = Error; b.Workload.Jobs { // nothing shows which of them run here
						f.Severity = Warn
					}
				case catalog.Open:
					f.Severity = Info
				}
			}
			if !slices.ContainsFunc(out, func(o Finding) bool { return o.Message == f.Message }) {
				out = append(out, f)
			}
		}
	}
	return out
}

// plainHost returns the host of the same registry without the FIPS and dual-stack forms.
func (i image) plainHost() string {
	return i.account + ".dkr.ecr." + i.region + "." + catalog.DNSSuffix(catalog.PartitionID(i.region))
}

// forwarded lists the domains that other DNS servers must forward to Route 53: those of the private
// names of the endpoints. If the Region's list was not read, it has every domain that they can have.
func (b *builder) forwarded() string {
	names := []string{catalog.DNSSuffix(b.Partition())}
	for _, e := range b.interfaces() {
		names = append(names, b.privateNames(e.service, e.code, e.typ)...)
		if b.Inv.Service(e.service, catalog.Interface) == nil {
			names = append(names, catalog.Domains(b.Partition())...)
		}
	}
	return b.domainsOf(names)
}
