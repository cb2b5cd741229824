package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/mwaa"
	"github.com/aws/aws-sdk-go-v2/service/mwaa/types"
)

const (
	airflowVPC     = "vpc-0c1a2b3c4d5e60001"
	airflowA       = "subnet-0c1a2b3c4d5e61001"
	airflowB       = "subnet-0c1a2b3c4d5e61002"
	settlementVPC  = "vpc-0e3c4d5e6f7a80001"
	settlementA    = "subnet-0e3c4d5e6f7a81001"
	settlementB    = "subnet-0e3c4d5e6f7a81002"
	settlementSG   = "sg-0e3c4d5e6f7a84001"
	airflowReports = "sg-0c1a2b3c4d5e64002"
)

func environment(t *testing.T, c *mwaa.Client, name string) *types.Environment {
	t.Helper()
	return must(c.GetEnvironment(ctx, &mwaa.GetEnvironmentInput{Name: &name}))(t).Environment
}

func TestAirflowEnvironments(t *testing.T) {
	a := open(t, named("mwaa-private"))
	c := mwaa.NewFromConfig(config(a, "us-west-2"))
	var names []string
	pages := mwaa.NewListEnvironmentsPaginator(c, &mwaa.ListEnvironmentsInput{MaxResults: aws.Int32(2)})
	for n := 0; pages.HasMorePages(); n++ {
		names = append(names, must(pages.NextPage(ctx))(t).Environments...)
		if n > 1 {
			t.Fatal("too many pages")
		}
	}
	if !slices.Equal(names, []string{"nightly", "reports", "ingest"}) {
		t.Fatal(names)
	}
	e := environment(t, c, "nightly")
	if e.Status != "AVAILABLE" || e.WebserverAccessMode != "PRIVATE_ONLY" || e.EndpointManagement != "SERVICE" || len(e.NetworkConfiguration.SubnetIds) != 2 ||
		!strings.HasSuffix(*e.WebserverUrl, "-vpce.c10.us-west-2.airflow.amazonaws.com") || *e.Arn != "arn:aws:airflow:us-west-2:123456789012:environment/nightly" ||
		*e.LoggingConfiguration.TaskLogs.CloudWatchLogGroupArn != "arn:aws:logs:us-west-2:123456789012:log-group:airflow-nightly-Task" || e.CreatedAt.IsZero() {
		t.Errorf("%+v", e)
	}
	_, err := c.GetEnvironment(ctx, &mwaa.GetEnvironmentInput{Name: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException")
	elsewhere := mwaa.NewFromConfig(config(a, "us-east-1"))
	if l := must(elsewhere.ListEnvironments(ctx, nil))(t).Environments; len(l) != 0 {
		t.Error(l)
	}
}

// TestAirflowEndpoints finds the web server as the tutorial does, by the name of its endpoint service.
func TestAirflowEndpoints(t *testing.T) {
	a := open(t, named("mwaa-private"))
	e := environment(t, mwaa.NewFromConfig(config(a, "us-west-2")), "nightly")
	c := ec2.NewFromConfig(config(a, "us-west-2"))
	for _, service := range []string{*e.DatabaseVpcEndpointService, *e.WebserverVpcEndpointService} {
		if !strings.HasPrefix(service, "com.amazonaws.vpce.us-west-2.vpce-svc-") {
			t.Error(service)
		}
		found := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", service)}))(t).VpcEndpoints
		if len(found) != 1 || !*found[0].RequesterManaged || found[0].State != "available" || !slices.Equal(found[0].SubnetIds, []string{airflowA, airflowB}) {
			t.Fatalf("%+v", found)
		}
		id := *found[0].VpcEndpointId
		if dns := *found[0].DnsEntries[0].DnsName; !strings.HasPrefix(dns, id+"-") || !strings.HasSuffix(dns, service[strings.LastIndex(service, ".")+1:]+".us-west-2.vpce.amazonaws.com") {
			t.Error(dns)
		}
		interfaces := must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: found[0].NetworkInterfaceIds}))(t).NetworkInterfaces
		if len(interfaces) != 2 {
			t.Fatalf("%+v", interfaces)
		}
		for i, block := range []string{"10.192.20.0/24", "10.192.21.0/24"} {
			n := interfaces[i]
			if n.InterfaceType != "vpc_endpoint" || !netip.MustParsePrefix(block).Contains(netip.MustParseAddr(*n.PrivateIpAddress)) {
				t.Errorf("%+v", n)
			}
		}
		deleted := must(c.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}}))(t).Unsuccessful
		if len(deleted) != 1 || *deleted[0].Error.Code != "OperationNotPermitted" {
			t.Errorf("an endpoint of MWAA's is deleted: %+v", deleted)
		}
	}
	public := open(t, named("mwaa-public"))
	pc := mwaa.NewFromConfig(config(public, "eu-west-1"))
	if e := environment(t, pc, "features"); e.WebserverVpcEndpointService != nil || strings.Contains(*e.WebserverUrl, "-vpce") {
		t.Errorf("%+v", e)
	}
	if e := environment(t, pc, "ledgers"); e.WebserverVpcEndpointService == nil {
		t.Errorf("%+v", e)
	}
}

// TestDNS finds the web server as the tutorial does with dig.
func TestDNS(t *testing.T) {
	now := newClock()
	o := now.options()
	o.Scenario = "mwaa-customer-pending"
	waiting := open(t, o)
	a := open(t, named("mwaa-private"))
	server := serve(t, a.Server(false, ""))
	dig := func(name string) (status int, cname string, addresses []string) {
		t.Helper()
		resp := must(http.Get(server + "/_sandbox/dns?name=" + url.QueryEscape(name)))(t)
		defer resp.Body.Close()
		var found struct {
			CNAME     string
			Addresses []string
		}
		if err := json.NewDecoder(resp.Body).Decode(&found); err != nil || found.Addresses == nil {
			t.Errorf("%s: %v %+v", name, err, found)
		}
		return resp.StatusCode, found.CNAME, found.Addresses
	}
	e := environment(t, mwaa.NewFromConfig(config(a, "us-west-2")), "nightly")
	c := ec2.NewFromConfig(config(a, "us-west-2"))
	x := must(c.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", *e.WebserverVpcEndpointService)}))(t).VpcEndpoints[0]
	var addresses []string
	for _, i := range must(c.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: x.NetworkInterfaceIds}))(t).NetworkInterfaces {
		addresses = append(addresses, *i.PrivateIpAddress)
	}
	for name, want := range map[string]struct {
		cname     string
		addresses []string
	}{
		*e.WebserverUrl:                                 {*x.DnsEntries[0].DnsName, addresses},
		*x.DnsEntries[0].DnsName:                        {*x.DnsEntries[0].DnsName, addresses},
		strings.ToUpper(*x.DnsEntries[1].DnsName) + ".": {*x.DnsEntries[1].DnsName, addresses[:1]}, // of one zone
	} {
		if status, cname, got := dig(name); status != 200 || cname != want.cname || !slices.Equal(got, want.addresses) || len(got) == 0 {
			t.Errorf("%s leads to %d %s %v", name, status, cname, got)
		}
	}
	for _, name := range []string{"", "example.com", "x-" + *x.DnsEntries[0].DnsName, "monitoring.us-west-2.amazonaws.com"} { // the last is the VPC's alone
		if status, _, got := dig(name); status != 404 || len(got) > 0 {
			t.Errorf("%q leads to %d %v", name, status, got)
		}
	}
	// An endpoint has a name once it is available.
	ec := ec2.NewFromConfig(config(waiting, "us-east-2"))
	service := *environment(t, mwaa.NewFromConfig(config(waiting, "us-east-2")), "settlement").WebserverVpcEndpointService
	in := endpoint(settlementVPC, service, false, settlementA, settlementB)
	in.SecurityGroupIds = []string{settlementSG}
	made := must(ec.CreateVpcEndpoint(ctx, in))(t).VpcEndpoint
	for _, want := range []int{404, 200} {
		if status, _ := own(t, waiting, "GET", "/_sandbox/dns?name="+*made.DnsEntries[0].DnsName, ""); status != want {
			t.Errorf("status %d, want %d", status, want)
		}
		now.pass(2 * time.Minute)
	}
}

func TestUpdateAirflow(t *testing.T) {
	now := newClock()
	o := now.options()
	o.Scenario = "mwaa-private"
	a := open(t, o)
	c := mwaa.NewFromConfig(config(a, "us-west-2"))
	update := func(in mwaa.UpdateEnvironmentInput) error {
		_, err := c.UpdateEnvironment(ctx, &in)
		return err
	}
	nightly := aws.String("nightly")
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: aws.String("ingest"), AirflowConfigurationOptions: map[string]string{"a": "b"}}), "ValidationException")
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, WebserverAccessMode: "PUBLIC_AND_PRIVATE"}), "ValidationException")
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, NetworkConfiguration: &types.UpdateNetworkConfigurationInput{SecurityGroupIds: []string{"sg-0123456789abcdef0"}}}),
		"ValidationException")
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: aws.String("none")}), "ResourceNotFoundException")
	for _, host := range []string{"", "https://airflow.example.com", "airflow.example.com/home", "airflow.example.com:443", "*.example.com", "äther.example.com", strings.Repeat("a.", 127) + "com"} {
		wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, AirflowConfigurationOptions: map[string]string{"webserver.base_url": host}}), "ValidationException")
	}
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, WebserverAccessMode: "PUBLIC_ONLY", AirflowConfigurationOptions: map[string]string{"webserver.base_url": "airflow.example.com"}}),
		"ValidationException")
	wantCode(t, update(mwaa.UpdateEnvironmentInput{
		Name: nightly, AirflowConfigurationOptions: map[string]string{"webserver.base_url": "airflow.example.com"},
		NetworkConfiguration: &types.UpdateNetworkConfigurationInput{SecurityGroupIds: []string{airflowReports}},
	}), "")
	if e := environment(t, c, "nightly"); e.Status != "UPDATING" || e.AirflowConfigurationOptions["core.default_timezone"] != "utc" {
		t.Errorf("%+v", e)
	}
	wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, WebserverAccessMode: "PUBLIC_ONLY"}), "ValidationException")
	now.pass(30 * time.Minute)
	e := environment(t, c, "nightly")
	if e.Status != "AVAILABLE" || fmt.Sprint(e.AirflowConfigurationOptions) != "map[webserver.base_url:airflow.example.com]" {
		t.Errorf("%+v", e)
	}
	endpoints := func(service string) []string {
		var groups []string
		for _, e := range must(ec2.NewFromConfig(config(a, "us-west-2")).DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters("service-name", service)}))(t).VpcEndpoints {
			groups = append(groups, *e.Groups[0].GroupId)
		}
		return groups
	}
	web := *e.WebserverVpcEndpointService
	if g := endpoints(web); !slices.Equal(g, []string{airflowReports}) {
		t.Errorf("the endpoint has %v", g)
	}
	for mode, want := range map[string]int{"PUBLIC_ONLY": 0, "PRIVATE_ONLY": 1} {
		if mode == string(environment(t, c, "nightly").WebserverAccessMode) {
			continue
		}
		wantCode(t, update(mwaa.UpdateEnvironmentInput{Name: nightly, WebserverAccessMode: types.WebserverAccessMode(mode)}), "")
		now.pass(30 * time.Minute)
		environment(t, c, "nightly")
		if g := endpoints(web); len(g) != want {
			t.Errorf("%s has %v", mode, g)
		}
	}
}

// TestAirflowWaits is about an environment where the customer creates the endpoints.
func TestAirflowWaits(t *testing.T) {
	now := newClock()
	o := now.options()
	o.Scenario = "mwaa-customer-pending"
	a := open(t, o)
	c := mwaa.NewFromConfig(config(a, "us-east-2"))
	e := environment(t, c, "settlement")
	if e.Status != "PENDING" || e.EndpointManagement != "CUSTOMER" || e.WebserverUrl != nil || now.t.Sub(*e.CreatedAt) != 5*time.Hour+30*time.Minute {
		t.Fatalf("%+v", e)
	}
	services := []string{*e.DatabaseVpcEndpointService, *e.WebserverVpcEndpointService}
	ec := ec2.NewFromConfig(config(a, "us-east-2"))
	known := must(ec.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: services}))(t).ServiceDetails
	if len(known) != 2 || *known[0].VpcEndpointPolicySupported || len(known[0].AvailabilityZones) != 2 {
		t.Fatalf("%+v", known)
	}
	for i, s := range services {
		in := endpoint(settlementVPC, s, false, settlementA, settlementB)
		in.SecurityGroupIds = []string{settlementSG}
		in.VpcEndpointType = ""
		_, err := ec.CreateVpcEndpoint(ctx, in)
		wantCode(t, err, "InvalidParameter") // without a type, it would be a gateway
		in.VpcEndpointType = "Interface"
		must(ec.CreateVpcEndpoint(ctx, in))(t)
		now.pass(2 * time.Minute)
		if got := environment(t, c, "settlement").Status; got != []types.EnvironmentStatus{"PENDING", "CREATING"}[i] {
			t.Errorf("with %d endpoints: %s", i+1, got)
		}
	}
	now.pass(30 * time.Minute)
	if e := environment(t, c, "settlement"); e.Status != "AVAILABLE" || e.WebserverUrl == nil {
		t.Errorf("%+v", e)
	}
	late := newClock()
	o.Now = late.now
	b := open(t, o)
	late.pass(67 * time.Hour)
	if e := environment(t, mwaa.NewFromConfig(config(b, "us-east-2")), "settlement"); e.Status != "CREATE_FAILED" {
		t.Errorf("after 72 hours: %s", e.Status)
	}
}
