package export

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var update = flag.Bool("update", false, "write the golden files")

var plans = map[string]func(resources) *plan.Plan{"access": access, "agents": agents, "airflow": airflow, "clientvpn": clientVPN, "fresh": fresh, "hostile": hostile, "mixed": mixed,
	"nothing": nothing, "registry": registry}

func scriptOf(t testing.TB, p *plan.Plan) string {
	t.Helper()
	out, err := Bash(p, Meta{Version: "1.0.0", Answers: "answers.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// scripts returns the script of each plan, and the one that completes its Terraform code.
func scripts(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, make := range plans {
		out[name] = scriptOf(t, make(fixed))
		out[name+"-finish"] = terraformOf(t, make(fixed))[finishScript]
	}
	return out
}

// tool finds a program that a test needs.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("WIZARD_REQUIRE_TOOLS") == "1" {
			t.Fatalf("%s is required", name)
		}
		t.Skipf("%s is not here", name)
	}
	return path
}

// Golden files name the functions of the library instead of repeating them.
func TestGolden(t *testing.T) {
	for name, make := range plans {
		got := scriptOf(t, make(fixed))
		if again := scriptOf(t, make(fixed)); again != got {
			t.Errorf("%s: the same plan gives different scripts", name)
		}
		for _, b := range slices.Concat(blocks(functions), blocks(newCLI), blocks(acl), blocks(credentials), blocks(vpn)) {
			got = strings.ReplaceAll(got, b.text+"\n\n", "# (function "+b.name+")\n")
			got = strings.ReplaceAll(got, b.text+"\n", "# (function "+b.name+")\n")
		}
		file := filepath.Join("testdata", name+".sh")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFirstLinesTellAnExport(t *testing.T) {
	const want = "#!/usr/bin/env bash\n#\n# Private endpoints: a script made by PrivateLink Wizard."
	for name, make := range plans {
		if first, _, _ := strings.Cut(scriptOf(t, make(fixed)), "\n# For "); first != want {
			t.Errorf("%s: %q", name, first)
		}
	}
}

func TestScriptsParse(t *testing.T) {
	for name, got := range scripts(t) {
		if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(got), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cmd := exec.Command(tool(t, "bash"), "-n")
		cmd.Stdin = strings.NewReader(got)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// Scripts have the format of shfmt -i 2 -ci.
func TestScriptsAreFormatted(t *testing.T) {
	for name, got := range scripts(t) {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(got), name)
		if err != nil {
			t.Fatal(err)
		}
		var formatted strings.Builder
		if err := syntax.NewPrinter(syntax.Indent(2), syntax.SwitchCaseIndent(true)).Print(&formatted, file); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(formatted.String(), got); diff != "" {
			t.Errorf("%s (-shfmt +script):\n%s", name, diff)
		}
	}
}

// Text in the account's names must never run, however it is quoted.
func TestHostileNamesRunNothing(t *testing.T) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(scriptOf(t, hostile(fixed))), "")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	syntax.Walk(f, func(n syntax.Node) bool {
		if d, ok := n.(*syntax.FuncDecl); ok {
			known[d.Name.Value] = true
		}
		return true
	})
	for _, c := range strings.Fields("set export while trap exit local shift printf cat return rm sleep command aws mktemp date break continue read case true wait sed umask :") {
		known[c] = true
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		// This runs a function of the script that its caller names.
		if d, ok := n.(*syntax.FuncDecl); ok && d.Name.Value == "verify" {
			return false
		}
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 && !known[c.Args[0].Lit()] && !reads(c.Args[0]) {
			t.Errorf("line %d runs %q", c.Pos().Line(), c.Args[0].Lit())
		}
		return true
	})
}

// reads reports whether a word is the name of a function that reads a list: "read_$list".
func reads(w *syntax.Word) bool {
	q, ok := w.Parts[0].(*syntax.DblQuoted)
	if !ok || len(w.Parts) != 1 || len(q.Parts) != 2 {
		return false
	}
	l, ok := q.Parts[0].(*syntax.Lit)
	return ok && l.Value == "read_"
}

func TestShellcheck(t *testing.T) {
	t.Parallel()
	args := []string{"--shell=bash", "--severity=style"}
	dir := t.TempDir()
	for name, got := range scripts(t) {
		for _, line := range strings.Split(got, "\n") {
			if text := strings.TrimLeft(line, " #"); strings.HasPrefix(text, "shellcheck ") && strings.HasPrefix(strings.TrimSpace(line), "#") && line != "# shellcheck disable=SC2034" {
				t.Errorf("%s: %s", name, line)
			}
		}
		file := filepath.Join(dir, name+".sh")
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(tool(t, "shellcheck"), args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// bash 3.2 is what macOS has. Of arrays, the script has only its parameters, because bash 3.2 refuses the expansion of an empty
// array as that of a variable that is not set.
func TestOldBash(t *testing.T) {
	for name, got := range scripts(t) {
		f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(got), name)
		if err != nil {
			t.Fatal(err)
		}
		arrays := parameterArrays(f)
		syntax.Walk(f, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				if n.Exp != nil && (n.Exp.Op == syntax.UpperFirst || n.Exp.Op == syntax.UpperAll || n.Exp.Op == syntax.LowerFirst ||
					n.Exp.Op == syntax.LowerAll || n.Exp.Op == syntax.OtherParamOps) {
					t.Errorf("%s:%d: an expansion of newer versions", name, n.Pos().Line())
				}
				if length, is := arrays[n.Param.Value]; is && n.Index != nil {
					index, _ := n.Index.(*syntax.Word)
					if i, err := strconv.Atoi(index.Lit()); index.Lit() != "@" && (err != nil || i < 0 || i >= length) {
						t.Errorf("%s:%d: element %q of %d", name, n.Pos().Line(), index.Lit(), length)
					}
				} else if is || n.Index != nil && n.Param.Value != "BASH_SOURCE" && n.Param.Value != "BASH_REMATCH" && !inNewCLI(n) {
					t.Errorf("%s:%d: %s is not a parameter, or not all of it", name, n.Pos().Line(), n.Param.Value)
				}
			case *syntax.CallExpr:
				if len(n.Args) > 0 {
					switch word := n.Args[0].Lit(); word {
					case "mapfile", "readarray", "coproc":
						t.Errorf("%s:%d: %s", name, n.Pos().Line(), word)
					case "wait": // for one process; wait -n is newer
						if len(n.Args) != 2 || n.Args[1].Lit() != "" {
							t.Errorf("%s:%d: %s", name, n.Pos().Line(), word)
						}
					}
				}
			case *syntax.DeclClause:
				for _, a := range n.Args {
					// export -n is not newer: it only ends the export of a variable.
					if a.Naked && a.Value != nil && n.Variant.Value != "export" && (a.Value.Lit() == "-A" || a.Value.Lit() == "-n" || a.Value.Lit() == "-g") {
						t.Errorf("%s:%d: %s %s", name, n.Pos().Line(), n.Variant.Value, a.Value.Lit())
					}
				}
			case *syntax.Redirect:
				if n.Op == syntax.AppAll {
					t.Errorf("%s:%d: &>>", name, n.Pos().Line())
				}
			case *syntax.SglQuoted:
				if v := strings.ReplaceAll(n.Value, `\\`, ""); n.Dollar && (strings.Contains(v, `\u`) || strings.Contains(v, `\U`)) {
					t.Errorf("%s:%d: \\u in $'…'", name, n.Pos().Line())
				}
			case *syntax.ArrayExpr:
				if len(n.Elems) == 0 || !slices.ContainsFunc(f.Stmts, func(s *syntax.Stmt) bool { return s.Pos().Line() == n.Pos().Line() }) {
					t.Errorf("%s:%d: an array that is empty, or not a parameter", name, n.Pos().Line())
				}
			}
			return true
		})
	}
}

// parameterArrays returns the arrays that a script assigns outside of its functions, with their lengths.
func parameterArrays(f *syntax.File) map[string]int {
	out := map[string]int{}
	for _, s := range f.Stmts {
		if c, ok := s.Cmd.(*syntax.CallExpr); ok {
			for _, a := range c.Assigns {
				if a.Array != nil {
					out[a.Name.Value] = len(a.Array.Elems)
				}
			}
		}
	}
	return out
}

// inNewCLI reports whether this is an array of new_cli, which has three elements: the parts of a version.
func inNewCLI(n *syntax.ParamExp) bool { return n.Param.Value == "has" || n.Param.Value == "needs" }

func TestUnsuitablePlans(t *testing.T) {
	for name, spoil := range map[string]func(*plan.Plan){
		"account": func(p *plan.Plan) { p.Account = "" },
		"Region":  func(p *plan.Plan) { p.Region = "" },
		"NUL":     func(p *plan.Plan) { p.Changes[2].Spec = resource.SecurityGroup{VPC: "vpc-1", Name: "a\x00b"} },
		"would read": func(p *plan.Plan) {
			p.Changes[2].Spec = resource.SecurityGroup{VPC: "vpc-1", Name: "file:///etc/passwd"}
		},
		"is empty": func(p *plan.Plan) { p.Changes[4].Spec = resource.GatewayEndpoint{VPC: "vpc-1", Service: "x"} },
		"secret": func(p *plan.Plan) {
			p.Changes[3].Spec = resource.GroupRule{Group: resource.Value{Input: "password"}, CIDR: "10.0.0.0/8"}
		},
	} {
		p := fresh(fixed)
		spoil(p)
		if out, err := Bash(p, Meta{}); err == nil || out != "" || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKebab(t *testing.T) {
	for in, want := range map[string]string{"CreateVpcEndpoint": "create-vpc-endpoint", "VpcId": "vpc-id", "IpPermissions": "ip-permissions", "ClientToken": "client-token",
		"PrivateDnsEnabled": "private-dns-enabled", "DescribeVPCs": "describe-vp-cs", "ID": "id", "AddSubnetIds": "add-subnet-ids", "Ipv6CIDRBlock": "ipv6-cidr-block"} {
		if got := kebab(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestVariablesAreDistinct(t *testing.T) {
	p := fresh(fixed)
	p.Changes = nil
	for _, id := range []resource.ID{"endpoint/ecr.api", "endpoint/ecr-api", "endpoint/ECR/api", "日本", "名"} {
		p.Changes = append(p.Changes, resource.Change{ID: id, Op: resource.Keep, Existing: "vpce-1", Spec: resource.InterfaceEndpoint{VPC: "vpc-1"}})
	}
	seen := map[string]bool{}
	for _, line := range strings.Split(scriptOf(t, p), "\n") {
		if v, ok := strings.CutSuffix(line, "=$unknown"); ok && strings.HasPrefix(v, "id_") {
			if seen[v] {
				t.Errorf("%s twice", v)
			}
			seen[v] = true
		}
	}
	if len(seen) != len(p.Changes) {
		t.Errorf("%v", seen)
	}
}
