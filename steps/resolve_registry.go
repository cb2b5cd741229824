package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// registry checks what the answers say of credentials of a private registry. Whether what
// is there is fit for it, the rules of the plan say.
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
			r.wrong("registry.secret", g.Secret, "there is no secret of this ARN; it ends in a hyphen and six characters, which AWS puts after the name")
		}
		return
	}
	if r.denied("secretsmanager:ListSecrets") {
		return
	}
	var all []thing
	for i := range r.inv.Secrets {
		if x := &r.inv.Secrets[i]; x.OfAccount(r.inv.Account, r.inv.Region) {
			all = append(all, thing{id: x.Name})
		}
	}
	r.wrong("registry.secret", g.Secret, "there is no such secret in %s. Write value: set and a username to have it made, or the full ARN of one of another account or Region. There are: %s", r.inv.Region, choices(all))
}

// key looks aliases up: of keys only those that have one are listed.
func (r *resolver) key() {
	k := r.ans.Registry.KMSKey
	if !strings.HasPrefix(k, "alias/") || k == "alias/aws/secretsmanager" || r.inv.Key(k) != nil || r.denied("kms:ListAliases") {
		return
	}
	var all []thing
	for _, x := range r.inv.Keys {
		for _, alias := range x.Aliases {
			all = append(all, thing{id: alias})
		}
	}
	r.wrong("registry.kms_key", k, "there is no key of this alias in %s. Aliases there: %s", r.inv.Region, choices(all))
}

func (r *resolver) role() {
	g := r.ans.Registry
	if g.Role == "" || g.CreateRole || r.denied("iam:ListRoles") || roleARN(r.inv, g.Role) != "" {
		return
	}
	if part := strings.Split(g.Role, ":"); len(part) > 4 && part[4] != r.inv.Account {
		r.wrong("registry.role", g.Role, "is of account %s; an execution role is of the account that the %s run in, %s", part[4], State{Ans: r.ans}.word("tasks"), r.inv.Account)
		return
	}
	var all []thing
	for _, arn := range r.inv.ExecutionRoles {
		all = append(all, thing{id: nameOf(arn)})
	}
	r.wrong("registry.role", g.Role, "there is no such role that ecs-tasks.amazonaws.com may assume. Write create_role: true to have it made. There are: %s", choices(all))
}

// definition checks the definition that logs in, and which of its containers do.
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
		var all []thing
		for _, c := range p.Containers {
			all = append(all, thing{id: c.Name})
		}
		r.wrong(fmt.Sprintf("registry.containers[%d]", i), name, "%s has no such container. It has: %s", p.Name(), choices(all))
	}
}

// noDefinition says what there is in the place of a definition that is not known.
func (r *resolver) noDefinition() {
	g := r.ans.Registry
	what, call := "task definition", "ecs:DescribeTaskDefinition"
	asked := r.inv.Has(inventory.Request{Part: inventory.PartDefinition, Name: g.Definition})
	if r.ans.Workload.Batch() {
		what, call, asked = "active job definition of "+string(r.ans.Workload), "batch:DescribeJobDefinitions", true
	}
	if !asked || r.denied(call) {
		return
	}
	var all []thing
	for _, p := range plan.Look(r.inv, r.ans).Definitions() {
		all = append(all, thing{id: p.Name()})
	}
	more := ""
	if r.ans.Workload.Batch() && strings.Contains(g.Definition, ":") {
		more = " Only the newest revision of each is looked at; leave the revision out."
	}
	r.wrong("registry.definition", g.Definition, "there is no such %s in %s.%s Those in use: %s", what, r.inv.Region, more, choices(all))
}
