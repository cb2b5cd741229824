package cause

import (
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// hosts returns the container instances that the workload runs on.
func (a *Account) hosts() []inventory.ContainerInstance {
	w := a.scope.Workload()
	var out []inventory.ContainerInstance
	for _, c := range a.inv.Clusters {
		for _, h := range c.ContainerInstances {
			if h.Own() && w.Instances[h.Instance] {
				out = append(out, h)
			}
		}
	}
	return out
}

// noAgents returns the result for a cause about container instances if the workload runs on none; ok is false otherwise.
func (a *Account) noAgents() (r Result, ok bool) {
	w := a.scope.Workload().Workload
	switch {
	case !w.OwnHosts && !w.AWSHosts:
		return excluded(no("agent", "the %s do not run on container instances", a.many)), true
	case !w.OwnHosts:
		return undecided(unknown("agent", "not read: AWS manages the instances and their agents")), true
	}
	for _, call := range []string{"ecs:ListContainerInstances", "ecs:DescribeContainerInstances"} {
		if g, gap := a.inv.Gap(call); gap {
			return undecided(unknown("agent", "not read: %s", g)), true
		}
	}
	return Result{}, false
}

// noInstances: Amazon ECS starts no tasks without a container instance that is ACTIVE (Amazon ECS developer guide, Draining Amazon ECS container
// instances).
func (a *Account) noInstances(Query) Result {
	if r, ok := a.noAgents(); ok {
		return r
	}
	hosts := a.hosts()
	active := slices.ContainsFunc(hosts, func(h inventory.ContainerInstance) bool { return h.Status == "ACTIVE" })
	switch {
	case active:
		return excluded(no("instances", "%s of the workload %s registered", words.Count(len(hosts), "container instance"), plural(len(hosts), "is", "are")))
	case len(hosts) > 0:
		return confirmed(yes("instances", "none of %s is ACTIVE", words.Count(len(hosts), "container instance")))
	}
	return confirmed(yes("instances", "no container instance of the workload is registered in %s", a.vpc()))
}

// off returns the container instances with an ECS agent that is not connected.
func (a *Account) off() []string {
	var out []string
	for _, h := range a.hosts() {
		if !h.Connected {
			out = append(out, h.Instance)
		}
	}
	return out
}

func (a *Account) agentStopped(Query) Result {
	if r, ok := a.noAgents(); ok {
		if r.State == Excluded { // the SSM Agent of ECS Exec runs in the task
			return undecided(unknown("agent", "not read: the agents in the %s", a.many))
		}
		return r
	}
	for _, h := range a.hosts() {
		if x := a.inv.Host(h.Instance); !h.Connected && x != nil && x.State != "" && x.State != "running" {
			return confirmed(yes("agent", "instance %s is %s", h.Instance, x.State))
		}
	}
	switch off := a.off(); {
	case len(off) > 0:
		return undecided(yes("agent", "the ECS agent of %s is not connected", words.UpTo(off, mostSubnets)), unknown("agent", "not decided: the account does not show whether it runs"))
	case len(a.hosts()) > 0:
		return excluded(no("agent", "the ECS agents of all container instances are connected"))
	}
	return undecided(unknown("agent", "not read: the container instances"))
}

// agentOld: an ECS agent must have version 1.25.1 or later to use endpoints (Amazon ECS developer guide, Amazon ECS interface VPC endpoints).
func (a *Account) agentOld(Query) Result {
	if r, ok := a.noAgents(); ok {
		return r
	}
	if r, ok := ruled("agent", a.p.Findings, "", "E-AGENT1251", "R-AGENT119"); ok {
		return r
	}
	for _, c := range a.p.Changes {
		if s, ok := c.Spec.(resource.AgentUpdate); ok && c.Op != resource.Keep {
			return confirmed(yes("agent", "the plan updates the ECS agents of cluster %s", s.Cluster))
		}
	}
	if slices.ContainsFunc(a.hosts(), func(h inventory.ContainerInstance) bool { return h.AgentVersion == "" }) || len(a.hosts()) == 0 {
		return undecided(unknown("agent", "not read: the versions of the ECS agents"))
	}
	return excluded(no("agent", "the ECS agents of all container instances have a version that works with endpoints"))
}

// agentRestart: an agent uses the addresses that it received for up to 12 hours, also if an endpoint was created since (source of the Amazon ECS
// agent, and Amazon ECS developer guide, Amazon ECS interface VPC endpoints).
func (a *Account) agentRestart(Query) Result {
	if r, ok := a.noAgents(); ok {
		return r
	}
	if _, r := a.exists("ecs-agent"); r.State == Undecided {
		return r
	}
	for _, code := range catalog.ECSEndpoints {
		if e, _ := a.endpoint(code); e == nil {
			return excluded(no("endpoint", "%s has no %s endpoint, so that agents cannot use it", a.vpc(), code))
		}
	}
	off := a.off()
	for _, s := range a.p.Restarts() {
		for _, h := range s.Hosts {
			if slices.Contains(off, h.Instance) {
				return confirmed(yes("agent", "the ECS agent of %s started before the endpoints existed, and is not connected", h.Instance))
			}
		}
	}
	if len(a.p.Restarts()) > 0 {
		return undecided(yes("agent", "ECS agents started before the endpoints existed"), no("agent", "they are connected"))
	}
	return excluded(no("agent", "the ECS agents started after the endpoints were created"))
}

func (a *Account) customAMI(Query) Result {
	w := a.scope.Workload()
	var facts []Fact
	for _, e := range w.Environments {
		if e.LaunchTemplate {
			facts = append(facts, yes("template", "compute environment %s has a launch template", e.Name))
		}
	}
	return undecided(append(facts, unknown("template", "not read: launch templates and AMIs"))...)
}

// environmentState decides about compute environments and Airflow environments.
func (a *Account) environmentState(Query) Result {
	var facts, calm []Fact
	w := a.scope.Workload()
	for _, e := range w.Environments {
		switch {
		case e.Status == "INVALID" && e.Reason != "":
			facts = append(facts, yes("state", "compute environment %s is INVALID: %s", e.Name, e.Reason))
		case e.Status == "INVALID", e.State == "DISABLED":
			facts = append(facts, yes("state", "compute environment %s is %s", e.Name, map[bool]string{true: "INVALID", false: "DISABLED"}[e.Status == "INVALID"]))
		default:
			calm = append(calm, no("state", "compute environment %s is %s", e.Name, e.Status))
		}
	}
	for _, e := range w.Airflows {
		switch {
		case !e.Known():
		case e.Status == inventory.AirflowAvailable || e.Status == inventory.AirflowPending:
			calm = append(calm, no("state", "environment %s is %s", e.Name, e.Status))
		default:
			facts = append(facts, yes("state", "environment %s is %s", e.Name, e.Status))
		}
	}
	switch {
	case len(facts) > 0:
		return confirmed(facts...)
	case len(calm) > 0:
		return excluded(calm...)
	}
	return undecided(unknown("state", "not read: the environments"))
}

// airflows returns the environments of Amazon MWAA that were read.
func (a *Account) airflows() []*inventory.Airflow {
	return slices.DeleteFunc(slices.Clone(a.scope.Workload().Airflows), func(e *inventory.Airflow) bool { return !e.Known() })
}

// unreadAirflow is the result if no environment was read.
func (a *Account) unreadAirflow() Result {
	for _, call := range []string{"airflow:ListEnvironments", "airflow:GetEnvironment"} {
		if g, gap := a.inv.Gap(call); gap {
			return undecided(unknown("environment", "not read: %s", g))
		}
	}
	return undecided(unknown("environment", "not read: the environment"))
}

// mwaaSelf: a security group of an environment must allow all traffic from itself (Amazon MWAA user guide, Security in your VPC on Amazon MWAA).
func (a *Account) mwaaSelf(Query) Result {
	if len(a.airflows()) == 0 {
		return a.unreadAirflow()
	}
	if f, hidden := a.unread("group", "ec2:DescribeSecurityGroups"); hidden {
		return undecided(f)
	}
	if r, ok := ruled("group", a.p.Findings, "", "W-SG"); ok {
		return r
	}
	for _, c := range a.causes {
		if c.Kind == MWAASelf {
			return confirmed(yes("group", "%s", phrase(c.Text)))
		}
	}
	return excluded(no("group", "the security groups of the environment allow traffic from themselves"))
}

// mwaaAccess: a private web server is reached only from its VPC (Amazon MWAA user guide, Apache Airflow access modes).
func (a *Account) mwaaAccess(Query) Result {
	if len(a.airflows()) == 0 {
		return a.unreadAirflow()
	}
	if r, ok := ruled("access", a.findings(""), "", "W-ACCESS"); ok {
		r.State = Confirmed // it is a warning, because the endpoints do not depend on it
		for i := range r.Facts {
			r.Facts[i].Mark = Yes
		}
		return r
	}
	var facts []Fact
	for _, e := range a.airflows() {
		if e.Access == inventory.PrivateOnly {
			facts = append(facts, yes("access", "the web server of environment %s is private", e.Name))
		}
	}
	if len(facts) == 0 {
		return excluded(no("access", "the web server is public"))
	}
	return undecided(append(facts, unknown("access", "not decided: the account does not show where the browser is"))...)
}

// mwaaEndpoints: an environment with endpoints that its owner manages waits for them (Amazon MWAA user guide, Managing your own Amazon VPC
// endpoints on Amazon MWAA).
func (a *Account) mwaaEndpoints(Query) Result {
	if len(a.airflows()) == 0 {
		return a.unreadAirflow()
	}
	var waits, others []Fact
	for _, e := range a.airflows() {
		switch {
		case e.ByCustomer() && e.Status == inventory.AirflowPending:
			waits = append(waits, yes("endpoint", "environment %s is PENDING and leaves its endpoints to its owner", e.Name))
		case e.ByCustomer():
			others = append(others, no("state", "environment %s is %s", e.Name, e.Status))
		default:
			others = append(others, no("endpoint", "Amazon MWAA creates the endpoints of environment %s", e.Name))
		}
	}
	if len(waits) > 0 {
		return confirmed(waits...)
	}
	return excluded(others...)
}
