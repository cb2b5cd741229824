package plan_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("the text does not contain %q:\n%s", w, text)
		}
	}
}

func TestTextSummaryAndChanges(t *testing.T) {
	p := plantest.New().Plan()
	text := p.Format(plan.TextOptions{})
	if n := strings.Count(text, "\n"); n > 30 {
		t.Errorf("%d lines, want at most 30", n)
	}
	contains(t, text, "Plan for Amazon ECS on Fargate in VPC ", "Endpoints  required: s3, ecr.api, ecr.dkr, secretsmanager, logs; not needed: 6\n           (--explain lists them)\n",
		"Changes    7 to create, 2 unchanged\n", "Cost       about $87.60 per month", "Findings   none\n", "Verdict    Ready to apply.\n",
		"\nCreate\n", "\nUnchanged\n", "zones 1a, 1b, 1c  private DNS; full-access policy; group "+plan.GroupName+"\n")
	for _, a := range p.Changes {
		if strings.Contains(text, a.Why) {
			t.Errorf("the reason of %s is shown without Explain", a.ID)
		}
	}
}

func TestExplainPrintsEachReasonOnce(t *testing.T) {
	p := plantest.New().Plan()
	text := strings.Join(strings.Fields(p.Format(plan.TextOptions{Explain: true})), " ")
	var whys []string
	for _, n := range p.Needs {
		whys = append(whys, n.Why)
	}
	for _, a := range p.Changes {
		whys = append(whys, a.Why)
	}
	for _, why := range whys {
		for _, sentence := range strings.SplitAfter(why, ". ") {
			sentence = strings.TrimSpace(sentence)
			if n := strings.Count(text, sentence); n != 1 {
				t.Errorf("%d times, want once: %s", n, sentence)
			}
		}
	}
	for _, c := range p.Claims {
		contains(t, text, strings.Join(strings.Fields(c.Says), " "))
	}
	for _, a := range p.Changes {
		contains(t, text, string(a.ID))
	}
}

// TestTextFitsTheTerminal formats plans for terminals of several widths. In a pipe no
// text is cut.
func TestTextFitsTheTerminal(t *testing.T) {
	w := plantest.New()
	w.Net().DNSSupport, w.Net().DNSHostnames = false, false
	for _, p := range []*plan.Plan{plantest.New().Plan(), w.Plan()} {
		for _, width := range []int{40, 60, 80, 120, 200} {
			for l := range strings.Lines(p.Format(plan.TextOptions{Width: width, Terminal: true})) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(l, "\n")); n > width {
					t.Errorf("%d columns, want at most %d: %s", n, width, l)
				}
			}
		}
		if text := p.Format(plan.TextOptions{Width: 40}); strings.Contains(text, "…") {
			t.Errorf("text is cut in a pipe:\n%s", text)
		}
	}
	if narrow, least := p40(10), p40(40); narrow != least {
		t.Errorf("a width of 10 is not treated as 40:\n%s", narrow)
	}
}

func p40(width int) string {
	return plantest.New().Plan().Format(plan.TextOptions{Width: width, Terminal: true})
}

func TestTextPaint(t *testing.T) {
	w := plantest.New()
	w.Net().DNSHostnames = false
	p := w.Plan()
	var tones []plan.Tone
	painted := p.Format(plan.TextOptions{Terminal: true, Paint: func(tone plan.Tone, s string) string {
		tones = append(tones, tone)
		return "\x1b[1m" + s + "\x1b[m"
	}})
	for _, want := range []plan.Tone{plan.ToneHeading, plan.ToneCreate, plan.ToneModify, plan.ToneKeep, plan.ToneGood} {
		if !slices.Contains(tones, want) {
			t.Errorf("nothing has the tone %s", want)
		}
	}
	plain := strings.NewReplacer("\x1b[1m", "", "\x1b[m", "").Replace(painted)
	if want := p.Format(plan.TextOptions{Terminal: true}); plain != want {
		t.Errorf("colors change the text:\n%s\nwant:\n%s", plain, want)
	}
	contains(t, plain, "Modify\n  ~ DNS hostnames", "enable_dns_hostnames: false → true\n")
}

// TestTextHasNoControlCharactersOfNames has names that would move the cursor or change
// the direction of the text.
func TestTextHasNoControlCharactersOfNames(t *testing.T) {
	w := plantest.New()
	p := w.Plan()
	p.VPCName = "a\x1b[2Jb\u202ec\nd"
	p.Changes[0].Existing = "e\rf\u009bg"
	p.Findings = []plan.Finding{{Rule: "G-TWOAZ", Severity: plan.Warn, Resource: "h\x07i", Message: "j\u2066k", Fix: "l\x00m"}}
	for _, o := range []plan.TextOptions{{}, {Explain: true}, {Terminal: true, Width: 40}} {
		for _, r := range "\x1b\r\x07\x00\u009b\u202e\u2066" {
			if text := p.Format(o); strings.ContainsRune(text, r) {
				t.Errorf("%U is in the text:\n%q", r, text)
			}
		}
	}
}

func TestVerdict(t *testing.T) {
	change := []resource.Change{{ID: "vpc-attribute/dns-support", Op: resource.Modify, Spec: resource.VPCAttribute{Attribute: "enableDnsSupport"}}}
	manual := append(slices.Clone(change), resource.Change{ID: "agents/prod", Op: resource.Run, Spec: resource.AgentRestart{Cluster: "prod", Hosts: []resource.Host{{Instance: "i-1", Hand: "yes"}}}})
	partly := append(slices.Clone(change), resource.Change{ID: "agents/prod", Op: resource.Run, Spec: resource.AgentRestart{Cluster: "prod", Hosts: []resource.Host{{Instance: "i-1", Hand: "yes"}, {Instance: "i-2"}}}})
	kept := []resource.Change{{ID: "vpc-attribute/dns-support", Op: resource.Keep, Spec: resource.VPCAttribute{}}}
	needed := []plan.Need{{Service: "logs", Verdict: plan.Required}}
	block, refused, failed := plan.Finding{Rule: "Q-IF", Severity: plan.Block}, plan.Finding{Rule: "G-IPFREE", Severity: plan.Error}, plan.Finding{Rule: "E-S3POL", Severity: plan.Error}
	for _, tt := range []struct {
		name     string
		plan     plan.Plan
		accepted []string
		want     string
	}{
		{"ready", plan.Plan{Changes: change}, nil, "Ready to apply."},
		{"manual step", plan.Plan{Changes: manual}, nil, "Ready to apply. You do 1 manual step yourself."},
		{"manual step of a change that the wizard runs", plan.Plan{Changes: partly}, nil, "Ready to apply. You do 1 manual step yourself."},
		{"accepted", plan.Plan{Changes: change, Findings: []plan.Finding{failed}}, []string{"E-S3POL"}, "Ready to apply. You accepted 1 error."},
		{"all exists", plan.Plan{Changes: kept, Needs: needed}, nil, "Nothing to do: everything that the workload needs exists."},
		{"no needs", plan.Plan{Needs: []plan.Need{{Service: "logs", Verdict: plan.NotNeeded}}}, nil, "Nothing to do: this workload needs no endpoints."},
		{"network not known", plan.Plan{Needs: needed}, nil, "The plan is empty: the VPC or the subnets of the workload are not known. Set vpc and clients in the answers file."},
		{"error", plan.Plan{Changes: change, Findings: []plan.Finding{failed, failed}}, nil, "Cannot apply or export: 2 unresolved findings (E-S3POL). You can accept at your own risk: --accept E-S3POL."},
		{"block and refusal", plan.Plan{Changes: change, Findings: []plan.Finding{block, refused}}, nil,
			"Cannot apply or export: 2 unresolved findings (Q-IF, G-IPFREE). Fix these first: Q-IF (a blocker cannot be accepted), G-IPFREE (AWS rejects the request)."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tt.plan.Verdict(tt.accepted), " "); got != tt.want {
				t.Errorf("got:  %s\nwant: %s", got, tt.want)
			}
		})
	}
}

// TestCountsNameEveryGroup counts one change of each group, so that a manual step or a wait is
// not reported as something that the wizard runs, and compares the marks.
func TestCountsNameEveryGroup(t *testing.T) {
	manual := resource.AgentRestart{Hosts: []resource.Host{{Instance: "i-1", Hand: "reason"}}}
	p := &plan.Plan{Changes: []resource.Change{
		{ID: "a", Op: resource.Create, Spec: resource.SecurityGroup{}}, {ID: "b", Op: resource.Modify, Spec: resource.SecurityGroup{}},
		{ID: "c", Op: resource.Run, Spec: resource.AgentRestart{Hosts: []resource.Host{{Instance: "i-2"}}}}, {ID: "d", Op: resource.Run, Spec: manual},
		{ID: "e", Op: resource.Run, Spec: resource.EnvironmentWait{}}, {ID: "f", Op: resource.Run, Spec: resource.TargetHealth{}}, {ID: "g", Op: resource.Keep, Spec: manual},
		{ID: "h", Op: resource.Run, Spec: resource.AgentRestart{Hosts: []resource.Host{{Instance: "i-1", Hand: "reason"}, {Instance: "i-2"}}}},
	}}
	if got, want := p.Counts(), "1 to create, 1 to modify, 2 to run (1 with a manual step), 2 to wait for, 1 manual step, 1 unchanged"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	marks, n := map[string]bool{}, 0
	for _, g := range plan.Groups {
		marks[g.Mark] = true
		n += len(g.Of(p))
	}
	if len(marks) != len(plan.Groups) || n != len(p.Changes) {
		t.Errorf("%d marks and %d changes in %d groups, want one mark for each group and each change once", len(marks), n, len(plan.Groups))
	}
}

// TestEditsNameNewGroups: a rule from a group that the plan creates shows the name of the group, which has no id yet.
func TestEditsNameNewGroups(t *testing.T) {
	w := plantest.New()
	plantest.Airflow(w)
	plantest.Balanced(w)
	p := w.Plan()
	seen := false
	for _, a := range p.Changes {
		for _, edit := range p.Edits(a) {
			if strings.Contains(edit, "security-group/") {
				t.Errorf("%s: %s", a.ID, edit)
			}
			seen = seen || strings.HasSuffix(edit, "the same and tcp 443 from privatelink-wizard-nightly-load-balancer")
		}
	}
	if !seen {
		t.Error("no edit names the new group of the load balancer")
	}
}
