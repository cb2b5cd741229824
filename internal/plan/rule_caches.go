package plan

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// ownImage reports whether an image is in the private registry of this account and Region.
func (s *scope) ownImage(img image) bool {
	return img.region != "" && img.region == s.Ans.Region && img.account == s.Inv.Account
}

// cacheOf returns the pull-through cache rule of an image's repository; nil if none applies. Amazon ECR
// adds a slash to a prefix. The prefix ROOT is for all repositories without another rule, and the most
// specific prefix applies (Amazon ECR API reference, CreatePullThroughCacheRule).
func (s *scope) cacheOf(img image) *inventory.Cache {
	if !s.ownImage(img) {
		return nil
	}
	_, repository, _ := strings.Cut(img.ref, "/")
	var best *inventory.Cache
	for i := range s.Inv.Caches {
		c := &s.Inv.Caches[i]
		switch {
		case c.Prefix == "ROOT" && best == nil, strings.HasPrefix(repository, c.Prefix+"/") && (best == nil || best.Prefix == "ROOT" || len(c.Prefix) > len(best.Prefix)):
			best = c
		}
	}
	return best
}

// checkPullThrough reports images of a pull-through cache. With interface endpoints, the first pull of
// an image needs an internet route from the VPC; later pulls do not. The guide excepts no upstream
// registry, not even another one of Amazon ECR (Amazon ECR user guide, interface VPC endpoints).
func checkPullThrough(b *builder) []Finding {
	out := b.eachImage(func(d *inventory.TaskDefinition, img image) *Finding {
		c := b.cacheOf(img)
		if c == nil {
			return nil
		}
		rule := "The pull-through cache rule " + c.Prefix
		if c.Upstream != "" {
			rule += " for " + c.Upstream
		}
		return &Finding{Message: fmt.Sprintf("%s:%d pulls %s. %s applies to it. The first pull of each image needs internet access; later pulls do not. There is none from %s.", d.Family, d.Revision, img.ref, rule, b.noWayOut()),
			Fix: "Pull the image once from a network with internet access, before the tasks start."}
	})
	for i := range out {
		out[i].Severity = Warn
	}
	return out
}
