package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/export"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox"
)

// canary is the text that TestCanary adds to everything that a user of AWS chooses.
const canary = "zebra"

// canaryPolicy is a policy document with the canary in each of its elements. It allows everything, so that plans do not stop.
const canaryPolicy = `{"Version":"2012-10-17","Id":"Zebra","Statement":[{"Sid":"Zebra1","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},` +
	`{"Sid":"AllowZebra","Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:role/zebra/zebra"],"Federated":"zebra.example","Service":"zebra.amazonaws.com"},"Action":"s3:Get*",` +
	`"Resource":["arn:aws:s3:::zebra-data/zebra/*","arn:aws:s3:::*-zebra","arn:aws:sqs:*:123456789012:airflow-celery-zebra","arn:aws:dynamodb:*:123456789012:table/zebra/index/zebra"],` +
	`"Condition":{"StringLike":{"aws:PrincipalTag/zebra":["zebra*","${aws:PrincipalTag/zebra}"],"aws:PrincipalOrgID":"o-zebra","kms:ViaService":"zebra!","zebra:zebra":"zebra"},"ArnLike":{"aws:PrincipalArn":"arn:aws:*::123456789012:*/zebra"},"zebra":{"zebra":"zebra"}}}]}`

// canaryRole is canaryPolicy as the policy of a role, which has no principal.
var canaryRole = regexp.MustCompile(`"Principal":("\*"|\{[^}]*\}),`).ReplaceAllString(canaryPolicy, "")

// named are the members of a scenario with names. Their words get the canary in each text that has them.
var named = strings.Fields("AliasName DomainName GroupName InstanceProfileName KeyName LoadBalancerName PolicyName RoleName SourceBucketArn TargetGroupName " +
	"clusterName computeEnvironmentName family image jobDefinitionName jobName jobQueueName kubernetesNamespace logGroupName serviceName")

// ofAWS are words of AWS and of this program that are parts of names.
var ofAWS = strings.Fields("airflow amazonaws arn aws AWSBatch AWSServiceRoleForBatch AWSServiceRoleForECS AWSServiceRoleForVPCTransitGateway batch celery cn com dkr dot ec2 ecr ecs east execution fargate iam role s3 service us wizard privatelink " +
	"AmazonECSTaskExecutionRolePolicy AmazonEC2ContainerServiceforEC2Role AmazonSSMManagedInstanceCore default load balancer bastion api key kms secret endpoint endpoints public ami al2023 amzn2 north west eu central ca")

// unnamed are members with AWS's own terms.
var unnamed = strings.Fields("Action ServiceName Service State Status Type VpcEndpointType InterfaceType KeyType Region AvailabilityZone ZoneName platformCapabilities requiresCompatibilities compatibilities launchType platformVersion platformFamily " +
	"networkMode allocationStrategy type logDriver imageType instanceTypes RequesterId Protocol HealthCheckProtocol IpProtocol RuleType ResourceType rolloutState stopCode lastStatus desiredStatus awslogs-region AirflowVersion agentVersion")

// canaries adds canaries to a scenario.
type canaries struct {
	words map[string]bool
}

var aWord = regexp.MustCompile(`[\pL\pN]+`)

// collect collects the words of names.
func (c *canaries) collect(v any, member string) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			c.collect(item, k)
		}
	case []any:
		for _, item := range v {
			c.collect(item, member)
		}
	case string:
		if slices.Contains(named, member) {
			for _, word := range aWord.FindAllString(v, -1) {
				if !slices.Contains(ofAWS, word) && strings.Trim(word, "0123456789abcdef") != "" {
					c.words[word] = true
				}
			}
		}
	}
}

// text adds the canary to the names in a text.
func (c *canaries) text(s string) string {
	return aWord.ReplaceAllStringFunc(s, func(word string) string {
		if c.words[word] {
			return canary + word
		}
		return word
	})
}

// change returns a value with canaries.
func (c *canaries) change(v any, member string) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = c.change(v[i], member)
		}
	case string:
		if slices.Contains(unnamed, member) {
			return v
		}
		return c.text(v)
	case map[string]any:
		for k, item := range v {
			v[k] = c.change(item, k)
		}
		c.add(v, member)
	}
	return v
}

// add adds members with canaries to an object: the texts that a user can write, and the snapshot must not have.
func (c *canaries) add(v map[string]any, member string) {
	set := func(k string, value any) {
		if v[k] == nil {
			v[k] = value
		}
	}
	switch member {
	case "Vpcs", "Subnets", "RouteTables", "SecurityGroups", "VpcEndpoints", "NatGateways", "Instances", "NetworkAcls", "Secrets", "KeyPairs", "LoadBalancers", "TargetGroups", "Certificates":
		if len(v) > 1 || member == "Secrets" { // not a reference
			tags, _ := v["Tags"].(map[string]any)
			if tags == nil {
				tags = map[string]any{"Name": canary}
			}
			for k, value := range tags {
				if k != "ManagedBy" {
					tags[k] = canary + fmt.Sprint(value)
				}
			}
			tags["Zebra Team"] = "Zebra team, " + canary
			v["Tags"] = tags
		}
	case "MWAA":
		v["Tags"] = map[string]any{"Zebra": canary}
		v["DagS3Path"] = canary + "/dags"
		options, _ := v["AirflowConfigurationOptions"].(map[string]any)
		if options == nil {
			options = map[string]any{}
		}
		options["core.sql_alchemy_conn"] = "mysql://zebra:zebra@zebra.example/zebra"
		v["AirflowConfigurationOptions"] = options
		v["LastUpdate"] = map[string]any{"Status": "FAILED", "CreatedAgo": "2h", "Error": map[string]any{"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "Access denied to zebra for arn:aws:iam::123456789012:role/zebra"}}
	case "services":
		if v["launchType"] == "EC2" { // the others have events that name them
			v["events"] = []any{map[string]any{"id": "1", "ago": "5m", "message": "(service zebra) failed to launch a task with (error ECS was unable to assume role 'zebra')."}}
		}
	case "tasks":
		v["stoppedReason"] = "CannotPullContainerError: failed to resolve ref registry.zebra.example/zebra:1 for 123456789012"
		v["containers"] = []any{map[string]any{"name": canary, "exitCode": 1, "reason": "Zebra: no such file", "image": "zebra", "lastStatus": "STOPPED"}}
		v["overrides"] = map[string]any{"containerOverrides": []any{map[string]any{"name": canary, "command": []any{canary}, "environment": []any{map[string]any{"name": canary, "value": canary}}}}}
	case "jobs":
		v["statusReason"] = "Terminated by zebra with https://zebra:zebra@zebra.example/zebra?X-Amz-Signature=zebra"
		v["container"] = map[string]any{"reason": "DockerTimeoutError: zebra"}
	case "jobDefinitions", "computeEnvironments", "jobQueues":
		v["tags"] = map[string]any{"Zebra": canary}
		if member == "jobDefinitions" {
			v["parameters"] = map[string]any{canary: canary}
		}
		if member == "computeEnvironments" {
			v["statusReason"] = "CLIENT_ERROR - zebra is not authorized"
		}
	case "clusters":
		v["configuration"] = map[string]any{"executeCommandConfiguration": map[string]any{"kmsKeyId": "alias/zebra", "logging": "OVERRIDE",
			"logConfiguration": map[string]any{"cloudWatchLogGroupName": "/exec/zebra", "s3BucketName": "zebra-exec", "s3KeyPrefix": canary}}}
	case "containerInstances":
		v["tags"] = []any{map[string]any{"key": "Zebra", "value": canary}}
	case "containerDefinitions", "containerProperties", "containers":
		if v["image"] == nil || v["lastStatus"] != nil {
			return
		}
		v["environment"] = []any{map[string]any{"name": "ZEBRA", "value": canary}}
		set("command", []any{"sh", "-c", "echo zebra"})
		set("entryPoint", []any{canary})
		set("secrets", []any{map[string]any{"name": "ZEBRA", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/zebra/zebra"}})
		if member == "containerDefinitions" {
			if v["logConfiguration"] == nil {
				set("repositoryCredentials", map[string]any{"credentialsParameter": "arn:aws:secretsmanager:us-east-1:123456789012:secret:zebra/registry-ZeBrA1"})
				set("firelensConfiguration", map[string]any{"type": "fluentbit", "options": map[string]any{"config-file-type": "s3", "config-file-value": "arn:aws:s3:::zebra/zebra.conf"}})
			}
			set("dockerLabels", map[string]any{"zebra.label": canary})
			set("healthCheck", map[string]any{"command": []any{"CMD", canary}})
			set("hostname", canary)
			set("environmentFiles", []any{map[string]any{"type": "s3", "value": "arn:aws:s3:::zebra/zebra.env"}})
			set("logConfiguration", map[string]any{"logDriver": "splunk", "options": map[string]any{"splunk-url": "https://zebra.example:8088/zebra", "splunk-token": canary, "labels": canary, "splunk-index": canary}})
		}
		if log, ok := v["logConfiguration"].(map[string]any); ok {
			options, _ := log["options"].(map[string]any)
			if options == nil {
				options = map[string]any{}
			}
			options["awslogs-stream-prefix"], options["tag"], options["labels"], options["env"], options["awslogs-datetime-format"] = canary, "{{.Name}}-zebra", canary, "ZEBRA", canary
			log["options"] = options
		}
	}
	if text, ok := v["Description"].(string); ok {
		v["Description"] = text + " " + canary
	}
	switch {
	case v["VpcEndpointId"] != nil && v["ServiceName"] != nil:
		v["PolicyDocument"] = canaryPolicy
		if e, ok := v["LastError"].(map[string]any); ok {
			e["Message"] = "zebra cannot be created by arn:aws:iam::123456789012:role/zebra"
		}
	case v["RoleName"] != nil && v["AssumeRolePolicyDocument"] != nil:
		v["Description"], v["Tags"] = canary, map[string]any{canary: canary}
		list, _ := v["RolePolicyList"].([]any)
		var document any
		if err := json.Unmarshal([]byte(canaryRole), &document); err != nil {
			panic(err) // it is a constant
		}
		v["RolePolicyList"] = append(list, map[string]any{"PolicyName": canary, "PolicyDocument": document})
	case v["SecretString"] != nil:
		v["SecretString"], v["Description"] = `{"username":"zebra","password":"zebra"}`, canary
	case v["DhcpOptionsId"] != nil && v["DhcpConfigurations"] != nil:
		v["DhcpConfigurations"] = []any{
			map[string]any{"Key": "domain-name", "Values": []any{map[string]any{"Value": "zebra.example"}}},
			map[string]any{"Key": "domain-name-servers", "Values": []any{map[string]any{"Value": "AmazonProvidedDNS"}}},
		}
	case v["ImageId"] != nil && v["Name"] != nil:
		v["Name"] = fmt.Sprint(v["Name"]) + "-" + canary
	}
}

// canaryScenarios are scenarios that together have all that a snapshot contains.
var canaryScenarios = []string{"closed", "half-done", "managed-instances", "registry", "mwaa-load-balancer"}

// canaryAccount returns the account of a scenario with canaries.
func canaryAccount(t *testing.T, s sandbox.Scenario) *sandbox.Account {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal(sandbox.Source(s.Name), &content); err != nil {
		t.Fatal(err)
	}
	c := &canaries{words: map[string]bool{}}
	for _, list := range []string{"MWAA", "Secrets"} { // Name is also the key of tags, and of settings
		items, _ := content[list].([]any)
		for _, item := range items {
			c.collect(item.(map[string]any)["Name"], "KeyName")
		}
	}
	c.collect(content, "")
	for k, v := range content {
		if !slices.Contains([]string{"Region", "VPC", "Like", "Shows", "Workload", "Learn"}, k) {
			content[k] = c.change(v, k)
		}
	}
	// What no scenario has.
	vpc := content["VPC"]
	content["PrefixLists"] = []any{map[string]any{"PrefixListId": "pl-0123456789abc0001", "PrefixListName": canary, "Cidrs": []any{"10.99.0.0/16"}, "OwnerId": "123456789012"}}
	tables, _ := content["RouteTables"].([]any)
	if len(tables) > 0 {
		table := tables[0].(map[string]any)
		routes, _ := table["Routes"].([]any)
		table["Routes"] = append(routes, map[string]any{"DestinationCidrBlock": "10.98.0.0/16", "CoreNetworkArn": "arn:aws:networkmanager::123456789012:core-network/core-network-0123456789abc0001"},
			map[string]any{"DestinationPrefixListId": "pl-0123456789abc0001", "TransitGatewayId": "tgw-0123456789abc0001"})
	}
	zones, _ := content["HostedZones"].([]any)
	content["HostedZones"] = append(zones, map[string]any{"HostedZoneId": "Z0123456789ABCDEFZ001", "Name": "zebra.internal.", "VPCs": []any{vpc}})
	resolver, _ := content["Resolver"].(map[string]any)
	if resolver == nil {
		content["Resolver"] = map[string]any{
			"Rules":        []any{map[string]any{"Id": "rslvr-rr-0123456789abc0001", "DomainName": "zebra.example.", "RuleType": "FORWARD", "Name": canary}},
			"Associations": []any{map[string]any{"ResolverRuleId": "rslvr-rr-0123456789abc0001", "VPCId": vpc, "Name": canary}},
			"Firewalls":    []any{map[string]any{"FirewallRuleGroupId": "rslvr-frg-0123456789abc001", "VpcId": vpc, "Name": canary, "Priority": 101}},
			"Profiles":     []any{map[string]any{"ProfileId": "rp-0123456789abc001", "ResourceId": vpc, "Name": canary}},
			"Resources":    []any{map[string]any{"ProfileId": "rp-0123456789abc001", "ResourceArn": "arn:aws:route53:::hostedzone/Z0123456789ABCDEFZ002", "Name": canary}},
		}
	}
	source, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Options{Source: source})
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return box
}

// TestCanary adds a canary to each name, tag, description, policy and environment variable of the sandbox accounts, and to other texts that
// users of AWS write. It takes masked snapshots of them with the program, and exports and prints what it can from the snapshots. Nothing of
// this may have a canary or the number of the account. TestMaskLeavesNoNameInAnyField tests each field of an inventory; this tests what the
// program reads from an account, and what it writes for somebody else. It sets variables of the environment, so it is not parallel.
func TestCanary(t *testing.T) {
	for _, v := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(v, filepath.Join(t.TempDir(), "none"))
	}
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_EC2_METADATA_DISABLED": "true", "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"} {
		t.Setenv(k, v)
	}
	leak := regexp.MustCompile(`(?i).{0,60}(` + canary + `|123456789012|210987654321).{0,40}`)
	read, exports := map[string]bool{}, 0
	for _, name := range canaryScenarios {
		s, err := sandbox.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(canaryAccount(t, s))
		t.Cleanup(server.Close)
		t.Setenv("AWS_ENDPOINT_URL", server.URL)
		t.Setenv("AWS_REGION", s.Region)
		dir := t.TempDir()
		in := func(name string) string { return filepath.Join(dir, name) }
		run := func(args ...string) (code int, out string) {
			t.Helper()
			code, o, e := wizard(t, args...)
			if m := leak.FindString(strings.ReplaceAll(o+e, dir, "")); m != "" {
				t.Errorf("%s: %s prints %s", s.Name, strings.Join(args[:2], " "), m)
			}
			return code, o + e
		}
		if s.Name == "half-done" { // AWS's message has the caller
			resp, err := http.Post(server.URL+"/_sandbox/deny", "application/json", strings.NewReader(`{"operations":["logs:DescribeLogGroups"]}`))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		if code, _, errs := wizard(t, "snapshot", "--out", in("raw.json")); code != exitOK {
			t.Fatalf("%s: %s", s.Name, errs)
		}
		raw, err := os.ReadFile(in("raw.json"))
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		withCanary(v, "", read)
		if code, out := run("snapshot", "--mask", "--out", in("m.json"), "--legend", in("legend.json")); code != exitOK {
			t.Fatalf("%s: %s", s.Name, out)
		}
		run("check", "--snapshot", in("m.json"))
		for _, w := range answers.Supported {
			if err := os.WriteFile(in("a.yaml"), []byte("version: 1\nworkload: "+string(w)+"\nvpc: "+s.VPC+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out := run("plan", "--snapshot", in("m.json"), "--answers", in("a.yaml"), "--json")
			if code == exitUsage { // the account does not have such a workload
				continue
			}
			var p struct {
				Findings []struct{ Rule, Severity string }
			}
			if err := json.NewDecoder(strings.NewReader(out)).Decode(&p); err != nil {
				t.Fatal(err, out)
			}
			run("plan", "--snapshot", in("m.json"), "--answers", in("a.yaml"), "--explain")
			accepted := []string{}
			for _, f := range p.Findings {
				if f.Severity == string(plan.Error) && !slices.Contains(accepted, f.Rule) {
					accepted = append(accepted, "--accept", f.Rule)
				}
			}
			for _, f := range export.Formats() {
				args := []string{"export", "--snapshot", in("m.json"), "--answers", in("a.yaml"), "--format", f.Name, "--out", in(string(w) + "-" + f.Name + f.Extension)}
				if code, _ := run(append(args, accepted...)...); code == exitOK {
					exports++
				}
			}
		}
		if err := os.Remove(in("raw.json")); err != nil {
			t.Fatal(err)
		}
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || d.Name() == "legend.json" {
				return err
			}
			data, err := os.ReadFile(path)
			if m := leak.Find(data); m != nil {
				t.Errorf("%s: %s has %s", s.Name, d.Name(), bytes.TrimSpace(m))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d exports; canaries in %d kinds of fields: %s", exports, len(read), strings.Join(slices.Sorted(maps.Keys(read)), " "))
	if exports < 20 || len(read) < 100 {
		t.Errorf("%d exports, and canaries in %d kinds of fields of the snapshots; want more", exports, len(read))
	}
}

// withCanary collects the fields of a value that have a canary.
func withCanary(v any, field string, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			if strings.Contains(strings.ToLower(k), canary) {
				found[field+".KEY"] = true
				k = "KEY"
			}
			withCanary(item, field+"."+k, found)
		}
	case []any:
		for _, item := range v {
			withCanary(item, field, found)
		}
	case string:
		if strings.Contains(strings.ToLower(v), canary) {
			found[field] = true
		}
	}
}
