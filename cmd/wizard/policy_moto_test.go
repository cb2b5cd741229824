//go:build acceptance

package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
)

// TestAcceptancePolicySuffices: with the policy document of a plan, and nothing else, a caller can apply the plan in an
// account that enforces it. Without one of its actions that changes something, apply names it.
func TestAcceptancePolicySuffices(t *testing.T) {
	t.Parallel()
	tt := motoCases["endpoints"]
	s := newSite(t, withoutZones(t, startMoto(t)))
	state := tt.furnish(s)
	s.write("answers.yaml", tt.answers)
	document, _ := s.wizard(0, "plan", "--answers", "answers.yaml", "--iam-policy")
	before, env := state(), s.env
	const missing = "ec2:CreateSecurityGroup"
	s.become("one", document, missing)
	_, said := s.wizard(1, "apply", "--answers", "answers.yaml", "--yes")
	if !strings.Contains(said, strings.TrimPrefix(missing, "ec2:")) {
		t.Errorf("%s is not named:\n%s", missing, said)
	}
	s.env = env
	s.enforce(false)
	if d := cmp.Diff(before, state()); d != "" {
		t.Errorf("without %s: %s", missing, d)
	}
	s.become("all", document, "")
	if out, _ := s.wizard(0, "apply", "--answers", "answers.yaml", "--yes"); !strings.Contains(out, "Verification: passed") {
		t.Error(out)
	}
}

// withoutZones is moto with a list of hosted zones that is empty. Moto 5.2 rejects each signature of this call if it
// enforces permissions.
func withoutZones(t *testing.T, moto string) string {
	to := must(url.Parse(moto))(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/hostedzonesbyvpc") {
			_, _ = io.WriteString(w, `<ListHostedZonesByVPCResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZoneSummaries/><MaxItems>100</MaxItems></ListHostedZonesByVPCResponse>`)
			return
		}
		httputil.NewSingleHostReverseProxy(to).ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// become makes moto enforce permissions, and the wizard a user with this policy, without one action.
func (s *site) become(name, document, without string) {
	s.t.Helper()
	ctx, client := s.t.Context(), iam.NewFromConfig(s.config())
	var policy map[string]any
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		s.t.Fatal(err)
	}
	walk(policy, func(o map[string]any) {
		if actions, ok := o["Action"].([]any); ok {
			o["Action"] = slices.DeleteFunc(actions, func(a any) bool { return a == without })
		}
	})
	text, err := json.Marshal(policy)
	if err != nil {
		s.t.Fatal(err)
	}
	must(client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(s.t)
	key := must(client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(s.t)
	made := must(client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: sdk.String(string(text))}))(s.t)
	must(client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: made.Policy.Arn}))(s.t)
	s.enforce(true)
	s.env = append(slices.Clip(s.env), "AWS_ACCESS_KEY_ID="+*key.AccessKey.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+*key.AccessKey.SecretAccessKey)
}

// enforce makes moto enforce permissions, or not.
func (s *site) enforce(on bool) {
	s.t.Helper()
	free := "1000000" // calls that need no permission
	if on {
		free = "0"
	}
	resp, err := http.Post(s.url+"/moto-api/reset-auth", "", strings.NewReader(free))
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
}
