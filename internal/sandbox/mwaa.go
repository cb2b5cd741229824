package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Amazon MWAA: Airflow environments, which have their own VPC endpoints.

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
	CreatedAt                    epoch
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
	CreatedAt epoch
	Status    string
}

// mwaaLogs are the kinds of logs of an environment and the names of their log groups.
var mwaaLogs = map[string]string{
	"DagProcessingLogs": "DAGProcessing", "SchedulerLogs": "Scheduler", "TaskLogs": "Task", "WebserverLogs": "WebServer", "WorkerLogs": "Worker",
}

func (r *region) mwaaARN(name string) string {
	return "arn:" + r.catalog.Partition + ":airflow:" + r.catalog.Name + ":" + accountID + ":environment/" + name
}

func (e *airflowEnvironment) private() bool { return e.WebserverAccessMode != mwaaPublic }

// services returns the environment's endpoint services that it uses in its access mode.
func (e *airflowEnvironment) services() []string {
	if e.private() {
		return []string{e.DatabaseVpcEndpointService, e.WebserverVpcEndpointService}
	}
	return []string{e.DatabaseVpcEndpointService}
}

// loadMWAA creates what a scenario leaves out. The services are created before the scenario's
// endpoints, which can use them. The endpoints that MWAA creates come last.
func (r *region) loadMWAA(all []*airflowEnvironment) {
	r.mwaa = all
	for _, e := range all {
		e.Arn = r.mwaaARN(e.Name)
		e.Status = cmp.Or(e.Status, mwaaAvailable)
		e.EndpointManagement = cmp.Or(e.EndpointManagement, "SERVICE")
		e.DagS3Path = cmp.Or(e.DagS3Path, "dags")
		e.EnvironmentClass = cmp.Or(e.EnvironmentClass, "mw1.small")
		e.MinWorkers, e.MaxWorkers, e.Schedulers = cmp.Or(e.MinWorkers, 1), cmp.Or(e.MaxWorkers, 10), cmp.Or(e.Schedulers, 2)
		e.CeleryExecutorQueue = "arn:" + r.catalog.Partition + ":sqs:" + r.catalog.Name + ":" + mwaaAccount + ":airflow-celery-" + mwaaUUID(e.Name)
		e.CreatedAt = mwaaCreated(e, r.now())
		e.LoggingConfiguration = map[string]mwaaLog{}
		for kind, group := range mwaaLogs {
			e.LoggingConfiguration[kind] = mwaaLog{true, "INFO", "arn:" + r.catalog.Partition + ":logs:" + r.catalog.Name + ":" + accountID + ":log-group:airflow-" + e.Name + "-" + group}
		}
		r.addMWAAServices(e)
		if e.Status == mwaaUpdating || e.Status == mwaaCreating {
			e.until = r.now().Add(r.account.after(mwaaUpdateTime))
		}
		if e.Status != mwaaPending {
			e.WebserverUrl = r.webserver(e)
		}
	}
}

func mwaaCreated(e *airflowEnvironment, now time.Time) epoch {
	ago, err := time.ParseDuration(e.CreatedAgo)
	e.CreatedAgo = ""
	switch {
	case err == nil:
		return epoch{now.Add(-ago)}
	case e.CreatedAt.IsZero():
		return epoch{scenarioTime}
	}
	return e.CreatedAt
}

// mwaaAccount is the AWS account of the sandbox's MWAA. It runs the queues, databases and web
// servers of environments.
const mwaaAccount = "777788889999"

func mwaaUUID(name string) string {
	h := hash("mwaa "+name, 32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]}, "-")
}

// webserver returns the address of the web server. It contains a marker if the web server is
// behind a VPC endpoint.
func (r *region) webserver(e *airflowEnvironment) string {
	name := mwaaUUID(e.Name)
	if e.private() {
		name += "-vpce"
	}
	return name + ".c10." + r.catalog.Name + ".airflow." + r.catalog.suffix()
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
	id := "vpce-svc-" + hash(e.Name+" "+kind, 17)
	name := "com.amazonaws.vpce." + r.catalog.Name + "." + id
	if _, err := r.findService(name, interfaceType); err == nil {
		return name
	}
	d := &serviceDetail{
		ServiceName: name, ServiceId: id, ServiceType: []serviceType{{interfaceType}}, ServiceRegion: r.catalog.Name, Owner: mwaaAccount,
		BaseEndpointDnsNames: []string{id + "." + r.catalog.Name + ".vpce." + r.catalog.suffix()}, SupportedIpAddressTypes: []string{"ipv4"},
	}
	for _, id := range e.NetworkConfiguration.SubnetIds {
		d.AvailabilityZones = append(d.AvailabilityZones, r.subnets.byID[id].AvailabilityZone)
		d.AvailabilityZoneIds = append(d.AvailabilityZoneIds, r.subnets.byID[id].AvailabilityZoneId)
	}
	r.services = append(r.services, d)
	return name
}

// makeMWAAEndpoints creates the endpoints that MWAA creates for an environment, if they do not
// exist.
func (r *region) makeMWAAEndpoints(e *airflowEnvironment) *apiError {
	if e.EndpointManagement == mwaaCustomer {
		return nil
	}
	for _, name := range e.services() {
		if r.mwaaEndpoint(e, name) != nil {
			continue
		}
		ve := &vpcEndpoint{
			VpcEndpointId: "vpce-" + hash("mwaa "+name, 17), VpcEndpointType: interfaceType, VpcId: r.subnets.byID[e.NetworkConfiguration.SubnetIds[0]].VpcId,
			ServiceName: name, RequesterManaged: true, SubnetIds: e.NetworkConfiguration.SubnetIds, Tags: tags{{"AmazonMWAAManaged", "true"}, {"Name", e.Name}},
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
	for _, ve := range r.endpoints.list {
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
	for _, e := range r.mwaa {
		switch {
		case e.Status == mwaaPending && !slices.ContainsFunc(e.services(), func(s string) bool { return r.mwaaEndpoint(e, s) == nil }):
			e.Status, e.until = mwaaCreating, r.now().Add(r.account.after(mwaaUpdateTime))
		case e.Status == mwaaPending && r.now().Sub(e.CreatedAt.Time) > mwaaPendingTime:
			e.Status = "CREATE_FAILED"
		case !e.until.IsZero() && !r.now().Before(e.until):
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
	for _, ve := range r.endpoints.list {
		if !ve.RequesterManaged || !slices.Contains(e.services(), ve.ServiceName) {
			continue
		}
		ve.Groups = nil
		for _, id := range e.NetworkConfiguration.SecurityGroupIds {
			ve.Groups = append(ve.Groups, groupIdentifier{GroupId: id})
		}
		r.nameGroups(ve.Groups)
		for _, id := range ve.NetworkInterfaceIds {
			r.interfaces.byID[id].Groups = ve.Groups
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

// mwaaOp returns an operation with parameters in the path and in the body.
func mwaaOp[In, Out any](f func(*region, string, url.Values, In) (Out, *apiError)) operation {
	return func(r *region, c *call) (any, *apiError) {
		var in In
		if err := decodeJSON(c.body, &in); err != nil {
			return nil, err
		}
		return f(r, c.name, c.values, in)
	}
}

type listAirflowOut struct {
	Environments []string
	NextToken    string `json:",omitempty"`
}

const mwaaPageSize = 25

func (r *region) listAirflow(_ string, query url.Values, _ struct{}) (listAirflowOut, *apiError) {
	size := mwaaPageSize
	if given := query.Get("MaxResults"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > mwaaPageSize {
			return listAirflowOut{}, fail("ValidationException", "MaxResults must be between 1 and %d.", mwaaPageSize)
		}
		size = n
	}
	page, next, ok := cut(r.mwaa, int32(size), query.Get("NextToken"))
	if !ok {
		return listAirflowOut{}, fail("ValidationException", "The NextToken is not valid.")
	}
	out := listAirflowOut{Environments: []string{}, NextToken: next}
	for _, e := range page {
		out.Environments = append(out.Environments, e.Name)
	}
	return out, nil
}

func (r *region) findAirflow(name string) (*airflowEnvironment, *apiError) {
	for _, e := range r.mwaa {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, fail("ResourceNotFoundException", "Environment '%s' was not found.", name)
}

type getAirflowOut struct{ Environment airflowEnvironment }

func (r *region) getAirflow(name string, _ url.Values, _ struct{}) (getAirflowOut, *apiError) {
	e, err := r.findAirflow(name)
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
func (r *region) updateAirflow(name string, _ url.Values, in updateAirflowIn) (updateAirflowOut, *apiError) {
	e, err := r.findAirflow(name)
	if err != nil {
		return updateAirflowOut{}, err
	}
	if e.Status != mwaaAvailable {
		return updateAirflowOut{}, fail("ValidationException", "Environment '%s' is %s. Only an environment that is AVAILABLE can be updated.", name, e.Status)
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
	next.LastUpdate = &mwaaUpdate{CreatedAt: epoch{r.now()}, Status: mwaaPending}
	e.Status, e.until, e.next = mwaaUpdating, r.now().Add(r.account.after(mwaaUpdateTime)), &next
	return updateAirflowOut{e.Arn}, nil
}

// baseURL is the option with the web server's own domain.
const baseURL = "webserver.base_url"

// checkBaseURL checks the domain: it must be a host name, and only a private web server can have
// one.
func checkBaseURL(e *airflowEnvironment) *apiError {
	host, given := e.AirflowConfigurationOptions[baseURL]
	switch {
	case !given:
		return nil
	case !e.private():
		return fail("ValidationException", "The option %s needs a private web server; WebserverAccessMode is %s.", baseURL, e.WebserverAccessMode)
	case len(host) > 255 || !domainPattern.MatchString(host) || strings.HasPrefix(host, "*"):
		return fail("ValidationException", "The option %s must be a domain name of at most 255 ASCII characters, without a scheme or a path; it is %q.", baseURL, host)
	}
	return nil
}

func (r *region) checkMWAAGroups(e *airflowEnvironment, ids []string) *apiError {
	if len(ids) < 1 || len(ids) > 5 {
		return fail("ValidationException", "An environment has 1 to 5 security groups.")
	}
	vpc := r.subnets.byID[e.NetworkConfiguration.SubnetIds[0]].VpcId
	for _, id := range ids {
		if g := r.groups.byID[id]; g == nil || g.VpcId != vpc {
			return fail("ValidationException", "The security group %s does not exist in the VPC of the environment.", id)
		}
	}
	return nil
}

// checkAccessMode checks that PUBLIC_AND_PRIVATE is used only with Airflow 3.2 or later.
func checkAccessMode(e *airflowEnvironment, mode string) *apiError {
	switch mode {
	case mwaaPublic, "PRIVATE_ONLY":
		return nil
	case "PUBLIC_AND_PRIVATE":
		major, minor := mwaaVersion(e.AirflowVersion)
		if major > 3 || major == 3 && minor >= 2 {
			return nil
		}
		return fail("ValidationException", "WebserverAccessMode PUBLIC_AND_PRIVATE needs Airflow 3.2 or newer; this environment runs %s.", e.AirflowVersion)
	}
	return fail("ValidationException", "WebserverAccessMode %s is not one of PRIVATE_ONLY, PUBLIC_ONLY, PUBLIC_AND_PRIVATE.", mode)
}

func mwaaVersion(version string) (major, minor int) {
	parts := strings.Split(version+".0", ".")
	major, _ = strconv.Atoi(parts[0]) // a part that is not a number is 0, an old version
	minor, _ = strconv.Atoi(parts[1])
	return major, minor
}
