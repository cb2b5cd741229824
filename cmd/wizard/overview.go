package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/check"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// isDirectory reports whether --snapshot is a directory.
func (g *globals) isDirectory() bool {
	info, err := os.Stat(g.snapshot)
	return g.snapshot != "" && err == nil && info.IsDir()
}

// overview checks all VPCs of the snapshots that --snapshot selects: a file, or the files of a directory.
func (g *globals) overview(ctx context.Context, accept []string, asJSON bool) error {
	if g.region != "" {
		return usage(errors.New("--region is not for an overview, because each snapshot has its own Region; remove it, or add --answers"))
	}
	files, err := g.snapshots()
	if err != nil {
		return err
	}
	o, err := g.checkAll(ctx, files, accept)
	if err != nil {
		return err
	}
	if !g.isDirectory() && len(o.Unread) > 0 {
		return usage(fmt.Errorf("--snapshot: %s", o.Unread[0].Error))
	}
	for _, u := range o.Unread {
		line(g.Err, "Not read: %s", u.Error)
	}
	for _, text := range o.Repeated() {
		line(g.Err, "Note: %s", text)
	}
	if o.Snapshots == 0 {
		return usage(fmt.Errorf("--snapshot %s: no snapshot could be read", g.snapshot))
	}
	if o.Exit = checkExits[o.Result]; len(o.Unread) > 0 {
		o.Exit = exitAWS // the overview is not complete
	}
	if asJSON {
		if err := g.json("  ").Encode(o); err != nil {
			return err
		}
		line(g.Err, "%s", o.Totals())
	} else {
		for _, text := range o.Lines(g.columns()) {
			fmt.Fprintln(g.Out, text)
		}
	}
	if o.Exit == exitOK {
		return nil
	}
	return silentExit(o.Exit)
}

// snapshots returns the files that --snapshot selects. Files of a directory that cannot be a snapshot are reported on standard error.
func (g *globals) snapshots() ([]string, error) {
	if !g.isDirectory() {
		return []string{g.snapshot}, nil
	}
	entries, err := os.ReadDir(g.snapshot) // sorted by name
	if err != nil {
		return nil, usage(fmt.Errorf("--snapshot: %w", err))
	}
	var out []string
	for _, e := range entries {
		name := filepath.Join(g.snapshot, e.Name())
		switch {
		case !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".json.gz"):
		case isLegend(name):
			line(g.Err, "Ignored: %s is the legend of a masked snapshot.", name)
		default:
			out = append(out, name)
		}
	}
	if len(out) == 0 {
		return nil, usage(fmt.Errorf("--snapshot %s: the directory contains no snapshot (*.json, *.json.gz)", g.snapshot))
	}
	return out, nil
}

// isLegend reports whether a file is the legend of a masked snapshot, by its name and its content.
func isLegend(name string) bool {
	if ok, _ := filepath.Match("*legend*.json", filepath.Base(name)); !ok {
		return false
	}
	text, err := readFile(name, maxSnapshot)
	var head struct {
		Legend json.RawMessage `json:"legend"`
	}
	return err == nil && json.Unmarshal([]byte(text), &head) == nil && head.Legend != nil
}

// checkAll checks the VPCs of snapshots. It reads as many snapshots in parallel as there are processors, and keeps none of them.
func (g *globals) checkAll(ctx context.Context, files []string, accept []string) (check.Overview, error) {
	results := make([]*check.Snapshot, len(files))
	errs := make([]error, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		group.Go(func() error {
			inv, err := g.readRegular(file)
			if errs[i] = err; err != nil {
				return nil
			}
			results[i], err = checkSnapshot(ctx, file, inv, accept)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return check.Overview{}, err
	}
	var snapshots []*check.Snapshot
	var unread []check.Unread
	for i, s := range results {
		if errs[i] != nil {
			unread = append(unread, check.Unread{File: files[i], Error: errs[i].Error()})
			continue
		}
		snapshots = append(snapshots, s)
	}
	return check.NewOverview(snapshots, unread, accept), nil
}

// readRegular reads a snapshot, but not from a pipe, which would block.
func (g *globals) readRegular(file string) (*inventory.Inventory, error) {
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && file != g.snapshot {
		return nil, fmt.Errorf("%s is not a file", file)
	}
	return g.readSnapshot(file)
}

// checkSnapshot checks the VPCs of a snapshot.
func checkSnapshot(ctx context.Context, file string, inv *inventory.Inventory, accept []string) (*check.Snapshot, error) {
	s := check.NewSnapshot(file, inv, accept)
	for _, v := range inv.VPCs {
		var attempts []check.Attempt
		for _, w := range s.Workloads(v) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			a, err := attempt(ctx, snapshot{inv, file}, s.Answers(w, v))
			if err != nil {
				return nil, err
			}
			attempts = append(attempts, a)
		}
		if len(attempts) > 0 {
			s.Add(v, attempts)
		}
	}
	s.Done()
	return s, nil
}

// attempt makes the plan for a workload of a VPC as wizard plan does.
func attempt(ctx context.Context, client account, ans answers.Answers) (check.Attempt, error) {
	out := check.Attempt{Workload: ans.Workload}
	inv := &inventory.Inventory{Region: ans.Region}
	resolved, problems, err := look(ctx, client, inv, ans)
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case err != nil:
		out.Problem = err.Error()
		return out, nil
	case len(problems) > 0:
		out.Problem = problemsText(problems)
		return out, nil
	}
	out.Plan = plan.Build(inv, resolved)
	out.Why = cause.Of(inv, resolved, out.Plan)
	return out, nil
}
