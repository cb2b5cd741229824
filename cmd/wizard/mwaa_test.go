package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// airflowCase is what is done for an environment of Amazon MWAA in equal accounts, by
// apply and by script.
type airflowCase struct{ scenario, environment, answers string }

var airflowCases = map[string]airflowCase{
	"private":  {"mwaa-private", "reports", "version: 1\nworkload: mwaa\nregion: us-west-2\nmwaa: {environment: reports}\nendpoint_policy: {sqs: full}\n"},
	"ssh":      {"mwaa-private", "nightly", "version: 1\nworkload: mwaa\nregion: us-west-2\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: ssh, key_pair: airflow-admins, admit: [203.0.113.7/32]}}\nendpoint_policy: {sqs: full}\n"},
	"sessions": {"mwaa-private", "nightly", "version: 1\nworkload: mwaa\nregion: us-west-2\nmwaa: {environment: nightly, way_in: bastion, bastion: {reach: session-manager}}\nendpoint_policy: {sqs: full}\n"},
	"customer": {"mwaa-customer-pending", "settlement", "version: 1\nworkload: mwaa\nregion: us-east-2\nmwaa: {environment: settlement}\n"},
}

// TestAirflowByApplyAndByScript: both leave equal accounts, the environment available,
// and nothing to do.
func TestAirflowByApplyAndByScript(t *testing.T) {
	t.Parallel()
	for name, tt := range airflowCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.leavesEqualAccounts(t, standIn)
		})
	}
}

func (tt airflowCase) leavesEqualAccounts(t *testing.T, cli string) {
	tool(t, "bash")
	applied, scripted := practiceAt(t, tt.scenario, 1000), scriptedAt(t, tt.scenario, cli, 100)
	fixed := idsIn(applied.get("/_sandbox/account"))
	for _, s := range []*site{applied, scripted} {
		s.env = append(s.env, "AWS_DISABLE_HOST_PREFIX_INJECTION=true")
		s.write("answers.yaml", tt.answers)
	}
	out, said := applied.wizard(0, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(said, "environment "+tt.environment+" is AVAILABLE") || !strings.Contains(out, "Verification: ") || strings.Contains(out, "Verification: failed") {
		t.Errorf("%s\n%s", out, said)
	}
	scripted.wizard(0, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "e.sh")
	out, said = scripted.script(cli, 0, "e.sh")
	if !strings.Contains(out+said, "environment "+tt.environment+" is AVAILABLE") {
		t.Errorf("the script does not prove that the environment is available:\n%s\n%s", out, said)
	}
	if d := cmp.Diff(normal(applied.rested(), fixed), normal(scripted.rested(), fixed)); d != "" {
		t.Error("apply and script differ (-apply +script)", d)
	}
	for _, s := range []*site{applied, scripted} {
		s.keepsAll("answers.yaml")
	}
}
