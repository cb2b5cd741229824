package doctor

import "strings"

// note is about messages with a reason outside the causes of the wizard: the network and the permissions of a workload do not matter for it.
type note struct {
	texts          []string // in lower case without spaces
	failure, check string
}

// notes are looked up in their order when no rule matches. Sources: Amazon ECS developer guide (Amazon ECS stopped tasks error messages), AWS Batch user guide (Jobs stuck in a RUNNABLE
// status), IAM user guide and Amazon EC2 (error codes), AWS Systems Manager user guide (Troubleshooting Session Manager).
var notes = []note{
	{[]string{"sessionmanagerpluginisnotfound", "session-manager-plugin:commandnotfound"}, "The session cannot be opened: the Session Manager plugin is not installed on this computer.", "session-manager-plugin on the computer that opens the session: install it, and try again."},
	{[]string{"expiredtoken", "tokenincludedintherequestisexpired", "tokenhasexpired"}, "AWS refused the call: the credentials of the caller are expired.", "The credentials of the caller: sign in again, or check why a program keeps old credentials."},
	{[]string{"unrecognizedclient", "invalidclienttokenid", "tokenincludedintherequestisinvalid", "authfailure"}, "AWS refused the call: it does not know the credentials of the caller.", "Whether the access key exists and is active, and whether the account has enabled the Region."},
	{[]string{"signaturedoesnotmatch", "signatureexpired", "requesttimetooskewed", "invalidsignatureexception"}, "AWS refused the call: the signature of the request is not valid.", "The clock of the machine, and the secret access key; after that, whether a proxy changes the request."},
	{[]string{"servicelinkedrole", "service-linkedrole"}, "The call failed: the service-linked role does not exist or cannot be used.", "The service-linked role of the service in IAM, such as AWSServiceRoleForECS: create it with aws iam create-service-linked-role."},
	{[]string{"invalidgroup.notfound", "invalidgroupid", "thesecuritygroup'"}, "The call failed: a security group in it does not exist in the account and the Region.", "The ids of the security groups in the configuration of the network, and the Region of the call."},
	{[]string{"invalidsubnetid.notfound", "thesubnetid'"}, "The call failed: a subnet in it does not exist in the account and the Region.", "The ids of the subnets in the configuration of the network, and the Region of the call."},
	{[]string{"ec2metadataerror", "latest/meta-data", "latest/api/token"}, "The metadata service of the instance refused the request.", "Whether the program uses IMDSv2 (a token), and the hop limit of the metadata options of the instance: 2 for containers."},
	{[]string{"fluent.sock"}, "The log driver cannot start: the log router (FireLens) does not listen on its socket.", "Whether the container with firelensConfiguration starts, and whether the other containers depend on its start."},
	{[]string{"ocirun", "startingcontainerprocess", "executablefilenotfound", "exec:\""}, "The container cannot start: its command or entry point does not exist in the image, or it cannot be executed.", "command and entryPoint of the container definition, and the file with its execute permission in the image."},
	{[]string{"mount.nfs", "efsutils"}, "The task cannot mount the Amazon EFS file system.", "The root directory of the volume in the task definition: it must exist in the file system, unless an access point creates it. After that, the log of the mount in the stopped reason."},
	{[]string{"networkinterfaceprovisioning"}, "The network interface of the task was not ready in time.", "The events of the service and the state of AWS Fargate in the AWS Health Dashboard: start the task again. After that, the free IP addresses of the subnets."},
	{[]string{"hostec2(instance"}, "The job stopped: the instance that ran it was terminated.", "StateTransitionReason of the instance: Spot Instances can be interrupted. A retry strategy of the job starts it again."},
	{[]string{"spottaskwasinterrupted", "spotinterruption", "terminationnotice"}, "The task stopped: AWS took the Spot capacity back.", "The capacity provider strategy of the service: FARGATE or On-Demand Instances are not interrupted."},
	{[]string{"circuitbreaker"}, "The deployment failed: its tasks did not become stable, so the circuit breaker stopped it.", "The stopped reasons of the tasks of the deployment, and the events of the service: they have the reason."},
	{[]string{"rootcauseisundetermined", "undetermined-"}, "The job stays in RUNNABLE, and AWS Batch does not know why.", "The maximum vCPUs, the status and the instances of the compute environment; after that, whether the instances join its ECS cluster."},
	{[]string{"scalingactivityinitiated", "taskstoppedbyuser"}, "The task was stopped by a deployment, a scaling or a person.", "The events of the service at that time."},
	{[]string{"essentialcontainerintaskexited"}, "The task stopped because an essential container ended. The text does not contain the reason.", "The log of the container: its last lines have the reason."},
}

// noteOf returns the note about a text; nil if none is.
func noteOf(text string) *note {
	flat := squeeze(text).text
	for i := range notes {
		for _, t := range notes[i].texts {
			if strings.Contains(flat, t) {
				return &notes[i]
			}
		}
	}
	return nil
}
