package resource

import "strings"

// itemErrors are the fields of an answer that say what AWS did not do, as JMESPath expressions: the list, and the fields of an item.
type itemErrors struct{ list, id, code, message string }

// unsuccessful and failures are the lists of Amazon EC2 and of Amazon ECS
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnsuccessfulItem.html,
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Failure.html).
var (
	unsuccessful = itemErrors{"Unsuccessful", "ResourceId", "Error.Code", "Error.Message"}
	failures     = itemErrors{"failures", "arn", "reason", "detail"}
)

// partial are the operations of this program that change something and that AWS answers with the status 200 even if it did not do
// what was asked. A list in the answer then has the errors, one for each resource.
var partial = map[string]itemErrors{
	"ec2.CreateFlowLogs":                unsuccessful,
	"ec2.DeleteFlowLogs":                unsuccessful,
	"ec2.DeleteVpcEndpoints":            unsuccessful,
	"ecs.RunTask":                       failures,
	"ecs.UpdateContainerInstancesState": failures,
}

// noCode is the error code of an item without one.
const noCode = "Unsuccessful"

// Unsuccessful returns the JMESPath expression of what AWS did not do although it answered an operation with the status 200: a list of
// pairs of the error code and the message, which has the id of the resource. It is empty for operations without such a list.
func Unsuccessful(service, op string) string {
	e, ok := partial[service+"."+op]
	if !ok {
		return ""
	}
	return e.list + "[].[" + e.code + " || '" + noCode + "', " + e.text("") + "]"
}

// text is the expression of the message of an item, with the path of the item and a dot before the fields.
func (e itemErrors) text(item string) string {
	return "join(': ', [" + item + e.id + ", " + item + e.message + "][?@])"
}

// errorText is how the AWS CLI begins the message of an error of AWS. The error code in parentheses and a message follow.
const errorText = "An error occurred ("

// Refused returns the JMESPath expression of the first error of Unsuccessful, as the AWS CLI writes an error of AWS. Its result is null
// if AWS did what was asked. Scripts have it in a variable with the returned name. Both are empty for other operations.
func Refused(service, op string) (variable, expression string) {
	e, ok := partial[service+"."+op]
	if !ok {
		return "", ""
	}
	first := e.list + "[0]"
	return strings.ToLower(e.list), "(" + first + " && join('', ['" + errorText + "', " + first + "." + e.code + " || '" + noCode + "', '): ', " + e.text(first+".") + "]))"
}
