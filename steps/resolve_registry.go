package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// registry checks that the resources of the registry credentials exist. The rules of the
// plan check their settings.
func (r *resolver) registry() {
	if !r.ans.Registry.On() || !r.loaded() || !r.inv.Has(inventory.Request{Part: inventory.PartRegistry}) {
		return
	}
	r.secret()
	r.key()
	r.role()
	r.definition()
}

func (r *resolver) secret() {
	g := r.ans.Registry
	if r.inv.Secret(g.Secret) != nil || g.Sets() {
		return
	}
	if answers.IsARN(g.Secret) {
		if r.inv.Has(inventory.Request{Part: inventory.PartSecret, Name: g.Secret}) && !r.denied("secretsmanager:DescribeSecret") {
			r.wrong("registry.secret", g.Secret, "this secret does not exist; the ARN must end with a hyphen and the six characters that AWS adds to the name")
		}
		return
	}
	if r.denied("secretsmanager:ListSecrets") {
		return
	}
	var all []named
	for i := range r.inv.Secrets {
		if x := &r.inv.Secrets[i]; x.OfAccount(r.inv.Account, r.inv.Region) {
			all = append(all, named{id: x.Name})
		}
	}
	r.wrong("registry.secret", g.Secret, "this secret does not exist in %s; to create it, add value: set and a username; for another account or Region, use the full ARN; existing: %s", r.inv.Region, choices(all))
}

// key checks an alias. Other forms are not checked, because the list contains only keys
// with an alias.
func (r *resolver) key() {
	k := r.ans.Registry.KMSKey
	if !strings.HasPrefix(k, "alias/") || k == "alias/aws/secretsmanager" || r.inv.Key(k) != nil || r.denied("kms:ListAliases") {
		return
	}
	var all []named
	for _, x := range r.inv.Keys {
		for _, alias := range x.Aliases {
			all = append(all, named{id: alias})
		}
	}
	r.wrong("registry.kms_key", k, "this alias does not exist in %s; existing aliases: %s", r.inv.Region, choices(all))
}

func (r *resolver) role() {
	g := r.ans.Registry
	if g.Role == "" || g.CreateRole || r.denied("iam:ListRoles") || roleARN(r.inv, g.Role) != "" {
		return
	}
	if part := strings.Split(g.Role, ":"); len(part) > 4 && part[4] != r.inv.Account {
		r.wrong("registry.role", g.Role, "is of account %s; must be a role of the account of the %s, %s", part[4], r.w.Many, r.inv.Account)
		return
	}
	var all []named
	for _, arn := range r.inv.ExecutionRoles {
		all = append(all, named{id: words.Last(arn)})
	}
	r.wrong("registry.role", g.Role, "no role with this name exists that ecs-tasks.amazonaws.com can assume; to create it, add create_role: true; existing: %s", choices(all))
}

// definition checks the definition that uses the secret, and its containers.
func (r *resolver) definition() {
	g := r.ans.Registry
	if g.Definition == "" {
		return
	}
	p, ok := definitionOf(r.inv, r.ans)
	if !ok {
		r.noDefinition()
		return
	}
	for i, name := range g.Containers {
		if slices.ContainsFunc(p.Containers, func(c inventory.Container) bool { return c.Name == name }) {
			continue
		}
		var all []named
		for _, c := range p.Containers {
			all = append(all, named{id: c.Name})
		}
		r.wrong(fmt.Sprintf("registry.containers[%d]", i), name, "%s does not have this container; existing: %s", p.Name(), choices(all))
	}
}

// noDefinition reports that a definition does not exist, and lists those in use.
func (r *resolver) noDefinition() {
	g := r.ans.Registry
	what, call := "task definition", "ecs:DescribeTaskDefinition"
	asked := r.inv.Has(inventory.Request{Part: inventory.PartDefinition, Name: g.Definition})
	if r.w.Jobs {
		what, call, asked = "active job definition of "+string(r.ans.Workload), "batch:DescribeJobDefinitions", true
	}
	if !asked || r.denied(call) {
		return
	}
	var all []named
	for _, p := range plan.ScopeOf(r.inv, r.ans).Definitions() {
		all = append(all, named{id: p.Name()})
	}
	more := ""
	if r.w.Jobs && strings.Contains(g.Definition, ":") {
		more = " (the wizard reads only the newest revision; omit the revision)"
	}
	r.wrong("registry.definition", g.Definition, "this %s does not exist in %s%s; existing ones in use: %s", what, r.inv.Region, more, choices(all))
}
