package plan

import "strings"

// The pages of the AWS documentation that several rules rest on, as guide and title.
const (
	pageService    = "AWS PrivateLink guide, Access an AWS service using an interface VPC endpoint"
	pageServices   = "AWS PrivateLink guide, Access AWS services through AWS PrivateLink"
	pageConfigure  = "AWS PrivateLink guide, Configure an interface endpoint"
	pageIntegrate  = "AWS PrivateLink guide, AWS services that integrate with AWS PrivateLink"
	pageCross      = "AWS PrivateLink guide, Cross-Region enabled AWS services"
	pageGateway    = "AWS PrivateLink guide, Gateway endpoints"
	pageS3         = "AWS PrivateLink guide, Gateway endpoints for Amazon S3"
	pagePolicies   = "AWS PrivateLink guide, Control access to VPC endpoints using endpoint policies"
	pageQuotas     = "AWS PrivateLink guide, AWS PrivateLink quotas"
	pageACL        = "Amazon VPC user guide, Network ACL basics"
	pageZones      = "Amazon Route 53 developer guide, Considerations when working with a private hosted zone"
	pageECS        = "Amazon ECS developer guide, Amazon ECS interface VPC endpoints (AWS PrivateLink)"
	pageECR        = "Amazon ECR user guide, Amazon ECR interface VPC endpoints (AWS PrivateLink)"
	pageCache      = "Amazon ECR user guide, Sync an upstream registry with an Amazon ECR private registry"
	pageBatch      = "AWS Batch user guide, Considerations for AWS Batch"
	pageExecution  = "Amazon ECS developer guide, Amazon ECS task execution IAM role"
	pageFargate    = "Amazon ECS developer guide, Amazon ECS task networking options for Fargate"
	pageExec       = "Amazon ECS developer guide, Monitor Amazon ECS containers with ECS Exec"
	pageFireLens   = "Amazon ECS developer guide, Send Amazon ECS logs to an AWS service or AWS Partner"
	pageLogs       = "Amazon ECS API reference, LogConfiguration"
	pageLogin      = "AWS Batch user guide, Private registry authentication for jobs"
	pageTaskLogin  = "Amazon ECS developer guide, Using non-AWS container images in Amazon ECS"
	pageSecret     = "AWS Secrets Manager API reference, CreateSecret"
	pageMWAA       = "Amazon MWAA user guide, Creating the required VPC service endpoints in an Amazon VPC with private routing"
	pageNetworking = "Amazon MWAA user guide, About networking on Amazon MWAA"
	pageSecurity   = "Amazon MWAA user guide, Security in your VPC on Amazon MWAA"
	pageModes      = "Amazon MWAA user guide, Apache Airflow access modes"
	pageAccess     = "Amazon MWAA user guide, Managing access to service-specific Amazon VPC endpoints on Amazon MWAA"
	pageOwn        = "Amazon MWAA user guide, Managing your own Amazon VPC endpoints on Amazon MWAA"
	pageDomain     = "Amazon MWAA user guide, Setting up a custom domain for the Apache Airflow webserver"
	pageVPN        = "Amazon MWAA user guide, Tutorial: Configuring private network access using an AWS Client VPN"
)

// ofWizard is the source of rules that follow from what the wizard does, not from a fact about AWS.
const ofWizard = "a rule of the wizard"

// undocumented begins a part of a source that says what no page has. What the rule rests on instead
// follows in parentheses.
const undocumented = "not documented by AWS: "

// cite joins the parts of a source.
func cite(parts ...string) string { return strings.Join(parts, "; ") }

// Page returns the source of the rule.
func (r RuleInfo) Page() string { return Pages[r.ID] }

// Pages are the sources of the rules by id. The parts of a source are pages of the AWS documentation,
// as guide and title, and what AWS does not document. Pages have no addresses, because AWS moves them.
var Pages = map[string]string{
	// A new VPC.
	"V-NEW":      cite("Amazon VPC user guide, Create a VPC", "Amazon VPC user guide, NAT gateways"),
	"V-NAME":     ofWizard,
	"V-CIDR":     "Amazon VPC peering guide, VPC peering limitations",
	"V-RANGE":    "Amazon VPC user guide, VPC CIDR blocks",
	"V-SIZE":     "Amazon VPC user guide, Subnet CIDR blocks",
	"V-ZONE":     pageServices,
	"V-QUOTA":    "Amazon VPC user guide, Amazon VPC quotas",
	"V-BPA":      "Amazon VPC user guide, VPC BPA basics",
	"V-REGIONAL": cite("Amazon VPC user guide, Regional NAT gateways for automatic multi-AZ expansion", undocumented+"that AWS GovCloud (US) and China lack them (the announcement of AWS says so)"),
	"V-ONENAT":   "Amazon VPC user guide, NAT gateway basics",
	"V-ROUTES":   "Amazon VPC user guide, Subnet route tables",

	// Endpoints in general.
	"G-DNSATTR":     cite(pageService, "Amazon VPC user guide, DNS attributes for your VPC"),
	"G-GWROUTE":     pageGateway,
	"G-SHARED":      pageService,
	"G-SVCEXISTS":   pageIntegrate,
	"G-BATCHREG":    pageBatch,
	"G-OWNED":       cite("Amazon EC2 API reference, VpcEndpoint (RequesterManaged)", undocumented+"that the account cannot change such endpoints (the wizard does not try)"),
	"G-STATE":       "AWS PrivateLink guide, AWS PrivateLink concepts",
	"G-DNSCONFLICT": undocumented + "that only one can have it (AWS rejects the second: \"there is already a conflicting DNS domain\")",
	"G-ZONE":        cite(pageZones, pageServices, undocumented+"that each private name has a zone of its own (AWS rejects a second zone with the name)"),
	"G-FWD":         cite(pageZones, "Amazon Route 53 developer guide, Using rules to control which queries are forwarded to your network"),
	"G-R53MORE":     "Amazon Route 53 developer guide, What are Amazon Route 53 Profiles?",
	"G-DNSDKR":      pageECR,
	"G-DNSOFF":      pageServices,
	"G-NONAME":      cite(pageServices, "AWS IoT Core developer guide, Using AWS IoT Core with interface VPC endpoints"),
	"G-NAMES": cite(pageServices, "Amazon API Gateway developer guide, How to invoke a private API", "AWS AppSync developer guide, Using AWS AppSync Private APIs",
		"AWS SDKs and Tools reference guide, AWS STS Regional endpoints"),
	"G-R53DNS": cite(pageECS, pageBatch),
	"G-SG443":  pageService,
	"G-PORTS": cite("Amazon SES developer guide, Connecting to an Amazon SES SMTP endpoint", "Amazon Keyspaces developer guide, Using Amazon Keyspaces with interface VPC endpoints",
		"Amazon Athena user guide, Athena JDBC 2.x driver", "AWS IoT Core developer guide, Device communication protocols", "AWS DataSync user guide, Network requirements for VPC endpoints",
		"Amazon AppStream 2.0 developer guide, Creating and Streaming from Interface VPC Endpoints", undocumented+"the port of transfer.server (the port of SFTP, from memory)"),
	"G-SHUTOUT":  cite(pageServices, pageService),
	"G-SGEGRESS": cite(pageService, pageGateway),
	"G-NACL":     cite(pageACL, pageService, pageGateway),
	"G-ROUTE":    cite("Amazon VPC user guide, Subnet route tables", "Amazon VPC user guide, How route priority works"),
	"G-ENCRYPT": cite("Amazon VPC user guide, Enforce VPC encryption in transit", "Amazon EC2 user guide, Data protection in Amazon EC2",
		undocumented+"whether Client VPN is accepted (the guide does not list it)"),
	"G-ONESUBAZ":   pageServices,
	"G-AZSUP":      "Amazon EC2 API reference, ServiceDetail (AvailabilityZones)",
	"G-TWOAZ":      pageServices,
	"G-IPFREE":     pageServices,
	"G-IPTYPE":     cite(pageServices, pageGateway),
	"G-GWDUP":      pageGateway,
	"G-GWCUT":      pageS3,
	"G-GWREACH":    pageS3,
	"G-GWDNS":      pageS3,
	"G-S3IF":       cite(pageECR, undocumented+"that an interface endpoint is not enough (the page requires the gateway endpoint, but for dual-stack endpoints it names both)"),
	"G-POLMAX":     pagePolicies,
	"G-POLPRIN":    pagePolicies,
	"G-POLSHAPE":   cite(pagePolicies, "IAM user guide, Grammar of the IAM JSON policy language"),
	"G-POLWILD":    cite(pagePolicies, undocumented+"the condition keys besides aws:PrincipalAccount and aws:SourceVpc (others with values that AWS creates)"),
	"G-POLSUP":     pagePolicies,
	"G-POLADD":     cite(pagePolicies, pageECR, pageExecution, pageExec),
	"G-POLAGENT":   cite(pageECS, "Amazon ECS developer guide, Amazon ECS container instance IAM role", undocumented+"which of the role's actions use which endpoint (the source of the agent shows it)"),
	"G-POLDELAY":   pagePolicies,
	"G-XREGIONNEW": pageCross,
	"G-DNSALL":     cite(pageServices, pageService),
	"G-DNSDELAY":   pageConfigure,
	"G-PHASES":     cite(pageServices, "Amazon EC2 API reference, ModifyVpcEndpoint (PrivateDnsEnabled)", undocumented+"the two phases (they are the wizard's)"),
	"G-REGION":     cite(pageECS, pageBatch, pageCross),
	"G-TYPE":       cite("Amazon EC2 API reference, CreateVpcEndpoint", pageOwn),
	"Q-IF":         pageQuotas,
	"Q-GW":         pageQuotas,
	"Q-SG":         "Amazon VPC user guide, Amazon VPC quotas",
	"Q-BW":         cite(pageQuotas, pageService, undocumented+"that they do not answer ping (from memory)"),
	"Q-THROTTLE":   pageQuotas,
	"C-COST":       cite("AWS website, AWS PrivateLink pricing", pageGateway),

	// Amazon ECS and AWS Batch.
	"E-ALL3":         pageECS,
	"E-ECRPAIR":      cite(pageECR, pageFargate, undocumented+"which name of the API a pull by the FIPS name uses (the plan has both)"),
	"E-SECRETS":      cite(pageECS, pageBatch),
	"E-LOGS":         cite(pageECS, pageBatch, pageLogs),
	"E-FIRELENS":     cite(pageFireLens, undocumented+"that it needs the endpoint (the task calls the service)"),
	"E-S3":           cite(pageFireLens, pageExecution, pageS3),
	"E-SSMPARAM":     "Amazon ECS developer guide, Pass Systems Manager parameters through Amazon ECS environment variables",
	"E-EXEC":         pageExec,
	"E-EXECKMS":      pageExec,
	"E-SC-CLOSED":    cite(pageECS, undocumented+"that Service Connect fails without the endpoint (its other name is public)"),
	"E-NEWREGION":    cite(pageECS, undocumented+"which Regions these are, except ca-west-1 (launch dates from memory)"),
	"E-RESTART":      pageECS,
	"E-AGENT1251":    cite(pageECS, pageBatch),
	"E-AGENTOFF":     ofWizard,
	"E-DRAINED":      "Amazon ECS developer guide, Draining Amazon ECS container instances",
	"E-ECRHALF":      cite(pageECR, pageECS),
	"E-ECRXREGION":   cite(pageECR, pageCross, pageS3, undocumented+"a pull through endpoints of another Region (the wizard plans none)"),
	"E-ECRHOST":      cite("Amazon ECR user guide, Private registry", "Amazon ECR user guide, Making requests to Amazon ECR registries", pageECR),
	"E-ECRPUBLIC":    cite(pageECR, pageCache),
	"E-ECRPTC":       cite(pageECR, "Amazon ECR API reference, CreatePullThroughCacheRule"),
	"E-ECRCOND":      cite(pageExecution, undocumented+"that a condition on ecr:GetAuthorizationToken fails (the page of 2023 says so, and the example of today has no such condition)"),
	"E-S3POL":        cite(pageECR, undocumented+"the buckets of the ECS agent and of Amazon Linux (observed)"),
	"E-WINLAYER":     cite(pageECR, "Docker documentation, Deprecated Docker Engine features"),
	"E-DOCKERHUB":    cite(pageFargate, pageIntegrate, pageCache),
	"E-LOGOUT":       cite(pageLogs, "Docker documentation, Splunk logging driver", undocumented+"that the names of private hosts begin with internal- or vpc- (observed)"),
	"E-LOGGROUP":     cite(pageLogs, pageFireLens, "Docker documentation, Amazon CloudWatch Logs logging driver", "AWS re:Post knowledge center, Amazon ECS container logs in CloudWatch"),
	"E-S3FILES":      cite("Amazon S3 user guide, Creating mount targets", undocumented+"whether a mount also calls endpoints (the rule says only that)"),
	"E-BATCHINVALID": "AWS Batch user guide, INVALID compute environment",
	"E-PV":           pageFargate,
	"E-IPV6ONLY":     cite(pageFargate, pageExec, pageECR),
	"E-MANAGED":      cite("AWS Batch API reference, ManagedInstancesNetworkConfiguration", undocumented+"which endpoints ECS Managed Instances need (the plan has those of other container instances)"),
	"E-EKS":          ofWizard,
	"E-GUARD":        "Amazon GuardDuty user guide, How Runtime Monitoring works with Fargate (Amazon ECS only)",
	"E-FARGATEOPT":   cite(pageECS, pageBatch),
	"E-SC":           pageECS,
	"E-PROXY": cite(pageECS, "Amazon ECS developer guide, Using an HTTP proxy for Amazon ECS Linux container instances",
		undocumented+"that the names of all three belong there (the guide has the name of the ecs endpoint)"),
	"E-BATCHALL":  pageBatch,
	"E-BATCHNEED": cite(pageBatch, undocumented+"that jobs do not need it (only callers of the AWS Batch API do)"),
	"E-ORDER":     cite(pageECS, undocumented+"that each must be available first (it follows from the names that Amazon ECS returns to agents)"),
	"E-TEMPLATE":  cite(pageECS, pageCross),

	// Private registries.
	"R-PERM":           cite(pageExecution, pageTaskLogin),
	"R-KMS":            cite(pageExecution, pageTaskLogin),
	"R-SMEP":           cite(pageECS, pageBatch),
	"R-ECRNA":          cite(pageLogin, pageTaskLogin),
	"R-AGENT119":       cite(pageLogin, pageTaskLogin),
	"R-PV120":          cite(pageLogin, pageTaskLogin),
	"R-NAME":           pageSecret,
	"R-NAMESFX":        pageSecret,
	"R-REF":            cite(pageLogin, pageTaskLogin),
	"R-SHAPE":          cite(pageLogin, pageTaskLogin),
	"R-EXECROLE":       cite(pageTaskLogin, pageExecution),
	"R-XACCT":          "AWS Secrets Manager user guide, Access AWS Secrets Manager secrets from a different account",
	"R-XREGION":        pageCross,
	"R-NET":            cite(pageFargate, pageIntegrate),
	"R-DELNAME":        cite("AWS Secrets Manager user guide, Delete an AWS Secrets Manager secret", pageSecret),
	"R-ROT":            cite(pageLogin, undocumented+"that rotation does not change the password (the registry is outside AWS)"),
	"R-FARGATEONLYWAY": pageExecution,
	"R-JSON":           cite(pageTaskLogin, undocumented+"that both must not be empty (the source of the agent shows it)"),
	"R-NOLOG":          ofWizard,

	// Amazon MWAA.
	"W-ROUTE":      pageMWAA,
	"W-SG":         cite(pageNetworking, pageSecurity),
	"W-ALBSG":      pageDomain,
	"W-CUSTOMER":   pageOwn,
	"W-STATUS":     cite("Amazon MWAA API reference, Environment (Status)", undocumented+"what the settings of an environment in another state mean (the wizard does not rely on them)"),
	"W-SUB2":       cite(pageNetworking, "Amazon MWAA API reference, NetworkConfiguration"),
	"W-BOTHVER":    cite(pageModes, "Amazon MWAA API reference, CreateEnvironment (WebserverAccessMode)"),
	"W-BOTHACCESS": cite(pageModes, pageAccess),
	"W-AF3PUB":     pageModes,
	"W-SHARED":     cite(pageOwn, pageService),
	"W-NATPRIV":    pageNetworking,
	"W-TGW":        pageMWAA,
	"W-NACL":       cite(pageNetworking, pageSecurity),
	"W-POLICY":     cite(pageAccess, pageSecurity),
	"W-ACCESS":     cite(pageModes, pageAccess),
	"W-DNS":        pageAccess,
	"W-WORLD":      ofWizard,
	"W-IP2":        pageAccess,
	"W-IPDRIFT":    cite(pageServices, undocumented+"when Amazon MWAA replaces an endpoint (only then do its addresses change)"),
	"W-MATCH":      cite(pageAccess, pageDomain),
	"W-LISTEN":     cite(pageAccess, pageDomain),
	"W-ACMREG":     pageAccess,
	"W-CVPNCIDR":   cite("AWS Client VPN administrator guide, Rules and best practices for using AWS Client VPN", pageVPN),
	"W-CVPNKEY":    pageVPN,
	"W-CERT":       "AWS Certificate Manager user guide, Prerequisites for importing ACM certificates",
	"W-BASEURL":    pageDomain,
	"W-ALBSCHEME":  "Elastic Load Balancing API reference, CreateLoadBalancer",
	"W-BASTION":    "Amazon MWAA user guide, Tutorial: Configuring private network access using a Linux Bastion Host",
	"W-ACMDOM":     cite(pageAccess, undocumented+"that a certificate for the host name is impossible (the domain belongs to AWS)"),
	"W-MODE":       cite(pageModes, pageAccess),
	"W-WHEEL":      pageMWAA,
	"W-PERMS":      pageAccess,

	// What the wizard could not read or see.
	"A-CYCLE":  ofWizard,
	"A-FIRST":  ofWizard,
	"A-GAP":    ofWizard,
	"A-UNSEEN": ofWizard,
}
