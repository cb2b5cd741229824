package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Run Command of Systems Manager. The effects of a command on a host are in scripts.go.

const (
	shellDocument      = "AWS-RunShellScript"
	powerShellDocument = "AWS-RunPowerShellScript"

	maxCommandTargets = 50
	deliveryTime      = 2 * time.Second // until a command reaches a host
	hiddenTime        = time.Second     // until GetCommandInvocation finds a new command

	maxOutput       = 24000 // characters in the output of GetCommandInvocation
	maxListedOutput = 2500  // and of ListCommandInvocations
	outputCut       = "\n---Output truncated---"
)

type ssmCommand struct {
	CommandId              string
	DocumentName           string
	DocumentVersion        string
	Comment                string
	ExpiresAfter           wire.Epoch
	Parameters             map[string][]string
	InstanceIds            []string
	Targets                []ssmTarget
	RequestedDateTime      wire.Epoch
	Status                 string
	StatusDetails          string
	OutputS3Region         string
	OutputS3BucketName     string
	OutputS3KeyPrefix      string
	MaxConcurrency         string
	MaxErrors              string
	TargetCount            int
	CompletedCount         int
	ErrorCount             int
	DeliveryTimedOutCount  int
	ServiceRole            string
	NotificationConfig     struct{}
	TimeoutSeconds         int
	CloudWatchOutputConfig cloudWatchOutput

	invocations []*invocation
}

type ssmTarget struct {
	Key    string
	Values []string
}

type cloudWatchOutput struct {
	CloudWatchLogGroupName  string
	CloudWatchOutputEnabled bool
}

// invocation is a command on one of its hosts.
type invocation struct {
	host      *managedInstance
	startedAt time.Time // zero: it has not reached the host
	endsAt    time.Time // zero while startedAt is zero; if it never started, the time when AWS gave up
	result    result
}

// result is the outcome of an invocation.
type result struct {
	status, details string
	code            int
	out, err        string
	takes           time.Duration
}

func (i *invocation) over(at time.Time) bool { return !i.endsAt.IsZero() && !at.Before(i.endsAt) }

// state returns the status that AWS shows for an invocation.
func (i *invocation) state(now time.Time) (status, details string, code int) {
	switch {
	case i.over(now):
		return i.result.status, i.result.details, i.result.code
	case !i.startedAt.IsZero():
		return "InProgress", "InProgress", -1
	}
	return "Pending", "Pending", -1
}

type sendCommandIn struct {
	DocumentName           string
	DocumentVersion        string
	InstanceIds            []string
	Targets                []ssmTarget
	TimeoutSeconds         *int
	Comment                string
	Parameters             map[string][]string
	MaxConcurrency         *string
	MaxErrors              *string
	CloudWatchOutputConfig cloudWatchOutput
}

type commandOut struct{ Command ssmCommand }

// outside returns AWS's error for a value that violates the model of its API.
func outside(member string, value any, format string, args ...any) *wire.Error {
	return wire.Fail("ValidationException", "1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s", value, member, fmt.Sprintf(format, args...))
}

var (
	concurrencyPattern = pattern.New(`^([1-9][0-9]*|[1-9][0-9]%|[1-9]%|100%)$`)
	errorsPattern      = pattern.New(`^([1-9][0-9]*|[0]|[1-9][0-9]%|[0-9]%|100%)$`)
)

func (in *sendCommandIn) check() *wire.Error {
	switch {
	case len(in.InstanceIds) > maxCommandTargets:
		return outside("instanceIds", in.InstanceIds, "Member must have length less than or equal to %d", maxCommandTargets)
	case len(in.Targets) > 5:
		return outside("targets", len(in.Targets), "Member must have length less than or equal to 5")
	case len([]rune(in.Comment)) > 100:
		return outside("comment", in.Comment, "Member must have length less than or equal to 100")
	case in.TimeoutSeconds != nil && (*in.TimeoutSeconds < 30 || *in.TimeoutSeconds > 2592000):
		return outside("timeoutSeconds", *in.TimeoutSeconds, "Member must have value between 30 and 2592000")
	case in.MaxConcurrency != nil && !concurrencyPattern().MatchString(*in.MaxConcurrency):
		return outside("maxConcurrency", *in.MaxConcurrency, "Member must satisfy regular expression pattern: %s", concurrencyPattern())
	case in.MaxErrors != nil && !errorsPattern().MatchString(*in.MaxErrors):
		return outside("maxErrors", *in.MaxErrors, "Member must satisfy regular expression pattern: %s", errorsPattern())
	case len(in.InstanceIds) == 0 && len(in.Targets) == 0 || len(in.InstanceIds) > 0 && len(in.Targets) > 0:
		return wire.Fail("ValidationException", "Give either instance IDs or targets.")
	}
	in.DocumentName = in.DocumentName[strings.LastIndex(in.DocumentName, "/")+1:] // the ARN of a document is also accepted
	if in.DocumentName != shellDocument && in.DocumentName != powerShellDocument {
		return wire.Fail("InvalidDocument", "Document with name %s does not exist. The sandbox has %s and %s.", in.DocumentName, shellDocument, powerShellDocument)
	}
	for name := range in.Parameters {
		if !slices.Contains([]string{"commands", "workingDirectory", "executionTimeout"}, name) {
			return wire.Fail("InvalidParameters", "Parameter %q is not defined in document %s.", name, in.DocumentName)
		}
	}
	if len(in.Parameters["commands"]) == 0 {
		return wire.Fail("InvalidParameters", `Parameter "commands" requires a value.`)
	}
	if t, ok := in.Parameters["executionTimeout"]; ok {
		if n, err := strconv.Atoi(strings.Join(t, " ")); err != nil || n < 1 || n > 172800 {
			return wire.Fail("InvalidParameters", `Parameter "executionTimeout" is between 1 and 172800, and not %q.`, t)
		}
	}
	for n, id := range in.InstanceIds {
		if slices.Contains(in.InstanceIds[:n], id) {
			return wire.Fail("DuplicateInstanceId", "Instance %s is listed twice.", id)
		}
	}
	return nil
}

// targets finds the hosts of a command. Hosts that the request lists must be online; a target
// selects online hosts only.
func (r *region) targets(in *sendCommandIn) ([]*managedInstance, *wire.Error) {
	var found []*managedInstance
	var not []string
	for _, id := range in.InstanceIds {
		if err := idInstance.check(id); err != nil && !strings.HasPrefix(id, "mi-") {
			return nil, outside("instanceIds", in.InstanceIds, "Member must satisfy constraint: [Member must satisfy regular expression pattern: (^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]")
		}
		if m := r.managedByID(id); m != nil && m.PingStatus == pingOnline {
			found = append(found, m)
		} else {
			not = append(not, id)
		}
	}
	if len(not) > 0 {
		return nil, wire.Fail("InvalidInstanceId", "Instances [[%s]] not in a valid state for account %s", strings.Join(not, ", "), store.AccountID)
	}
	for _, m := range found {
		if in.DocumentName == shellDocument && m.PlatformType == "Windows" {
			return nil, wire.Fail("UnsupportedPlatformType", "Document %s does not support the platform type %s of %s.", in.DocumentName, m.PlatformType, m.InstanceId)
		}
	}
	for _, t := range in.Targets {
		key, isTag := strings.CutPrefix(t.Key, "tag:")
		if !isTag && !strings.EqualFold(t.Key, "InstanceIds") {
			return nil, wire.Fail("InvalidTarget", "The sandbox chooses targets by InstanceIds and tag:KEY, not by %s.", t.Key)
		}
		for _, m := range r.managed {
			chosen := slices.Contains(t.Values, m.InstanceId)
			if isTag {
				chosen = slices.ContainsFunc(m.host.Tags, func(has store.Tag) bool { return has.Key == key && slices.Contains(t.Values, has.Value) })
			}
			if chosen && m.PingStatus == pingOnline && !slices.Contains(found, m) && (m.PlatformType != "Windows" || in.DocumentName != shellDocument) {
				found = append(found, m)
			}
		}
	}
	return found, nil
}

func (r *region) sendCommand(in sendCommandIn) (commandOut, *wire.Error) {
	if err := in.check(); err != nil {
		return commandOut{}, err
	}
	hosts, err := r.targets(&in)
	if err != nil {
		return commandOut{}, err
	}
	c := &ssmCommand{
		CommandId:    fmt.Sprintf("c0330000-0000-4000-8000-%012x", r.Counters.Next("command")),
		DocumentName: in.DocumentName, DocumentVersion: "$DEFAULT", Comment: in.Comment, Parameters: in.Parameters, InstanceIds: append([]string{}, in.InstanceIds...),
		Targets: append([]ssmTarget{}, in.Targets...), RequestedDateTime: wire.Epoch{Time: r.Now()}, MaxConcurrency: "50", MaxErrors: "0", TimeoutSeconds: 3600,
		TargetCount: len(hosts), CloudWatchOutputConfig: in.CloudWatchOutputConfig,
	}
	if in.DocumentVersion != "" {
		c.DocumentVersion = in.DocumentVersion
	}
	if in.TimeoutSeconds != nil {
		c.TimeoutSeconds = *in.TimeoutSeconds
	}
	if in.MaxConcurrency != nil {
		c.MaxConcurrency = *in.MaxConcurrency
	}
	if in.MaxErrors != nil {
		c.MaxErrors = *in.MaxErrors
	}
	c.ExpiresAfter = wire.Epoch{Time: r.Plus(r.Now(), time.Duration(c.TimeoutSeconds)*time.Second)}
	for _, m := range hosts {
		c.invocations = append(c.invocations, &invocation{host: m})
	}
	r.commands = append(r.commands, c)
	r.settleCommand(c)
	return commandOut{*c}, nil
}

// amount parses a number of targets or a percentage of them.
func amount(text string, of int) int {
	percent, isPercent := strings.CutSuffix(text, "%")
	n, _ := strconv.Atoi(percent) // the pattern has been checked
	if isPercent {
		return n * of / 100
	}
	return n
}

func (r *region) settleCommands() {
	for _, c := range r.commands {
		r.settleCommand(c)
	}
}

// settleCommand starts the invocations that are due: a few in parallel, the next when one has
// ended, and none after too many errors.
func (r *region) settleCommand(c *ssmCommand) {
	now := r.Now()
	abreast := max(1, amount(c.MaxConcurrency, len(c.invocations)))
	sent := c.RequestedDateTime.Time
	for n, i := range c.invocations {
		if !i.endsAt.IsZero() {
			continue // it is running or has ended
		}
		start := r.Plus(sent, deliveryTime)
		if n >= abreast {
			var ends []time.Time
			for _, before := range c.invocations[:n] {
				ends = append(ends, before.endsAt)
			}
			slices.SortFunc(ends, time.Time.Compare)
			if free := ends[n-abreast]; free.After(start) {
				start = free
			}
		}
		if now.Before(start) {
			break
		}
		if expires := c.ExpiresAfter.Time; i.host.PingStatus != pingOnline || !r.pings(i.host.host) {
			if now.Before(expires) {
				break
			}
			i.endsAt, i.result = expires, result{status: "TimedOut", details: "DeliveryTimedOut", code: -1}
			continue
		}
		if c.errors(start) > amount(c.MaxErrors, len(c.invocations)) {
			i.endsAt, i.result = start, result{status: "Cancelled", details: "Terminated", code: -1}
			continue
		}
		i.startedAt = start
		i.result = r.runScript(i.host.host, c.DocumentName, strings.Join(c.Parameters["commands"], "\n"), start)
		if limit := c.Parameters["executionTimeout"]; len(limit) > 0 {
			if seconds, _ := strconv.Atoi(limit[0]); i.result.takes > time.Duration(seconds)*time.Second {
				i.result = result{status: "TimedOut", details: "ExecutionTimedOut", code: 137, takes: time.Duration(seconds) * time.Second}
			}
		}
		i.endsAt = r.Plus(start, i.result.takes)
	}
	c.sumUp(now)
}

func (c *ssmCommand) errors(at time.Time) int {
	n := 0
	for _, i := range c.invocations {
		if i.over(at) && i.result.status != "Success" && i.result.status != "Cancelled" {
			n++
		}
	}
	return n
}

// sumUp sets the status of the whole command.
func (c *ssmCommand) sumUp(now time.Time) {
	c.CompletedCount, c.ErrorCount, c.DeliveryTimedOutCount = 0, c.errors(now), 0
	begun := false
	worst := map[string]int{}
	for _, i := range c.invocations {
		begun = begun || !i.startedAt.IsZero()
		if i.over(now) {
			c.CompletedCount++
			worst[i.result.details]++
		}
	}
	c.DeliveryTimedOutCount = worst["DeliveryTimedOut"]
	switch {
	case len(c.invocations) == 0:
		c.Status, c.StatusDetails = "Success", "NoInstancesInTag"
	case c.CompletedCount == len(c.invocations) && worst["Terminated"] > 0:
		c.Status, c.StatusDetails = "Failed", "RateExceeded"
	case c.CompletedCount == len(c.invocations) && worst["Cancelled"] > 0:
		c.Status, c.StatusDetails = "Cancelled", "Cancelled"
	case c.CompletedCount == len(c.invocations) && worst["Failed"] > 0:
		c.Status, c.StatusDetails = "Failed", "Failed"
	case c.CompletedCount == len(c.invocations) && worst["ExecutionTimedOut"] > 0:
		c.Status, c.StatusDetails = "TimedOut", "ExecutionTimedOut"
	case c.CompletedCount == len(c.invocations) && worst["DeliveryTimedOut"] > 0:
		c.Status, c.StatusDetails = "TimedOut", "DeliveryTimedOut"
	case c.CompletedCount == len(c.invocations):
		c.Status, c.StatusDetails = "Success", "Success"
	case begun:
		c.Status, c.StatusDetails = "InProgress", "InProgress"
	default:
		c.Status, c.StatusDetails = "Pending", "Pending"
	}
}

func (r *region) findCommand(id string) (*ssmCommand, *wire.Error) {
	for _, c := range r.commands {
		if c.CommandId == id {
			return c, nil
		}
	}
	return nil, wire.Fail("InvalidCommandId", "Command %s does not exist.", id)
}

type getInvocationIn struct {
	CommandId  string
	InstanceId string
	PluginName string
}

type getInvocationOut struct {
	CommandId              string
	InstanceId             string
	Comment                string
	DocumentName           string
	DocumentVersion        string
	PluginName             string
	ResponseCode           int
	ExecutionStartDateTime string
	ExecutionElapsedTime   string
	ExecutionEndDateTime   string
	Status                 string
	StatusDetails          string
	StandardOutputContent  string
	StandardOutputUrl      string
	StandardErrorContent   string
	StandardErrorUrl       string
	CloudWatchOutputConfig cloudWatchOutput
}

func (c *ssmCommand) plugin() string {
	if c.DocumentName == powerShellDocument {
		return "aws:runPowerShellScript"
	}
	return "aws:runShellScript"
}

const ssmTime = "2006-01-02T15:04:05.000Z"

// getCommandInvocation does not find a command right after it was sent, as in AWS.
func (r *region) getCommandInvocation(in getInvocationIn) (getInvocationOut, *wire.Error) {
	c, err := r.findCommand(in.CommandId)
	n := -1
	if err == nil {
		n = slices.IndexFunc(c.invocations, func(i *invocation) bool { return i.host.InstanceId == in.InstanceId })
	}
	if n < 0 || !r.Passed(c.RequestedDateTime.Time, hiddenTime) {
		return getInvocationOut{}, wire.Fail("InvocationDoesNotExist", "Command ID %s and instance ID %s have no invocation.", in.CommandId, in.InstanceId)
	}
	if in.PluginName != "" && in.PluginName != c.plugin() {
		return getInvocationOut{}, wire.Fail("InvalidPluginName", "The plugin name %s is not valid.", in.PluginName)
	}
	i := c.invocations[n]
	out := getInvocationOut{
		CommandId: c.CommandId, InstanceId: in.InstanceId, Comment: c.Comment, DocumentName: c.DocumentName, DocumentVersion: c.DocumentVersion, PluginName: c.plugin(),
		CloudWatchOutputConfig: c.CloudWatchOutputConfig,
	}
	out.Status, out.StatusDetails, out.ResponseCode = i.state(r.Now())
	if !i.startedAt.IsZero() {
		out.ExecutionStartDateTime = i.startedAt.Format(ssmTime)
	}
	if i.over(r.Now()) && !i.startedAt.IsZero() {
		out.ExecutionEndDateTime = i.endsAt.Format(ssmTime)
		out.ExecutionElapsedTime = fmt.Sprintf("PT%gS", i.endsAt.Sub(i.startedAt).Round(time.Millisecond).Seconds())
		out.StandardOutputContent, out.StandardErrorContent = cutOutput(i.result.out, maxOutput), cutOutput(i.result.err, maxOutput)
	}
	return out, nil
}

func cutOutput(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most-len(outputCut)] + outputCut
}

type commandFilter struct{ Key, Value string }

type listInvocationsIn struct {
	CommandId  string
	InstanceId string
	Details    bool
	Filters    []commandFilter
	MaxResults *int32
	NextToken  string
}

// matches applies the filters of a list request. Only two filters are supported.
func (in *listInvocationsIn) matches(status string, c *ssmCommand) (bool, *wire.Error) {
	for _, f := range in.Filters {
		switch f.Key {
		case "Status":
			if f.Value != status {
				return false, nil
			}
		case "DocumentName":
			if f.Value != c.DocumentName {
				return false, nil
			}
		default:
			return false, wire.Fail("InvalidFilterKey", "The sandbox filters commands by Status and DocumentName, not by %s.", f.Key)
		}
	}
	return in.CommandId == "" || in.CommandId == c.CommandId, nil
}

type listInvocationsOut struct {
	CommandInvocations []commandInvocation
	NextToken          string `json:",omitempty"`
}

type commandInvocation struct {
	CommandId              string
	InstanceId             string
	InstanceName           string
	Comment                string
	DocumentName           string
	DocumentVersion        string
	RequestedDateTime      wire.Epoch
	Status                 string
	StatusDetails          string
	StandardOutputUrl      string
	StandardErrorUrl       string
	CommandPlugins         []commandPlugin
	ServiceRole            string
	NotificationConfig     struct{}
	CloudWatchOutputConfig cloudWatchOutput
}

type commandPlugin struct {
	Name                   string
	Status                 string
	StatusDetails          string
	ResponseCode           int
	ResponseStartDateTime  wire.Epoch `json:",omitzero"`
	ResponseFinishDateTime wire.Epoch `json:",omitzero"`
	Output                 string
	StandardOutputUrl      string
	StandardErrorUrl       string
	OutputS3Region         string
	OutputS3BucketName     string
	OutputS3KeyPrefix      string
}

func (c *ssmCommand) shown(i *invocation, now time.Time, details bool) commandInvocation {
	out := commandInvocation{
		CommandId: c.CommandId, InstanceId: i.host.InstanceId, InstanceName: i.host.ComputerName, Comment: c.Comment, DocumentName: c.DocumentName,
		DocumentVersion: c.DocumentVersion, RequestedDateTime: c.RequestedDateTime, CommandPlugins: []commandPlugin{}, CloudWatchOutputConfig: c.CloudWatchOutputConfig,
	}
	status, statusDetails, code := i.state(now)
	out.Status, out.StatusDetails = status, statusDetails
	if !details {
		return out
	}
	p := commandPlugin{Name: c.plugin(), Status: status, StatusDetails: statusDetails, ResponseCode: code, ResponseStartDateTime: wire.Epoch{Time: i.startedAt}}
	if i.over(now) {
		text := i.result.out
		if i.result.err != "" {
			text += "\n----------ERROR-------\n" + i.result.err
		}
		p.ResponseFinishDateTime, p.Output = wire.Epoch{Time: i.endsAt}, cutOutput(text, maxListedOutput)
	}
	out.CommandPlugins = append(out.CommandPlugins, p)
	return out
}

func (r *region) listCommandInvocations(in listInvocationsIn) (listInvocationsOut, *wire.Error) {
	if in.CommandId != "" {
		if _, err := r.findCommand(in.CommandId); err != nil {
			return listInvocationsOut{}, err
		}
	}
	var all []commandInvocation
	for _, c := range slices.Backward(r.commands) {
		if !r.Passed(c.RequestedDateTime.Time, hiddenTime) {
			continue
		}
		for _, i := range c.invocations {
			shown := c.shown(i, r.Now(), in.Details)
			ok, err := in.matches(shown.Status, c)
			if err != nil {
				return listInvocationsOut{}, err
			}
			if ok && (in.InstanceId == "" || in.InstanceId == shown.InstanceId) {
				all = append(all, shown)
			}
		}
	}
	page, next, err := store.Page(ssmPages(1), all, in.MaxResults, in.NextToken)
	return listInvocationsOut{page, next}, err
}
