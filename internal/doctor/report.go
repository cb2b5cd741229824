// Package doctor explains error messages of AWS and of programs that call it: from the text of a message to its causes. It is pure:
// the same input gives the same report.
package doctor

import (
	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// Version is the version of the JSON form of a report.
const Version = 1

// Source is a message to explain.
type Source struct {
	// Where is where AWS shows it; empty if only the text can show that.
	Where Where
	// Subject is what it is about, as users name it: CLUSTER/SERVICE, a job queue, an environment; empty if that is not known.
	Subject string
	// Text is the message as it was pasted or read.
	Text string
	// Times is how often it was read; 0 means once.
	Times int
}

// Where is where a message is shown.
type Where string

// The places that show messages.
const (
	StoppedReason Where = "ecs-stopped-reason"
	ServiceEvent  Where = "ecs-service-event"
	AgentLog      Where = "agent-log"
	ContainerLog  Where = "container-log"
	BatchReason   Where = "batch-status-reason"
	AirflowError  Where = "mwaa-error"
	CLI           Where = "cli"
	Console       Where = "console"
	Terraform     Where = "terraform"
	Formation     Where = "cloudformation"
)

// Report explains messages.
type Report struct {
	// Version is the version of this format.
	Version int `json:"version"`
	// Messages are the explained messages.
	Messages []Message `json:"messages"`
	// Causes are the causes of all messages, each once, the likeliest first.
	Causes []Cause `json:"causes"`
	// Check is what to look at next. It tells the causes apart.
	Check string `json:"check"`
	// Workload is the workload that the causes were checked against; nil without an account.
	Workload *Workload `json:"workload,omitempty"`
	// Note is what limits the comparison with the account, such as a message of another Region; empty if nothing does.
	Note string `json:"note,omitempty"`
	// Others are the reports of other workloads of the account, each with its messages.
	Others []Report `json:"others,omitempty"`
}

// Message is a message with what it says.
type Message struct {
	// Where is where AWS shows it.
	Where Where `json:"where,omitempty"`
	// Subject is the resource that the account has it from: CLUSTER/SERVICE, a job queue, an environment.
	Subject string `json:"subject,omitempty"`
	// Text is the message in clean lines, without credentials.
	Text string `json:"text"`
	// Times is how often the account has it; 0 for a text that was given.
	Times int `json:"times,omitempty"`
	// Failure is what failed, as a sentence.
	Failure string `json:"failure"`
	// Evidence is what the text says, and what it means.
	Evidence []Fact `json:"evidence"`
	// RuledOut are causes that the text speaks against.
	RuledOut []RuledOut `json:"ruled_out"`
	// Details are the values that the text contains.
	Details Details `json:"details"`
}

// Details are the values in a message. A value that the text does not contain is empty.
type Details struct {
	// Service is the code of the endpoint service, such as ecr.api.
	Service string `json:"service,omitempty"`
	Region  string `json:"region,omitempty"`
	Account string `json:"account,omitempty"`
	Host    string `json:"host,omitempty"`
	// Address is the IP address of the host. Parts of it can be masked with x or *.
	Address string `json:"address,omitempty"`
	// Action is the IAM action of the call that failed.
	Action string `json:"action,omitempty"`
	// Principal and Resource are ARNs.
	Principal string `json:"principal,omitempty"`
	Resource  string `json:"resource,omitempty"`
	// Code, Status and RequestID are the answer of AWS. Status is 0 if no answer came or the text does not contain it.
	Code      string `json:"code,omitempty"`
	Status    int    `json:"status,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	Image     string `json:"image,omitempty"`
	// IDs are ids of resources in the text: vpc-…, subnet-…, rtb-…, vpce-…, i-…, fs-… and similar.
	IDs []string `json:"ids,omitempty"`
	// Names are names of clusters, services, task definitions, jobs, environments and roles in the text.
	Names []string `json:"names,omitempty"`
}

// Mark is the result of one check.
type Mark = cause.Mark

// The marks. Unknown means that it could not be read or decided.
const (
	Yes     = cause.Yes
	No      = cause.No
	Unknown = cause.Unknown
)

// Fact is one check: "address: 52.46.146.82 is public".
type Fact = cause.Fact

// RuledOut is a cause that a message speaks against.
type RuledOut struct {
	Kind cause.Kind `json:"cause"`
	// Why is the reason as a sentence.
	Why string `json:"why"`
}

// Certainty is how certain a text alone makes a cause.
type Certainty string

// The certainties.
const (
	Certain  Certainty = "certain"
	Likely   Certainty = "likely"
	Possible Certainty = "possible"
)

// State is what an account shows about a cause.
type State = cause.State

// The states. Undecided means that the account does not show it, or that it could not be read.
const (
	Confirmed = cause.Confirmed
	Excluded  = cause.Excluded
	Undecided = cause.Undecided
)

// Cause is one cause of the messages.
type Cause struct {
	Kind cause.Kind `json:"cause"`
	// Service is the code of the endpoint service that it is about; empty if it is about none.
	Service   string    `json:"service,omitempty"`
	Certainty Certainty `json:"certainty"`
	// Text is the cause as a sentence.
	Text string `json:"text"`
	// Check is what shows whether it is the cause.
	Check string `json:"check,omitempty"`
	// Page is the AWS page about it.
	Page Page `json:"page,omitzero"`

	// State is what the account shows; empty without an account.
	State State `json:"state,omitempty"`
	// Facts are what was checked in the account.
	Facts []Fact `json:"facts,omitempty"`
	// Also means that the account has this cause now, but the messages do not show it: the account rules out all causes of the messages, or they have none.
	Also bool `json:"also,omitempty"`
	// Fix removes the cause; nil if neither the account confirms it nor the text alone makes it certain.
	Fix *Fix `json:"fix,omitempty"`
}

// Page is a page of the AWS documentation.
type Page struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Fix is what removes a cause.
type Fix struct {
	// Text is the fix as a sentence.
	Text string `json:"text"`
	// Changes are the changes of the plan that remove the cause; empty if the wizard does not change it.
	Changes []resource.ID `json:"changes,omitempty"`
	// Commands are AWS CLI commands for what the wizard does not change.
	Commands []string `json:"commands,omitempty"`
	// Permissions are the IAM actions that the commands need.
	Permissions []string `json:"permissions,omitempty"`
	// Placeholders are the words in the commands for values that are not known, such as ROLE_NAME.
	Placeholders []string `json:"placeholders,omitempty"`
	// patch is the change to the answers of the plan that the text asks for; nil if it asks for none.
	patch *answers.Patch
}

// Workload is the workload of an account that the causes were checked against.
type Workload struct {
	// Kind is the workload as in an answers file.
	Kind answers.Workload `json:"workload"`
	// Name is what the user names: CLUSTER/SERVICE, a job queue, an environment; empty for all of a VPC.
	Name string `json:"name,omitempty"`
	VPC  string `json:"vpc,omitempty"`
	// Why is why this workload was chosen: what of the message matches it.
	Why string `json:"why"`
}
