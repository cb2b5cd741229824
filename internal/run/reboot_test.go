//go:build !race

package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
)

// rebooting is an account with the three ECS endpoints, and with agents that a plan restarts by a reboot. It counts the
// reboots that EC2 accepted.
type rebooting struct {
	*account
	reboots map[string]int
}

func toReboot(t *testing.T) *rebooting {
	later()
	a := &rebooting{open(t, "closed"), map[string]int{}}
	if s, events := a.apply(t.Context(), a.onEC2(a.hosts(), "prod", answers.RestartNone), nil); s.Failed+s.Skipped > 0 {
		t.Fatalf("%+v\n%+v", s, events)
	}
	return a
}

// restart plans the reboot of two instances of one zone.
func (a *rebooting) restart() *plan.Plan {
	p := a.onEC2(a.hosts(), "prod", answers.RestartReboot)
	row := p.Change("agents/prod")
	spec := row.Spec.(resource.AgentRestart)
	two := func(h resource.Host) bool { return last(h.Instance) != "1" && last(h.Instance) != "4" }
	spec.Hosts, spec.Drained = slices.DeleteFunc(spec.Hosts, two), slices.DeleteFunc(spec.Drained, two)
	row.Spec = spec
	p.Changes, p.Claims = []resource.Change{*row}, nil
	for code, id := range spec.Endpoints {
		p.Changes = append([]resource.Change{{ID: id.From, Op: resource.Keep, Existing: a.endpoint(code), Spec: resource.InterfaceEndpoint{VPC: a.vpc}}}, p.Changes...)
	}
	return p
}

// endpoint is the id of an endpoint of Amazon ECS.
func (a *rebooting) endpoint(code string) string {
	for _, e := range a.inventory().Network(a.vpc).Endpoints {
		if strings.HasSuffix(e.Service, "."+code) {
			return e.ID
		}
	}
	return ""
}

// Call counts reboots.
func (a *rebooting) Call(ctx context.Context, service, op string, in map[string]any) (any, error) {
	out, err := a.account.Call(ctx, service, op, in)
	if op == "RebootInstances" && err == nil {
		a.mu.Lock()
		a.reboots[last(in["InstanceIds"].([]any)[0].(string))]++
		a.mu.Unlock()
	}
	return out, err
}

// states are the states of the instances of the cluster that are not ACTIVE.
func (a *rebooting) draining() []string {
	var out []string
	for _, c := range a.hosts().Clusters {
		for _, h := range c.ContainerInstances {
			if c.Name == "prod" && h.Status != "ACTIVE" {
				out = append(out, last(h.Instance))
			}
		}
	}
	return out
}

// accessDenied is AWS's refusal of a call.
type accessDenied struct{}

func (accessDenied) Error() string     { return "AccessDeniedException" }
func (accessDenied) ErrorCode() string { return "AccessDeniedException" }

// writes are the changing calls of the reboot of one instance.
var writes = []string{"TagResource", "UpdateContainerInstancesState", "RebootInstances", "TagResource", "TagResource", "UpdateContainerInstancesState", "TagResource"}

// TestRebootEndsWithActiveInstances ends the restart of two instances at each of its changing calls: the run is stopped, the
// call is denied, the answer is lost, or the program is killed. No instance remains draining except after a kill or if the run is
// cancelled, which leaves at once. The next plan
// then continues, and each instance is rebooted once.
func TestRebootEndsWithActiveInstances(t *testing.T) {
	for _, fault := range []string{"stopped", "cancelled", "denied", "lost", "killed before", "killed after"} {
		for n := range len(writes) + 2 {
			t.Run(fmt.Sprintf("%s at call %d", fault, n+1), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := toReboot(t)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					stop := make(chan struct{})
					var mu sync.Mutex
					seen, dead := 0, false
					faulty := callerFunc(func(ctx context.Context, service, op string, in map[string]any) (any, error) {
						mu.Lock()
						killed := dead
						here := false
						if accounttest.Changes(op) && !killed {
							here = seen == n
							seen++
						}
						dead = dead || here && strings.HasPrefix(fault, "killed")
						mu.Unlock()
						switch {
						case killed || here && fault == "killed before":
							return nil, errors.New("killed")
						case here && fault == "stopped":
							close(stop)
						case here && fault == "cancelled":
							cancel()
						case here && fault == "denied":
							return nil, accessDenied{}
						}
						out, err := a.Call(ctx, service, op, in)
						if here && fault == "lost" && err == nil {
							return nil, unsure{}
						}
						return out, err
					})
					p := a.restart()
					s := run.Apply(ctx, p, run.Options{Caller: faulty, RunID: "first", Now: time.Now, Stop: stop})
					killed := strings.HasPrefix(fault, "killed")
					left := a.draining()
					if len(left) > 0 && !killed && fault != "cancelled" && !(fault == "denied" && writes[n%len(writes)] == "UpdateContainerInstancesState") {
						t.Errorf("instances %v are draining after %+v", left, s)
					}
					if fault == "denied" && n == 0 && (len(left) > 0 || len(a.reboots) > 0) {
						t.Errorf("without a tag %v are draining, and %v were rebooted", left, a.reboots)
					}
					p = a.restart()
					spec := p.Change("agents/prod").Spec.(resource.AgentRestart)
					for _, id := range left {
						if !slices.ContainsFunc(slices.Concat(spec.Hosts, spec.Drained), func(h resource.Host) bool { return last(h.Instance) == id }) {
							t.Errorf("the next plan does not contain instance %s, which is draining", id)
						}
					}
					s = run.Apply(t.Context(), p, run.Options{Caller: a, RunID: "second", Now: time.Now})
					if left := a.draining(); s.Failed+s.Skipped > 0 || len(left) > 0 {
						t.Errorf("%v are draining after the second run: %+v", left, s)
					}
					want := map[string]int{"1": 1, "4": 1}
					// EC2 does not show that it accepted a reboot, so the instance must have the tag that records it. The
					// instance is empty, so that a second reboot stops no task. The agents were not connected before, so that
					// a disconnected agent does not show a reboot without an answer either.
					if fault == "killed after" && n == 2 || fault == "killed before" && n == 3 || fault == "denied" && n == 3 || fault == "lost" && n == 2 {
						want["1"] = 2
					}
					if d := cmp.Diff(want, a.reboots); d != "" {
						t.Error("reboots (-want +got)", d)
					}
					for _, h := range a.restart().Changes {
						if h.ID == "agents/prod" && h.Op != resource.Keep && len(h.Spec.(resource.AgentRestart).Hosts)+len(h.Spec.(resource.AgentRestart).Drained) > 0 {
							t.Errorf("still to do: %s", h.Summary)
						}
					}
				})
			})
		}
	}
}
