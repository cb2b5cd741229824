package doctor

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// Explain returns what messages say and their causes. The texts alone decide, so no cause has a State.
func Explain(sources ...Source) Report {
	r := Report{Version: Version, Messages: []Message{}, Causes: []Cause{}}
	var all []weighted
	for _, src := range sources {
		m, causes, check := explain(src)
		r.Messages = append(r.Messages, m)
		if r.Check == "" {
			r.Check = check
		}
		for i, c := range causes {
			all = append(all, weighted{c, i, max(src.Times, 1), check})
		}
	}
	if len(sources) > 1 {
		slices.SortStableFunc(all, func(a, b weighted) int {
			return cmp.Or(cmp.Compare(rank(a.cause.Certainty), rank(b.cause.Certainty)), cmp.Compare(a.place, b.place), cmp.Compare(b.times, a.times))
		})
		if len(all) > 0 {
			r.Check = all[0].check
		}
	}
	for _, w := range all {
		if !slices.ContainsFunc(r.Causes, func(c Cause) bool { return c.Kind == w.cause.Kind && c.Service == w.cause.Service }) {
			r.Causes = append(r.Causes, w.cause)
		}
	}
	return r
}

// weighted is a cause with its place among those of its message, and how often the message was read.
type weighted struct {
	cause Cause
	place int
	times int
	check string
}

func rank(c Certainty) int { return slices.Index([]Certainty{Certain, Likely, Possible}, c) }

// explain explains one message.
func explain(src Source) (Message, []Cause, string) {
	records, whole := clean(src.Text)
	m := Message{Where: src.Where, Subject: src.Subject, Text: strings.Join(records, "\n"), Times: src.Times, Evidence: []Fact{}, RuledOut: []RuledOut{}}
	known := occurring(squeeze(strings.Join(records, "\n")))
	var all []*signals
	for _, record := range records {
		for _, e := range entries(record) {
			all = append(all, read(e, known))
		}
	}
	for _, s := range all {
		s.stopped = strings.Contains(whole, "caling activity initiated by") || strings.Contains(whole, "Task stopped by user") || strings.Contains(whole, "Spot Task was interrupted")
	}
	s, r, more := primary(all)
	if s == nil {
		m.Failure = "The text contains no failure that the wizard knows. Paste all of it: with the host that was called, the error code, or the lines before and after it."
		if m.Where == "" && len(all) > 0 {
			m.Where = all[0].where()
		}
		m.Details.IDs, m.Details.Names = idsIn(whole), namesIn(whole)
		if n := noteOf(m.Text); n != nil {
			m.Failure = n.failure
			return m, nil, n.check
		}
		return m, nil, ""
	}
	if m.Where == "" {
		m.Where = placeOf(s, all)
	}
	m.Details = s.Details
	m.Details.IDs, m.Details.Names = idsIn(whole), namesIn(whole)
	var causes []Cause
	for _, x := range r.causes(s) {
		causes = append(causes, causeOf(x, s.service))
	}
	m.Failure = s.failure(r)
	m.Evidence = s.evidence(r)
	if more > 0 {
		m.Evidence = append(m.Evidence, Fact{Mark: Unknown, Name: "more", Text: "The text has " + words.Count(more, "more failure") + ". The one that is explained is the most complete of them, or the first."})
	}
	m.RuledOut = s.ruledOut(r, causes)
	check := r.check
	if check == "" && len(causes) > 0 {
		check = s.check(causes)
	}
	return m, causes, check
}

// check is the check of the likeliest cause, and of the next one that it does not include, for rules without a check of their own.
func (s *signals) check(causes []Cause) string {
	first := causes[0]
	for _, next := range causes[1:] {
		if next.Certainty != Likely || next.Check == first.Check || first.Kind == cause.EndpointMissing && next.Kind == cause.NoInternetPath || first.Kind == cause.NoInternetPath && next.Kind == cause.RouteMissing {
			continue
		}
		return strings.TrimSuffix(first.Check, ".") + ". After that, " + begun(next.Check)
	}
	return first.Check
}

// begun returns a sentence as a part of another one: with a small letter, unless its first word is a name.
func begun(text string) string {
	for _, word := range []string{"The ", "Whether ", "Which ", "What ", "When "} {
		if strings.HasPrefix(text, word) {
			return strings.ToLower(text[:1]) + text[1:]
		}
	}
	return text
}

// placeOf returns where the message is shown. An event or a log line before it can say it.
func placeOf(s *signals, all []*signals) Where {
	if w := s.where(); w != "" {
		return w
	}
	for _, other := range all {
		if w := other.where(); w != "" {
			return w
		}
	}
	return ""
}

// primary returns the message that explains the others, with its rule: the one that a more specific rule matches, and of several the first. It returns nil if
// no rule matches any. The last result is the number of the others that a rule matches.
func primary(all []*signals) (best *signals, found *rule, more int) {
	least := 0
	for _, s := range all {
		if s.informs() {
			continue
		}
		i := slices.IndexFunc(rules, func(r rule) bool { return r.when(s) && len(r.causes(s)) > 0 })
		if i < 0 {
			continue
		}
		more++
		if depth := s.depth(i); best == nil || depth < least {
			best, found, least = s, &rules[i], depth
		}
	}
	return best, found, max(more-1, 0)
}

// failureWords are in messages about failures, whatever their level is.
var failureWords = []string{"error", "fail", "exception", "denied", "refused", "timed out", "i/o timeout", "unable", "cannot", "could not", "no such host"}

// informs reports whether a message is about normal work: it has the level of information, or is the event of a service that works.
func (s *signals) informs() bool {
	lower := strings.ToLower(s.text)
	level := strings.HasPrefix(lower, "info") || strings.Contains(lower, "level=info") || strings.Contains(s.text[:min(len(s.text), 64)], " INFO ") || strings.Contains(lower, "has reached a steady state") || strings.Contains(lower, "health checks passed")
	return level && !slices.ContainsFunc(failureWords, func(w string) bool { return strings.Contains(lower, w) })
}

// depth orders the messages of a paste: what states its cause or has a host or a service, then an address alone, then all others, and a bare timeout last. Within
// these, the first in time explains the rest.
func (s *signals) depth(rule int) int {
	switch {
	case s.has(unhealthyTarget, unhealthyContainer, killed) && !s.has(memory): // what the application does can be the reason
		return 1
	case rule < len(rules)-len(ruleNetwork), s.service != "", s.host != nil:
		return 0
	case s.address.kind != noAddress:
		return 1
	case s.bare():
		return 3
	}
	return 2
}

// where returns where AWS or a tool shows the message, as far as its form says.
func (s *signals) where() Where {
	t := s.text
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(x string) bool { return strings.Contains(t, x) })
	}
	switch {
	case s.tool != "":
		return s.tool
	case has("was unable to place a task", "has reached a steady state", "is unhealthy in", "failed ELB health checks", "is unable to consistently start tasks"):
		return ServiceEvent
	case has("INCORRECT_CONFIGURATION"):
		return AirflowError
	case has("CLIENT_ERROR", "compute environment", "ComputeEnvironment", "MISCONFIGURATION:", "CAPACITY:", "job queue", "Task failed to start - "):
		return BatchReason
	case s.stamp.date != "" || has("level=error", "level=warn", "[ERROR]", "[WARN]"):
		if s.step == agentStep || has("[ERROR]", "[WARN]", "module=", "level=error") {
			return AgentLog
		}
		return ContainerLog
	case has("ResourceInitializationError", "unable to pull ", "Fetching secret data from ", "CannotPull", "CannotStartContainerError", "CannotCreateContainerError", "OutOfMemoryError: Container", "Essential container in task exited", "TaskFailedToStart", "Unexpected EC2 error while attempting"):
		return StoppedReason
	case has("An error occurred (", "Error response from daemon"):
		return CLI
	}
	return ""
}

// readTool sets the tool that deploys and reported the error. Terraform, the AWS CDK and AWS CloudFormation run with the permissions of the person or pipeline that deploys.
func (s *signals) readTool() {
	t := s.text
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(x string) bool { return strings.Contains(t, x) })
	}
	switch {
	case has("Resource handler returned message", "HandlerErrorCode", "UPDATE_ROLLBACK", "The following resource(s) failed to create", "AWS::EC2::VPCEndpoint", "AWS::MWAA::Environment", "AWS::Batch::", "AWS::ECS::"):
		s.tool = Formation
	case has("wanted target", "with aws_", ", in resource \"aws_", "registry.terraform.io"), startsWith(t, "Error: creating ", "Error: updating ", "Error: reading ", "Error: deleting ", "Error: modifying ", "Error: waiting ", "Error: error ", "Error: Error ", "Error: putting ", "Error: setting "):
		s.tool = Terraform
	}
}

// startsWith reports whether a text starts with one of several.
func startsWith(text string, starts ...string) bool {
	return slices.ContainsFunc(starts, func(x string) bool { return strings.HasPrefix(text, x) })
}

// stepTexts say what each step does. {host} is the host that was called.
var stepTexts = map[step]string{
	token: "The task cannot get a token from Amazon ECR", manifest: "The manifest of the image cannot be read", pull: "The image cannot be pulled", layers: "The layers of the image cannot be downloaded",
	readSecret: "The task cannot read a secret from AWS Secrets Manager", readParameter: "The task cannot read a parameter from AWS Systems Manager", envFile: "The task cannot download its environment file from Amazon S3",
	logDriver: "The log driver of the task cannot use CloudWatch Logs", mountVolume: "The task cannot mount the Amazon EFS file system", execSession: "The session to the container cannot be opened",
	agentStep: "The container instance cannot work with Amazon ECS", networkInterface: "The network interface of the task cannot be created", createEndpoint: "The VPC endpoint cannot be created or changed",
	healthCheck: "The task is unhealthy", environmentStep: "The Amazon MWAA environment cannot be created or changed",
}

// failure returns what failed as one sentence.
func (s *signals) failure(r *rule) string {
	what := stepTexts[s.step]
	switch {
	case r.what != "":
		what = r.what
	case s.step == pull && s.service == "" && strings.Contains(s.text, "pull secrets or registry auth"):
		what = "The task cannot read its secrets or log in to the registry"
	case s.Action == "iam:PassRole" && s.op != "" && s.op != "PassRole":
		what = "The call " + s.op + ", which passes a role (iam:PassRole), failed"
	case s.step == callAPI && s.service != "" && s.op != "":
		what = "The call " + s.op + " of " + s.service + " failed"
	case (s.step == callAPI || s.step == noStep) && s.service != "":
		what = "A call to " + s.service + " failed"
	case s.host != nil && s.host.kind == webServer:
		what = "The web server of the environment cannot be opened"
	case s.tool != "" && s.has(airflow) && s.step <= callAPI:
		what = stepTexts[environmentStep]
	case what == "" && s.host != nil:
		if r.failed == "" && strings.Contains(s.layerText(), s.host.name) { // the second part says it
			return capital(s.layerText()) + "."
		}
		what = "A connection to " + s.host.name + " failed"
	case what == "":
		what = "A start or a call failed"
	}
	why := r.failed
	if why == "" {
		why = s.layerText()
	}
	if s.Code != "" && s.answeredByAWS() && !strings.Contains(why, s.Code) {
		why += " (" + s.Code + ")"
	}
	return what + ": " + why + "."
}

// layerText says where a call failed on the network.
func (s *signals) layerText() string {
	to := "the connection"
	name := "the name"
	if s.host != nil {
		to, name = "the connection to "+s.host.name, s.host.name
	} else if s.address.kind == loopback || s.address.kind == linkLocal {
		to = "the connection to " + s.address.text
	} else if s.service != "" {
		to = "the connection to " + s.service
	}
	switch {
	case s.has(resolverSilent):
		return "the DNS server did not answer for " + name
	case s.has(noHost):
		return "DNS has no address for " + name
	case s.has(wrongName, unknownIssuer, handshake):
		return to + " was opened, but the TLS handshake failed"
	case s.has(noFamily):
		return name + " has no address of the IP family that the client uses"
	case s.has(refused):
		return to + " was refused"
	case s.has(unreachable, noRoute):
		return to + " has no route"
	case s.has(reset) && !s.has(timeout):
		return to + " was closed before an answer"
	case s.has(timeout):
		return to + " timed out"
	}
	return to + " got no answer"
}

// answeredByAWS reports whether the message contains an answer of AWS to the call.
func (s *signals) answeredByAWS() bool {
	if s.has(noHost, resolverSilent, timeout, refused, unreachable, noRoute, handshake, wrongName, unknownIssuer, proxyFailed) {
		return false
	}
	return s.Status >= 400 && s.Status < 500 || s.Code != "" && s.Code != "NoCredentialProviders" && !s.has(noAnswer) || s.Action != "" && s.has(denied)
}

// pathWorks reports whether the answer of AWS shows that the workload has a network path. The answer to a person or a pipeline does not.
func (s *signals) pathWorks(r *rule) bool {
	return s.answeredByAWS() && s.tool == "" && (r.group == refusal && !s.byCaller() || r.group == absence)
}

// evidence is what the message says and what that means.
func (s *signals) evidence(r *rule) []Fact {
	out := []Fact{}
	add := func(mark Mark, name, text string) { out = append(out, Fact{Mark: mark, Name: name, Text: text}) }
	if text := stepTexts[s.step]; text != "" {
		add(Yes, "step", stepNames[s.step])
	}
	if s.host != nil {
		add(Yes, "host", s.hostText())
	}
	switch {
	case s.address.kind != noAddress:
		add(Yes, "address", s.addressText())
	case r.group == network && s.failing() && !s.has(noHost, resolverSilent):
		add(Unknown, "address", "The text does not contain the address, so it does not show whether an endpoint answers for the name.")
	}
	if s.server != nil {
		text := s.server.text + " is the DNS server that was asked."
		if s.server.amazon {
			text = s.server.text + " is the DNS server that was asked: the form of the address is that of the Amazon DNS server."
		}
		add(Yes, "resolver", text)
	}
	if r.group == network && s.failing() {
		add(Yes, "layer", capital(s.layerText())+".")
	}
	if s.answeredByAWS() {
		text := "AWS answered"
		if s.Code != "" {
			text += " with " + s.Code
		}
		if s.pathWorks(r) {
			text += ", so the network path works"
		}
		add(Yes, "answer", text+".")
	}
	if kind := s.policyKind(); kind != "" {
		add(Yes, "policy", kind)
	}
	if s.Action != "" && s.has(denied, keyDenied) {
		add(Yes, "action", s.Action+" was denied.")
	}
	if s.waited >= silentSeconds && s.has(noCredentials) {
		add(Yes, "time", "The program waited for credentials: an instance without an instance profile gets an answer immediately.")
	}
	return out
}

// stepNames are the steps as sentences.
var stepNames = map[step]string{
	token: "The task asked for a token from Amazon ECR, before the pull.", manifest: "The task read the manifest of the image, before its layers.", pull: "The image was pulled.", layers: "The layers of the image were downloaded: Amazon ECR stores them in Amazon S3.", readSecret: "The task read a secret, before its containers start.",
	readParameter: "The task read a parameter, before its containers start.", envFile: "The task read an environment file in Amazon S3, before its containers start.", logDriver: "The log driver was started or sent logs.", mountVolume: "A file system was mounted, before the containers start.", execSession: "A session was opened by the agent in the task or on the instance.",
	agentStep: "The ECS agent on the instance made the call.", networkInterface: "The network interface of the task was created, before anything else.", createEndpoint: "A call was made that creates or changes a VPC endpoint.", healthCheck: "The health check of a running task was made.", environmentStep: "The environment was created or changed.",
}

// hostText says what the host is.
func (s *signals) hostText() string {
	h := s.host
	switch {
	case h.oneName():
		return h.name + " is the name of " + h.service + " for all Regions. The service has no Regional name."
	case h.kind == global:
		return h.name + " is a global or old name of " + h.service + ". Its endpoint does not have this name."
	case h.kind == endpointDNS && h.service != "":
		return h.name + " is the name of one endpoint of " + h.service + "."
	case h.kind == endpointDNS:
		return h.name + " is the name of one endpoint."
	case h.kind == webServer && h.private:
		return h.name + " is the web server of an Amazon MWAA environment with the private access mode."
	case h.kind == webServer:
		return h.name + " is the web server of an Amazon MWAA environment."
	case h.kind == fileSystem:
		return h.name + " is a file system of Amazon EFS. Its mount targets have the addresses."
	case h.kind == ownResource:
		return h.name + " is a resource in AWS. No endpoint service has its name."
	case h.name == "public.ecr.aws":
		return h.name + " is the public registry of AWS. Its images come over the internet, also with endpoints for Amazon ECR."
	case h.kind == outside && h.registry:
		return h.name + " is a registry outside AWS. No endpoint service exists for it."
	case h.kind == outside:
		return h.name + " is not a name of an AWS service."
	case h.numbered:
		return h.name + " is a public name of " + h.service + " with a number: the agent did not get its names through the ecs endpoint."
	case s.service != h.service && s.service != "":
		return h.name + " is " + h.service + ", but the message shows the image in place of the URL of the layer, which is in Amazon S3."
	}
	return h.name + " is service " + h.service + "."
}

// addressText says where the address is.
func (s *signals) addressText() string {
	a := s.address
	switch {
	case a.kind == private && s.ownTarget() && s.port != 0:
		return a.text + " is private, and the port is " + strconv.Itoa(s.port) + "."
	case a.kind == private && (s.ownTarget() || s.host != nil && s.host.kind == outside):
		return a.text + " is private."
	case a.kind == private:
		return a.text + " is private, so an endpoint or a private hosted zone answers for the name."
	case a.kind == public && a.ipv6:
		return a.text + " is an IPv6 address. It does not show whether an endpoint answers, because addresses of VPCs are public for IPv6."
	case a.kind == public && a.hintsS3():
		return a.text + " is public, in a block of addresses of Amazon S3."
	case a.kind == public && s.service != "" && s.service != "s3":
		return a.text + " is public, so no endpoint answers for this name."
	case a.kind == public:
		return a.text + " is public."
	case a.kind == loopback:
		return a.text + " is in the task or on the instance itself."
	case a.kind == linkLocal:
		return a.text + " is on the instance: the metadata service or the credentials of the task."
	}
	return a.text + " is not the address of a host."
}

// policyKind says which kind of policy denied a call, as far as the message has it.
func (s *signals) policyKind() string {
	for _, p := range []struct {
		sign sign
		name string
	}{
		{byEndpoint, "VPC endpoint policy"}, {byIdentity, "identity-based policy"}, {byServiceControl, "service control policy"}, {byResourceControl, "resource control policy"}, {byBoundary, "permissions boundary"},
		{bySession, "session policy"}, {byTrust, "role trust policy"}, {byResource, "resource-based policy"},
	} {
		if s.has(p.sign) && s.has(denied, keyDenied, explicitDeny) {
			if s.has(explicitDeny) {
				return "The " + p.name + " has a Deny statement that matches the call."
			}
			return "The " + p.name + " has no Allow statement that matches the call."
		}
	}
	return ""
}

// ruledOut returns causes that the message speaks against, without those that it points to.
func (s *signals) ruledOut(r *rule, causes []Cause) []RuledOut {
	out := []RuledOut{}
	add := func(why string, kinds ...cause.Kind) {
		for _, k := range kinds {
			if !slices.ContainsFunc(causes, func(c Cause) bool { return c.Kind == k }) && !slices.ContainsFunc(out, func(o RuledOut) bool { return o.Kind == k }) {
				out = append(out, RuledOut{k, why})
			}
		}
	}
	permissions := []cause.Kind{cause.RolePermission, cause.EndpointPolicy, cause.KMSPermission}
	missing := []cause.Kind{cause.ImageMissing, cause.SecretMissing}
	why := "The service was not reached, so it did not look for it."
	if s.step >= pull && s.step <= layers {
		why = "The registry was not reached, so it did not look for the image."
		missing = missing[:1]
	}
	switch {
	case s.has(memory, unhealthyContainer, unhealthyTarget, killed):
		add("The container ran, so its image was pulled and runs here.", cause.ImageMissing, cause.Architecture)
		add("The container ran, so its secrets and its environment file were read before.", cause.SecretMissing, cause.ParameterMissing, cause.FileMissing)
	case s.has(platform, rateLimited):
		add("The registry answered, so the network path works.", cause.EndpointMissing, cause.EndpointGroup, cause.NoInternetPath)
	case s.pathWorks(r):
		add("AWS answered, so the network path works.", cause.EndpointMissing, cause.EndpointGroup, cause.EgressGroup, cause.NoInternetPath)
		if s.policyKind() != "" {
			add("The message has another kind of policy.", cause.RolePermission, cause.EndpointPolicy, cause.KMSPermission)
		}
	case r.group == absence && s.step >= pull && s.step <= layers:
		add("The registry answered, so the network path works.", cause.EndpointMissing, cause.EndpointGroup, cause.NoInternetPath)
	case r.group != network:
	case s.failing() && (s.address.kind == loopback || s.address.kind == linkLocal):
		add("The address is in the task or on the instance.", cause.EndpointMissing, cause.EndpointGroup, cause.EgressGroup, cause.PrivateDNSOff)
	case s.has(noHost, resolverSilent):
		add("The name has no address, so no connection was tried.", cause.EndpointGroup, cause.EgressGroup)
		add("No call was made, so no permission was checked.", permissions...)
		add("No call was made, so it does not matter yet whether it exists.", missing...)
	case s.failing():
		switch {
		case s.isOutside() && s.host.kind == outside:
			add("No endpoint service exists for this host.", cause.EndpointMissing, cause.EndpointGroup, cause.PrivateDNSOff)
		case s.ownTarget(): // the application can call AWS too
		case s.address.kind == private:
			add("The name has a private address, so an endpoint answers for it.", cause.EndpointMissing, cause.NoInternetPath, cause.PrivateDNSOff)
		case s.address.kind == public && !s.address.ipv6:
			add("The name has a public address, so no interface endpoint answers for it.", cause.EndpointGroup)
		}
		add("No answer came, so no permission was checked.", permissions...)
		add(why, missing...)
	}
	return out
}

// capital returns a sentence with a capital letter, unless it begins with a host name.
func capital(text string) string {
	first, _, _ := strings.Cut(text, " ")
	if strings.Contains(first, ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
