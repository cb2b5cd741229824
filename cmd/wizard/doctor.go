package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// maxMessage is the maximum length of a message in bytes. Of a longer text, such as a log, its end is read.
const maxMessage = 1 << 20

// doctorFormats are the formats of a diagnosis for people.
var doctorFormats = []string{"text", "markdown"}

func newDoctor(g *globals) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use: "doctor [FILE|-]", Short: "Explain an error message: its causes, and how to fix them",
		Long: "Reads an error message from FILE, or from standard input with -: reasons of stopped tasks, service events, logs of agents and containers, status reasons of AWS Batch, " +
			"errors of Amazon MWAA, and output of the AWS CLI, SDKs and Terraform. It says what failed, lists the causes with the evidence in the text, and names the next check. " +
			"The text is read on this computer and sent nowhere.\n\n" +
			"With --profile, --sandbox or --snapshot, it compares the causes with the account: each is confirmed, ruled out or not decided, with the facts, and a confirmed cause has a fix. " +
			"It finds the workload that the message is about; --answers names another one. Without FILE, it explains the messages that the account has: " +
			"stopped tasks, service events, agents that are not connected, jobs that wait or failed, and Amazon MWAA environments that failed.\n\n" +
			"The exit code is 0 if it found a cause, and 1 if it found none.",
		Example: "wizard doctor message.txt\nwizard doctor --snapshot snapshot.json - <message.txt\nwizard doctor --profile prod --answers-out fix.yaml",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("doctor takes one file, got %d; join them, or use - for standard input", len(args)))
			}
			return nil
		},
		Annotations:       takes("profile", "region", "sandbox", "speed", "snapshot", "debug", "audit"),
		ValidArgsFunction: anyFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(g, args); err != nil {
				return err
			}
			return g.doctor(cmd.Context(), f, args)
		},
	}
	cmd.Flags().StringVar(&f.answers, "answers", "", "compare with the workload of the answers `FILE`")
	cmd.Flags().StringVar(&f.out, "answers-out", "", "write the answers of a plan that fixes the confirmed causes to `FILE`")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().StringVar(&f.format, "format", doctorFormats[0], "write `FORMAT`: "+strings.Join(doctorFormats, " or ")+", which is for a ticket")
	completeFile(cmd, "answers", "answers-out")
	complete(cmd, "format", func() []cobra.Completion { return doctorFormats })
	return cmd
}

// doctorFlags are the flags of wizard doctor.
type doctorFlags struct {
	answers, out, format string
	json                 bool
}

// check validates the flags.
func (f doctorFlags) check(g *globals, args []string) error {
	connected := g.profile != "" || g.sandbox != "" || g.snapshot != ""
	switch {
	case !slices.Contains(doctorFormats, f.format):
		return usage(fmt.Errorf("unsupported format %q (supported: %s)", f.format, strings.Join(doctorFormats, ", ")))
	case f.json && f.format != doctorFormats[0]:
		return usage(errors.New("use either --json or --format"))
	case len(args) == 0 && !connected:
		return usage(errors.New("FILE is missing: a file with the error message, or - for standard input; with --profile, --sandbox or --snapshot, the account has the messages"))
	case g.region != "" && !connected:
		return usage(errors.New("--region is for an account: add --profile, --sandbox or --snapshot, or remove it"))
	case (g.debug != "" || g.audit != "" || g.speedSet) && !connected:
		return usage(errors.New("--speed, --debug and --audit are for an account: add --profile, --sandbox or --snapshot, or remove them"))
	case f.answers != "" && !connected:
		return usage(errors.New("--answers is compared with an account: add --profile, --sandbox or --snapshot"))
	case f.out != "" && !connected:
		return usage(errors.New("--answers-out needs an account, because a plan does: add --profile, --sandbox or --snapshot"))
	case g.isDirectory():
		return usage(fmt.Errorf("--snapshot %s is a directory; name one snapshot", g.snapshot))
	}
	return nil
}

// doctor explains a message, or those of the account.
func (g *globals) doctor(ctx context.Context, f doctorFlags, args []string) error {
	var sources []doctor.Source
	if len(args) > 0 {
		text, err := g.readMessage(args[0])
		if err != nil {
			return err
		}
		sources = []doctor.Source{{Text: text}}
	}
	out := diagnosis{Report: doctor.Explain(sources...)}
	out.FixFromText()
	if g.profile != "" || g.sandbox != "" || g.snapshot != "" {
		if f.out != "" {
			if _, err := os.Lstat(f.out); err == nil { // before the account is read
				return usage(fmt.Errorf("--answers-out: %w", &os.PathError{Op: "open", Path: f.out, Err: os.ErrExist}))
			}
		}
		given, region, err := g.doctorAnswers(f.answers)
		if err != nil {
			return err
		}
		client, err := g.open(ctx, region)
		if err != nil {
			return err
		}
		if s, ok := client.(snapshot); ok && s.inv.Masked() {
			line(g.Err, "Note: %s is masked: names and account IDs are stand-ins.", s.file)
		}
		if out, err = diagnose(ctx, client, sources, given); err != nil {
			return err
		}
	}
	err := g.showDiagnosis(out.Report, f)
	if f.out != "" { // also if nobody reads the report to its end
		err = errors.Join(err, g.writeFix(out, f.out))
	}
	if err != nil {
		return err
	}
	if len(out.Report.Causes) == 0 {
		return silentExit(exitAWS)
	}
	return nil
}

// readMessage reads the text of a message.
func (g *globals) readMessage(name string) (string, error) {
	if name == "-" && isTerminal(g.In) {
		line(g.Err, "Paste the error message. End with Ctrl-D in an empty line.")
	}
	data, cut, err := readEnd(name, g.In, maxMessage)
	if err != nil {
		return "", usage(err)
	}
	if cut {
		line(g.Err, "Note: %s is larger than %d MiB. Its end was read.", name, maxMessage>>20)
	}
	text := string(data)
	if strings.TrimSpace(text) == "" {
		return "", usage(fmt.Errorf("%s is empty; it must contain the error message", map[bool]string{true: "standard input", false: name}[name == "-"]))
	}
	return text, nil
}

// readEnd reads the end of a file, or of standard input for "-". It reports whether the file is longer.
func readEnd(name string, in io.Reader, most int) (data []byte, cut bool, err error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, false, err
		}
		defer f.Close()
		in = f
	}
	buffer := make([]byte, 32<<10)
	for {
		n, err := in.Read(buffer)
		data = append(data, buffer[:n]...)
		if len(data) > 2*most {
			data, cut = slices.Clone(data[len(data)-most:]), true
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, false, err
		}
	}
	if len(data) > most {
		data, cut = data[len(data)-most:], true
	}
	return data, cut, nil
}

// doctorAnswers reads the answers of --answers.
func (g *globals) doctorAnswers(file string) (*answers.Answers, string, error) {
	if file == "" {
		return nil, "", nil
	}
	ans, _, _, err := readAnswers(file, g.In)
	if err != nil {
		return nil, "", err
	}
	return &ans, ans.Region, nil
}

// showDiagnosis prints a report.
func (g *globals) showDiagnosis(r doctor.Report, f doctorFlags) error {
	if f.json {
		return g.json("  ").Encode(r)
	}
	if f.format == "markdown" {
		_, err := io.WriteString(g.Out, export.Diagnosis(r, thisBuild().Version))
		return err
	}
	for _, text := range doctor.Lines(r.All(false), g.columns()) {
		if _, err := fmt.Fprintln(g.Out, text); err != nil {
			return err
		}
	}
	return nil
}

// writeFix writes the answers of the plan that fixes the confirmed causes.
func (g *globals) writeFix(d diagnosis, file string) error {
	if d.answers == nil {
		line(g.Err, "%s was not written: no plan of the wizard fixes the cause.", file)
		return silentExit(exitAWS)
	}
	data, err := d.answers.YAML()
	if err != nil {
		return err
	}
	if err := writeNew(file, data, privateMode); err != nil {
		return usage(fmt.Errorf("--answers-out: %w", err))
	}
	if len(d.Others) > 0 && d.of != nil {
		line(g.Err, "%s is for %s. For another workload, use --answers.", file, d.of.Title())
	}
	if len(d.stops) > 0 {
		line(g.Err, "%s", d.stopText())
	}
	line(g.Err, "Wrote %s. Next: wizard plan --answers %s, with the same flags for the account.", file, file)
	return nil
}

// diagnosis is a report with the answers of the plan that fixes its confirmed causes.
type diagnosis struct {
	doctor.Report
	answers *answers.Answers // nil if no plan fixes them
	of      *doctor.Workload // the workload of the answers
	stops   []string         // the rules of the findings that stop this plan
}

// mostCompared is the maximum number of workloads that one call compares.
const mostCompared = 20

// diagnose compares messages with an account. Without messages, it explains those of the account. The answers name the workload; nil
// means that the messages show it.
func diagnose(ctx context.Context, client account, sources []doctor.Source, given *answers.Answers) (diagnosis, error) {
	inv := &inventory.Inventory{Region: client.Region()}
	ofAccount := len(sources) == 0
	if err := load(ctx, client, inv, doctor.Requests(ofAccount)); err != nil {
		return diagnosis{}, err
	}
	if !ofAccount {
		return compareWith(ctx, client, inv, sources, given)
	}
	out, err := ofMessages(ctx, client, inv, given)
	if s, ok := client.(snapshot); ok && err == nil && !s.inv.Has(inventory.Request{Part: inventory.PartFailures}) {
		out.Note = strings.TrimSpace(out.Note + " The reasons of stopped tasks are not in the snapshot.")
	}
	return out, err
}

// compareWith compares the messages about one workload with the account.
func compareWith(ctx context.Context, client account, inv *inventory.Inventory, sources []doctor.Source, given *answers.Answers) (diagnosis, error) {
	out := diagnosis{Report: doctor.Explain(sources...)}
	// A network that cannot be read, such as one that a snapshot lacks, decides nothing.
	_ = load(ctx, client, inv, out.Networks(inv))
	if out.Note = out.Elsewhere(inv); out.Note != "" && given == nil {
		return out, nil
	}
	ans, about, note := out.Choose(inv, given)
	out.Note, out.Workload = strings.TrimSpace(out.Note+" "+note), about
	if about == nil {
		return out, nil
	}
	ans.Region = client.Region()
	resolved, problems, err := look(ctx, client, inv, ans)
	if err != nil {
		return out, err
	}
	if len(problems) > 0 {
		out.Note = "The workload has no plan, so nothing was compared: " + problemsText(problems) + "."
		return out, nil
	}
	p := plan.Build(inv, resolved)
	out.Verify(inv, resolved, p)
	shown := slices.DeleteFunc(slices.Clone(out.Causes), func(c doctor.Cause) bool { return c.Also })
	if len(shown) > 0 && !slices.ContainsFunc(shown, func(c doctor.Cause) bool { return c.State != doctor.Excluded }) {
		out.Note = strings.TrimSpace(out.Note + " The account shows none of these causes now. The message may be older than the account, or about another workload.")
	}
	if extra := out.Extra(p); len(extra) > 0 {
		with := ans.Clone()
		with.Extra = append(with.Extra, extra...)
		// Answers that the wizard refuses leave the commands as the fix.
		if resolved, problems, err := look(ctx, client, inv, with); err == nil && len(problems) == 0 {
			ans = with
			out.Verify(inv, resolved, plan.Build(inv, resolved))
		}
	}
	fixed, ok := out.Report.Answers(ans)
	if !ok {
		return out, nil
	}
	out.answers, out.of = &fixed, about
	if resolved, problems, err := look(ctx, client, inv, fixed); err == nil && len(problems) == 0 {
		out.stops = rulesOf(plan.Build(inv, resolved).Stops(nil))
	}
	if len(out.stops) > 0 {
		out.Note = strings.TrimSpace(out.Note + " " + out.stopText())
	}
	return out, nil
}

// rulesOf returns the rules of findings, each once.
func rulesOf(findings []plan.Finding) []string {
	var out []string
	for _, f := range findings {
		if !slices.Contains(out, f.Rule) {
			out = append(out, f.Rule)
		}
	}
	return out
}

// stopText says which findings stop the plan.
func (d diagnosis) stopText() string {
	return fmt.Sprintf("The plan cannot be applied yet: %s of it must be fixed or accepted first (%s).", plural(len(d.stops), "finding"), words.And(d.stops))
}

// ofMessages explains the messages of an account, one report for each workload that they are about.
func ofMessages(ctx context.Context, client account, inv *inventory.Inventory, given *answers.Answers) (diagnosis, error) {
	var order []string
	groups := map[string][]doctor.Source{}
	workloads := sync.OnceValue(func() doctor.Workloads { return doctor.WorkloadsOf(inv) })
	for _, s := range doctor.Messages(inv) {
		key := ""
		if given == nil {
			if c := workloads().Candidates(doctor.Explain(s).Messages); len(c) > 0 && c[0].Score > 0 {
				key = string(c[0].Answers.Workload) + " " + c[0].Name
			}
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], s)
	}
	var all []diagnosis
	for _, key := range order[:min(len(order), mostCompared)] {
		d, err := compareWith(ctx, client, inv, groups[key], given)
		if err != nil {
			return d, err
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return compareWith(ctx, client, inv, nil, given)
	}
	return joined(all, len(order)-len(all)), nil
}

// joined puts the report with a confirmed cause first, and the others behind it. More is how many workloads were not compared.
func joined(all []diagnosis, more int) diagnosis {
	slices.SortStableFunc(all, func(a, b diagnosis) int { return a.rank() - b.rank() })
	first := all[0]
	for _, d := range all[1:] {
		first.Others = append(first.Others, d.Report)
		if first.answers == nil {
			first.answers, first.of, first.stops = d.answers, d.of, d.stops
		}
	}
	if more > 0 {
		first.Note = strings.TrimSpace(fmt.Sprintf("%s The messages of %s were not compared. Name one with --answers.", first.Note, plural(more, "more workload")))
	}
	return first
}

// rank orders reports: confirmed causes that a plan fixes, other confirmed causes, causes, and none.
func (d diagnosis) rank() int {
	switch {
	case d.answers != nil:
		return 0
	case slices.ContainsFunc(d.Causes, func(c doctor.Cause) bool { return c.State == doctor.Confirmed }):
		return 1
	case len(d.Causes) > 0:
		return 2
	}
	return 3
}
