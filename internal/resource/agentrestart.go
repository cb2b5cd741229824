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
	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// RestartTag is the prefix of the tags on a container instance that record the endpoints its agent
// was restarted for, because no AWS API shows a restart. The service code of the endpoint follows
// the prefix.
const RestartTag = "privatelink-wizard:"

// Further tags of a restart. Their values are the endpoints, or the token of the run that restarts.
const (
	// drainTag exists before this program drains an instance, so that a later run recognizes that.
	drainTag = RestartTag + "draining"
	// rebootTag exists as soon as EC2 accepted the reboot.
	rebootTag = RestartTag + "rebooted"
	// runTag is the run that restarts the agent: the last one that wrote it.
	runTag = RestartTag + "restarting"
	// notDrained is the value of drainTag after the instance was set to ACTIVE.
	notDrained = "no"
)

// announced is how long a run waits before it reads its announcement: longer than another run takes from reading its own
// to the call that restarts.
const announced = 5

// Drained reports whether this program drained a container instance with these tags and has not set it to ACTIVE.
func Drained(tags map[string]string) bool {
	return tags[drainTag] != "" && tags[drainTag] != notDrained
}

// AgentRestart restarts the ECS agents of container instances.
type AgentRestart struct {
	Cluster   string           `aws:"Cluster"` // name
	ARN       string           // of the cluster
	Hosts     []Host           // by zone
	Endpoints map[string]Value // ids of the three ECS endpoints, by service code
	Drained   []Host           // instances that an earlier run drained, and that are only set to ACTIVE
}

// Kind implements Spec.
func (AgentRestart) Kind() string { return "agent-restart" }

// Terms implements Spec.
func (AgentRestart) Terms() []*terms.Term { return []*terms.Term{terms.AgentRestart} }

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
	if len(s.Drained) > 0 {
		p["activate_instance_ids"] = instanceIDs(s.Drained)
	}
}

// Cells implements Spec.
func (s AgentRestart) Cells(_ Names, a Change) Cells {
	command, reboot, manual := RestartMethods(s.Hosts)
	var note []string
	for _, how := range []struct {
		n    int
		text string
	}{{len(s.Drained), "activate %d"}, {command, "restart %d by Run Command"}, {reboot, "drain and reboot %d"}, {manual, "restart %d manually"}} {
		if how.n > 0 && a.Op == Run {
			note = append(note, fmt.Sprintf(how.text, how.n))
		}
	}
	where := ""
	if n := len(s.Hosts) + len(s.Drained); n > 0 {
		where = words.Count(n, "container instance")
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
	for _, h := range s.Drained {
		fmt.Fprintf(&b, "  %s: set to ACTIVE, because an earlier run drained it\n", h.Instance)
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
	return len(s.Hosts) > 0 && len(s.Drained) == 0 && !slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Reboot || h.Hand == "" })
}

// Steps restarts agents in small groups, one Availability Zone after the other. Each agent
// must be connected again before its instance gets a tag, and the whole group must have tags
// before the next group starts. So an agent is never restarted twice for the same endpoints.
// Of several runs at the same time, the last one that announces it restarts a group, and the others wait for the tags.
func (s AgentRestart) Steps(a Change) Steps {
	out := Steps{Out: a.Existing, Left: s.ByHand()}
	if a.Op == Keep {
		return Steps{Out: a.Existing}
	}
	for _, h := range s.Drained {
		out.Parts = append(out.Parts, announce("record on "+h.Instance+" that this run activates it", s.when(h, "!", drained), s, h, nil))
		out.Parts = append(out.Parts, activate(s, h)...)
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
		out.Parts = append(out.Parts, announce("record on "+g[0].Instance+" that this run restarts the agents of "+label, &find, s, g[0], nil), otherRun(s, g),
			Part{Label: "restart the agents of " + label, Steps: Steps{Find: &find, Do: []Call{restart(s, g)}, Until: succeeded(a.ID, len(g))}})
		for _, h := range g {
			find := marks(s, []Host{h})
			out.Parts = append(out.Parts,
				Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
				Part{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &find, Do: []Call{mark(s, h)}, Stays: restarted(h)}})
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
// instance has the tags of a restart. Each part can be repeated after a run that ended early: tags record that the
// instance is drained before that happens, and that it was rebooted. The instance is set to ACTIVE however the
// restart ends. An instance that somebody else drains is not touched.
func reboot(s AgentRestart, h Host) []Part {
	done := marks(s, []Host{h})
	served, ids := s.served("", " ")
	again := ec2("RebootInstances", map[string]any{"InstanceIds": []any{h.Instance}}, expr(Lit(h.Instance)))
	again.Seen = s.when(h, "!agentConnected") // it may not be connected for other reasons before the call
	drain := state(s, h, "DRAINING")
	drain.Sent = s.when(h, "status=='DRAINING'")
	return append([]Part{
		{Label: "check that nobody else drains " + h.Instance, Steps: Steps{
			Until: &Until{ID: h.Instance, Call: shows(s, h, "free", "drained by somebody else", "(status!='DRAINING' || ", drained, ")"), Want: "free", Fail: []string{"drained by somebody else"}, Every: 5, Limit: 60}}},
		announce("record on "+h.Instance+" that this run drains it", &done, s, h, []any{map[string]any{"key": drainTag, "value": served}}),
		{Label: "drain " + h.Instance, Steps: Steps{Find: &done, Do: []Call{drain},
			Until: &Until{ID: h.Instance, Call: shows(s, h, "empty", "draining", "to_string(runningTasksCount)=='0'"), Want: "empty", Every: 10, Limit: 3600}}},
		otherRun(s, []Host{h}),
		{Label: "reboot " + h.Instance, Steps: Steps{Find: s.when(h, "(", s.restarted(), " || ", tagged(rebootTag, ids), ")"), Do: []Call{again}}},
		{Label: "record on " + h.Instance + " that it was rebooted", Next: true, Steps: Steps{Find: s.when(h, "(", s.restarted(), " || ", tagged(rebootTag, ids), ")"),
			Do: []Call{tagInstance(h, map[string]any{"key": rebootTag, "value": served})}}},
		// A fast host may reconnect between two polls, so a missed disconnection is not a
		// failure.
		{Label: "wait until the agent of " + h.Instance + " is not connected", Steps: Steps{Find: &done,
			Until: &Until{ID: h.Instance, Call: shows(s, h, "left", "not left yet", "!agentConnected"), Want: "left", Every: 3, Limit: 90, Soft: true}}},
		{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: connected(s.ARN, h)}},
		{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: &done, Do: []Call{mark(s, h)}, Stays: restarted(h)}},
	}, activate(s, h)...)
}

// restarted is what undo does not revert.
func restarted(h Host) string {
	return "The agent of " + h.Instance + " was restarted, and the instance keeps the tags that say so."
}

// activate sets an instance to ACTIVE and removes the record that this program drained it, unless another run
// restarts it now.
func activate(s AgentRestart, h Host) []Part {
	other := expr("(!(", s.restarted(), ") && !", tagged(runTag, expr(RunToken)), ")")
	return []Part{
		{Label: "activate instance " + h.Instance, Always: true, Steps: Steps{Find: s.when(h, "(status!='DRAINING' || !", drained, " || ", other, ")"), Do: []Call{state(s, h, "ACTIVE")}}},
		{Label: "record on " + h.Instance + " that it is active", Always: true, Steps: Steps{Find: s.when(h, "(!", drained, " || ", other, ")"),
			Do: []Call{tagInstance(h, map[string]any{"key": drainTag, "value": notDrained})}}},
	}
}

// drained is the condition that this program drained an instance.
const drained = "tags[?key=='" + drainTag + "' && value!='" + notDrained + "']"

// announce records on an instance that this run restarts agents, with further tags, unless they are restarted already.
// AWS keeps the value of the last run.
func announce(label string, done *Call, s AgentRestart, h Host, more []any) Part {
	tags := append(more, map[string]any{"key": runTag, "value": RunToken})
	return Part{Label: label, Steps: Steps{Find: done, Do: []Call{tagInstance(h, tags...)},
		Until: &Until{ID: h.Instance, Earliest: announced, Call: shows(s, h, "recorded", "not recorded", "tags[?key=='"+runTag+"']"), Want: "recorded", Every: 5, Limit: 60}}}
}

// otherRun waits for the run that announced the restart of these instances last, unless that is this run.
func otherRun(s AgentRestart, hs []Host) Part {
	label := strings.Join(instanceIDs(hs), ", ")
	return Part{Label: "check that no other run restarts " + label, Steps: Steps{Find: s.when(hs[0], tagged(runTag, expr(RunToken))),
		Until: &Until{ID: "hosts", Call: instances(s.ARN, arns(hs), expr("[['hosts', ", s.haveAll(hs), " && 'restarted' || 'being restarted by another run']]")), Want: "restarted", Every: 10, Limit: 5400,
			Help: "Another run began this restart later than this run, and has not finished it. Run again to continue."}}}
}

// state sets the state of a container instance.
func state(s AgentRestart, h Host, to string) Call {
	return Call{Service: "ecs", Op: "UpdateContainerInstancesState", Out: expr(Lit(h.ARN)),
		In: map[string]any{"cluster": s.ARN, "containerInstances": []any{h.ARN}, "status": to}}
}

// when returns the ARN of an instance that meets a condition.
func (s AgentRestart) when(h Host, condition ...any) *Call {
	c := instances(s.ARN, []string{h.ARN}, expr(append(append([]any{"containerInstances[?"}, condition...), "].containerInstanceArn | [0]")...))
	return &c
}

// shows returns one of two states of an instance.
func shows(s AgentRestart, h Host, yes, no string, condition ...any) Call {
	return instances(s.ARN, []string{h.ARN}, expr(append(append([]any{"containerInstances[].[ec2InstanceId, "}, condition...), " && '"+yes+"' || '"+no+"']")...))
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
	return instances(s.ARN, arns(hs), expr(s.haveAll(hs), " && ", Lit(s.ARN)))
}

// haveAll is the condition that all of these instances have the tags of the endpoints.
func (s AgentRestart) haveAll(hs []Host) []Value {
	return counts(len(hs), "containerInstances[?", s.restarted(), "].ec2InstanceId")
}

// restarted is the condition that an instance has the tags of the endpoints.
func (s AgentRestart) restarted() []Value {
	var cond [][]Value
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			cond = append(cond, tagged(RestartTag+code, expr(id)))
		}
	}
	if len(cond) == 0 {
		return expr("!@") // never
	}
	return and(cond...)
}

// tagged is the condition that an instance has a tag. The value is an expression.
func tagged(key string, value []Value) []Value {
	return expr("tags[?key=="+text(key)+" && value==", value, "]")
}

// served returns the ids of the endpoints after a text, as a text and as an expression.
func (s AgentRestart) served(before, between string) (Pieces, []Value) {
	out, joined := Pieces{Lit(before)}, []any{"join('', ['" + before + "'"}
	for i, code := range slices.Sorted(maps.Keys(s.Endpoints)) {
		if i > 0 {
			out, joined = append(out, Lit(between)), append(joined, ", '"+between+"'")
		}
		out, joined = append(out, s.Endpoints[code]), append(joined, ", ", s.Endpoints[code])
	}
	return out, expr(append(joined, "])")...)
}

// mark tags an instance with the endpoints that its agent was restarted for.
func mark(s AgentRestart, h Host) Call {
	var tags []any
	for _, code := range catalog.ECSEndpoints {
		if id, ok := s.Endpoints[code]; ok {
			tags = append(tags, map[string]any{"key": RestartTag + code, "value": id})
		}
	}
	return tagInstance(h, tags...)
}

func tagInstance(h Host, tags ...any) Call {
	return Call{Service: "ecs", Op: "TagResource", In: map[string]any{"resourceArn": h.ARN, "tags": tags}, Out: expr(Lit(h.ARN))}
}

// restart sends the command that restarts the agents of instances. Its comment identifies it, so that agents are
// restarted once even if an earlier run got no answer or could not tag the instances.
func restart(s AgentRestart, hs []Host) Call {
	sum := sha256.Sum256([]byte(strings.Join(instanceIDs(hs), ",")))
	comment, joined := s.served(fmt.Sprintf("PrivateLink Wizard %x ", sum[:4]), ",")
	out := command(hs, hosts.RunCommand(hs[0].Family), comment)
	out.Sent = sent(hs[0], joined)
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
