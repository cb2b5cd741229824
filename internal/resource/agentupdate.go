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
	var out []Claim
	for _, h := range s.Hosts {
		out = append(out, Claim{Says: fmt.Sprintf("the agent of %s is no longer at version %s", h.Instance, s.Version[h.Instance]),
			Measure: Updated{Cluster: s.ARN, Instances: []string{h.ARN}, Version: s.Version[h.Instance]}})
	}
	return out
}

// Steps calls Amazon ECS to update agents, one after the other.
func (s AgentUpdate) Steps(a Change) Steps {
	out := Steps{Out: a.Existing}
	for _, h := range s.Hosts {
		find := instances(s.ARN, []string{h.ARN}, expr("containerInstances[?", newer(s.Version[h.Instance]), "].containerInstanceArn | [0]"))
		updating := instances(s.ARN, []string{h.ARN}, expr("containerInstances[?contains(['PENDING', 'STAGING', 'STAGED', 'UPDATING'], agentUpdateStatus || '')].containerInstanceArn | [0]"))
		out.Parts = append(out.Parts, Part{Label: "update the agent of " + h.Instance, Steps: Steps{Find: &find,
			Do: []Call{{Service: "ecs", Op: "UpdateContainerAgent", In: map[string]any{"cluster": s.ARN, "containerInstance": h.ARN}, Out: expr(Lit(h.ARN)), Sent: &updating}},
			Until: &Until{ID: h.Instance, Call: instances(s.ARN, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, agentUpdateStatus || 'PENDING']")),
				Want: "UPDATED", Fail: []string{"FAILED"}, Every: 5, Limit: 900}}},
			Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}})
	}
	return out
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
}

// Kind implements Measure.
func (Updated) Kind() ClaimKind { return "agent-updated" }

func (m Updated) check(Claim, *Change) (Check, bool) {
	return yes(instances(m.Cluster, m.Instances, holds("containerInstances[?", newer(m.Version), "]")))
}
