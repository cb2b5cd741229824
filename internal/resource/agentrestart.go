package resource

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// RestartTag is the prefix of the tags on a container instance that record the endpoints its agent
// was restarted for, because no AWS API shows a restart. The service code of the endpoint follows
// the prefix.
const RestartTag = "privatelink-wizard:"

// AgentRestart restarts the ECS agents of container instances.
type AgentRestart struct {
	Cluster   string           `aws:"Cluster"` // name
	ARN       string           // of the cluster
	Hosts     []Host           // by zone
	Endpoints map[string]Value // ids of the three ECS endpoints, by service code
}

// Kind implements Spec.
func (AgentRestart) Kind() string { return "agent-restart" }

func (s AgentRestart) computed(p map[string]any) {
	for _, h := range s.Hosts {
		name := "run_command_instance_ids"
		switch {
		case h.Reboot:
			name = "reboot_instance_ids"
		case h.Hand != "":
			name = "by_hand_instance_ids"
		}
		of, _ := p[name].([]string)
		p[name] = append(of, h.Instance)
	}
}

// Cells implements Spec.
func (s AgentRestart) Cells(_ Names, a Change) Cells {
	command, reboot, manual := RestartMethods(s.Hosts)
	var note []string
	for _, how := range []struct {
		n    int
		text string
	}{{command, "restart %d by Run Command"}, {reboot, "drain and reboot %d"}, {manual, "restart %d manually"}} {
		if how.n > 0 && a.Op == Run {
			note = append(note, fmt.Sprintf(how.text, how.n))
		}
	}
	where := words.Count(len(s.Hosts), "container instance")
	if len(s.Hosts) == 0 {
		where = ""
	}
	return Cells{"ECS agents", "cluster " + s.Cluster, where, Joined(note...)}
}

// ByHand returns the manual steps for somebody who can log in to the instances, one text for each
// command and reason.
func (s AgentRestart) ByHand() []string {
	type kind struct{ why, how string }
	var order []kind
	ids := map[kind][]string{}
	for _, h := range s.Hosts {
		if h.Hand == "" {
			continue
		}
		k := kind{h.Hand, manualRestart(h.Family)}
		if ids[k] == nil {
			order = append(order, k)
		}
		ids[k] = append(ids[k], h.Instance)
	}
	var out []string
	for _, k := range order {
		out = append(out, fmt.Sprintf("On %s %s Reason for the manual step: %s.", strings.Join(ids[k], ", "), k.how, strings.TrimSuffix(k.why, ".")))
	}
	return out
}

// details lists the instances by zone with their restart methods.
func (s AgentRestart) details() Details {
	var b strings.Builder
	fmt.Fprintf(&b, "Cluster: %s\n", s.Cluster)
	for i, h := range s.Hosts {
		if i == 0 || h.Zone != s.Hosts[i-1].Zone {
			b.WriteString(cmp.Or(h.Zone, "Zone not known") + "\n")
		}
		method := "Run Command"
		switch {
		case h.Hand != "":
			method = "manual step: " + h.Hand
		case h.Reboot:
			method = "drain and reboot"
		case h.Awaited:
			method = "Run Command, when Systems Manager can reach it"
		}
		fmt.Fprintf(&b, "  %s (%s): %s\n", h.Instance, cmp.Or(h.Family, "unknown"), method)
	}
	return Details{"Agents to restart", b.String()}
}

func (s AgentRestart) claims(a Change) []Claim {
	if a.Op != Run {
		return nil
	}
	var out []Claim
	var arns []string
	manual := 0
	for _, h := range s.Hosts {
		if h.Hand == "" {
			arns = append(arns, h.ARN)
		} else {
			manual++
		}
	}
	for chunk := range slices.Chunk(arns, 100) { // the maximum of one API call
		out = append(out, Claim{Says: fmt.Sprintf("the restarted ECS agents of %s in cluster %s are connected", words.Count(len(chunk), "container instance"), s.Cluster),
			Measure: Agents{Cluster: s.ARN, Instances: chunk}})
	}
	if manual > 0 {
		out = append(out, Claim{Says: fmt.Sprintf("the ECS agents of %s in cluster %s are restarted (manual step)", words.Count(manual, "container instance"), s.Cluster), Measure: Inside{}})
	}
	return out
}

func (AgentRestart) progress() Progress {
	return Progress{Doing: "restarting", Meanwhile: "Running tasks continue.", Before: "the restart of the agents"}
}

// manual reports whether all agents are restarted by the user.
func (s AgentRestart) manual() bool {
	return len(s.Hosts) > 0 && !slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Reboot || h.Hand == "" })
}

// Steps restarts agents in small groups, one Availability Zone after the other. Each agent
// must be connected again before its instance gets a tag, and the whole group must have tags
// before the next group starts. So an agent is never restarted twice for the same endpoints.
func (s AgentRestart) Steps(a Change) Steps {
	out := Steps{Out: a.Existing, Left: s.ByHand()}
	if a.Op == Keep {
		return Steps{Out: a.Existing}
	}
	for _, h := range s.Hosts {
		if h.Reboot {
			out.Parts = append(out.Parts, reboot(s, h)...)
		}
	}
	for _, g := range groups(s.Hosts) {
		label := fmt.Sprintf("%s: %s", g[0].Zone, strings.Join(instanceIDs(g), ", "))
		if slices.ContainsFunc(g, func(h Host) bool { return h.Awaited }) {
			out.Parts = append(out.Parts, Part{Label: "wait until Systems Manager reaches " + label, Steps: Steps{Until: online(g)}})
		}
		find := marks(s, g)
		out.Parts = append(out.Parts, Part{Label: "restart the agents of " + label, Steps: Steps{Find: &find, Do: []Call{restart(s, g)}, Until: succeeded(a.ID, len(g))}})
		for _, h := range g {
			find := marks(s, []Host{h})
			out.Parts = append(out.Parts,
				Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
				Part{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &find, Do: []Call{mark(s, h)}}})
		}
	}
	return out
}

// Host is a container instance. Its agent is restarted.
type Host struct {
	ARN, Instance, Zone string
	Family              hosts.Family
	Hand                string // why it is a manual step; empty: Run Command restarts it
	Awaited             bool   // Systems Manager reaches it only after the plan's endpoints exist
	Reboot              bool   // the instance is drained and rebooted instead
}

// atOnce is the number of agents in one Availability Zone to restart in parallel.
const atOnce = 5

// reboot drains an instance, reboots it and activates it again. It skips every part if the
// instance has the tag. Each part can be repeated after a run that ended early.
func reboot(s AgentRestart, h Host) []Part {
	done := marks(s, []Host{h})
	is := func(condition string) *Call {
		c := instances(s.ARN, []string{h.ARN}, expr("containerInstances[?"+condition+"].containerInstanceArn | [0]"))
		return &c
	}
	state := func(to string) Call {
		return Call{Service: "ecs", Op: "UpdateContainerInstancesState", Out: expr(Lit(h.ARN)), Sent: is("status=='" + to + "'"),
			In: map[string]any{"cluster": s.ARN, "containerInstances": []any{h.ARN}, "status": to}}
	}
	again := ec2("RebootInstances", map[string]any{"InstanceIds": []any{h.Instance}}, expr(Lit(h.Instance)))
	again.Sent = is("!agentConnected")
	shows := func(yes, no, condition string) Call {
		return instances(s.ARN, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, "+condition+" && '"+yes+"' || '"+no+"']"))
	}
	return []Part{
		{Label: "drain " + h.Instance, Steps: Steps{Find: &done, Do: []Call{state("DRAINING")},
			Until: &Until{ID: h.Instance, Call: shows("empty", "draining", "to_string(runningTasksCount)=='0'"), Want: "empty", Every: 10, Limit: 3600}}},
		// A fast host may reconnect between two polls, so a missed disconnection is not a
		// failure.
		{Label: "reboot " + h.Instance, Steps: Steps{Find: &done, Do: []Call{again},
			Until: &Until{ID: h.Instance, Call: shows("left", "not left yet", "!agentConnected"), Want: "left", Every: 3, Limit: 90, Soft: true}}},
		{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
		{Label: "activate instance " + h.Instance, Steps: Steps{Find: &done, Do: []Call{state("ACTIVE")}}},
		{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &done, Do: []Call{mark(s, h)}}},
	}
}

// groups returns the hosts that Run Command restarts together: same zone and same script, at most
// atOnce.
func groups(all []Host) [][]Host {
	var out [][]Host
	for _, h := range all {
		if h.Hand != "" || h.Reboot {
			continue
		}
		if n := len(out) - 1; n >= 0 && len(out[n]) < atOnce && out[n][0].Zone == h.Zone && out[n][0].Awaited == h.Awaited &&
			hosts.RunCommand(out[n][0].Family) == hosts.RunCommand(h.Family) {
			out[n] = append(out[n], h)
			continue
		}
		out = append(out, []Host{h})
	}
	return out
}

func instanceIDs(hosts []Host) []string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.Instance)
	}
	return out
}

func arns(hosts []Host) []string {
	var out []string
	for _, h := range hosts {
		out = append(out, h.ARN)
	}
	return out
}

// counts is the condition that a list has n items. It compares numbers as text, because
// expressions contain no number literals.
func counts(n int, list ...any) []Value {
	return expr(append(append([]any{"to_string(length(["}, list...), fmt.Sprintf("][]))=='%d'", n))...)
}

// instances reads container instances.
func instances(cluster string, arns []string, out []Value) Call {
	return Call{Service: "ecs", Op: "DescribeContainerInstances", Out: out,
		In: map[string]any{"cluster": cluster, "containerInstances": list(arns), "include": []any{"TAGS"}}}
}

// allConnected is the condition that the agents of n instances are connected.
func allConnected(n int) []Value {
	return counts(n, "containerInstances[?agentConnected].ec2InstanceId")
}

// marks returns the cluster if all of these instances have the tags of the endpoints.
func marks(s AgentRestart, hs []Host) Call {
	cond := []any{"containerInstances[?"}
	n := 0
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			if n++; n > 1 {
				cond = append(cond, " && ")
			}
			cond = append(cond, "tags[?key==", Lit(RestartTag+code), " && value==", id, "]")
		}
	}
	cond = append(cond, "].ec2InstanceId")
	return instances(s.ARN, arns(hs), expr(counts(len(hs), cond...), " && ", Lit(s.ARN)))
}

// mark tags an instance with the endpoints that its agent was restarted for.
func mark(s AgentRestart, h Host) Call {
	var tags []any
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			tags = append(tags, map[string]any{"key": RestartTag + code, "value": id})
		}
	}
	return Call{Service: "ecs", Op: "TagResource", In: map[string]any{"resourceArn": h.ARN, "tags": tags}, Out: expr(Lit(h.ARN))}
}

// restart sends the command that restarts the agents of instances. Its comment identifies it, so that agents are
// restarted once even if an earlier run got no answer or could not tag the instances.
func restart(s AgentRestart, hs []Host) Call {
	sum := sha256.Sum256([]byte(strings.Join(instanceIDs(hs), ",")))
	begin := fmt.Sprintf("PrivateLink Wizard %x ", sum[:4])
	comment, joined := Pieces{Lit(begin)}, []any{"join('', [", Lit(begin)}
	for i, code := range slices.Sorted(maps.Keys(s.Endpoints)) {
		if i > 0 {
			comment, joined = append(comment, Lit(",")), append(joined, ", ','")
		}
		comment, joined = append(comment, s.Endpoints[code]), append(joined, ", ", s.Endpoints[code])
	}
	out := command(hs, hosts.RunCommand(hs[0].Family), comment)
	out.Sent = sent(hs[0], expr(append(joined, "])")...))
	return out
}

// sent finds the command with a comment that an instance received, unless it failed.
func sent(h Host, comment []Value) *Call {
	return &Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"InstanceId": h.Instance},
		Out: expr("CommandInvocations[?Comment==", comment, " && !(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')].CommandId | [0]")}
}

// command sends a script. The comment has at most 100 characters.
func command(hs []Host, r hosts.Restart, comment any) Call {
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
func succeeded(row ID, n int) *Until {
	return &Until{
		Call: Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"CommandId": From(row), "Details": true},
			Out: expr("[[", From(row), ", ", counts(n, "CommandInvocations[?Status=='Success'].InstanceId"), " && 'Success' || ",
				"CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]")},
		Want: "Success", Fail: []string{"Failed"}, Every: 3, Limit: 900,
	}
}

// connected waits until the agent of an instance is connected.
func connected(cluster string, h Host) *Until {
	return &Until{ID: h.Instance,
		Call: instances(cluster, []string{h.ARN}, expr("containerInstances[].[ec2InstanceId, agentConnected && 'connected' || 'not connected']")),
		Want: "connected", Every: 5, Limit: 600,
		Help: "Check that instance " + h.Instance + " is running, and read /var/log/ecs/ecs-agent.log on it. The remaining instances were not started.",
	}
}

// online waits until Systems Manager reaches instances.
func online(hs []Host) *Until {
	return &Until{ID: "hosts",
		Call: Call{Service: "ssm", Op: "DescribeInstanceInformation", In: map[string]any{"Filters": []any{map[string]any{"Key": "InstanceIds", "Values": list(instanceIDs(hs))}}},
			Out: expr("[['hosts', ", counts(len(hs), "InstanceInformationList[?PingStatus=='Online'].InstanceId"), " && 'Online' || 'not reached yet']]")},
		Want: "Online", Every: 10, Limit: 900,
	}
}

// RestartMethods counts the hosts by how their agent is restarted: by Run Command, by a reboot, or as a
// manual step.
func RestartMethods(hosts []Host) (command, reboot, manual int) {
	for _, h := range hosts {
		switch {
		case h.Reboot:
			reboot++
		case h.Hand == "":
			command++
		default:
			manual++
		}
	}
	return command, reboot, manual
}

// manualRestart returns how somebody who is logged in to an instance restarts its agent: the recommended
// command, the command of the AWS guide, and the reason.
func manualRestart(f hosts.Family) string {
	how := hosts.BySSH(f)
	text := "no command restarts the agent."
	switch better, page := quoted(how.Better), quoted(how.Page); {
	case better != "" && page != "":
		text = fmt.Sprintf("run: %s. Do not use %s from the AWS guide.", better, page)
	case better+page != "":
		text = fmt.Sprintf("run: %s.", better+page)
	}
	return strings.TrimSpace(text + " " + how.Why)
}

func quoted(commands []string) string {
	var out []string
	for _, c := range commands {
		out = append(out, "`"+c+"`")
	}
	return strings.Join(out, " and ")
}

// Agents claims that the agents of at most 100 container instances, by ARN, are connected.
type Agents struct {
	Cluster   string   `json:"cluster"` // ARN
	Instances []string `json:"instances"`
}

// Kind implements Measure.
func (Agents) Kind() ClaimKind { return "agents" }

func (m Agents) check(Claim, *Change) (Check, bool) {
	return equals(instances(m.Cluster, m.Instances, expr(allConnected(len(m.Instances)), " && 'connected' || join('', ['not connected: ', "+
		"join(', ', sort([containerInstances[?!agentConnected].ec2InstanceId, failures[].arn][]))])")), "connected")
}
