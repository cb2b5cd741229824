package inventory

import (
	"strings"
	"sync"
)

// vocabulary has the words of messages in lower case, and the compounds as AWS writes them.
var vocabulary = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, list := range []string{sentenceWords, awsWords, awsTerms} {
		for _, word := range strings.Fields(list) {
			out[word] = true
		}
	}
	return out
})

// inCodes has the words of codes and operations in lower case that are not in vocabulary.
var inCodes = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(codeWords) {
		out[word] = true
	}
	return out
})

// sentenceWords are the words of sentences that AWS, Docker, containerd and the SDKs build their messages from. A word that is
// likely in names, such as web, is not in the list: a message is clear without it, and a name is not.
const sentenceWords = `
a able about above absent accept access accessed accessing auth fetch fetched fetching exception general install installed s seeker warn warnings accepted according account across action actions activated active actual add added additional address addresses affecting after again against agree ahead all
allocate allocated allocating allocation allow allowed allows already also always an and another any apply applied are as asking associate associated associating association assume assumed assuming at attach attached attachment attempt
attempted attempting attempts authenticate authenticated authentication authoritative authorization authorize authorized automatically available availability await awaiting away
back backoff bad based basic be became because become been before began begin being belong belongs below between block blocked blocking both breaker bring but by
call called caller calling calls came can cancel canceled cancelled cannot capable causal cause caused causes change changed changes check checked checking checks choose circuit clean cleanup close closing closed closest code codes combination
common communicate communication compare compatible complete completed completely component components condition conditions configure configured configuring conflict conflicting conflicts connect connected connecting connection connections consistently
contact contain contained containing contains content contents continue continued control controller controllers copied copy copying correct correctly could count create created creates creating credential current currently customized
day days deadline decided decode decrypt decrypting default defined definition delay delayed delete deleted deleting denied denies deny denying depends deprecated describe described description desired detail
details detect detected determine determined developer device devices did differ different digest directory disabled disconnect disconnected discover do does doing done down drain drained draining due duplicate duration during
each earlier either else empty enable enabled enabling encountered encrypted end ended ensure ensures entire entry error errors essential establish established etc even event events ever every exactly exceed exceeded exceeding exceeds
except exec execute executed executing execution exhausted exist existing exists exit exited exits expected expired expires explicit explicitly exporting expression extract
fail failed failing fails failure failures fallback fault few field file files fill filled final find first fits following follows for forbidden force forced form format formed found free from fulfil fulfill full further
gave generate generated get gets getting give given giving global going got granted group groups grace guide
had handle handled handler handshake has have having head header headers health healthy held help here high higher hints host hosts hour hours how however
id identified identify identity if ignore ignored ignoring image images immediate immediately impossible import in include included includes including incomplete incompatible incorrect increase indicates individual info information initialize
initialization initialized initializing initiate initiated input inside instance instances insufficient intended interface internal interrupted into invalid invalidated invocation invoke invoked is issue issues it item items its itself
job jobs join joined joining just
keep kept key keys kill killed kind know knows known
label lack lacks last later latest launch launched launching layer layers leave least left less level like likely limit limited limits line link list listed listen loading local location lock log logged logger logging logs long longer lookup looking lost low lower
made make making malformed manage managed manual manually many mark marked match matched matches matching maximum may me mean means mechanism meet member memory message messages messaging met method metadata minimum minute minutes
mismatch missing mode modified modify moment more most mount mounted mounting much multiple must my
name named names near necessary need needed needs neither nested network networking never new next no node none nor not note nothing notified now null number
object observed obtain occur occurred occurs of off offered offline old on once one ones only open opened opening operation operations operator option optional options or order organization original other others otherwise our out output outside over overlay own owned owner
page parameter parameters parent parse parsing part partial pass passed path pending per perform performed permanent permission permissions permit permitted persist pick place placed placement placing platform please point points policies policy pool
port ports position possible post potential preparing present prevent prevented preventing previous previously primary principal private problem problems proceed process processed processing profile profiles progress proper properly
properties property protocol provide provided provider providers provides provision provisioned provisioning public pull pulled pulling pushing put
queue queued quota quotas
range rate rather reach reachable reached reaching read readiness reading ready reason reasons receive received receiving recent recognized record recover refer reference referenced references refused regarding region register registered registering registration registry reject rejected
related relationship relationships release remaining remote remove removed removing repeat repeatedly replace replaced replacement report reported request requested requester requests require required requirement requirements requires reserved reset resolution resolve resolved resolving
resource resources respond response responses responsible restart restarted restarting restore result results resume retried retries retrieval retrieve retrieved retrieving retry retrying return returned returns review right role roles roll rolled rolling root rollback route routes
rule rules run running runs runtime
safe said same scale scaled scaling schedule scheduled scheduler scheduling scope search second seconds secret secrets section secure see seem seems select selected send sending sent separate server servers set sets setting settings several shared should show shown shut
shutdown sign signal signaled signature signed since single size skip skipped so some something soon source space specific specification specified specify specifying spent stable stack start started starting starts startup state stated statement status stay steady step still stop
stopped stopping stops store stored stream string strings stuck succeed succeeded success successful successfully such sufficient support supported supports system systems
table tag tags take taken takes target targets task tasks temporarily temporary tenant terminate terminated terminating termination than that the their them then there therefore these they thing this those though threshold throttle throttled throttling through throughout
time timed timeout times to together token tokens too total traffic transition transport tried tries trigger triggered true troubleshoot troubleshooting trust trusted trusts try trying turn twice two type types typically
unable unauthenticated unauthorized unavailable undefined under underlying undetermined unexpected unfulfilled unhealthy unhandled unit units unknown unless unlikely unmarshal unmarshalling unpack unreachable unrecognized unsatisfied unset unsuccessful unsupported until unused unwrap up update updated updates updating upload upper upstream
usable usage use used user users uses using utils
valid validate validated validating validation value values verbose verify version versions via volume volumes
wait waited waiting waits want wanted warm warning was way we well went were what when where whether which while who whole why will wish with within without would write writing written wrong
yes yet you your yours zero zone zones
manifest manifests descriptor ref refs repository repositories blob blobs anonymous rotate rotation pinned architecture entrypoint endpoint endpoints gateway gateways environment environments variable variables false
`

// awsWords are names of services, products, protocols and their parts, as the words of messages and of codes.
const awsWords = `
acm agent agents airflow amazon ami amis api apis appnet args arn arns asg asm autoscaling aws awslogs awsvpc batch bottlerocket botocore bridge bucket buckets capacity ce ces cert certificate certificates cgroup cgroups chain cidr cli client cloudformation cloudmap cloudtrail cloudwatch cluster clusters command commands
compute config configuration configurations connectivity constraint constraints container containerd containers context cpu credentials daemon dag dags data deployment deployments descriptor dial dns docker domain driver drivers dhcp
ebs ec2 ecr ecs ecsagent efs egress eks elastic elasticloadbalancing elb eni enis envoy essentialcontainerexited explanation exec external fargate filesystem firelens fluentbit fsx gpu gpus guard http https iam imds ingress init internet io ip ips ipv4 ipv6 json kms lambda linux lookup loopback
mapping metrics mib misconfiguration mwaa nat nil nvidia nxdomain oom oomkilled orchestration os outofmemory outbound inbound proxy privatelink prefix quota ram reachability resolver ruleset s3 scheduler sdk security servfail service services session sigkill sigterm sns socket spot sqs sse ssl ssm stderr stdout sts subnet subnets
syscall tcp template templates tls tmpfs udp uid url urls utf vcpu vcpus vpc vpcs webserver windows worker workers x509 xray manager parameter
decryption kmsaccess conflict attribute attributes action notification logstream loggroup authority unix unbound eof dkr layer digest expected requestcanceled asyncretry
initialization conflicting throughput concurrent modification requestlimit limitexceeded unsupportedoperation fips gzip pid udp6 tcp4 tcp6 sha256 tar accessdenied permanent precondition dependency violation malformed unprocessable server unrecognized incomplete
runnable submitted starting running succeeded pending disabled enabled invalid valid creating updating deleting failed available unavailable rolling terminating maintenance create update delete rollback incorrect
`

// codeWords are further words of codes of errors and of operations. Alone, they can be names.
const codeWords = `
aborted activation activity alias aliases anchor approved argument attachable automation balancer balancers blocked cache calendar ciphertext claim cloud compliance contention custom definitions deletion deregister destination destinations disable disassociate document
download encoding encrypt encryption entity evaluation exception export families feature federation fields filter filters findings folder generation grant grants hierarchy hsm idempotent idp ids imported inaccessible incompatibility inventory large
lifecycle linked listener listeners load login mac maps marker material max mutability namespace operating ops packed pair password pattern plaintext plugin poll preview priority protection protocols publish queries query queues random
re refresh regions replica replicate replication retention retire revoke saml scan scanning schema scheme sequence small ssh stage stores streams sub submit subscription sync tag test tier unchanged unique unmodifiable untag uri web xks
`

// awsTerms are compounds and spellings of AWS, and other tokens that are not built from words.
const awsTerms = `
AppNet AmazonEC2 AmazonECS AKID CPU/MEMORY Client.Timeout CloudMap CloudWatch Cloudwatch CloudFormation ComputeEnvironment ConflictingDomainExists CredentialsChainVerboseErrors DirectConnect DockerTimeoutError
DuplicateSubnetsInSameZone Ec2 EssentialContainerExited FargateTask GET/HEAD HandlerErrorCode HostedZone IamInstanceProfile InsufficientFreeAddressesInSubnet InternalError InvalidParameter InvalidParameterValue JobQueue JobStateTimeLimit
LaunchTemplate LoadBalancer NAT/IGW NetworkInterface NoCredentialProviders NotFound OutOfMemory PlatformTaskDefinitionIncompatibilityException RequestCanceled RequestID RequestId RequestToken RouteAlreadyExists SecretsManager SecurityGroup ServiceConnect
ServiceSchedulerInitiated SpotInterruption StatusCode StoreError SubnetId SystemsManager TargetGroup TaskDefinition TaskFailedToStart TerminationNotice TooManyRequests UnauthorizedOperation UserInitiated VPC/Subnet VpcEndpoint NetworkConfiguration ParameterStore
and/or api-error assume-role auto-assign aws.Config.CredentialsChainVerboseErrors aws-go-sdk awslogs-create-group awslogs-group awslogs-region capacity-provider circuit-breaker client-side container-instance container-runtime content-type cross-account
curl daemon's deploymentId destination-prefix-list-id don't doesn't isn't wasn't couldn't can't won't dual-stack ec2-user ecs-agent ecs-init ecs-svc ecs-tasks.amazonaws.com ecs.amazonaws.com enableDnsHostnames enableDnsSupport end-to-end exit-code ext4 gateway-endpoint
health-check high-level host-level httpReadSeeker i/o identity-based instance-profile io.EOF ip-address linux/386 linux/amd64 linux/arm/v7 linux/arm64 linux/arm64/v8 load-balancer localhost log-driver log-group long-lived memory/CPU min/max mount-target multi-arch multi-node
net/http network-interface no-op non-zero nodename not-found per-second policy-based private-dns-enabled queue's re-run read-only read-write resource-based rate-limit route-table security-group self-signed server-side service's service-linked shm single-node
sha256 stop-timeout sub-path system-level target-group task's task-definition task-level taskSet throttling-related time-out toomanyrequests up-to-date user-defined vCPU vCPU/memory/GPU vCPUs volume-from windows/amd64 www-authenticate x86_64 arm64 amd64
daemon: getsockopt getaddrinfo GOAWAY HTTP/1.1 HTTP/2 http2 h2 TLS1.2 ECONNREFUSED ENOTFOUND EAI_AGAIN ETIMEDOUT ECONNRESET EHOSTUNREACH EOF SIGTERM SIGKILL SERVFAIL NXDOMAIN OOMKilled OutOfMemoryError
`
