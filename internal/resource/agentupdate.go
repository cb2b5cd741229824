package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// AgentUpdate lets Amazon ECS update agents that are too old for endpoints.
type AgentUpdate struct {
	Cluster string `aws:"Cluster"` // name
	ARN     string // of the cluster
	Hosts   []Host
	Version map[string]string `aws:"AgentVersions"` // of the agent now, by instance
}

// Kind implements Spec.
func (AgentUpdate) Kind() string { return "agent-update" }

// Terms implements Spec.
func (AgentUpdate) Terms() []*terms.Term { return []*terms.Term{terms.AgentRestart} }

// Cells implements Spec.
func (s AgentUpdate) Cells(Names, Change) Cells {
	return Cells{"ECS agents", "cluster " + s.Cluster, words.Count(len(s.Hosts), "container instance"), "update"}
}

func (s AgentUpdate) claims(Change) []Claim {
	r := s.reader()
	var out []Claim
	for _, h := range s.Hosts {
		m := Updated{Cluster: s.ARN, Instances: []string{h.ARN}, Version: s.Version[h.Instance]}
		if among := r.requests[h.ARN]; len(among) > 1 {
			m.Among = among
		}
		out = append(out, Claim{Says: fmt.Sprintf("the agent of %s is no longer at version %s", h.Instance, s.Version[h.Instance]), Measure: m})
	}
	return out
}

// stays implements stayer.
func (s AgentUpdate) stays(Change) []string {
	return []string{fmt.Sprintf("The update of %s in cluster %s cannot be reverted.", words.Count(len(s.Hosts), "ECS agent"), s.Cluster)}
}

// reader reads all instances that the run changes.
func (s AgentUpdate) reader() hostReader { return readHosts(s.Cluster, s.ARN, arns(s.Hosts)) }

// Steps calls Amazon ECS to update agents, one after the other. Instances that are no longer registered are skipped.
func (s AgentUpdate) Steps(a Change) Steps {
	out, r := Steps{Out: a.Existing}, s.reader()
	for _, h := range s.Hosts {
		update := Call{Service: "ecs", Op: "UpdateContainerAgent", In: map[string]any{"cluster": s.ARN, "containerInstance": h.ARN}, Out: expr(Lit(h.ARN)),
			Sent: r.when(h, "contains(['PENDING', 'STAGING', 'STAGED', 'UPDATING'], agentUpdateStatus || '')")}
		out.Parts = append(out.Parts, of(r.subject(h),
			Part{Label: "update the agent of " + h.Instance, Steps: Steps{Find: r.when(h, newer(s.Version[h.Instance])), Do: []Call{update},
				Until: r.until(h, Until{Want: "UPDATED", Fail: []string{"FAILED"}, Every: 5, Limit: 900, Help: "Check that instance " + h.Instance + " is running. " + r.terminated(h)}, "agentUpdateStatus || 'PENDING'")}},
			Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: r.connected(h)}})...)
	}
	out.Complete = s.complete(r)
	return out
}

// complete returns the cluster if the agents of all registered instances have other versions and are connected. One call
// can read 100 instances, so that it is nil for more.
func (s AgentUpdate) complete(r hostReader) *Call {
	if len(s.Hosts) == 0 || len(s.Hosts) > 100 {
		return nil
	}
	out := []any{"(", those(s.Hosts, exist), ")"}
	for _, h := range s.Hosts {
		out = append(out, " && !(", those([]Host{h}, "!(", newer(s.Version[h.Instance]), ") || !agentConnected"), ")")
	}
	return r.read(s.Hosts[0], append(out, " && ", Lit(s.ARN))...)
}

// newer is the condition that an instance's agent has a different version.
func newer(than string) []Value {
	return expr("versionInfo.agentVersion && versionInfo.agentVersion!=", Lit(than))
}

// Updated claims that the agents of container instances, by ARN, no longer have a version.
type Updated struct {
	Version   string   `json:"version"`
	Cluster   string   `json:"cluster"` // ARN
	Instances []string `json:"instances"`
	// Among are the instances of the request that the update makes; empty: the same.
	Among []string `json:"among,omitempty"`
}

// Kind implements Measure.
func (Updated) Kind() ClaimKind { return "agent-updated" }

// An instance that is no longer registered has no agent, so that the claim is not decided.
func (m Updated) check(Claim, *Change) (Check, bool) {
	const them = "containerInstances[?"
	this := "contains([" + texts(m.Instances) + "], containerInstanceArn) && " + registered
	return yes(instances(m.Cluster, among(m.Among, m.Instances), expr("!("+them+this+"]) && '"+Undecided+": "+unregistered+"' || "+them+this+" && ", newer(m.Version), "] && 'yes' || 'no'")))
}

// among returns the instances of the request that reads some instances.
func among(all, some []string) []string {
	if len(all) > 0 {
		return all
	}
	return some
}
