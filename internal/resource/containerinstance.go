package resource

import (
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
)

// Host is a container instance. Its agent is restarted.
type Host struct {
	ARN, Instance, Zone string
	Family              hosts.Family
	Hand                string // why it is a manual step; empty: Run Command restarts it
	Awaited             bool   // Systems Manager reaches it only after the plan's endpoints exist
	Reboot              bool   // the instance is drained and rebooted instead
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

// registered is the condition that an instance is registered with its cluster. AWS can still show an instance that was
// deregistered (Amazon ECS API reference, ContainerInstance, status).
const registered = "status!='DEREGISTERING' && status!='INACTIVE'"

// unregistered is the state of an instance that is not registered with its cluster.
const unregistered = "no longer registered"

// hostReader reads container instances of one cluster. All that a change reads about up to 100 instances has the same
// request, so that one call can answer it. The expressions select the instances.
type hostReader struct {
	name, cluster string              // name and ARN of the cluster
	requests      map[string][]string // the instances in the request for an instance, by ARN
}

// readHosts returns a reader of instances. DescribeContainerInstances accepts 100 (Amazon ECS API reference,
// DescribeContainerInstances, Request Parameters).
func readHosts(name, cluster string, arns []string) hostReader {
	r := hostReader{name, cluster, map[string][]string{}}
	for request := range slices.Chunk(arns, 100) {
		for _, arn := range request {
			r.requests[arn] = request
		}
	}
	return r
}

// instances reads container instances.
func instances(cluster string, arns []string, out []Value) Call {
	return Call{Service: "ecs", Op: "DescribeContainerInstances", Out: out,
		In: map[string]any{"cluster": cluster, "containerInstances": list(arns), "include": []any{"TAGS"}}}
}

func (r hostReader) read(h Host, out ...any) *Call {
	c := instances(r.cluster, r.requests[h.ARN], expr(out...))
	return &c
}

// those returns the registered instances among some that meet a condition.
func those(hs []Host, condition ...any) []Value {
	which := []any{"containerInstanceArn==", Lit(hs[0].ARN)}
	if len(hs) > 1 {
		which = []any{"contains([", Lit(hs[0].ARN)}
		for _, h := range hs[1:] {
			which = append(which, ", ", Lit(h.ARN))
		}
		which = append(which, "], containerInstanceArn)")
	}
	return expr("containerInstances[?", expr(which...), " && "+registered+" && (", expr(condition...), ")]")
}

// exist is a condition that every instance meets.
const exist = "containerInstanceArn"

// when returns the ARN of an instance that is registered and meets a condition.
func (r hostReader) when(h Host, condition ...any) *Call {
	return r.read(h, those([]Host{h}, condition...), ".containerInstanceArn | [0]")
}

// unless returns the ARN of an instance unless it is registered and meets a condition.
func (r hostReader) unless(h Host, condition ...any) *Call {
	return r.read(h, "!(", those([]Host{h}, condition...), ") && ", Lit(h.ARN))
}

// wait completes a condition that waits until an instance has a state. It fails when the instance is not registered any
// more.
func (r hostReader) wait(h Host, u Until, other string, condition ...any) *Until {
	return r.until(h, u, "(", expr(condition...), ") && '"+u.Want+"' || '"+other+"'")
}

// until is the same with an expression that returns the state.
func (r hostReader) until(h Host, u Until, state ...any) *Until {
	u.ID, u.Missing, u.Fail = h.Instance, unregistered, append(u.Fail, unregistered)
	u.Call = *r.read(h, "containerInstances[].[ec2InstanceId, !("+registered+") && '"+unregistered+"' || ", expr(state...), "]")
	return &u
}

// connected waits until the agent of an instance is connected.
func (r hostReader) connected(h Host) *Until {
	return r.wait(h, Until{Want: "connected", Every: 5, Limit: 600, Help: "Check that instance " + h.Instance + " is running, and read /var/log/ecs/ecs-agent.log on it. " +
		r.terminated(h) + " The remaining instances were not started."}, "not connected", "agentConnected")
}

// terminated says what to do with an instance that was terminated and is still registered: Amazon ECS does not deregister it if
// its agent was not connected (Amazon ECS API reference, DeregisterContainerInstance).
func (r hostReader) terminated(h Host) string {
	return "If it was terminated, deregister it and run again: " + r.cli(h, "deregister-container-instance", "container-instance", "--force") + "."
}

// cli returns a command of the AWS CLI about an instance, with one further argument.
func (r hostReader) cli(h Host, command, option, further string) string {
	region := ""
	if fields := strings.Split(h.ARN, ":"); len(fields) > 3 && fields[3] != "" {
		region = " --region " + fields[3]
	}
	return fmt.Sprintf("`aws ecs %s --cluster %s --%s %s %s%s`", command, r.name, option, h.ARN, further, region)
}

// subject returns an instance as the subject of parts.
func (r hostReader) subject(h Host) *Subject {
	return &Subject{Name: "container instance " + h.Instance, Values: []Named{{"instance", h.Instance}, {"arn", h.ARN}}, Exists: r.when(h, exist),
		Gone: fmt.Sprintf("Container instance %s is no longer registered in cluster %s, so it is skipped. If another instance replaced it, create a new plan.", h.Instance, r.name)}
}

// together returns instances as the subject of parts that need all of them.
func (r hostReader) together(hs []Host) *Subject {
	ids := strings.Join(instanceIDs(hs), ", ")
	out := &Subject{Name: "container instances " + ids, Values: []Named{{"zone", hs[0].Zone}},
		Exists: r.read(hs[0], counts(len(hs), those(hs, exist)), " && ", Lit(r.cluster)),
		Gone:   fmt.Sprintf("Not all of %s are registered in cluster %s any more, so the agents of the others are restarted one after the other.", ids, r.name)}
	for i, h := range hs {
		out.Values = append(out.Values, Named{fmt.Sprintf("instance_%d", i+1), h.Instance}, Named{fmt.Sprintf("arn_%d", i+1), h.ARN})
	}
	return out
}

// of returns parts with a subject.
func of(s *Subject, parts ...Part) []Part {
	for i := range parts {
		parts[i].Of = s
	}
	return parts
}
