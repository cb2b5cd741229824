package sandbox

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Managed instances: EC2 instances with an SSM Agent that has registered with Systems Manager.

const (
	pingTime     = 30 * time.Second // until an SSM Agent with a network path is shown as online
	pingLossTime = time.Minute      // until an SSM Agent without a network path is shown as offline

	pingOnline, pingLost = "Online", "ConnectionLost"
)

// managedServices are the endpoints that a current SSM Agent needs. Only old agents, in old
// Regions, need ec2messages.
var managedServices = []string{"ssm", "ssmmessages"}

// managedPolicies allow an instance to register with Systems Manager.
var managedPolicies = []string{"AmazonSSMManagedInstanceCore", "AmazonEC2RoleforSSM"}

type managedInstance struct {
	InstanceId       string
	PingStatus       string
	LastPingDateTime epoch
	AgentVersion     string
	IsLatestVersion  bool
	PlatformType     string
	PlatformName     string
	PlatformVersion  string
	ResourceType     string
	IPAddress        string
	ComputerName     string
	SourceId         string
	SourceType       string
	RegistrationDate epoch `json:"-"` // shown only for instances outside EC2

	host      *instance
	changesAt time.Time // when the change of status is shown; zero: no change
}

// loadManaged registers the instances with a role that allows it. They had a network path when
// they started, even if it does not exist any more.
func (r *region) loadManaged() {
	for _, host := range r.instances.list {
		if host.State.Name != "running" || !r.manageable(host) {
			continue
		}
		m := r.register(host, scenarioTime)
		if r.pings(host) {
			m.PingStatus = pingOnline
		}
	}
}

func (r *region) register(host *instance, at time.Time) *managedInstance {
	m := &managedInstance{
		InstanceId: host.InstanceId, PingStatus: pingLost, LastPingDateTime: epoch{at}, AgentVersion: "3.3.1142.0", ResourceType: "EC2Instance",
		IPAddress: host.PrivateIpAddress, ComputerName: host.PrivateDnsName, SourceId: host.InstanceId, SourceType: "AWS::EC2::Instance", host: host,
	}
	m.PlatformType, m.PlatformName, m.PlatformVersion = r.platform(host)
	r.managed = append(r.managed, m)
	return m
}

// registerLaunched registers an instance that a request launched: a while after it is running, if
// its role allows it and a network path exists.
func (r *region) registerLaunched(host *instance) {
	switch {
	case !r.manageable(host) || !r.pings(host):
		host.registersAt = time.Time{}
	case host.registersAt.IsZero():
		host.registersAt = r.now().Add(r.account.after(pingTime))
	case !r.now().Before(host.registersAt):
		r.register(host, r.now()).PingStatus = pingOnline
		host.launched = false
	}
}

// manageable reports whether the role of an instance has a policy that Systems Manager needs.
func (r *region) manageable(host *instance) bool {
	if host.IamInstanceProfile == nil {
		return false
	}
	role := r.profileRole(r.profileOf(host.IamInstanceProfile.Arn))
	return role != nil && slices.ContainsFunc(role.AttachedManagedPolicies, func(p attachedPolicy) bool {
		return slices.Contains(managedPolicies, p.PolicyName) && !r.now().Before(p.since)
	})
}

// pings reports whether the SSM Agent of an instance reaches Systems Manager now.
func (r *region) pings(host *instance) bool {
	return host.State.Name == "running" && !r.now().Before(host.bootsUntil) &&
		!slices.ContainsFunc(managedServices, func(s string) bool { return !r.reaches(host, s, true) })
}

// settleManaged shows instances as online or offline, a while after their network path changed.
func (r *region) settleManaged() {
	for _, host := range r.instances.list {
		if host.launched {
			r.registerLaunched(host)
		}
	}
	for _, m := range r.managed {
		online := r.pings(m.host)
		switch {
		case online == (m.PingStatus == pingOnline):
			m.changesAt = time.Time{}
		case m.changesAt.IsZero():
			m.changesAt = r.now().Add(r.account.after(pingTime))
			if !online {
				m.changesAt = r.now().Add(r.account.after(pingLossTime))
				m.LastPingDateTime = epoch{r.now()}
			}
		case !r.now().Before(m.changesAt):
			m.PingStatus, m.changesAt = pingOnline, time.Time{}
			if !online {
				m.PingStatus = pingLost
			}
		}
	}
}

func (r *region) managedByID(id string) *managedInstance {
	for _, m := range r.managed {
		if m.InstanceId == id {
			return m
		}
	}
	return nil
}

// hostFamily is a kind of host. Families differ in how the ECS agent runs.
type hostFamily int

const (
	systemdHost hostFamily = iota // Amazon Linux 2 and 2023, and packages on other systems
	upstartHost                   // Amazon Linux 1
	dockerHost                    // the agent was started manually
	bottlerocketHost
	windowsHost
)

func (r *region) family(host *instance) hostFamily {
	name := r.imageName(host)
	switch {
	case host.Platform == "windows":
		return windowsHost
	case strings.HasPrefix(name, "bottlerocket-"):
		return bottlerocketHost
	case strings.HasPrefix(name, "amzn-ami-"):
		return upstartHost
	case strings.Contains(name, "flatcar"), strings.Contains(name, "coreos"):
		return dockerHost
	}
	return systemdHost
}

// imageName returns the name of an instance's image, in lower case.
func (r *region) imageName(host *instance) string {
	if im := r.images.byID[host.ImageId]; im != nil {
		return strings.ToLower(im.Name)
	}
	return ""
}

var (
	imageVersion = regexp.MustCompile(`-v(\d+\.\d+\.\d+)`)
	imageYear    = regexp.MustCompile(`server-(\d{4})-`)
	amazonYear   = regexp.MustCompile(`amzn-ami-(\d{4}\.\d{2})`)
)

// windowsBuilds are the versions that Windows Server reports.
var windowsBuilds = map[string]string{"2016": "10.0.14393", "2019": "10.0.17763", "2022": "10.0.20348", "2025": "10.0.26100"}

// platform returns what the SSM Agent reports about its host.
func (r *region) platform(host *instance) (kind, name, version string) {
	image := r.imageName(host)
	found := func(e *regexp.Regexp, fallback string) string {
		if m := e.FindStringSubmatch(image); m != nil {
			return m[1]
		}
		return fallback
	}
	switch r.family(host) {
	case windowsHost:
		year := found(imageYear, "2022")
		return "Windows", "Microsoft Windows Server " + year + " Datacenter", cmp.Or(windowsBuilds[year], windowsBuilds["2022"])
	case bottlerocketHost:
		return "Linux", "Bottlerocket", found(imageVersion, "1.39.1")
	case upstartHost:
		return "Linux", "Amazon Linux AMI", found(amazonYear, "2018.03")
	}
	switch {
	case strings.HasPrefix(image, "amzn2-"):
		return "Linux", "Amazon Linux", "2"
	case strings.HasPrefix(image, "al2023-"):
		return "Linux", "Amazon Linux", "2023"
	case strings.Contains(image, "suse"):
		return "Linux", "SLES", "15.6"
	case strings.Contains(image, "flatcar"), strings.Contains(image, "coreos"):
		return "Linux", "Flatcar Container Linux by Kinvolk", "4081.2.0"
	case strings.Contains(image, "ubuntu"):
		return "Linux", "Ubuntu", "24.04"
	}
	return "Linux", "Debian GNU/Linux", "12"
}

type ssmFilter struct {
	Key    string
	Values []string
}

type describeManagedIn struct {
	Filters    []ssmFilter
	MaxResults *int32
	NextToken  string
}

type describeManagedOut struct {
	InstanceInformationList []managedInstance
	NextToken               string `json:",omitempty"`
}

var managedFilters = map[string]func(*managedInstance) string{
	"InstanceIds":   func(m *managedInstance) string { return m.InstanceId },
	"PingStatus":    func(m *managedInstance) string { return m.PingStatus },
	"PlatformTypes": func(m *managedInstance) string { return m.PlatformType },
	"AgentVersion":  func(m *managedInstance) string { return m.AgentVersion },
	"ResourceType":  func(m *managedInstance) string { return m.ResourceType },
}

func (r *region) describeInstanceInformation(in describeManagedIn) (describeManagedOut, *apiError) {
	found := slices.Clone(r.managed)
	for _, f := range in.Filters {
		value := managedFilters[f.Key]
		if value == nil {
			return describeManagedOut{}, fail("InvalidFilterKey", "The filter key %s is not valid.", f.Key)
		}
		if len(f.Values) == 0 || len(f.Values) > 100 {
			return describeManagedOut{}, fail("InvalidInstanceInformationFilterValue", "A filter has 1 to 100 values.")
		}
		found = slices.DeleteFunc(found, func(m *managedInstance) bool { return !slices.Contains(f.Values, value(m)) })
	}
	page, next, err := ssmCut(found, in.MaxResults, in.NextToken, 5)
	return describeManagedOut{copies(page, func(m *managedInstance) {
		if m.PingStatus == pingOnline {
			m.LastPingDateTime = epoch{r.now()}
		}
	}), next}, err
}

// ssmCut returns a page as Systems Manager does: at most 50 items, which is also the default.
func ssmCut[T any](all []T, size *int32, token string, least int32) ([]T, string, *apiError) {
	n := int32(50)
	if size != nil {
		if n = *size; n < least || n > 50 {
			return nil, "", outside("maxResults", n, "Member must have value between %d and 50", least)
		}
	}
	page, next, ok := cut(all, n, token)
	if !ok {
		return nil, "", fail("InvalidNextToken", "The specified token is not valid.")
	}
	return page, next, nil
}
