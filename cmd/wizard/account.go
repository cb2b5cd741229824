package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
	"github.com/privatelink-wizard/privatelink-wizard/steps"
)

// account is the source of plans: an account of AWS, a sandbox account, or a snapshot.
type account interface {
	Load(ctx context.Context, r inventory.Request) (inventory.Inventory, error)
	Region() string
}

// open opens the account that the flags select: a snapshot, a sandbox account, or a real one. The
// Region of the answers is used if no flag sets one.
func (g *globals) open(ctx context.Context, region string) (account, error) {
	if g.region != "" && region != "" && g.region != region {
		return nil, usage(fmt.Errorf("--region %s contradicts region: %s of the answers file; remove one of them", g.region, region))
	}
	if g.region != "" {
		region = g.region
	}
	if g.snapshot != "" {
		return g.openSnapshot(region)
	}
	if g.sandbox != "" {
		return g.openSandbox(ctx, g.sandbox, region)
	}
	given := region
	profile, region, err := g.selected(ctx, region)
	if err != nil {
		return nil, err
	}
	c, err := aws.Open(ctx, aws.Options{Profile: profile.flag(), Region: region, Debug: g.debugTo, Audit: g.auditTo, Waiting: g.waiting, Codes: g.codes})
	if err != nil { // without a nil client in an interface
		if profile.Origin == fromPreferences {
			return nil, fmt.Errorf("%w\nThe profile is the one of %s, line %d. Another one: --profile, or `wizard config set profile PROFILE`", err, g.prefer().name, profile.Line)
		}
		return nil, err
	}
	g.notePreferences(profile, region != given, c.Region())
	if g.speedSet && c.Redirected() {
		return fast{c, g.speed, false}, nil
	}
	return c, nil
}

// showWaiting shows on stderr that a server has not answered yet.
func (g *globals) showWaiting() {
	g.waiting = func(line string) { fmt.Fprintln(g.Err, line) }
}

func (g *globals) openSandbox(ctx context.Context, scenario, region string) (account, error) {
	s, err := sandbox.Find(scenario)
	if err != nil {
		return nil, usage(err)
	}
	acct, err := sandbox.New(sandbox.Options{Scenario: scenario, Speed: g.speed})
	if err != nil {
		return nil, usage(err)
	}
	c, err := aws.Open(ctx, aws.Options{Region: cmp.Or(region, s.Region), Transport: acct, Debug: g.debugTo, Audit: g.auditTo})
	if err != nil {
		return nil, err
	}
	return fast{c, g.speed, true}, nil
}

// fast is a sandbox account or an emulator. It works faster than AWS.
type fast struct {
	*aws.Client
	speed  float64
	inside bool // this program, so that it ends with it
}

// planned is an account with a plan for it.
type planned struct {
	client account
	inv    *inventory.Inventory
	ans    answers.Answers
	file   *answers.File // where the keys of the answers are
	plan   *plan.Plan
	files  plan.Files
	reads  []string // the IAM actions that read the account for the plan
	why    *cause.Answer
}

// plan creates the plan for an answers file.
func (g *globals) plan(ctx context.Context, file string) (*planned, error) {
	g.showWaiting()
	ans, files, at, err := readAnswers(file, g.In)
	if err != nil {
		return nil, err
	}
	client, err := g.open(ctx, ans.Region)
	if err != nil {
		return nil, err
	}
	ans.Region = client.Region()
	inv := &inventory.Inventory{Region: ans.Region}
	resolved, problems, err := look(ctx, client, inv, ans)
	if err != nil {
		return nil, err
	}
	if s, ok := client.(snapshot); ok && s.inv.Masked() {
		line(g.Err, "Note: %s is masked: names and account IDs are stand-ins.", s.file)
	}
	if len(problems) > 0 {
		return nil, usage(place(at, problems))
	}
	reads := []string{"ec2:DescribeRegions"} // of a Region that this version does not know
	for _, r := range steps.Requests(inv, resolved) {
		reads = append(reads, inventory.Calls(r.Part)...)
	}
	p := plan.BuildWith(inv, resolved, files)
	return &planned{client, inv, resolved, at, p, files, reads, cause.Of(inv, resolved, p)}, nil
}

// look loads the parts that the plan needs and resolves the names in the answers.
func look(ctx context.Context, client account, inv *inventory.Inventory, ans answers.Answers) (answers.Answers, []steps.Problem, error) {
	absent := map[inventory.Request]error{}
	for {
		resolved, problems, missing := steps.Check(inv, ans, func(r inventory.Request) bool { return absent[r] != nil })
		if len(missing) == 0 {
			return resolved, problems, nil
		}
		for _, r := range missing {
			if absent[r] != nil { // and no answer is the reason
				return ans, nil, absent[r]
			}
		}
		if err := loadOr(ctx, client, inv, missing, absent); err != nil {
			return ans, nil, err
		}
	}
}

// problemsText returns what is wrong with answers as one line, for those who have no file to point at.
func problemsText(problems []steps.Problem) string {
	var all []string
	for _, p := range problems {
		all = append(all, strings.TrimSpace(p.Key+" "+p.Text)+" "+p.Message)
	}
	return strings.Join(all, "; ")
}

// load loads parts in parallel and merges them.
func load(ctx context.Context, client account, inv *inventory.Inventory, rs []inventory.Request) error {
	return loadOr(ctx, client, inv, rs, nil)
}

// loadOr is load with a map that takes the errors of parts that do not exist in the account, such as the network of a deleted
// VPC. They do not stop the other parts. Without a map, they are errors like all others.
func loadOr(ctx context.Context, client account, inv *inventory.Inventory, rs []inventory.Request, absent map[inventory.Request]error) error {
	parts, lost := make([]inventory.Inventory, len(rs)), make([]error, len(rs))
	g, ctx := errgroup.WithContext(ctx)
	for i, r := range rs {
		g.Go(func() (err error) {
			parts[i], err = client.Load(ctx, r)
			var e *aws.Error
			if absent != nil && errors.As(err, &e) && e.NotFound() {
				lost[i], err = err, nil
			}
			return err
		})
	}
	err := g.Wait()
	for i, p := range parts {
		if lost[i] != nil {
			absent[rs[i]] = lost[i]
		} else {
			inv.Merge(p)
		}
	}
	return err
}
