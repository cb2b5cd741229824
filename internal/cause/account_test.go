package cause_test

import (
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/cause"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan/plantest"
)

// nat gives the subnets of the workload a NAT gateway.
func nat(w *plantest.World) {
	w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-1"})
	w.NAT()
}

func with(fs ...func(*plantest.World)) func(*plantest.World) {
	return func(w *plantest.World) {
		for _, f := range fs {
			f(w)
		}
	}
}

func gap(calls ...string) func(*plantest.World) {
	return func(w *plantest.World) {
		for _, c := range calls {
			w.Gap(c)
		}
	}
}

// change changes the first endpoint, which is that of ecr.api.
func change(f func(*inventory.Endpoint)) func(*plantest.World) {
	return func(w *plantest.World) { complete(w); f(&w.Net().Endpoints[0]) }
}

func none(*plantest.World) {}

// roled gives the service an execution role with a policy.
func roled(document string) func(*plantest.World) {
	return func(w *plantest.World) {
		complete(w)
		w.Def().ExecutionRole = "arn:aws:iam::" + plantest.Account + ":role/exec"
		w.Inv.Loaded = append(w.Inv.Loaded, inventory.Request{Part: inventory.PartRoles, Role: w.Def().ExecutionRole}, inventory.Request{Part: inventory.PartRegistry})
		w.Inv.Roles = []inventory.Role{{ARN: w.Def().ExecutionRole, Name: "exec", Policies: []inventory.RolePolicy{{Name: "own", Document: document}}}}
	}
}

// TestCheck: each kind that an account shows is confirmed, ruled out and undecided by the accounts that show it.
func TestCheck(t *testing.T) {
	const session = "arn:aws:sts::" + plantest.Account + ":assumed-role/exec/0123"
	service := func(kind cause.Kind, code string) cause.Query { return cause.Query{Kind: kind, Service: code} }
	read := cause.Query{Kind: cause.RolePermission, Action: "secretsmanager:GetSecretValue", Principal: session, Resource: plantest.Secret}
	secret := cause.Query{Kind: cause.SecretMissing, Resource: plantest.Secret}
	for _, tt := range []struct {
		name  string
		query cause.Query
		set   func(*plantest.World)
		want  cause.State
		says  string // a part of the facts
	}{
		{"no endpoint", service(cause.EndpointMissing, "ecr.api"), none, cause.Confirmed, "✓ endpoint: vpc-1 has no ecr.api endpoint; ✓ route: app-a (subnet-a), app-b (subnet-b), app-c (subnet-c) have no internet route"},
		{"no endpoint of a service that the workload does not need", service(cause.EndpointMissing, "sts"), complete, cause.Confirmed, "vpc-1 has no sts endpoint"},
		{"an endpoint", service(cause.EndpointMissing, "ecr.api"), complete, cause.Excluded, "× endpoint: vpce-ecr.api is the ecr.api endpoint of vpc-1, in state available"},
		{"a failed endpoint", service(cause.EndpointMissing, "ecr.api"), change(func(e *inventory.Endpoint) { e.State = "failed" }), cause.Confirmed, "is in state failed"},
		{"no endpoint and a NAT gateway", service(cause.EndpointMissing, "ecr.api"), nat, cause.Excluded, "× route: the subnets have an internet route"},
		{"endpoints not read", service(cause.EndpointMissing, "ecr.api"), gap("ec2:DescribeVpcEndpoints"), cause.Undecided, "? endpoint: not read: AWS denied ec2:DescribeVpcEndpoints"},
		{"routes not read", service(cause.EndpointMissing, "ecr.api"), gap("ec2:DescribeRouteTables"), cause.Undecided, "? route: not read: AWS denied ec2:DescribeRouteTables"},
		{"all endpoints", service(cause.EndpointMissing, ""), complete, cause.Excluded, "vpc-1 has an endpoint for each service that the workload needs"},

		{"an internet route", service(cause.NoInternetPath, ""), nat, cause.Excluded, ""},
		{"no internet route, and an endpoint", service(cause.NoInternetPath, "ecr.api"), complete, cause.Excluded, "so calls need no internet route"},
		{"no internet route, and all endpoints", service(cause.NoInternetPath, ""), complete, cause.Undecided, "has an endpoint for each service"},
		{"no internet route to another host", cause.Query{Kind: cause.NoInternetPath, Host: "registry-1.docker.io"}, complete, cause.Confirmed, ""},
		{"a blackhole", service(cause.RouteMissing, ""), func(w *plantest.World) {
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "0.0.0.0/0", Target: "nat-9", Blackhole: true})
		}, cause.Confirmed, "leads to nat-9, which does not exist"},
		{"no route, and nothing says that it should exist", service(cause.RouteMissing, ""), none, cause.Undecided, "not decided"},
		{"the route of the gateway endpoint", service(cause.RouteMissing, "s3"), complete, cause.Excluded, "the subnets have a route to vpce-s3"},
		{"no gateway endpoint", service(cause.RouteMissing, "s3"), none, cause.Excluded, "no s3 endpoint that can be used"},
		{"no internet gateway", service(cause.NoPublicAddress, ""), none, cause.Excluded, ""},

		{"groups of the endpoint", service(cause.EndpointGroup, "ecr.api"), complete, cause.Excluded, "allow TCP 443 from the workload"},
		{"groups not read", service(cause.EndpointGroup, "ecr.api"), with(complete, gap("ec2:DescribeSecurityGroups")), cause.Undecided, "not read"},
		{"groups of a gateway endpoint", service(cause.EndpointGroup, "s3"), complete, cause.Excluded, ""},
		{"outbound rules", service(cause.EgressGroup, "ecr.api"), complete, cause.Excluded, "allow TCP 443 to all addresses"},
		{"outbound rules to the VPC, for an endpoint", service(cause.EgressGroup, "ecr.api"), with(complete, vpcOnly), cause.Excluded, "allow TCP 443 to the ecr.api endpoint"},
		{"outbound rules to the VPC, for another host", service(cause.EgressGroup, ""), with(complete, vpcOnly), cause.Confirmed, "to Amazon S3"},
		{"no outbound rules", service(cause.EgressGroup, ""), noEgress, cause.Confirmed, "does not allow outbound TCP 443"},
		{"inbound rules", service(cause.IngressGroup, ""), none, cause.Confirmed, "app (sg-app) has no inbound rule"},
		{"inbound rules of a load balancer", service(cause.IngressGroup, ""), func(w *plantest.World) {
			g := w.Net().Group("sg-app")
			g.Rules = append(g.Rules, inventory.GroupRule{Protocol: "tcp", From: 80, To: 80, CIDR: "10.0.0.0/16"})
		}, cause.Undecided, "does not read the load balancer"},
		{"network ACL", service(cause.NetworkACL, "ecr.api"), complete, cause.Excluded, ""},
		{"network ACL to other hosts", service(cause.NetworkACL, ""), none, cause.Excluded, "allow all traffic"},
		{"network ACLs not read", service(cause.NetworkACL, "ecr.api"), gap("ec2:DescribeNetworkAcls"), cause.Undecided, "not read"},
		{"IPv6 only", service(cause.IPFamily, "ecr.api"), func(w *plantest.World) {
			for i := range w.Net().Subnets {
				w.Net().Subnets[i].IPv6 = []string{"2600:1f18::/64"}
			}
			w.Net().RouteTables[1].Routes = append(w.Net().RouteTables[1].Routes, inventory.Route{CIDR: "::/0", Target: "eigw-1"})
		}, cause.Confirmed, "with IPv6 and not with IPv4"},

		{"private DNS", service(cause.PrivateDNSOff, "ecr.api"), complete, cause.Excluded, "private DNS of vpce-ecr.api is on"},
		{"private DNS, and a zone", service(cause.PrivateDNSOff, "ecr.api"), with(change(func(e *inventory.Endpoint) { e.PrivateDNS = false }), func(w *plantest.World) {
			w.Net().HostedZones = []inventory.HostedZone{{ID: "Z1", Name: "api.ecr.us-east-1.amazonaws.com", Owner: plantest.Account}}
		}), cause.Undecided, "its records are not read"},
		{"DNS attributes", service(cause.VPCDNSOff, ""), none, cause.Excluded, ""},
		{"DNS attributes not read", service(cause.VPCDNSOff, ""), gap("ec2:DescribeVpcAttribute"), cause.Undecided, "not read"},
		{"own DNS servers", service(cause.DNSResolver, "ecr.api"), func(w *plantest.World) { w.Net().DomainServers = []string{"10.0.0.9"} }, cause.Undecided, "✓ dns: the DHCP options of vpc-1 use the DNS servers 10.0.0.9"},
		{"a forwarding rule", service(cause.DNSResolver, "ecr.api"), func(w *plantest.World) {
			complete(w)
			w.Net().Resolver.Rules = []inventory.ResolverRule{{ID: "rslvr-rr-1", Domain: "amazonaws.com", Type: "FORWARD"}, {ID: "rslvr-rr-2", Domain: "api.ecr.us-east-1.amazonaws.com", Type: "FORWARD"}}
		}, cause.Undecided, "rslvr-rr-2 forwards"},
		{"the server of AWS", service(cause.DNSResolver, "ecr.api"), none, cause.Excluded, ""},
		{"no endpoint with the name", service(cause.DNSConflict, "ecr.api"), none, cause.Excluded, ""},
		{"no zone", service(cause.DNSZone, "ecr.api"), none, cause.Excluded, ""},

		{"a full policy", service(cause.EndpointPolicy, "ecr.api"), complete, cause.Excluded, "allows everything"},
		{"a policy that denies", service(cause.EndpointPolicy, "ecr.api"), change(func(e *inventory.Endpoint) {
			e.Policy = `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "ecr:DescribeImages"}]}`
		}), cause.Confirmed, "does not allow what this workload does"},
		{"a policy that may deny", service(cause.EndpointPolicy, "ecr.api"), change(func(e *inventory.Endpoint) {
			e.Policy = `{"Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*", "Action": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "payments"}}}]}`
		}), cause.Undecided, "cannot decide"},
		{"a role that may not", read, roled(`{"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}`), cause.Confirmed, "no policy of role exec allows secretsmanager:GetSecretValue"},
		{"a role that is denied", read, roled(`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}]}`), cause.Confirmed, "do not allow"},
		{"a role that may", read, roled(`{"Statement": [{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}]}`), cause.Undecided, "? policy: not read: permissions boundaries"},
		{"a role that was not read", read, with(complete, gap("iam:GetRolePolicy")), cause.Undecided, "not read: AWS denied iam:GetRolePolicy"},
		{"the default key", cause.Query{Kind: cause.KMSPermission, Resource: plantest.Secret, Principal: session}, with(roled("{}"), func(w *plantest.World) { w.Inv.Secrets = []inventory.Secret{{ARN: plantest.Secret, Name: "db"}} }), cause.Excluded, "the default key"},
		{"a secret", secret, with(roled("{}"), func(w *plantest.World) { w.Inv.Secrets = []inventory.Secret{{ARN: plantest.Secret, Name: "db"}} }), cause.Excluded, "secret db exists"},
		{"no secret", secret, roled("{}"), cause.Confirmed, "exists in this account and Region"},
		{"secrets not read", secret, complete, cause.Undecided, "not read"},
		{"secrets of another account", cause.Query{Kind: cause.SecretMissing, Resource: "arn:aws:secretsmanager:us-east-1:999999999999:secret:db-AbCdEf"}, roled("{}"), cause.Undecided, "not read"},
		{"images of Amazon ECR", service(cause.RegistryCredentials, ""), none, cause.Excluded, ""},

		{"instances", service(cause.NoInstances, ""), plantest.OnEC2, cause.Excluded, "2 container instances"},
		{"no instances", service(cause.NoInstances, ""), with(plantest.OnEC2, func(w *plantest.World) { w.Inv.Clusters[0].ContainerInstances = nil }), cause.Confirmed, "no container instance"},
		{"instances not read", service(cause.NoInstances, ""), with(plantest.OnEC2, gap("ecs:ListContainerInstances")), cause.Undecided, "not read"},
		{"Fargate", service(cause.NoInstances, ""), none, cause.Excluded, "do not run on container instances"},
		{"connected agents", service(cause.AgentStopped, ""), plantest.OnEC2, cause.Excluded, "connected"},
		{"an agent that is not connected", service(cause.AgentStopped, ""), with(plantest.OnEC2, func(w *plantest.World) { w.Host().Connected = false }), cause.Undecided, "is not connected"},
		{"a stopped instance", service(cause.AgentStopped, ""), with(plantest.OnEC2, func(w *plantest.World) {
			w.Host().Connected = false
			w.Inv.Hosts = []inventory.Host{{Instance: w.Host().Instance, VPC: plantest.VPC, State: "stopped"}}
		}), cause.Confirmed, "is stopped"},
		{"new agents", service(cause.AgentOld, ""), plantest.OnEC2, cause.Excluded, ""},
		{"agents of unknown version", service(cause.AgentOld, ""), with(plantest.OnEC2, func(w *plantest.World) { w.Host().AgentVersion = "" }), cause.Undecided, "not read"},
		{"no endpoints for agents", service(cause.AgentRestart, ""), plantest.OnEC2, cause.Excluded, ""},
		{"a valid environment", service(cause.EnvironmentState, ""), plantest.BatchOnEC2, cause.Excluded, "is VALID"},
		{"a disabled environment", service(cause.EnvironmentState, ""), with(plantest.BatchOnEC2, func(w *plantest.World) { w.Environment().State = "DISABLED" }), cause.Confirmed, "is DISABLED"},
		{"a launch template", service(cause.CustomAMI, ""), with(plantest.BatchOnEC2, func(w *plantest.World) { w.Environment().LaunchTemplate = true }), cause.Undecided, "✓ template"},
		{"a rule for itself", service(cause.MWAASelf, ""), plantest.Airflow, cause.Excluded, ""},
		{"endpoints of Amazon MWAA", service(cause.MWAAEndpoints, ""), plantest.Airflow, cause.Excluded, ""},
		{"a public web server", service(cause.MWAAAccess, ""), with(plantest.Airflow, func(w *plantest.World) { w.Env().Access = inventory.PublicOnly }), cause.Excluded, ""},

		{"a used-up quota", service(cause.Quota, ""), func(w *plantest.World) { w.Inv.Quotas.InterfaceEndpoints = 3 }, cause.Confirmed, "quota"},
		{"other quotas", service(cause.Quota, ""), none, cause.Undecided, "not read: other quotas"},
		{"free addresses", cause.Query{Kind: cause.NoFreeAddress, IDs: []string{"subnet-a"}}, none, cause.Excluded, "200 free addresses"},
		{"free addresses, and no subnet in the message", service(cause.NoFreeAddress, ""), none, cause.Undecided, "the message has no subnet"},
		{"an unknown subnet", cause.Query{Kind: cause.NoFreeAddress, IDs: []string{"subnet-9"}}, none, cause.Undecided, "not read"},
		{"zones of the service", cause.Query{Kind: cause.ZoneUnsupported, Service: "logs", IDs: []string{"subnet-a"}}, none, cause.Excluded, ""},
		{"one subnet per zone", cause.Query{Kind: cause.ZoneDuplicate, IDs: []string{"subnet-b"}}, none, cause.Excluded, ""},
		{"no subnet in the message", service(cause.ZoneDuplicate, ""), none, cause.Undecided, ""},
		{"the secrets of the definition", service(cause.SecretMissing, ""), roled("{}"), cause.Confirmed, "no secret arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf exists"},
		{"another Region", cause.Query{Kind: cause.RegionMismatch, Region: "eu-west-1"}, none, cause.Confirmed, "eu-west-1"},
		{"the same Region", cause.Query{Kind: cause.RegionMismatch, Region: "us-east-1"}, none, cause.Excluded, ""},
		{"no route to conflict with", cause.Query{Kind: cause.RouteConflict, Service: "s3", IDs: []string{"rtb-app"}}, none, cause.Excluded, ""},
		{"no gateway endpoint first", service(cause.GatewayFirst, ""), none, cause.Confirmed, ""},
		{"one type", service(cause.EndpointType, "logs"), none, cause.Confirmed, "Interface only"},
		{"nothing of the account", service(cause.Architecture, ""), none, cause.Undecided, "The account does not show this."},
	} {
		w := plantest.New()
		tt.set(w)
		r := cause.NewAccount(&w.Inv, w.Ans, w.Plan()).Check(tt.query)
		var facts []string
		for _, f := range r.Facts {
			facts = append(facts, f.Mark.Symbol()+" "+f.Name+": "+f.Text)
		}
		if got := strings.Join(facts, "; "); r.State != tt.want || !strings.Contains(got, tt.says) || got == "" {
			t.Errorf("%s: %s is %s, want %s with %q: %s", tt.name, tt.query.Kind, r.State, tt.want, tt.says, got)
		}
	}
}

// vpcOnly restricts the outbound rules of the service to the VPC.
func vpcOnly(w *plantest.World) {
	w.Net().Group("sg-app").Rules = []inventory.GroupRule{{Egress: true, Protocol: "tcp", From: 443, To: 443, CIDR: "10.0.0.0/16"}}
}

// TestCheckAgreesWithTheReview: whatever prevents a start in the accounts of the rules is confirmed, and each check has facts.
func TestCheckAgreesWithTheReview(t *testing.T) {
	for _, c := range plantest.Cases {
		for _, set := range []func(*plantest.World){c.Caught, c.Alone} {
			if set == nil {
				continue
			}
			w := plantest.New()
			set(w)
			a := cause.NewAccount(&w.Inv, w.Ans, w.Plan())
			for _, found := range a.Causes() {
				for _, service := range append([]string{""}, found.Services...) {
					r := a.Check(cause.Query{Kind: found.Kind, Service: service})
					if !found.Undecided && r.State != cause.Confirmed || len(r.Facts) == 0 {
						t.Errorf("%s: %s %s is %s: %+v", c.Rule, found.Kind, service, r.State, r.Facts)
					}
				}
				if r := a.Of(found); len(r.Facts) == 0 || found.Undecided != (r.State == cause.Undecided) {
					t.Errorf("%s: %s: %+v", c.Rule, found.Text, r)
				}
			}
			for _, k := range cause.Kinds() {
				if r := a.Check(cause.Query{Kind: k}); len(r.Facts) == 0 || r.State == "" {
					t.Errorf("%s: %s: %+v", c.Rule, k, r)
				}
			}
		}
	}
}
