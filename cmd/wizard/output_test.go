package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
)

// hostile is what a name or a message of an account may contain.
const hostile = "\x1b[2J\x1b]0;owned\a\u009b31m\u202egnp\u2028\u0085\x7f\r\x1b[31mred\nFORGED line\n\nFORGED\tline"

// wizard runs the program and returns its exit code and outputs.
func wizard(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(t.Context(), streams{In: strings.NewReader(""), Out: &o, Err: &e}, args)
	return code, o.String(), e.String()
}

// readSnapshot reads a snapshot file.
func readSnapshot(t *testing.T, file string) *inventory.Inventory {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// clean reports unsafe characters in an output, and lines that a name added. Text that is wrapped at a
// width can have any word at the beginning of a line.
func clean(t *testing.T, what, out string) {
	t.Helper()
	if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && r != '\t' && printable.Unsafe(r) }); i >= 0 {
		t.Errorf("%s: %q", what, out[max(0, i-60):min(len(out), i+20)])
	}
	if i := strings.Index("\n"+out, "\nFORGED"); i >= 0 && !strings.Contains(what, "wrapped") {
		t.Errorf("%s: a line of its own: %q", what, out[max(0, i-60):min(len(out), i+20)])
	}
}

// spoil adds the hostile text to every text of a field; an empty field is every field. It returns the
// fields that it has visited.
func spoil(v reflect.Value, name, field string, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			spoil(v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name, field, seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), name, field, seen)
		}
	case reflect.Map:
		seen[name] = true
		if field == "" || field == name {
			if v.Type().Elem().Kind() == reflect.Int {
				if !v.IsNil() {
					v.SetMapIndex(reflect.ValueOf(hostile), reflect.ValueOf(1))
				}
				return
			}
			for _, k := range v.MapKeys() {
				v.SetMapIndex(k, reflect.ValueOf(v.MapIndex(k).String()+hostile))
			}
			if !v.IsNil() {
				v.SetMapIndex(reflect.ValueOf(hostile), reflect.ValueOf(hostile))
			}
		}
	case reflect.String:
		seen[name] = true
		if field == "" || field == name {
			v.SetString(v.String() + hostile)
		}
	}
}

// Whatever text a snapshot has, in whatever field, it cannot control a terminal, and it cannot add a
// line.
func TestHostileSnapshots(t *testing.T) {
	t.Parallel()
	for scenario, lines := range map[string]string{
		"half-done":          "workload: ecs-fargate\nvpc: vpc-0b2c3d4e5f6a70001\n",
		"mwaa-load-balancer": "workload: mwaa\nvpc: VPC\n",
		"old-agents":         "workload: ecs-ec2\nvpc: VPC\n",
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			raw, file, ans := filepath.Join(dir, "raw.json"), filepath.Join(dir, "hostile.json"), filepath.Join(dir, "answers.yaml")
			if code, _, errs := wizard(t, "snapshot", "--sandbox="+scenario, "--out", raw); code != exitOK {
				t.Fatal(errs)
			}
			vpc := readSnapshot(t, raw).Networks[0].VPC
			if err := os.WriteFile(ans, []byte("version: 1\n"+strings.NewReplacer("VPC", vpc, "vpc-0b2c3d4e5f6a70001", vpc).Replace(lines)), 0o600); err != nil {
				t.Fatal(err)
			}
			wrong := filepath.Join(dir, "wrong.yaml")
			if err := os.WriteFile(wrong, []byte("version: 1\nworkload: ecs-fargate\nvpc: none\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			spoil(reflect.ValueOf(readSnapshot(t, raw)).Elem(), "", "none", seen)
			if len(seen) < 60 {
				t.Errorf("%d fields", len(seen))
			}
			printed := 0
			for field := range seen {
				inv := readSnapshot(t, raw)
				spoil(reflect.ValueOf(inv).Elem(), "", field, map[string]bool{})
				data, err := json.Marshal(inv) // Write would be cleaned only when it is read
				if err == nil {
					err = os.WriteFile(file, data, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				script := filepath.Join(dir, "script.sh")
				_ = os.Remove(script)
				for _, args := range [][]string{
					{"plan", "--explain", "--answers", ans}, {"plan", "--json", "--answers", ans}, {"plan", "--answers", wrong},
					{"check", "--answers", ans}, {"check", "--sarif", "--answers", ans},
					{"export", "--format", "bash", "--answers", ans, "--out", script, "--accept", "A-GAP"}, {"export", "--format", "bash", "--answers", ans},
				} {
					_, out, errs := wizard(t, append(args, "--snapshot", file)...)
					clean(t, field+" "+args[0]+" "+args[1]+map[bool]string{true: ", wrapped"}[args[0] == "plan"], out)
					clean(t, field+" "+args[0]+" "+args[1], errs)
					printed += len(out) + len(errs)
					if (args[1] == "--json" || args[1] == "--sarif") && out != "" && !json.Valid([]byte(out)) {
						t.Errorf("%s: not JSON", field)
					}
				}
				if text, err := os.ReadFile(script); err == nil {
					clean(t, field+" script", string(text))
				}
				_, out, errs := wizard(t, "snapshot", "diff", raw, file)
				clean(t, field+" snapshot diff", out+errs)
			}
			// All fields at the same time, and line by line.
			inv := readSnapshot(t, raw)
			for _, field := range []string{"VPC.Name", "Subnet.Name", "SecurityGroup.Name", "SecurityGroup.Description", "Cluster.Name", "Service.Name", "Endpoint.Name", "Airflow.Name"} {
				spoil(reflect.ValueOf(inv).Elem(), "", field, map[string]bool{})
			}
			data, _ := json.Marshal(inv)
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			Main(t.Context(), streams{In: strings.NewReader("1\n1\n1\n1\n1\n1\n1\n"), Out: &out, Err: &errs}, []string{"--plain", "--snapshot", file})
			clean(t, "--plain, wrapped", out.String())
			clean(t, "--plain, wrapped", errs.String())
			if printed < 10000 || errs.Len() < 200 {
				t.Errorf("%d and %d characters", printed, errs.Len())
			}
		})
	}
}

// Whatever a server answers in place of AWS, its text cannot control a terminal.
func TestHostileServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := json.Marshal(hostile)
		switch {
		case r.Header.Get("X-Amz-Target") != "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded": // JSON
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type":`+string(text)+`,"message":`+string(text)+`}`)
		default:
			var escaped bytes.Buffer
			for _, c := range hostile {
				if c >= ' ' && c != 0x7f || c == '\n' || c == '\t' || c == '\r' {
					escaped.WriteRune(c) // XML has no other characters
				}
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "<Response><Errors><Error><Code>X"+escaped.String()+"</Code><Message>"+escaped.String()+"</Message></Error></Errors><Error><Code>X"+escaped.String()+"</Code><Message>"+escaped.String()+"</Message></Error></Response>")
		}
	}))
	defer srv.Close()
	t.Setenv("AWS_ENDPOINT_URL", srv.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	ans := filepath.Join(t.TempDir(), "answers.yaml")
	if err := os.WriteFile(ans, []byte("version: 1\nworkload: ecs-fargate\nregion: us-east-1\nvpc: vpc-0a1b2c3d4e5f60001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"plan", "--answers", ans}, {"plan", "--json", "--answers", ans}, {"export", "--format", "bash", "--answers", ans}, {"apply", "--yes", "--answers", ans}, {"snapshot", "--region", "us-east-1", "--out", filepath.Join(t.TempDir(), "s.json")}} {
		code, out, errs := wizard(t, args...)
		clean(t, args[0], out)
		clean(t, args[0], errs)
		if code != exitAWS || !strings.Contains(errs, "FORGED") {
			t.Errorf("%s: %d %s", args[0], code, errs)
		}
	}
}

func TestOutput(t *testing.T) {
	for _, tc := range []struct {
		styled   bool
		in       []string
		text, js string
	}{
		{false, []string{"a\tb\n", "\x1b[1mx\x1b[m\u202e\u0085\x7f\r"}, "a\tb\n [1mx [m    ", "a\tb\n\\u001b[1mx\\u001b[m\\u202e\\u0085\\u007f\\u000d"},
		{true, []string{"\x1b[1;31mx\x1b[m\x1b[2J"}, "\x1b[1;31mx\x1b[m [2J", ""},
		{false, []string{"\xe2", "\x80", "\xae.", "ü\xff"}, " .ü\ufffd", "\\u202e.ü\ufffd"},
	} {
		for _, js := range []bool{false, true} {
			if js && tc.js == "" {
				continue
			}
			var b bytes.Buffer
			o := &output{to: &b, styled: func() bool { return tc.styled }}
			var w io.Writer = o
			want := tc.text
			if js {
				w, want = jsonOutput{o}, tc.js
			}
			for _, s := range tc.in {
				if n, err := io.WriteString(w, s); n != len(s) || err != nil {
					t.Errorf("%q: %d %v", s, n, err)
				}
			}
			if b.String() != want {
				t.Errorf("%q: %q, want %q", tc.in, b.String(), want)
			}
		}
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("no space")}
}

// Every command that writes to standard output ends with exit code 1 and a message if it cannot.
func TestOutputThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ans, template, snapshot, message := filepath.Join(dir, "answers.yaml"), filepath.Join(dir, "template"), filepath.Join(dir, "snapshot.json"), filepath.Join(dir, "message.txt")
	if err := errors.Join(os.WriteFile(message, []byte("OutOfMemoryError: Container killed due to memory usage\n"), 0o600), os.WriteFile(snapshot, []byte(`{"version": 1, "account": "123456789012", "region": "us-east-1", "loaded": [{"part": "vpcs"}]}`), 0o600), os.WriteFile(ans, []byte("version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n"), 0o600), os.WriteFile(template, []byte("com.amazonaws.eu-west-1.ecs\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	account := filepath.Join(dir, "account.json")
	if code, _, errs := wizard(t, "snapshot", "--sandbox=half-done", "--out", account); code != exitOK {
		t.Fatal(errs)
	}
	commands := map[string][][]string{
		"wizard":               {{"--version"}, {"--help"}},
		"wizard plan":          {{"--sandbox", "--answers", ans}, {"--sandbox", "--answers", ans, "--json"}, {"--sandbox", "--answers", ans, "--explain"}, {"--help"}},
		"wizard check":         {{"--sandbox", "--answers", ans}, {"--sandbox", "--answers", ans, "--json"}, {"--sandbox", "--answers", ans, "--sarif"}, {"--snapshot", account}, {"--snapshot", account, "--json"}},
		"wizard apply":         {{"--sandbox", "--speed", "100000", "--answers", ans, "--yes"}, {"--sandbox", "--speed", "100000", "--answers", ans, "--yes", "--json"}},
		"wizard export":        {{"--sandbox", "--answers", ans, "--format", "bash"}, {"--sandbox", "--answers", ans, "--format", "bash", "--out", "-"}},
		"wizard undo":          {{"--help"}},
		"wizard runs":          {{"--help"}, {"--json"}},
		"wizard snapshot":      {{"--help"}},
		"wizard unmask":        {{"--help"}},
		"wizard snapshot diff": {{snapshot, snapshot}, {snapshot, snapshot, "--json"}},
		"wizard doctor":        {{message}, {message, "--json"}, {message, "--format", "markdown"}, {message, "--sandbox"}, {"--sandbox", "--json"}},
		"wizard lint":          {{template, "--region", "us-east-1"}, {template, "--region", "us-east-1", "--json"}, {template, "--region", "us-east-1", "--sarif"}},
		"wizard sandbox":       {{}},
		"wizard sandbox list":  {{}},
		"wizard sandbox serve": {{}},
		"wizard config":        {{}, {"--json"}},
		"wizard config set":    {{"--help"}},
		"wizard config unset":  {{"--help"}},
		"wizard config path":   {{}},

		"wizard config clear-history": {{"--help"}},

		"wizard schema":     {{"answers"}, {"check"}, {"doctor"}, {"overview"}, {"plan"}},
		"wizard version":    {{}, {"--json"}},
		"wizard completion": {{"bash"}, {"zsh"}, {"fish"}, {"powershell"}},
		"wizard man":        {{}},
		"wizard help":       {{}, {"plan"}},
	}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.IsAvailableCommand() || c.Name() == "help" || !c.HasParent() {
			if commands[c.CommandPath()] == nil {
				t.Errorf("%s is not in the test", c.CommandPath())
			}
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(newRoot(&globals{}))
	for path, all := range commands {
		for _, args := range all {
			args = append(strings.Fields(path)[1:], args...)
			var errs bytes.Buffer
			code := Main(t.Context(), streams{In: strings.NewReader(""), Out: full{}, Err: &errs}, args)
			if code != exitAWS || !strings.Contains(errs.String(), "wizard: cannot write to standard output: no space") {
				t.Errorf("%v: %d %s", args, code, errs.String())
			}
		}
	}
}

// A pipe that nobody reads does not end the program with a signal, and needs no message.
func TestClosedPipe(t *testing.T) {
	exe, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	link := filepath.Join(t.TempDir(), "wizard")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, link)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The reader closes the pipe before the program starts.
	cmd := exec.CommandContext(t.Context(), exe, "-c", `exec 3> >(exec true); wait $!; "$0" version >&3; echo "code $?"`, link)
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "code 1\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// A reader that closes the pipe gets no message about the output, and everything else is reported as before.
func TestReaderLeaves(t *testing.T) {
	dir := t.TempDir()
	message, debug, fix := filepath.Join(dir, "message.txt"), filepath.Join(dir, "debug.log"), filepath.Join(dir, "fix.yaml")
	if err := os.WriteFile(message, []byte("dial tcp: lookup api.ecr.us-east-1.amazonaws.com: no such host"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		errs string
	}{
		{"doctor " + message, ""},
		{"doctor --json " + message, ""},
		{"doctor --format markdown " + message, ""},
		{"doctor --sandbox=closed --answers-out " + fix + " " + message, "Wrote " + fix},
		{"schema plan", ""},
		{"man", ""},
		{"completion bash", ""},
		{"plan --help", ""},
		{"doctor --sandbox --debug " + debug + " " + message, ""},
		{"doctor --sandbox --debug /dev/full " + message, "wizard: --debug: cannot write to /dev/full"},
	} {
		if _, err := os.Stat("/dev/full"); err != nil && strings.Contains(c.args, "/dev/full") {
			continue // not on every system
		}
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		var errs bytes.Buffer
		code := Main(t.Context(), streams{In: strings.NewReader(""), Out: writer, Err: &errs}, strings.Fields(c.args))
		writer.Close()
		if code != exitAWS || c.errs == "" && errs.Len() > 0 || !strings.HasPrefix(errs.String(), c.errs) {
			t.Errorf("%s: exit code %d: %s", c.args, code, errs.String())
		}
	}
}

// The error of a command is not hidden, and neither is that of a connection.
func TestNotWritten(t *testing.T) {
	closed := &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	connection := &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	for _, c := range []struct {
		err, failed error
		text        string // empty if nothing is printed
	}{
		{nil, closed, ""},
		{fmt.Errorf("help: %w", closed), closed, ""},
		{silentExit(exitFindings), closed, ""},
		{usage(errors.New("unknown key")), closed, "unknown key"},
		{connection, closed, connection.Error()},
		{nil, connection, "cannot write to standard output: " + connection.Error() + "; the output is not complete"},
		{nil, syscall.ENOSPC, "cannot write to standard output: no space left on device; the output is not complete"},
	} {
		var known *coded
		err := notWritten(c.err, c.failed)
		if silent := errors.As(err, &known) && known.silent; silent != (c.text == "") || !silent && err.Error() != c.text || exitCode(err) != exitAWS {
			t.Errorf("%v, %v: %v", c.err, c.failed, err)
		}
	}
}

// A network that is not in a snapshot, or empty, is an error, and no plan has "actions": null.
func TestSnapshotsWithoutANetwork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	raw, file, ans := filepath.Join(dir, "raw.json"), filepath.Join(dir, "s.json"), filepath.Join(dir, "answers.yaml")
	if code, _, errs := wizard(t, "snapshot", "--sandbox", "--out", raw); code != exitOK {
		t.Fatal(errs)
	}
	if err := os.WriteFile(ans, []byte("version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*inventory.Inventory){
		"no networks":      func(i *inventory.Inventory) { i.Networks = nil },
		"another network":  func(i *inventory.Inventory) { i.Networks = []inventory.Network{{VPC: "vpc-1"}} },
		"an empty network": func(i *inventory.Inventory) { i.Networks = []inventory.Network{{VPC: "vpc-0a1b2c3d4e5f60001"}} },
		"not loaded": func(i *inventory.Inventory) {
			i.Loaded = []inventory.Request{{Part: inventory.PartIdentity}, {Part: inventory.PartVPCs}, {Part: inventory.PartClusters}, {Part: inventory.PartServices}}
		},
	} {
		inv := readSnapshot(t, raw)
		change(inv)
		data, err := inv.Write()
		if err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"plan"}, {"plan", "--json"}, {"export", "--format", "bash"}} {
			code, out, errs := wizard(t, append(command, "--snapshot", file, "--answers", ans, "--accept", "A-GAP")...)
			if code == exitOK || out != "" || !strings.Contains(errs, "network of vpc-0a1b2c3d4e5f60001") {
				t.Errorf("%s, %v: %d %s %s", name, command, code, out, errs)
			}
		}
	}
}
