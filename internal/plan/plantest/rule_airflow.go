package plantest

import (
	"fmt"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// Env is the environment of Amazon MWAA.
func (w *World) Env() *inventory.Airflow { return &w.Inv.MWAA[0] }

// Airflow changes the workload to a private Amazon MWAA environment in two subnets without internet
// access. Amazon MWAA created the endpoints to its database and web server.
func Airflow(w *World) {
	w.Ans.Workload = answers.MWAA
	w.Ans.Airflow.Environment = "nightly"
	w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartMWAA}, inventory.Request{Part: inventory.PartRoles, Role: "arn:aws:iam::" + Account + ":role/nightly"})
	for _, code := range []string{"sqs", "airflow.api", "airflow.env"} {
		w.Inv.Services = append(w.Inv.Services, inventory.EndpointService{Name: "com.amazonaws.us-east-1." + code, Type: "Interface", PolicySupported: true,
			Zones: []string{Region + "a", Region + "b", Region + "c"}, PrivateNames: catalog.Lookup(code).PrivateNames("aws", Region), IPTypes: []string{"ipv4"}})
	}
	const svc = "com.amazonaws.vpce.us-east-1.vpce-svc-"
	w.Inv.MWAA = []inventory.Airflow{{Name: "nightly", ARN: "arn:aws:airflow:us-east-1:" + Account + ":environment/nightly", Status: "AVAILABLE", Version: "2.10.3",
		Access: inventory.PrivateOnly, Management: "SERVICE", DatabaseService: svc + "db", WebserverService: svc + "web", VPC: VPC,
		Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-airflow"}, ExecutionRole: "arn:aws:iam::" + Account + ":role/nightly",
		Bucket: "arn:aws:s3:::nightly-dags", LogGroups: []string{"arn:aws:logs:us-east-1:" + Account + ":log-group:airflow-nightly-Task"}, Created: "2026-01-05T09:00:00Z"}}
	w.Group(inventory.SecurityGroup{ID: "sg-airflow", Name: "airflow", VPC: VPC, Rules: []inventory.GroupRule{
		{ID: "sgr-1", Protocol: "-1", From: -1, To: -1, Group: "sg-airflow"}, {Egress: true, Protocol: "-1", From: -1, To: -1, CIDR: "0.0.0.0/0"}}})
	for _, kind := range []string{"db", "web"} {
		w.Endpoint(inventory.Endpoint{ID: "vpce-" + kind, Type: "Interface", Service: svc + kind, State: "available", Subnets: []string{"subnet-a", "subnet-b"},
			Groups: []string{"sg-airflow"}, RequesterManaged: true, IPType: "ipv4"})
	}
}

// Waiting changes it to an environment that waits for customer-managed endpoints.
func Waiting(w *World) {
	Airflow(w)
	e := w.Env()
	e.Management, e.Status, e.Created, e.Waited = "CUSTOMER", "PENDING", "2026-02-01T06:30:00Z", 5
	w.Net().Endpoints = nil
}

// env changes the environment of such an account.
func env(change func(*inventory.Airflow)) func(*World) {
	return with(Airflow, func(w *World) { change(w.Env()) })
}

// ruled replaces the inbound rules of the environment's group.
func ruled(rules ...inventory.GroupRule) func(*World) {
	return with(Airflow, func(w *World) {
		g := w.Net().Group("sg-airflow")
		g.Rules = append(rules, g.Rules[1])
	})
}

// defaultTo gives the subnets a default route.
func defaultTo(target string) func(*World) {
	return func(w *World) {
		w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: target})
	}
}

func version(v string) func(*inventory.Airflow) { return func(e *inventory.Airflow) { e.Version = v } }
func access(mode, v string) func(*inventory.Airflow) {
	return func(e *inventory.Airflow) { e.Access, e.Version = mode, v }
}

// Webserver is the host name of the environment's web server, and WebserverName is a name of its
// endpoint, with an address in each subnet.
const (
	Webserver     = "1-vpce.c10.us-east-1.airflow.amazonaws.com"
	WebserverName = "vpce-web-abc.vpce-svc-web.us-east-1.vpce.amazonaws.com"
)

// LooksUp sets the alias and addresses of the web server's host name. The endpoint has 10.0.0.9 and
// 10.0.1.9.
func LooksUp(name string, addresses ...string) func(*World) {
	return with(Airflow, func(w *World) {
		w.Env().WebserverURL, w.Env().DNS = Webserver, inventory.DNS{Name: name, Addresses: addresses}
		x := &w.Net().Endpoints[1]
		x.DNSNames, x.Interfaces = []string{WebserverName}, []string{"eni-web-0", "eni-web-1"}
		for i, sub := range x.Subnets {
			w.Iface(inventory.Interface{ID: x.Interfaces[i], Subnet: sub, Type: "vpc_endpoint", Status: "in-use", IP: fmt.Sprintf("10.0.%d.9", i), RequesterManaged: true, Groups: x.Groups})
		}
	})
}

func (w *World) denyACL(r inventory.ACLEntry) {
	w.Net().NetworkACLs[0].Entries = append(w.Net().NetworkACLs[0].Entries, r)
}

const airflowKey = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"

func keyed(w *World) { w.Env().KMSKey = airflowKey }

// grantsKey allows the environment's role to use its key through a service.
func grantsKey(service string) func(*World) {
	return func(w *World) {
		w.Inv.Roles[0].Policies = append(w.Inv.Roles[0].Policies, inventory.RolePolicy{Name: "key", Document: `{"Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"` + airflowKey + `","Condition":{"StringLike":{"kms:ViaService":["` + service + `.us-east-1.amazonaws.com"]}}}]}`})
	}
}

func airflowCases() []Case {
	self := inventory.GroupRule{Protocol: "-1", From: -1, To: -1, Group: "sg-airflow"}
	public := inventory.GroupRule{Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.100.0/24"}
	sqs := func(actions ...string) func(*World) {
		return with(Airflow, having(Ready("sqs"), func(e *inventory.Endpoint) { e.Policy = allowing(actions...) }))
	}
	s3 := func(actions ...string) func(*World) {
		return with(Airflow, func(w *World) { w.Endpoint(gateway(allowing(actions...))) })
	}
	role := func(document string, needs ...string) func(*World) {
		return with(Airflow, func(w *World) {
			w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRoles, Role: w.Env().ExecutionRole})
			w.Inv.Roles = []inventory.Role{{ARN: w.Env().ExecutionRole, Name: "nightly", Policies: []inventory.RolePolicy{{Name: "airflow", Document: document}}}}
			if len(needs) > 0 {
				w.Ans.Needs = &needs
			}
		})
	}
	const enough = `{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:PutMetricData","sqs:*"],"Resource":"*"}]}`
	return []Case{
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:PutMetricData"],"Resource":"*"}]}`), Says: "sqs:ChangeMessageVisibility, sqs:DeleteMessage", Alone: role(enough)},
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:*","sqs:*"],"Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::nightly-dags/*"}]}`),
			Says: "s3:GetObject on arn:aws:s3:::nightly-dags/*", Alone: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:*","sqs:*"],"Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}`)},
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:*","sqs:*"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-9"}}}]}`), Says: "cannot decide whether the execution role", Alone: role(enough)},
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:*"],"Resource":"*"},{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{` + ofOrg + `}}]}`),
			Says: "sqs:ReceiveMessage, sqs:SendMessage on arn:aws:sqs:us-east-1:*:airflow-celery-*. Reason: policy airflow, statement 2: StringEquals on aws:ResourceOrgID (the resource belongs to an account of AWS)", Alone: role(enough)},
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: with(role(enough), keyed, grantsKey("s3")), Says: "kms:Decrypt", Alone: with(role(enough), keyed, grantsKey("sqs"))},
		{Rule: "W-PERMS", Severity: plan.Warn, Caught: role(enough, "secretsmanager"), Says: "secretsmanager:GetSecretValue on the resource",
			Alone: role(`{"Statement":[{"Effect":"Allow","Action":["s3:*","logs:*","cloudwatch:*","sqs:*"],"Resource":"*"},{"Effect":"Allow","Action":"secretsmanager:Get*","Resource":"arn:aws:secretsmanager:us-east-1:1:secret:airflow/*"}]}`, "secretsmanager")},
		{Rule: "W-STATUS", Severity: plan.Block, Caught: env(func(e *inventory.Airflow) { e.Status = "UPDATING" }), Says: "nightly is UPDATING", Alone: Airflow},
		{Rule: "W-STATUS", Severity: plan.Block, Caught: env(func(e *inventory.Airflow) { e.Status = "CREATE_FAILED" }), Says: "CREATE_FAILED", Alone: Waiting},
		{Rule: "W-STATUS", Severity: plan.Warn, Caught: with(Airflow, func(w *World) {
			w.Inv.MWAA = append(w.Inv.MWAA, *w.Env())
			w.Inv.MWAA[1].Name, w.Inv.MWAA[1].Status, w.Ans.Airflow.Environment = "other", "MAINTENANCE", ""
		}), Says: "other is MAINTENANCE", Alone: Airflow},
		{Rule: "W-SUB2", Severity: plan.Block, Caught: env(func(e *inventory.Airflow) { e.Subnets = []string{"subnet-a", "subnet-data"} }), Says: "2 subnets in 1 zone", Alone: Airflow},
		{Rule: "W-SUB2", Severity: plan.Block, Caught: env(func(e *inventory.Airflow) { e.Subnets = []string{"subnet-a"} }), Says: "1 subnet in 1 zone", Alone: env(func(e *inventory.Airflow) { e.Subnets = []string{"subnet-c", "subnet-b"} })},
		{Rule: "W-BOTHVER", Severity: plan.Block, Caught: env(access(inventory.PublicAndPrivate, "3.1.0")), Says: "runs 3.1.0", Alone: env(access(inventory.PublicAndPrivate, "3.2.1"))},
		{Rule: "W-BOTHVER", Severity: plan.Warn, Caught: env(access(inventory.PublicAndPrivate, "3.2.0")), Says: "needs Airflow 3.2.1", Alone: env(version("3.0.0"))},
		{Rule: "W-BOTHACCESS", Severity: plan.Info, Caught: env(access(inventory.PublicAndPrivate, "3.2.1")), Says: "public for people", Alone: Airflow},
		{Rule: "W-AF3PUB", Severity: plan.Error, Caught: env(access(inventory.PublicOnly, "3.0.6")), Says: "must reach the web server", Alone: env(access(inventory.PublicOnly, "2.10.3"))},
		{Rule: "W-AF3PUB", Severity: plan.Error, Caught: env(access(inventory.PublicOnly, "3.0.6")), Says: "app-a (subnet-a), app-b (subnet-b)", Alone: with(nat, env(access(inventory.PublicOnly, "3.0.6")))},
		{Rule: "W-SHARED", Severity: plan.Error, Caught: with(Airflow, func(w *World) { w.Net().Subnets[0].Owner = "210987654321" }), Says: "account 210987654321 shares", Alone: with(Waiting, func(w *World) { w.Net().Subnets[0].Owner = "210987654321" })},
		{Rule: "W-NATPRIV", Severity: plan.Warn, Caught: with(nat, Airflow), Says: "have a route to nat-1", Alone: with(nat, env(access(inventory.PublicOnly, "2.10.3")))},
		{Rule: "W-NATPRIV", Severity: plan.Warn, Caught: with(defaultTo("igw-1"), Airflow), Says: "igw-1", Alone: with(Airflow, func(w *World) {
			w.Net().RouteTables[0].Routes = append(w.Net().RouteTables[0].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "igw-1"})
		})},
		{Rule: "W-NATPRIV", Severity: plan.Warn, Caught: with(listed("128.0.0.0/1"), routed(inventory.Route{PrefixList: "pl-own", Target: "nat-1"}), Airflow), Says: "nat-1", Alone: with(listed("203.0.113.0/24"), routed(inventory.Route{PrefixList: "pl-own", Target: "nat-1"}), Airflow)},
		{Rule: "W-TGW", Severity: plan.Warn, Caught: with(defaultTo("tgw-1"), Airflow), Says: "use tgw-1", Alone: with(nat, Airflow)},
		{Rule: "W-NACL", Severity: plan.Error, Caught: with(Airflow, func(w *World) {
			w.denyACL(inventory.ACLEntry{Number: 50, Protocol: "6", CIDR: "10.0.0.0/16", From: 5432, To: 5432})
		}), Says: "entry 50: TCP 5432", Alone: with(Airflow, func(w *World) {
			w.denyACL(inventory.ACLEntry{Number: 50, Protocol: "6", CIDR: "192.168.0.0/16", From: 5432, To: 5432})
		})},
		{Rule: "W-POLICY", Severity: plan.Error, Caught: sqs("sqs:SendMessage"), Says: "sqs:DeleteMessage", Alone: sqs("sqs:*"), Fixed: true},
		{Rule: "W-POLICY", Severity: plan.Error, Caught: s3("s3:ListBucket"), Says: "s3:GetObject, s3:GetObjectVersion on arn:aws:s3:::nightly-dags/*", Alone: s3("s3:*"), Fixed: true},
		{Rule: "W-POLICY", Severity: plan.Error, Caught: with(nat, sqs("sqs:SendMessage")), Says: "sqs endpoint", Alone: with(nat, Airflow)},
		{Rule: "G-SG443", Severity: plan.Error, Caught: with(Airflow, func(w *World) {
			w.Group(inventory.SecurityGroup{ID: "sg-shut", Name: "shut", VPC: VPC})
			w.Net().Endpoints[0].Groups = []string{"sg-shut"}
		}), Says: "nightly-database endpoint do not allow TCP 443 from sg-airflow", Alone: Airflow},
		{Rule: "W-ACCESS", Severity: plan.Warn, Caught: Airflow, Says: "People cannot reach it yet", Alone: ruled(self, public)},
		{Rule: "W-ACCESS", Severity: plan.Warn, Caught: ruled(self, inventory.GroupRule{Protocol: "tcp", From: 22, To: 22, CIDR: "10.0.100.0/24"}), Says: "allow no other clients", Alone: env(access(inventory.PublicOnly, "2.10.3"))},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp("vpce-old-abc.vpce-svc-web.us-east-1.vpce.amazonaws.com", "10.0.0.9", "10.0.1.9"), Says: "not a name of endpoint vpce-web.", Alone: LooksUp(WebserverName, "10.0.0.9", "10.0.1.9")},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp("vpce-db-abc.vpce-svc-db.us-east-1.vpce.amazonaws.com", "10.0.0.9", "10.0.1.9"), Says: "not a name of endpoint vpce-web, but of vpce-db", Alone: LooksUp("")},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp(WebserverName, "10.0.0.9"), Says: "does not resolve to 10.0.1.9", Alone: LooksUp(WebserverName, "10.0.0.9", "10.0.1.9", "2001:db8::9")},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp(Webserver, "10.0.0.9", "10.0.1.9", "10.0.9.9"), Says: "resolves to 10.0.9.9, where endpoint vpce-web has no interface", Alone: LooksUp(Webserver, "10.0.0.9", "10.0.1.9")},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp("proxy.example.com", "192.0.2.1"), Says: "alias of proxy.example.com", Alone: with(LooksUp("vpce-second-abc.vpce-svc-web.us-east-1.vpce.amazonaws.com", "10.0.2.9"), func(w *World) {
			second := w.Net().Endpoints[1] // to the same service
			second.ID, second.Interfaces = "vpce-second", nil
			w.Endpoint(second)
		})},
		{Rule: "W-DNS", Severity: plan.Warn, Caught: LooksUp("vpce-old-abc.vpce-svc-web.us-east-1.vpce.amazonaws.com", "10.0.0.9"), Says: "vpce-old-abc", Alone: with(LooksUp("proxy.example.com", "192.0.2.1"), func(w *World) {
			w.Env().DNS = inventory.DNS{Error: inventory.DNSNoHost}
		})},
		{Rule: "W-SG", Severity: plan.Error, Caught: env(func(e *inventory.Airflow) { e.Groups = []string{"sg-airflow", "sg-elsewhere"} }), Says: "not in this VPC: sg-elsewhere", Alone: ruled()},
		{Rule: "W-SG", Severity: plan.Error, Caught: env(func(e *inventory.Airflow) { e.Groups = nil }), Says: "0 security groups", Alone: Airflow},
		{Rule: "W-CUSTOMER", Severity: plan.Warn, Caught: with(Waiting, func(w *World) { w.Env().Waited = 65 }), Says: "6 of its 72 hours were left", Alone: Waiting},
		{Rule: "W-CUSTOMER", Severity: plan.Error, Caught: with(Waiting, func(w *World) { w.Env().Waited = 72 }), Says: "72 hours are over", Alone: Waiting},
		{Rule: "W-ROUTE", Severity: plan.Info, Caught: with(Airflow, func(w *World) { w.Ans.Airflow.Endpoints = answers.Endpoints2023 }), Says: "2023 user guide", Alone: with(Airflow, func(w *World) { w.Ans.Airflow.Endpoints = answers.EndpointsCurrent })},
		{Rule: "A-GAP", Severity: plan.Error, Caught: with(Airflow, func(w *World) {
			w.Gap("airflow:GetEnvironment")
			w.Inv.MWAA = []inventory.Airflow{{Name: "nightly"}}
			w.Ans.Clients = []string{"subnet-a", "sg-airflow"}
		}), Says: "W-STATUS", Alone: with(Airflow, func(w *World) { w.Gap("airflow:GetEnvironment") })},
	}
}
