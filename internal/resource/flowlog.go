package resource

import "github.com/privatelink-wizard/privatelink-wizard/internal/terms"

// FlowLog records the traffic of a new VPC in a bucket of Amazon S3, which needs no role. AWS adds what the policy of the
// bucket lacks if the bucket belongs to the caller (Amazon VPC user guide, Publish flow logs to Amazon S3,
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html).
type FlowLog struct {
	VPC    string
	Bucket string            `aws:"LogDestination"` // ARN
	Tags   map[string]string `aws:"Tags"`
}

// Terms implements Spec.
func (FlowLog) Terms() []*terms.Term { return []*terms.Term{terms.FlowLogs} }

// Kind implements Spec.
func (FlowLog) Kind() string { return "flow-log" }

func (s FlowLog) constants() []field {
	return []field{{"ResourceIds", []Value{Ref(s.VPC)}}, {"ResourceType", "VPC"}, {"TrafficType", "ALL"}, {"LogDestinationType", "s3"}}
}

// Cells implements Spec.
func (s FlowLog) Cells(p Names, _ Change) Cells { return Cells{"flow log", p.VPCText(), s.Bucket, ""} }

func (s FlowLog) terraform(a Change) Declared {
	if a.Op == Keep {
		return Declared{}
	}
	return block("aws_flow_log", with(snaked(s, "ResourceIds", "", "ResourceType", ""), Attribute{"vpc_id", Ref(s.VPC)}))
}

// Steps implements Spec.
func (s FlowLog) Steps(a Change) Steps {
	in := filters("resource-id", value(Ref(s.VPC)))
	find := ec2("DescribeFlowLogs", map[string]any{"Filter": in["Filters"]}, expr("FlowLogs[?LogDestination==", Lit(s.Bucket), "].FlowLogId | [0]"))
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	create := request(s)
	create["ClientToken"] = Token{}
	tag(create, "vpc-flow-log", s.Tags)
	of := filters("flow-log-id", From(a.ID))
	now := ec2("DescribeFlowLogs", map[string]any{"Filter": of["Filters"]}, expr("FlowLogs[0].{destination: LogDestination}"))
	return Steps{
		Find: &find,
		Now:  &now,
		Do:   []Call{ec2("CreateFlowLogs", create, expr("FlowLogIds[0]"), "FlowLogAlreadyExists")},
		Undo: []Call{ec2("DeleteFlowLogs", map[string]any{"FlowLogIds": []any{From(a.ID)}}, nil, "InvalidFlowLogId.NotFound")},
	}
}

func (FlowLog) unread(Change) string { return "A plan does not read flow logs." }

func (FlowLog) tagged(vpc string) Tagged {
	in := filters("resource-id", vpc, "tag:"+ManagedBy, Owner)
	return Tagged{alike(FlowLog{VPC: vpc}), "flow log to", ec2("DescribeFlowLogs", map[string]any{"Filter": in["Filters"]}, expr("FlowLogs[].[FlowLogId, LogDestination]"))}
}

func (s FlowLog) claims(Change) []Claim {
	return []Claim{{Says: "the flow logs of the VPC go to " + s.Bucket, Measure: Exists{}}}
}

func (s FlowLog) cloudFormation(Change) Declared {
	return block("AWS::EC2::FlowLog", with(named(s, "ResourceIds", ""), Attribute{"ResourceId", Ref(s.VPC)}))
}
