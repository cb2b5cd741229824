// Package accounttest compares sandbox accounts, and says which calls change them. Only tests import it.
package accounttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

var (
	// createdID includes the token of a script's run.
	createdID     = pattern.New(`\b(vpce|sg|sgr|eni|i|ami|vol|cvpn-endpoint|cvpn-assoc|eipalloc|eipassoc|rtb|rtbassoc|acl|aclassoc|vpc|vpc-cidr-assoc|dopt|subnet|igw|nat|fl)-[0-9a-f]{8,17}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{16,32}\b|\bwizard-\d+-\d+-\d+-\d+\b`)
	grantedSecret = pattern.New(`(:secret:[\w/+=.@-]+)-(?:\?{6}|\w{6})|(PrivateLinkWizard(?:Secret|Key))[0-9a-f]{8}`)
	// volatileFields differ between two runs that do the same.
	volatileFields = strings.Fields("CreationTimestamp CreationTime CreatedTime DnsEntries AttachTime AttachmentId MacAddress PrivateDnsName PrivateIpAddress PrivateIpAddresses dns_names ip loaded created " +
		"CommandId RequestedDateTime ExpiresAfter ResponseStartDateTime ResponseFinishDateTime LastPingDateTime Output version CreatedAt CreateDate LaunchTime ClientToken " +
		"IPAddress ComputerName RegistrationDate UsageOperationUpdateTime RoleId InstanceProfileId LastChangedDate LastAccessedDate CreatedDate registeredAt createdAt updatedAt startedAt stoppedAt " +
		"stoppingAt connectivityAt pullStartedAt pullStoppedAt executionStoppedAt registered_at deployed AvailableIpAddressCount attachments availabilityZone failedTasks serial Serial NotBefore NotAfter ImportedAt IssuedAt LastUpdate ReservationId PublicIp PublicDnsName CreateTime PrivateIp")
)

// Changes reports whether an operation changes the account. GET is a request to the sandbox itself.
func Changes(op string) bool {
	return !resource.Reads(op) && !strings.HasPrefix(op, "GET ")
}

// IDs returns the ids in an account.
func IDs(account any) map[string]bool {
	out := map[string]bool{}
	text, _ := json.Marshal(account)
	for _, id := range createdID().FindAllString(string(text), -1) {
		out[id] = true
	}
	return out
}

// Normal returns an account, as /_sandbox/account shows it, without what differs between two runs that do the same. The
// ids that it had before are fixed.
func Normal(account any, fixed map[string]bool) any {
	return rewritten(account, func(s string) string {
		s = grantedSecret().ReplaceAllString(s, "$1$2") // the plan of a secret that does not exist yet has a pattern for its name
		return createdID().ReplaceAllStringFunc(s, func(id string) string {
			if fixed[id] {
				return id
			}
			return "<id>"
		})
	})
}

func rewritten(v any, text func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		if comment, _ := v["Comment"].(string); strings.HasPrefix(comment, "PrivateLink Wizard check ") { // changes nothing
			return nil
		}
		state, _ := v["State"].(map[string]any)
		if state["Name"] == "terminated" || v["status"] == "INACTIVE" || v["Status"] == "INACTIVE" { // AWS keeps what was deleted for a while
			return nil
		}
		if v["taskArn"] != nil && v["lastStatus"] == "STOPPED" { // a test task, or one that a service replaced
			return nil
		}
		_, placed := v["NetworkInterfaceId"] // Amazon ECS chooses the subnet of a task
		if _, ok := v["IsPrimary"]; ok {     // AWS chooses the zones of a regional NAT gateway
			placed = true
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !slices.Contains(volatileFields, k) && !(placed && slices.Contains([]string{"SubnetId", "AvailabilityZone", "AvailabilityZoneId"}, k)) {
				out[text(k)] = rewritten(v[k], text)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if e := rewritten(e, text); e != nil {
				out = append(out, e)
			}
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	case string:
		return text(Document(v))
	}
	return v
}

// Document returns a JSON document, such as a policy, without its white space, which means nothing. It returns other texts as they
// are.
func Document(text string) string {
	var document map[string]any
	if json.Unmarshal([]byte(text), &document) != nil {
		return text
	}
	return fmt.Sprint(document)
}

// WithoutKept returns an account without what AWS keeps of a run that was reverted: secrets in their recovery window,
// versions of secrets, log groups, commands, tags and connections of restarted agents, records that validate a certificate, options
// of environments, jobs of AWS Batch that have ended, and the tasks of services that go back to a revision that could not start any.
func WithoutKept(v any) any {
	switch v := v.(type) {
	case map[string]any:
		name, _ := v["Name"].(string)
		key, _ := v["key"].(string)
		tags, _ := v["tags"].(map[string]any)
		switch {
		case v["DeletedDate"] != nil, v["logGroupName"] != nil && tags[resource.ManagedBy] == resource.Owner, v["RequesterId"] == "578734482556", // interfaces of tasks
			v["Type"] == "CNAME" && strings.HasPrefix(name, "_"), strings.HasPrefix(key, "privatelink-wizard:"):
			return nil
		}
		out := map[string]any{}
		for k, e := range v {
			list, ok := e.([]any)
			if slices.Contains([]string{"Commands", "Images", "agentConnected", "ResourceRecord", "deployments", "pendingTasksCount", "runningTasksCount", "runningCount", "pendingCount", "events", "tasks", "jobs", "AirflowConfigurationOptions"}, k) ||
				v["AirflowVersion"] != nil && k == "Status" {
				continue
			}
			if e = WithoutKept(e); ok && len(list) > 0 && len(e.([]any)) == 0 || ok && len(list) == 0 {
				continue
			}
			if m, ok := e.(map[string]any); ok && len(m) == 0 { // such as a service with nothing but what AWS keeps
				continue
			}
			out[k] = e
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			if e = WithoutKept(e); e != nil {
				out = append(out, e)
			}
		}
		return out
	}
	return v
}
