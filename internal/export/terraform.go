package export

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var _ = register(Format{Name: "terraform", Title: "Terraform", Text: "Terraform code in a folder", Write: Terraform, Folder: true,
	Needs: "Terraform 1.11 or newer", Existing: "yes",
	Details: "A folder with a root module that creates what the plan creates, a page that explains it, and a script that applies what Terraform cannot express and verifies the result.\n" +
		"Existing resources: Terraform reads them. It adds to some, such as the attributes of a VPC, and the script adds to the others.\n" +
		"Secrets: none in the files or in the state. Terraform asks for them and writes them with write-only arguments, and the script asks for those that it sends.\n" +
		"To run it: terraform init, terraform apply, then the script. README.md in the folder has the commands for this plan. The script needs bash and the AWS CLI.",
	Run: func(p *plan.Plan) ([]string, string) {
		const script, more = "bash {script}", "This plan has further steps. README.md lists all of them."
		apply := []string{"terraform -chdir={out} init", "terraform -chdir={out} apply"}
		switch t := newModule(p); {
		case len(t.first()) > 0:
			return []string{script}, more
		case t.phases():
			return apply, more
		}
		return append(apply, script), ""
	}})

// The first line of each file. A later export recognizes an earlier one by it.
const (
	firstTerraform = "# Private endpoints: Terraform code made by PrivateLink Wizard.\n"
	firstReadme    = "# Private endpoints, as Terraform code\n"
)

// finishScript is the name of the script in the folder.
const finishScript = "finish.sh"

// Terraform returns the plan as the files of a Terraform root module. The same plan gives the same bytes.
func Terraform(p *plan.Plan, meta Meta) ([]File, error) {
	if p.Account == "" || p.Region == "" || p.VPC == "" {
		return nil, fmt.Errorf("cannot export: the plan has no account, no Region or no VPC")
	}
	t := newModule(p)
	t.findVariables()
	main, err := t.main()
	if err != nil {
		return nil, err
	}
	variables, err := t.variables(main)
	if err != nil {
		return nil, err
	}
	outputs, err := t.outputs()
	if err != nil {
		return nil, err
	}
	versions, err := t.versions()
	if err != nil {
		return nil, err
	}
	readme, err := t.readme(meta)
	if err != nil {
		return nil, err
	}
	first := "Run terraform apply in the folder of this script first."
	if t.phases() {
		first = "Run terraform apply in the folder of this script first, then with private_dns = true as README.md says."
	}
	finish, err := bash(p, meta, &others{"Terraform", first, t.declared})
	if err != nil {
		return nil, err
	}
	files := []File{{Name: "main.tf", Text: t.head(meta) + main, Creates: tfResources}, {Name: "variables.tf", Text: variables}, {Name: "outputs.tf", Text: outputs}, {Name: "versions.tf", Text: versions}}
	for i, f := range files {
		files[i].Text, files[i].Start = firstTerraform+"\n"+f.Text, firstTerraform
	}
	return append(files, File{Name: "README.md", Text: readme, Start: firstReadme}, File{Name: finishScript, Text: finish, Start: firstLines, Run: true}), nil
}

// newModule returns the resources of a plan with their names.
func newModule(p *plan.Plan) *terraform {
	t := &terraform{plan: p, declarations: declare(p, resource.Change.Terraform), addresses: map[string]*tfBlock{}, said: sentences{}}
	t.name()
	return t
}

// first returns the changes of the script that must be applied before Terraform runs.
func (t *terraform) first() []resource.ID {
	return scriptFirst(t.plan, func(id resource.ID) bool { return t.declared[id] })
}

var tfResource = pattern.New(`(?m)^resource "(\w+)" "(\w+)"`)

// tfResources returns the addresses of the resources in a file.
func tfResources(text string) []string {
	var out []string
	for _, m := range tfResource().FindAllStringSubmatch(text, -1) {
		out = append(out, m[1]+"."+m[2])
	}
	return out
}

type terraform struct {
	plan *plan.Plan
	declarations
	blocks    []*tfBlock          // in the order of the plan
	addresses map[string]*tfBlock // by key
	lists     []param             // literals that several resources have, as variables
	tags      map[string]string   // of all new resources
	said      sentences
}

// tfBlock is a resource or a data source with its name.
type tfBlock struct {
	resource.Block
	change *resource.Change
	also   []*resource.Change // that the same resource declares
	name   string
}

// address is how expressions refer to the block.
func (b *tfBlock) address() string {
	if b.Data {
		return "data." + b.Type + "." + b.name
	}
	return b.Type + "." + b.name
}

// output is the expression of the output of a change that the block declares.
func (b *tfBlock) output() string {
	attribute := b.Output
	if attribute == "" {
		attribute = "id"
	}
	if b.Later {
		return "one(" + b.address() + "[*]." + attribute + ")"
	}
	return b.address() + "." + attribute
}

var notInName = pattern.New(`[^a-z0-9]+`)

// name gives each resource a name of its own. Resources with the same key are one.
func (t *terraform) name() {
	taken := map[string]bool{}
	for i := range t.plan.Changes {
		a := &t.plan.Changes[i]
		for _, b := range t.of[a.ID].Blocks {
			if known := t.addresses[b.Key]; known != nil {
				known.Fields = joined(known.Fields, b.Fields)
				known.Conditions = append(known.Conditions, b.Conditions...)
				known.also = append(known.also, a)
				continue
			}
			all := []*tfBlock{{Block: b, change: a}}
			if len(b.Each) > 0 {
				all = nil
				for n, v := range b.Each {
					one := b
					one.Each, one.Fields = nil, each(b.Fields, v)
					if len(b.Each) > 1 {
						one.Part = fmt.Sprintf("%s %d", b.Part, n+1)
					}
					all = append(all, &tfBlock{Block: one, change: a})
				}
			}
			for _, one := range all {
				kind, id, found := strings.Cut(string(a.ID), "/")
				if !found {
					id = string(a.ID)
				}
				base := strings.Trim(notInName().ReplaceAllString(strings.ToLower(cmp.Or(one.Name, id+one.Part)), "_"), "_")
				switch {
				case base == "":
					base = strings.ReplaceAll(kind, "-", "_") // no letter of the name is allowed here
				case base[0] >= '0' && base[0] <= '9':
					base = "_" + base
				}
				one.name = base
				for n := 2; taken[one.address()]; n++ {
					one.name = fmt.Sprintf("%s_%d", base, n)
				}
				taken[one.address()] = true
				t.blocks = append(t.blocks, one)
				if t.addresses[one.Key] == nil {
					t.addresses[one.Key] = one
				}
			}
		}
	}
}

// each returns attributes with one of the values that they are for.
func each(fields []resource.Attribute, v resource.Value) []resource.Attribute {
	out := slices.Clone(fields)
	for i, f := range out {
		if _, ok := f.Value.(resource.EachValue); ok {
			out[i].Value = v
		}
	}
	return out
}

// findVariables finds what the user may want to set in one place: the VPC, lists of ids that several resources have, and common tags.
func (t *terraform) findVariables() {
	if resource.Ref(t.plan.VPC).From == "" {
		t.lists = append(t.lists, param{name: "vpc_id", ids: []string{t.plan.VPC}})
	}
	count := map[string]int{}
	for _, b := range t.blocks {
		for _, f := range b.Fields {
			if tags, ok := f.Value.(map[string]string); ok && f.Name == "tags" && len(tags) > 0 {
				if t.tags == nil {
					t.tags = maps.Clone(tags)
				}
				maps.DeleteFunc(t.tags, func(k, v string) bool { return tags[k] != v })
			}
			ids := texts(f.Value)
			if f.Name == "" || len(ids) == 0 || !strings.HasSuffix(f.Name, "_ids") && f.Name != "subnets" {
				continue
			}
			key := strings.Join(ids, " ")
			if count[key]++; count[key] != 2 {
				continue
			}
			base := strings.TrimSuffix(strings.TrimSuffix(f.Name, "_ids"), "s") + "_ids"
			name := base
			for n := 2; slices.ContainsFunc(t.lists, func(p param) bool { return p.name == name }); n++ {
				name = fmt.Sprintf("%s_%d", base, n)
			}
			t.lists = append(t.lists, param{name: name, ids: ids, list: true})
		}
	}
}

// texts returns the texts of a list that contains nothing else.
func texts(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case []resource.Value:
		var out []string
		for _, one := range v {
			if one.Lit == "" {
				return nil
			}
			out = append(out, one.Lit)
		}
		return out
	}
	return nil
}

// head is the comment at the top of main.tf.
func (t *terraform) head(meta Meta) string {
	w := &script{plan: t.plan}
	w.origin(meta)
	b := &w.b
	b.WriteString("#\n")
	b.WriteString(comment("# ", "README.md says how to apply and verify it. What is kept is only read (data), so that terraform destroy never deletes it."))
	if missing := t.left(); len(missing) > 0 {
		b.WriteString("#\n# Not expressible here; " + finishScript + " applies it:\n")
		for _, a := range missing {
			b.WriteString(wrap("#   - ", "#     ", string(a.ID)+": "+a.Summary+". "+t.why[a.ID]))
		}
	}
	return b.String()
}

// main returns the resources.
func (t *terraform) main() (string, error) {
	f := hclwrite.NewEmptyFile()
	body := f.Body()
	kept := false
	for _, reading := range []bool{false, true} { // what exists comes last
		var last *resource.Change
		for _, b := range t.blocks {
			if (b.change.Op == resource.Keep) != reading {
				continue
			}
			body.AppendNewline()
			if reading && !kept {
				kept = true
				t.comment(body, "--- Existing resources that the plan keeps ---")
				body.AppendNewline()
			}
			if b.change != last {
				last = b.change
				t.reasons(body, last)
				for _, other := range b.also {
					t.reasons(body, other)
				}
			}
			if err := t.block(body, b); err != nil {
				return "", fmt.Errorf("%s: %w", last.ID, err)
			}
		}
	}
	return string(f.Bytes()), nil
}

// reasons writes what a change is for as a comment.
func (t *terraform) reasons(body *hclwrite.Body, a *resource.Change) {
	t.comment(body, string(a.ID)+": "+sentence(a.Summary))
	if a.Op == resource.Keep {
		return
	}
	if why := t.said.new(a.Why); why != "" {
		t.comment(body, "Why: "+why)
	}
	if len(a.Rules) > 0 {
		t.comment(body, "Rules: "+strings.Join(a.Rules, ", "))
	}
}

func (t *terraform) comment(body *hclwrite.Body, text string) {
	for line := range strings.Lines(comment("# ", text)) {
		body.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte(line)}})
	}
}

// block appends a resource.
func (t *terraform) block(to *hclwrite.Body, b *tfBlock) error {
	if b.Existing != "" {
		t.comment(to, "Terraform manages only what is written below, and never deletes it.")
		in := to.AppendNewBlock("import", nil).Body()
		in.SetAttributeTraversal("to", hcl.Traversal{hcl.TraverseRoot{Name: b.Type}, hcl.TraverseAttr{Name: b.name}})
		if err := t.set(in, "id", t.expression(resource.Lit(b.Existing))); err != nil {
			return err
		}
		to.AppendNewline()
	}
	kind := "resource"
	if b.Data {
		kind = "data"
	}
	body := to.AppendNewBlock(kind, []string{b.Type, b.name}).Body()
	if b.Later {
		if err := t.set(body, "count", "var.private_dns ? 1 : 0"); err != nil {
			return err
		}
		body.AppendNewline()
	}
	for _, f := range b.Fields {
		if nested, ok := f.Value.(resource.Nested); ok {
			body.AppendNewline()
			in := body.AppendNewBlock(f.Name, nil).Body()
			for _, n := range nested {
				if err := t.set(in, n.Name, t.inBlock(n.Value, b)); err != nil {
					return err
				}
			}
			continue
		}
		if tags, ok := f.Value.(map[string]string); ok && f.Name == "tags" {
			if len(tags) == 0 {
				continue
			}
			if len(b.Fields) > 1 {
				body.AppendNewline()
			}
			if err := t.set(body, f.Name, t.tagged(tags)); err != nil {
				return err
			}
			continue
		}
		if err := t.set(body, f.Name, t.inBlock(f.Value, b)); err != nil {
			return err
		}
	}
	if err := t.lifecycle(body, b); err != nil {
		return err
	}
	if after := t.after(b); len(after) > 0 {
		body.AppendNewline()
		return t.set(body, "depends_on", "[\n"+strings.Join(after, ",\n")+",\n]")
	}
	return nil
}

// lifecycle appends the conditions and limits of a resource.
func (t *terraform) lifecycle(body *hclwrite.Body, b *tfBlock) error {
	guarded := !b.Data && (b.Kept || b.Existing != "")
	if !guarded && len(b.Ignored) == 0 && len(b.Conditions) == 0 {
		return nil
	}
	body.AppendNewline()
	in := body.AppendNewBlock("lifecycle", nil).Body()
	if guarded {
		in.SetAttributeValue("prevent_destroy", cty.True)
	}
	if len(b.Ignored) > 0 {
		if err := t.set(in, "ignore_changes", "["+strings.Join(b.Ignored, ", ")+"]"); err != nil {
			return err
		}
	}
	kind := "precondition"
	if b.Data {
		kind = "postcondition"
	}
	for i, c := range b.Conditions {
		if i > 0 || guarded || len(b.Ignored) > 0 {
			in.AppendNewline()
		}
		one := in.AppendNewBlock(kind, nil).Body()
		if err := t.set(one, "condition", t.self(c.Is, b)); err != nil {
			return err
		}
		one.SetAttributeValue("error_message", cty.StringVal(c.Message))
	}
	return nil
}

// after returns the addresses of what must be created before a resource, and that it does not refer to.
func (t *terraform) after(b *tfBlock) []string {
	if b.Data || b.change.Op == resource.Keep {
		return nil
	}
	uses := map[string]bool{}
	references(b.Fields, func(key string, _ bool) { uses[key] = true })
	var out []string
	add := func(one *tfBlock) {
		if one != b && !one.Data && !uses[one.Key] && !slices.Contains(out, one.address()) {
			out = append(out, one.address())
		}
	}
	for _, id := range t.before(b.change) {
		for _, block := range t.of[id].Blocks {
			for _, one := range t.blocks {
				if one.Key == block.Key { // several, if there is one for each of some values
					add(one)
				}
			}
		}
	}
	// AWS rejects a change of an endpoint while another one is in progress, so what adds to the same resource runs one after the other.
	for i, one := range t.blocks {
		if one == b && i > 0 && t.blocks[i-1].change == b.change && b.change.Op == resource.Modify {
			add(t.blocks[i-1])
		}
	}
	return out
}

// self replaces SELF in an expression with the first block of the change.
func (t *terraform) self(text string, b *tfBlock) string {
	first := t.addresses[t.of[b.change.ID].Blocks[0].Key]
	return strings.ReplaceAll(text, "SELF", first.address())
}

// inBlock returns the expression of a value of a block.
func (t *terraform) inBlock(v any, b *tfBlock) string {
	if code, ok := v.(resource.Code); ok {
		return t.self(string(code), b)
	}
	return t.expression(v)
}

// tagged returns the tags of a resource: the common ones, and its own.
func (t *terraform) tagged(tags map[string]string) string {
	own := maps.Clone(tags)
	maps.DeleteFunc(own, func(k, _ string) bool { _, common := t.tags[k]; return common })
	switch {
	case len(t.tags) == 0:
		return t.expression(tags)
	case len(own) == 0:
		return "var.tags"
	}
	return "merge(var.tags, " + t.expression(own) + ")"
}

// set sets an attribute to an expression.
func (t *terraform) set(body *hclwrite.Body, name, expression string) error {
	f, diagnostics := hclwrite.ParseConfig([]byte("x = "+expression+"\n"), "", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return fmt.Errorf("%s = %s: %w", name, expression, diagnostics)
	}
	body.SetAttributeRaw(name, f.Body().GetAttribute("x").Expr().BuildTokens(nil))
	return nil
}

// expression returns a value as an expression of Terraform.
func (t *terraform) expression(v any) string {
	switch v := v.(type) {
	case string:
		return t.text(v)
	case bool, int:
		return fmt.Sprint(v)
	case resource.Value:
		switch {
		case v.From != "":
			return t.reference(v.From)
		case v.Input != "":
			return "var." + inputName(v.Input)
		}
		return t.text(v.Lit)
	case resource.Of:
		return t.addresses[v.Key].address() + "." + v.Attribute
	case []resource.Of:
		return list(v, func(o resource.Of) string { return t.expression(o) })
	case []string:
		return t.expression(resource.Literals(v))
	case []resource.Value:
		for _, p := range t.lists {
			if p.list && slices.Equal(p.ids, texts(v)) {
				return "var." + p.name
			}
		}
		return list(v, func(one resource.Value) string { return t.expression(one) })
	case map[string]string:
		return object(slices.Sorted(maps.Keys(v)), func(k string) string { return t.text(v[k]) })
	case map[string]any:
		return object(slices.Sorted(maps.Keys(v)), func(k string) string { return t.expression(v[k]) })
	case []any:
		return list(v, func(one any) string { return t.expression(one) })
	case json.Number:
		return v.String()
	case nil:
		return "null"
	case resource.JSON:
		return "jsonencode(" + t.expression(v.Data) + ")"
	case resource.Document:
		return "jsonencode(" + t.document(v) + ")"
	}
	panic(fmt.Sprintf("no expression for %T", v))
}

// document returns a JSON document as an expression. Its pieces may be parts of texts in it.
func (t *terraform) document(pieces resource.Document) string {
	whole, refs := "", map[string]resource.ID{}
	for _, v := range pieces {
		if v.From != "" {
			mark := fmt.Sprintf("\ufdd0%d\ufdd1", len(refs)) // noncharacters are in no document
			refs[mark], whole = v.From, whole+mark
			continue
		}
		whole += v.Lit
	}
	decoder := json.NewDecoder(strings.NewReader(whole))
	decoder.UseNumber()
	var data any
	if err := decoder.Decode(&data); err != nil {
		return t.text(whole) // set reports the place of the error
	}
	text := t.expression(data)
	for mark, id := range refs {
		text = strings.ReplaceAll(text, `"`+mark+`"`, t.reference(id))
		text = strings.ReplaceAll(text, mark, "${"+t.reference(id)+"}")
	}
	return text
}

// text returns a text as an expression. The VPC and the Region in the name of a service are variables.
func (t *terraform) text(s string) string {
	for _, p := range t.lists {
		if !p.list && p.ids[0] == s {
			return "var." + p.name
		}
	}
	quoted := string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes())
	if before, after, ok := strings.Cut(quoted, ".amazonaws."+t.plan.Region+"."); ok {
		return before + ".amazonaws.${var.region}." + after
	}
	return strings.Replace(quoted, "com.amazonaws."+t.plan.Region+".", "com.amazonaws.${var.region}.", 1)
}

// reference returns the output of a change.
func (t *terraform) reference(id resource.ID) string {
	var first *tfBlock
	for _, b := range t.of[id].Blocks {
		one := t.addresses[b.Key]
		if b.Output != "" {
			return one.output()
		}
		if first == nil {
			first = one
		}
	}
	if first != nil {
		return first.output()
	}
	return t.text(t.plan.Change(id).Existing)
}

// inputName is the name of the variable for an input.
func inputName(name string) string {
	return strings.Trim(notInName().ReplaceAllString(strings.ToLower(name), "_"), "_")
}

func list[T any](items []T, each func(T) string) string {
	var out []string
	for _, one := range items {
		out = append(out, each(one))
	}
	short := "[" + strings.Join(out, ", ") + "]"
	if len(short) < 80 && !strings.Contains(short, "\n") {
		return short
	}
	return "[\n" + strings.Join(out, ",\n") + ",\n]"
}

var identifier = pattern.New(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func object(keys []string, value func(string) string) string {
	var out []string
	for _, k := range keys {
		name := k
		if !identifier().MatchString(k) {
			name = string(hclwrite.TokensForValue(cty.StringVal(k)).Bytes())
		}
		out = append(out, name+" = "+value(k))
	}
	if len(out) == 1 && !strings.Contains(out[0], "\n") {
		return "{ " + out[0] + " }"
	}
	return "{\n" + strings.Join(out, "\n") + "\n}"
}

// variables returns the declarations of the variables that main uses.
func (t *terraform) variables(main string) (string, error) {
	f := hclwrite.NewEmptyFile()
	first := true
	add := func(name, description, kind, value string) (*hclwrite.Body, error) {
		if !first {
			f.Body().AppendNewline()
		}
		first = false
		body := f.Body().AppendNewBlock("variable", []string{name}).Body()
		body.SetAttributeValue("description", cty.StringVal(description))
		if err := t.set(body, "type", kind); err != nil {
			return nil, err
		}
		if value == "" {
			return body, nil
		}
		return body, t.set(body, "default", value)
	}
	literal := func(ids []string) string {
		return list(ids, func(id string) string { return string(hclwrite.TokensForValue(cty.StringVal(id)).Bytes()) })
	}
	if _, err := add("region", "Region of the VPC.", "string", `"`+t.plan.Region+`"`); err != nil {
		return "", err
	}
	for _, p := range t.lists {
		if !strings.Contains(main, "var."+p.name) {
			continue
		}
		kind, value, description := "list(string)", literal(p.ids), ""
		if !p.list {
			kind, value, description = "string", `"`+p.ids[0]+`"`, "VPC of the endpoints."
		} else {
			what := strings.ReplaceAll(strings.TrimSuffix(strings.TrimRight(p.name, "_0123456789"), "_ids"), "_", " ")
			description = strings.ToUpper(what[:1]) + what[1:] + "s that several resources use."
		}
		if _, err := add(p.name, description, kind, value); err != nil {
			return "", err
		}
	}
	if strings.Contains(main, "var.private_dns") {
		if _, err := add("private_dns", "Whether private DNS of the new endpoints is on. Apply with false, verify the endpoints, then apply with true. A later false changes nothing in AWS.", "bool", "false"); err != nil {
			return "", err
		}
	}
	if strings.Contains(main, "var.tags") {
		if _, err := add("tags", "Tags of all new resources. PrivateLink Wizard recognizes its resources by them.", "map(string)", t.expression(t.tags)); err != nil {
			return "", err
		}
	}
	for _, in := range t.plan.Inputs() {
		if !strings.Contains(main, "var."+inputName(in.Name)) {
			continue
		}
		body, err := add(inputName(in.Name), in.Ask+" Terraform writes it to Secrets Manager only, not to the plan or the state.", "string", "")
		if err != nil {
			return "", err
		}
		body.SetAttributeValue("sensitive", cty.True)
		body.SetAttributeValue("ephemeral", cty.True)
	}
	return string(f.Bytes()), nil
}

// outputs returns the outputs: what the plan creates, by type and change.
func (t *terraform) outputs() (string, error) {
	f := hclwrite.NewEmptyFile()
	var types []string
	of := map[string][]resource.ID{}
	for _, a := range t.plan.Changes {
		if a.Op != resource.Create || !t.declared[a.ID] {
			continue
		}
		kind := strings.TrimPrefix(t.of[a.ID].Blocks[0].Type, "aws_")
		if of[kind] == nil {
			types = append(types, kind)
		}
		of[kind] = append(of[kind], a.ID)
	}
	for i, kind := range types {
		if i > 0 {
			f.Body().AppendNewline()
		}
		body := f.Body().AppendNewBlock("output", []string{kind}).Body()
		body.SetAttributeValue("description", cty.StringVal("What the plan creates of this type, by change."))
		var rows []string
		for _, id := range of[kind] {
			rows = append(rows, fmt.Sprintf("%q = %s", id, t.reference(id)))
		}
		if err := t.set(body, "value", "{\n"+strings.Join(rows, "\n")+"\n}"); err != nil {
			return "", err
		}
	}
	return string(f.Bytes()), nil
}

// versions returns the requirements and the provider.
func (t *terraform) versions() (string, error) {
	f := hclwrite.NewEmptyFile()
	body := f.Body().AppendNewBlock("terraform", nil).Body()
	body.SetAttributeValue("required_version", cty.StringVal(">= 1.11"))
	body.AppendNewline()
	below := "7"
	for _, b := range t.blocks {
		if slices.ContainsFunc(b.Fields, func(f resource.Attribute) bool { return f.Name == "compute_environment_name" }) {
			below = "6"
		}
	}
	providers := body.AppendNewBlock("required_providers", nil).Body()
	providers.SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(">= 5.100, < " + below)}))
	f.Body().AppendNewline()
	t.comment(f.Body(), "The code is for this account. Terraform refuses every other one.")
	aws := f.Body().AppendNewBlock("provider", []string{"aws"}).Body()
	if err := t.set(aws, "region", "var.region"); err != nil {
		return "", err
	}
	aws.SetAttributeValue("allowed_account_ids", cty.ListVal([]cty.Value{cty.StringVal(t.plan.Account)}))
	return string(f.Bytes()), nil
}
