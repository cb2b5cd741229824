package call

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// atOnce is the number of agents in one Availability Zone to restart in parallel.
const atOnce = 5

// agentRestart restarts agents in small groups, one Availability Zone after the other. Each agent
// must be connected again before its instance gets a tag, and the whole group must have tags
// before the next group starts. So an agent is never restarted twice for the same endpoints.
func agentRestart(a plan.Change, s plan.AgentRestart) Steps {
	out := Steps{Out: a.Existing, Left: s.ByHand()}
	if a.Op == plan.Keep {
		return Steps{Out: a.Existing}
	}
	for _, h := range s.Hosts {
		if h.Reboot {
			out.Parts = append(out.Parts, reboot(s, h)...)
		}
	}
	for _, g := range groups(s.Hosts) {
		label := fmt.Sprintf("%s: %s", g[0].Zone, strings.Join(instanceIDs(g), ", "))
		if slices.ContainsFunc(g, func(h plan.Host) bool { return h.Awaited }) {
			out.Parts = append(out.Parts, Part{Label: "wait until Systems Manager reaches " + label, Steps: Steps{Until: online(g)}})
		}
		find := marks(s, g)
		out.Parts = append(out.Parts,
			Part{Label: "restart the agents of " + label, Steps: Steps{Find: &find, Do: []Call{command(g, hosts.RunCommand(g[0].Family), "Restart the ECS agent (PrivateLink Wizard)")}, Until: succeeded(a.ID, len(g))}},
		)
		for _, h := range g {
			find := marks(s, []plan.Host{h})
			out.Parts = append(out.Parts,
				Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
				Part{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &find, Do: []Call{mark(s, h)}}})
		}
	}
	return out
}

// reboot drains an instance, reboots it and activates it again. It skips every part if the
// instance has the tag. Each part can be repeated after a run that ended early.
func reboot(s plan.AgentRestart, h plan.Host) []Part {
	done := marks(s, []plan.Host{h})
	state := func(to string) Call {
		return Call{Service: "ecs", Op: "UpdateContainerInstancesState", Out: expr(plan.Lit(h.ARN)),
			In: map[string]any{"cluster": s.ARN, "containerInstances": []any{h.ARN}, "status": to}}
	}
	shows := func(yes, no, condition string) Call {
		return instances(s.ARN, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, "+condition+" && '"+yes+"' || '"+no+"']"))
	}
	return []Part{
		{Label: "drain " + h.Instance, Steps: Steps{Find: &done, Do: []Call{state("DRAINING")},
			Until: &Until{ID: h.Instance, Call: shows("empty", "draining", "to_string(runningTasksCount)=='0'"), Want: "empty", Every: 10, Limit: 3600}}},
		// A fast host may reconnect between two polls, so a missed disconnection is not a
		// failure.
		{Label: "reboot " + h.Instance, Steps: Steps{Find: &done, Do: []Call{ec2("RebootInstances", map[string]any{"InstanceIds": []any{h.Instance}}, expr(plan.Lit(h.Instance)))},
			Until: &Until{ID: h.Instance, Call: shows("left", "not left yet", "!agentConnected"), Want: "left", Every: 3, Limit: 90, Soft: true}}},
		{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
		{Label: "activate instance " + h.Instance, Steps: Steps{Find: &done, Do: []Call{state("ACTIVE")}}},
		{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &done, Do: []Call{mark(s, h)}}},
	}
}

// newer is the condition that an instance's agent has a different version.
func newer(than string) []plan.Value {
	return expr("versionInfo.agentVersion && versionInfo.agentVersion!=", plan.Lit(than))
}

// agentUpdate calls Amazon ECS to update agents, one after the other.
func agentUpdate(a plan.Change, s plan.AgentUpdate) Steps {
	out := Steps{Out: a.Existing}
	for _, h := range s.Hosts {
		find := instances(s.ARN, []string{h.ARN}, expr("containerInstances[?", newer(s.Version[h.Instance]), "].containerInstanceArn | [0]"))
		out.Parts = append(out.Parts, Part{Label: "update the agent of " + h.Instance, Steps: Steps{Find: &find,
			Do: []Call{{Service: "ecs", Op: "UpdateContainerAgent", In: map[string]any{"cluster": s.ARN, "containerInstance": h.ARN}, Out: expr(plan.Lit(h.ARN))}},
			Until: &Until{ID: h.Instance, Call: instances(s.ARN, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, agentUpdateStatus || 'PENDING']")),
				Want: "UPDATED", Fail: []string{"FAILED"}, Every: 5, Limit: 900}}},
			Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}})
	}
	return out
}

// groups returns the hosts that Run Command restarts together: same zone and same script, at most
// atOnce.
func groups(all []plan.Host) [][]plan.Host {
	var out [][]plan.Host
	for _, h := range all {
		if h.Hand != "" || h.Reboot {
			continue
		}
		if n := len(out) - 1; n >= 0 && len(out[n]) < atOnce && out[n][0].Zone == h.Zone && out[n][0].Awaited == h.Awaited &&
			hosts.RunCommand(out[n][0].Family) == hosts.RunCommand(h.Family) {
			out[n] = append(out[n], h)
			continue
		}
		out = append(out, []plan.Host{h})
	}
	return out
}

func instanceIDs(hosts []plan.Host) []string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.Instance)
	}
	return out
}

func arns(hosts []plan.Host) []string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.ARN)
	}
	return out
}

// counts is the condition that a list has n items. It compares numbers as text, because
// expressions contain no number literals.
func counts(n int, list ...any) []plan.Value {
	return expr(append(append([]any{"to_string(length(["}, list...), fmt.Sprintf("][]))=='%d'", n))...)
}

// instances reads container instances.
func instances(cluster string, arns []string, out []plan.Value) Call {
	return Call{Service: "ecs", Op: "DescribeContainerInstances", Out: out,
		In: map[string]any{"cluster": cluster, "containerInstances": list(arns), "include": []any{"TAGS"}}}
}

// allConnected is the condition that the agents of n instances are connected.
func allConnected(n int) []plan.Value {
	return counts(n, "containerInstances[?agentConnected].ec2InstanceId")
}

// marks returns the cluster if all of these instances have the tags of the endpoints.
func marks(s plan.AgentRestart, hs []plan.Host) Call {
	cond := []any{"containerInstances[?"}
	n := 0
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			if n++; n > 1 {
				cond = append(cond, " && ")
			}
			cond = append(cond, "tags[?key==", plan.Lit(plan.RestartTag+code), " && value==", id, "]")
		}
	}
	cond = append(cond, "].ec2InstanceId")
	return instances(s.ARN, arns(hs), expr(counts(len(hs), cond...), " && ", plan.Lit(s.ARN)))
}

// mark tags an instance with the endpoints that its agent was restarted for.
func mark(s plan.AgentRestart, h plan.Host) Call {
	var tags []any
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			tags = append(tags, map[string]any{"key": plan.RestartTag + code, "value": id})
		}
	}
	return Call{Service: "ecs", Op: "TagResource", In: map[string]any{"resourceArn": h.ARN, "tags": tags}, Out: expr(plan.Lit(h.ARN))}
}

// command sends a script.
func command(hs []plan.Host, r hosts.Restart, comment string) Call {
	var lines []any
	for line := range strings.Lines(r.Script) {
		lines = append(lines, strings.TrimRight(line, "\n"))
	}
	return Call{Service: "ssm", Op: "SendCommand", Out: expr("Command.CommandId"), In: map[string]any{
		"DocumentName": r.Document, "InstanceIds": list(instanceIDs(hs)), "Comment": comment,
		"TimeoutSeconds": 120, // to start the command; its run time is a parameter
		"Parameters":     map[string]any{"commands": lines, "executionTimeout": []any{"300"}},
	}}
}

// succeeded waits for the command that a change sent.
func succeeded(row plan.ID, n int) *Until {
	return &Until{
		Call: Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"CommandId": plan.From(row), "Details": true},
			Out: expr("[[", plan.From(row), ", ", counts(n, "CommandInvocations[?Status=='Success'].InstanceId"), " && 'Success' || ",
				"CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]")},
		Want: "Success", Fail: []string{"Failed"}, Every: 3, Limit: 900,
	}
}

// connected waits until the agent of an instance is connected.
func connected(cluster string, h plan.Host) *Until {
	return &Until{ID: h.Instance,
		Call: instances(cluster, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']")),
		Want: "connected", Every: 5, Limit: 600,
		Help: "Check that instance " + h.Instance + " is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.",
	}
}

// online waits until Systems Manager reaches instances.
func online(hs []plan.Host) *Until {
	return &Until{ID: "hosts",
		Call: Call{Service: "ssm", Op: "DescribeInstanceInformation", In: map[string]any{"Filters": []any{map[string]any{"Key": "InstanceIds", "Values": list(instanceIDs(hs))}}},
			Out: expr("[['hosts', ", counts(len(hs), "InstanceInformationList[?PingStatus=='Online'].InstanceId"), " && 'Online' || 'not reached yet']]")},
		Want: "Online", Every: 10, Limit: 900,
	}
}
