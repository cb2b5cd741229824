package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

// checkFirstNames reports what has a name of the first workload and other properties. The plan would change it, or could
// not create what it needs.
func checkFirstNames(b *builder) []Finding {
	f := b.first
	if f == nil || b.vpc == nil {
		return nil
	}
	var out []Finding
	find := func(id, what, has string) {
		out = append(out, Finding{Severity: Block, Resource: id, Message: fmt.Sprintf("%s exists with other properties than the first workload would have: %s.", what, has),
			Fix: "Choose another name for the first workload (answers file: first.name), or plan the endpoints for what exists (answers file: remove first)."})
	}
	if d := f.existing; d != nil {
		if has := b.firstDiffers(d); has != "" {
			find(d.ARN, strings.ToUpper(b.Workload.Definition[:1])+b.Workload.Definition[1:]+" "+f.Name, has)
		}
	}
	differs := func(subnets, groups []string) string {
		for _, sub := range b.clients {
			if !slices.Contains(subnets, sub.ID) {
				return "it is not in subnet " + inventory.Label(sub.Name, sub.ID)
			}
		}
		for _, g := range b.groups {
			if !slices.Contains(groups, g) {
				return "it does not have security group " + g
			}
		}
		return ""
	}
	if b.Workload.Jobs {
		if e := b.Inv.Environment(f.Name); e != nil {
			has := differs(e.Subnets, e.Groups)
			if e.Type != "FARGATE" {
				has = "its type is " + e.Type
			}
			if has != "" {
				find(e.ARN, "Compute environment "+f.Name, has)
			}
		}
		for _, q := range b.Inv.Batch.Queues {
			e := b.Inv.Environment(f.Name)
			if q.Name == f.Name && (e == nil || !slices.Contains(q.Environments, e.ARN)) {
				find(q.ARN, "Job queue "+f.Name, "it does not use compute environment "+f.Name)
			}
		}
	} else if _, svc := workload.FindService(b.Inv, f.Name+"/"+f.Name); svc != nil {
		has := differs(svc.Subnets, svc.Groups)
		switch {
		case svc.LaunchType != "FARGATE":
			has = "it runs on " + svc.Platform()
		case svc.PublicIP:
			has = "its tasks have public addresses"
		case familyOf(svc.TaskDefinition) != f.Name:
			has = "it runs " + svc.TaskDefinition
		}
		if has != "" {
			find(svc.ARN, "Service "+f.Name+" in cluster "+f.Name, has)
		}
	}
	if g := b.groupNamed(b.firstGroupName()); g != nil && len(b.groups) == 0 && g.Tags[resource.ManagedBy] != resource.Owner {
		find(g.ID, "Security group "+g.Name, "the wizard did not create it")
	}
	return out
}

// upstream is a registry that a pull-through cache of Amazon ECR can copy from. Source: Amazon ECR user guide, Sync an
// upstream registry with an Amazon ECR private registry; Amazon ECR API reference, CreatePullThroughCacheRule.
type upstream struct {
	host, prefix, url string
	login             bool // it needs credentials, in a secret of Secrets Manager
}

var upstreams = []upstream{
	{"public.ecr.aws", "ecr-public", "public.ecr.aws", false},
	{"registry.k8s.io", "kubernetes", "registry.k8s.io", false},
	{"quay.io", "quay", "quay.io", false},
	{"docker.io", "docker-hub", "registry-1.docker.io", true},
	{"ghcr.io", "github", "ghcr.io", true},
	{"registry.gitlab.com", "gitlab", "registry.gitlab.com", true},
}

// upstreamOf returns the upstream registry of an image; false if Amazon ECR does not support it.
func upstreamOf(img image) (upstream, bool) {
	host := img.host()
	if strings.HasSuffix(host, ".azurecr.io") {
		return upstream{host, "azure", host, true}, true
	}
	i := slices.IndexFunc(upstreams, func(u upstream) bool { return u.host == host })
	if i < 0 {
		return upstream{}, false
	}
	return upstreams[i], true
}

// pathOf returns an image without its host. Docker Hub keeps its own images in library.
func pathOf(img image) string {
	path := strings.TrimPrefix(img.ref, img.host()+"/")
	if img.host() == "docker.io" && !strings.Contains(path, "/") {
		path = "library/" + path
	}
	return path
}

// cacheFix returns the sentences that propose a pull-through cache for an image; empty if Amazon ECR has none for its
// registry.
func (b *builder) cacheFix(img image) string {
	u, ok := upstreamOf(img)
	if !ok {
		return ""
	}
	command := fmt.Sprintf("aws ecr create-pull-through-cache-rule --ecr-repository-prefix %s --upstream-registry-url %s --region %s", u.prefix, u.url, b.Ans.Region)
	login := ""
	if u.login {
		command += " --credential-arn ARN"
		login = " ARN is a secret of Secrets Manager with a name that begins with ecr-pullthroughcache/ and your credentials of that registry."
	}
	own := image{account: b.Inv.Account, region: b.Ans.Region}
	return fmt.Sprintf("Create a pull-through cache rule of Amazon ECR (`%s`) and use the image %s/%s/%s.%s Pull it once from a network with internet access first: the first pull needs that.",
		command, own.plainHost(), u.prefix, pathOf(img), login)
}
