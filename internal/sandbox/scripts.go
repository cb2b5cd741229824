package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// Effects of scripts on the hosts of the sandbox. The sandbox has no shell: it searches the text
// of a script for what it supports, which is to restart the ECS agent and to look up names. All
// other scripts succeed without output.

const (
	scriptTime   = 2 * time.Second
	restartTime  = 6 * time.Second // of a script that restarts the agent and waits until it answers on the host
	comeBackTime = 4 * time.Second // from the start of that script until the agent is up again
	lookTime     = time.Second     // for a name that answers
	noAnswerTime = 5 * time.Second // for one that does not
)

// runScript returns the result of a script on a host, and changes the account as the script would
// change the host.
func (r *region) runScript(host *instance, document, text string, at time.Time) result {
	family := r.family(host)
	if document == powerShellDocument && family != windowsHost {
		return failed(127, "pwsh: command not found")
	}
	switch {
	case strings.Contains(text, "tcp-ok"):
		return r.lookInside(host, text)
	case restarts(text):
		return r.runRestart(host, family, text, at)
	}
	return succeeded("", scriptTime)
}

func succeeded(out string, takes time.Duration) result {
	return result{status: "Success", details: "Success", out: out, takes: takes}
}

// failed returns the result of a script that fails with an exit code. The SSM Agent adds the code
// to the script's output.
func failed(code int, why string) result {
	return result{status: "Failed", details: "Failed", code: code, err: why + "\nfailed to run commands: exit status " + strconv.Itoa(code), takes: scriptTime}
}

// restartWays are the commands that restart the agent, by family of hosts.
var restartWays = map[hostFamily]func() *regexp.Regexp{
	systemdHost:      pattern.New(`systemctl restart ("?\$|(amazon-)?ecs)`),
	upstartHost:      pattern.New(`\bstart ecs\b`),
	dockerHost:       pattern.New(`docker (re)?start ecs-agent\b`),
	bottlerocketHost: pattern.New(`apiclient (set "?'?settings\.ecs|exec .*restart ecs|reboot)`),
	windowsHost:      pattern.New(`(?i)Restart-Service\b[^\n]*(AmazonECS|\$name)`),
}

func restarts(text string) bool {
	for _, way := range restartWays {
		if way().MatchString(text) {
			return true
		}
	}
	return false
}

// runRestart restarts the agent if the script has a command for this family of hosts. Scripts
// wait until the agent is up, which does not mean that it is connected.
func (r *region) runRestart(host *instance, family hostFamily, text string, at time.Time) result {
	ways := []hostFamily{family}
	if family == systemdHost || family == upstartHost {
		ways = append(ways, dockerHost) // on these hosts the agent is a container too
	}
	tells := strings.Contains(text, "agent-restarted")
	n := slices.IndexFunc(ways, func(f hostFamily) bool { return restartWays[f]().MatchString(text) })
	switch {
	case n < 0 && !tells:
		return failed(127, "/var/lib/amazon/ssm/"+host.InstanceId+"/_script.sh: command not found")
	case n < 0:
		return failed(3, "No ECS agent was found.")
	case !slices.ContainsFunc(r.ECS.ContainerInstances, func(i *ecsContainerInstance) bool { return i.Ec2InstanceId == host.InstanceId }):
		return failed(3, "No ECS agent was found.") // the host is not a container instance
	case strings.Contains(text, "apiclient reboot"):
		r.reboot(host)
		return succeeded("", scriptTime)
	}
	r.restartAgent(host, at, comeBackTime+agentStartTime)
	if !tells {
		return succeeded("", restartTime)
	}
	return succeeded("agent-restarted "+r.method(host, ways[n])+"\n", restartTime)
}

// method returns the script's name for the command that restarted the agent.
func (r *region) method(host *instance, way hostFamily) string {
	switch way {
	case upstartHost:
		return "upstart"
	case dockerHost:
		return "docker"
	case bottlerocketHost:
		return "apiclient"
	case windowsHost:
		return "AmazonECS"
	}
	if strings.Contains(r.imageName(host), "suse") {
		return "amazon-ecs.service"
	}
	return "ecs.service"
}

var namesLine = pattern.New(`(?m)^set -- (.+)$`)

// lookInside returns what a host sees for each name: the addresses, and whether port 443 of them
// answers. A client uses the first address of a random order, so all of them must answer.
func (r *region) lookInside(host *instance, text string) result {
	names := namesLine().FindStringSubmatch(text)
	if names == nil {
		return failed(6, "There are no names to look up.")
	}
	var out strings.Builder
	takes := scriptTime
	for name := range strings.FieldsSeq(names[1]) {
		name = strings.Trim(name, `"'`)
		found := r.lookUp(host.VpcId, name)
		if len(found.addresses) == 0 {
			out.WriteString("unresolved " + name + "\n")
			takes += lookTime
			continue
		}
		var shown []string
		for _, a := range found.addresses {
			shown = append(shown, a.String())
		}
		slices.Sort(shown)
		tcp := "tcp-ok"
		takes += lookTime
		if !r.answers(host, name, found) {
			tcp = "tcp-failed"
			takes += noAnswerTime
		}
		out.WriteString("resolved " + name + " " + strings.Join(shown, ",") + " " + tcp + "\n")
		if tcp == "tcp-ok" {
			out.WriteString("answers " + name + "\n")
		}
	}
	return succeeded(out.String(), takes)
}

// answers reports whether a host reaches all addresses of a name.
func (r *region) answers(host *instance, name string, found lookup) bool {
	from := r.interfacesOf(host.InstanceId)
	if len(from) == 0 {
		return false
	}
	if found.endpoint == nil {
		return r.getsOut(from[0], strings.Contains("."+name, ".s3."))
	}
	return !slices.ContainsFunc(found.interfaces, func(to *networkInterface) bool { return !r.allowsHTTPS(peerOf(from[0]), peerOf(to)) })
}
