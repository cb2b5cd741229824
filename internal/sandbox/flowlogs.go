package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/iam"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// VPC Flow Logs to Amazon CloudWatch Logs and Amazon S3. The sandbox has no buckets: each name is that of an existing bucket
// of the account, and the scenario lists those that AWS cannot write to.

const flowLogFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

type flowLog struct {
	FlowLogId                string
	FlowLogStatus            string
	ResourceId               string
	TrafficType              string
	LogDestinationType       string
	LogDestination           string
	LogGroupName             string
	DeliverLogsPermissionArn string
	DeliverLogsStatus        string
	DeliverLogsErrorMessage  string
	LogFormat                string
	MaxAggregationInterval   int32
	CreationTime             time.Time
	Tags                     store.Tags `ec2:"tagSet"`
}

var flowLogKind = &kind[*flowLog]{
	ids: idFlowLog, tags: func(f *flowLog) store.Tags { return f.Tags }, min: 1, max: 1000,
	filters: `flow-log-id resource-id traffic-type log-destination-type log-group-name deliver-log-status=DeliverLogsStatus`,
}

// loadFlowLogs completes the flow logs of a scenario.
func (r *region) loadFlowLogs(s *scenario) {
	for _, f := range s.FlowLogs {
		f.FlowLogStatus, f.LogDestinationType, f.CreationTime = "ACTIVE", "cloud-watch-logs", store.Loaded
		f.TrafficType, f.LogFormat, f.MaxAggregationInterval = cmp.Or(f.TrafficType, "ALL"), cmp.Or(f.LogFormat, flowLogFormat), cmp.Or(f.MaxAggregationInterval, 600)
		f.LogDestination = r.ARN("logs", "log-group:"+f.LogGroupName)
		r.flowLogs.Add(f.FlowLogId, f)
	}
}

type createFlowLogsIn struct {
	DryRun                   bool
	ResourceIds              []string `ec2:"ResourceId,required"`
	ResourceType             string   `ec2:",required"`
	TrafficType              string
	LogDestinationType       string
	LogDestination           string
	LogGroupName             string
	DeliverLogsPermissionArn string
	LogFormat                string
	MaxAggregationInterval   int32
	ClientToken              string
	TagSpecifications        []tagSpecification `ec2:"TagSpecification"`
}

type createFlowLogsOut struct {
	FlowLogIds   []string `ec2:"flowLogIdSet"`
	ClientToken  string
	Unsuccessful []unsuccessfulItem
}

// createFlowLogs creates a flow log for each resource
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html). It returns the existing
// ones if the client token was used before.
func (r *region) createFlowLogs(in createFlowLogsIn) (createFlowLogsOut, *wire.Error) {
	out := createFlowLogsOut{ClientToken: in.ClientToken}
	ids, err := store.Once(r.tokens, "CreateFlowLogs", in.ClientToken, in, func() (*[]string, *wire.Error) {
		ids, refused, err := r.buildFlowLogs(in)
		out.Unsuccessful = refused
		return ids, err
	})
	if err != nil {
		return createFlowLogsOut{}, err
	}
	if out.FlowLogIds = *ids; len(out.FlowLogIds) == 0 {
		r.tokens.Free("CreateFlowLogs", in.ClientToken) // a request that created nothing can be repeated
	}
	return out, nil
}

// buildFlowLogs creates the flow logs, or returns why it creates none. AWS answers with the status 200 if it cannot write to a bucket. The
// message is that of the page on troubleshooting
// (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-troubleshooting.html); no page states the code.
func (r *region) buildFlowLogs(in createFlowLogsIn) (*[]string, []unsuccessfulItem, *wire.Error) {
	log, err := r.flowLogOf(in)
	if err != nil {
		return nil, nil, err
	}
	if log.Tags, err = createTagsOf(in.TagSpecifications, "vpc-flow-log"); err != nil {
		return nil, nil, err
	}
	for _, id := range in.ResourceIds {
		switch in.ResourceType {
		case "VPC":
			_, err = find(&r.vpcs, idVPC, id)
		case "Subnet":
			_, err = find(&r.subnets, idSubnet, id)
		case "NetworkInterface":
			_, err = find(&r.interfaces, idInterface, id)
		default:
			err = wire.Fail("InvalidParameterValue", "Invalid value '%s' for ResourceType. Valid values are: VPC, Subnet, NetworkInterface.", in.ResourceType)
		}
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(r.flowLogs.List, func(o *flowLog) bool {
			return o.ResourceId == id && o.LogDestination == log.LogDestination && o.TrafficType == log.TrafficType
		}) {
			return nil, nil, wire.Fail("FlowLogAlreadyExists", "Error. There is an existing Flow Log with the same configuration and log destination.")
		}
	}
	ids := &[]string{}
	if _, name, _ := strings.Cut(log.LogDestination, ":::"); slices.Contains(r.DeniedBuckets, name) {
		var refused []unsuccessfulItem
		for _, id := range in.ResourceIds {
			refused = append(refused, unsuccessfulItem{id, itemError{"400", "Access Denied for LogDestination: " + name + ". Please check LogDestination permission"}})
		}
		return ids, refused, nil
	}
	for _, id := range in.ResourceIds {
		f := *log
		f.FlowLogId, f.ResourceId, f.Tags = r.Counters.ID("fl"), id, slices.Clone(log.Tags)
		r.flowLogs.Add(f.FlowLogId, &f)
		*ids = append(*ids, f.FlowLogId)
	}
	return ids, nil, nil
}

// flowLogOf reads what the flow logs of a request have in common.
func (r *region) flowLogOf(in createFlowLogsIn) (*flowLog, *wire.Error) {
	f := &flowLog{
		FlowLogStatus: "ACTIVE", TrafficType: in.TrafficType, LogDestinationType: cmp.Or(in.LogDestinationType, "cloud-watch-logs"), LogGroupName: in.LogGroupName,
		DeliverLogsPermissionArn: in.DeliverLogsPermissionArn, LogFormat: cmp.Or(in.LogFormat, flowLogFormat), MaxAggregationInterval: cmp.Or(in.MaxAggregationInterval, 600),
		CreationTime: r.Now(),
	}
	// The API reference has no codes for a destination that is not valid. Those for buckets are like those for log groups.
	bucket := f.LogDestinationType == "s3"
	switch {
	case bucket && (in.LogGroupName != "" || in.DeliverLogsPermissionArn != ""):
		return nil, wire.Fail("InvalidParameter", "LogGroupName and DeliverLogsPermissionArn are not applicable for s3")
	case bucket && !strings.Contains(in.LogDestination, ":s3:::"):
		return nil, wire.Fail("InvalidParameter", "LogDestination must be the ARN of a bucket")
	case bucket:
		f.LogDestination = in.LogDestination
	case f.LogDestinationType != "cloud-watch-logs":
		return nil, notSupported("flow logs to " + f.LogDestinationType)
	case in.LogDestination != "":
		_, name, ok := strings.Cut(in.LogDestination, ":log-group:")
		if !ok || in.LogGroupName != "" {
			return nil, wire.Fail("InvalidParameter", "LogDestination must be the ARN of a log group, and cannot be combined with LogGroupName")
		}
		f.LogGroupName = strings.TrimSuffix(name, ":*")
	}
	switch {
	case f.LogGroupName == "" && !bucket:
		return nil, wire.Fail("InvalidParameter", "LogDestination can't be empty if LogGroupName is not provided")
	case in.DeliverLogsPermissionArn == "" && !bucket:
		return nil, wire.Fail("InvalidParameter", "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs")
	case !slices.Contains([]string{"ACCEPT", "REJECT", "ALL"}, in.TrafficType):
		return nil, wire.Fail("InvalidParameter", "TrafficType must be one of ACCEPT, REJECT, ALL")
	case f.MaxAggregationInterval != 60 && f.MaxAggregationInterval != 600:
		return nil, wire.Fail("InvalidParameter", "Invalid Flow Log Max Aggregation Interval")
	}
	if !bucket {
		f.LogDestination = r.ARN("logs", "log-group:"+f.LogGroupName)
	}
	return f, nil
}

// fillFlowLog sets whether AWS can deliver the records: a role that does not exist or has no permission for
// the log group gives an access error
// (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-troubleshooting.html).
func (r *region) fillFlowLog(f *flowLog) {
	if f.LogDestinationType == "s3" {
		f.DeliverLogsStatus = "SUCCESS"
		return
	}
	f.DeliverLogsStatus, f.DeliverLogsErrorMessage = "FAILED", "Access error"
	i := slices.IndexFunc(r.iam.Roles, func(role *iam.Role) bool { return role.Arn == f.DeliverLogsPermissionArn })
	if i >= 0 && r.iam.Allows(r.iam.Roles[i], r.Now(), "logs:PutLogEvents", f.LogDestination+":log-stream:x", nil) {
		f.DeliverLogsStatus, f.DeliverLogsErrorMessage = "SUCCESS", ""
	}
}

// shownFlowLogs returns the flow logs with the status of their delivery.
func (r *region) shownFlowLogs() *store.Table[flowLog] {
	for _, f := range r.flowLogs.List {
		r.fillFlowLog(f)
	}
	return &r.flowLogs
}

type deleteFlowLogsIn struct {
	DryRun     bool
	FlowLogIds []string `ec2:"FlowLogId,required"`
}

type deleteFlowLogsOut struct{ Unsuccessful []unsuccessfulItem }

// deleteFlowLogs deletes all flow logs of the request or none. The API reference lists InvalidFlowLogId.NotFound as an error
// (https://docs.aws.amazon.com/AWSEC2/latest/devguide/errors-overview.html).
func (r *region) deleteFlowLogs(in deleteFlowLogsIn) (deleteFlowLogsOut, *wire.Error) {
	for _, id := range in.FlowLogIds {
		if _, err := find(&r.flowLogs, idFlowLog, id); err != nil {
			return deleteFlowLogsOut{}, err
		}
	}
	for _, id := range in.FlowLogIds {
		r.flowLogs.Remove(id)
	}
	return deleteFlowLogsOut{}, nil
}
