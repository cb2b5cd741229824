package export

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var stackMeta = Meta{Version: "1.0.0", Answers: "answers.yaml", Name: "net", File: "net.yml"}

func stackOf(t testing.TB, p *plan.Plan) []File {
	t.Helper()
	files, err := cloudFormation(p, stackMeta)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCloudFormationGolden(t *testing.T) {
	for plan, names := range map[string][]string{"fresh": {"fresh.yaml", ""}, "mixed": {"mixed.yaml", "mixed-import.yaml", "mixed-import.json", ""}} {
		files := stackOf(t, plans[plan](fixed))
		if len(files) != len(names) {
			t.Fatalf("%s: %d files", plan, len(files))
		}
		for i, name := range names {
			if name == "" { // the script
				if !files[i].Run || files[i].Name != "net-finish.sh" {
					t.Errorf("%s: %q", plan, files[i].Name)
				}
				continue
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, []byte(files[i].Text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), files[i].Text); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

// A later export recognizes each file of an earlier one, and the same plan gives the same files.
func TestCloudFormationFiles(t *testing.T) {
	for name, make := range plans {
		files, again := stackOf(t, make(fixed)), stackOf(t, make(fixed))
		if d := cmp.Diff(files, again, cmpopts.IgnoreFields(File{}, "Creates")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for _, f := range files {
			if f.Start == "" || !strings.HasPrefix(f.Text, f.Start) {
				t.Errorf("%s: %s begins with another text", name, f.Name)
			}
		}
	}
}

// The YAML of a template is the same as the values that it was made from, whatever texts the plan contains.
func TestCloudFormationIsYAML(t *testing.T) {
	for name, make := range plans {
		s := newStack(make(fixed), stackMeta)
		text, err := s.template()
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.resources()
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseBytes([]byte(text), 0)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		got := decoded(file.Docs[0].Body).(map[string]any)["Resources"]
		if d := cmp.Diff(inMaps(want), got); d != "" {
			t.Errorf("%s (-values +YAML) %s", name, d)
		}
		for i, line := range strings.Split(text, "\n") {
			if strings.TrimRight(line, " ") != line {
				t.Errorf("%s:%d ends with a space", name, i+1)
			}
		}
	}
}

// inMaps returns a value as decoded returns it.
func inMaps(v any) any {
	switch v := v.(type) {
	case mapping:
		out := map[string]any{}
		for _, m := range v {
			out[m.key] = inMaps(m.value)
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, inMaps(e))
		}
		return out
	case short:
		return map[string]any{v.tag: inMaps(v.value)}
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// decoded returns a node of YAML.
func decoded(n ast.Node) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		for _, v := range n.Values {
			out[textOf(v.Key)] = decoded(v.Value)
		}
		return out
	case *ast.MappingValueNode:
		return map[string]any{textOf(n.Key): decoded(n.Value)}
	case *ast.SequenceNode:
		out := []any{}
		for _, v := range n.Values {
			out = append(out, decoded(v))
		}
		return out
	case *ast.TagNode:
		return map[string]any{n.Start.Value: decoded(n.Value)}
	}
	return textOf(n)
}

// textOf returns a scalar as a program reads it.
func textOf(n ast.Node) string {
	if l, ok := n.(*ast.LiteralNode); ok {
		return l.Value.Value
	}
	return fmt.Sprint(n.(ast.ScalarNode).GetValue())
}

// Texts keep their form in YAML.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{"", "yes", "No", "a: b", "a #b", "a:", "-", "- a", "1.5", "0x1", "~", "{{resolve:ssm:/a}}", "2012-10-17", "!Ref a", "a\nb", nasty, shouted, "\u0080\ufeff", "arn:aws:s3:::a", "null", "com.amazonaws.eu-west-1.s3", " a", "a ", "/a/b", "a:b: c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var y yamlText
		y.object("", mapping{{key: "a", value: s}})
		var got map[string]any
		if err := yaml.Unmarshal([]byte(y.String()), &got); err != nil || got["a"] != s {
			t.Errorf("%q is %q: %q %v", s, y.String(), got["a"], err)
		}
	})
}

// A resource that needs what only the script creates is made by the script too, and so is what comes after it.
func TestCloudFormationLeavesOut(t *testing.T) {
	p := fresh(fixed)
	p.Changes = append(p.Changes,
		resource.Change{ID: "secret/registry", Op: resource.Create, Summary: "Create a secret", Spec: resource.Secret{Name: "registry", Value: resource.Value{Input: resource.RegistryInput}, Username: "team"}},
		resource.Change{ID: "task-definition/web", Op: resource.Create, Summary: "Register web", Spec: resource.TaskDefinition{Family: "web", Image: "web:1", CPU: "256", Memory: "512",
			Role: resource.Lit("arn:aws:iam::123456789012:role/web"), Credentials: resource.From("secret/registry"), LogGroup: "/web", Region: region}},
		resource.Change{ID: "ecs-service/web", Op: resource.Create, Summary: "Create service web", Spec: resource.ECSService{Cluster: "web", Name: "web", TaskDefinition: resource.From("task-definition/web"), Count: 1, Subnets: resource.Refs(fixed.subnets)}},
		resource.Change{ID: "private-dns/logs", Op: resource.Modify, Summary: "Turn on private DNS", Spec: resource.EndpointDNS{VPC: fixed.vpc, Endpoint: resource.Lit("vpce-1")}})
	s := newStack(p, stackMeta)
	for id, want := range map[resource.ID]string{"secret/registry": "password", "task-definition/web": "It uses secret/registry", "ecs-service/web": "It uses task-definition/web", "private-dns/logs": "does not own"} {
		if !strings.Contains(s.why[id], want) || s.has(id) {
			t.Errorf("%s: %q", id, s.why[id])
		}
	}
	if first := scriptFirst(s.plan, s.has); !slices.Equal(first, nil) {
		t.Errorf("the script is first for %v", first)
	}
	p.Changes[len(p.Changes)-5].After = []resource.ID{"vpc-attribute/dns-hostnames"}
	s = newStack(p, stackMeta)
	if first := scriptFirst(s.plan, s.has); !slices.Equal(first, []resource.ID{"vpc-attribute/dns-hostnames"}) {
		t.Errorf("the script is first for %v", first)
	}
}

// Ids of the account and the Region in a policy are references, and variables of policies stay.
func TestCloudFormationPolicy(t *testing.T) {
	s := newStack(fresh(fixed), stackMeta)
	got, err := s.document(resource.Document{resource.Lit(`{"a":"123456789012","b":"${aws:username}","c":["arn:aws:s3:::${aws:username}-eu-central-1",1.50,true,null],"d":"`), resource.From("endpoint/s3"), resource.Lit(`","e":"x`), resource.From("endpoint/s3"), resource.Lit(`"}`)})
	want := mapping{{key: "a", value: short{"!Ref", "AWS::AccountId"}}, {key: "b", value: "${aws:username}"},
		{key: "c", value: []any{short{"!Sub", "arn:aws:s3:::${!aws:username}-${AWS::Region}"}, 1.5, true, nil}}, {key: "d", value: short{"!Ref", "EndpointS3"}}, {key: "e", value: short{"!Sub", "x${EndpointS3}"}}}
	if err != nil || fmt.Sprint(got) != strings.Replace(fmt.Sprint(want), "1.5 ", "1.50 ", 1) {
		t.Errorf("%v\n%v %v", want, got, err)
	}
	if _, err := s.document(resource.Document{resource.Lit(`{"a":`)}); err == nil {
		t.Error("half a document")
	}
}

func TestStackName(t *testing.T) {
	for in, want := range map[string]string{"net": "net", "my net.v2": "my-net-v2", "2net": "wizard-2net", "": "wizard", ".": "wizard", "日本": "wizard"} {
		if got := StackName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
