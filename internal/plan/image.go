package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// ecrHost matches the host of a private registry of Amazon ECR (Amazon ECR user guide, Private
// registry, and Making requests to Amazon ECR registries). The groups are the account, the separator
// of the form, the mark of the FIPS form, the Region and the domain.
var ecrHost = pattern.New(`^(\d{12})\.dkr([.-])ecr(-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$`)

// publicHosts are the registries of Amazon ECR Public: the second is the dual-stack name (Amazon ECR
// Public user guide, Making requests to Amazon ECR Public registries).
var publicHosts = []string{"public.ecr.aws", "ecr-public.aws.com"}

// image is the source of a container's image.
type image struct {
	ref       string
	account   string // of the private ECR registry; empty for other registries
	region    string // of the same registry
	fips      bool   // the registry by its FIPS name
	dualStack bool   // the registry by its dual-stack name
	public    bool   // Amazon ECR Public
}

func parseImage(ref string) image {
	host, _, slash := strings.Cut(ref, "/")
	if !slash {
		return image{ref: ref}
	}
	m := ecrHost().FindStringSubmatch(host)
	if m == nil || !slices.Contains(catalog.Domains(catalog.PartitionID(m[4])), m[5]) {
		return image{ref: ref, public: slices.Contains(publicHosts, host)}
	}
	return image{ref: ref, account: m[1], region: m[4], dualStack: m[2] == "-", fips: m[3] != ""}
}

// outside reports whether an image is in a registry outside AWS.
func (i image) outside() bool { return i.region == "" && !i.public }

// host returns the registry's host name; Docker Hub's if the image has none.
func (i image) host() string {
	host, _, slash := strings.Cut(i.ref, "/")
	if !slash || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return "docker.io"
	}
	return host
}

// repository returns the ARN of the repository of an Amazon ECR image.
func (i image) repository(partition string) string {
	_, path, _ := strings.Cut(i.ref, "/")
	path, _, _ = strings.Cut(path, "@")
	if at := strings.LastIndexByte(path, ':'); at >= 0 {
		path = path[:at]
	}
	return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", partition, i.region, i.account, path)
}

// ecrCodes are the endpoint services of Amazon ECR: of each form of name, that of the API and that of
// the registry.
var ecrCodes = []string{"ecr.api", "ecr.dkr", "ecr-fips.api", "ecr-fips.dkr"}

// pulls reports whether image pulls use the endpoint of a service.
func pulls(code string) bool { return slices.Contains(ecrCodes, code) }

// isRegistry reports whether the endpoint of a service has the names of registries.
func isRegistry(code string) bool { return pulls(code) && strings.HasSuffix(code, ".dkr") }

// ecrEndpoints returns the endpoints that image pulls use after the plan.
func (b *builder) ecrEndpoints() []*endpoint {
	var out []*endpoint
	for _, code := range ecrCodes {
		if e := b.endpoint(resource.ID("endpoint/" + code)); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// paired reports whether services contain an API of Amazon ECR and a registry.
func paired(there map[string]bool) bool {
	some := func(registry bool) bool {
		return slices.ContainsFunc(ecrCodes, func(c string) bool { return there[c] && isRegistry(c) == registry })
	}
	return some(true) && some(false)
}

// registryCode is the endpoint service that has the host of a private ECR image.
func (i image) registryCode() string {
	if i.fips {
		return "ecr-fips.dkr"
	}
	return "ecr.dkr"
}

// pullNeed returns the need of an image. If the Region has no FIPS endpoints, E-ECRHOST reports the
// host, and the other endpoints are those of the image that it asks for.
func (s *scope) pullNeed(i image) string {
	if i.fips && s.offers(i.registryCode()) {
		return catalog.FIPS("ecr")
	}
	return "ecr"
}

// offers reports whether the Region has an interface endpoint service, as far as its list was read.
func (s *scope) offers(code string) bool {
	_, unread := s.Inv.Gap("ec2:DescribeVpcEndpointServices")
	return unread || len(s.Inv.Services) == 0 || s.Inv.Service(catalog.Lookup(code).ServiceName(s.Partition(), s.Ans.Region), catalog.Interface) != nil
}

// shownAs returns the evidence for a need of the answers, by any form of the services' names.
func shownAs(uses map[string][]string, need string) []string {
	return slices.Concat(uses[need], uses[catalog.FIPS(need)])
}

// privateNames returns the names that clients use for an endpoint service: the private names in the
// Region's list, otherwise those of the catalog.
func (s *scope) privateNames(service, code, typ string) []string {
	if svc := s.Inv.Service(service, typ); svc != nil && typ == catalog.Interface && s.Inv.Has(inventory.Request{Part: inventory.PartServices}) {
		return svc.PrivateNames
	}
	return catalog.Lookup(code).PrivateNames(s.Partition(), s.Ans.Region)
}
