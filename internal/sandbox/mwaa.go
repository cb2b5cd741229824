package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Amazon MWAA: Airflow environments, which have their own VPC endpoints.

var airflowAPI = service{
	Service: wire.Service{Protocol: wire.RESTJSON, Route: mwaaCall},
	Operations: map[string]operation{
		"ListEnvironments":  wire.PathOp((*region).listAirflow),
		"GetEnvironment":    wire.PathOp((*region).getAirflow),
		"UpdateEnvironment": wire.PathOp((*region).updateAirflow),
	},
	Dump: func(r *region) map[string]any { return map[string]any{"MWAA": r.MWAA} },
}

const (
	mwaaUpdateTime  = 20 * time.Minute // average time of an update, or of the creation after the endpoints exist
	mwaaPendingTime = 72 * time.Hour   // how long an environment waits for endpoints of its owner; not scaled, because the owner needs this time

	mwaaAvailable, mwaaCreating, mwaaUpdating, mwaaPending = "AVAILABLE", "CREATING", "UPDATING", "PENDING"
	mwaaCustomer, mwaaPublic                               = "CUSTOMER", "PUBLIC_ONLY"
)

// airflowEnvironment is an environment in the format of GetEnvironment. A scenario leaves out
// what MWAA creates: names of endpoint services, log groups, the queue, the web server's address.
type airflowEnvironment struct {
	Name                         string
	Arn                          string
	Status                       string
	AirflowVersion               string
	WebserverAccessMode          string
	EndpointManagement           string
	WebserverUrl                 string `json:",omitempty"` // without https://, as AWS sends it
	DatabaseVpcEndpointService   string
	WebserverVpcEndpointService  string `json:",omitempty"`
	NetworkConfiguration         mwaaNetwork
	ExecutionRoleArn             string
	ServiceRoleArn               string `json:",omitempty"`
	KmsKey                       string `json:",omitempty"`
	SourceBucketArn              string
	DagS3Path                    string
	CeleryExecutorQueue          string `json:",omitempty"`
	AirflowConfigurationOptions  map[string]string
	EnvironmentClass             string
	MinWorkers                   int
	MaxWorkers                   int
	Schedulers                   int
	LoggingConfiguration         map[string]mwaaLog
	LastUpdate                   *mwaaUpdate       `json:",omitempty"`
	WeeklyMaintenanceWindowStart string            `json:",omitempty"`
	Tags                         map[string]string `json:",omitempty"`
	CreatedAt                    wire.Epoch
	CreatedAgo                   string `json:",omitempty"` // in a scenario instead of CreatedAt: a duration before the account was opened

	until time.Time // when the current creation or update ends; zero: none
	next  *airflowEnvironment
}

type mwaaNetwork struct {
	SubnetIds        []string
	SecurityGroupIds []string
}

type mwaaLog struct {
	Enabled               bool
	LogLevel              string
	CloudWatchLogGroupArn string `json:",omitempty"`
}

type mwaaUpdate struct {
	CreatedAt  wire.Epoch
	CreatedAgo string `json:",omitempty"` // in a scenario instead of CreatedAt: a duration before the account was opened
	Status     string
	Error      *mwaaError `json:",omitempty"`
}

type mwaaError struct{ ErrorCode, ErrorMessage string }

// failedUpdate is the error of an update or a creation that failed because of the network or a permission (Amazon MWAA user guide,
// Troubleshooting: create environment).
func failedUpdate() *mwaaError {
	return &mwaaError{"INCORRECT_CONFIGURATION", "You may need to check the execution role permissions policy for your environment, and that each of the VPC networking components required by the environment " +
		"are configured to allow traffic. Troubleshooting: https://docs.aws.amazon.com/mwaa/latest/userguide/troubleshooting.html"}
}

// mwaaLogs are the kinds of logs of an environment and the names of their log groups.
var mwaaLogs = map[string]string{
	"DagProcessingLogs": "DAGProcessing", "SchedulerLogs": "Scheduler", "TaskLogs": "Task", "WebserverLogs": "WebServer", "WorkerLogs": "Worker",
}

func (e *airflowEnvironment) private() bool { return e.WebserverAccessMode != mwaaPublic }

// services returns the environment's endpoint services that it uses in its access mode.
func (e *airflowEnvironment) services() []string {
	if e.private() {
		return []string{e.DatabaseVpcEndpointService, e.WebserverVpcEndpointService}
	}
	return []string{e.DatabaseVpcEndpointService}
}

// loadMWAA creates what a scenario leaves out. The endpoints that MWAA creates come last.
func (r *region) loadMWAA() *wire.Error {
	for _, e := range r.MWAA {
		e.Arn = r.ARN("airflow", "environment/"+e.Name)
		e.Status = cmp.Or(e.Status, mwaaAvailable)
		e.EndpointManagement = cmp.Or(e.EndpointManagement, "SERVICE")
		e.DagS3Path = cmp.Or(e.DagS3Path, "dags")
		e.EnvironmentClass = cmp.Or(e.EnvironmentClass, "mw1.small")
		e.MinWorkers, e.MaxWorkers, e.Schedulers = cmp.Or(e.MinWorkers, 1), cmp.Or(e.MaxWorkers, 10), cmp.Or(e.Schedulers, 2)
		e.CeleryExecutorQueue = r.ARNOf(mwaaAccount, "sqs", "airflow-celery-"+mwaaUUID(e.Name))
		e.CreatedAt = mwaaCreated(e, r.Now())
		if u := e.LastUpdate; u != nil {
			u.CreatedAt = r.ago(&u.CreatedAgo, u.CreatedAt)
			if u.Status == "FAILED" && u.Error == nil {
				u.Error = failedUpdate()
			}
		}
		e.LoggingConfiguration = map[string]mwaaLog{}
		for kind, group := range mwaaLogs {
			e.LoggingConfiguration[kind] = mwaaLog{true, "INFO", r.ARN("logs", "log-group:airflow-"+e.Name+"-"+group)}
		}
		if e.Status == mwaaUpdating || e.Status == mwaaCreating {
			e.until = r.Plus(r.Now(), mwaaUpdateTime)
		}
		if e.Status != mwaaPending {
			e.WebserverUrl = r.webserver(e)
		}
		if err := r.makeMWAAEndpoints(e); err != nil {
			return wire.Fail(err.Code, "%s: %s", e.Name, err.Message)
		}
	}
	return nil
}

func mwaaCreated(e *airflowEnvironment, now time.Time) wire.Epoch {
	ago, err := time.ParseDuration(e.CreatedAgo)
	e.CreatedAgo = ""
	switch {
	case err == nil:
		return wire.Epoch{Time: now.Add(-ago)}
	case e.CreatedAt.IsZero():
		return wire.Epoch{Time: store.Loaded}
	}
	return e.CreatedAt
}

// mwaaAccount is the AWS account of the sandbox's MWAA. It runs the queues, databases and web
// servers of environments.
const mwaaAccount = "777788889999"

func mwaaUUID(name string) string {
	h := store.Hash("mwaa "+name, 32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]}, "-")
}

// webserver returns the address of the web server. It contains a marker if the web server is
// behind a VPC endpoint.
func (r *region) webserver(e *airflowEnvironment) string {
	name := mwaaUUID(e.Name)
	if e.private() {
		name += "-vpce"
	}
	return name + ".c10." + r.Name + ".airflow." + r.catalog.suffix()
}

// addMWAAServices adds the environment's endpoint services to the available services.
func (r *region) addMWAAServices(e *airflowEnvironment) {
	e.DatabaseVpcEndpointService, e.WebserverVpcEndpointService = r.mwaaService(e, "database"), ""
	if e.private() {
		e.WebserverVpcEndpointService = r.mwaaService(e, "webserver")
	}
}

// mwaaService returns an endpoint service of an environment. It is available in the zones of the
// environment's subnets.
func (r *region) mwaaService(e *airflowEnvironment, kind string) string {
	id := "vpce-svc-" + store.Hash(e.Name+" "+kind, 17)
	name := "com.amazonaws.vpce." + r.Name + "." + id
	if _, err := r.findService(name, interfaceType); err == nil {
		return name
	}
	d := &serviceDetail{
		ServiceName: name, ServiceId: id, ServiceType: []serviceType{{interfaceType}}, ServiceRegion: r.Name, Owner: mwaaAccount,
		BaseEndpointDnsNames: []string{id + "." + r.Name + ".vpce." + r.catalog.suffix()}, SupportedIpAddressTypes: []string{"ipv4"},
	}
	for _, id := range e.NetworkConfiguration.SubnetIds {
		d.AvailabilityZones = append(d.AvailabilityZones, r.subnets.ByID[id].AvailabilityZone)
		d.AvailabilityZoneIds = append(d.AvailabilityZoneIds, r.subnets.ByID[id].AvailabilityZoneId)
	}
	r.services = append(r.services, d)
	return name
}

// makeMWAAEndpoints creates the endpoints that MWAA creates for an environment, if they do not
// exist.
func (r *region) makeMWAAEndpoints(e *airflowEnvironment) *wire.Error {
	if e.EndpointManagement == mwaaCustomer {
		return nil
	}
	for _, name := range e.services() {
		if r.mwaaEndpoint(e, name) != nil {
			continue
		}
		ve := &vpcEndpoint{
			VpcEndpointId: "vpce-" + store.Hash("mwaa "+name, 17), VpcEndpointType: interfaceType, VpcId: r.subnets.ByID[e.NetworkConfiguration.SubnetIds[0]].VpcId,
			ServiceName: name, RequesterManaged: true, SubnetIds: e.NetworkConfiguration.SubnetIds, Tags: store.Tags{{Key: "AmazonMWAAManaged", Value: "true"}, {Key: "Name", Value: e.Name}},
			CreationTimestamp: e.CreatedAt.Time,
		}
		for _, id := range e.NetworkConfiguration.SecurityGroupIds {
			ve.Groups = append(ve.Groups, groupIdentifier{GroupId: id})
		}
		if err := r.loadEndpoint(ve); err != nil {
			return err
		}
	}
	return nil
}

// mwaaEndpoint finds an endpoint to one of the environment's services, in its subnets; nil if it
// does not exist.
func (r *region) mwaaEndpoint(e *airflowEnvironment, service string) *vpcEndpoint {
	for _, ve := range r.endpoints.List {
		lacks := func(id string) bool { return !slices.Contains(ve.SubnetIds, id) }
		if ve.ServiceName == service && r.endpointState(ve) == "available" && !slices.ContainsFunc(e.NetworkConfiguration.SubnetIds, lacks) {
			return ve
		}
	}
	return nil
}

// settleMWAA continues creations and updates. An environment that waits for endpoints is created
// after they exist, or fails when its time is over.
func (r *region) settleMWAA() {
	for _, e := range r.MWAA {
		switch {
		case e.Status == mwaaPending && !slices.ContainsFunc(e.services(), func(s string) bool { return r.mwaaEndpoint(e, s) == nil }):
			e.Status, e.until = mwaaCreating, r.Plus(r.Now(), mwaaUpdateTime)
		case e.Status == mwaaPending && r.Now().Sub(e.CreatedAt.Time) > mwaaPendingTime:
			e.Status, e.LastUpdate = "CREATE_FAILED", &mwaaUpdate{CreatedAt: e.CreatedAt, Status: "FAILED", Error: failedUpdate()}
		case !e.until.IsZero() && !r.Now().Before(e.until):
			r.finishMWAA(e)
		}
	}
}

// finishMWAA completes a creation or update. The settings of an update apply only now.
func (r *region) finishMWAA(e *airflowEnvironment) {
	if e.next != nil {
		*e = *e.next
		e.LastUpdate.Status = "SUCCESS"
		before := e.WebserverVpcEndpointService
		r.addMWAAServices(e)
		if ve := r.mwaaEndpoint(e, before); ve != nil && before != e.WebserverVpcEndpointService {
			r.dropEndpoint(ve)
		}
		_ = r.makeMWAAEndpoints(e) // if an endpoint cannot be created, the web server has none, as in AWS
		r.regroupMWAA(e)
	}
	e.Status, e.until, e.next, e.WebserverUrl = mwaaAvailable, time.Time{}, nil, r.webserver(e)
}

// regroupMWAA gives the environment's security groups to the endpoints that MWAA created.
func (r *region) regroupMWAA(e *airflowEnvironment) {
	for _, ve := range r.endpoints.List {
		if !ve.RequesterManaged || !slices.Contains(e.services(), ve.ServiceName) {
			continue
		}
		ve.Groups = nil
		for _, id := range e.NetworkConfiguration.SecurityGroupIds {
			ve.Groups = append(ve.Groups, groupIdentifier{GroupId: id})
		}
		r.nameGroups(ve.Groups)
		for _, id := range ve.NetworkInterfaceIds {
			r.interfaces.ByID[id].Groups = ve.Groups
		}
	}
}

// mwaaCall determines the operation and the environment's name from the path.
func mwaaCall(method, path string) (operation, name string) {
	rest, ok := strings.CutPrefix(path, "/environments")
	name = strings.TrimPrefix(rest, "/")
	switch {
	case !ok || strings.Contains(name, "/"):
	case method == http.MethodGet && name == "":
		return "ListEnvironments", ""
	case method == http.MethodGet:
		return "GetEnvironment", name
	case method == http.MethodPatch && name != "":
		return "UpdateEnvironment", name
	}
	return "", ""
}

type listAirflowOut struct {
	Environments []string
	NextToken    string `json:",omitempty"`
}

const mwaaPageSize = 25

var mwaaPages = store.Pager{
	Size: mwaaPageSize, Least: 1, Most: mwaaPageSize,
	BadSize: func(int32) *wire.Error {
		return wire.Fail("ValidationException", "MaxResults must be between 1 and %d.", mwaaPageSize)
	},
	BadToken: func(string) *wire.Error { return wire.Fail("ValidationException", "The NextToken is not valid.") },
}

func (r *region) listAirflow(c *wire.Call, _ struct{}) (listAirflowOut, *wire.Error) {
	var size *int32
	if given := c.Values.Get("MaxResults"); given != "" {
		n, _ := strconv.Atoi(given) // 0 is not a valid size either
		size = new(int32(min(n, mwaaPageSize+1)))
	}
	page, next, err := store.Page(&mwaaPages, r.MWAA, size, c.Values.Get("NextToken"))
	if err != nil {
		return listAirflowOut{}, err
	}
	out := listAirflowOut{Environments: []string{}, NextToken: next}
	for _, e := range page {
		out.Environments = append(out.Environments, e.Name)
	}
	return out, nil
}

func (r *region) findAirflow(name string) (*airflowEnvironment, *wire.Error) {
	for _, e := range r.MWAA {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, wire.Fail("ResourceNotFoundException", "Environment '%s' was not found.", name)
}

type getAirflowOut struct{ Environment airflowEnvironment }

func (r *region) getAirflow(c *wire.Call, _ struct{}) (getAirflowOut, *wire.Error) {
	e, err := r.findAirflow(c.Name)
	if err != nil {
		return getAirflowOut{}, err
	}
	return getAirflowOut{*e}, nil
}

type updateAirflowIn struct {
	AirflowConfigurationOptions map[string]string
	NetworkConfiguration        *struct{ SecurityGroupIds []string }
	WebserverAccessMode         string
}

type updateAirflowOut struct{ Arn string }

// updateAirflow replaces all configuration options with those of the request.
func (r *region) updateAirflow(c *wire.Call, in updateAirflowIn) (updateAirflowOut, *wire.Error) {
	e, err := r.findAirflow(c.Name)
	if err != nil {
		return updateAirflowOut{}, err
	}
	if e.Status != mwaaAvailable {
		return updateAirflowOut{}, wire.Fail("ValidationException", "Environment '%s' is %s. Only an environment that is AVAILABLE can be updated.", c.Name, e.Status)
	}
	next := *e
	if in.AirflowConfigurationOptions != nil {
		next.AirflowConfigurationOptions = maps.Clone(in.AirflowConfigurationOptions)
	}
	if in.NetworkConfiguration != nil {
		if err := r.checkMWAAGroups(e, in.NetworkConfiguration.SecurityGroupIds); err != nil {
			return updateAirflowOut{}, err
		}
		next.NetworkConfiguration.SecurityGroupIds = in.NetworkConfiguration.SecurityGroupIds
	}
	if in.WebserverAccessMode != "" {
		if err := checkAccessMode(e, in.WebserverAccessMode); err != nil {
			return updateAirflowOut{}, err
		}
		next.WebserverAccessMode = in.WebserverAccessMode
	}
	if in.AirflowConfigurationOptions != nil {
		if err := checkBaseURL(&next); err != nil {
			return updateAirflowOut{}, err
		}
	}
	next.LastUpdate = &mwaaUpdate{CreatedAt: wire.Epoch{Time: r.Now()}, Status: mwaaPending}
	e.Status, e.until, e.next = mwaaUpdating, r.Plus(r.Now(), mwaaUpdateTime), &next
	return updateAirflowOut{e.Arn}, nil
}

// baseURL is the option with the web server's own domain.
const baseURL = "webserver.base_url"

// checkBaseURL checks the domain: it must be a host name, and only a private web server can have
// one.
func checkBaseURL(e *airflowEnvironment) *wire.Error {
	host, given := e.AirflowConfigurationOptions[baseURL]
	switch {
	case !given:
		return nil
	case !e.private():
		return wire.Fail("ValidationException", "The option %s needs a private web server; WebserverAccessMode is %s.", baseURL, e.WebserverAccessMode)
	case len(host) > 255 || !domainPattern().MatchString(host) || strings.HasPrefix(host, "*"):
		return wire.Fail("ValidationException", "The option %s must be a domain name of at most 255 ASCII characters, without a scheme or a path; it is %q.", baseURL, host)
	}
	return nil
}

func (r *region) checkMWAAGroups(e *airflowEnvironment, ids []string) *wire.Error {
	if len(ids) < 1 || len(ids) > 5 {
		return wire.Fail("ValidationException", "An environment has 1 to 5 security groups.")
	}
	vpc := r.subnets.ByID[e.NetworkConfiguration.SubnetIds[0]].VpcId
	for _, id := range ids {
		if g := r.groups.ByID[id]; g == nil || g.VpcId != vpc {
			return wire.Fail("ValidationException", "The security group %s does not exist in the VPC of the environment.", id)
		}
	}
	return nil
}

// checkAccessMode checks that PUBLIC_AND_PRIVATE is used only with Airflow 3.2 or later.
func checkAccessMode(e *airflowEnvironment, mode string) *wire.Error {
	switch mode {
	case mwaaPublic, "PRIVATE_ONLY":
		return nil
	case "PUBLIC_AND_PRIVATE":
		major, minor := mwaaVersion(e.AirflowVersion)
		if major > 3 || major == 3 && minor >= 2 {
			return nil
		}
		return wire.Fail("ValidationException", "WebserverAccessMode PUBLIC_AND_PRIVATE needs Airflow 3.2 or newer; this environment runs %s.", e.AirflowVersion)
	}
	return wire.Fail("ValidationException", "WebserverAccessMode %s is not one of PRIVATE_ONLY, PUBLIC_ONLY, PUBLIC_AND_PRIVATE.", mode)
}

func mwaaVersion(version string) (major, minor int) {
	parts := strings.Split(version+".0", ".")
	major, _ = strconv.Atoi(parts[0]) // a part that is not a number is 0, an old version
	minor, _ = strconv.Atoi(parts[1])
	return major, minor
}
