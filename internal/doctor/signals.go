package doctor

import (
	"slices"
	"strings"
	"sync"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
)

// entry is one message of a record: a line of a log with its continuations, an event, or the whole record.
type entry struct {
	text  string
	stamp stamp
	// waited is the number of seconds since the entry before; 0 if that is not known.
	waited int
}

// entries splits a record at the lines that begin a message. Those of a list with the newest first, as events of services, are returned in the order of time.
func entries(record string) []entry {
	var out []entry
	begin, at := 0, 0
	for line := range strings.SplitSeq(record, "\n") {
		if at == 0 || starts(line) {
			if at > 0 {
				out[len(out)-1].text = record[begin : at-1]
			}
			s, _ := stampOf(line)
			out = append(out, entry{stamp: s})
			begin = at
		}
		at += len(line) + 1
	}
	out[len(out)-1].text = record[begin:]
	var times []string
	for _, e := range out {
		if e.stamp.date != "" {
			times = append(times, e.stamp.key())
		}
	}
	if len(times) > 1 && len(times) == len(out) && times[0] > times[len(times)-1] {
		slices.Reverse(out)
	}
	for i := range out {
		if i > 0 && out[i].stamp.date != "" && out[i].stamp.date == out[i-1].stamp.date {
			out[i].waited = max(0, out[i].stamp.seconds-out[i-1].stamp.seconds)
		}
	}
	return out
}

// key orders stamps.
func (s stamp) key() string {
	n := s.seconds
	return s.date + string([]byte{byte('0' + n/36000), byte('0' + n/3600%10), ':', byte('0' + n%3600/600), byte('0' + n%600/60), ':', byte('0' + n%60/10), byte('0' + n%10)})
}

// signals are what one message says.
type signals struct {
	entry
	found   [signCount]int32 // where each sign is, plus 1; 0 if the message does not have it
	step    step
	hosts   []host
	host    *host // the one that was called; nil if the text does not contain it
	address address
	server  *address // the DNS server
	service string   // the code of the endpoint service that was called
	op      string   // the API operation
	names   []serviceName
	Details
	port    int   // of the host that was called; 0 if the text does not contain it
	stopped bool  // the text says that a deployment, a scaling or a person stopped the task
	tool    Where // the tool that deploys, if one reported the error
}

func (s *signals) has(signs ...sign) bool {
	return slices.ContainsFunc(signs, func(x sign) bool { return s.found[x] > 0 })
}

// serviceName is the name of an endpoint service in a text: com.amazonaws.us-east-1.ecr.api.
type serviceName struct{ region, code string }

// read returns the signals of an entry. Only the given phrases can be in it.
func read(e entry, known []squeezedPhrase) *signals {
	s := &signals{entry: e}
	flat := squeeze(e.text)
	for _, p := range known {
		i := strings.Index(flat.text, p.text)
		for i >= 0 && isSetting(p, flat.text[i+len(p.text):]) {
			n := strings.Index(flat.text[i+1:], p.text)
			if n < 0 {
				i = -1
				break
			}
			i += n + 1
		}
		if i < 0 {
			continue
		}
		if p.sign != noSign {
			if at := flat.at[i] + 1; s.found[p.sign] == 0 || at < s.found[p.sign] {
				s.found[p.sign] = at
			}
		}
		s.step = max(s.step, p.step)
	}
	s.hosts = slices.DeleteFunc(hostsIn(e.text), func(h host) bool {
		return h.kind == page || h.kind == global && !s.failing() // without a failed connection, it is the principal of a service
	})
	s.names = serviceNamesIn(e.text)
	if s.has(environmentFailed) || s.has(environmentPending) && s.has(airflow) {
		s.step = environmentStep
	}
	s.readTool()
	s.readAnswer()
	s.choose()
	return s
}

// isSetting reports whether what follows a phrase shows that nothing failed: the value of a timeout, or the credentials of a task, which have a URL like that of a registry.
func isSetting(p squeezedPhrase, rest string) bool {
	if p.text == "/v2/" {
		return strings.HasPrefix(rest, "credentials") || strings.HasPrefix(rest, "metadata")
	}
	value := strings.TrimPrefix(rest, "\"")
	return p.sign == timeout && strings.HasSuffix(p.text, "timeout") && len(value) > 1 && (value[0] == ':' || value[0] == '=') && isDigit(value[1])
}

// networkSigns are the signs of a call without an answer.
var networkSigns = []sign{noHost, resolverSilent, noFamily, unreachable, noRoute, refused, reset, timeout, handshake, wrongName, unknownIssuer, proxyFailed, noAnswer}

// failureAt is where the text says how a call failed; the length of the text if it does not.
func (s *signals) failureAt() int {
	at := len(s.text)
	for _, x := range networkSigns {
		if x != noAnswer && s.found[x] > 0 {
			at = min(at, int(s.found[x])-1)
		}
	}
	return at
}

// choose decides which host was called at what address, and with that the service.
func (s *signals) choose() {
	addresses, server := addressesIn(s.text)
	s.server = server
	at := s.failureAt()
	for i := range addresses { // the last one before the failure, or the first after it
		if a := addresses[i]; s.address.kind == noAddress || a.at <= at || a.port != 0 && s.address.port == 0 {
			s.address = a
		}
	}
	if s.address.kind == noAddress && strings.Contains(s.text, "dial unix ") {
		s.address = address{text: "A local socket", kind: loopback}
	}
	for i := range s.hosts {
		if h := &s.hosts[i]; s.host == nil || h.at <= at {
			s.host = h
		}
	}
	if s.has(wrongName) {
		s.host = s.requested()
	}
	s.readCertificate()
	if s.host != nil && s.host.kind == outside && s.host.registry && s.has(loginNeeded, rateLimited) { // the registry is the one of the image
		s.host = &s.hosts[0]
	}
	s.port = s.portOf()
	s.service = s.serviceOf()
	s.detail()
}

// readCertificate reads the output of openssl s_client: the names in it are those of the certificate. The host is in the command, if the text contains it. The certificates of AWS
// services have names of AWS, so another one is from a proxy.
func (s *signals) readCertificate() {
	if !strings.Contains(s.text, "CONNECTED(") && !strings.Contains(s.text, "depth=0") {
		return
	}
	s.host = nil
	for _, option := range []string{"-connect ", "-servername "} {
		if i := strings.Index(s.text, option); i >= 0 {
			if k := slices.IndexFunc(s.hosts, func(h host) bool { return h.at == i+len(option) }); k >= 0 {
				s.host = &s.hosts[k]
			}
		}
	}
	names := after(s.text, "depth=0", "subject=")
	names = strings.ToLower(names[:endOf(names, "\n")])
	if s.host != nil && s.host.service != "" && names != "" && !strings.Contains(names, "amazon") && !strings.Contains(names, ".aws") {
		s.found[unknownIssuer] = 1
	}
}

// portOf returns the port that was called: of the address, of the host, or as messages of databases and curl have it.
func (s *signals) portOf() int {
	if s.address.port != 0 {
		return s.address.port
	}
	if s.host != nil {
		if port, _ := portAfter(s.text, s.host.end); port != 0 {
			return port
		}
	}
	for _, name := range []string{" port ", "port=", "(port "} {
		if v := after(s.text, name); v != "" {
			if port, _ := portAfter(":"+v[:min(len(v), 6)], 0); port != 0 {
				return port
			}
		}
	}
	return 0
}

// ownTarget reports whether the call was to a server of the user: a private address without a name of AWS, or another port than the one of AWS services.
func (s *signals) ownTarget() bool {
	known := s.host != nil && s.host.service != ""
	if s.port != 0 && s.port != 443 && s.port != 80 {
		return !known && (s.host != nil || s.address.kind == private || s.address.kind == noAddress && s.service == "")
	}
	return s.address.kind == private && !known && s.service == "" && (s.host == nil || s.host.kind == outside || s.host.kind == ownResource)
}

// requestMarks are what messages about certificates have before the name that the client used. All other names are those of the certificate.
var requestMarks = []string{", not ", "not valid for '", "not valid for \"", "wanted to match ", "Host: ", "Certificate for <", "certificate for <", "host name '", "hostname '", "not valid for the name "}

// requested returns the host that the client used in a message about a certificate; nil if the message does not contain it.
func (s *signals) requested() *host {
	for _, mark := range requestMarks {
		for at, n := 0, 0; n < mostIDs; n++ {
			i := strings.Index(s.text[at:], mark)
			if i < 0 {
				break
			}
			at += i + len(mark)
			if k := slices.IndexFunc(s.hosts, func(h host) bool { return h.at == at }); k >= 0 {
				return &s.hosts[k]
			}
		}
	}
	if len(s.hosts) > 0 && s.hosts[0].at < int(s.found[wrongName]) {
		return &s.hosts[0]
	}
	return nil
}

// serviceOf decides which service was called: by the host, the operation, the action, the name of an endpoint service, or the step.
func (s *signals) serviceOf() string {
	if s.step == createEndpoint || s.has(nameConflict, multiRegion, zoneUnsupported) {
		if len(s.names) > 0 {
			return s.names[0].code
		}
		if s.host != nil && s.has(nameConflict, zoneConflict) {
			return s.host.service
		}
		if s.has(routeExists) {
			return gatewayCode(s.text)
		}
		return ""
	}
	byStep := stepServices[s.step]
	if s.has(wrongName) {
		if i := slices.IndexFunc(s.hosts, func(h host) bool { return h.service != "" }); i >= 0 {
			return s.hosts[i].service
		}
	}
	if s.host != nil && s.host.kind != outside {
		if dialed := s.address.kind == private && strings.HasSuffix(s.text[:s.host.at], "://"); s.step == layers && s.host.registry && !dialed { // containerd shows the image in place of the URL of the layer
			return byStep
		}
		if s.host.service != "" || s.host.kind != ownResource {
			if s.host.service != "" && byStep != s.host.service {
				s.step = stepOf(s.host.service, s.step)
			}
			return s.host.service
		}
	}
	if s.host != nil && s.host.kind == outside && s.has(networkSigns...) && s.step != layers {
		return ""
	}
	if s.host != nil && s.host.kind == outside && s.step == layers && s.host.registry && !s.address.hintsS3() {
		return ""
	}
	if s.has(keyDenied) {
		return "kms"
	}
	if s.Action != "" {
		prefix, op, _ := strings.Cut(s.Action, ":")
		if code := codeOfAction(prefix, op); code != "" {
			return code
		}
	}
	return byStep
}

// gatewayCode returns the service of a route to a prefix list: only Amazon S3 and Amazon DynamoDB have such routes. Source: AWS PrivateLink guide, Gateway endpoints.
func gatewayCode(text string) string {
	if strings.Contains(strings.ToLower(text), "dynamodb") {
		return "dynamodb"
	}
	return "s3"
}

// stepServices are the services that the steps of a start use. Source: Amazon ECS developer guide, Amazon ECS interface VPC endpoints; Amazon ECR user guide, Amazon ECR interface VPC endpoints.
var stepServices = map[step]string{
	token: "ecr.api", layers: "s3", readSecret: "secretsmanager", readParameter: "ssm", envFile: "s3", logDriver: "logs", execSession: "ssmmessages", agentStep: "ecs",
}

// stepOf returns the step that calls a service; the given one if several do.
func stepOf(service string, given step) step {
	switch service {
	case "ecr.api", "ecr-fips.api":
		return token
	case "ecr.dkr", "ecr-fips.dkr":
		if given == pull || given == manifest {
			return given
		}
		return pull
	case "secretsmanager":
		return readSecret
	case "ssmmessages":
		return execSession
	case "ecs", "ecs-agent", "ecs-telemetry":
		return agentStep
	case "logs":
		return logDriver
	case "ssm":
		if given == readParameter {
			return given
		}
	case "s3":
		if given == layers || given == envFile || given == pull {
			return given
		}
	}
	return callAPI
}

// sdkNames are the service codes by the names in messages of SDKs, in lower case, without spaces and without Amazon or AWS before them.
var sdkNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for _, f := range strings.Fields(sdkNameList) {
		name, code, _ := strings.Cut(f, "=")
		out[name] = code
	}
	return out
})

const sdkNameList = "" +
	"ecr=ecr.api elasticcontainerregistry=ecr.api secretsmanager=secretsmanager ssm=ssm simplesystemsmanagement=ssm cloudwatchlogs=logs logs=logs kms=kms " +
	"sts=sts securitytokenservice=sts ecs=ecs s3=s3 sqs=sqs sns=sns ec2=ec2 efs=elasticfilesystem elasticfilesystem=elasticfilesystem batch=batch " +
	"mwaa=airflow.api sfn=states stepfunctions=states cloudwatch=monitoring monitoring=monitoring lambda=lambda dynamodb=dynamodb ecrpublic=ecr-public.api " +
	"iam=iam autoscaling=autoscaling xray=xray firehose=kinesis-firehose kinesis=kinesis-streams cloudformation=cloudformation eventbridge=events " +
	"events=events elasticloadbalancingv2=elasticloadbalancing ssmmessages=ssmmessages route53=route53 applicationautoscaling=application-autoscaling"

// actionPrefixes are the service codes by the prefixes of IAM actions, where they differ. Source: Service Authorization Reference.
var actionPrefixes = map[string]string{"ecr": "ecr.api", "cloudwatch": "monitoring", "airflow": "airflow.api", "ecr-public": "ecr-public.api", "firehose": "kinesis-firehose", "kinesis": "kinesis-streams", "vpce": ""}

// registryActions are what the registry checks when an image is pulled. Source: Amazon ECS developer guide, Amazon ECS task execution IAM role.
var registryActions = []string{"BatchGetImage", "GetDownloadUrlForLayer", "BatchCheckLayerAvailability"}

// codeOfAction returns the code of the service that checks an IAM action.
func codeOfAction(prefix, op string) string {
	prefix = strings.ToLower(prefix)
	if prefix == "ecr" && slices.Contains(registryActions, op) {
		return "ecr.dkr"
	}
	if prefix == "ecs" && op == "Poll" {
		return "ecs-agent"
	}
	if prefix == "ecs" && op == "StartTelemetrySession" {
		return "ecs-telemetry"
	}
	if code, ok := actionPrefixes[prefix]; ok {
		return code
	}
	return prefix
}

// opServices are the services of operations in messages that have no service. Source: API references of the services.
var opServices = map[string]string{
	"GetAuthorizationToken": "ecr", "BatchGetImage": "ecr", "GetDownloadUrlForLayer": "ecr", "GetSecretValue": "secretsmanager", "DescribeSecret": "secretsmanager", "GetParameters": "ssm", "GetParameter": "ssm", "GetParametersByPath": "ssm",
	"CreateLogStream": "logs", "PutLogEvents": "logs", "CreateLogGroup": "logs", "DescribeLogStreams": "logs", "Decrypt": "kms", "GenerateDataKey": "kms", "Encrypt": "kms", "AssumeRole": "sts", "AssumeRoleWithWebIdentity": "sts", "GetCallerIdentity": "sts",
	"ExecuteCommand": "ecs", "RunTask": "ecs", "CreateService": "ecs", "UpdateService": "ecs", "RegisterContainerInstance": "ecs", "DiscoverPollEndpoint": "ecs", "RegisterTaskDefinition": "ecs", "GetObject": "s3", "PutObject": "s3", "HeadObject": "s3", "ListObjectsV2": "s3", "HeadBucket": "s3",
	"StartSession": "ssm", "SendMessage": "sqs", "ReceiveMessage": "sqs", "PutMetricData": "cloudwatch", "SubmitJob": "batch", "CreateVpcEndpoint": "ec2", "ModifyVpcEndpoint": "ec2", "CreateEnvironment": "airflow", "UpdateEnvironment": "airflow", "CreateWebLoginToken": "airflow", "CreateCliToken": "airflow", "PassRole": "iam",
	"CreateControlChannel": "ssmmessages", "OpenDataChannel": "ssmmessages", "CreateDataChannel": "ssmmessages", "OpenControlChannel": "ssmmessages", "CreateComputeEnvironment": "batch", "StartExecution": "states",
}

// readAnswer reads what AWS answered: code, status, request, action, principal and resource.
func (s *signals) readAnswer() {
	t := s.text
	if v := word(after(t, "perform: ", "perform ")); isAction(v) {
		s.Action = v
	}
	if i := strings.Index(t, " allows the "); i >= 0 && s.Action == "" {
		if v := word(t[i+len(" allows the "):]); isAction(v) {
			s.Action = v
		}
	}
	if v := between(t, "An error occurred (", ")"); v != "" {
		s.Code, _, _ = strings.Cut(v, ") ")
		s.op = word(after(t, "when calling the "))
	}
	if v := between(t, "operation error ", ","); v != "" {
		name, op, _ := strings.Cut(v, ": ")
		s.op = word(op)
		s.setAction(sdkNames()[sdkName(name)], s.op)
	}
	if v := after(t, "(Service: "); v != "" {
		s.setAction(sdkNames()[sdkName(v[:endOf(v, ";,)\n")])], s.op)
	}
	if v := after(t, "eventSource: "); v != "" { // of CloudTrail
		source, _, _ := strings.Cut(word(v), ".")
		s.op = word(after(t, "eventName: "))
		if isAction(source + ":" + s.op) {
			s.setAction(source, s.op)
		}
	}
	if s.op != "" && s.Action == "" && opServices[s.op] != "" {
		s.Action = opServices[s.op] + ":" + s.op
	}
	for _, name := range []string{"api error ", "Error Code: ", "errorCode: ", "error code: ", "ErrorCode: "} {
		if s.Code == "" {
			s.Code = word(after(t, name))
		}
	}
	if s.Code == "" {
		s.Code = codeIn(t)
	}
	for _, name := range []string{"StatusCode: ", "status code: ", "Status Code: ", "statusCode: ", "unexpected status: ", "unexpected status code "} {
		if v := after(t, name); s.Status == 0 && len(v) >= 3 && allDigits(v[:3]) {
			s.Status = number(v)
		}
	}
	if len(s.Code) == 3 && allDigits(s.Code) { // botocore has the status in place of a code if the answer has no body
		s.Status, s.Code = number(s.Code), ""
	}
	for _, status := range []string{"403 Forbidden", "401 Unauthorized", "404 Not Found", "429 Too Many Requests"} {
		if s.Status == 0 && strings.Contains(t, status) {
			s.Status = number(status)
		}
	}
	for _, name := range []string{"RequestID: ", "request id: ", "Request ID: ", "requestId: ", "RequestId: "} {
		if v := word(after(t, name)); s.RequestID == "" && len(v) >= 16 && strings.Trim(strings.ToLower(v), "0123456789abcdefghijklmnopqrstuvwxyz-") == "" {
			s.RequestID = v
		}
	}
	s.Principal = limited(word(after(t, "User: ")))
	s.Resource = limited(word(after(t, "on resource: ")))
}

// isAction reports whether a word has the form of an IAM action: the prefix of a service and an operation. Source: IAM user guide, IAM JSON policy elements: Action.
func isAction(word string) bool {
	prefix, op, found := strings.Cut(word, ":")
	lower := "abcdefghijklmnopqrstuvwxyz0123456789-"
	return found && prefix != "" && op != "" && strings.Trim(prefix, lower) == "" && strings.Trim(strings.ToLower(op), lower) == ""
}

// number returns the number of three digits at the beginning of a text.
func number(text string) int {
	return int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
}

// setAction sets the action if the text did not have it.
func (s *signals) setAction(code, op string) {
	if s.Action != "" || code == "" {
		return
	}
	prefix := strings.TrimSuffix(code, ".api")
	if code == "monitoring" {
		prefix = "cloudwatch"
	}
	if s.Action = prefix + ":" + op; op == "" {
		s.Action = ""
		if s.op == "" {
			s.op = prefix
		}
	}
}

// sdkName returns the name of a service as the keys of sdkNames have it.
func sdkName(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), " ", "")
	for _, prefix := range []string{"amazon", "aws"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}

// codeEnds are the ends of error codes of AWS.
var codeEnds = []string{"Exception", "NotFound", "AccessDenied", "LimitExceeded", "Exists", "UnauthorizedOperation", "InsufficientFreeAddressesInSubnet", "DuplicateSubnetsInSameZone", "InvalidParameter", "InvalidServiceName", "NoSuchKey", "NoSuchBucket", "NoCredentialProviders", "ParameterNotFound"}

// codeIn returns the first word of a text that is an error code of AWS. Names of classes of SDKs are not.
func codeIn(text string) string {
	for i := 0; i < len(text); i++ {
		if text[i] < 'A' || text[i] > 'Z' || i > 0 && isHostByte(text[i-1]) {
			continue
		}
		n := i
		for n < len(text) && (isLetter(text[n]) || text[n] == '.' && n+1 < len(text) && isLetter(text[n+1])) {
			n++
		}
		w := text[i:n]
		if len(w) < 80 && slices.ContainsFunc(codeEnds, func(e string) bool { return strings.HasSuffix(w, e) }) &&
			!slices.ContainsFunc([]string{"ClientException", "UnknownHostException", "TimeoutException", "ConnectException", "IOException", "RuntimeException", "SSLHandshakeException", "EndpointException", "SocketException", "GeneralServiceException", "WebException"}, func(e string) bool { return strings.HasSuffix(w, e) }) {
			return w
		}
		i = n
	}
	return ""
}

// after returns what follows the first of several texts; empty if the text has none of them.
func after(text string, names ...string) string {
	for _, n := range names {
		if _, v, ok := strings.Cut(text, n); ok {
			return v
		}
	}
	return ""
}

// between returns what is between two texts on one line.
func between(text, from, to string) string {
	v := after(text, from)
	end := strings.Index(v, to)
	if end < 0 || end > 200 {
		return ""
	}
	return v[:end]
}

// longestWord is the maximum length of a code, an action or another word in the output.
const longestWord = 200

// word returns the first word of a text without quotes and punctuation.
func word(text string) string {
	text = strings.TrimLeft(text, "\"'`( ")
	text = text[:endOf(text[:min(len(text), longestWord)], " \n\t,;\"'`()<>")]
	return strings.TrimRight(limited(text), ".:")
}

func limited(s string) string { return s[:min(len(s), longestWord)] }

// serviceNamesIn returns the names of endpoint services in a text.
func serviceNamesIn(text string) []serviceName {
	var out []serviceName
	for i := 0; i < len(text); i++ {
		if !isHostByte(text[i]) {
			continue
		}
		n := tokenAfter(text[i:])
		token := strings.Trim(text[i:i+n], ".-_")
		i += n
		code := catalog.CodeOf(token)
		if code == "" || len(token) > longestHost {
			continue
		}
		rest := strings.TrimSuffix(token, "."+code)
		if region := rest[strings.LastIndexByte(rest, '.')+1:]; isRegion(region) && !strings.HasPrefix(code, "vpce-svc-") {
			out = append(out, serviceName{region, code})
		}
	}
	return out
}
