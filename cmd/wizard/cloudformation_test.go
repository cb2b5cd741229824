package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// templated is a case of the matrix as CloudFormation.
type templated struct {
	exported
	files []export.File
}

// stacks has the templates of all cases. They are made once for all tests.
var stacks struct {
	sync.Once
	cases []templated
}

func templates(t *testing.T) []templated {
	t.Helper()
	matrix := exportMatrix(t)
	stacks.Do(func() {
		format, ok := export.FormatNamed("cloudformation")
		if !ok {
			t.Fatal("the format is not registered")
		}
		for _, c := range matrix {
			if c.code != 0 {
				continue
			}
			files, err := format.Write(c.plan, export.Meta{Version: "1.0.0", Answers: "answers.yaml", Name: "net", File: "net.yaml"})
			if err != nil {
				t.Errorf("%s: %v", c, err)
				continue
			}
			stacks.cases = append(stacks.cases, templated{c, files})
		}
	})
	return stacks.cases
}

// TestCloudFormationHasEveryChange counts the changes of each plan of the matrix: each one that creates or modifies something is
// in the template, or it is listed with the reason and the script applies it.
func TestCloudFormationHasEveryChange(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for _, c := range templates(t) {
		template, script := c.files[0].Text, c.files[len(c.files)-1].Text
		head, _, _ := strings.Cut(template, "AWSTemplateFormatVersion")
		_, left, _ := strings.Cut(head, "Not expressible here")
		left, _, _ = strings.Cut(left, "\n#\n")
		resources := resourcesOf(t, c)
		for _, a := range c.plan.Changes {
			_, here := resources[a.ID]
			listed := strings.Contains(left, "- "+string(a.ID)+":")
			switch a.Op {
			case resource.Create, resource.Modify:
				if here == listed {
					t.Errorf("%s: %s: in the template %v, listed %v", c, a.ID, here, listed)
				}
				if here {
					count["in a template"]++
				} else {
					count["by a script"]++
				}
			default:
				if here || listed {
					t.Errorf("%s: %s is not for CloudFormation", c, a.ID)
				}
			}
			if !strings.Contains(script, string(a.ID)) {
				t.Errorf("%s: the script does not have %s", c, a.ID)
			}
		}
	}
	t.Logf("changes: %v", count)
}

// TestCloudFormationHasEveryProperty compares each property of each change in the templates of the matrix with the plan.
func TestCloudFormationHasEveryProperty(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, c := range templates(t) {
		for id, r := range resourcesOf(t, c) {
			a := *c.plan.Change(id)
			var properties map[string]any
			asJSON(t, resource.Properties(a.Spec), &properties)
			for name, want := range properties {
				key := a.Spec.Kind() + " " + name
				if reason, ok := without[key]; ok {
					if !strings.Contains(r.without, reason) {
						t.Errorf("%s: the metadata of %s does not say that it lacks %s", c, id, name)
					}
					continue
				}
				compared++
				if ref, ok := want.(map[string]any); ok && ref["ref"] != nil {
					if kept := c.plan.Change(resource.ID(ref["ref"].(string))); kept.Op == resource.Keep {
						want = kept.Existing
					}
				}
				if got := r.at(a.Spec.Kind(), name, spelled[key]); !slices.ContainsFunc(got, func(got any) bool { return means(got, want) }) {
					t.Errorf("%s: %s: %s is %v in the plan, and %v in %v", c, id, name, want, got, r.properties)
				}
			}
		}
	}
	if compared < 9000 {
		t.Errorf("only %d properties", compared)
	}
	t.Logf("%d properties", compared)
}

// spelled are the names in CloudFormation of properties of the plan that have another name there. Self is the resource itself, and Type
// its type.
var spelled = map[string][]string{
	"flow-log resource_ids":                   {"ResourceId"},
	"instance security_group_ids":             {"GroupSet"},
	"instance-profile role_name":              {"Roles"},
	"job-definition family":                   {"JobDefinitionName"},
	"job-definition memory":                   {"Value"},
	"job-definition vcpu":                     {"Value"},
	"private-dns vpc_endpoint_id":             {"Self"},
	"record alias_target":                     {"DNSName"},
	"role trusts":                             {"Service"},
	"role-policy policy_arn":                  {"ManagedPolicyArns"},
	"security-group description":              {"GroupDescription"},
	"security-group-rule cidr_ipv4":           {"CidrIp"},
	"security-group-rule is_egress":           {"Type"},
	"security-group-rule referenced_group_id": {"SourceSecurityGroupId", "DestinationSecurityGroupId"},
	"target-group matcher":                    {"HttpCode"},
	"targets addresses":                       {"Id"},
	"targets target_group_arn":                {"Self"},
	"task-definition log_group":               {"awslogs-group"},
	"vpc-attribute vpc_id":                    {"Self"},
}

// without are properties that CloudFormation does not have, with what the metadata says.
var without = map[string]string{"listener tags": "no tags", "instance-profile tags": "no tags"}

// means reports whether a value of a template is that of the plan. A list can be one value, a list of tags is a map, and CloudFormation
// converts texts.
func means(got, want any) bool {
	if text, ok := want.(string); ok && strings.HasPrefix(text, "{") {
		var document any
		return json.Unmarshal([]byte(text), &document) == nil && reflect.DeepEqual(got, document)
	}
	if tags, ok := want.(map[string]any); ok && tags["ref"] == nil {
		if list, ok := got.([]any); ok {
			m := map[string]any{}
			for _, tag := range list {
				if tag, ok := tag.(map[string]any); ok {
					m[fmt.Sprint(tag["Key"])] = tag["Value"]
				}
			}
			got = m
		}
	}
	if list, ok := got.([]any); ok && len(list) == 1 {
		got = list[0]
	}
	if list, ok := want.([]any); ok && len(list) == 1 {
		want = list[0]
	}
	if text, ok := want.(string); ok && strings.HasPrefix(text, "resolve:") {
		want = "{{" + text + "}}"
	}
	return fmt.Sprint(got) == fmt.Sprint(want)
}

func asJSON(t *testing.T, v, out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// stackResource is a resource of a template with the values of its references: a parameter has its default, and a resource is
// {"ref": CHANGE}.
type stackResource struct {
	kind, without string
	properties    any
	self          any
}

// phases are the values of a property after private DNS is on, and before.
type phases struct{ on, off any }

// at returns the values of all properties with a name of the plan or one of the other names, for a kind of change. They are also a list.
func (r stackResource) at(kind, name string, names []string) []any {
	var out []any
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, e := range v {
				if len(names) == 0 && resource.Snake(k) == name || slices.Contains(names, k) {
					if both, ok := e.(phases); ok && kind == "private-dns" {
						e = both.on
					} else if ok {
						e = both.off
					}
					out = append(out, e)
				}
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	switch {
	case slices.Contains(names, "Self"):
		return []any{r.self}
	case slices.Contains(names, "Type"):
		return []any{strings.HasSuffix(r.kind, "Egress")}
	}
	walk(r.properties)
	return append(out, slices.Clone(out))
}

// stack is a template while it is read.
type stack struct {
	c        templated
	defaults map[string]any
	created  map[string]any // {"ref": CHANGE} of each logical id
	bad      []string
}

// resourcesOf returns the resource of each change of a template.
func resourcesOf(t *testing.T, c templated) map[resource.ID]stackResource {
	t.Helper()
	file, err := parser.ParseBytes([]byte(c.files[0].Text), 0)
	if err != nil || len(file.Docs) != 1 {
		t.Fatalf("%s: %v", c, err)
	}
	s := stack{c: c, defaults: map[string]any{}, created: map[string]any{}}
	plain, _ := s.value(file.Docs[0].Body, true).(map[string]any)
	parameters, _ := plain["Parameters"].(map[string]any)
	for name, p := range parameters {
		p := p.(map[string]any)
		s.defaults[name] = p["Default"]
		if kind := p["Type"].(string); kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
			var list []any
			for _, one := range strings.Split(p["Default"].(string), ",") {
				list = append(list, one)
			}
			s.defaults[name] = list
		}
	}
	changes := func(r any) []any {
		metadata, _ := r.(map[string]any)["Metadata"].(map[string]any)
		list, _ := metadata["Changes"].([]any)
		return list
	}
	for name, r := range plain["Resources"].(map[string]any) {
		if list := changes(r); len(list) > 0 {
			s.created[name] = map[string]any{"ref": list[0]}
		}
	}
	whole := s.value(file.Docs[0].Body, false).(map[string]any)
	out := map[resource.ID]stackResource{}
	for name, r := range whole["Resources"].(map[string]any) {
		r := r.(map[string]any)
		one := stackResource{kind: r["Type"].(string), properties: r["Properties"], self: s.created[name]}
		if metadata, ok := r["Metadata"].(map[string]any); ok {
			one.without, _ = metadata["Note"].(string)
		}
		for _, id := range changes(r) {
			out[resource.ID(id.(string))] = one
		}
	}
	if len(s.bad) > 0 {
		t.Errorf("%s: %v", c, s.bad)
	}
	return out
}

// value returns a node of YAML; with raw, without the values of references.
func (s *stack) value(n ast.Node, raw bool) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		for _, v := range n.Values {
			out[v.Key.GetToken().Value] = s.value(v.Value, raw)
		}
		return out
	case *ast.MappingValueNode:
		return map[string]any{n.Key.GetToken().Value: s.value(n.Value, raw)}
	case *ast.SequenceNode:
		out := []any{}
		for _, v := range n.Values {
			out = append(out, s.value(v, raw))
		}
		return out
	case *ast.TagNode:
		if raw {
			return s.value(n.Value, raw)
		}
		return s.function(n.Start.Value, s.value(n.Value, raw))
	case *ast.LiteralNode:
		return n.Value.Value
	case ast.ScalarNode:
		return n.GetValue()
	}
	s.bad = append(s.bad, fmt.Sprintf("%T", n))
	return nil
}

// function returns the value of a function of CloudFormation.
func (s *stack) function(name string, of any) any {
	switch name {
	case "!Ref", "!GetAtt":
		text, _, _ := strings.Cut(of.(string), ".")
		pseudo := map[string]any{"AWS::Region": s.c.plan.Region, "AWS::AccountId": s.c.plan.Account}
		for _, known := range []map[string]any{pseudo, s.defaults, s.created} {
			if v, ok := known[text]; ok {
				return v
			}
		}
	case "!Sub":
		return inText.ReplaceAllStringFunc(of.(string), func(ref string) string {
			if strings.HasPrefix(ref, "${!") {
				return "${" + ref[3:]
			}
			return fmt.Sprint(s.function("!Ref", ref[2:len(ref)-1]))
		})
	case "!If":
		return phases{of.([]any)[1], of.([]any)[2]}
	case "!Equals":
		return nil
	}
	s.bad = append(s.bad, fmt.Sprint(name, " ", of))
	return nil
}

var inText = regexp.MustCompile(`\$\{[^}]+\}`)

// TestCloudFormationKeepsPassword exports plans that need a password, which only the environment has. It is in no file and no message.
func TestCloudFormationKeepsPassword(t *testing.T) {
	t.Parallel()
	for _, c := range templates(t) {
		if len(c.plan.Inputs()) == 0 || c.scenario != "registry" {
			continue
		}
		s := c.site(t, 20000)
		s.env = append(s.env, passwordVariable+"="+lostPassword)
		args := []string{"export", "--answers", "answers.yaml", "--format", "cloudformation", "--out", "net.yaml", "--debug", "debug.log"}
		for _, rule := range c.accepted {
			args = append(args, "--accept", rule)
		}
		out, said := s.wizard(0, args...)
		for _, f := range append(slices.Clone(c.files), export.File{Name: "debug.log"}) {
			text, err := os.ReadFile(filepath.Join(s.dir, cmp.Or(f.Name, "net.yaml")))
			if err != nil {
				t.Fatal(err)
			}
			out += string(text)
		}
		if strings.Contains(out+said, lostPassword) {
			t.Errorf("%s: the password is in the export", c)
		}
		if strings.Contains(c.files[0].Text, "NoEcho") {
			t.Errorf("%s: a parameter of the template is a secret", c)
		}
	}
}
