package hosts

import (
	"os/exec"
	"strings"
	"testing"
)

const (
	ecsName  = "ecs.us-east-1.amazonaws.com"
	logsName = "logs.us-east-1.amazonaws.com"
)

func lookAt(t *testing.T, names ...string) string {
	t.Helper()
	script, err := Inside(names)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestInsideTakesNamesOnly(t *testing.T) {
	if script := lookAt(t, ecsName, logsName); !strings.Contains(script, "\nset -- "+ecsName+" "+logsName+"\n") || strings.Contains(script, "NAMES") || strings.Contains(script, "{{") {
		t.Error(script)
	}
	for _, bad := range [][]string{nil, {""}, {ecsName, ""}, {"-x"}, {"a b"}, {"a;reboot"}, {"$(reboot)"}, {"a\nreboot"}, {"a'b"}, {"*.dkr.ecr.us-east-1.amazonaws.com"}, {"ECS"}, {"a/b"}, {"a."}, {".a"},
		{"ä.example"}, {strings.Repeat("a", 254)}} {
		if script, err := Inside(bad); err == nil || script != "" {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestInsideLooks(t *testing.T) {
	getent := `case "$*" in
'ahosts ` + ecsName + `') printf '10.0.2.7       STREAM ecs\n10.0.2.7       DGRAM\n10.0.1.5       STREAM\n' ;;
'ahosts ` + logsName + `') printf '10.0.1.9       STREAM logs\n' ;;
*) exit 2 ;; esac`
	nslookup := `printf 'Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\n'
case $1 in
` + ecsName + `) printf 'Non-authoritative answer:\nName:\t%s\nAddress: 10.0.1.5\nName:\t%s\nAddress: 10.0.2.7\n' "$1" "$1" ;;
` + logsName + `) printf 'Name:      %s\nAddress 1: 10.0.1.9 ip-10-0-1-9.ec2.internal\n' "$1" ;;
*) printf "** server can't find %s: NXDOMAIN\n" "$1"; exit 1 ;; esac`
	dig := `case $1 in
` + ecsName + `) printf '%s has address 10.0.1.5\n%s has address 10.0.2.7\n' "$1" "$1" ;;
` + logsName + `) printf '%s is an alias for x.\nx has address 10.0.1.9\n' "$1" ;;
*) echo "Host $1 not found: 3(NXDOMAIN)"; exit 1 ;; esac`
	const (
		both   = "resolved " + ecsName + " 10.0.1.5,10.0.2.7 tcp-%s\nresolved " + logsName + " 10.0.1.9 tcp-%s\nunresolved nowhere.example\n"
		onlyOn = `case "$*" in *` + ecsName + `*) exit 0 ;; esac; exit `
	)
	lines := func(ecs, logs string) string {
		out := strings.Replace(strings.Replace(both, "%s", ecs, 1), "%s", logs, 1)
		for _, name := range []string{ecsName, logsName} { // names that answer are printed again in the second line
			at := strings.Index(out, "resolved "+name)
			line, rest, _ := strings.Cut(out[at:], "\n")
			if strings.HasSuffix(line, "tcp-ok") {
				out = out[:at] + line + "\nanswers " + name + "\n" + rest
			}
		}
		return out
	}
	script := lookAt(t, ecsName, logsName, "nowhere.example")
	under(t, func(t *testing.T, shell []string) {
		for name, c := range map[string]struct {
			programs map[string]string
			want     string
			call     string // a call that must be among the recorded ones
		}{
			"getent and bash": {map[string]string{"getent": getent, "timeout": onlyOn + "124", "bash": yes, "curl": no},
				lines("ok", "failed"), "timeout 5 bash -c : </dev/tcp/" + ecsName + "/443"},
			"nslookup and curl": {map[string]string{"nslookup": nslookup, "bash": yes, "curl": onlyOn + "28"},
				lines("ok", "failed"), "curl -sS --noproxy * -o /dev/null -m 5 --connect-timeout 5 https://" + logsName},
			"curl rejects the certificate": {map[string]string{"getent": getent, "curl": onlyOn + "60"}, lines("ok", "ok"), ""},
			"connection refused to curl":   {map[string]string{"getent": getent, "curl": "exit 7"}, lines("failed", "failed"), ""},
			"host and nc":                  {map[string]string{"host": dig, "nc": onlyOn + "1"}, lines("ok", "failed"), "nc -z -w 5 " + ecsName + " 443"},
			"no tool for TCP":              {map[string]string{"getent": getent}, lines("untried", "untried"), ""},
			"getent without ahosts":        {map[string]string{"getent": strings.ReplaceAll(getent, "ahosts", "hosts"), "nc": yes}, lines("ok", "ok"), "getent hosts " + ecsName},
		} {
			got := host{programs: c.programs, tools: []string{"awk", "sort", "tr"}}.run(t, shell, script)
			if got.code != 0 || got.out != c.want || got.err != "" {
				t.Errorf("%s: exit %d, %s%s", name, got.code, got.out, got.err)
			}
			if c.call != "" && got.count(c.call) != 1 {
				t.Errorf("%s: calls %q", name, got.calls)
			}
		}
		for name, h := range map[string]host{"no resolver": {tools: []string{"awk", "sort", "tr"}}, "no awk": {programs: map[string]string{"getent": getent}, tools: []string{"sort", "tr"}}} {
			if got := h.run(t, shell, script); got.code != CantLook || got.out != "" || !strings.Contains(got.err, "Tried: getent") {
				t.Errorf("%s: exit %d, %q, %q", name, got.code, got.out, got.err)
			}
		}
	})
}

// The output of the real programs has the format that the script expects.
func TestInsideLooksForReal(t *testing.T) {
	for _, name := range []string{"getent", "timeout", "bash"} {
		tool(t, name)
	}
	cmd := exec.Command(tool(t, "dash"))
	cmd.Stdin = strings.NewReader(lookAt(t, "localhost"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Fields(string(out)); len(f) < 4 || f[0] != "resolved" || f[1] != "localhost" || f[3] != "tcp-ok" && f[3] != "tcp-failed" {
		t.Errorf("%s", out)
	}
}
