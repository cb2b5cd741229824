package hosts

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tool returns the path of a program that a test needs.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatalf("%s is required", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// shells are the programs that can be /bin/sh on a host.
var shells = []string{"dash", "bash", "busybox"}

// under runs a test in each shell.
func under(t *testing.T, f func(t *testing.T, shell []string)) {
	for _, name := range shells {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "busybox":
				path, err := exec.LookPath(name)
				if err != nil {
					t.Skip("busybox is not installed")
				}
				f(t, []string{path, "sh"})
			case "bash":
				f(t, []string{tool(t, name), "--posix"})
			default:
				f(t, []string{tool(t, name)})
			}
		})
	}
}

// host is a fake host. It has only what a test gives it: programs, which record how they were
// called and then run their body, and tools, which are real.
type host struct {
	programs map[string]string
	tools    []string
}

type ran struct {
	out, err string
	code     int
	calls    []string
}

func (h host) run(t *testing.T, shell []string, script string) ran {
	t.Helper()
	dir := t.TempDir()
	bin, calls := filepath.Join(dir, "bin"), filepath.Join(dir, "calls")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range h.programs {
		text := "#!/bin/sh\necho \"" + name + " $*\" >>'" + calls + "'\n" + body + "\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range h.tools {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "script")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], slices.Concat(shell[1:], []string{file})...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + bin, "http_proxy=http://192.0.2.1:3128"}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := ran{out: out.String(), err: errs.String(), code: cmd.ProcessState.ExitCode()}
	if b, err := os.ReadFile(calls); err == nil {
		r.calls = strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	return r
}

// did returns the calls that change something. Calls that only read or wait are left out.
func (r ran) did() []string {
	return slices.DeleteFunc(slices.Clone(r.calls), func(c string) bool {
		for _, asks := range []string{"systemctl is-active ", "systemctl is-enabled ", "initctl status ", "docker inspect ", "curl ", "wget ", "sleep ", "apiclient raw -u ", "cat "} {
			if strings.HasPrefix(c, asks) {
				return true
			}
		}
		return false
	})
}

func (r ran) count(prefix string) int {
	n := 0
	for _, c := range r.calls {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// Bodies of fake programs.
const (
	yes = "exit 0"
	no  = "exit 1"
	// third fails twice and then succeeds.
	third = `n=0; read -r n <"$0.n"; n=$((n+1)); echo $n >"$0.n"; [ $n -ge 3 ]`
)

// systemd is the body of systemctl. For each unit it has the output of is-active and whether the
// unit is enabled.
func systemd(restart string, units map[string][2]string) string {
	var b strings.Builder
	b.WriteString("case \"$1 $2\" in\n")
	for unit, is := range units {
		b.WriteString("'is-active " + unit + "') echo " + is[0] + "; [ " + is[0] + " = active ]; exit ;;\n")
		b.WriteString("'is-enabled " + unit + "') echo " + is[1] + "; [ " + is[1] + " = enabled ]; exit ;;\n")
	}
	b.WriteString("is-active*) echo inactive; exit 3 ;;\nis-enabled*) echo 'Failed to get unit file state' >&2; exit 1 ;;\nesac\n" + restart)
	return b.String()
}

// upstart is the body of initctl for the job ecs.
func upstart(status string) string {
	return "case \"$*\" in 'status ecs') echo '" + status + "' ;; 'stop ecs'|'start ecs') echo 'ecs moves' ;; *) exit 1 ;; esac"
}

func TestLinuxHostsRestart(t *testing.T) {
	on := func(programs map[string]string) host {
		if _, own := programs["curl"]; !own && programs["wget"] == "" {
			programs["curl"] = yes
		}
		if programs["sleep"] == "" {
			programs["sleep"] = yes
		}
		return host{programs: programs}
	}
	ecs := systemd("echo restarting", map[string][2]string{"ecs.service": {"active", "enabled"}})
	under(t, func(t *testing.T, shell []string) {
		for name, c := range map[string]struct {
			programs map[string]string
			method   string // the method that the script prints; empty: no output
			did      []string
			code     int
			says     string // part of standard error
		}{
			"Amazon Linux 2 and 2023": {map[string]string{"systemctl": ecs, "docker": yes},
				"ecs.service", []string{"systemctl restart ecs.service"}, 0, ""},
			"Ubuntu, unit enabled and stopped, as after docker stop": {
				map[string]string{"systemctl": systemd(yes, map[string][2]string{"ecs.service": {"inactive", "enabled"}}), "docker": yes},
				"ecs.service", []string{"systemctl restart ecs.service"}, 0, ""},
			"unit started manually and failing": {
				map[string]string{"systemctl": systemd(yes, map[string][2]string{"ecs.service": {"activating", "disabled"}}), "docker": yes},
				"ecs.service", []string{"systemctl restart ecs.service"}, 0, ""},
			"SUSE": {map[string]string{"systemctl": systemd(yes, map[string][2]string{"amazon-ecs.service": {"active", "enabled"}}), "docker": yes},
				"amazon-ecs.service", []string{"systemctl restart amazon-ecs.service"}, 0, ""},
			"Amazon Linux 1": {map[string]string{"initctl": upstart("ecs start/running, process 2846"), "docker": yes},
				"upstart", []string{"initctl stop ecs", "initctl start ecs"}, 0, ""},
			"Amazon Linux 1, job stopped": {map[string]string{"initctl": upstart("ecs stop/waiting"), "docker": yes},
				"upstart", []string{"initctl start ecs"}, 0, ""},
			"Docker without systemd": {map[string]string{"docker": yes},
				"docker", []string{"docker stop ecs-agent", "docker start ecs-agent"}, 0, ""},
			"Docker with systemd": {map[string]string{"systemctl": systemd(yes, nil), "docker": yes},
				"docker", []string{"docker stop ecs-agent", "docker start ecs-agent"}, 0, ""},
			"Docker beside a package that is not used": {
				map[string]string{"systemctl": systemd(yes, map[string][2]string{"ecs.service": {"inactive", "disabled"}}), "docker": yes},
				"docker", []string{"docker stop ecs-agent", "docker start ecs-agent"}, 0, ""},
			"Docker on upstart without the job": {map[string]string{"initctl": no, "docker": yes},
				"docker", []string{"docker stop ecs-agent", "docker start ecs-agent"}, 0, ""},
			"wget where curl is missing": {map[string]string{"systemctl": ecs, "wget": third},
				"ecs.service", []string{"systemctl restart ecs.service"}, 0, ""},
			"back at the third attempt": {map[string]string{"systemctl": ecs, "curl": third},
				"ecs.service", []string{"systemctl restart ecs.service"}, 0, ""},

			"no agent":                   {map[string]string{"systemctl": systemd(yes, nil), "initctl": no, "docker": no}, "", nil, NoAgent, "No ECS agent was found"},
			"nothing at all":             {map[string]string{}, "", nil, NoAgent, "ecs-agent of Docker"},
			"Bottlerocket used as Linux": {map[string]string{"apiclient": yes}, "", nil, NoAgent, "Bottlerocket"},
			"does not come back":         {map[string]string{"systemctl": ecs, "curl": "exit 7"}, "", []string{"systemctl restart ecs.service"}, NotBack, "journalctl -u ecs.service"},
			"container does not answer":  {map[string]string{"docker": yes, "curl": "exit 7"}, "", []string{"docker stop ecs-agent", "docker start ecs-agent"}, NotBack, "docker logs ecs-agent"},
			"systemctl fails":            {map[string]string{"systemctl": systemd("exit 1", map[string][2]string{"ecs.service": {"active", "enabled"}})}, "", []string{"systemctl restart ecs.service"}, Failed, "Tried: systemctl restart ecs.service. It failed with exit code 1"},
			"systemctl of SUSE":          {map[string]string{"systemctl": systemd("exit 5", map[string][2]string{"amazon-ecs.service": {"failed", "disabled"}})}, "", []string{"systemctl restart amazon-ecs.service"}, Failed, "Tried: systemctl restart amazon-ecs.service. It failed with exit code 5"},
			"docker stop fails":          {map[string]string{"docker": `[ "$1" != stop ]`}, "", []string{"docker stop ecs-agent"}, Failed, "Tried: docker stop ecs-agent"},
			"docker start fails":         {map[string]string{"docker": `[ "$1" != start ]`}, "", []string{"docker stop ecs-agent", "docker start ecs-agent"}, Failed, "Tried: docker start ecs-agent"},
			"upstart does not stop":      {map[string]string{"initctl": `[ "$1" = status ] && echo "ecs start/running"`}, "", []string{"initctl stop ecs"}, Failed, "Tried: initctl stop ecs"},
		} {
			got := on(c.programs).run(t, shell, linux)
			want := ""
			if c.method != "" {
				want = "agent-restarted " + c.method + "\n"
			}
			if got.out != want || got.code != c.code || !slices.Equal(got.did(), c.did) {
				t.Errorf("%s: exit %d, %q, did %q; standard error: %s", name, got.code, got.out, got.did(), got.err)
			}
			lines := strings.Split(strings.TrimSpace(got.err), "\n")
			if last := lines[len(lines)-1]; !strings.Contains(last, c.says) {
				t.Errorf("%s: standard error ends with %q, want %q in it", name, last, c.says)
			}
		}
	})
}

func TestLinuxWaitsForTheAgent(t *testing.T) {
	under(t, func(t *testing.T, shell []string) {
		unit := systemd(yes, map[string][2]string{"ecs.service": {"active", "enabled"}})
		got := host{programs: map[string]string{"systemctl": unit, "sleep": yes, "curl": third + ` && [ -z "$http_proxy" ]`}}.run(t, shell, linux)
		if got.code != 0 || got.count("curl ") != 3 || got.count("sleep 2") != 2 {
			t.Errorf("exit %d, calls %q", got.code, got.calls)
		}
		if last := got.calls[len(got.calls)-1]; last != "curl -fsS -m 1 -o /dev/null http://127.0.0.1:51678/v1/metadata" {
			t.Errorf("last call was %q", last)
		}
		got = host{programs: map[string]string{"systemctl": unit, "sleep": yes, "curl": no}}.run(t, shell, linux)
		if n := got.count("sleep 2"); got.code != NotBack || n != 29 {
			t.Errorf("exit %d after %d waits of two seconds", got.code, n)
		}
		got = host{programs: map[string]string{"systemctl": unit}}.run(t, shell, linux)
		if got.code != 0 || got.out != "agent-restarted ecs.service\n" || !strings.Contains(got.err, "agentConnected") {
			t.Errorf("neither curl nor wget: exit %d, %q, %q", got.code, got.out, got.err)
		}
	})
}

// tables prints the content of /proc/net/tcp. From the third read on, the agent has another
// socket.
const tables = `n=0; read -r n <"$0.n"; n=$((n+1)); echo $n >"$0.n"
echo '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
echo '   0: 0100007F:C9DE 0100007F:A582 01 00000000:00000000 00:00000000 00000000     0        0 99999 1 0 20 4 0 10 -1'
echo '   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1065 1 0 100 0 0 10 0'
`

func TestBottlerocketHostsRestart(t *testing.T) {
	listens := func(inode string) string {
		return "echo '   2: 0100007F:C9DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 " + inode + " 1 0 100 0 0 10 0'"
	}
	api := func(set string) string {
		return `case "$1" in raw) echo '{"ecs":{"loglevel":"warn"}}' ;; set) echo committed; ` + set + " ;; esac"
	}
	set := []string{"apiclient set settings.ecs.loglevel=warn"}
	under(t, func(t *testing.T, shell []string) {
		for name, c := range map[string]struct {
			api, tables string
			did         []string
			code        int
			says        string
		}{
			"another socket listens": {api(yes), tables + "if [ $n -lt 3 ]; then " + listens("41") + "; else " + listens("42") + "; fi", set, 0, ""},
			"nobody listens between": {api(yes), tables + "case $n in 1) " + listens("41") + " ;; 2) ;; *) " + listens("42") + " ;; esac", set, 0, ""},
			"nobody listened before": {api(yes), tables + "if [ $n -ge 3 ]; then " + listens("42") + "; fi", set, 0, ""},
			"the agent just goes on": {api(yes), tables + listens("41"), set, NotBack, "Reboot the host"},
			"the agent goes away":    {api(yes), tables + "if [ $n = 1 ]; then " + listens("41") + "; fi", set, NotBack, "Reboot the host"},
			"a setting is refused":   {api("exit 2"), tables + listens("41"), set, Failed, "It failed with exit code 2"},
			"settings can't be read": {no, tables, nil, Failed, "returned no log level"},
			"no such level":          {`echo '{"ecs":{"loglevel":"loud"}}'`, tables, nil, Failed, "returned no log level"},
		} {
			got := host{programs: map[string]string{"apiclient": c.api, "cat": c.tables, "sleep": yes}, tools: []string{"sed"}}.run(t, shell, bottlerocket)
			want := ""
			if c.code == 0 {
				want = "agent-restarted apiclient\n"
			}
			if got.out != want || got.code != c.code || !slices.Equal(got.did(), c.did) || !strings.Contains(got.err, c.says) {
				t.Errorf("%s: exit %d, %q, did %q; standard error: %s", name, got.code, got.out, got.did(), got.err)
			}
		}
		if got := (host{tools: []string{"sed"}}).run(t, shell, bottlerocket); got.code != NoAgent || got.out != "" {
			t.Errorf("not Bottlerocket: exit %d, %q", got.code, got.out)
		}
	})
}

func TestShellcheck(t *testing.T) {
	check := tool(t, "shellcheck")
	look, err := Inside([]string{"ecs.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com"})
	if err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{"restart": linux, "bottlerocket": bottlerocket, "inside": look} {
		cmd := exec.Command(check, "-s", "sh", "-")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
