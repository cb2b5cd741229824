package sandbox

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/store"
	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// Elastic Load Balancing: application load balancers and what they need in front of the private
// web server of Amazon MWAA.

var elbAPI = service{
	Service: wire.Service{Protocol: wire.AWSQuery, Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"},
	Operations: map[string]operation{
		"CreateTargetGroup":     wire.QueryOp((*region).createTargetGroup),
		"DescribeTargetGroups":  wire.QueryOp((*region).describeTargetGroups),
		"ModifyTargetGroup":     wire.QueryOp((*region).modifyTargetGroup),
		"DeleteTargetGroup":     wire.QueryOp((*region).deleteTargetGroup),
		"RegisterTargets":       wire.QueryOp((*region).registerTargets),
		"DeregisterTargets":     wire.QueryOp((*region).deregisterTargets),
		"DescribeTargetHealth":  wire.QueryOp((*region).describeTargetHealth),
		"CreateLoadBalancer":    wire.QueryOp((*region).createLoadBalancer),
		"DescribeLoadBalancers": wire.QueryOp((*region).describeLoadBalancers),
		"DeleteLoadBalancer":    wire.QueryOp((*region).deleteLoadBalancer),
		"CreateListener":        wire.QueryOp((*region).createListener),
		"DescribeListeners":     wire.QueryOp((*region).describeListeners),
		"DeleteListener":        wire.QueryOp((*region).deleteListener),
		"DescribeTags":          wire.QueryOp((*region).describeTagsELB),
		"AddTags":               wire.QueryOp((*region).addTagsELB),
		"RemoveTags":            wire.QueryOp((*region).removeTagsELB),

		"DescribeCapacityReservation":    wire.QueryOp((*region).describeCapacityReservation),
		"DescribeLoadBalancerAttributes": wire.QueryOp((*region).describeBalancerAttributes),
		"ModifyLoadBalancerAttributes":   wire.QueryOp((*region).modifyBalancerAttributes),
		"DescribeTargetGroupAttributes":  wire.QueryOp((*region).describeTargetGroupAttributes),
		"ModifyTargetGroupAttributes":    wire.QueryOp((*region).modifyTargetGroupAttributes),
		"DescribeListenerAttributes":     wire.QueryOp((*region).describeListenerAttributes),
		"ModifyListenerAttributes":       wire.QueryOp((*region).modifyListenerAttributes),
	},
	Dump: func(r *region) map[string]any {
		return map[string]any{
			"LoadBalancers": store.Copies(r.elb.balancers.List, r.fillBalancer), "TargetGroups": store.Copies(r.elb.targetGroups.List, r.fillTargetGroup),
			"Listeners": store.Copies(r.elb.listeners.List, nil),
		}
	},
}

const (
	balancerTime = 150 * time.Second // until a load balancer is active
	lingerTime   = time.Minute       // how long the interfaces of a deleted load balancer stay
	healthTime   = 30 * time.Second  // until the first health check of a target is complete
	drainTime    = 5 * time.Minute   // how long a deregistered target finishes its connections

	balancerOwner     = "amazon-elb"
	balancerAddresses = 8 // free addresses that each of its subnets needs
	maxBalancerGroups = 5

	internalScheme, publicScheme = "internal", "internet-facing"
	defaultTLS                   = "ELBSecurityPolicy-2016-08"
	webserverCode                = 302 // HTTP status of Airflow's web server for /
)

type elbContent struct {
	TargetGroups  []*targetGroup
	LoadBalancers []*loadBalancer
	Listeners     []*listener
}

type elbState struct {
	balancers    store.Table[loadBalancer]
	targetGroups store.Table[targetGroup]
	listeners    store.Table[listener]
	leaving      []*loadBalancer // deleted, but their interfaces still exist
}

type loadBalancer struct {
	LoadBalancerArn       string
	DNSName               string
	CanonicalHostedZoneId string
	CreatedTime           time.Time
	LoadBalancerName      string
	Scheme                string
	VpcId                 string
	State                 balancerState
	Type                  string
	AvailabilityZones     []balancerZone
	SecurityGroups        []string
	IpAddressType         string
	Tags                  store.Tags `ec2:"-"`
	elbAttributes

	interfaces []*networkInterface
	deletedAt  time.Time
}

type balancerState struct{ Code string }

type balancerZone struct{ ZoneName, SubnetId string }

type targetGroup struct {
	TargetGroupArn   string
	TargetGroupName  string
	Protocol         string
	Port             int32
	VpcId            string
	TargetType       string
	ProtocolVersion  string
	IpAddressType    string
	LoadBalancerArns []string // set when it is shown
	targetCheck
	Targets []*target  `ec2:"-"` // only DescribeTargetHealth shows them
	Tags    store.Tags `ec2:"-"`
	elbAttributes
}

// targetCheck has its names in requests and in answers.
type targetCheck struct {
	HealthCheckProtocol        string
	HealthCheckPort            string
	HealthCheckEnabled         *bool
	HealthCheckPath            string
	HealthCheckIntervalSeconds int32
	HealthCheckTimeoutSeconds  int32
	HealthyThresholdCount      int32
	UnhealthyThresholdCount    int32
	Matcher                    *matcher
}

type matcher struct{ HttpCode string }

type target struct {
	Id               string
	Port             int32
	AvailabilityZone string

	registeredAt, deregisteredAt time.Time
}

type listener struct {
	ListenerArn     string
	LoadBalancerArn string
	Port            int32
	Protocol        string
	Certificates    []listenerCertificate
	SslPolicy       string
	DefaultActions  []listenerAction
	Tags            store.Tags `ec2:"-"`
	elbAttributes

	createdAt time.Time
}

type listenerCertificate struct{ CertificateArn string }

type listenerAction struct {
	Type           string
	TargetGroupArn string
	ForwardConfig  *forwardConfig
}

type forwardConfig struct{ TargetGroups []weighedGroup }

type weighedGroup struct {
	TargetGroupArn string
	Weight         int32
}

// newELBID counts like newID, in the format of load balancing ids.
func (r *region) newELBID() string {
	return fmt.Sprintf("%016x", r.Counters.Next("elb"))
}

// balancerID returns the id that other services use for a load balancer: app/NAME/ID.
func (b *loadBalancer) balancerID() string {
	_, id, _ := strings.Cut(b.LoadBalancerArn, ":loadbalancer/")
	return id
}

// loadELB fills in what a scenario leaves out.
func (r *region) loadELB(s *scenario) {
	for _, g := range s.TargetGroups {
		g.complete()
		for _, t := range g.Targets {
			t.Port, t.AvailabilityZone, t.registeredAt = cmp.Or(t.Port, g.Port), r.zoneAt(g.VpcId, t.Id), store.Loaded
		}
		r.elb.targetGroups.Add(g.TargetGroupArn, g)
	}
	for _, b := range s.LoadBalancers {
		b.Type, b.IpAddressType, b.CreatedTime = "application", "ipv4", store.Loaded
		b.VpcId = r.subnets.ByID[b.AvailabilityZones[0].SubnetId].VpcId
		r.addBalancer(b)
	}
	for _, l := range s.Listeners {
		l.SslPolicy, l.createdAt = defaultTLS, store.Loaded
		for i, a := range l.DefaultActions {
			l.DefaultActions[i] = forward(a.TargetGroupArn)
		}
		r.elb.listeners.Add(l.ListenerArn, l)
	}
}

// settleBalancers removes the interfaces of deleted load balancers and drained targets that are
// due.
func (r *region) settleBalancers() {
	r.elb.leaving = slices.DeleteFunc(r.elb.leaving, func(b *loadBalancer) bool {
		if !r.Passed(b.deletedAt, lingerTime) {
			return false
		}
		for _, i := range b.interfaces {
			r.removeInterface(i)
		}
		return true
	})
	for _, g := range r.elb.targetGroups.List {
		g.Targets = slices.DeleteFunc(g.Targets, func(t *target) bool {
			return !t.deregisteredAt.IsZero() && (r.listenerOf(g) == nil || r.Passed(t.deregisteredAt, drainTime))
		})
	}
}

func elbInvalid(format string, args ...any) *wire.Error {
	return wire.Fail("ValidationError", format, args...)
}

// checkELBName rejects invalid names. what is "Load balancer" or "Target group".
func checkELBName(what, name string) *wire.Error {
	alphanumeric := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
	switch {
	case name == "":
		return elbInvalid("A %s name must be specified", strings.ToLower(what))
	case len(name) > 32:
		return elbInvalid("%s name '%s' cannot be longer than '32' characters", what, name)
	case !alphanumeric:
		return elbInvalid("%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", what, name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return elbInvalid("%s name '%s' cannot begin or end with '-'", what, name)
	case strings.HasPrefix(name, "internal-"):
		return elbInvalid("%s name '%s' cannot start with internal-", what, name)
	}
	return nil
}

var elbTagCodes = store.TagCodes{Invalid: "ValidationError", Duplicate: "DuplicateTagKeys", TooMany: "TooManyTags"}

// Target groups.

type createTargetGroupIn struct {
	Name            string
	Protocol        string
	Port            int32
	VpcId           string
	TargetType      string
	ProtocolVersion string
	IpAddressType   string
	targetCheck
	Tags []store.Tag
}

type targetGroupsOut struct {
	TargetGroups []targetGroup
	NextMarker   string
}

// complete fills in what a request for a target group left out.
func (g *targetGroup) complete() {
	g.TargetType, g.ProtocolVersion, g.IpAddressType = cmp.Or(g.TargetType, "instance"), cmp.Or(g.ProtocolVersion, "HTTP1"), cmp.Or(g.IpAddressType, "ipv4")
	on := true
	g.targetCheck.change(targetCheck{
		HealthCheckProtocol: cmp.Or(g.HealthCheckProtocol, "HTTP"), HealthCheckPort: cmp.Or(g.HealthCheckPort, "traffic-port"), HealthCheckEnabled: cmp.Or(g.HealthCheckEnabled, &on),
		HealthCheckPath: cmp.Or(g.HealthCheckPath, "/"), HealthCheckIntervalSeconds: cmp.Or(g.HealthCheckIntervalSeconds, 30),
		HealthCheckTimeoutSeconds: cmp.Or(g.HealthCheckTimeoutSeconds, 5), HealthyThresholdCount: cmp.Or(g.HealthyThresholdCount, 5),
		UnhealthyThresholdCount: cmp.Or(g.UnhealthyThresholdCount, 2), Matcher: cmp.Or(g.Matcher, &matcher{"200"}),
	})
}

// change copies the settings that a request contains.
func (h *targetCheck) change(to targetCheck) {
	h.HealthCheckProtocol, h.HealthCheckPort = cmp.Or(to.HealthCheckProtocol, h.HealthCheckProtocol), cmp.Or(to.HealthCheckPort, h.HealthCheckPort)
	h.HealthCheckEnabled, h.HealthCheckPath = cmp.Or(to.HealthCheckEnabled, h.HealthCheckEnabled), cmp.Or(to.HealthCheckPath, h.HealthCheckPath)
	h.HealthCheckIntervalSeconds = cmp.Or(to.HealthCheckIntervalSeconds, h.HealthCheckIntervalSeconds)
	h.HealthCheckTimeoutSeconds = cmp.Or(to.HealthCheckTimeoutSeconds, h.HealthCheckTimeoutSeconds)
	h.HealthyThresholdCount, h.UnhealthyThresholdCount = cmp.Or(to.HealthyThresholdCount, h.HealthyThresholdCount), cmp.Or(to.UnhealthyThresholdCount, h.UnhealthyThresholdCount)
	h.Matcher = cmp.Or(to.Matcher, h.Matcher)
}

func (h *targetCheck) check() *wire.Error {
	port, err := strconv.Atoi(h.HealthCheckPort)
	switch {
	case h.HealthCheckProtocol != "HTTP" && h.HealthCheckProtocol != "HTTPS":
		return elbInvalid("Health check protocol '%s' must be one of 'HTTP', 'HTTPS'", h.HealthCheckProtocol)
	case h.HealthCheckPort != "traffic-port" && (err != nil || port < 1 || port > 65535):
		return elbInvalid("Health check port '%s' must be 'traffic-port' or in the range 1-65535", h.HealthCheckPort)
	case !strings.HasPrefix(h.HealthCheckPath, "/"):
		return elbInvalid("Health check path '%s' must begin with a '/' character", h.HealthCheckPath)
	case h.HealthCheckIntervalSeconds < 5 || h.HealthCheckIntervalSeconds > 300:
		return elbInvalid("Health check interval '%d' must be between '5' and '300'", h.HealthCheckIntervalSeconds)
	case h.HealthCheckTimeoutSeconds < 2 || h.HealthCheckTimeoutSeconds > 120:
		return elbInvalid("Health check timeout '%d' must be between '2' and '120'", h.HealthCheckTimeoutSeconds)
	case h.HealthCheckTimeoutSeconds >= h.HealthCheckIntervalSeconds:
		return elbInvalid("Health check interval must be greater than the timeout.")
	case min(h.HealthyThresholdCount, h.UnhealthyThresholdCount) < 2 || max(h.HealthyThresholdCount, h.UnhealthyThresholdCount) > 10:
		return elbInvalid("Health check thresholds must be between '2' and '10'")
	}
	if _, ok := h.Matcher.accepts(0); !ok {
		return elbInvalid("Health check matcher HTTP code '%s' must be within '200-499' inclusive", h.Matcher.HttpCode)
	}
	return nil
}

// accepts reports whether a matcher contains a code. ok is false if the matcher is invalid: it
// must be like 200, 200,302 or 200-399.
func (m *matcher) accepts(code int) (accepted, ok bool) {
	for part := range strings.SplitSeq(m.HttpCode, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || from < 200 || to > 499 || from > to {
			return false, false
		}
		accepted = accepted || from <= code && code <= to
	}
	return accepted, true
}

// sameSettings reports whether two target groups have the same settings.
func (g *targetGroup) sameSettings(other *targetGroup) bool {
	a, b := g.targetCheck, other.targetCheck
	same := *a.HealthCheckEnabled == *b.HealthCheckEnabled && *a.Matcher == *b.Matcher
	a.HealthCheckEnabled, a.Matcher = b.HealthCheckEnabled, b.Matcher
	return same && a == b && g.Protocol == other.Protocol && g.Port == other.Port && g.VpcId == other.VpcId && g.TargetType == other.TargetType &&
		g.ProtocolVersion == other.ProtocolVersion && g.IpAddressType == other.IpAddressType
}

func (r *region) createTargetGroup(in createTargetGroupIn) (targetGroupsOut, *wire.Error) {
	g := &targetGroup{
		TargetGroupName: in.Name, Protocol: in.Protocol, Port: in.Port, VpcId: in.VpcId, TargetType: in.TargetType, ProtocolVersion: in.ProtocolVersion,
		IpAddressType: in.IpAddressType, targetCheck: in.targetCheck, Tags: in.Tags,
	}
	g.complete()
	if err := cmp.Or(checkELBName("Target group", in.Name), g.check(), elbTagCodes.Check(in.Tags)); err != nil {
		return targetGroupsOut{}, err
	}
	switch {
	case g.TargetType != "ip" && g.TargetType != "instance":
		return targetGroupsOut{}, notSupported("target groups of the type " + g.TargetType)
	case g.Protocol == "":
		return targetGroupsOut{}, elbInvalid("A protocol must be specified")
	case g.Protocol != "HTTP" && g.Protocol != "HTTPS":
		return targetGroupsOut{}, notSupported("target groups with the protocol " + g.Protocol)
	case g.IpAddressType != "ipv4":
		return targetGroupsOut{}, notSupported("target groups with the address type " + g.IpAddressType)
	case g.Port < 1 || g.Port > 65535:
		return targetGroupsOut{}, elbInvalid("A port between 1 and 65535 must be specified")
	case g.VpcId == "":
		return targetGroupsOut{}, elbInvalid("A VPC ID must be specified")
	case r.vpcs.ByID[g.VpcId] == nil:
		return targetGroupsOut{}, elbInvalid("The VPC ID '%s' is not found", g.VpcId)
	}
	for _, other := range r.elb.targetGroups.List {
		switch {
		case other.TargetGroupName != in.Name:
		case !g.sameSettings(other):
			return targetGroupsOut{}, wire.Fail("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", in.Name)
		default:
			return targetGroupsOut{TargetGroups: store.Copies([]*targetGroup{other}, r.fillTargetGroup)}, nil
		}
	}
	g.TargetGroupArn = r.ARN("elasticloadbalancing", "targetgroup/"+in.Name+"/"+r.newELBID())
	r.elb.targetGroups.Add(g.TargetGroupArn, g)
	return targetGroupsOut{TargetGroups: store.Copies([]*targetGroup{g}, r.fillTargetGroup)}, nil
}

func (r *region) fillTargetGroup(g *targetGroup) {
	g.LoadBalancerArns = []string{}
	if l := r.listenerOf(g); l != nil {
		g.LoadBalancerArns = []string{l.LoadBalancerArn}
	}
}

// listenerOf finds a listener that forwards to a target group; nil if there is none.
func (r *region) listenerOf(g *targetGroup) *listener {
	for _, l := range r.elb.listeners.List {
		if slices.ContainsFunc(l.DefaultActions, func(a listenerAction) bool { return a.TargetGroupArn == g.TargetGroupArn }) {
			return l
		}
	}
	return nil
}

func (r *region) findTargetGroup(arn string) (*targetGroup, *wire.Error) {
	if g := r.elb.targetGroups.ByID[arn]; g != nil {
		return g, nil
	}
	return nil, wire.Fail("TargetGroupNotFound", "One or more target groups not found")
}

type elbPage struct {
	Marker   string
	PageSize *int32
}

const elbPageSize = 400

var elbPages = store.Pager{
	Size: elbPageSize, Least: 1, Most: elbPageSize,
	BadSize: func(size int32) *wire.Error {
		return elbInvalid("1 validation error detected: Value '%d' at 'pageSize' failed to satisfy constraint: Member must be between 1 and %d", size, elbPageSize)
	},
	BadToken: func(token string) *wire.Error { return elbInvalid("Invalid marker '%s'", token) },
}

// chosen returns the resources with the given ids, or all if no ids are given. missing is an id
// that does not exist.
func chosen[T any](t *store.Table[T], ids []string, id func(*T) string) (found []*T, missing string) {
	if len(ids) == 0 {
		return t.List, ""
	}
	for _, wanted := range ids {
		i := slices.IndexFunc(t.List, func(v *T) bool { return id(v) == wanted })
		if i < 0 {
			return nil, wanted
		}
		found = append(found, t.List[i])
	}
	return found, ""
}

type describeTargetGroupsIn struct {
	elbPage
	LoadBalancerArn string
	TargetGroupArns []string
	Names           []string
}

func (r *region) describeTargetGroups(in describeTargetGroupsIn) (targetGroupsOut, *wire.Error) {
	found, missing := chosen(&r.elb.targetGroups, in.TargetGroupArns, func(g *targetGroup) string { return g.TargetGroupArn })
	if len(in.Names) > 0 {
		found, missing = chosen(&r.elb.targetGroups, in.Names, func(g *targetGroup) string { return g.TargetGroupName })
	}
	if missing != "" {
		return targetGroupsOut{}, wire.Fail("TargetGroupNotFound", "One or more target groups not found")
	}
	if in.LoadBalancerArn != "" {
		if _, err := r.findBalancer(in.LoadBalancerArn); err != nil {
			return targetGroupsOut{}, err
		}
		found = slices.DeleteFunc(slices.Clone(found), func(g *targetGroup) bool {
			l := r.listenerOf(g)
			return l == nil || l.LoadBalancerArn != in.LoadBalancerArn
		})
	}
	page, next, err := store.Page(&elbPages, found, in.PageSize, in.Marker)
	return targetGroupsOut{store.Copies(page, r.fillTargetGroup), next}, err
}

type modifyTargetGroupIn struct {
	TargetGroupArn string
	targetCheck
}

func (r *region) modifyTargetGroup(in modifyTargetGroupIn) (targetGroupsOut, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return targetGroupsOut{}, err
	}
	next := g.targetCheck
	next.change(in.targetCheck)
	if err := next.check(); err != nil {
		return targetGroupsOut{}, err
	}
	g.targetCheck = next
	return targetGroupsOut{TargetGroups: store.Copies([]*targetGroup{g}, r.fillTargetGroup)}, nil
}

type targetGroupIn struct{ TargetGroupArn string }

// deleteTargetGroup succeeds if the target group does not exist, like in AWS.
func (r *region) deleteTargetGroup(in targetGroupIn) (wire.Empty, *wire.Error) {
	if g := r.elb.targetGroups.ByID[in.TargetGroupArn]; g != nil {
		if r.listenerOf(g) != nil {
			return wire.Empty{}, wire.Fail("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", g.TargetGroupArn)
		}
		r.elb.targetGroups.Remove(g.TargetGroupArn)
	}
	return wire.Empty{}, nil
}

// Targets.

type targetsIn struct {
	TargetGroupArn string
	Targets        []target
}

func (r *region) registerTargets(in targetsIn) (wire.Empty, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return wire.Empty{}, err
	}
	if len(in.Targets) == 0 {
		return wire.Empty{}, elbInvalid("At least one target must be specified")
	}
	for _, t := range in.Targets {
		if err := r.checkTarget(g, t); err != nil {
			return wire.Empty{}, err
		}
	}
	for _, t := range in.Targets {
		if there := g.target(t); there != nil {
			there.deregisteredAt = time.Time{}
			continue
		}
		t.Port, t.AvailabilityZone, t.registeredAt = cmp.Or(t.Port, g.Port), r.zoneAt(g.VpcId, t.Id), r.Now()
		g.Targets = append(g.Targets, &t)
	}
	return wire.Empty{}, nil
}

// checkTarget checks a target against the type of its group: addresses must be inside the VPC.
// The sandbox does not support addresses outside it, which need an Availability Zone.
func (r *region) checkTarget(g *targetGroup, t target) *wire.Error {
	if t.Port < 0 || t.Port > 65535 {
		return elbInvalid("The port '%d' is not valid", t.Port)
	}
	if g.TargetType == "instance" {
		if i := r.instances.ByID[t.Id]; i == nil || i.VpcId != g.VpcId {
			return wire.Fail("InvalidTarget", "The following targets are not in the target group VPC '%s': '%s'", g.VpcId, t.Id)
		}
		return nil
	}
	address, err := netip.ParseAddr(t.Id)
	switch {
	case err != nil || !address.Is4():
		return elbInvalid("The IP address '%s' is not a valid IPv4 address", t.Id)
	case t.AvailabilityZone == "all":
		return notSupported("targets outside the VPC")
	case !slices.ContainsFunc(r.vpcs.ByID[g.VpcId].CidrBlockAssociationSet, func(c cidrAssociation) bool { return covers(c.CidrBlock, address) }):
		return wire.Fail("InvalidTarget", "The IP address '%s' is not within the CIDR blocks of the VPC '%s'. An availability zone must be specified for it", t.Id, g.VpcId)
	}
	return nil
}

// zoneAt returns the Availability Zone of the subnet that contains an address.
func (r *region) zoneAt(vpcID, id string) string {
	address, _ := netip.ParseAddr(id) // an invalid address is in no subnet
	for _, s := range r.subnets.List {
		if s.VpcId == vpcID && covers(s.CidrBlock, address) {
			return s.AvailabilityZone
		}
	}
	return ""
}

// target finds a target as a request lists it. Without a port, it has the group's port.
func (g *targetGroup) target(named target) *target {
	for _, t := range g.Targets {
		if t.Id == named.Id && t.Port == cmp.Or(named.Port, g.Port) {
			return t
		}
	}
	return nil
}

func (r *region) deregisterTargets(in targetsIn) (wire.Empty, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return wire.Empty{}, err
	}
	for _, named := range in.Targets {
		if t := g.target(named); t != nil && t.deregisteredAt.IsZero() {
			t.deregisteredAt = r.Now()
		}
	}
	return wire.Empty{}, nil
}

type targetHealthOut struct{ TargetHealthDescriptions []targetHealth }

type targetHealth struct {
	Target          target
	HealthCheckPort string
	TargetHealth    health
}

type health struct{ State, Reason, Description string }

func (r *region) describeTargetHealth(in targetsIn) (targetHealthOut, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return targetHealthOut{}, err
	}
	asked := g.Targets
	if len(in.Targets) > 0 {
		asked = nil
		for _, named := range in.Targets {
			t := g.target(named)
			if t == nil {
				t = &target{Id: named.Id, Port: cmp.Or(named.Port, g.Port)} // AWS reports that it is not registered
			}
			asked = append(asked, t)
		}
	}
	out := targetHealthOut{}
	for _, t := range asked {
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, targetHealth{*t, strconv.Itoa(g.checkPort(t)), r.healthOf(g, t)})
	}
	return out, nil
}

// checkPort returns the port that health checks of a target use.
func (g *targetGroup) checkPort(t *target) int {
	if port, err := strconv.Atoi(g.HealthCheckPort); err == nil {
		return port
	}
	return int(t.Port)
}

// healthOf returns the health of a target, with ELB's reason. It is checked only when the target
// can receive traffic.
func (r *region) healthOf(g *targetGroup, t *target) health {
	l := r.listenerOf(g)
	switch {
	case t.registeredAt.IsZero():
		return health{"unused", "Target.NotRegistered", "Target is not registered to the target group"}
	case !t.deregisteredAt.IsZero():
		return health{"draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"}
	case l == nil:
		return health{"unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"}
	}
	b := r.elb.balancers.ByID[l.LoadBalancerArn]
	begins := r.Plus(b.CreatedTime, balancerTime)
	for _, at := range []time.Time{t.registeredAt, l.createdAt} {
		if at.After(begins) {
			begins = at
		}
	}
	code, _ := g.Matcher.accepts(webserverCode)
	switch {
	case !r.Passed(begins, healthTime):
		return health{"initial", "Elb.RegistrationInProgress", "Target registration is in progress"}
	case !r.webserverAnswers(b, t.Id) || g.checkPort(t) != httpsPort:
		return health{"unhealthy", "Target.Timeout", "Request timed out"}
	case g.HealthCheckProtocol != "HTTPS":
		return health{"unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [400]"} // plain HTTP to an HTTPS port
	case !code:
		return health{"unhealthy", "Target.ResponseCodeMismatch", fmt.Sprintf("Health checks failed with these codes: [%d]", webserverCode)}
	}
	return health{State: "healthy"}
}

// webserverAnswers reports whether every interface of a load balancer reaches the web server of
// an environment at an address.
func (r *region) webserverAnswers(b *loadBalancer, address string) bool {
	for _, i := range r.interfaces.List {
		if i.PrivateIpAddress == address && i.VpcId == b.VpcId && r.isWebserver(i) {
			return !slices.ContainsFunc(b.interfaces, func(from *networkInterface) bool { return !r.allowsHTTPS(peerOf(from), peerOf(i)) })
		}
	}
	return false
}

func (r *region) isWebserver(i *networkInterface) bool {
	return i.endpoint != nil && r.endpointState(i.endpoint) == "available" &&
		slices.ContainsFunc(r.MWAA, func(e *airflowEnvironment) bool { return e.WebserverVpcEndpointService == i.endpoint.ServiceName })
}

// Load balancers.

type createBalancerIn struct {
	Name           string
	Subnets        []string
	SubnetMappings []struct{ SubnetId string }
	SecurityGroups []string
	Scheme         string
	Type           string
	IpAddressType  string
	Tags           []store.Tag
}

type balancersOut struct {
	LoadBalancers []loadBalancer
	NextMarker    string
}

func (r *region) createLoadBalancer(in createBalancerIn) (balancersOut, *wire.Error) {
	b := &loadBalancer{
		LoadBalancerName: in.Name, Scheme: cmp.Or(in.Scheme, publicScheme), Type: cmp.Or(in.Type, "application"), IpAddressType: cmp.Or(in.IpAddressType, "ipv4"),
		SecurityGroups: in.SecurityGroups, CreatedTime: r.Now(), Tags: in.Tags,
	}
	for _, m := range in.SubnetMappings {
		in.Subnets = append(in.Subnets, m.SubnetId)
	}
	if err := cmp.Or(checkELBName("Load balancer", in.Name), elbTagCodes.Check(in.Tags)); err != nil {
		return balancersOut{}, err
	}
	switch {
	case b.Type != "application":
		return balancersOut{}, notSupported("load balancers of the type " + b.Type)
	case b.IpAddressType != "ipv4":
		return balancersOut{}, notSupported("load balancers with the address type " + b.IpAddressType)
	case b.Scheme != internalScheme && b.Scheme != publicScheme:
		return balancersOut{}, elbInvalid("Scheme '%s' must be one of 'internal', 'internet-facing'", b.Scheme)
	}
	if err := r.placeBalancer(b, in.Subnets); err != nil {
		return balancersOut{}, err
	}
	if err := r.checkBalancerGroups(b); err != nil {
		return balancersOut{}, err
	}
	for _, other := range r.elb.balancers.List {
		switch {
		case other.LoadBalancerName != in.Name:
		case other.Scheme != b.Scheme || !slices.Equal(other.AvailabilityZones, b.AvailabilityZones) || !slices.Equal(other.SecurityGroups, b.SecurityGroups):
			return balancersOut{}, wire.Fail("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", in.Name)
		default:
			return balancersOut{LoadBalancers: store.Copies([]*loadBalancer{other}, r.fillBalancer)}, nil
		}
	}
	for _, z := range b.AvailabilityZones {
		if r.freeAddresses(r.subnets.ByID[z.SubnetId]) < balancerAddresses {
			return balancersOut{}, wire.Fail("InvalidSubnet", "Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet.", z.SubnetId, balancerAddresses)
		}
	}
	b.LoadBalancerArn = r.ARN("elasticloadbalancing", "loadbalancer/app/"+in.Name+"/"+r.newELBID())
	r.addBalancer(b)
	return balancersOut{LoadBalancers: store.Copies([]*loadBalancer{b}, r.fillBalancer)}, nil
}

// placeBalancer puts a load balancer into at least two zones, with one subnet in each.
func (r *region) placeBalancer(b *loadBalancer, subnets []string) *wire.Error {
	for _, id := range subnets {
		s := r.subnets.ByID[id]
		switch {
		case s == nil:
			return wire.Fail("SubnetNotFound", "The subnet ID '%s' does not exist", id)
		case b.VpcId != "" && b.VpcId != s.VpcId:
			return wire.Fail("InvalidConfigurationRequest", "All subnets must belong to the same VPC: '%s'", b.VpcId)
		case slices.ContainsFunc(b.AvailabilityZones, func(z balancerZone) bool { return z.ZoneName == s.AvailabilityZone }):
			return wire.Fail("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		b.VpcId = s.VpcId
		b.AvailabilityZones = append(b.AvailabilityZones, balancerZone{s.AvailabilityZone, id})
	}
	if len(b.AvailabilityZones) < 2 {
		return elbInvalid("At least two subnets in two different Availability Zones must be specified")
	}
	attached := func(g *internetGateway) bool {
		return slices.ContainsFunc(g.Attachments, func(a gatewayAttachment) bool { return a.VpcId == b.VpcId })
	}
	if b.Scheme == publicScheme && !slices.ContainsFunc(r.igws.List, attached) {
		return wire.Fail("InvalidSubnet", "VPC %s has no internet gateway", b.VpcId)
	}
	return nil
}

func (r *region) checkBalancerGroups(b *loadBalancer) *wire.Error {
	if d := r.defaultGroup(b.VpcId); len(b.SecurityGroups) == 0 && d != nil {
		b.SecurityGroups = []string{d.GroupId}
	}
	if len(b.SecurityGroups) > maxBalancerGroups {
		return wire.Fail("InvalidConfigurationRequest", "The maximum number of security groups for a load balancer is %d", maxBalancerGroups)
	}
	for _, id := range b.SecurityGroups {
		switch g := r.groups.ByID[id]; {
		case g == nil:
			return wire.Fail("InvalidSecurityGroup", "The security group '%s' does not exist", id)
		case g.VpcId != b.VpcId:
			return wire.Fail("InvalidConfigurationRequest", "One or more security groups are invalid: '%s' does not belong to VPC '%s'", id, b.VpcId)
		}
	}
	return nil
}

// addBalancer creates a load balancer with an interface in each of its subnets.
func (r *region) addBalancer(b *loadBalancer) {
	id := b.balancerID()
	number, _ := strconv.ParseUint(store.Hash(id, 8), 16, 32) // hash returns hexadecimal digits
	b.DNSName = fmt.Sprintf("%s-%d.%s.elb.%s", b.LoadBalancerName, number, r.Name, r.catalog.suffix())
	if b.Scheme == internalScheme {
		b.DNSName = "internal-" + b.DNSName
	}
	b.CanonicalHostedZoneId = hostedZone("elb " + r.Name)
	for _, z := range b.AvailabilityZones {
		s := r.subnets.ByID[z.SubnetId]
		i := &networkInterface{
			NetworkInterfaceId: r.Counters.ID("eni"), InterfaceType: "interface", Description: "ELB " + id, Status: "in-use", SubnetId: s.SubnetId, VpcId: s.VpcId,
			AvailabilityZone: s.AvailabilityZone, AvailabilityZoneId: s.AvailabilityZoneId, PrivateIpAddress: r.freeAddress(s.SubnetId, s.CidrBlock), OwnerId: store.AccountID,
			RequesterId: balancerOwner, RequesterManaged: true, SourceDestCheck: true,
			Attachment: &interfaceAttachment{
				AttachmentId: r.Counters.ID("eni-attach"), AttachTime: b.CreatedTime, DeviceIndex: 1, InstanceOwnerId: balancerOwner, Status: "attached",
			},
		}
		for _, id := range b.SecurityGroups {
			i.Groups = append(i.Groups, groupIdentifier{GroupId: id})
		}
		r.nameGroups(i.Groups)
		if b.Scheme == publicScheme {
			public := publicAddress(i.NetworkInterfaceId).String()
			i.Association = &interfaceAssociation{IpOwnerId: balancerOwner, PublicIp: public, PublicDnsName: r.publicDNSName(public)}
		}
		r.putInterface(i)
		b.interfaces = append(b.interfaces, i)
	}
	r.elb.balancers.Add(b.LoadBalancerArn, b)
}

func (r *region) fillBalancer(b *loadBalancer) {
	b.State.Code = "active"
	if !r.Passed(b.CreatedTime, balancerTime) {
		b.State.Code = "provisioning"
	}
}

func (r *region) findBalancer(arn string) (*loadBalancer, *wire.Error) {
	if b := r.elb.balancers.ByID[arn]; b != nil {
		return b, nil
	}
	return nil, wire.Fail("LoadBalancerNotFound", "One or more load balancers not found")
}

type describeBalancersIn struct {
	elbPage
	LoadBalancerArns []string
	Names            []string
}

func (r *region) describeLoadBalancers(in describeBalancersIn) (balancersOut, *wire.Error) {
	found, missing := chosen(&r.elb.balancers, in.LoadBalancerArns, func(b *loadBalancer) string { return b.LoadBalancerArn })
	if len(in.Names) > 0 {
		found, missing = chosen(&r.elb.balancers, in.Names, func(b *loadBalancer) string { return b.LoadBalancerName })
	}
	if missing != "" {
		return balancersOut{}, wire.Fail("LoadBalancerNotFound", "Load balancers '[%s]' not found", missing)
	}
	page, next, err := store.Page(&elbPages, found, in.PageSize, in.Marker)
	return balancersOut{store.Copies(page, r.fillBalancer), next}, err
}

type balancerIn struct{ LoadBalancerArn string }

// deleteLoadBalancer also deletes the listeners. The interfaces stay for a while and keep using
// addresses and security groups.
func (r *region) deleteLoadBalancer(in balancerIn) (wire.Empty, *wire.Error) {
	b := r.elb.balancers.ByID[in.LoadBalancerArn]
	if b == nil {
		return wire.Empty{}, nil // as in AWS
	}
	if b.attribute(balancerAttributes, deletionProtection) == "true" {
		return wire.Empty{}, wire.Fail("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", b.LoadBalancerArn)
	}
	for _, l := range slices.Clone(r.elb.listeners.List) {
		if l.LoadBalancerArn == b.LoadBalancerArn {
			r.elb.listeners.Remove(l.ListenerArn)
		}
	}
	b.deletedAt = r.Now()
	r.elb.balancers.Remove(b.LoadBalancerArn)
	r.elb.leaving = append(r.elb.leaving, b)
	return wire.Empty{}, nil
}

// Listeners.

type createListenerIn struct {
	LoadBalancerArn string
	Protocol        string
	Port            int32
	SslPolicy       string
	Certificates    []listenerCertificate
	DefaultActions  []actionWanted
	Tags            []store.Tag
}

// actionWanted is an action in a request. The order of a single action has no effect.
type actionWanted struct {
	Type           string
	TargetGroupArn string
	Order          int32
	ForwardConfig  *forwardConfig
}

type listenersOut struct {
	Listeners  []listener
	NextMarker string
}

func (r *region) createListener(in createListenerIn) (listenersOut, *wire.Error) {
	b, err := r.findBalancer(in.LoadBalancerArn)
	if err != nil {
		return listenersOut{}, err
	}
	l := &listener{
		LoadBalancerArn: b.LoadBalancerArn, Port: in.Port, Protocol: in.Protocol, Certificates: in.Certificates, SslPolicy: in.SslPolicy, Tags: in.Tags, createdAt: r.Now(),
	}
	switch {
	case l.Port < 1 || l.Port > 65535:
		return listenersOut{}, elbInvalid("A port between 1 and 65535 must be specified")
	case l.Protocol != "HTTP" && l.Protocol != "HTTPS":
		return listenersOut{}, elbInvalid("Protocol '%s' must be one of 'HTTP', 'HTTPS'", l.Protocol)
	}
	if l.DefaultActions, err = r.forwards(b, in.DefaultActions); err != nil {
		return listenersOut{}, err
	}
	if err := cmp.Or(r.checkTLS(l), elbTagCodes.Check(in.Tags)); err != nil {
		return listenersOut{}, err
	}
	for _, other := range r.elb.listeners.List {
		switch {
		case other.LoadBalancerArn != l.LoadBalancerArn || other.Port != l.Port:
		case other.Protocol != l.Protocol || other.SslPolicy != l.SslPolicy || !slices.Equal(other.Certificates, l.Certificates) ||
			other.DefaultActions[0].TargetGroupArn != l.DefaultActions[0].TargetGroupArn:
			return listenersOut{}, wire.Fail("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", b.LoadBalancerArn)
		default:
			return listenersOut{Listeners: []listener{*other}}, nil
		}
	}
	l.ListenerArn = r.ARN("elasticloadbalancing", "listener/"+b.balancerID()+"/"+r.newELBID())
	r.elb.listeners.Add(l.ListenerArn, l)
	return listenersOut{Listeners: []listener{*l}}, nil
}

// forwards checks the actions of a listener: it must forward to one target group in the same VPC
// that no other load balancer uses.
func (r *region) forwards(b *loadBalancer, actions []actionWanted) ([]listenerAction, *wire.Error) {
	if len(actions) != 1 || actions[0].Type != "forward" {
		return nil, notSupported("listeners that do not just forward")
	}
	arn := actions[0].TargetGroupArn
	if f := actions[0].ForwardConfig; f != nil && len(f.TargetGroups) == 1 {
		arn = f.TargetGroups[0].TargetGroupArn
	}
	g, err := r.findTargetGroup(arn)
	if err != nil {
		return nil, err
	}
	if g.VpcId != b.VpcId {
		return nil, wire.Fail("InvalidConfigurationRequest", "The target group '%s' and the load balancer '%s' must be in the same VPC", arn, b.LoadBalancerArn)
	}
	if l := r.listenerOf(g); l != nil && l.LoadBalancerArn != b.LoadBalancerArn {
		return nil, wire.Fail("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", arn)
	}
	return []listenerAction{forward(arn)}, nil
}

// forward is the action that sends all traffic to one target group.
func forward(arn string) listenerAction {
	return listenerAction{"forward", arn, &forwardConfig{[]weighedGroup{{arn, 1}}}}
}

// checkTLS checks that HTTPS has an issued certificate of this Region, and HTTP has none.
func (r *region) checkTLS(l *listener) *wire.Error {
	switch {
	case l.Protocol == "HTTP" && len(l.Certificates) > 0:
		return elbInvalid("A certificate cannot be specified for HTTP listeners")
	case l.Protocol == "HTTP":
		return nil
	case len(l.Certificates) == 0:
		return elbInvalid("A certificate must be specified for HTTPS listeners")
	case len(l.Certificates) > 1:
		return wire.Fail("TooManyCertificates", "Up to 1 certificate can be specified on a listener")
	}
	l.SslPolicy = cmp.Or(l.SslPolicy, defaultTLS)
	arn := l.Certificates[0].CertificateArn
	switch c := r.certificate(arn); {
	case !strings.HasPrefix(l.SslPolicy, "ELBSecurityPolicy-"):
		return wire.Fail("SSLPolicyNotFound", "SSL policy '%s' not found", l.SslPolicy)
	case c == nil:
		return wire.Fail("CertificateNotFound", "Certificate '%s' not found", arn)
	case c.Status != certificateIssued:
		return wire.Fail("UnsupportedCertificate", "The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size.", arn)
	}
	return nil
}

type describeListenersIn struct {
	elbPage
	LoadBalancerArn string
	ListenerArns    []string
}

func (r *region) describeListeners(in describeListenersIn) (listenersOut, *wire.Error) {
	found, missing := chosen(&r.elb.listeners, in.ListenerArns, func(l *listener) string { return l.ListenerArn })
	switch {
	case missing != "":
		return listenersOut{}, wire.Fail("ListenerNotFound", "One or more listeners not found")
	case in.LoadBalancerArn == "" && len(in.ListenerArns) == 0:
		return listenersOut{}, elbInvalid("You must specify either listener ARNs or a load balancer ARN")
	case in.LoadBalancerArn != "":
		if _, err := r.findBalancer(in.LoadBalancerArn); err != nil {
			return listenersOut{}, err
		}
		found = slices.DeleteFunc(slices.Clone(found), func(l *listener) bool { return l.LoadBalancerArn != in.LoadBalancerArn })
	}
	page, next, err := store.Page(&elbPages, found, in.PageSize, in.Marker)
	return listenersOut{store.Copies(page, nil), next}, err
}

type listenerIn struct{ ListenerArn string }

func (r *region) findListener(arn string) (*listener, *wire.Error) {
	if l := r.elb.listeners.ByID[arn]; l != nil {
		return l, nil
	}
	return nil, wire.Fail("ListenerNotFound", "One or more listeners not found")
}

func (r *region) deleteListener(in listenerIn) (wire.Empty, *wire.Error) {
	if _, err := r.findListener(in.ListenerArn); err != nil {
		return wire.Empty{}, err
	}
	r.elb.listeners.Remove(in.ListenerArn)
	return wire.Empty{}, nil
}

// Tags.

// elbTags finds the tags of a resource.
func (r *region) elbTags(arn string) (*store.Tags, *wire.Error) {
	switch {
	case strings.Contains(arn, ":targetgroup/"):
		g, err := r.findTargetGroup(arn)
		if err != nil {
			return nil, err
		}
		return &g.Tags, nil
	case strings.Contains(arn, ":listener/"):
		l, err := r.findListener(arn)
		if err != nil {
			return nil, err
		}
		return &l.Tags, nil
	}
	b, err := r.findBalancer(arn)
	if err != nil {
		return nil, err
	}
	return &b.Tags, nil
}

type addTagsELBIn struct {
	ResourceArns []string
	Tags         []store.Tag
}

// addTagsELB changes all resources or none.
func (r *region) addTagsELB(in addTagsELBIn) (wire.Empty, *wire.Error) {
	fields, err := r.allELBTags(in.ResourceArns)
	if err != nil {
		return wire.Empty{}, err
	}
	after := make([]store.Tags, len(fields))
	for i, field := range fields {
		after[i] = *field
		if err := elbTagCodes.Add(&after[i], in.Tags); err != nil {
			return wire.Empty{}, err
		}
	}
	for i, field := range fields {
		*field = after[i]
	}
	return wire.Empty{}, nil
}

type removeTagsELBIn struct{ ResourceArns, TagKeys []string }

func (r *region) removeTagsELB(in removeTagsELBIn) (wire.Empty, *wire.Error) {
	fields, err := r.allELBTags(in.ResourceArns)
	for _, field := range fields {
		field.Remove(in.TagKeys)
	}
	return wire.Empty{}, err
}

// allELBTags finds the tags of resources; nil if one of them does not exist.
func (r *region) allELBTags(arns []string) ([]*store.Tags, *wire.Error) {
	var fields []*store.Tags
	for _, arn := range arns {
		field, err := r.elbTags(arn)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return fields, nil
}

type describeTagsELBOut struct{ TagDescriptions []elbTagDescription }

type elbTagDescription struct {
	ResourceArn string
	Tags        []store.Tag
}

func (r *region) describeTagsELB(in struct{ ResourceArns []string }) (describeTagsELBOut, *wire.Error) {
	var out describeTagsELBOut
	for _, arn := range in.ResourceArns {
		field, err := r.elbTags(arn)
		if err != nil {
			return out, err
		}
		out.TagDescriptions = append(out.TagDescriptions, elbTagDescription{arn, *field})
	}
	return out, nil
}
