// Package export writes a plan in formats that people keep. The bash script makes the calls of the plan with the AWS CLI: it finds
// resources before it creates them, waits and verifies as run does. The package does not know the kinds of changes; package
// resource does.
package export

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var _ = register(Format{Name: "bash", Title: "bash", Text: "a bash script for the AWS CLI", Extension: ".sh", Run: func(*plan.Plan) ([]string, string) { return []string{"bash {out} --dry-run", "bash {out}"}, "" }, Finds: true,
	Needs: "AWS CLI", Existing: "yes",
	Details: "A script with the same AWS CLI commands as Apply. It waits, retries and verifies the result. It finds what exists, so that you can run it again.\n" +
		"Existing resources: the script adds to them, as Apply does.\n" +
		"Secrets: none in the file. The script asks for them.\n" +
		"To run it: bash FILE. With --dry-run it only shows its commands, --check compares the account with the plan, and --undo reverts what it created.",
	Write: func(p *plan.Plan, meta Meta) ([]File, error) {
		text, err := Bash(p, meta)
		return []File{{Text: text, Start: firstLines, Run: true}}, err
	}})

// firstLines are the same in all scripts. A later export recognizes an earlier one by them, which it may replace.
const firstLines = "#!/usr/bin/env bash\n#\n# Private endpoints: a script made by PrivateLink Wizard.\n"

// Bash returns the plan as a script for bash 3.2 or newer and version 1 or 2 of the AWS CLI. The
// same plan gives the same bytes.
func Bash(p *plan.Plan, meta Meta) (string, error) { return bash(p, meta, nil) }

// others is a tool that applies some changes of a plan. The script then applies and verifies the rest.
type others struct {
	tool  string // such as Terraform
	first string // what to do before the script is run, as a sentence
	does  map[resource.ID]bool
}

// has reports whether the tool applies a change.
func (o *others) has(id resource.ID) bool { return o != nil && o.does[id] }

func bash(p *plan.Plan, meta Meta, others *others) (string, error) {
	for _, needed := range []struct{ what, value string }{{"account", p.Account}, {"Region", p.Region}, {"VPC", p.VPC}} {
		if needed.value == "" {
			return "", fmt.Errorf("cannot export: the plan has no %s", needed.what)
		}
	}
	if others != nil {
		all := *p
		all.Claims = slices.Clone(p.Claims)
		for i, c := range all.Claims {
			if others.has(c.Change) {
				all.Claims[i] = c.Foreign(*p.Change(c.Change))
			}
		}
		p = &all
	}
	s := &script{plan: p, others: others, variables: map[resource.ID]string{}, finding: map[part]*sought{}, waits: map[resource.ID]wait{}, gone: map[resource.ID]wait{}, said: sentences{}, complete: map[resource.ID]checked{}, checks: map[int]checked{}, awaited: map[resource.ID]bool{}, refused: map[string]string{}}
	s.name()
	s.print = printer{variable: s.variable, token: word{{variable: "token"}}, texts: map[string]string{}, params: parameters(p)}
	s.findLists()

	// The parts are printed first, because the beginning of the script depends on what they use.
	var sections []string
	section := func(write func() error) error {
		err := write()
		sections = append(sections, s.b.String())
		s.b.Reset()
		return err
	}
	for _, write := range []func() error{s.readers, s.undo, s.start, s.body} {
		if err := section(write); err != nil {
			return "", err
		}
	}
	body := strings.Join(sections, "")
	used, variables := needed(body)
	s.header(meta)
	s.parameters(body + used)
	s.line("\n# The script reads the answers, so the CLI must not use a pager or prompts.\nexport AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off")
	if strings.Contains(variables, "password=") {
		s.line("# Input for the CLI is UTF-8 in every locale.\nexport PYTHONUTF8=1 AWS_CLI_FILE_ENCODING=UTF-8")
		s.b.WriteString(comment("# ", "An environment may contain variables with the names of those that contain secrets below. Bash would pass their new values to all programs."))
		s.line("export -n password input value reply")
	}
	s.line("\n%s", variables)
	if len(s.refused) > 0 {
		s.b.WriteString(comment("# ", "Expressions of the error in an answer with the status 200, if AWS did not do what was asked."))
		for _, name := range slices.Sorted(maps.Keys(s.refused)) {
			s.line("%s=%s", name, quote(s.refused[name]))
		}
		s.line("")
	}
	s.b.WriteString(used)
	s.b.WriteString(body)
	return s.b.String(), nil
}

// body prints what the script does in a run.
func (s *script) body() error {
	s.compare()
	s.readyToSave()
	if err := s.changes(); err != nil {
		return err
	}
	s.dryRunEnd()
	if err := s.proof(); err != nil {
		return err
	}
	return s.end()
}

type script struct {
	b         strings.Builder
	plan      *plan.Plan
	others    *others // nil if the script applies the whole plan
	print     printer
	variables map[resource.ID]string
	lists     []*listing
	finding   map[part]*sought
	waits     map[resource.ID]wait
	gone      map[resource.ID]wait // until what an undo deletes no longer exists
	checks    map[int]checked      // by the index of the claim
	awaited   map[resource.ID]bool
	complete  map[resource.ID]checked // shows that all parts of a change were applied before
	said      sentences               // of comments
	wrapped   map[string]string       // functions for reading calls, by the key of the call
	sequences int                     // functions for sequences of parts
	refused   map[string]string       // expressions of resource.Refused, by variable
}

func (s *script) line(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

// indented writes what a function writes with two more spaces in each line.
func (s *script) indented(write func() error) error {
	before := s.b.String()
	s.b.Reset()
	err := write()
	text := s.b.String()
	s.b.Reset()
	s.b.WriteString(before)
	for line := range strings.Lines(text) {
		if line != "\n" {
			s.b.WriteString("  ")
		}
		s.b.WriteString(line)
	}
	return err
}

var noName = pattern.New(`[^A-Za-z0-9]+`)

// variable returns the shell variable for the output of a change.
func variable(id resource.ID) string {
	return "id_" + strings.ToLower(strings.Trim(noName().ReplaceAllString(string(id), "_"), "_"))
}

// name gives each change a variable of its own.
func (s *script) name() {
	taken := map[string]bool{}
	for _, a := range s.plan.Changes {
		v := variable(a.ID)
		for n := 2; taken[v]; n++ {
			v = fmt.Sprintf("%s_%d", variable(a.ID), n)
		}
		taken[v] = true
		s.variables[a.ID] = v
	}
}

func (s *script) variable(id resource.ID) string {
	if id == resource.RunToken.From {
		return "token"
	}
	if v, ok := s.variables[id]; ok {
		return v
	}
	return variable(id) // never set: bash stops there with an error
}

// start prints the options and the checks before the first call.
func (s *script) start() error {
	s.b.WriteString(strings.Replace(`
# --- Options ---

asked=''
record_file=${BASH_SOURCE[0]:-privatelink-wizard}.created
while [[ $# -gt 0 ]]; do
  case $1 in
    --dry-run | --check | --undo) asked="$asked $1" ;;
    --json) json=yes ;;
    --log | --record)
      if [[ $# -lt 2 ]]; then
        say "$1 needs a file."
        exit 2
      fi
      if [[ $1 == --log ]]; then
        log_file=$2
      else
        record_file=$2
      fi
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "$0: unknown argument $1"
      say 'Supported: --dry-run, --check, --undo, --json, --log FILE, --record FILE, --help.'
      exit 2
      ;;
  esac
  shift
done
case $asked in
  '') ;;
  ' --dry-run') mode='dry run' ;;
  ' --check') mode=check ;;
  ' --undo') mode=undo ;;
  ' --undo --dry-run' | ' --dry-run --undo') mode='undo dry run' ;;
  *)
    say "These options cannot be combined:$asked"
    exit 2
    ;;
esac

if ! command -v aws >/dev/null 2>&1; then
  say 'The AWS CLI was not found: the command aws must be on the PATH.'
  exit 1
fi

umask 077 # only this user can read the files of the script
if [[ -n $log_file ]] && ! : >>"$log_file"; then
  log_file=''
  stop 2 'The file of --log cannot be written. Nothing was changed.'
fi
if [[ $mode == apply || $mode == undo* ]] && ! records=$(: >>"$record_file" && printf '%s' "$(<"$record_file")"); then
  stop 2 "$record_file cannot be written. The script records there what it creates, for --undo. Use --record FILE. Nothing was changed."
fi
plan="$account $region %PLAN%"
if [[ -n $records && ${records%%$'\n'*} != "plan"$'\t'"$plan"$'\t' ]]; then
  stop 2 "$record_file belongs to a script of another plan. Use --record FILE. Nothing was changed."
elif [[ $mode == apply && -z $records ]]; then
  records=plan$'\t'$plan$'\t'
  printf '%s\n' "$records" >"$record_file"
fi
trap '' PIPE # if nobody reads the messages any more, the script goes on
trap finish EXIT
trap 'signaled SIGINT' INT
trap 'signaled SIGTERM' TERM
trap 'signaled SIGHUP' HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
answered=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
`, "%PLAN%", s.plan.VPC+" "+string(s.plan.Workload), 1))
	if s.made() != nil {
		s.line("if [[ $mode == apply || $mode == 'dry run' ]]; then\n  openssl_there\nfi")
	}
	for _, c := range s.clis() {
		s.line("new_cli %s %s %s", c.Version1, c.Version2, quote(c.What))
	}
	if slices.ContainsFunc(s.plan.Changes, tokens) {
		s.line(`run="$(date +%%s)-$$-$RANDOM" # makes the tokens below unique to this run`)
	}
	s.b.WriteString(`
# --- Check the account ---

doing='reading the account of the credentials from AWS'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
fi
if [[ $mode == undo* ]]; then
  undo_changes
  exit 0
fi
`)
	return nil
}

// clis returns which recent AWS CLIs the changes need.
func (s *script) clis() []resource.CLI {
	var out []resource.CLI
	for _, a := range s.plan.Changes {
		if c := a.CLI(); c != nil && !slices.Contains(out, *c) {
			out = append(out, *c)
		}
	}
	return out
}

// heading begins a section of the script.
func (s *script) heading(text string) {
	s.line("")
	s.b.WriteString(wrap("# --- ", "# ", text+" ---"))
}

// inputs prints the files of the inputs.
func (s *script) inputs() {
	var files, comments []string
	longest := 0
	for _, in := range s.plan.Inputs() {
		if in.File == "" {
			continue
		}
		comment := "its current path"
		if in.Made != "" {
			comment = "created when it is needed"
		}
		file := noName().ReplaceAllString(in.Name, "_") + "_file=" + quote(in.File)
		files, comments, longest = append(files, file), append(comments, comment), max(longest, utf8.RuneCountInString(file))
	}
	for i, file := range files {
		s.line("%s%*s # %s", file, longest-utf8.RuneCountInString(file), "", comments[i])
	}
}

// made returns the first input that the script creates, or nil.
func (s *script) made() *resource.Input {
	for _, in := range s.plan.Inputs() {
		if in.Made != "" {
			return &in
		}
	}
	return nil
}

// make prints the creation of an input that does not exist yet.
func (s *script) make(c resource.Call) {
	if in := s.made(); in != nil && blob(c) {
		s.line("  make_vpn %s %s", quote(path.Dir(in.File)), quote(in.Made))
	}
}

// blob reports whether a call sends a file.
func blob(c resource.Call) bool {
	for _, v := range c.In {
		if _, ok := v.(resource.Blob); ok {
			return true
		}
	}
	return false
}

// readyToSave prints the checks of the folder for the plan's files.
func (s *script) readyToSave() {
	for _, a := range s.plan.Changes {
		steps := a.Steps()
		if steps.Save == nil {
			continue
		}
		s.line("\n# --- Check the folder ---\n")
		s.line("doing=%s", quote("checking the folder for "+steps.Save.Name))
		client := `"$unknown"`
		if c := s.plan.Change(steps.Save.Client); c != nil && !steps.Save.Given {
			client = `"$` + s.variables[c.ID] + `"`
		}
		words := []string{quote(steps.Save.Name), quote(steps.Save.Keys), client}
		for _, text := range []string{steps.Save.Other, steps.Save.Lost} {
			words = append(words, quote(shown(text)))
		}
		s.line("%s\n%s", s.seen(part{change: a.ID}), layout("", "vpn_ready", words))
	}
}

// save prints the writing of a file and its messages.
func (s *script) save(a resource.Change) error {
	save := a.Steps().Save
	if save == nil {
		return nil
	}
	s.line("doing=%s", quote("writing "+save.Name))
	serial := "''"
	if !save.Given {
		command, err := s.command("", "ask", save.Serial)
		if err != nil {
			return err
		}
		serial = `"$serial"`
		s.line("%s\nserial=$reply", command)
	}
	command, err := s.command("", "ask", save.Call)
	if err != nil {
		return err
	}
	words := []string{quote(save.Name), quote(save.Label), quote(save.Keys), `"$` + s.variables[a.ID] + `"`, serial}
	for _, text := range []string{save.Kept, save.WithKey, save.WithoutKey, save.Other, save.Lost, save.Unfinished, save.Earlier} {
		words = append(words, quote(shown(text)))
	}
	s.line("%s\n%s\nsay %s\ndoing=''", command, layout("", "save_vpn", words), quote(shown(save.Then)))
	return nil
}

func (s *script) dryRunEnd() {
	s.b.WriteString(`
# A dry run ends here: nothing was changed, so there is nothing to wait for or verify.
if [[ $mode == 'dry run' ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Rejected changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS rejected no change that could be tried. Changes that cannot be tried: $untried"
  exit 0
fi
if [[ $mode == check && $differences -gt 0 ]]; then
  doing=''
  stop 4 "The account differs from the plan. Changes that a run would make, or that need a new plan: $differences"
fi
`)
}

func (s *script) end() error {
	s.heading("Result")
	if v := resource.Ref(s.plan.VPC); v.From != "" {
		s.line("vpc=$%s", s.variable(v.From))
	}
	s.b.WriteString(`doing=''
if [[ $mode == check ]]; then
  if [[ $failed -gt 0 ]]; then
    stop 4 "Every resource of the plan exists, but the verification failed. Failed checks: $failed"
  fi
  say "In sync. Resources that exist: $existing. Checks: $verified verified, $unproven not verified."
  exit 0
fi
if [[ $json == no ]]; then
  print_results
fi
say "Created: $new, changed: $changed, existing: $existing. Checks: $verified verified, $failed failed, $unproven not verified. Time: $SECONDS seconds."
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Failed checks: $failed"
fi
`)
	for _, a := range s.plan.Changes {
		tell := a.Steps().Tell
		if tell == nil {
			continue
		}
		command, err := s.command("", "ask", *tell)
		if err != nil {
			return err
		}
		s.line("%s\nsay \"$reply\"", command)
	}
	for _, a := range s.plan.Changes {
		if err := s.save(a); err != nil {
			return err
		}
	}
	if len(s.plan.Claims) == 0 {
		s.line("say 'Applied. The plan has nothing to verify.'")
		return nil
	}
	for i, c := range s.plan.Claims {
		if _, ok := s.checks[i]; !ok && c.Asked {
			s.line("say %s\nexit 0", quote("Applied, but not verified as the answers ask: "+shown(c.Says)))
			return nil
		}
	}
	s.b.WriteString(`if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
`)
	return nil
}
