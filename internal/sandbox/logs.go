package sandbox

import (
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Amazon CloudWatch Logs: log groups, without log streams.

var logsAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"CreateLogGroup":    wire.JSONOp((*region).createLogGroup),
		"DeleteLogGroup":    wire.JSONOp((*region).deleteLogGroup),
		"DescribeLogGroups": wire.JSONOp((*region).describeLogGroups),
	},
	Dump: func(r *region) map[string]any {
		var groups []createLogGroupIn
		for _, g := range r.LogGroups {
			groups = append(groups, createLogGroupIn{g.LogGroupName, g.tags})
		}
		return map[string]any{"LogGroups": groups}
	},
}

// logGroup is a log group in the format of DescribeLogGroups. A scenario contains the name.
type logGroup struct {
	LogGroupName      string `json:"logGroupName"`
	LogGroupClass     string `json:"logGroupClass"`
	Arn               string `json:"arn"`
	LogGroupArn       string `json:"logGroupArn"`
	CreationTime      int64  `json:"creationTime"` // in milliseconds
	MetricFilterCount int    `json:"metricFilterCount"`
	StoredBytes       int64  `json:"storedBytes"`
	tags              map[string]string
}

// complete derives the other values from the name.
func (g *logGroup) complete(r *region, created time.Time) {
	g.LogGroupArn = r.ARN("logs", "log-group:"+g.LogGroupName)
	g.Arn, g.LogGroupClass, g.CreationTime = g.LogGroupArn+":*", "STANDARD", created.UnixMilli()
}

func (r *region) loadLogGroups() {
	for _, g := range r.LogGroups {
		g.complete(r, store.Loaded)
	}
}

func (r *region) hasLogGroup(name string) bool {
	return slices.ContainsFunc(r.LogGroups, func(g *logGroup) bool { return g.LogGroupName == name })
}

type createLogGroupIn struct {
	LogGroupName string            `json:"logGroupName"`
	Tags         map[string]string `json:"tags,omitempty"`
}

var logGroupName = pattern.New(`^[-_./#A-Za-z0-9]{1,512}$`)

// createLogGroup creates a log group. A name has one log group at most (Amazon CloudWatch Logs API
// reference, CreateLogGroup).
func (r *region) createLogGroup(in createLogGroupIn) (struct{}, *wire.Error) {
	var tags store.Tags
	for k, v := range in.Tags {
		tags = append(tags, store.Tag{Key: k, Value: v})
	}
	switch {
	case !logGroupName().MatchString(in.LogGroupName) || strings.HasPrefix(in.LogGroupName, "aws/"):
		return struct{}{}, wire.Fail("InvalidParameterException", "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")
	case r.hasLogGroup(in.LogGroupName):
		return struct{}{}, wire.Fail("ResourceAlreadyExistsException", "The specified log group already exists")
	}
	if err := (store.TagCodes{Invalid: "InvalidParameterException", Duplicate: "InvalidParameterException", TooMany: "InvalidParameterException"}).Check(tags); err != nil {
		return struct{}{}, err
	}
	g := &logGroup{LogGroupName: in.LogGroupName, tags: in.Tags}
	g.complete(r, r.Now())
	r.LogGroups = append(r.LogGroups, g)
	return struct{}{}, nil
}

type deleteLogGroupIn struct {
	LogGroupName string `json:"logGroupName"`
}

func (r *region) deleteLogGroup(in deleteLogGroupIn) (struct{}, *wire.Error) {
	if !r.hasLogGroup(in.LogGroupName) {
		return struct{}{}, wire.Fail("ResourceNotFoundException", "The specified log group does not exist.")
	}
	r.LogGroups = slices.DeleteFunc(r.LogGroups, func(g *logGroup) bool { return g.LogGroupName == in.LogGroupName })
	return struct{}{}, nil
}

type describeLogGroupsIn struct {
	LogGroupIdentifiers []string `json:"logGroupIdentifiers"`
	LogGroupNamePrefix  string   `json:"logGroupNamePrefix"`
	Limit               *int32   `json:"limit"`
	NextToken           string   `json:"nextToken"`
}

type describeLogGroupsOut struct {
	LogGroups []*logGroup `json:"logGroups"`
	NextToken string      `json:"nextToken,omitempty"`
}

var logGroupPages = store.Pager{
	Size: 50, Least: 1, Most: 50,
	BadSize: func(size int32) *wire.Error {
		return wire.Fail("InvalidParameterException", "1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 50", size)
	},
	BadToken: func(string) *wire.Error {
		return wire.Fail("InvalidParameterException", "The specified nextToken is invalid.")
	},
}

// describeLogGroups lists log groups by name. Identifiers are names or ARNs, at most 50, and exclude other
// filters (Amazon CloudWatch Logs API reference, DescribeLogGroups).
func (r *region) describeLogGroups(in describeLogGroupsIn) (describeLogGroupsOut, *wire.Error) {
	ids := in.LogGroupIdentifiers
	switch {
	case len(ids) > 50:
		return describeLogGroupsOut{}, wire.Fail("InvalidParameterException", "1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length less than or equal to 50")
	case len(ids) > 0 && in.LogGroupNamePrefix != "":
		return describeLogGroupsOut{}, wire.Fail("InvalidParameterException", "LogGroupIdentifiers cannot be combined with logGroupNamePrefix.")
	}
	var found []*logGroup
	for _, g := range r.LogGroups {
		if len(ids) > 0 && !slices.Contains(ids, g.LogGroupName) && !slices.Contains(ids, g.LogGroupArn) || !strings.HasPrefix(g.LogGroupName, in.LogGroupNamePrefix) {
			continue
		}
		found = append(found, g)
	}
	slices.SortFunc(found, func(a, b *logGroup) int { return strings.Compare(a.LogGroupName, b.LogGroupName) })
	page, next, err := store.Page(&logGroupPages, found, in.Limit, in.NextToken)
	return describeLogGroupsOut{page, next}, err
}
