package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

var registry = inventory.Request{Part: inventory.PartRegistry}

const (
	secretARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
	keyARN    = "arn:aws:kms:us-east-1:123456789012:key/0c2d3e4f-5a6b-4700-8000-00000000000"
	roleARN   = "arn:aws:iam::123456789012:role/"
)

func secretOf(name string) inventory.Request {
	return inventory.Request{Part: inventory.PartSecret, Name: name}
}

func definitionOf(name string) inventory.Request {
	return inventory.Request{Part: inventory.PartDefinition, Name: name}
}

// refusing opens the sandbox account with a private registry and denies an operation.
func refusing(t *testing.T, op string) *Client {
	t.Helper()
	a, err := sandbox.New(sandbox.Options{Scenario: "registry"})
	if err != nil {
		t.Fatal(err)
	}
	if op != "" {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/deny", strings.NewReader(fmt.Sprintf(`{"operations":[%q]}`, op))))
		if w.Code/100 != 2 {
			t.Fatal(w.Code, w.Body)
		}
	}
	return openSandbox(t, Options{Transport: a})
}

func loaded(t *testing.T, c *Client, r inventory.Request) inventory.Inventory {
	t.Helper()
	got, err := c.Load(t.Context(), r)
	if err != nil {
		t.Fatalf("%v: %v", r, err)
	}
	return got
}

func TestLoadRegistry(t *testing.T) {
	got := loaded(t, openSandbox(t, Options{}), registry)
	for i := range got.Secrets {
		if v := &got.Secrets[i].Version; *v != "" {
			*v = "v"
		}
	}
	managed := slices.IndexFunc(got.Keys, func(k inventory.Key) bool { return k.Manager == "AWS" })
	if managed < 0 {
		t.Fatalf("%+v", got.Keys)
	}
	key := func(n, state, alias string) inventory.Key {
		return inventory.Key{ARN: keyARN + n, Aliases: []string{alias}, Manager: "CUSTOMER", State: state, Usage: "ENCRYPT_DECRYPT"}
	}
	want := inventory.Inventory{Version: inventory.Version, Region: "us-east-1", Loaded: []inventory.Request{registry},
		Secrets: []inventory.Secret{
			{ARN: secretARN + "dockerhub/readonly-Rd0nLy", Name: "dockerhub/readonly", Description: "Reads images of the team", Version: "v"},
			{ARN: secretARN + "old/registry-OldRg1", Name: "old/registry", Deleted: "2026-01-28T09:00:00Z", Version: "v"},
			{ARN: secretARN + "prod/registry-PrReg1", Name: "prod/registry", KMSKey: keyARN + "1", Version: "v"},
			{ARN: secretARN + "registry/key-disabled-NoKey1", Name: "registry/key-disabled", KMSKey: "alias/registry-disabled", Version: "v"},
			{ARN: secretARN + "registry/no-password-NoPwd1", Name: "registry/no-password", Version: "v"},
			{ARN: secretARN + "registry/not-json-NoJsn1", Name: "registry/not-json", Version: "v"},
		},
		Keys: slices.Insert([]inventory.Key{key("1", "Enabled", "alias/registry"), key("2", "Disabled", "alias/registry-disabled"), key("3", "PendingDeletion", "alias/registry-mistake")},
			managed, inventory.Key{ARN: got.Keys[managed].ARN, Aliases: []string{defaultKey}, Manager: "AWS"}),
		ExecutionRoles: []string{roleARN + "app-execution", roleARN + "registry-reader"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if raw, _ := json.Marshal(got); strings.Contains(string(raw), "practice-password") {
		t.Error("a value is in the inventory")
	}
}

func TestLoadRegistryOfSeveralPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := loaded(t, open(t, &stub{}), registry)
		want := inventory.Inventory{Version: inventory.Version, Region: "us-east-1", Loaded: []inventory.Request{registry},
			Secrets: []inventory.Secret{
				{ARN: secretARN + "a-AbCdEf", Name: "a", Description: "d", KMSKey: "alias/a", Version: "v2"},
				{ARN: secretARN + "b-AbCdEf", Name: "b", Rotates: true, Deleted: "2026-01-02T03:04:05Z"},
			},
			Keys: []inventory.Key{
				{ARN: "arn:aws:kms:us-east-1:123456789012:key/k-0", Aliases: []string{defaultKey}, Manager: "AWS"},
				{ARN: "arn:aws:kms:us-east-1:123456789012:key/k-1", Aliases: []string{"alias/a", "alias/b"}, Manager: "CUSTOMER", State: "Disabled", Usage: "ENCRYPT_DECRYPT"},
			},
			ExecutionRoles: []string{roleARN + "jobs", roleARN + "web"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// Only the data of the denied call is missing.
func TestLoadRegistryDenied(t *testing.T) {
	full := loaded(t, openSandbox(t, Options{}), registry)
	for op, hide := range map[string]func(*inventory.Inventory){
		"secretsmanager:ListSecrets": func(inv *inventory.Inventory) { inv.Secrets = nil },
		"kms:ListAliases":            func(inv *inventory.Inventory) { inv.Keys = nil },
		"iam:ListRoles":              func(inv *inventory.Inventory) { inv.ExecutionRoles = nil },
		"kms:DescribeKey": func(inv *inventory.Inventory) {
			inv.Keys = slices.Clone(inv.Keys)
			for i := range inv.Keys {
				if k := &inv.Keys[i]; k.Manager == "CUSTOMER" {
					k.Manager, k.State, k.Usage = "", "", ""
				}
			}
		},
	} {
		got := loaded(t, refusing(t, op), registry)
		if len(got.Gaps) != 1 || got.Gaps[0].Call != op || got.Gaps[0].Code != "AccessDenied" && got.Gaps[0].Code != "AccessDeniedException" || got.Gaps[0].RequestID == "" {
			t.Errorf("%s: %+v", op, got.Gaps)
		}
		want := full
		hide(&want)
		got.Gaps = nil
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", op, d)
		}
	}
}

func TestLoadManyKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := mostKeys
		s := &stub{answer: func(op string, call int, in url.Values) (int, string, error) {
			if op == "kms:DescribeKey" && strings.Contains(in.Get("json"), "key/k-007") {
				return refuse(op, 400, "NotFoundException", "no such key")
			}
			if op != "kms:ListAliases" {
				return canned(op, call, in)
			}
			var out []string
			for i := range n {
				out = append(out, fmt.Sprintf(`{"AliasName":"alias/%03d","AliasArn":"arn:aws:kms:us-east-1:123456789012:alias/%03d","TargetKeyId":"k-%03d"}`, i, i, i))
			}
			return 200, `{"Aliases":[` + strings.Join(out, ",") + `]}`, nil
		}}
		start := time.Now()
		got := loaded(t, open(t, s), registry)
		if len(got.Keys) != mostKeys || len(got.Gaps) != 0 || s.calls["kms:DescribeKey"] != mostKeys || got.Keys[7].State != "" || got.Keys[8].State == "" {
			t.Errorf("%d keys, gaps %+v, %v", len(got.Keys), got.Gaps, s.calls)
		}
		if chain := int(time.Since(start) / answerTime); chain != 1+(mostKeys+keysAtOnce-1)/keysAtOnce {
			t.Errorf("the longest chain is %d calls", chain)
		}
		n, s.calls = mostKeys+5, nil
		got = loaded(t, open(t, s), registry)
		if g, ok := got.Gap("kms:DescribeKey"); !ok || g.Code != inventory.NotAllRead || len(got.Keys) != n || s.calls["kms:DescribeKey"] != mostKeys || got.Keys[n-1].State != "" {
			t.Errorf("%d keys, gaps %+v, %v", len(got.Keys), got.Gaps, s.calls)
		}
	})
}

func TestRolesThatTasksCanHave(t *testing.T) {
	for statement, want := range map[string]bool{
		`{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`:                                                                   true,
		`[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ecs-tasks.amazonaws.com"]},"Action":["sts:AssumeRole"]}]`:                                      true,
		`[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"},{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com.cn"},"Action":"sts:*"}]`:  true,
		`{"Effect":"Allow","Principal":{"Service":"ecs-tasks.c2s.ic.gov"},"Action":"*"}`:                                                                                   true,
		`{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"STS:assumerole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}`: true,
		`{"Effect":"Deny","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`:                                                                    false,
		`{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}`:                                                                         false,
		`{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:TagSession"}`:                                                                   false,
		`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}`:                                        false,
		`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}`:                                                                                                     false,
		`{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"}}`:                                                                                             false,
		`[]`: false, `"x"`: false, `[7,null]`: false,
	} {
		if got := trustsTasks(`{"Version":"2012-10-17","Statement":` + statement + `}`); got != want {
			t.Errorf("%s: %t", statement, got)
		}
	}
	if trustsTasks("") || trustsTasks("[]") {
		t.Error("an invalid policy trusts tasks")
	}
}

func TestLoadSecret(t *testing.T) {
	c := openSandbox(t, Options{})
	for name, want := range map[string]inventory.Secret{
		"prod/registry":                    {ARN: secretARN + "prod/registry-PrReg1", Name: "prod/registry", KMSKey: keyARN + "1"},
		secretARN + "prod/registry-PrReg1": {ARN: secretARN + "prod/registry-PrReg1", Name: "prod/registry", KMSKey: keyARN + "1"},
		"old/registry":                     {ARN: secretARN + "old/registry-OldRg1", Name: "old/registry", Deleted: "2026-01-28T09:00:00Z"},
		"arn:aws:secretsmanager:us-east-1:210987654321:secret:shared/registry-ShReg1": {ARN: "arn:aws:secretsmanager:us-east-1:210987654321:secret:shared/registry-ShReg1", Name: "shared/registry",
			KMSKey: "arn:aws:kms:us-east-1:210987654321:key/0c2d3e4f-5a6b-4700-8000-000000000009"},
	} {
		got := loaded(t, c, secretOf(name))
		if len(got.Secrets) != 1 || got.Secrets[0].Version == "" || len(got.Gaps) != 0 {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		got.Secrets[0].Version = ""
		if d := cmp.Diff(want, got.Secrets[0]); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	for _, name := range []string{"none", secretARN + "none-AbCdEf", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf"} {
		if got := loaded(t, c, secretOf(name)); len(got.Secrets)+len(got.Gaps) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for _, name := range []string{"prod/registry", "none", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf"} {
		got := loaded(t, refusing(t, "secretsmanager:DescribeSecret"), secretOf(name))
		if g, ok := got.Gap("secretsmanager:DescribeSecret"); !ok || g.Code != "AccessDeniedException" || len(got.Secrets) != 0 || len(got.Gaps) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A secret in another Region is read only in that Region, and no failure there stops loading.
func TestLoadSecretOfAnotherRegion(t *testing.T) {
	a, err := sandbox.New(sandbox.Options{Scenario: "registry"})
	if err != nil {
		t.Fatal(err)
	}
	far, err := Open(t.Context(), Options{Region: "eu-west-1", Transport: a})
	if err != nil {
		t.Fatal(err)
	}
	arn := says(t, far, "secretsmanager", "CreateSecret", map[string]any{"Name": "far", "SecretString": "x", "ClientRequestToken": "11111111-1111-4111-8111-111111111111"}, "ARN")
	c := openSandbox(t, Options{Transport: a})
	want := []inventory.Secret{{ARN: arn, Name: "far", Version: "11111111-1111-4111-8111-111111111111"}}
	if d := cmp.Diff(want, loaded(t, c, secretOf(arn)).Secrets); d != "" || !strings.Contains(arn, ":eu-west-1:") {
		t.Errorf("%s\n%s", arn, d)
	}
	if got := loaded(t, c, secretOf("far")); len(got.Secrets) != 0 {
		t.Errorf("a name without ARN was not read in the account's Region: %+v", got)
	}
	for name, answer := range map[string]func(string) (int, string, error){
		"no host":     func(string) (int, string, error) { return 0, "", errDial },
		"not enabled": func(op string) (int, string, error) { return refuse(op, 400, "UnrecognizedClientException", "no") },
		"500":         func(string) (int, string, error) { return 500, "", nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, _ int, _ url.Values) (int, string, error) { return answer(op) }}
			start := time.Now()
			got := loaded(t, open(t, s), secretOf(arn))
			if g, ok := got.Gap("secretsmanager:DescribeSecret"); !ok || g.Code == "" || time.Since(start) > farTime {
				t.Errorf("%s: %+v after %v", name, got.Gaps, time.Since(start))
			}
			if _, err := open(t, s).Load(t.Context(), secretOf("near")); err == nil {
				t.Errorf("%s: no error in the account's Region", name)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime/2, cancel)
		if _, err := open(t, &stub{}).Load(ctx, secretOf(arn)); err == nil {
			t.Error("no error when cancelled")
		}
	})
	s := &stub{}
	got := loaded(t, open(t, s), secretOf("arn:aws:secretsmanager:nowhere/x:123456789012:secret:s-AbCdEf"))
	if len(got.Gaps) != 1 || len(s.calls) != 0 {
		t.Errorf("called an invalid Region: %+v %v", got.Gaps, s.calls)
	}
}

func TestLoadDefinition(t *testing.T) {
	const arn = "arn:aws:ecs:us-east-1:123456789012:task-definition/"
	c := openSandbox(t, Options{})
	for name, want := range map[string]string{"pair": arn + "pair:1", "app:3": arn + "app:3", arn + "tools:1": arn + "tools:1"} {
		got := loaded(t, c, definitionOf(name))
		if len(got.TaskDefinitions) != 1 || got.TaskDefinitions[0].ARN != want || len(got.Gaps) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	pair := loaded(t, c, definitionOf("pair")).TaskDefinitions[0]
	if d := cmp.Diff([]string{"app", "sidecar"}, []string{pair.Containers[0].Name, pair.Containers[1].Name}); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"containerDefinitions", "cpu", "executionRoleArn", "family", "memory", "networkMode", "requiresCompatibilities"}, pair.Fields); d != "" {
		t.Error(d)
	}
	for _, name := range []string{"none", "app:99", arn + "none:1"} {
		if got := loaded(t, c, definitionOf(name)); len(got.TaskDefinitions)+len(got.Gaps) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := loaded(t, refusing(t, "ecs:DescribeTaskDefinition"), definitionOf("app:3"))
	if g, ok := got.Gap("ecs:DescribeTaskDefinition"); !ok || g.Code != "AccessDeniedException" || len(got.TaskDefinitions) != 0 {
		t.Errorf("%+v", got)
	}
}

// Tags are requested, also for the task definition of a service.
func TestLoadTagsOfDefinitions(t *testing.T) {
	for _, r := range []inventory.Request{definitionOf("t:1"), {Part: inventory.PartClusters}} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
				status, body, err := canned(op, n, in)
				if op == "ecs:DescribeTaskDefinition" {
					if !strings.Contains(in.Get("json"), `"include":["TAGS"]`) {
						t.Errorf("%s asks: %s", r.Part, in.Get("json"))
					}
					body = strings.TrimSuffix(body, "}") + `,"tags":[{"key":"team","value":"hunter2"}]}`
				}
				return status, body, err
			}}
			got := loaded(t, open(t, s), r)
			if d := cmp.Diff([]string{"containerDefinitions", "family", "requiresCompatibilities", "runtimePlatform", "tags", "volumes"}, got.TaskDefinitions[0].Fields); d != "" {
				t.Error(d)
			}
			if raw, _ := json.Marshal(got); bytes.Contains(raw, []byte("hunter2")) {
				t.Error("a tag's value is in the inventory")
			}
		})
	}
}

// TestTagsAreFieldsOfATaskDefinition verifies that tags, which AWS sends separately, become
// fields of the definition.
func TestTagsAreFieldsOfATaskDefinition(t *testing.T) {
	d := ecstypes.TaskDefinition{Family: sdk.String("f")}
	for want, tags := range map[string][]ecstypes.Tag{"family": {}, "family tags": {{}}} {
		if got := strings.Join(taskDefinition(d, tags).Fields, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestShapesAndFieldsOfJobDefinitions(t *testing.T) {
	got := map[string]inventory.JobDefinition{}
	for _, d := range loaded(t, openSandbox(t, Options{}), batches).Batch.Definitions {
		got[d.Family] = d
	}
	if d := cmp.Diff(strings.Fields("containerProperties jobDefinitionName parameters platformCapabilities propagateTags retryStrategy schedulingPriority tags timeout type"), got["nightly"].Fields); d != "" || got["nightly"].Shape != "" {
		t.Errorf("%+v\n%s", got["nightly"], d)
	}
	bundle := got["bundle"]
	if !slices.Contains(bundle.Fields, "ecsProperties") || slices.Contains(bundle.Fields, "tags") || bundle.Shape != "ecs" || bundle.Containers[0].Name != "main" || bundle.Containers[1].Name != "helper" {
		t.Errorf("%+v", bundle)
	}
}
