package sandbox

import (
	"maps"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/sandbox/wire"
)

// The attributes of load balancers, target groups and listeners. The sandbox stores them; only the deletion protection has an effect.

const deletionProtection = "deletion_protection.enabled"

// balancerAttributes are the attributes of application load balancers with their defaults
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html).
var balancerAttributes = map[string]string{
	deletionProtection:                                         "false",
	"access_logs.s3.enabled":                                   "false",
	"access_logs.s3.bucket":                                    "",
	"access_logs.s3.prefix":                                    "",
	"client_keep_alive.seconds":                                "3600",
	"connection_logs.s3.enabled":                               "false",
	"connection_logs.s3.bucket":                                "",
	"connection_logs.s3.prefix":                                "",
	"idle_timeout.timeout_seconds":                             "60",
	"ipv6.deny_all_igw_traffic":                                "false",
	"load_balancing.cross_zone.enabled":                        "true",
	"routing.http.desync_mitigation_mode":                      "defensive",
	"routing.http.drop_invalid_header_fields.enabled":          "false",
	"routing.http.preserve_host_header.enabled":                "false",
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
	"routing.http.xff_client_port.enabled":                     "false",
	"routing.http.xff_header_processing.mode":                  "append",
	"routing.http2.enabled":                                    "true",
	"waf.fail_open.enabled":                                    "false",
	"zonal_shift.config.enabled":                               "false",
}

// targetGroupAttributes are those of target groups for application load balancers
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html).
var targetGroupAttributes = map[string]string{
	"deregistration_delay.timeout_seconds":                                           "300",
	"load_balancing.algorithm.anomaly_mitigation":                                    "off",
	"load_balancing.algorithm.type":                                                  "round_robin",
	"load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
	"slow_start.duration_seconds":                                                    "0",
	"stickiness.app_cookie.cookie_name":                                              "",
	"stickiness.app_cookie.duration_seconds":                                         "86400",
	"stickiness.enabled":                                                             "false",
	"stickiness.lb_cookie.duration_seconds":                                          "86400",
	"stickiness.type":                                                                "lb_cookie",
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

// listenerAttributes are those of listeners of application load balancers. The others, which name and set headers, have no default
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html).
var listenerAttributes = map[string]string{
	"routing.http.response.server.enabled": "true",
}

// elbAttributes are the attributes of a resource that do not have their default.
type elbAttributes struct {
	Attributes map[string]string `ec2:"-" json:",omitempty"`
}

func (a *elbAttributes) attribute(defaults map[string]string, key string) string {
	if v, ok := a.Attributes[key]; ok {
		return v
	}
	return defaults[key]
}

// all returns the attributes, sorted by key. EC2's style of XML leaves out empty values; clients read both as an empty text.
func (a *elbAttributes) all(defaults map[string]string) attributesOut {
	out := attributesOut{}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		out.Attributes = append(out.Attributes, elbAttribute{key, a.attribute(defaults, key)})
	}
	return out
}

// set changes all attributes of a request or none.
func (a *elbAttributes) set(what string, defaults map[string]string, wanted []elbAttribute) (attributesOut, *wire.Error) {
	for _, w := range wanted {
		if _, ok := defaults[w.Key]; !ok {
			return attributesOut{}, elbInvalid("%s attribute key '%s' is not recognized", what, w.Key)
		}
	}
	for _, w := range wanted {
		if a.Attributes == nil {
			a.Attributes = map[string]string{}
		}
		if a.Attributes[w.Key] = w.Value; w.Value == defaults[w.Key] {
			delete(a.Attributes, w.Key)
		}
	}
	return a.all(defaults), nil
}

type elbAttribute struct{ Key, Value string }

type attributesOut struct{ Attributes []elbAttribute }

func (r *region) describeBalancerAttributes(in balancerIn) (attributesOut, *wire.Error) {
	b, err := r.findBalancer(in.LoadBalancerArn)
	if err != nil {
		return attributesOut{}, err
	}
	return b.all(balancerAttributes), nil
}

type modifyBalancerIn struct {
	balancerIn
	Attributes []elbAttribute
}

func (r *region) modifyBalancerAttributes(in modifyBalancerIn) (attributesOut, *wire.Error) {
	b, err := r.findBalancer(in.LoadBalancerArn)
	if err != nil {
		return attributesOut{}, err
	}
	return b.set("Load balancer", balancerAttributes, in.Attributes)
}

func (r *region) describeTargetGroupAttributes(in targetGroupIn) (attributesOut, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return attributesOut{}, err
	}
	return g.all(targetGroupAttributes), nil
}

type modifyTargetGroupAttributesIn struct {
	targetGroupIn
	Attributes []elbAttribute
}

func (r *region) modifyTargetGroupAttributes(in modifyTargetGroupAttributesIn) (attributesOut, *wire.Error) {
	g, err := r.findTargetGroup(in.TargetGroupArn)
	if err != nil {
		return attributesOut{}, err
	}
	return g.set("Target group", targetGroupAttributes, in.Attributes)
}

func (r *region) describeListenerAttributes(in listenerIn) (attributesOut, *wire.Error) {
	l, err := r.findListener(in.ListenerArn)
	if err != nil {
		return attributesOut{}, err
	}
	return l.all(listenerAttributes), nil
}

type modifyListenerAttributesIn struct {
	listenerIn
	Attributes []elbAttribute
}

func (r *region) modifyListenerAttributes(in modifyListenerAttributesIn) (attributesOut, *wire.Error) {
	l, err := r.findListener(in.ListenerArn)
	if err != nil {
		return attributesOut{}, err
	}
	return l.set("Listener", listenerAttributes, in.Attributes)
}

type capacityReservationOut struct {
	CapacityReservationState  []balancerState
	DecreaseRequestsRemaining int32
}

// describeCapacityReservation returns that no capacity is reserved: no operation of the sandbox reserves any. A reservation can be
// decreased twice a day (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/capacity-unit-reservation.html).
func (r *region) describeCapacityReservation(in balancerIn) (capacityReservationOut, *wire.Error) {
	_, err := r.findBalancer(in.LoadBalancerArn)
	return capacityReservationOut{DecreaseRequestsRemaining: 2}, err
}
