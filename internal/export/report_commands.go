package export

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// commandWidth is the width of the lines of a command.
const commandWidth = 78

// hostScript is a script that commands run on container instances.
type hostScript struct {
	document   string // of Systems Manager
	text       string
	parameters map[string]any // further ones
	on         []string       // instances
	name       string         // of its file, without an extension
}

// extension returns the extension of the file of a script, and the language of its block.
func (s hostScript) extension() (extension, language string) {
	if strings.Contains(s.document, "PowerShell") {
		return ".ps1", "powershell"
	}
	return ".sh", "sh"
}

// hostScriptOf returns the script that a call runs on instances; false for another call.
func hostScriptOf(c resource.Call) (hostScript, bool) {
	parameters, _ := c.In["Parameters"].(map[string]any)
	lines, _ := parameters["commands"].([]any)
	if len(lines) == 0 {
		return hostScript{}, false
	}
	out := hostScript{parameters: maps.Clone(parameters)}
	delete(out.parameters, "commands")
	out.document, _ = c.In["DocumentName"].(string)
	for _, line := range lines {
		s, _ := line.(string)
		out.text += s + "\n"
	}
	out.on, _ = literals(c.In["InstanceIds"])
	return out, true
}

// commandList are the commands of a report.
type commandList struct {
	blocks  strings.Builder
	inputs  map[string]bool // what commands read from the standard input
	drafts  bool
	scripts []*hostScript
	without []string // the changes without a command
}

// commands lists the commands of the AWS CLI of all changes in one block, which can be copied.
func (r *report) commands() error {
	l := commandList{inputs: map[string]bool{}}
	for _, a := range r.plan.Changes {
		if a.Op == resource.Keep {
			continue
		}
		shown, err := r.commandsOf(a, &l)
		if err != nil {
			return err
		}
		if len(shown) == 0 {
			l.without = append(l.without, r.plan.Subject(a))
			continue
		}
		if l.blocks.Len() > 0 {
			l.blocks.WriteString("\n")
		}
		for _, line := range words.Lines(clean(a.Summary), commandWidth-2, commandWidth-2) {
			l.blocks.WriteString("# " + line + "\n")
		}
		l.blocks.WriteString(strings.Join(shown, "\n") + "\n")
	}
	var blocks []node
	if all := strings.TrimSuffix(l.blocks.String(), "\n"); all != "" {
		blocks = append(blocks, paragraph{text("The wizard and an exported script run these commands, wait until each resource is ready, and try again where AWS asks for it.")})
		if explained := r.explained(all, &l); len(explained.items) > 0 {
			blocks = append(blocks, explained)
		}
		blocks = append(blocks, codeBlock{"sh", all})
	}
	for _, s := range l.scripts {
		extension, language := s.extension()
		more := ""
		for _, k := range slices.Sorted(maps.Keys(s.parameters)) {
			if list, ok := literals(s.parameters[k]); ok {
				more += ", " + k + ": [\"" + strings.Join(list, "\", \"") + "\"]"
			}
		}
		blocks = append(blocks, paragraph{prose{{s.name + extension, literal}, {" runs on " + words.And(s.on) + ". This command writes the parameters: ", plainText},
			{fmt.Sprintf("jq -Rn '{commands: [inputs]%s}' %s > %s.json", more, s.name+extension, s.name), literal}, {".", plainText}}}, codeBlock{language, s.text})
	}
	if len(l.without) > 0 {
		blocks = append(blocks, paragraph{text("Without a command: %s.", words.And(l.without))})
	}
	r.add("commands", "Commands", blocks...)
	return nil
}

// commandsOf returns the commands of a change in lines, each once. A long script is a file that all commands with it share.
func (r *report) commandsOf(a resource.Change, l *commandList) ([]string, error) {
	var out []string
	for _, c := range changing(a.Steps()) {
		for _, v := range c.In {
			if v, ok := v.(resource.Value); ok && v.Input != "" {
				l.inputs[v.Input] = true
			}
		}
		l.drafts = l.drafts || c.Base != nil
		file := ""
		if one, ok := hostScriptOf(c); ok {
			file = l.file(one)
			c.In = maps.Clone(c.In)
			delete(c.In, "Parameters")
		}
		all, err := commands(r.plan, []resource.Call{c})
		if err != nil {
			return nil, err
		}
		for _, args := range all {
			if file != "" {
				args = slices.Insert(args, len(args)-2, "--parameters", "file://"+file+".json")
			}
			if said := folded(args); !slices.Contains(out, said) {
				out = append(out, said)
			}
		}
	}
	return out, nil
}

// file returns the name of a script, and adds its instances to those of an earlier one that is the same.
func (l *commandList) file(s hostScript) string {
	for _, one := range l.scripts {
		if one.document == s.document && one.text == s.text {
			for _, id := range s.on {
				if !slices.Contains(one.on, id) {
					one.on = append(one.on, id)
				}
			}
			return one.name
		}
	}
	s.name = fmt.Sprintf("script-%d", len(l.scripts)+1)
	l.scripts = append(l.scripts, &s)
	return s.name
}

// shellVariable matches a variable in a command.
var shellVariable = pattern.New(`\$\{?([a-z][a-z0-9_]*)`)

// explained says what the variables and the files in commands are.
func (r *report) explained(commands string, l *commandList) points {
	used := map[string]bool{}
	for _, m := range shellVariable().FindAllStringSubmatch(commands, -1) {
		used[m[1]] = true
	}
	token := variable(resource.RunToken.From)
	var out points
	add := func(name, what string, more ...span) {
		out.items = append(out.items, item{prose: append(prose{{name, literal}, {" " + what, plainText}}, more...)})
	}
	for _, a := range r.plan.Changes {
		if name := variable(a.ID); used[name] && name != token {
			add("$"+name, "is the id or the ARN of "+r.plan.Subject(a)+", from the output of its command. The other variables of this form are the same for other changes.")
			break
		}
	}
	if used[token] {
		add("$"+token, "is a text that identifies this run, such as its date and time.")
	}
	for _, in := range r.plan.Inputs() {
		name := noName().ReplaceAllString(in.Name, "_") + "_file"
		switch {
		case used[name] && in.Made != "":
			add("$"+name, "is the path of "+filepath.Base(in.File)+", one of the files that the run creates for the certificates of "+in.Made+".")
		case used[name]:
			add("$"+name, "is the path of "+filepath.Base(in.File)+".")
		case l.inputs[in.Name]:
			add("file:///dev/stdin", "is the standard input. Pipe in the credentials as JSON, with the password in place of the dots: ", span{fmt.Sprintf(`{"username": %s, "password": "…"}`, ascii(in.Username)), literal}, span{".", plainText})
		}
	}
	if l.drafts {
		add(draftedFile, "is written by the command before: the present settings with the change.")
	}
	return out
}

// folded returns a command in lines that break before options.
func folded(args []string) string {
	var b strings.Builder
	line := ""
	for len(args) > 0 {
		n := 1 // an option has its values on the same line
		for n < len(args) && !strings.HasPrefix(args[n], "--") {
			n++
		}
		group := strings.Join(args[:n], " ")
		args = args[n:]
		switch {
		case line == "":
			line = group
		case len(line)+1+len(group)+2 <= commandWidth:
			line += " " + group
		default:
			b.WriteString(line + " \\\n")
			line = "  " + group
		}
	}
	return b.String() + line
}
