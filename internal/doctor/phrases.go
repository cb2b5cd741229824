package doctor

import (
	"slices"
	"strings"
	"sync"
)

// sign is one thing that a message says. The rules are about signs, hosts, addresses and steps, and not about wording: the wording is in this file only.
type sign int

const (
	noSign sign = iota

	// The network, from the name to the answer.
	noHost         // DNS answered that the name does not exist
	resolverSilent // the DNS server did not answer
	noFamily       // no address of the family that the client uses
	unreachable    // the host has no route for the family of the address
	noRoute        // the network answered that it has no route
	refused        // the host answered that nothing listens
	reset          // the connection was closed before an answer
	timeout
	noAnswer // a call without an answer, for whatever reason
	handshake
	wrongName
	unknownIssuer
	proxyFailed
	proxySet
	serverError
	badCertificate // a certificate arrived and was refused

	// Permissions.
	denied
	explicitDeny
	byIdentity
	byEndpoint
	byResource
	byServiceControl
	byResourceControl
	byBoundary
	bySession
	byTrust
	noResourcePolicy
	assumeRole
	keyDenied
	multiRegion
	tagPolicyDenied
	badProfile
	noCredentials

	// Images.
	rateLimited
	imageMissing
	pullDenied
	loginNeeded
	platform
	taskOnARM // the platform of the task, and not of the image
	taskOnX86

	// What does not exist.
	notFound
	groupMissing
	groupOptions
	secretMissing
	jsonKeyMissing
	bucketRegion // a bucket of Amazon S3 is in another Region
	parameterMissing
	fileMissing
	mountTarget

	// Containers, health checks and capacity.
	memory
	killed
	unhealthyTarget
	healthTimeout
	unhealthyContainer
	probe
	serviceConnect
	noInstances
	insufficient
	attributeMissing
	agentLost
	agentTooOld
	crash
	slow
	diskFull
	throttled
	noCapacity
	customImage
	execFailed
	execOff
	sessionLost
	notJoined
	environmentInvalid
	serviceRole
	jobTooLarge
	quotaUsed

	// Endpoints.
	noFreeAddress
	publicInterface
	zoneUnsupported
	zoneDuplicate
	nameConflict
	zoneConflict
	dnsAttributes
	routeExists
	gatewayNeeded
	wrongType
	unknownService
	gatewayQuota
	interfaceQuota

	// Amazon MWAA.
	airflow
	database // PostgreSQL, which Apache Airflow keeps its state in
	environmentFailed
	environmentPending
	requirements

	signCount
)

// phrases are the phrases of each sign. They are compared without regard to case and spaces, because terminals and web pages break lines anywhere. Sources: the Go,
// Python, Java and JavaScript SDKs of AWS and the network errors of their languages, Docker and containerd, curl, the Amazon ECS developer guide (stopped tasks error messages, service
// event messages), the AWS Batch user guide (Jobs stuck in a RUNNABLE status), the IAM user guide (Troubleshoot access denied error messages), and Amazon EC2 (API error codes).
var phrases = []struct {
	sign  sign
	texts []string
}{
	{noHost, []string{"no such host", "nxdomain", "name or service not known", "could not resolve host", "getaddrinfo enotfound", "querya enotfound", "code: 'enotfound'", "unknownhostexception", "nodename nor servname",
		`failed to resolve "`, "failed to resolve '", "failed to resolve server", "failed to resolve fs-", "nameresolutionerror", "no address associated with hostname", "could not resolve:", "err_name_not_resolved", "dns_probe_finished",
		"unable to resolve host", "getaddrinfo failed", "server can't find", "non-existent domain", "name does not resolve", "could not be resolved", "cannot resolve host", "no ip address found", "no answer from dns"}},
	{resolverSilent, []string{"temporary failure in name resolution", "temporary failure resolving", "eai_again", "server misbehaving", "servfail", "dial udp", "read udp", "no servers could be reached", "communications error to", "querya etimeout", "dns request timed out", "dns timeout", "dns lookup timed out", "timeout while contacting dns servers"}},
	{noFamily, []string{"address family not supported", "no suitable address", "cannot assign requested address", "eaddrnotavail", "eafnosupport", "address family for hostname not supported"}},
	{unreachable, []string{"network is unreachable", "enetunreach", "network unreachable", "network is down"}},
	{noRoute, []string{"no route to host", "ehostunreach", "host is unreachable", "host unreachable"}},
	{refused, []string{"connection refused", "econnrefused", "err_connection_refused", "actively refused", "connexion refusée", "verbindung verweigert", "conexión rechazada", "conexão recusada", "接続を拒否", "接続が拒否", "拒绝连接", "连接被拒绝", "연결이 거부"}},
	{reset, []string{"connection reset", "econnreset", "unexpected eof", "connection closed by", "remote end closed connection", "empty reply from server", "server closed the connection", "socket hang up", "err_empty_response", "err_connection_reset", "err_connection_closed", "connection was closed", `": eof`, "connection was aborted"}},
	{timeout, []string{"i/o timeout", "connection timed out", "connect timeout", "connection timeout", "connect timed out", "etimedout", "timeout was reached", "operation timed out", "connection has timed out", "took too long to respond", "client.timeout",
		"request canceled while waiting for connection", "deadline exceeded", "signal: killed", "connecttimeout", "sockettimeout", "read timed out", "read timeout", "timeouterror", "err_connection_timed_out", "err_timed_out", "timeout expired", "timeout after ", "timeout exceeded",
		"timed out after", "timed out waiting for connection", "request timed out", "attempt failed because the connected party did not properly respond", "connection attempt timed out", "dial timeout", "execution timed out", "took too long",
		"タイムアウト", "시간 초과", "시간이 초과", "超时", "逾時", "超時", "zeitüberschreitung", "tiempo de espera", "délai d'attente", "délai de connexion", "tempo limite", "tempo esgotado", "timeout della connessione", "превышено время ожидания"}},
	{noAnswer, []string{"connection issue between", "statuscode: 0,", "status code: 0,", "check your task network configuration", "check your network configuration", "check your network connection", "request send failed", "send request failed",
		"could not connect to the endpoint url", "unable to execute http request", "failed to connect to", "connection could not be established", "could not connect to", "unable to connect to", "cannot connect to", "networkingerror", "connection aborted",
		"max retries exceeded", "failed to establish a new connection", "can't be reached", "context canceled", "failed to do request", "failed to send request", "failed to send http request", "unable to reach", "cannot be reached", "dial tcp", "no response from"}},
	{handshake, []string{"tls handshake timeout", "handshake timed out", "handshake failure", "handshake_failure", "sslhandshakeexception", "ssl_error_syscall", "handshake operation timed out", "ssl connect error"}},
	{wrongName, []string{"certificate is valid for", "certificate is not valid for", "doesn't match either of", "hostname mismatch", "certificate's altnames", "certificate altnames", "no subject alternative", "no alternative certificate subject name",
		"err_cert_common_name_invalid", "doesn't match certificate", "does not match target host name", "hostnames do not match", "doesn't match '", "certificate for <", "err_tls_cert_altname_invalid", "certificate is not valid for any names", "is not valid for the name"}},
	{unknownIssuer, []string{"signed by unknown authority", "unable to get local issuer", "self signed certificate", "self-signed certificate", "pkix path building failed", "unable to find valid certification path", "certificate_verify_failed", "certificate verify failed",
		"unable to verify the first certificate", "unable_to_verify_leaf", "err_cert_authority_invalid", "ssl certificate problem"}},
	{proxyFailed, []string{"proxyconnect", "proxy authentication required", "to proxy", "proxyerror", "tunnel connection failed", "connect tunnel failed", "from proxy after connect", "err_tunnel_connection_failed", "err_proxy", "could not resolve proxy", "proxyconnectionerror", "proxy refused", "proxy returned"}},
	{proxySet, []string{"http_proxy", "https_proxy", "no_proxy"}},
	{serverError, []string{"500 internal server error", "502 bad gateway", "503 service unavailable", "504 gateway", "status code: 500", "status code: 502", "status code: 503", "status code: 504", "internalfailure", "serviceunavailable"}},
	{badCertificate, []string{"x509: ", "certificate verify failed", "certificate_verify_failed"}},

	{denied, []string{"not authorized to perform", "accessdenied", "access denied", "unauthorizedoperation", "403 forbidden", "access to kms is not allowed", "access is denied", "status code: 403", "statuscode: 403", "errorcode: client.unauthorizedoperation",
		"does not have permission", "doesn't have permission", "check that the role has the permissions", "lacks permission", "missing permission", "error 403", "(403)", "authorizationerror", "not authorized for", "unexpected status: 403"}},
	{explicitDeny, []string{"explicit deny"}},
	{byIdentity, []string{"identity-based policy", "identity policy"}},
	{byEndpoint, []string{"vpc endpoint policy"}},
	{byResource, []string{"resource-based policy"}},
	{byServiceControl, []string{"service control policy"}},
	{byResourceControl, []string{"resource control policy"}},
	{byBoundary, []string{"permissions boundary"}},
	{bySession, []string{"session policy"}},
	{byTrust, []string{"role trust policy", "trust relationship", "trust policy"}},
	{noResourcePolicy, []string{"no resource-based policy allows"}},
	{assumeRole, []string{"unable to assume the role", "unable to assume role", "perform: sts:assumerole", "perform sts:assumerole", "cannot be assumed", "could not be assumed", "could not assume role"}},
	{keyDenied, []string{"access to kms is not allowed", "perform: kms:", "allows the kms:", "kms.accessdenied", "kmsaccessdenied", "the ciphertext refers to a customer master key", "kms key is not accessible", "kms: access denied", "you are not allowed to access this key"}},
	{multiRegion, []string{"vpce:allowmultiregion"}},
	{tagPolicyDenied, []string{"tag policy", "tagpolicy", "tag policies"}},
	{badProfile, []string{"invalid iaminstanceprofile", "invalid iam instance profile", "iaminstanceprofile.name is invalid", "iaminstanceprofile.arn is invalid", "no instance profile", "instance profile does not exist", "iaminstanceprofile is invalid", "does not have an instance profile"}},
	{noCredentials, []string{"nocredentialproviders", "no valid providers in chain", "unable to locate credentials", "no ec2 instance role found", "no ec2 imds role found", "could not load credentials", "unable to load credentials", "unable to load aws credentials",
		"could not find credentials", "nocredentialserror", "credentials from any provider", "credentialsprovidererror", "unable to find credentials", "no credentials found", "failed to retrieve credentials", "no valid credential sources", "error getting valid credentials", "missing credentials in config"}},

	{rateLimited, []string{"toomanyrequests", "too many requests", "pull rate limit", "pulls exceeded", "download rate limit", "increase the limit by authenticating"}},
	{imageMissing, []string{"manifest unknown", "manifest_unknown", "name unknown", "name_unknown", "imagenotfoundexception", "repositorynotfound", "does not exist in the registry", "no such image", "image not found", "invalid reference format", "manifest not found", "could not parse reference", "image does not exist"}},
	{pullDenied, []string{"pull access denied", "requested access to the resource is denied", "may require 'docker login'", "insufficient_scope"}},
	{loginNeeded, []string{"no basic auth credentials", "authentication required", "incorrect username or password", "invalid username/password", "401 unauthorized", "unauthorized: ", "authorization token has expired", "authorizationdata is malformed", "unable to unmarshal secret value", "bad credentials", "unexpected status: 401", "failed to fetch oauth token", "status code 401"}},
	{platform, []string{"exec format error", "no matching manifest", "descriptor matching platform", "image operating system", "cannot be used on this platform", "does not match the specified platform", "no image found in manifest list for architecture", "no image found in image index for architecture", "does not match the detected host platform", "exec user process caused: exec format"}},
	{taskOnARM, []string{"linux/arm64"}},
	{taskOnX86, []string{"linux/amd64"}},

	{notFound, []string{"not found", "notfound", "does not exist", "code: 404", "statuscode: 404", "(404)"}},
	{groupMissing, []string{"specified log group does not exist", "log group does not exist", "log stream does not exist"}},
	{groupOptions, []string{"unknown log opt", "value for log opt", "required log opt", "invalid log opt", "awslogs-stream-prefix", "awslogs-region is", "no log driver named", "invalid logging driver", "options validation", "'awslogs-region'", "missing required option", "log driver option", "awslogs-datetime-format", "missing region in options", "logging driver: unknown", "'awslogs-group'"}},
	{secretMissing, []string{"can't find the specified secret", "cannot find the specified secret", "marked for deletion", "marked deleted", "scheduled for deletion", "check whether the secret exists", "secret does not exist"}},
	{bucketRegion, []string{"permanentredirect", "must be addressed using the specified endpoint", "authorizationheadermalformed"}},
	{jsonKeyMissing, []string{"did not contain json key"}},
	{parameterMissing, []string{"parameternotfound", "invalid ssm parameters", "invalid parameters: ", "parameter not found", "parameter does not exist"}},
	{fileMissing, []string{"nosuchkey", "nosuchbucket", "specified key does not exist", "specified bucket does not exist"}},
	{mountTarget, []string{"mount target"}},

	{memory, []string{"outofmemoryerror", "container killed due to memory usage", "out of memory", "oomkilled", "oom-kill", "oom killed", "cannot allocate memory", "outofmemory:", "memory limit exceeded"}},
	{killed, []string{"exit code 137", "exit code: 137", "exited with code 137", "exitcode: 137", "exit status 137", "code 137"}},
	{unhealthyTarget, []string{"is unhealthy in", "failed elb health checks", "health checks failed", "not healthy in target-group", "target.timeout", "target.failedhealthchecks", "target.responsecodemismatch", "unhealthythreshold", "unhealthy in target"}},
	{healthTimeout, []string{"reason request timed out", "target.timeout", "health checks timed out"}},
	{unhealthyContainer, []string{"failed container health checks", "container is unhealthy", "container health check failed", "healthstatus: unhealthy"}},
	{probe, []string{"readiness check", "health check", "healthcheck", "liveness", "/health", "/ready"}},
	{serviceConnect, []string{"appnet agent", "envoy", "service connect", "ecs-service-connect"}},
	{noInstances, []string{"no container instances were found", "no container instance met all", "no container instances found", "no registered container instances"}},
	{insufficient, []string{"insufficient memory", "insufficient cpu", "resource:memory", "resource:cpu", "not enough memory", "not enough cpu", "resource:ports", "resource:eni", "resource:gpu"}},
	{attributeMissing, []string{"missing an attribute required", "attribute required by", "missing attribute", "ecs.capability"}},
	{agentLost, []string{`error "agent"`, "reason: agent", "agent disconnected", "agent is disconnected", "agent not connected", "agent is not connected", "still not connected", "agents are not connected", "waiting for amazon ecs agent to start", "agent isn't running", "agent is not running", "agentconnected: false", "ssm agent is not online", "agent exited with code"}},
	{agentTooOld, []string{"unsupported agent version", "agent version is", "minimum agent version", "update the agent", "upgrade the agent", "agent is too old", "requires agent", "minimum agent", "unsupported agent", "older agent", "newer agent", "version of the ecs agent", "version of the container agent", "version of the agent", "container agent version"}},
	{crash, []string{"panic: ", "nil pointer dereference", "segmentation violation"}},
	{slow, []string{"dockertimeouterror", "could not transition to", "containerruntimetimeouterror", "cannotstopcontainererror", "cannotinspectcontainererror", "timed out after waiting"}},
	{diskFull, []string{"no space left on device"}},
	{throttled, []string{"throttlingexception", "rate exceeded", "requestlimitexceeded", "operations are being throttled", "throttled"}},
	{noCapacity, []string{"insufficient_instance_capacity", "insufficientinstancecapacity", "capacity is unavailable", "insufficient capacity"}},
	{customImage, []string{"customized ami", "cloud-init", "user data script", "ecs.service could not be found", "ecs.service not found", "unit ecs.service", "unit docker.service", "amazon-ecs-init: command not found", "docker: command not found", "ecs_cluster is not set"}},
	{execFailed, []string{"execute command failed", "executecommand operation"}},
	{execOff, []string{"execute command was not enabled", "execute command agent isn't running", "execute command agent is not running", "enableexecutecommand"}},
	{sessionLost, []string{"targetnotconnected", "is not connected"}},
	{notJoined, []string{"none of the instances joined", "from joining the", "instances joining", "not joining the", "joined the underlying", "did not join the", "failed to join the", "preventing them from joining"}},
	{environmentInvalid, []string{"associated with the job queue are invalid", "environment went invalid", "compute environment has been invalidated", "action_required"}},
	{serviceRole, []string{"service_role_permissions", "service role has a permission"}},
	{jobTooLarge, []string{"compute_environment_max_resource", "job_resource_requirement", "cannot meet the cpu requirement", "higher than that can be met", "configuration_unsupported", "maxvcpus"}},
	{quotaUsed, []string{"endpointlimitexceeded", "resourcelimitexceeded", "grouplimitexceeded", "interfacelimitexceeded", "addresslimitexceeded", "instancelimitexceeded", "vcpulimitexceeded", "vpclimitexceeded", "limitexceededexception", "quotaexceeded", "current vcpu limit of", "limit on the number of vcpus", "you've reached the limit", "you have reached the limit", "the maximum number of", "above your limit", "exceeds the limit", "limit was exceeded", "exceeded the quota", "has reached the limit"}},

	{noFreeAddress, []string{"insufficientfreeaddressesinsubnet", "enough free addresses", "insufficient free addresses", "enough free ip", "no free ip", "enough ip addresses", "insufficient ip", "no available ip", "enough available ip", "enough free private ip", "no more ip addresses", "sufficient free"}},
	{publicInterface, []string{"create network interface with public ip assignment enabled"}},
	{zoneUnsupported, []string{"does not support the availability zone", "unsupported availability zone", "availability zone is not supported", "not supported in the availability zone", "not available in the availability zone", "not supported in availability zone", "availability zones that are not supported", "unsupportedavailabilityzone", "an availability zone that is not supported"}},
	{zoneDuplicate, []string{"duplicatesubnetsinsamezone", "another vpc endpoint subnet in the availability zone", "subnets should be in different availability zones"}},
	{nameConflict, []string{"conflicting dns domain"}},
	{zoneConflict, []string{"conflictingdomainexists", "conflicts with another hosted zone", "been associated with the hosted zone"}},
	{dnsAttributes, []string{"enablednssupport", "enablednshostnames"}},
	{routeExists, []string{"routealreadyexists", "already has a route with destination-prefix-list"}},
	{gatewayNeeded, []string{"must have a gateway endpoint"}},
	{wrongType, []string{"does not match available service types", "endpoint type (", "unsupported endpoint type", "does not support endpoints of type", "applicable only to interface vpc endpoints", "applicable only to gateway vpc endpoints", "only supported for interface", "only supported for gateway"}},
	{unknownService, []string{"invalidservicename", "vpc endpoint service does not exist"}},
	{gatewayQuota, []string{"gatewayvpcendpointlimitexceeded", "gateway vpc endpoints"}},
	{interfaceQuota, []string{"interfacevpcendpointlimitexceeded", "interface vpc endpoint"}},

	{airflow, []string{"amazon mwaa", "mwaa environment", "managed workflows for apache airflow", "aws::mwaa", "airflow"}},
	{database, []string{"port 5432", ":5432", "psycopg2"}},
	{environmentFailed, []string{"incorrect_configuration", "you may need to check the execution role permissions policy for your environment"}},
	{environmentPending, []string{"unexpected state 'pending'", "status: pending", "databasevpcendpointservice", "webservervpcendpointservice", `"pending"`, "is in pending", "in the pending state", "remains pending"}},
	{requirements, []string{"requirements.txt", "no matching distribution found", "could not find a version that satisfies", "resolutionimpossible", "conflicting dependencies", "no module named", "constraint file", "constraints file", "pip install"}},
}

// step is what was done when it failed. A message can have the words of several: the later one wins, because messages begin with the general step.
type step int

const (
	noStep step = iota
	callAPI
	healthCheck
	agentStep
	pull
	manifest
	layers
	token
	readSecret
	readParameter
	envFile
	logDriver
	mountVolume
	execSession
	networkInterface
	createEndpoint
	environmentStep
)

// stepPhrases are the phrases of each step.
var stepPhrases = []struct {
	step  step
	texts []string
}{
	{healthCheck, []string{"unhealthy", "health check", "healthcheck", "target-group", "target group"}},
	{agentStep, []string{"could not register", "error registering", "registering instance", "registercontainerinstance", "discoverpollendpoint", "joined the underlying", "joining the", "ecs agent", "ecs-agent", "amazon-ecs-agent", "startTelemetrySession", "container instance", "acs:", "tcs:", "poll endpoint", "ecs.config"}},
	{pull, []string{"cannotpull", "pulling image", "pull command failed", "pull the image", "cannot pull '", "error response from daemon: get", "docker pull", "/v2/", "failed to pull", "error pulling", "image pull"}},
	{manifest, []string{"failed to resolve ref", "image manifest", "/manifests/", "imagemanifesterror", "failed to resolve image"}},
	{layers, []string{"failed to copy", "httpreadseeker", "httpreaderseeker", "copying layer", "error pulling image conf", "starport-layer-bucket", "getimageblob", "download layer", "pull layer", "layer download", "failed to extract layer", "/blobs/", "pull command failed: panic", "downloading layer", "failed to read layer", "registering layer"}},
	{token, []string{"pull registry auth", "ecr registry auth", "getauthorizationtoken", "get authorization token", "pull registry authentication"}},
	{readSecret, []string{"secret from asm", "secrets from asm", "from secrets manager", "aws secrets manager", "getsecretvalue", "secret from secrets", "secrets manager: "}},
	{readParameter, []string{"from ssm", "parameter store", "ssm:getparameter", "operation error ssm: getparam", "getparameters", "pull secrets from aws systems manager", "ssm parameter"}},
	{envFile, []string{"environment file", "env files", "env file", "environment variable file", "environmentfile"}},
	{logDriver, []string{"logging driver", "logger args", "cloudwatch log", "log stream", "awslogs", "logs:create", "logs:put", "log driver", "putlogevents", "createlogstream", "createloggroup"}},
	{mountVolume, []string{"efs utils", "efs volume", "mount.nfs", "mount.efs", ".efs.", "mount target", "nfs4"}},
	{execSession, []string{"executecommand", "execute command", "startsession", "ssmmessages", "session manager"}},
	{networkInterface, []string{"create network interface", "network interface", "freeaddressesinsubnet"}},
	{createEndpoint, []string{"createvpcendpoint", "modifyvpcendpoint", "creating ec2 vpc endpoint", "updating vpc endpoint", "creating vpc endpoint", "create vpc endpoint", "private-dns-enabled", "vpc endpoint service", "enabling private dns", "endpoint subnets", "vpc endpoint subnet", "destination-prefix-list", "privatednsonly", "vpcendpointlimit", "conflicting dns domain"}},
}

// squeezed is a text in lower case without spaces, with the place of each byte in the text.
type squeezed struct {
	text string
	at   []int32
}

func squeeze(text string) squeezed {
	s := squeezed{at: make([]int32, 0, len(text))}
	var b strings.Builder
	b.Grow(len(text))
	lower := text
	if l := strings.ToLower(text); len(l) == len(text) { // some letters have a different length in lower case
		lower = l
	}
	for i := 0; i < len(lower); i++ {
		if c := lower[i]; c != ' ' && c != '\n' {
			b.WriteByte(c)
			s.at = append(s.at, int32(i))
		}
	}
	s.text = b.String()
	return s
}

// squeezedPhrase is a phrase with what it shows.
type squeezedPhrase struct {
	text string
	sign sign
	step step
}

// allPhrases are the phrases without spaces.
var allPhrases = sync.OnceValue(func() []squeezedPhrase {
	var out []squeezedPhrase
	bare := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "") }
	for _, p := range phrases {
		for _, text := range p.texts {
			out = append(out, squeezedPhrase{text: bare(text), sign: p.sign})
		}
	}
	for _, p := range stepPhrases {
		for _, text := range p.texts {
			out = append(out, squeezedPhrase{text: bare(text), step: p.step})
		}
	}
	return out
})

// occurring returns the phrases that a text contains. Its parts need no other ones.
func occurring(whole squeezed) []squeezedPhrase {
	var out []squeezedPhrase
	for _, p := range allPhrases() {
		if strings.Contains(whole.text, p.text) {
			out = append(out, p)
		}
	}
	return out
}

// shows reports whether a text has one of the signs anywhere. A message is explained by one of its parts, but what the others say matters for its fix.
func shows(text string, signs ...sign) bool {
	whole := squeeze(text).text
	return slices.ContainsFunc(allPhrases(), func(p squeezedPhrase) bool {
		return p.sign != noSign && slices.Contains(signs, p.sign) && strings.Contains(whole, p.text)
	})
}
