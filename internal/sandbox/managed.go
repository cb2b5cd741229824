package sandbox

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Managed instances: EC2 instances with an SSM Agent that has registered with Systems Manager.

var ssmAPI = service{
	Service: wire.Service{Protocol: wire.AWSJSON},
	Operations: map[string]operation{
		"DescribeInstanceInformation": wire.JSONOp((*region).describeInstanceInformation),
		"SendCommand":                 wire.JSONOp((*region).sendCommand),
		"GetCommandInvocation":        wire.JSONOp((*region).getCommandInvocation),
		"ListCommandInvocations":      wire.JSONOp((*region).listCommandInvocations),
		"GetParameter":                wire.JSONOp((*region).getParameter),
	},
	Dump: func(r *region) map[string]any {
		return map[string]any{"ManagedInstances": store.Copies(r.managed, nil), "Commands": r.commandDumps()}
	},
}

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
	LastPingDateTime wire.Epoch
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
	RegistrationDate wire.Epoch `json:"-"` // shown only for instances outside EC2

	host      *instance
	changesAt time.Time // when the change of status is shown; zero: no change
}

type ssmState struct {
	managed  []*managedInstance
	commands []*ssmCommand
}

// loadManaged registers the instances with a role that allows it. They had a network path when
// they started, even if it does not exist any more.
func (r *region) loadManaged() {
	for _, host := range r.instances.List {
		if host.State.Name != "running" || !r.manageable(host) {
			continue
		}
		m := r.register(host, store.Loaded)
		if r.pings(host) {
			m.PingStatus = pingOnline
		}
	}
}

func (r *region) register(host *instance, at time.Time) *managedInstance {
	m := &managedInstance{
		InstanceId: host.InstanceId, PingStatus: pingLost, LastPingDateTime: wire.Epoch{Time: at}, AgentVersion: "3.3.1142.0", ResourceType: "EC2Instance",
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
		host.registersAt = r.Plus(r.Now(), pingTime)
	case !r.Now().Before(host.registersAt):
		r.register(host, r.Now()).PingStatus = pingOnline
		host.launched = false
	}
}

// manageable reports whether the role of an instance has a policy that Systems Manager needs.
func (r *region) manageable(host *instance) bool {
	return host.IamInstanceProfile != nil && r.iam.ProfileHas(host.IamInstanceProfile.Arn, managedPolicies)
}

// pings reports whether the SSM Agent of an instance reaches Systems Manager now.
func (r *region) pings(host *instance) bool {
	return host.State.Name == "running" && !r.Now().Before(host.bootsUntil) &&
		!slices.ContainsFunc(managedServices, func(s string) bool { return !r.reaches(host, s, true) })
}

// settleManaged shows instances as online or offline, a while after their network path changed.
func (r *region) settleManaged() {
	for _, host := range r.instances.List {
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
			m.changesAt = r.Plus(r.Now(), pingTime)
			if !online {
				m.changesAt = r.Plus(r.Now(), pingLossTime)
				m.LastPingDateTime = wire.Epoch{Time: r.Now()}
			}
		case !r.Now().Before(m.changesAt):
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
	if im := r.images.ByID[host.ImageId]; im != nil {
		return strings.ToLower(im.Name)
	}
	return ""
}

var (
	imageVersion = pattern.New(`-v(\d+\.\d+\.\d+)`)
	imageYear    = pattern.New(`server-(\d{4})-`)
	amazonYear   = pattern.New(`amzn-ami-(\d{4}\.\d{2})`)
)

// windowsBuilds are the versions that Windows Server reports.
var windowsBuilds = map[string]string{"2016": "10.0.14393", "2019": "10.0.17763", "2022": "10.0.20348", "2025": "10.0.26100"}

// platform returns what the SSM Agent reports about its host.
func (r *region) platform(host *instance) (kind, name, version string) {
	image := r.imageName(host)
	found := func(e func() *regexp.Regexp, fallback string) string {
		if m := e().FindStringSubmatch(image); m != nil {
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

func (r *region) describeInstanceInformation(in describeManagedIn) (describeManagedOut, *wire.Error) {
	found := slices.Clone(r.managed)
	for _, f := range in.Filters {
		value := managedFilters[f.Key]
		if value == nil {
			return describeManagedOut{}, wire.Fail("InvalidFilterKey", "The filter key %s is not valid.", f.Key)
		}
		if len(f.Values) == 0 || len(f.Values) > 100 {
			return describeManagedOut{}, wire.Fail("InvalidInstanceInformationFilterValue", "A filter has 1 to 100 values.")
		}
		found = slices.DeleteFunc(found, func(m *managedInstance) bool { return !slices.Contains(f.Values, value(m)) })
	}
	page, next, err := store.Page(ssmPages(5), found, in.MaxResults, in.NextToken)
	return describeManagedOut{store.Copies(page, func(m *managedInstance) {
		if m.PingStatus == pingOnline {
			m.LastPingDateTime = wire.Epoch{Time: r.Now()}
		}
	}), next}, err
}

// ssmPages returns the pager of Systems Manager: at most 50 items, which is also the default.
func ssmPages(least int32) *store.Pager {
	return &store.Pager{
		Size: 50, Least: least, Most: 50,
		BadSize: func(size int32) *wire.Error {
			return outside("maxResults", size, "Member must have value between %d and 50", least)
		},
		BadToken: func(string) *wire.Error { return wire.Fail("InvalidNextToken", "The specified token is not valid.") },
	}
}
