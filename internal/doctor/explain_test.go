package doctor_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/doctor"
)

// explained is a text with what it shows.
type explained struct {
	name, text string
	// causes are the first causes, as "kind" or "kind service".
	causes string
	// certain means that the first cause is certain.
	certain bool
	// not are kinds that must not be likely, and out those that must be ruled out.
	not, out string
}

// texts are messages by what decides: the layer, the address, the host, the step, and the answer of AWS.
var texts = []explained{
	// No answer: the address decides.
	{"a private address", `ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: failed to fetch secret arn:aws-cn:secretsmanager:cn-north-1:210987654321:secret:db from secrets manager: RequestError: send request failed caused by: Post "https://secretsmanager.cn-north-1.amazonaws.com.cn/": dial tcp 172.31.9.8:443: connect: connection timed out`,
		"endpoint-sg secretsmanager, egress-sg secretsmanager, nacl secretsmanager", false, "endpoint-missing", "endpoint-missing, no-internet-path, role-permission"},
	{"a queue with invalid environments", `MISCONFIGURATION:COMPUTE_ENVIRONMENT - All compute environments associated with the job queue are INVALID.`, "environment-state", false, "endpoint-sg", ""},
	{"a private address of the shared block", `Post "https://sqs.eu-central-1.amazonaws.com/": dial tcp 100.64.12.3:443: i/o timeout`, "endpoint-sg sqs", false, "", "endpoint-missing"},
	{"a public address", `RequestError: send request failed caused by: Post "https://logs.us-gov-west-1.amazonaws.com/": dial tcp 52.61.40.1:443: i/o timeout`, "endpoint-missing logs, no-internet-path, private-dns-off logs, egress-sg logs", false, "endpoint-sg, role-permission", "endpoint-sg, role-permission"},
	{"a masked public address", `operation error SSM: GetParameters, request send failed, Post "https://ssm.ap-south-1.amazonaws.com/": dial tcp 13.*.*.*:443: i/o timeout`, "endpoint-missing ssm", false, "endpoint-sg", "endpoint-sg"},
	{"no address", `ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration.`, "endpoint-missing ecr.api, no-internet-path, endpoint-sg ecr.api", false, "role-permission", "role-permission"},
	{"a general step", `pull command failed: unable to pull secrets or registry auth Check your task network configuration.`, "endpoint-missing, no-internet-path", false, "role-permission", ""},
	{"the registry of the European Sovereign Cloud", `CannotPullContainerError: failed to resolve ref 111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/web:1: failed to do request: Head "https://111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/v2/web/manifests/1": dial tcp 10.20.1.9:443: i/o timeout`, "endpoint-sg ecr.dkr", false, "endpoint-missing", ""},
	{"the dual-stack name of the registry", `failed to resolve reference "111122223333.dkr-ecr.us-west-2.on.aws/api:3": failed to do request: Head "https://111122223333.dkr-ecr.us-west-2.on.aws/v2/api/manifests/3": dial tcp 35.80.12.1:443: i/o timeout`, "endpoint-missing ecr.dkr", false, "", ""},
	{"the FIPS name of the registry", `Head "https://111122223333.dkr.ecr-fips.us-gov-east-1.amazonaws.com/v2/api/manifests/3": dial tcp 10.1.1.1:443: i/o timeout`, "endpoint-sg ecr-fips.dkr", false, "", ""},
	{"the dual-stack name of a service", `Connect timeout on endpoint URL: "https://secretsmanager.eu-west-2.api.aws/"`, "endpoint-missing secretsmanager", false, "", ""},
	{"the name of one endpoint", `dial tcp: connect to vpce-0a1b2c3d4e5f60001-abcdefgh.kms.us-east-1.vpce.amazonaws.com:443: connection timed out`, "endpoint-sg kms", false, "endpoint-missing", ""},
	{"layers, and the hint of the address", `CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://prod-us-west-2-starport-layer-bucket.s3.us-west-2.amazonaws.com/aa/bb?X-Amz-Algorithm=AWS4": dial tcp 52.218.1.2:443: i/o timeout`, "endpoint-missing s3, route-missing s3, egress-sg s3, nacl s3", false, "private-dns-off, endpoint-sg", ""},
	{"layers by Docker", `CannotPullContainerError: error pulling image configuration: Get https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/x: dial tcp 3.5.72.1:443: connect: connection timed out`, "endpoint-missing s3", false, "", ""},
	{"a private address of Amazon S3", `Get "https://my-bucket.s3.eu-west-1.amazonaws.com/a.env": dial tcp 10.0.4.4:443: i/o timeout`, "endpoint-sg s3", false, "endpoint-missing", ""},
	{"an environment file", `ResourceInitializationError: failed to download env files: file download command: non empty error stream: RequestCanceled: request context canceled caused by: context deadline exceeded`, "endpoint-missing s3, route-missing s3", false, "file-missing", ""},
	{"a crash during the pull", `CannotPullContainerError: pull command failed: panic: runtime error: invalid memory address or nil pointer dereference`, "endpoint-missing s3, egress-sg s3", false, "", ""},
	{"a registry outside AWS", `CannotPullContainerError: Error response from daemon: Get "https://quay.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`, "no-internet-path, route-missing, egress-sg, public-address-missing", false, "endpoint-missing, registry-credentials", "endpoint-missing, endpoint-sg"},
	{"the token server of a registry", `failed to resolve ref docker.io/library/nginx:1: failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token?scope=repository": dial tcp 44.205.64.79:443: i/o timeout`, "no-internet-path", false, "endpoint-missing", ""},
	{"Amazon ECR Public", `CannotPullContainerError: Error response from daemon: Get "https://public.ecr.aws/v2/": dial tcp 99.83.145.10:443: i/o timeout`, "no-internet-path", false, "endpoint-missing", ""},
	{"a server of the user", `dial tcp 10.8.0.20:443: i/o timeout while calling https://artifacts.corp.example.com/`, "egress-sg, workload-ingress-sg, nacl, route-missing", false, "endpoint-missing, endpoint-sg", ""},
	{"a global name", `botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: "https://sts.amazonaws.com/"`, "global-name sts", false, "endpoint-sg", ""},
	{"the global name of Amazon S3", `Could not connect to the endpoint URL: "https://s3.amazonaws.com/"`, "global-name s3, endpoint-missing s3", false, "", ""},
	{"an old name", `Connect timeout on endpoint URL: "https://eu-west-1.queue.amazonaws.com/"`, "global-name sqs", false, "", ""},
	{"a numbered name of the agent", `level=error time=2026-03-04T05:06:07Z msg="Error connecting to ACS" error="websocket client: unable to dial ecs-a-3.us-east-2.amazonaws.com: dial tcp 3.146.1.1:443: i/o timeout"`, "endpoint-missing ecs-agent, agent-restart ecs-agent", false, "", ""},
	{"the telemetry of the agent", `[ERROR] Error connecting to TCS: dial tcp 10.0.1.44:443: i/o timeout ecs-t.us-east-2.amazonaws.com`, "endpoint-sg ecs-telemetry", false, "", ""},
	{"Java", `software.amazon.awssdk.core.exception.SdkClientException: Unable to execute HTTP request: Connect to kms.eu-north-1.amazonaws.com:443 [kms.eu-north-1.amazonaws.com/10.3.2.1] failed: connect timed out`, "endpoint-sg kms", false, "", ""},
	{"JavaScript", `Error: connect ETIMEDOUT 18.156.1.2:443 at TCPConnectWrap.afterConnect (secretsmanager.eu-central-1.amazonaws.com)`, "endpoint-missing secretsmanager", false, "", ""},
	{"Python", `urllib3.exceptions.MaxRetryError: HTTPSConnectionPool(host='monitoring.ap-northeast-2.amazonaws.com', port=443): Max retries exceeded with url: / (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f>, 'Connection to monitoring.ap-northeast-2.amazonaws.com timed out. (connect timeout=60)'))`, "endpoint-missing monitoring", false, "", ""},
	{"curl", "*   Trying 10.0.6.7:443...\n* connect to 10.0.6.7 port 443 failed: Connection timed out\ncurl: (28) Failed to connect to states.us-east-1.amazonaws.com port 443: Connection timed out", "endpoint-sg states", false, "", ""},
	{"a private web server", `This site can’t be reached. 0a1b2c3d-1111-2222-3333-444455556666-vpce.c12.eu-west-1.airflow.amazonaws.com took too long to respond. ERR_CONNECTION_TIMED_OUT`, "mwaa-way-in, endpoint-sg", false, "endpoint-missing", ""},
	{"a public web server", `httpx.ConnectTimeout: timed out https://0a1b2c3d-1111-2222-3333-444455556666.c2.us-east-1.airflow.amazonaws.com/execution/`, "no-internet-path", false, "endpoint-missing, mwaa-way-in", ""},
	{"a socket", `CannotStartContainerError: failed to initialize logging driver: dial unix /var/run/fluent.sock: connect: connection refused`, "host-local", false, "endpoint-missing", "endpoint-missing"},
	{"a misspelled Region", `Could not connect to the endpoint URL: "https://ecs.us-eest-1.amazonaws.com/"`, "region-mismatch ecs", false, "endpoint-sg", ""},
	{"the database of an environment", `airflow scheduler: psycopg2.OperationalError: could not connect to server: Connection timed out. Is the server running on host "vpce-0a1b2c3d.vpce-svc-0a1b2c3d.us-east-1.vpce.amazonaws.com" (10.192.20.9:5432)?`, "mwaa-sg-self", false, "", ""},
	{"a package index", `WARNING: Retrying (Retry(total=4)) after connection broken by 'ConnectTimeoutError': pypi.org /simple/pandas/ while installing requirements.txt`, "no-internet-path", false, "endpoint-missing", ""},

	// No connection for another reason.
	{"refused on the instance", `dial tcp 127.0.0.1:51678: connect: connection refused`, "host-local", false, "endpoint-missing", "endpoint-missing"},
	{"a health check on the instance", `curl: (7) Failed to connect to localhost port 8080: health check of 127.0.0.1:8080 connection refused`, "health-check, host-local", false, "endpoint-missing", ""},
	{"the metadata service", `Get "http://169.254.169.254/latest/meta-data/": dial tcp 169.254.169.254:80: i/o timeout`, "host-local, proxy", false, "endpoint-missing", "endpoint-missing"},
	{"refused by AWS", `Post "https://ecs.eu-west-1.amazonaws.com/": dial tcp 10.0.0.9:443: connect: connection refused`, "dns-zone", false, "endpoint-missing", ""},
	{"closed", `Post "https://logs.eu-west-1.amazonaws.com/": read tcp 10.0.5.6:40112->10.0.9.9:443: read: connection reset by peer`, "proxy, nacl", false, "", ""},
	{"IPv6", `Post "https://ecs.us-east-1.api.aws/": dial tcp [2600:1f18:abcd::12]:443: connect: network is unreachable`, "ip-family ecs", false, "", ""},
	{"IPv4 without a route", `Post "https://api.ecr.us-east-1.amazonaws.com/": dial tcp 44.213.1.1:443: connect: network is unreachable`, "ip-family ecr.api", false, "endpoint-sg", ""},
	{"no route", `dial tcp 10.99.0.5:443: connect: no route to host, registry.corp.example.com`, "route-missing", false, "", ""},

	// DNS.
	{"no such host", `Post "https://ecr.example.internal/": dial tcp: lookup ecr.example.internal on 10.0.0.2:53: no such host`, "dns-resolver, dns-zone", false, "endpoint-missing", "endpoint-sg"},
	{"no such host of AWS", `getaddrinfo ENOTFOUND secretsmanager.us-east-1.amazonaws.com`, "dns-resolver, dns-zone, vpc-dns-off", false, "endpoint-sg, role-permission", ""},
	{"a Region that does not exist", `Could not resolve host: api.ecr.eu-west-9.amazonaws.com`, "region-mismatch ecr.api", false, "", ""},
	{"an endpoint that does not exist", `java.net.UnknownHostException: vpce-0a1b2c3d4e5f60001-abcdefgh.logs.us-east-1.vpce.amazonaws.com: Name or service not known`, "endpoint-missing logs", false, "", ""},
	{"the Amazon DNS server is silent", `dial tcp: lookup api.ecr.ca-central-1.amazonaws.com on 10.30.0.2:53: read udp 10.30.1.9:55444->10.30.0.2:53: i/o timeout`, "vpc-dns-off, dns-resolver", false, "endpoint-sg", ""},
	{"another DNS server is silent", `dial tcp: lookup api.ecr.ca-central-1.amazonaws.com on 192.168.9.53:53: read udp 10.30.1.9:55444->192.168.9.53:53: i/o timeout`, "dns-resolver, vpc-dns-off", false, "endpoint-sg", ""},
	{"a silent DNS server", `Could not resolve host: logs.us-east-1.amazonaws.com; Temporary failure in name resolution`, "dns-resolver", false, "", ""},
	{"JavaScript and DNS", `Error: getaddrinfo EAI_AGAIN sts.us-east-1.amazonaws.com`, "dns-resolver", false, "", ""},
	{"the name of a file system", `mount.nfs4: Failed to resolve server fs-0a1b2c3d4e5f60001.efs.sa-east-1.amazonaws.com: Name or service not known`, "vpc-dns-off, efs-mount-target", false, "endpoint-missing", ""},
	{"a file system", `ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection timed out : unsuccessful EFS utils command execution; code: 32`, "efs-mount-target", false, "endpoint-missing", ""},

	// TLS and proxies.
	{"another name", `tls: failed to verify certificate: x509: certificate is valid for *.secretsmanager.eu-west-3.vpce.amazonaws.com, secretsmanager.eu-west-3.amazonaws.com, not vault.corp.example.com`, "name-mismatch secretsmanager", true, "endpoint-sg", ""},
	{"another name in Python", `certificate verify failed: Hostname mismatch, certificate is not valid for 'vault.corp.example.com' while connecting through vpce-0a1b2c3d4e5f60001-abcdefgh.kms.us-east-1.vpce.amazonaws.com`, "name-mismatch kms", true, "endpoint-sg", ""},
	{"a certificate of somebody else", `Post "https://kms.us-west-1.amazonaws.com/": x509: certificate is valid for *.gateway.corp.example.com, not kms.us-west-1.amazonaws.com`, "proxy, dns-zone", false, "endpoint-sg", ""},
	{"an unknown issuer", `Post "https://ssm.us-west-1.amazonaws.com/": tls: failed to verify certificate: x509: certificate signed by unknown authority`, "proxy", false, "endpoint-missing", ""},
	{"a handshake", `Get "https://111122223333.dkr.ecr.us-west-1.amazonaws.com/v2/": net/http: TLS handshake timeout`, "proxy", false, "endpoint-sg", ""},
	{"a proxy", `Post "https://ecs.us-west-1.amazonaws.com/": proxyconnect tcp: dial tcp 10.1.1.1:3128: i/o timeout`, "proxy", true, "endpoint-sg", ""},
	{"a proxy that denies", `curl: (56) CONNECT tunnel failed, response 403`, "proxy", true, "", ""},

	// Denied.
	{"an endpoint policy", `An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:x with an explicit deny in a VPC endpoint policy`, "endpoint-policy secretsmanager", true, "role-permission", "role-permission, endpoint-missing"},
	{"an endpoint policy for a key", `AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/k because no VPC endpoint policy allows the kms:Decrypt action`, "endpoint-policy kms", true, "kms-permission", ""},
	{"the execution role", `ResourceInitializationError: unable to pull registry auth: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action`, "role-permission", true, "caller-permission", "endpoint-missing, endpoint-policy"},
	{"a denied call without a policy", `CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:111122223333:log-group:/ecs/x`, "role-permission", false, "log-group-missing, endpoint-missing", ""},
	{"a masked account", `User: qkd:xwz:hgf::pqrstuvwxyza:bcdefgh-ijkl/Mnop/qrstuvwx is not authorized to perform: ssm:GetParameters on resource: qkd:xwz:ssm:us-east-1:pqrstuvwxyza:parameter/abcd because no VPC endpoint policy allows the ssm:GetParameters action`, "endpoint-policy ssm", true, "", ""},
	{"a key", `ResourceInitializationError: unable to retrieve secret from asm: AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.`, "kms-permission kms", true, "secret-missing", ""},
	{"a policy of the resource", `sqs.us-east-1.amazonaws.com: 44.200.1.1 An error occurred (AccessDenied) when calling the SendMessage operation: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:111122223333:q with an explicit deny in a resource-based policy`, "source-condition sqs, private-dns-off sqs", false, "role-permission", ""},
	{"a resource control policy", `User: arn:aws:iam::111122223333:user/u is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:* with an explicit deny in a resource control policy`, "source-condition secretsmanager", false, "", ""},
	{"who deploys", `Error: creating EC2 VPC Endpoint (com.amazonaws.us-east-1.logs): operation error EC2: CreateVpcEndpoint, https response error StatusCode: 403, RequestID: 0a1b2c3d-214b-4704-ad1e-0a1b2c3d4e5f, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: ec2:CreateVpcEndpoint on resource: arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0a1b2c3d4e5f60001 because no identity-based policy allows the ec2:CreateVpcEndpoint action`, "caller-permission", true, "role-permission", ""},
	{"who passes a role", `An error occurred (AccessDeniedException) when calling the RunTask operation: User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/exec because no identity-based policy allows the iam:PassRole action`, "caller-permission", true, "", ""},
	{"a trust policy", `ECS was unable to assume the role 'arn:aws:iam::111122223333:role/exec' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions`, "role-permission", false, "", ""},
	{"403 for a layer", `CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/x/blobs/sha256:0a: 403 Forbidden`, "endpoint-policy s3", false, "role-permission, endpoint-missing", "endpoint-missing"},
	{"403 for a manifest", `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/x:1: unexpected status from HEAD request to https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/x/manifests/1: 403 Forbidden`, "role-permission ecr.dkr, endpoint-policy ecr.dkr", false, "image-missing, endpoint-missing", "endpoint-missing"},
	{"403 without a code", `https://amazonlinux-2-repos-us-east-1.s3.us-east-1.amazonaws.com/mirror.list: [Errno 14] HTTPS Error 403 - Forbidden`, "endpoint-policy s3", false, "role-permission, endpoint-missing", ""},
	{"a tag policy", `TagPolicyException: The tag policy does not allow the specified value for the following tag key: 'CostCenter'.`, "tag-policy", true, "", ""},
	{"no instance profile", `NoCredentialProviders: no valid providers in chain. Deprecated.`, "instance-profile", false, "endpoint-missing", ""},
	{"no metadata", `Unable to locate credentials: EC2MetadataError: failed to make EC2Metadata request to 169.254.169.254 status code: 404`, "instance-profile", false, "", ""},
	{"a proxy for the metadata", `HTTP_PROXY=http://10.0.0.8:3128 set; NoCredentialProviders: no valid providers in chain`, "proxy, instance-profile", false, "", ""},

	// Registries and images.
	{"a tag", `manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/x:nope not found: manifest unknown: Requested image not found`, "image-missing ecr.dkr", true, "endpoint-missing", ""},
	{"a repository", `CannotPullContainerError: name unknown: The repository with name 'x' does not exist in the registry with id '111122223333'`, "image-missing", true, "", ""},
	{"access to an image", `CannotPullContainerError: Error response from daemon: pull access denied for example/private, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`, "registry-credentials, image-missing", false, "role-permission, endpoint-missing", ""},
	{"a login", `CannotPullContainerError: Head "https://ghcr.io/v2/x/y/manifests/1": unauthorized: authentication required`, "registry-credentials", false, "no-internet-path", "no-internet-path"},
	{"the login in a secret", `ResourceInitializationError: unable to pull registry auth: AuthorizationData is malformed, empty field`, "registry-credentials", false, "endpoint-missing", ""},
	{"the login of Amazon ECR", `Error response from daemon: Get "https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/x/manifests/1": no basic auth credentials`, "registry-credentials, role-permission", false, "endpoint-missing", ""},
	{"too many pulls", `CannotPullContainerError: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`, "registry-rate-limit", true, "no-internet-path", ""},
	{"another processor", `exec /usr/local/bin/server: exec format error`, "architecture", true, "", ""},
	{"the region of a bucket", `An error occurred (PermanentRedirect) when calling the GetObject operation: The bucket you are attempting to access must be addressed using the specified endpoint.`, "region-mismatch s3", false, "", ""},
	{"FireLens", `[2026/03/01 10:00:01] [error] [net] connection #34 timeout after 10 seconds to: logs.us-east-1.amazonaws.com:443`, "endpoint-missing logs", false, "", ""},
	{"FireLens without DNS", `[error] [net] getaddrinfo(host='firehose.eu-central-1.amazonaws.com', err=12): Timeout while contacting DNS servers`, "dns-resolver", false, "", ""},
	{"a certificate of another organization", "$ openssl s_client -connect kms.us-east-1.amazonaws.com:443\nCONNECTED(00000003)\ndepth=0 O = Example, CN = inspect.example.com\nVerify return code: 0 (ok)", "proxy", false, "name-mismatch", ""},
	{"vCPU limit", `CLIENT_ERROR - You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.`, "quota", true, "", ""},
	{"a cache with a short code", `Error: connect ETIMEDOUT my-redis.abc.0001.use1.cache.amazonaws.com:6379`, "egress-sg, workload-ingress-sg", false, "global-name, endpoint-missing", ""},
	{"a service without Regional names", `Connect timeout on endpoint URL: "https://route53.amazonaws.com/2013-04-01/hostedzone"`, "no-internet-path, egress-sg", false, "global-name", ""},
	{"the credentials of a task", `Get "http://169.254.170.2/v2/credentials/0a1b": dial tcp 169.254.170.2:80: i/o timeout`, "host-local", false, "endpoint-missing", ""},
	{"a mount that was closed", `failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer`, "efs-mount-target", false, "", ""},
	{"a mount that was denied", `failed to invoke EFS utils commands: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'`, "role-permission elasticfilesystem", false, "efs-mount-target", ""},
	{"a script", `exec /usr/local/bin/entrypoint.sh: exec format error`, "architecture", false, "", ""},
	{"a key of a secret", `unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key user`, "secret-missing secretsmanager", false, "secret-missing", ""},
	{"a failed check after a call without an answer", `{"tasks":[{"stoppedReason":"Task failed ELB health checks in (target-group x)","containers":[{"exitCode":143,"reason":"Connect timeout on endpoint URL: \"https://sqs.us-east-1.amazonaws.com/\""}]}]}`, "endpoint-missing sqs", false, "health-check", ""},
	{"a stopped container", `{"tasks":[{"stoppedReason":"Scaling activity initiated by (deployment ecs-svc/9)","containers":[{"exitCode":137}]}]}`, "out-of-memory", false, "out-of-memory", ""},
	{"a database of the user", `psycopg2.OperationalError: connection to server at "10.0.8.9", port 5432 failed: Connection timed out`, "egress-sg, workload-ingress-sg", false, "endpoint-sg, endpoint-missing", ""},
	{"a server behind nginx", `upstream timed out (110: Connection timed out) while connecting to upstream, upstream: "http://10.0.2.5:8080/"`, "egress-sg, workload-ingress-sg", false, "endpoint-sg, endpoint-missing", ""},
	{"a mount without a host", `dial tcp 10.0.2.5:2049: i/o timeout`, "efs-mount-target, egress-sg", false, "endpoint-sg", ""},
	{"a process that does not listen", `dial tcp 10.0.2.5:6379: connect: connection refused`, "host-local", false, "endpoint-sg, dns-zone", ""},
	{"the certificate of another endpoint", `Post "https://kms.us-east-1.amazonaws.com/": x509: certificate is valid for logs.us-east-1.amazonaws.com, not kms.us-east-1.amazonaws.com`, "dns-zone, proxy, name-mismatch", false, "endpoint-sg", ""},
	{"a layer through the registry", `failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://111122223333.dkr.ecr.us-east-2.amazonaws.com/v2/x/blobs/sha256:0a": dial tcp 10.0.3.4:443: i/o timeout`, "endpoint-sg ecr.dkr", false, "endpoint-missing", "endpoint-missing"},
	{"no manifest for the processor", `no matching manifest for linux/arm64/v8 in the manifest list entries`, "architecture", true, "image-missing", ""},

	// What does not exist.
	{"a secret", `ResourceNotFoundException: Secrets Manager can't find the specified secret.`, "secret-missing secretsmanager", true, "endpoint-missing", ""},
	{"a deleted secret", `InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.`, "secret-missing secretsmanager", false, "", ""},
	{"a parameter", `ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /app/db`, "parameter-missing ssm", true, "endpoint-missing", ""},
	{"a file", `ResourceInitializationError: failed to download env files: file download command: non empty error stream: NotFound: Not Found status code: 404, request id: AAAAAAAAAAAAAAAA`, "file-missing s3", true, "endpoint-missing", ""},
	{"a log group", `failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.`, "log-group-missing logs", true, "endpoint-missing", ""},
	{"an option of the log driver", `CannotStartContainerError: failed to initialize logging driver: unknown log opt 'awslogs-groups' for awslogs log driver`, "log-options", true, "", ""},
	{"a mount target", `ResourceInitializationError: failed to invoke EFS utils commands: mount target of file system fs-0a1b2c3d4e5f60001 is not available in the availability zone`, "efs-mount-target", false, "", ""},

	// Containers and instances.
	{"memory", `Essential container in task exited: exit code: 137`, "out-of-memory", false, "", ""},
	{"memory in JSON", `{"tasks":[{"stoppedReason":"Essential container in task exited","containers":[{"name":"a","reason":"OutOfMemoryError: Container killed due to memory usage","exitCode":137}]}]}`, "out-of-memory", true, "", ""},
	{"a container check", `Task failed container health checks.`, "health-check", false, "endpoint-missing", ""},
	{"status codes of a check", `service web (port 80) is unhealthy in (target-group arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/x/y) due to (reason Health checks failed with these codes: [502])`, "health-check", false, "endpoint-missing", ""},
	{"no instances", `service web was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.`, "no-instances", false, "image-missing", ""},
	{"an agent without connection", `service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 0a1b encountered error "AGENT".`, "agent-stopped", false, "", ""},
	{"an old agent", `service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 0a1b is missing an attribute required by your task.`, "agent-old", false, "", ""},
	{"free memory", `The closest matching (container-instance 0a1b) has insufficient memory available.`, "no-instances, capacity-settings", false, "out-of-memory", ""},
	{"a large job", `MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.`, "capacity-settings", true, "", ""},
	{"the service role", `MISCONFIGURATION:SERVICE_ROLE_PERMISSIONS - Batch service role has a permission issue.`, "role-permission", true, "", ""},
	{"instances that do not join", `CLIENT_ERROR - instances are not joining the ECS cluster`, "endpoint-missing ecs, no-internet-path", false, "", ""},
	{"Amazon ECS Exec", `An error occurred (InvalidParameterException) when calling the ExecuteCommand operation: The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.`, "agent-stopped", false, "", ""},
	{"a session", `An error occurred (TargetNotConnected) when calling the StartSession operation: i-0a1b2c3d4e5f60001 is not connected.`, "agent-stopped, endpoint-missing ssmmessages", false, "", ""},
	{"a slow instance", `DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s`, "host-overload", false, "", ""},
	{"user data", `cloud-init: Failed to start ecs: Unit ecs.service not found.`, "custom-ami", false, "", ""},
	{"Service Connect", `[AppNet Agent] Envoy health check failed: Get "http://127.0.0.1:9902/ready": dial tcp 127.0.0.1:9902: connect: connection refused`, "agent-defect, health-check", false, "endpoint-missing", ""},

	// Endpoints.
	{"addresses", `InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request.`, "no-free-address", true, "quota", ""},
	{"zones", `InvalidParameter: The VPC endpoint service com.amazonaws.us-west-2.sqs does not support the availability zone of the subnet: subnet-0a1b2c3d4e5f60001.`, "az-unsupported sqs", true, "", ""},
	{"two subnets", `DuplicateSubnetsInSameZone: Found another VPC endpoint subnet in the availability zone of subnet-0a1b2c3d4e5f60001.`, "az-duplicate", true, "", ""},
	{"a conflict", `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ssm.eu-west-1.amazonaws.com in the VPC vpc-0a1b2c3d4e5f60001`, "dns-conflict ssm, dns-zone ssm", false, "", ""},
	{"a zone", `An error occurred (ConflictingDomainExists) when calling the CreateHostedZone operation: The VPC vpc-0a1b2c3d4e5f60001 has already been associated with the hosted zone Z1 with the same domain name.`, "dns-zone", false, "", ""},
	{"DNS attributes", `InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true`, "vpc-dns-off", true, "", ""},
	{"a route", `RouteAlreadyExists: route table rtb-0a1b2c3d4e5f60001 already has a route with destination-prefix-list-id pl-02cd2c6b (com.amazonaws.us-east-1.dynamodb)`, "route-conflict dynamodb", true, "route-missing", ""},
	{"a gateway endpoint first", `InvalidParameter: To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC vpc-0a1b2c3d4e5f60001 must have a Gateway endpoint for the service.`, "gateway-first s3", true, "", ""},
	{"a type", `InvalidParameter: Endpoint type (Gateway) does not match available service types ([Interface]).`, "endpoint-type", true, "", ""},
	{"an option of another type", `InvalidParameter: DnsOptions PrivateDnsOnlyForInboundResolverEndpoint is applicable only to Interface VPC Endpoints.`, "endpoint-type", true, "gateway-first", ""},
	{"a name of another Region", `InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.us-west-2.ecr.api' does not exist`, "region-mismatch ecr.api", false, "", ""},
	{"a quota", `VpcEndpointLimitExceeded: The maximum number of VPC endpoints has been reached.`, "quota", true, "", ""},

	// Amazon MWAA.
	{"an environment", `CREATE_FAILED: INCORRECT_CONFIGURATION: You may need to check the execution role permissions policy for your environment`, "endpoint-missing, no-internet-path, mwaa-sg-self", false, "image-missing", ""},
	{"an environment that waits", `MWAA environment analytics is in PENDING state`, "mwaa-customer-endpoints", false, "", ""},
	{"packages", `ERROR: Could not find a version that satisfies the requirement apache-airflow-providers-x==99`, "mwaa-requirements", false, "", ""},
	{"a web server without an answer", `502 Bad Gateway https://0a1b2c3d-1111-2222-3333-444455556666.c3.us-east-1.airflow.amazonaws.com/`, "mwaa-sg-self, mwaa-requirements", false, "", ""},
}

// label returns a cause as the table has it.
func label(c doctor.Cause) string { return strings.TrimSpace(string(c.Kind) + " " + c.Service) }

// TestExplain checks the causes of each text, their order and their certainty, and what is ruled out.
func TestExplain(t *testing.T) {
	for _, tt := range texts {
		t.Run(tt.name, func(t *testing.T) {
			r := doctor.Explain(doctor.Source{Text: tt.text})
			var got []string
			for _, c := range r.Causes {
				got = append(got, label(c))
			}
			want := strings.Split(tt.causes, ", ")
			if len(got) < len(want) || !slices.Equal(withoutService(want, got[:len(want)]), want) {
				t.Fatalf("causes %q, want %q first\n%+v", got, want, r.Messages[0].Failure)
			}
			if r.Check == "" || (r.Causes[0].Certainty == doctor.Certain) != tt.certain {
				t.Errorf("check %q, certainty %s", r.Check, r.Causes[0].Certainty)
			}
			for _, c := range r.Causes {
				if slices.Contains(strings.Split(tt.not, ", "), string(c.Kind)) && c.Certainty != doctor.Possible {
					t.Errorf("%s is %s", c.Kind, c.Certainty)
				}
			}
			for kind := range strings.SplitSeq(tt.out, ", ") {
				if kind != "" && !slices.ContainsFunc(r.Messages[0].RuledOut, func(o doctor.RuledOut) bool { return string(o.Kind) == kind && o.Why != "" }) {
					t.Errorf("%s is not ruled out: %+v", kind, r.Messages[0].RuledOut)
				}
			}
		})
	}
}

// TestNormalWork: messages about normal work and settings have no cause.
func TestNormalWork(t *testing.T) {
	for _, text := range []string{"service web has reached a steady state.", "INFO all health checks passed", "connection timeout: 30s", "connect_timeout=5 read timeout=10", "level=info msg=\"connected\" host=logs.us-east-1.amazonaws.com timeout=5"} {
		if r := doctor.Explain(doctor.Source{Text: text}); len(r.Causes) > 0 {
			t.Errorf("%q: %+v", text, r.Causes)
		}
	}
}

// TestPolicies: the first cause is worded for the kind of policy that denied the call, and only that policy is suspected.
func TestPolicies(t *testing.T) {
	for _, tt := range []struct{ policy, action, text string }{
		{"with an explicit deny in a service control policy", "ecr:GetAuthorizationToken", "service control policy"},
		{"with an explicit deny in a service control policy", "ec2:CreateVpcEndpoint", "service control policy"},
		{"because no service control policy allows the kms:Decrypt action", "kms:Decrypt", "service control policy"},
		{"because no permissions boundary allows the logs:CreateLogStream action", "logs:CreateLogStream", "permissions boundary"},
		{"because no session policy allows the ssm:GetParameters action", "ssm:GetParameters", "session policy"},
		{"because no resource control policy allows the sqs:SendMessage action", "sqs:SendMessage", "resource control policy"},
		{"because no resource-based policy allows the ecr:BatchGetImage action", "ecr:BatchGetImage", "repository policy"},
		{"because no resource-based policy allows the kms:Decrypt action", "kms:Decrypt", "key policy"},
	} {
		r := doctor.Explain(doctor.Source{Text: "AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: " + tt.action + " on resource: * " + tt.policy})
		if len(r.Causes) == 0 || !strings.Contains(r.Causes[0].Text, tt.text) || !strings.Contains(r.Check, strings.Fields(tt.text)[0]) {
			t.Errorf("%s: %+v %s", tt.policy, r.Causes, r.Check)
		}
		if strings.Contains(tt.policy, "service control") && len(r.Causes) != 1 {
			t.Errorf("%s: %+v", tt.policy, r.Causes)
		}
	}
}

// TestNotes: a failure that has no cause of the wizard is named, with a check.
func TestNotes(t *testing.T) {
	for text, failure := range map[string]string{
		"SessionManagerPlugin is not found.": "plugin",
		"An error occurred (ExpiredTokenException) when calling the ListTasks operation: The security token included in the request is expired":    "expired",
		"An error occurred (InvalidSubnetID.NotFound) when calling the RunTask operation: The subnet ID 'subnet-0a1b2c3d4e5f60001' does not exist": "subnet",
		"Your Spot Task was interrupted.":                                                                      "Spot",
		"Timeout waiting for network interface provisioning to complete.":                                      "network interface",
		"UNDETERMINED - Batch job is blocked, root cause is undetermined.":                                     "AWS Batch",
		"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.":                      "circuit breaker",
		"stderr: b'mount.nfs4: mounting x:/grafana failed, reason given by server: No such file or directory'": "mount",
	} {
		r := doctor.Explain(doctor.Source{Text: text})
		if len(r.Causes) > 0 || r.Check == "" || !strings.Contains(r.Messages[0].Failure, failure) {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

// TestContainerRan: a container that ran can have failed because of a call, so the network path and permissions are not ruled out.
func TestContainerRan(t *testing.T) {
	for _, text := range []string{"exit code: 137", "OutOfMemoryError: Container killed due to memory usage", "Task failed container health checks.", "Task failed ELB health checks in (target-group x)"} {
		for _, o := range doctor.Explain(doctor.Source{Text: text}).Messages[0].RuledOut {
			if slices.Contains([]cause.Kind{cause.EndpointMissing, cause.EndpointGroup, cause.NoInternetPath, cause.RolePermission}, o.Kind) {
				t.Errorf("%q: %+v", text, o)
			}
		}
	}
}

// TestUTF16: a file of PowerShell has the causes of its text.
func TestUTF16(t *testing.T) {
	for _, order := range []struct {
		mark string
		of   binary.AppendByteOrder
	}{{"\xff\xfe", binary.LittleEndian}, {"\xfe\xff", binary.BigEndian}} {
		text := []byte(order.mark)
		for _, u := range utf16.Encode([]rune("dial tcp 10.0.0.9:443: i/o timeout https://kms.us-east-1.amazonaws.com/")) {
			text = append(text, order.of.AppendUint16(nil, u)...)
		}
		if r := doctor.Explain(doctor.Source{Text: string(text)}); len(r.Causes) == 0 || label(r.Causes[0]) != "endpoint-sg kms" {
			t.Errorf("%+v", r)
		}
	}
}

// withoutService removes the services of causes where the wanted ones have none.
func withoutService(want, got []string) []string {
	out := slices.Clone(got)
	for i := range out {
		if !strings.Contains(want[i], " ") {
			out[i], _, _ = strings.Cut(out[i], " ")
		}
	}
	return out
}

// TestKindsAreReachable asserts that a text exists for each kind of cause.
func TestKindsAreReachable(t *testing.T) {
	seen := map[cause.Kind]bool{}
	for _, tt := range texts {
		for _, c := range doctor.Explain(doctor.Source{Text: tt.text}).Causes {
			seen[c.Kind] = true
		}
	}
	for _, k := range cause.Kinds() {
		if !seen[k] {
			t.Errorf("no text has the cause %s", k)
		}
	}
}
