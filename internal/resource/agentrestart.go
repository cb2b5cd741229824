package resource

import (
	"cmp"
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
	reader, manual := s.reader(), 0
	for _, h := range s.Hosts {
		if h.Hand != "" {
			manual++
		}
	}
	for chunk := range slices.Chunk(arns(s.restarts()), 100) {
		m := Agents{Cluster: s.ARN, Instances: chunk}
		if among := reader.requests[chunk[0]]; len(among) > len(chunk) {
			m.Among = among
		}
		out = append(out, Claim{Says: fmt.Sprintf("the restarted ECS agents of %s in cluster %s are connected", words.Count(len(chunk), "container instance"), s.Cluster), Measure: m})
	}
	if manual > 0 {
		out = append(out, Claim{Says: fmt.Sprintf("the ECS agents of %s in cluster %s are restarted (manual step)", words.Count(manual, "container instance"), s.Cluster), Measure: Inside{}})
	}
	return out
}

// stays implements stayer: one text for all instances.
func (s AgentRestart) stays(Change) []string {
	n := len(s.restarts())
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("The restart of %s in cluster %s cannot be reverted. %s the tags that record it.", words.Count(n, "ECS agent"), s.Cluster, map[bool]string{true: "The instance keeps", false: "The instances keep"}[n == 1])}
}

func (s AgentRestart) progress() Progress {
	meanwhile := "Running tasks continue."
	if _, reboot, _ := RestartMethods(s.Hosts); reboot > 0 {
		meanwhile = "Tasks move to other instances before a reboot."
	}
	return Progress{Doing: "restarting", Meanwhile: meanwhile, Before: "the restart of the agents", Open: true} // tasks need time to stop
}

// manual reports whether all agents are restarted by the user.
func (s AgentRestart) manual() bool {
	return len(s.Hosts) > 0 && len(s.Drained) == 0 && !slices.ContainsFunc(s.Hosts, func(h Host) bool { return h.Reboot || h.Hand == "" })
}

// restarts are the instances with agents that the run restarts.
func (s AgentRestart) restarts() []Host {
	return slices.DeleteFunc(slices.Clone(s.Hosts), func(h Host) bool { return h.Hand != "" })
}

// all are the instances that the run changes: those with agents that it restarts come first.
func (s AgentRestart) all() []Host {
	out := s.restarts()
	for _, h := range s.Drained {
		if !slices.ContainsFunc(out, func(o Host) bool { return o.ARN == h.ARN }) {
			out = append(out, h)
		}
	}
	return out
}

func (s AgentRestart) reader() hostReader { return readHosts(s.Cluster, s.ARN, arns(s.all())) }

// Steps restarts agents in small groups, one Availability Zone after the other. Each agent
// must be connected again before its instance gets a tag, and the whole group must have tags
// before the next group starts. So an agent is never restarted twice for the same endpoints.
// Of several runs at the same time, the last one that announces it restarts a group, and the others wait for the tags.
// Instances that are no longer registered are skipped. The others of their group are then restarted one after the other.
func (s AgentRestart) Steps(a Change) Steps {
	out := Steps{Out: a.Existing, Left: s.ByHand()}
	if a.Op == Keep {
		return Steps{Out: a.Existing}
	}
	r := restarting{s, s.reader(), a.ID}
	out.Complete = r.complete()
	for _, h := range s.Drained {
		begun := r.announce(h, "record on "+h.Instance+" that this run activates it", r.unless(h, drained))
		out.Parts = append(out.Parts, of(r.subject(h), append([]Part{begun}, r.activate(h)...)...)...)
	}
	for _, h := range s.Hosts {
		if h.Reboot {
			out.Parts = append(out.Parts, of(r.subject(h), r.reboot(h)...)...)
		}
	}
	for _, g := range r.groups() {
		if len(g) > 1 {
			out.Parts = append(out.Parts, of(r.together(g), r.restartTogether(g)...)...)
		}
		for _, h := range g {
			out.Parts = append(out.Parts, of(r.subject(h), r.restart(h)...)...)
		}
	}
	return out
}

// restarting are the parts of a restart.
type restarting struct {
	AgentRestart
	hostReader
	change ID
}

// complete returns the cluster if all registered instances have the tags of the endpoints, and none is drained by this
// program. One call can read 100 instances, so that it is nil for more.
func (r restarting) complete() *Call {
	all, restarts := r.all(), r.restarts()
	if len(all) == 0 || len(all) > 100 {
		return nil
	}
	open := expr("(", those(all, drained), ")")
	if len(restarts) > 0 {
		open = expr(open, " || (", those(restarts, "!(", r.restarted(), ")"), ")")
	}
	return r.read(all[0], "(", those(all, exist), ") && !(", open, ") && ", Lit(r.ARN))
}

// atOnce is the number of agents in one Availability Zone to restart in parallel.
const atOnce = 5

// reboot drains an instance, reboots it and activates it again. It skips every part if the
// instance has the tags of a restart. Each part can be repeated after a run that ended early: tags record that the
// instance is drained before that happens, and that it was rebooted. The instance is set to ACTIVE however the
// restart ends. An instance that somebody else drains is not touched.
func (r restarting) reboot(h Host) []Part {
	done := r.when(h, r.restarted())
	served, ids := r.served("", " ")
	again := ec2("RebootInstances", map[string]any{"InstanceIds": []any{h.Instance}}, expr(Lit(h.Instance)))
	again.Seen = r.when(h, "!agentConnected") // it may not be connected for other reasons before the call
	drain := r.state(h, "DRAINING")
	drain.Sent = r.when(h, "status=='DRAINING'")
	rebooted := r.when(h, r.restarted(), " || ", tagged(rebootTag, ids))
	return append([]Part{
		{Label: "check that nobody else drains " + h.Instance, Steps: Steps{
			Until: r.wait(h, Until{Want: "free", Fail: []string{"drained by somebody else"}, Every: 5, Limit: 60}, "drained by somebody else", "status!='DRAINING' || ", drained)}},
		r.announce(h, "record on "+h.Instance+" that this run drains it", done, map[string]any{"key": drainTag, "value": served}),
		{Label: "drain " + h.Instance, Steps: Steps{Find: done, Do: []Call{drain},
			Until: r.wait(h, Until{Want: "empty", Every: 10, Limit: 3600, Help: "Tasks that no service moves to another instance, such as AWS Batch jobs, run to their end. Run again when no task runs on instance " + h.Instance + ". " +
				r.terminated(h)}, "draining", "to_string(runningTasksCount)=='0'")}},
		r.otherRun(h),
		{Label: "reboot " + h.Instance, Steps: Steps{Find: rebooted, Do: []Call{again}}},
		{Label: "record on " + h.Instance + " that it was rebooted", Next: true, Steps: Steps{Find: rebooted,
			Do: []Call{tagInstance(h, map[string]any{"key": rebootTag, "value": served})}}},
		// A fast host may reconnect between two polls, so a missed disconnection is not a
		// failure.
		{Label: "wait until the agent of " + h.Instance + " is not connected", Steps: Steps{Find: done,
			Until: r.wait(h, Until{Want: "left", Every: 3, Limit: 90, Soft: true}, "not left yet", "!agentConnected")}},
		{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: r.connected(h)}},
		r.mark(h),
	}, r.activate(h)...)
}

// activate sets an instance to ACTIVE and removes the record that this program drained it, unless another run
// restarts it now.
func (r restarting) activate(h Host) []Part {
	mine := expr(drained+" && ((", r.restarted(), ") || ", tagged(runTag, expr(RunToken)), ")")
	return []Part{
		{Label: "activate instance " + h.Instance, Always: true, Steps: Steps{Find: r.unless(h, "status=='DRAINING' && ", mine), Do: []Call{r.state(h, "ACTIVE")}},
			Help: "Instance " + h.Instance + " may be left DRAINING, and then gets no new tasks. To undo this: " + r.cli(h, "update-container-instances-state", "container-instances", "--status ACTIVE") + "."},
		{Label: "record on " + h.Instance + " that it is active", Always: true, Steps: Steps{Find: r.unless(h, mine),
			Do: []Call{tagInstance(h, map[string]any{"key": drainTag, "value": notDrained})}},
			Help: "Instance " + h.Instance + " is ACTIVE, but its tag " + drainTag + " says that this program drained it, so that a later run activates it again. Remove the tag to prevent that."},
	}
}

// drained is the condition that this program drained an instance.
const drained = "tags[?key=='" + drainTag + "' && value!='" + notDrained + "']"

// announce records on an instance that this run restarts agents, with further tags, unless that is done already.
// AWS keeps the value of the last run. The part waits until another run that read an older value has made its call.
func (r restarting) announce(h Host, label string, done *Call, more ...any) Part {
	tags := append(more, map[string]any{"key": runTag, "value": RunToken})
	return Part{Label: label, Steps: Steps{Find: done, Do: []Call{tagInstance(h, tags...)},
		Until: r.wait(h, Until{Want: "recorded", Earliest: announced, Every: 5, Limit: 60}, "not recorded", "tags[?key=='"+runTag+"']")}}
}

// own is the condition that this run announced the restart of an instance last.
func own() []Value { return tagged(runTag, expr(RunToken)) }

// otherRun is the condition that another run announced the restart of an instance last.
func otherRun() []Value { return expr("tags[?key=='"+runTag+"' && value!=", RunToken, "]") }

// otherRunHelp is the next step if the other run does not finish the restart.
const otherRunHelp = "Another run began this restart later than this run, and has not finished it. Run again to continue."

// otherRun waits for the run that announced the restart of an instance last, unless that is this run.
func (r restarting) otherRun(h Host) Part {
	return Part{Label: "check that no other run restarts " + h.Instance, Steps: Steps{Find: r.unless(h, otherRun()),
		Until: r.wait(h, Until{Want: "restarted", Every: 10, Limit: 5400, Help: otherRunHelp}, "being restarted by another run", r.restarted())}}
}

// restartTogether sends one command to several instances. All of them are announced, and the last one decides which
// run sends it. If an instance is deregistered in the meantime, nobody waits for it.
func (r restarting) restartTogether(g []Host) []Part {
	var out []Part
	label := g[0].Zone + ": " + strings.Join(instanceIDs(g), ", ")
	if g[0].Awaited {
		out = append(out, r.online(g, label))
	}
	for i, h := range g {
		p := r.announceRestart(h)
		if i < len(g)-1 {
			p.Until = nil
		}
		out = append(out, p)
	}
	restarted := r.read(g[0], "!(", those(g, "!(", r.restarted(), ")"), ") && ", Lit(r.ARN))
	_, joined := r.served(" ", ",")
	send := r.command(g)
	send.Sent = sent(g[0], joined, "")
	return append(out,
		Part{Label: "check that no other run restarts " + label, Steps: Steps{Find: r.unless(g[len(g)-1], otherRun()),
			Until: &Until{ID: "hosts", Call: *r.read(g[0], "[['hosts', !(", those(g, "!(", r.restarted(), ")"), ") && 'restarted' || 'being restarted by another run']]"), Want: "restarted", Every: 10, Limit: 5400, Help: otherRunHelp}}},
		Part{Label: "restart the agents of " + label, Steps: Steps{Find: restarted, Do: []Call{send}, Until: finished(r.change)}})
}

// restart restarts the agent of one instance, unless the command to its group did that.
func (r restarting) restart(h Host) []Part {
	var out []Part
	if h.Awaited {
		out = append(out, r.online([]Host{h}, h.Instance))
	}
	_, joined := r.served(" ", ",")
	send := r.command([]Host{h})
	send.Sent = sent(h, joined, " && "+unfailed)
	return append(out, r.announceRestart(h), r.otherRun(h),
		Part{Label: "restart the agent of " + h.Instance, Steps: Steps{Find: r.when(h, r.restarted()), Do: []Call{send}, Until: succeeded(r.change, h)}},
		Part{Label: "wait until the agent of " + h.Instance + " is connected", Steps: Steps{Until: r.connected(h)}},
		r.mark(h))
}

// announceRestart records on an instance that this run restarts its agent, unless it did that for the group.
func (r restarting) announceRestart(h Host) Part {
	return r.announce(h, "record on "+h.Instance+" that this run restarts its agent", r.when(h, "(", r.restarted(), ") || ", own()))
}

// state sets the state of a container instance.
func (r restarting) state(h Host, to string) Call {
	return Call{Service: "ecs", Op: "UpdateContainerInstancesState", Out: expr(Lit(h.ARN)),
		In: map[string]any{"cluster": r.ARN, "containerInstances": []any{h.ARN}, "status": to}}
}

// groups returns the hosts that Run Command restarts together: same zone, same script and same request that reads them, at
// most atOnce.
func (r restarting) groups() [][]Host {
	var out [][]Host
	for _, h := range r.restarts() {
		if h.Reboot {
			continue
		}
		if n := len(out) - 1; n >= 0 && len(out[n]) < atOnce && out[n][0].Zone == h.Zone && out[n][0].Awaited == h.Awaited &&
			hosts.RunCommand(out[n][0].Family) == hosts.RunCommand(h.Family) && r.requests[out[n][0].ARN][0] == r.requests[h.ARN][0] {
			out[n] = append(out[n], h)
			continue
		}
		out = append(out, []Host{h})
	}
	return out
}

// counts is the condition that a list has n items. It compares numbers as text, because
// expressions contain no number literals.
func counts(n int, list ...any) []Value {
	return expr(append(append([]any{"to_string(length(["}, list...), fmt.Sprintf("][]))=='%d'", n))...)
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

// mark tags an instance with the endpoints that its agent was restarted for. Undo does not revert that.
func (r restarting) mark(h Host) Part {
	var tags []any
	for _, code := range catalog.ECSEndpoints {
		if id, ok := r.Endpoints[code]; ok {
			tags = append(tags, map[string]any{"key": RestartTag + code, "value": id})
		}
	}
	return Part{Label: "tag instance " + h.Instance + " as restarted", Steps: Steps{Find: r.when(h, r.restarted()), Do: []Call{tagInstance(h, tags...)},
		Stays: "The restart of the agent of " + h.Instance + " cannot be reverted. The instance keeps the tags that record it."}}
}

func tagInstance(h Host, tags ...any) Call {
	return Call{Service: "ecs", Op: "TagResource", In: map[string]any{"resourceArn": h.ARN, "tags": tags}, Out: expr(Lit(h.ARN))}
}

// command sends the command that restarts the agents of instances. The endpoints in its comment identify it, so that agents
// are restarted once even if an earlier run got no answer or could not tag the instances.
func (r restarting) command(hs []Host) Call {
	comment, _ := r.served("PrivateLink Wizard ", ",")
	return command(hs, hosts.RunCommand(hs[0].Family), comment)
}

// unfailed is the condition that a command to an instance succeeded, or still can.
const unfailed = "!(Status=='Failed' || Status=='TimedOut' || Status=='Cancelled' || Status=='Cancelling')"

// sent finds the command that an instance received with a comment that ends with a text, under a further condition.
func sent(h Host, comment []Value, condition string) *Call {
	return &Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"InstanceId": h.Instance},
		Out: expr("CommandInvocations[?ends_with(Comment || '', ", comment, ")"+condition+"].CommandId | [0]")}
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

// finished waits until the command that a change sent has ended on all instances.
func finished(row ID) *Until {
	return &Until{
		Call: Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"CommandId": From(row)},
			Out: expr("[[", From(row), ", CommandInvocations && !(CommandInvocations[?Status!='Success' && Status!='Failed' && Status!='TimedOut' && Status!='Cancelled']) && 'finished' || 'InProgress']]")},
		Want: "finished", Every: 3, Limit: 900,
	}
}

// succeeded waits for the command that a change sent, on one instance.
func succeeded(row ID, h Host) *Until {
	return &Until{
		Call: Call{Service: "ssm", Op: "ListCommandInvocations", In: map[string]any{"CommandId": From(row), "InstanceId": h.Instance, "Details": true},
			Out: expr("[[", From(row), ", CommandInvocations[?Status=='Success'] && 'Success' || ",
				"CommandInvocations[?Status=='Failed' || Status=='TimedOut' || Status=='Cancelled'] && 'Failed' || 'InProgress']]")},
		Want: "Success", Fail: []string{"Failed"}, Every: 3, Limit: 900,
	}
}

// online waits until Systems Manager reaches instances.
func (r restarting) online(hs []Host, label string) Part {
	until := online(hs)
	until.Help = "Check that the instances are running and that SSM Agent runs on them."
	if len(hs) == 1 {
		until.Help = "Check that instance " + hs[0].Instance + " is running and that SSM Agent runs on it. " + r.terminated(hs[0])
	}
	return Part{Label: "wait until Systems Manager reaches " + label, Steps: Steps{Until: until}}
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
	// Among are the instances of the request that the restart makes; empty: the same.
	Among []string `json:"among,omitempty"`
}

// Kind implements Measure.
func (Agents) Kind() ClaimKind { return "agents" }

// An instance that is no longer registered has no agent that could be connected, so that the claim is not decided.
func (m Agents) check(Claim, *Change) (Check, bool) {
	of, missing := "", "failures[].arn"
	if len(m.Among) > 0 {
		of = "contains([" + texts(m.Instances) + "], containerInstanceArn) && "
		missing = "failures[?contains([" + texts(m.Instances) + "], arn)].arn"
	}
	out := "(containerInstances[?" + of + registered + " && !agentConnected]) && join('', ['not connected: ', join(', ', sort(containerInstances[?" + of + registered + " && !agentConnected].ec2InstanceId))]) || " +
		"([containerInstances[?" + of + "!(" + registered + ")].ec2InstanceId, " + missing + "][]) && join('', ['" + Undecided + ": " + unregistered + ": ', join(', ', sort([containerInstances[?" + of + "!(" + registered + ")].ec2InstanceId, " + missing + "][]))]) || 'connected'"
	return equals(instances(m.Cluster, among(m.Among, m.Instances), expr(out)), "connected")
}

// texts returns texts in an expression, separated by commas.
func texts(of []string) string {
	var out []string
	for _, s := range of {
		out = append(out, text(s))
	}
	return strings.Join(out, ", ")
}
