package resource

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// LogGroup is a log group of Amazon CloudWatch Logs.
type LogGroup struct {
	Name string            `aws:"LogGroupName"`
	Tags map[string]string `aws:"Tags"`
}

// Kind implements Spec.
func (LogGroup) Kind() string { return "log-group" }

// Terms implements Spec.
func (LogGroup) Terms() []*terms.Term { return []*terms.Term{terms.ExecutionRole} }

// Cells implements Spec.
func (s LogGroup) Cells(Names, Change) Cells {
	return Cells{"log group", s.Name, "CloudWatch Logs", "no retention period"}
}

func (s LogGroup) claims(Change) []Claim {
	return []Claim{{Says: fmt.Sprintf("log group %s exists", s.Name), Measure: LogGroupExists{}}}
}

func (s LogGroup) terraform(a Change) Declared {
	if a.Op == Keep {
		return data("aws_cloudwatch_log_group", "name", s.Name)
	}
	// Containers may have written to it, so it stays after a destroy, as after an undo.
	return block("aws_cloudwatch_log_group", with(snaked(s, "LogGroupName", "name"), Attribute{"skip_destroy", true}))
}

// Steps implements Spec. The output is the name, which AWS does not return.
func (s LogGroup) Steps(a Change) Steps {
	find := logs("DescribeLogGroups", map[string]any{"logGroupNamePrefix": s.Name}, expr("logGroups[?logGroupName==", Lit(s.Name), "].logGroupName | [0]"))
	if a.Op == Keep {
		return Steps{Find: &find}
	}
	in := map[string]any{"logGroupName": s.Name}
	if len(s.Tags) > 0 {
		tags := map[string]any{}
		for k, v := range s.Tags {
			tags[k] = v
		}
		in["tags"] = tags
	}
	return Steps{Find: &find, Do: []Call{logs("CreateLogGroup", in, expr(Lit(s.Name)), "ResourceAlreadyExistsException")},
		Stays: "The log group stays, because containers may have written to it."}
}

func logs(op string, in map[string]any, out []Value, done ...string) Call {
	return Call{Service: "logs", Op: op, In: in, Out: out, Done: done}
}

// LogGroupExists claims that the log group exists.
type LogGroupExists struct{}

// Kind implements Measure.
func (LogGroupExists) Kind() ClaimKind { return "log-group" }

func (LogGroupExists) check(_ Claim, a *Change) (Check, bool) { return found(a) }

func (s LogGroup) cloudFormation(Change) Declared {
	return Declared{Blocks: []Block{{Type: "AWS::Logs::LogGroup", Fields: named(s), Kept: true}}}
}
