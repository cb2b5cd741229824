package workload

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// Scope is what runs in the VPC of the answers, with its task or job definitions.
type Scope struct {
	Inv      *inventory.Inventory
	Ans      answers.Answers
	Net      *Network // never nil: empty until it is loaded
	Workload *Workload

	Services     []inventory.Service // of Amazon ECS
	Unplaced     []string            // services that may run in the VPC: nothing shows where they run
	Environments []*inventory.ComputeEnvironment
	Airflows     []*inventory.Airflow
	Runners      []Runner
	// Definitions are the task or job definitions, each once. JobDefinitions are the same as job
	// definitions.
	Definitions    []*inventory.TaskDefinition
	JobDefinitions []*inventory.JobDefinition
	Platforms      []Platform

	// Instances are the container instances of the account that the workload runs on, by the ids of EC2.
	Instances map[string]bool

	hosts map[string][]inventory.ContainerInstance // cache of Hosts, by cluster
}

// Runner runs containers in the VPC: an ECS service, a compute environment of AWS Batch, an environment
// of Amazon MWAA, or a container instance.
type Runner struct {
	Subnets, Groups []string
	Public          bool // its tasks have public addresses
	BySubnet        bool // the subnet decides whether they have
}

// Platform is a Fargate platform version that a service or job definition requests.
type Platform struct{ Of, Resource, Version string }

// NewScope finds what the answers name in the inventory, otherwise all of the workload in the VPC. The
// answers may be partial.
func NewScope(w *Workload, inv *inventory.Inventory, ans answers.Answers) *Scope {
	if ans.Region == "" {
		ans.Region = inv.Region
	}
	n := inv.Network(ans.VPC)
	if n == nil {
		n = &inventory.Network{VPC: ans.VPC}
	}
	s := &Scope{Inv: inv, Ans: ans, Net: NewNetwork(n), Workload: w, Instances: map[string]bool{}, hosts: map[string][]inventory.ContainerInstance{}}
	w.Find(s)
	return s
}

// Partition returns the id of the partition of the account.
func (s *Scope) Partition() string {
	return cmp.Or(s.Inv.Partition, catalog.PartitionID(s.Ans.Region))
}

// Holds reports whether one of the subnets is in the VPC.
func (s *Scope) Holds(subnets []string) bool {
	return slices.ContainsFunc(subnets, func(id string) bool { return s.Net.Subnet(id) != nil })
}

// Unseen returns why the account does not show everything that the workload uses; empty if it does.
func (s *Scope) Unseen() string { return s.Workload.Unseen(s) }

// Placed reports whether the subnets of the VPC are known, so that they show what runs elsewhere.
func (s *Scope) Placed() bool { return s.Ans.VPC != "" && len(s.Net.Subnets) > 0 }

// Hosts returns the account's own container instances of a cluster in this VPC.
func (s *Scope) Hosts(c *inventory.Cluster) []inventory.ContainerInstance {
	out, known := s.hosts[c.ARN]
	if known {
		return out
	}
	for _, h := range c.ContainerInstances {
		if h.Own() && (h.VPC == s.Ans.VPC || s.Net.Subnet(h.Subnet) != nil) {
			out = append(out, h)
		}
	}
	s.hosts[c.ARN] = out
	return out
}

// AddHosts adds the container instances of clusters in the VPC.
func (s *Scope) AddHosts(of func(*inventory.Cluster) bool) {
	attached := map[string][]inventory.Interface{}
	for _, i := range s.Net.Interfaces {
		if i.Instance != "" {
			attached[i.Instance] = append(attached[i.Instance], i)
		}
	}
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		if !of(c) {
			continue
		}
		for _, h := range s.Hosts(c) {
			s.Instances[h.Instance] = true
			r := Runner{Subnets: []string{h.Subnet}}
			for _, i := range attached[h.Instance] {
				r.Groups, r.Public = append(r.Groups, i.Groups...), r.Public || i.PublicIP
			}
			s.Runners = append(s.Runners, r)
		}
	}
}

// ClusterOf returns the cluster of a service.
func (s *Scope) ClusterOf(svc inventory.Service) *inventory.Cluster {
	for i := range s.Inv.Clusters {
		c := &s.Inv.Clusters[i]
		if slices.ContainsFunc(c.Services, func(o inventory.Service) bool { return o.ARN == svc.ARN }) {
			return c
		}
	}
	return nil
}

// AgentReads are the reads that show the container instances and their ECS agents.
var AgentReads = []string{"ecs:ListClusters", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"}

// Unread returns the reads without a complete result that hide what the workload uses, as a sentence;
// empty if there are none.
func (s *Scope) Unread() string {
	needed := s.Workload.Reads
	if s.Workload.OwnHosts {
		needed = slices.Concat(needed, AgentReads)
	}
	for _, g := range s.Inv.Gaps {
		if slices.Contains(needed, g.Call) {
			return fmt.Sprintf("%s could not be read completely (%s).", g.Call, g.Code)
		}
	}
	return ""
}
