package export

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

//go:embed functions.sh
var functions string

//go:embed credentials.sh
var credentials string

//go:embed vpn.sh
var vpn string

//go:embed acl.sh
var acl string

//go:embed cli.sh
var newCLI string

// block is a function or a variable of the library, with its comment.
type block struct{ name, text string }

var (
	functionName = pattern.New(`(?m)^([a-z_]+)\(\) [{(]`)
	shellName    = pattern.New(`[A-Za-z_][A-Za-z0-9_]*`)
	// keyword matches what a command can follow on the same line, and commandName a name where bash then reads a command.
	keyword     = pattern.New(`\b(?:if|then|else|elif|do|while|until|trap|verify)\s+|!\s+`)
	commandName = pattern.New(`(?m)(?:^\s*'?|[;(&|{]\s*)([a-z_]+)(?:[^a-z_0-9=+[]|$)`)
)

// blocks divides a library into its functions.
func blocks(library string) []block {
	var out []block
	for _, text := range strings.Split(strings.TrimSpace(library), "\n\n") {
		if m := functionName().FindStringSubmatch(text); m != nil && !strings.HasPrefix(text, " ") {
			out = append(out, block{m[1], text})
			continue
		}
		if n := len(out) - 1; n >= 0 { // an empty line in a function
			out[n].text += "\n\n" + text
		}
	}
	return out
}

// needed returns the functions that a script uses, also indirectly, and the variables of these functions.
func needed(script string) (functionText, variableText string) {
	all := slices.Concat(blocks(functions), blocks(newCLI), blocks(acl), blocks(credentials), blocks(vpn))
	used := map[string]bool{}
	var use func(text string)
	use = func(text string) {
		for _, m := range commandName().FindAllStringSubmatch(keyword().ReplaceAllString(text, "$0\n"), -1) {
			name := m[1]
			i := slices.IndexFunc(all, func(b block) bool { return b.name == name })
			if i >= 0 && !used[name] {
				used[name] = true
				use(code(all[i].text))
			}
		}
	}
	use(code(script))
	var texts []string
	for _, b := range all {
		if used[b.name] {
			texts = append(texts, b.text)
		}
	}
	functionText = strings.Join(texts, "\n\n") + "\n"
	return functionText, variables(code(functionText) + code(script))
}

// variables returns the assignments of the library's variables that a script uses.
func variables(script string) string {
	names := map[string]bool{}
	for _, name := range shellName().FindAllString(script, -1) {
		names[name] = true
	}
	var b strings.Builder
	for line := range strings.Lines(globals) {
		if strings.HasPrefix(line, "#") {
			b.WriteString(line)
			continue
		}
		var used []string
		for _, assignment := range strings.Fields(line) {
			name, _, _ := strings.Cut(assignment, "=")
			if names[name] {
				used = append(used, assignment)
			}
		}
		if len(used) > 0 {
			b.WriteString(strings.Join(used, " ") + "\n")
		}
	}
	return b.String()
}

// code returns a text without the lines that are comments.
func code(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// globals are the variables of the library. A line without those that a script does not use is left out.
const globals = `# The options, and what a dry run has instead of an id.
mode=apply json=no log_file='' unknown='not-created-yet'
# The current change: what it does, its part, its id, the variable of the id, and the list that shows it.
doing='' row='' op='' step='' id='' variable='' look_in='' cost='' before='' created=no other='' retry_on='' password=''
# The call in progress: its input, answer and error, and its files.
input='' reply='' problem='' warned='' trying='' once=no sending=no signal='' errors='' drafted='' answered=''
# What the script read, and what it compares with it.
current='' differing='' unchanged='' value='' states='' pending='' broken='' absent=''
# The results.
results='' records='' made='' costs='' checks='' undo=no back=''
new=0 changed=0 existing=0 differences=0 refused=0 untried=0 verified=0 failed=0 unproven=0
`
