package resource

import (
	"fmt"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

// TargetHealth waits until a load balancer reports addresses as healthy.
type TargetHealth struct {
	TargetGroup Value    `aws:"TargetGroupArn"`
	Addresses   []string `aws:"Addresses"`
}

// Kind implements Spec.
func (TargetHealth) Kind() string { return "target-health" }

// Terms implements Spec.
func (TargetHealth) Terms() []*terms.Term {
	return []*terms.Term{terms.PrivateWebServer, terms.Verification}
}

func (TargetHealth) onlyWaits() {}

// Cells implements Spec.
func (s TargetHealth) Cells(p Names, _ Change) Cells {
	return Cells{"health check", p.ResourceName(s.TargetGroup), "", "wait for " + strings.Join(s.Addresses, ", ")}
}

// Steps waits until the targets of a load balancer are healthy.
func (s TargetHealth) Steps(_ Change) Steps {
	const name = "target-health"
	return Steps{Out: "healthy", Parts: []Part{{Label: fmt.Sprintf("wait until %s are healthy", strings.Join(s.Addresses, " and ")), Steps: Steps{Until: &Until{
		ID: name, Call: health(s.TargetGroup, "[['"+name+"', ", allHealthy(s.Addresses), " && 'healthy' || 'not-healthy']]"), Want: "healthy", Every: 10, Limit: 600,
		What: "[['" + name + "', join('; ', TargetHealthDescriptions[].join(' ', [Target.Id, TargetHealth.State, TargetHealth.Reason || '', TargetHealth.Description || '']))]]",
		Help: "Target.Timeout means that a security group or network ACL blocks the load balancer. Target.ResponseCodeMismatch means that the health check of the target group expects other codes than 200,302. Fix this, then run again to continue."}}}}}
}

func allHealthy(addresses []string) []Value {
	return allAre(addresses, "TargetHealth.State=='healthy'")
}

// Healthy claims that a load balancer reports its targets as healthy.
type Healthy struct {
	Target    Value    `json:"target"` // the target group
	Addresses []string `json:"addresses"`
}

// Kind implements Measure.
func (Healthy) Kind() ClaimKind { return "target-health" }

func (m Healthy) check(Claim, *Change) (Check, bool) {
	return yes(health(m.Target, allHealthy(m.Addresses), " && 'yes' || 'no'"))
}
