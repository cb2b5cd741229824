// Package export prints the calls of a plan as a bash script for the AWS CLI. The script finds
// resources before it creates them, waits and verifies as run does. The package does not know the
// kinds of changes; package resource does.
package export

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
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

// Meta is the origin of the script.
type Meta struct {
	Version string // of the program
	Answers string // name of the answers file, if any
	Note    string // further information on the origin
}

// Bash returns the plan as a script for bash 3.2 or newer and version 1 or 2 of the AWS CLI. The
// same plan gives the same bytes.
func Bash(p *plan.Plan, meta Meta) (string, error) {
	for _, needed := range []struct{ what, value string }{{"account", p.Account}, {"Region", p.Region}, {"VPC", p.VPC}} {
		if needed.value == "" {
			return "", fmt.Errorf("cannot export: the plan has no %s", needed.what)
		}
	}
	s := &script{plan: p, variables: map[resource.ID]string{}, finding: map[part]*sought{}, awaited: map[resource.ID]bool{}}
	s.print = printer{variable: s.variable, token: word{{variable: "token"}}, texts: map[string]string{}}
	s.name()
	s.header(meta)
	s.findWaiters()
	s.findFinders()
	if err := s.start(); err != nil {
		return "", err
	}
	if err := s.compare(); err != nil {
		return "", err
	}
	s.readyToSave()
	for i, a := range p.Changes {
		if err := s.row(i, a); err != nil {
			return "", fmt.Errorf("%s: %w", a.ID, err)
		}
	}
	s.dryRunEnd()
	if len(s.waiters) > 0 {
		s.heading("Wait until everything is ready")
		s.wait(p.Changes)
	}
	if err := s.proof(); err != nil {
		return "", err
	}
	if err := s.end(); err != nil {
		return "", err
	}
	return s.b.String(), nil
}

type script struct {
	b         strings.Builder
	plan      *plan.Plan
	print     printer
	variables map[resource.ID]string
	waiters   []*waiter
	finders   []*finder
	finding   map[part]*sought
	awaited   map[resource.ID]bool // changes with a wait that was printed
}

func (s *script) line(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

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

func (s *script) start() error {
	p := s.plan
	s.line("set -euo pipefail")
	s.line("")
	s.line("account=%s", quote(p.Account))
	s.line("region=%s", quote(p.Region))
	s.line("dry_run=no")
	s.b.WriteString(`
# The script reads the answers, so the CLI must not use a pager or prompts.
export AWS_PAGER='' AWS_CLI_AUTO_PROMPT=off

unknown='not-created-yet'       # id of anything that does not exist yet
doing=''                        # current step, for the final message
row=''                          # current change
made=''                         # completed changes
errors=''                       # temporary file for the AWS CLI's stderr
drafted=''                      # temporary file with the first part of the next call
answered=''                     # temporary file with the answer to a call that changes something
reply=''                        # AWS's answer to the last call
problem=''                      # AWS's error message
duplicate=''                    # AWS's message that a resource already exists
warned=''                       # the last warning shown
surveyed=no                     # whether the last call about several changes was made
id=''                           # id of the resource that was found or created
never=''                        # states that are final failures
pending=''                      # endpoints that are not ready
broken=''                       # endpoints that will never be ready
trying=''                       # call that is in progress
sending=no                      # whether a call that changes something is in flight
signal=''                       # name of the signal that ends the script
cost=''                         # what the current change adds to the monthly bill
costs=''                        # what was created and costs money
back=''                         # step that reverts what must not remain
input=''                        # input of the next call
once=no                         # whether the next call must not be made again by the AWS CLI
created=no                      # whether the last call of this script created $id
other=''                        # resource of another run that is kept instead
unchanged=''                    # changes with a value that AWS holds already
retry_on=''                     # text in an error after which the next call is retried
undo=no                         # whether something exists that must not remain
verdicts=''                     # results of the verification, one per line
refused=0                       # changes that a dry run found not allowed
untried=0                       # changes that a dry run cannot try
failed=0                        # claims that do not hold
value=''                        # what AWS shows for a claim
unproven=0                      # claims that are not verified

`)
	s.b.WriteString(functions)
	if slices.ContainsFunc(p.Changes, func(a resource.Change) bool { return a.Steps().Save != nil }) {
		s.b.WriteString(vpn)
	}
	clis := s.clis()
	if len(clis) > 0 {
		s.b.WriteString(newCLI)
	}
	if slices.ContainsFunc(p.Claims, func(c resource.Claim) bool {
		check, _ := c.Check(p.Change(c.Change))
		return len(check.Traffic) > 0
	}) {
		s.b.WriteString(acl)
	}
	s.inputs()
	if err := s.waits(); err != nil {
		return err
	}
	s.b.WriteString(`
while [[ $# -gt 0 ]]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      say "$0: unknown argument $1"
      say 'Supported: --dry-run, --help.'
      exit 2
      ;;
  esac
  shift
done

if ! command -v aws >/dev/null 2>&1; then
  say 'The AWS CLI was not found: the command aws must be on the PATH.'
  exit 1
fi

trap finish EXIT
trap 'signaled SIGINT' INT
trap 'signaled SIGTERM' TERM
trap 'signaled SIGHUP' HUP
errors=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
drafted=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
answered=$(mktemp "${TMPDIR:-/tmp}/privatelink-wizard.XXXXXX")
`)
	if s.made() != nil {
		s.line("openssl_there")
	}
	for _, c := range clis {
		s.line("new_cli %s %s %s", c.Version1, c.Version2, quote(c.What))
	}
	if slices.ContainsFunc(p.Changes, tokens) {
		s.line(`run="$(date +%%s)-$$-$RANDOM" # makes the tokens below unique to this run`)
	}
	s.b.WriteString(`
# --- Check the account ---

doing='reading the account of the credentials from AWS'
ask sts get-caller-identity --query Account
if [[ $reply != "$account" ]]; then
  stop 2 "These credentials belong to account $reply, but this script is for account $account."
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

// parts prints a change that consists of parts, and its manual steps.
func (s *script) parts(a resource.Change, steps resource.Steps) error {
	v := s.variables[a.ID]
	var back []resource.Part // what reverts the next parts
	for n, p := range steps.Parts {
		begins := n == 0 || steps.Parts[n-1].Always && !p.Always
		if begins {
			back = resource.Reverting(steps.Parts[n:])
			if err := s.takeBack(a, back); err != nil {
				return err
			}
		}
		if p.Always {
			if begins || !steps.Parts[n-1].Always {
				s.line("\nundo=no\ntake_back")
			}
			continue
		}
		s.line("\nsay %s", quote("  "+shown(p.Label)))
		if p.Find == nil && len(p.Do) == 0 { // only waits
			if err := s.await("", a, *p.Until); err != nil {
				return err
			}
			continue
		}
		switch find := s.recall(part{a.ID, n}); {
		case p.Find == nil:
			s.line("id=''")
		case find != "":
			s.line("%s", find)
		default:
			command, err := s.command("", looks(*p.Find), *p.Find)
			if err != nil {
				return err
			}
			s.line("%s", command)
		}
		if p.Same != nil {
			if err := s.same(a, *p.Same); err != nil {
				return err
			}
		}
		s.line("if [[ -n $id ]]; then\n  say '  already done'\nelse")
		finds := len(back) > 0 && back[0].Find != nil // it shows itself whether it has anything to revert
		if finds && len(p.Do) > 0 {
			s.line("  begun")
		}
		for _, c := range p.Do {
			if err := s.sentOrChange(a, c); err != nil {
				return err
			}
		}
		if err := s.first(a, p.Steps); err != nil {
			return err
		}
		if p.Until != nil {
			if len(p.Do) > 0 {
				s.line("  %s=$id", v)
				if len(back) > 0 && !finds {
					s.line("  begun")
				}
				if p.Until.Earliest > 0 {
					s.line("  pause %d", p.Until.Earliest)
				}
			}
			if err := s.await("  ", a, *p.Until); err != nil {
				return err
			}
		}
		s.line("fi")
		if steps.Out == "" && p.Find != nil {
			s.line("%s=$id", v)
		}
	}
	if steps.Out != "" { // otherwise the output of the last part
		s.line("%s=%s", v, quote(steps.Out))
	}
	if a.Op == resource.Keep {
		s.line("id=$%s\nsame", v)
	}
	for _, text := range steps.Left {
		s.line("say %s", quote("  manual step: "+shown(text)))
	}
	return nil
}

// same prints the comparison of a value with one that AWS holds.
func (s *script) same(a resource.Change, same resource.Same) error {
	command, err := s.command("  ", "if holds", same.Call)
	if err != nil {
		return err
	}
	s.line("if [[ -z $id && $dry_run == no ]]; then\n  need_%s", noName().ReplaceAllString(same.Is.Input, "_"))
	s.line("%s; then\n    id=%s\n    unchanged=\"$unchanged $row\"\n  fi\nfi", command, quote(same.ID))
	return nil
}

// sentOrChange prints a call that changes something. If the account shows whether the call was made before, the
// script looks there first.
func (s *script) sentOrChange(a resource.Change, c resource.Call) error {
	if c.Sent == nil {
		return s.change(a, c)
	}
	command, err := s.command("  ", "look", *c.Sent)
	if err != nil {
		return err
	}
	s.line("%s\n  if [[ -n $id ]]; then\n    say '  an earlier run began this'\n  else", command)
	if err := s.change(a, c); err != nil {
		return err
	}
	s.line("  fi")
	return nil
}

// first prints the comparison of what the script created with what other runs created at the same time. It reverts its
// own if all runs keep another one.
func (s *script) first(a resource.Change, steps resource.Steps) error {
	if steps.First == nil {
		return nil
	}
	s.line("  %s=$id", s.variables[a.ID])
	command, err := s.command("  ", "compare", *steps.First)
	if err != nil {
		return err
	}
	s.line("%s\n  if [[ -n $other ]]; then", command)
	for _, undo := range steps.Undo {
		if command, err = s.command("    ", "revert "+quote(strings.Join(undo.Done, " ")), undo); err != nil {
			return err
		}
		s.line("%s", command)
	}
	s.line("  fi")
	return nil
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

// takeBack prints the parts that revert the parts before them as a function of the script.
func (s *script) takeBack(a resource.Change, parts []resource.Part) error {
	if len(parts) == 0 {
		return nil
	}
	s.line("\nback=%s\ntake_back() {", quote(shown(parts[0].Label)))
	for _, p := range parts {
		s.line("  say %s", quote("  "+shown(p.Label)))
		if p.Find != nil {
			command, err := s.command("  ", looks(*p.Find), *p.Find)
			if err != nil {
				return err
			}
			s.line("%s\n  if [[ -z $id ]]; then", command)
		}
		for _, c := range p.Do {
			if err := s.change(a, c); err != nil {
				return err
			}
		}
		if p.Find != nil {
			s.line("  fi")
		}
	}
	s.line("}")
	return nil
}

// longTexts assigns long values of a change's calls to variables, each of them once.
func (s *script) longTexts(steps resource.Steps) {
	for _, c := range changing(steps) {
		for _, field := range slices.Sorted(maps.Keys(c.In)) {
			v, _ := c.In[field].(map[string]any)
			text, long := longText(v)
			if !long || s.print.texts[text] != "" {
				continue
			}
			name := fmt.Sprintf("text_%d", len(s.print.texts)+1)
			s.print.texts[text] = name
			s.b.WriteString(comment("# ", fmt.Sprintf("Value of --%s for aws %s %s below:", kebab(field), c.Service, kebab(c.Op))))
			// The text ends without a NUL, which read reports as an error.
			s.line("IFS= read -r -d '' %s <<'TEXT' || true\n%sTEXT", name, text)
		}
	}
}

// change prints a call that changes something.
func (s *script) change(a resource.Change, c resource.Call) error {
	dry := "no"
	if c.DryRun() {
		dry = "yes"
	}
	retried := false
	if c.RetryOn != "" {
		created, modified := s.plan.Follows(a)
		retried = created || modified
	}
	if retried {
		s.line("  retry_on=%s", quote(c.RetryOn))
	}
	piped, err := s.piped(c)
	if err != nil {
		return err
	}
	command, err := s.command("  ", fmt.Sprintf("change %s %s", quote(strings.Join(c.Done, " ")), dry), c)
	if err == nil {
		s.line("%s", command)
	}
	if piped {
		s.line("  input=''")
	}
	if retried {
		s.line("  retry_on=''")
	}
	return err
}

// piped prints the input of a call: the first part of the request, or a secret. It reports
// whether the call has an input.
func (s *script) piped(c resource.Call) (bool, error) {
	if c.Base != nil {
		command, err := s.command("  ", "draft", *c.Base)
		if err == nil {
			s.line("%s", command)
		}
		return false, err
	}
	s.make(c)
	for _, v := range c.In {
		if v, ok := v.(resource.Value); ok && v.Input != "" {
			s.line("  need_%s", noName().ReplaceAllString(v.Input, "_"))
			return true, nil
		}
	}
	return false, nil
}

// inputs prints the functions that ask for the inputs of the script.
func (s *script) inputs() {
	inputs := s.plan.Inputs()
	if len(inputs) == 0 {
		return
	}
	if slices.ContainsFunc(inputs, func(in resource.Input) bool { return in.File == "" }) {
		s.b.WriteString(credentials)
	}
	for _, in := range inputs {
		s.line("")
		if in.Made != "" {
			s.line("%s_file=%s # created when it is needed", noName().ReplaceAllString(in.Name, "_"), quote(in.File))
			continue
		}
		if in.File != "" {
			s.line("%s_file=%s # its current path", noName().ReplaceAllString(in.Name, "_"), quote(in.File))
			continue
		}
		s.b.WriteString(comment("# ", fmt.Sprintf("need_%s: sets $input to the credentials of %s for the registry.", in.Name, in.Username)))
		s.line("need_%s() {\n  credentials %s %s\n}", noName().ReplaceAllString(in.Name, "_"), quote(in.Username), quote(shown(in.Ask)))
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

// readyToSave prints the checks of the folder for the plan's files.
func (s *script) readyToSave() {
	for _, a := range s.plan.Changes {
		steps := a.Steps()
		if steps.Save == nil {
			continue
		}
		s.line("\n# --- Check the folder ---\n")
		s.line("doing=%s", quote("checking the folder for "+steps.Save.Name))
		kept := "no"
		if client := s.plan.Change(steps.Save.Client); client != nil && client.Op == resource.Keep && !steps.Save.Given {
			kept = "yes"
		}
		words := []string{quote(steps.Save.Name), quote(steps.Save.Keys), kept}
		for _, text := range []string{steps.Save.Other, steps.Save.Lost} {
			words = append(words, quote(shown(text)))
		}
		s.line("%s\n%s", s.recall(part{change: a.ID}), layout("", "vpn_ready", words))
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

// await prints the wait for one resource.
func (s *script) await(indent string, a resource.Change, u resource.Until) error {
	id := quote(u.ID)
	if u.ID == "" {
		id = `"$` + s.variables[a.ID] + `"`
	}
	soft := "no"
	if u.Soft {
		soft = "yes"
	}
	ask := u.Call
	if u.What != "" { // a second pair for each id, after those of the states
		ask.Out = slices.Concat([]resource.Value{resource.Lit("[")}, ask.Out, []resource.Value{resource.Lit(", " + u.What + "][]")})
	}
	command, err := s.command(indent, fmt.Sprintf("await %s %s %s %s %d %d %s %s", quote(string(a.ID)), id, quote(u.Want), quote(strings.Join(u.Fail, " ")), u.Limit, u.Every, soft, quote(u.Help)), ask)
	if err == nil {
		s.line("%s", command)
	}
	return err
}

func (s *script) row(i int, a resource.Change) error {
	steps := a.Steps()
	v := s.variables[a.ID]
	s.waitBefore(a)
	s.heading(string(a.ID))
	s.b.WriteString(comment("# ", sentence(a.Summary)))
	if a.Why != "" {
		s.b.WriteString(comment("# ", "Why: "+a.Why))
	}
	if len(a.Rules) > 0 {
		s.b.WriteString(comment("# ", "Rules: "+strings.Join(a.Rules, ", ")))
	}
	s.longTexts(steps)
	cost := ""
	if m, known := s.plan.Monthly(a); a.Billed() {
		cost = fmt.Sprintf(" %.2f", m)
		if !known {
			cost = " unknown"
		}
	}
	s.line("begin %s %s%s", quote(string(a.ID)), quote(shown(a.Summary)), cost)
	if tokens(a) {
		s.line("token=\"wizard-$run-%d\"", i+1)
	}

	switch {
	case steps.Verify != nil:
		return s.gate(i, a, steps)
	case steps.InParts():
		return s.parts(a, steps)
	}

	find := s.recall(part{change: a.ID})
	if find != "" {
		s.line("%s", find)
	}
	s.line("if [[ -n $id ]]; then\n  same")
	s.line("else")
	if len(steps.Do) == 0 {
		s.line("  deleted %s", quote(shown(kept(a))))
	}
	if find != "" && len(steps.Do) > 0 {
		s.line("  search_again() { %s; }", find)
	}
	for _, c := range steps.Do {
		if err := s.sentOrChange(a, c); err != nil {
			return err
		}
	}
	if find != "" && len(steps.Do) > 0 {
		s.line("  search_again() { return 0; }\n  if [[ -z $id ]]; then # AWS reports that it exists\n    same\n  fi")
	}
	if err := s.first(a, steps); err != nil {
		return err
	}
	s.line("fi")
	s.line("%s=$id", v)
	return nil
}

// looks returns the function for a call that finds something.
func looks(c resource.Call) string {
	if len(c.Absent) > 0 {
		return "seek " + quote(strings.Join(c.Absent, " "))
	}
	return "look"
}

func kept(a resource.Change) string {
	if a.Existing != "" {
		return a.Existing
	}
	return string(a.ID)
}

func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// tokens reports whether a change's calls need an idempotency token.
func tokens(a resource.Change) bool {
	steps := a.Steps()
	for _, p := range append(steps.Parts, resource.Part{Steps: steps}) {
		if p.Find != nil && p.Find.NeedsToken() {
			return true
		}
		if slices.ContainsFunc(p.Do, func(c resource.Call) bool { return c.NeedsToken() || c.Sent != nil && c.Sent.NeedsToken() }) {
			return true
		}
	}
	return false
}

// changing returns the calls of a change and its parts that change something.
func changing(s resource.Steps) []resource.Call {
	out := slices.Clone(s.Do)
	for _, p := range s.Parts {
		out = append(out, p.Do...)
	}
	return out
}

// command prints a call with its expression as arguments of one of the script's functions.
func (s *script) command(indent, function string, c resource.Call) (string, error) {
	words, err := s.print.words(c)
	if err != nil {
		return "", err
	}
	if len(c.Out) > 0 {
		words = append(words, "--query "+s.print.expression(c.Out).quote())
	}
	return layout(indent, function, words), nil
}

func (s *script) dryRunEnd() {
	s.b.WriteString(`
# A dry run ends here: nothing was changed, so there is nothing to wait for or verify.
if [[ $dry_run == yes ]]; then
  doing=''
  if [[ $refused -gt 0 ]]; then
    stop 1 "Dry run: nothing was changed. Rejected changes: $refused"
  fi
  say "Dry run: nothing was changed, and AWS rejected no change that could be tried. Changes that cannot be tried: $untried"
  exit 0
fi
`)
}

func (s *script) end() error {
	s.heading("Result")
	for _, a := range s.plan.Changes {
		s.line("result %s \"$%s\"", quote(string(a.ID)), s.variables[a.ID])
	}
	s.b.WriteString(`doing=''
if [[ $failed -gt 0 ]]; then
  stop 1 "All changes are applied, but the verification failed. Claims that do not hold: $failed"
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
	unmeasured := 0
	for _, c := range s.plan.Claims {
		if _, ok := c.Check(s.plan.Change(c.Change)); ok {
			continue
		}
		unmeasured++
		if c.Asked {
			s.line("say %s\nexit 0", quote("Applied, but not verified as the answers ask: "+shown(c.Says)))
			return nil
		}
	}
	if unmeasured > 0 {
		s.line("unproven=$((unproven + %d))", unmeasured)
	}
	s.b.WriteString(`if [[ $unproven -gt 0 ]]; then
  say "Applied. Verified, except for checks that this script cannot do or decide: $unproven"
else
  say 'Applied and verified.'
fi
`)
	return nil
}
