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
		"CreateLogGroup":        wire.JSONOp((*region).createLogGroup),
		"DeleteLogGroup":        wire.JSONOp((*region).deleteLogGroup),
		"DescribeLogGroups":     wire.JSONOp((*region).describeLogGroups),
		"PutRetentionPolicy":    wire.JSONOp((*region).putRetentionPolicy),
		"DeleteRetentionPolicy": wire.JSONOp((*region).deleteRetentionPolicy),
		"ListTagsForResource":   wire.JSONOp((*region).listTagsLogs),
		"TagResource":           wire.JSONOp((*region).tagLogs),
		"UntagResource":         wire.JSONOp((*region).untagLogs),
	},
	Dump: func(r *region) map[string]any {
		var groups []logGroupDump
		for _, g := range r.LogGroups {
			groups = append(groups, logGroupDump{g.LogGroupName, g.RetentionInDays, g.tags.Map()})
		}
		return map[string]any{"LogGroups": groups}
	},
}

// logGroupDump is a log group without the values that follow from its name.
type logGroupDump struct {
	LogGroupName    string            `json:"logGroupName"`
	RetentionInDays int               `json:"retentionInDays,omitempty"`
	Tags            map[string]string `json:"tags"`
}

// logGroup is a log group in the format of DescribeLogGroups. A scenario contains the name.
type logGroup struct {
	LogGroupName      string `json:"logGroupName"`
	LogGroupClass     string `json:"logGroupClass"`
	Arn               string `json:"arn"`
	LogGroupArn       string `json:"logGroupArn"`
	CreationTime      int64  `json:"creationTime"`              // in milliseconds
	RetentionInDays   int    `json:"retentionInDays,omitempty"` // 0: the events never expire
	MetricFilterCount int    `json:"metricFilterCount"`
	StoredBytes       int64  `json:"storedBytes"`

	tags store.Tags // shown by an operation of its own
}

// complete derives the other values from the name.
func (g *logGroup) complete(r *region, created time.Time) {
	g.LogGroupArn = r.ARN("logs", "log-group:"+g.LogGroupName)
	g.Arn, g.LogGroupClass, g.CreationTime = g.LogGroupArn+":*", standardLogs, created.UnixMilli()
}

func (r *region) loadLogGroups() {
	for _, g := range r.LogGroups {
		g.complete(r, store.Loaded)
	}
}

func (r *region) hasLogGroup(name string) bool {
	return slices.ContainsFunc(r.LogGroups, func(g *logGroup) bool { return g.LogGroupName == name })
}

// findLogGroup finds a log group that match accepts.
func (r *region) findLogGroup(match func(*logGroup) bool) (*logGroup, *wire.Error) {
	if i := slices.IndexFunc(r.LogGroups, match); i >= 0 {
		return r.LogGroups[i], nil
	}
	return nil, wire.Fail("ResourceNotFoundException", "The specified log group does not exist.")
}

const standardLogs = "STANDARD" // the class of log groups with all features

type createLogGroupIn struct {
	LogGroupName  string            `json:"logGroupName"`
	LogGroupClass string            `json:"logGroupClass"`
	Tags          map[string]string `json:"tags"`
}

var logTags = store.TagCodes{Invalid: "InvalidParameterException", Duplicate: "InvalidParameterException", TooMany: "TooManyTagsException"}

var logGroupName = pattern.New(`^[-_./#A-Za-z0-9]{1,512}$`)

// createLogGroup creates a log group. A name has one log group at most (Amazon CloudWatch Logs API
// reference, CreateLogGroup).
func (r *region) createLogGroup(in createLogGroupIn) (struct{}, *wire.Error) {
	tags := store.TagsOf(in.Tags)
	switch {
	case !logGroupName().MatchString(in.LogGroupName) || strings.HasPrefix(in.LogGroupName, "aws/"):
		return struct{}{}, wire.Fail("InvalidParameterException", "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")
	case r.hasLogGroup(in.LogGroupName):
		return struct{}{}, wire.Fail("ResourceAlreadyExistsException", "The specified log group already exists")
	case in.LogGroupClass != "" && in.LogGroupClass != standardLogs:
		return struct{}{}, notSupported("log groups of the class " + in.LogGroupClass)
	}
	if err := logTags.Check(tags); err != nil {
		return struct{}{}, err
	}
	g := &logGroup{LogGroupName: in.LogGroupName, tags: tags}
	g.complete(r, r.Now())
	r.LogGroups = append(r.LogGroups, g)
	return struct{}{}, nil
}

type logGroupIn struct {
	LogGroupName string `json:"logGroupName"`
}

func (r *region) deleteLogGroup(in logGroupIn) (struct{}, *wire.Error) {
	g, err := r.logGroupNamed(in.LogGroupName)
	if err != nil {
		return struct{}{}, err
	}
	r.LogGroups = slices.DeleteFunc(r.LogGroups, func(other *logGroup) bool { return other == g })
	return struct{}{}, nil
}

func (r *region) logGroupNamed(name string) (*logGroup, *wire.Error) {
	return r.findLogGroup(func(g *logGroup) bool { return g.LogGroupName == name })
}

// retentions are the numbers of days that CloudWatch Logs can keep events (Amazon CloudWatch Logs API reference,
// PutRetentionPolicy).
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

type putRetentionIn struct {
	logGroupIn
	RetentionInDays int `json:"retentionInDays"`
}

func (r *region) putRetentionPolicy(in putRetentionIn) (struct{}, *wire.Error) {
	g, err := r.logGroupNamed(in.LogGroupName)
	if err == nil && !slices.Contains(retentions, in.RetentionInDays) {
		err = wire.Fail("InvalidParameterException", "1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", in.RetentionInDays, retentions)
	}
	if err == nil {
		g.RetentionInDays = in.RetentionInDays
	}
	return struct{}{}, err
}

func (r *region) deleteRetentionPolicy(in logGroupIn) (struct{}, *wire.Error) {
	g, err := r.logGroupNamed(in.LogGroupName)
	if err == nil {
		g.RetentionInDays = 0
	}
	return struct{}{}, err
}

type logTagsIn struct {
	ResourceArn string `json:"resourceArn"` // of a log group, without :* at its end
}

func (r *region) taggedLogGroup(in logTagsIn) (*logGroup, *wire.Error) {
	return r.findLogGroup(func(g *logGroup) bool { return g.LogGroupArn == in.ResourceArn })
}

type logTagsOut struct {
	Tags map[string]string `json:"tags"`
}

func (r *region) listTagsLogs(in logTagsIn) (logTagsOut, *wire.Error) {
	g, err := r.taggedLogGroup(in)
	if err != nil {
		return logTagsOut{}, err
	}
	return logTagsOut{g.tags.Map()}, nil
}

type tagLogsIn struct {
	logTagsIn
	Tags map[string]string `json:"tags"`
}

func (r *region) tagLogs(in tagLogsIn) (struct{}, *wire.Error) {
	g, err := r.taggedLogGroup(in.logTagsIn)
	if err == nil {
		err = logTags.Add(&g.tags, store.TagsOf(in.Tags))
	}
	return struct{}{}, err
}

type untagLogsIn struct {
	logTagsIn
	TagKeys []string `json:"tagKeys"`
}

func (r *region) untagLogs(in untagLogsIn) (struct{}, *wire.Error) {
	g, err := r.taggedLogGroup(in.logTagsIn)
	if err == nil {
		g.tags.Remove(in.TagKeys)
	}
	return struct{}{}, err
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
