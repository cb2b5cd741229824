package compare

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// subject is a group of changes. Their order is that of a report: what breaks networks is first.
type subject int

const (
	none subject = iota
	endpoints
	groups
	routes
	acls
	dns
	vpcs
	ecs
	batch
	mwaa
	access
	roles
	secrets
	region
	reads
	interfaces
)

func (s subject) String() string {
	return [...]string{"", "Endpoints", "Security groups", "Routes", "Network ACLs", "DNS", "VPCs and subnets", "Amazon ECS", "AWS Batch", "Amazon MWAA",
		"Access methods", "Roles", "Secrets, keys and log groups", "Account and Region", "What could be read", "Network interfaces"}[s]
}

// left are the fields that are not compared, each with the reason.
var left = map[string]string{
	"Network.VPC":              "the id of the network that is compared",
	"Access.VPC":               "the id of the VPC that is compared",
	"Network.InternetGateways": "only snapshots of earlier versions have it; routes show internet gateways",
	"GroupRule.ID":             "a rule that was replaced by an equal one allows the same traffic",
	"Airflow.Waited":           "the hours since the environment was created follow from the times of the snapshots",
	"Inventory.Version":        "the version of the format",
	"Inventory.Partition":      "each Region is in one partition",
	"Origin.Taken":             "the time of the snapshot, which the first line shows",
	"Inventory.Prices":         "the prices of AWS, which are not in the account",
	"Inventory.Failures":       "AWS lists a stopped task for about an hour, so that each snapshot has others",
	"Service.Events":           "each snapshot has other events; the number of running tasks and why AWS ended a deployment are compared",
	"Event.At":                 "the events are not compared",
	"Event.Message":            "the events are not compared",
	"UpdateError.At":           "the time of the update that failed; its error is compared",
	"Gap.Message":              "texts of AWS with the names of sessions; the code of the error is compared",
	"Gap.RequestID":            "each request has another one",
}

// fewAddresses is the number of free addresses below which a change of it matters: a load balancer needs at least eight free
// addresses in each subnet (Elastic Load Balancing user guide, Subnets for your load balancer). Above it, the number changes with
// every task and shows nothing.
const fewAddresses = 8

// field is how a field is compared, if the usual way does not fit.
type field struct {
	noun    string // instead of the JSON name
	one     string // one item of a list
	on, off string // the whole text for a field that is true or false
	prefix  string // of the texts about the fields of a struct
	unknown bool   // 0 means that the number is not known
	subject subject
	compare func(c *comparison, o owner, a, b reflect.Value)
}

// special are the fields with own texts, by type and field.
var special map[string]field

// kinds are the lists of resources, by type and field.
var kinds map[string]*kind

// rank is the order of kinds within a subject.
var rank = strings.Fields(`Network.Endpoints Network.SecurityGroups Network.RouteTables Network.NATGateways Network.PrefixLists Creation.Peers Creation.Gateways Network.NetworkACLs
	Inventory.VPCs Network.Subnets Inventory.Clusters Cluster.Services Inventory.TaskDefinitions Cluster.ContainerInstances Cluster.ManagedProviders Inventory.Hosts
	Batch.Environments Batch.Queues Batch.Definitions Inventory.MWAA Access.LoadBalancers Access.TargetGroups Access.Certificates Access.Domains Access.Bastions
	Access.Profiles Access.KeyPairs Access.ClientVPNs Inventory.Roles Inventory.ExecutionRoles Inventory.Secrets Inventory.Keys Inventory.LogGroups Inventory.Caches
	Inventory.Services Creation.Zones Network.Interfaces`)

func text(s *string) string { return *s }

// self is the label of an item that is a text.
func self(_ *comparison, _ owner, s *string) string { return *s }

// usedOnly marks a list that has only what is in use.
func usedOnly[T any](*comparison, *T) bool { return true }

func init() {
	kinds = map[string]*kind{
		"Network.Endpoints": of(typed[inventory.Endpoint]{kind: kind{noun: "endpoint", subject: endpoints},
			key: func(e *inventory.Endpoint) string { return e.ID }, name: func(e *inventory.Endpoint) string { return cmp.Or(e.Name, serviceLabel(e.Service)) },
			label: func(_ *comparison, _ owner, e *inventory.Endpoint) string { return endpointLabel(e) }}),
		"Network.SecurityGroups": of(typed[inventory.SecurityGroup]{kind: kind{noun: "security group", subject: groups},
			key: func(g *inventory.SecurityGroup) string { return g.ID }, name: func(g *inventory.SecurityGroup) string { return g.Name },
			label: func(_ *comparison, _ owner, g *inventory.SecurityGroup) string { return inventory.Label(g.Name, g.ID) }}),
		"SecurityGroup.Rules": of(typed[inventory.GroupRule]{kind: kind{noun: "rule", within: true},
			key: func(r *inventory.GroupRule) string { same := *r; same.ID = ""; return fmt.Sprint(same) }, label: ruleLabel}),
		"Network.RouteTables": of(typed[inventory.RouteTable]{kind: kind{noun: "route table", subject: routes},
			key: func(t *inventory.RouteTable) string { return t.ID }, name: func(t *inventory.RouteTable) string { return t.Name },
			label: func(_ *comparison, _ owner, t *inventory.RouteTable) string { return inventory.Label(t.Name, t.ID) }}),
		"RouteTable.Routes": of(typed[inventory.Route]{kind: kind{noun: "route", within: true},
			key:   func(r *inventory.Route) string { return r.CIDR + " " + r.PrefixList },
			label: func(c *comparison, _ owner, r *inventory.Route) string { return routeLabel(c, r) }, changed: routeChanged}),
		"Network.NATGateways": of(typed[inventory.NATGateway]{kind: kind{noun: "NAT gateway", subject: routes},
			key: func(g *inventory.NATGateway) string { return g.ID }, name: func(g *inventory.NATGateway) string { return g.Name },
			label: func(_ *comparison, _ owner, g *inventory.NATGateway) string { return inventory.Label(g.Name, g.ID) }}),
		"Network.PrefixLists": of(typed[inventory.PrefixList]{kind: kind{noun: "prefix list", subject: routes},
			key: func(p *inventory.PrefixList) string { return p.ID }, name: func(p *inventory.PrefixList) string { return p.Name }, partial: usedOnly[inventory.PrefixList],
			label: func(_ *comparison, _ owner, p *inventory.PrefixList) string { return inventory.Label(p.Name, p.ID) }}),
		"Network.NetworkACLs": of(typed[inventory.NetworkACL]{kind: kind{noun: "network ACL", subject: acls},
			key: func(a *inventory.NetworkACL) string { return a.ID }, label: func(_ *comparison, _ owner, a *inventory.NetworkACL) string { return a.ID }}),
		"NetworkACL.Entries": of(typed[inventory.ACLEntry]{kind: kind{noun: "entry", many: "entries", within: true},
			key: func(e *inventory.ACLEntry) string { return fmt.Sprint(e.Egress, " ", e.Number) }, label: entryLabel, changed: entryChanged}),
		"Network.HostedZones": of(typed[inventory.HostedZone]{kind: kind{noun: "hosted zone", subject: dns, within: true,
			created: " is associated with it now", deleted: " is not associated with it any more"},
			key: func(z *inventory.HostedZone) string { return z.ID },
			label: func(_ *comparison, _ owner, z *inventory.HostedZone) string {
				return "private hosted zone " + inventory.Label(z.Name, z.ID)
			}}),
		"Resolver.Rules": of(typed[inventory.ResolverRule]{kind: kind{noun: "Resolver rule", subject: dns, within: true,
			created: " is associated with it now", deleted: " is not associated with it any more"},
			key: func(r *inventory.ResolverRule) string { return r.ID + " " + r.Profile }, label: resolverLabel}),
		"Resolver.Profiles": of(typed[inventory.DNSProfile]{kind: kind{noun: "Route 53 Profile", subject: dns, within: true,
			created: " is associated with it now", deleted: " is not associated with it any more"},
			key: func(p *inventory.DNSProfile) string { return p.ID }, label: func(_ *comparison, _ owner, p *inventory.DNSProfile) string { return "Route 53 Profile " + p.ID }}),
		"Inventory.VPCs": of(typed[inventory.VPC]{kind: kind{noun: "VPC", subject: vpcs},
			key: func(v *inventory.VPC) string { return v.ID }, name: func(v *inventory.VPC) string { return v.Name },
			label: func(_ *comparison, _ owner, v *inventory.VPC) string { return inventory.Label(v.Name, v.ID) }}),
		"Network.Subnets": of(typed[inventory.Subnet]{kind: kind{noun: "subnet", subject: vpcs},
			key: func(s *inventory.Subnet) string { return s.ID }, name: func(s *inventory.Subnet) string { return s.Name },
			label: func(_ *comparison, _ owner, s *inventory.Subnet) string { return inventory.Label(s.Name, s.ID) }}),
		"Network.Interfaces": of(typed[inventory.Interface]{kind: kind{noun: "network interface", subject: interfaces, sum: true},
			key: func(i *inventory.Interface) string { return i.ID }, label: func(_ *comparison, _ owner, i *inventory.Interface) string { return i.ID }}),
		"Creation.Peers": of(typed[inventory.Peer]{kind: kind{noun: "peered VPC", subject: routes, created: "is peered now", deleted: "is not peered any more"},
			key: func(p *inventory.Peer) string { return p.VPC + " " + p.Account }, label: func(_ *comparison, _ owner, p *inventory.Peer) string { return p.VPC }}),
		"Creation.Gateways": of(typed[inventory.Gateway]{kind: kind{noun: "internet gateway", subject: routes, created: "is attached to a VPC now", deleted: "is not attached to a VPC any more"},
			key: func(g *inventory.Gateway) string { return g.ID }, label: func(_ *comparison, _ owner, g *inventory.Gateway) string { return g.ID }}),
		"Creation.Zones": of(typed[inventory.Zone]{kind: kind{noun: "Availability Zone", subject: region, created: "is available now", deleted: "is not available any more"},
			key: func(z *inventory.Zone) string { return z.Name }, label: func(_ *comparison, _ owner, z *inventory.Zone) string { return z.Name }}),
		"Inventory.Services": of(typed[inventory.EndpointService]{kind: kind{noun: "endpoint service", subject: region, created: "is offered in the Region now", deleted: "is not offered in the Region any more"},
			key:   func(s *inventory.EndpointService) string { return s.Name + " " + s.Type },
			label: func(_ *comparison, _ owner, s *inventory.EndpointService) string { return s.Name + " (" + s.Type + ")" }}),

		"Inventory.Clusters": of(typed[inventory.Cluster]{kind: kind{noun: "ECS cluster", subject: ecs},
			key: func(x *inventory.Cluster) string { return x.ARN }, name: func(x *inventory.Cluster) string { return x.Name },
			label: func(_ *comparison, _ owner, x *inventory.Cluster) string { return x.Name }}),
		"Cluster.Services": of(typed[inventory.Service]{kind: kind{noun: "ECS service", subject: ecs},
			key: func(s *inventory.Service) string { return s.ARN }, name: func(s *inventory.Service) string { return s.Name },
			label: func(_ *comparison, o owner, s *inventory.Service) string { return o.label + "/" + s.Name }}),
		"Cluster.ContainerInstances": of(typed[inventory.ContainerInstance]{kind: kind{noun: "container instance", subject: ecs, created: "was registered", deleted: "is not registered any more"},
			key: func(i *inventory.ContainerInstance) string { return i.ARN }, name: func(i *inventory.ContainerInstance) string { return i.Instance },
			label: func(_ *comparison, o owner, i *inventory.ContainerInstance) string {
				return i.Instance + " in cluster " + o.label
			}}),
		"Cluster.ManagedProviders": of(typed[inventory.ManagedProvider]{kind: kind{noun: "capacity provider", subject: ecs},
			key: func(p *inventory.ManagedProvider) string { return p.Name }, name: func(p *inventory.ManagedProvider) string { return p.Name },
			label: func(_ *comparison, o owner, p *inventory.ManagedProvider) string { return p.Name }}),
		"Inventory.TaskDefinitions": of(typed[inventory.TaskDefinition]{kind: kind{noun: "task definition", subject: ecs},
			key: func(d *inventory.TaskDefinition) string { return d.ARN }, alt: func(d *inventory.TaskDefinition) string { return d.Family }, partial: usedOnly[inventory.TaskDefinition],
			name:  func(d *inventory.TaskDefinition) string { return d.Family },
			label: func(_ *comparison, _ owner, d *inventory.TaskDefinition) string { return revisionLabel(d) }}),
		"TaskDefinition.Containers": of(typed[inventory.Container]{kind: kind{noun: "container", within: true},
			key: func(x *inventory.Container) string { return x.Name }, label: func(_ *comparison, _ owner, x *inventory.Container) string { return "container " + x.Name }}),
		"Inventory.Hosts": of(typed[inventory.Host]{kind: kind{noun: "EC2 instance", subject: ecs, created: "was launched", deleted: "was terminated"},
			key: func(h *inventory.Host) string { return h.Instance }, label: func(_ *comparison, _ owner, h *inventory.Host) string { return h.Instance }}),
		"Batch.Environments": of(typed[inventory.ComputeEnvironment]{kind: kind{noun: "compute environment", subject: batch},
			key: func(e *inventory.ComputeEnvironment) string { return e.ARN }, name: func(e *inventory.ComputeEnvironment) string { return e.Name },
			label: func(_ *comparison, _ owner, e *inventory.ComputeEnvironment) string { return e.Name }}),
		"Batch.Queues": of(typed[inventory.JobQueue]{kind: kind{noun: "job queue", subject: batch},
			key: func(q *inventory.JobQueue) string { return q.ARN }, name: func(q *inventory.JobQueue) string { return q.Name },
			label: func(_ *comparison, _ owner, q *inventory.JobQueue) string { return q.Name }}),
		"Batch.Definitions": of(typed[inventory.JobDefinition]{kind: kind{noun: "job definition", subject: batch, deleted: "has no active revision any more"},
			key: func(d *inventory.JobDefinition) string { return d.ARN }, alt: func(d *inventory.JobDefinition) string { return d.Family },
			name: func(d *inventory.JobDefinition) string { return d.Family },
			label: func(_ *comparison, _ owner, d *inventory.JobDefinition) string {
				return revisionLabel(&d.TaskDefinition)
			}}),
		"Inventory.MWAA": of(typed[inventory.Airflow]{kind: kind{noun: "MWAA environment", subject: mwaa},
			key: func(a *inventory.Airflow) string { return a.Name }, name: func(a *inventory.Airflow) string { return a.Name },
			label: func(_ *comparison, _ owner, a *inventory.Airflow) string { return a.Name }}),

		"Access.LoadBalancers": of(typed[inventory.LoadBalancer]{kind: kind{noun: "load balancer", subject: access},
			key: func(l *inventory.LoadBalancer) string { return l.ARN }, name: func(l *inventory.LoadBalancer) string { return l.Name },
			label: func(_ *comparison, _ owner, l *inventory.LoadBalancer) string { return l.Name }}),
		"LoadBalancer.Listeners": of(typed[inventory.Listener]{kind: kind{noun: "listener", within: true},
			key: func(l *inventory.Listener) string { return l.ARN },
			label: func(_ *comparison, _ owner, l *inventory.Listener) string {
				return fmt.Sprintf("listener %s %d", l.Protocol, l.Port)
			}}),
		"Access.TargetGroups": of(typed[inventory.TargetGroup]{kind: kind{noun: "target group", subject: access},
			key: func(t *inventory.TargetGroup) string { return t.ARN }, name: func(t *inventory.TargetGroup) string { return t.Name },
			label: func(_ *comparison, _ owner, t *inventory.TargetGroup) string { return t.Name }}),
		"TargetGroup.Targets": of(typed[inventory.Target]{kind: kind{noun: "target", within: true},
			key: func(t *inventory.Target) string { return t.Address }, label: func(_ *comparison, _ owner, t *inventory.Target) string { return "target " + t.Address }}),
		"Access.Certificates": of(typed[inventory.Certificate]{kind: kind{noun: "certificate", subject: access, created: "was added", deleted: "was deleted"},
			key: func(x *inventory.Certificate) string { return x.ARN }, name: func(x *inventory.Certificate) string { return x.Domain },
			label: func(_ *comparison, _ owner, x *inventory.Certificate) string {
				return inventory.Label(x.Domain, words.Last(x.ARN))
			}}),
		"Access.Domains": of(typed[inventory.HostedZone]{kind: kind{noun: "public hosted zone", subject: access, created: "was created", deleted: "was deleted"},
			key: func(z *inventory.HostedZone) string { return z.ID }, name: func(z *inventory.HostedZone) string { return z.Name },
			label: func(_ *comparison, _ owner, z *inventory.HostedZone) string { return inventory.Label(z.Name, z.ID) }}),
		"Access.KeyPairs": of(typed[string]{kind: kind{noun: "key pair", subject: access, created: "was created", deleted: "was deleted"}, key: text, label: self}),
		"Access.Profiles": of(typed[inventory.InstanceProfile]{kind: kind{noun: "instance profile", subject: access, created: "was created", deleted: "was deleted"},
			key: func(p *inventory.InstanceProfile) string { return p.Name }, name: func(p *inventory.InstanceProfile) string { return p.Name },
			label: func(_ *comparison, _ owner, p *inventory.InstanceProfile) string { return p.Name }}),
		"Access.Bastions": of(typed[inventory.Bastion]{kind: kind{noun: "bastion", subject: access, created: "is running now", deleted: "is not running any more"},
			key: func(b *inventory.Bastion) string { return b.ID }, name: func(b *inventory.Bastion) string { return b.Name },
			label: func(_ *comparison, _ owner, b *inventory.Bastion) string { return inventory.Label(b.Name, b.ID) }}),
		"Access.ClientVPNs": of(typed[inventory.ClientVPN]{kind: kind{noun: "Client VPN endpoint", subject: access},
			key: func(v *inventory.ClientVPN) string { return v.ID }, name: func(v *inventory.ClientVPN) string { return v.Name },
			label: func(_ *comparison, _ owner, v *inventory.ClientVPN) string { return inventory.Label(v.Name, v.ID) }}),
		"ClientVPN.Associations": of(typed[inventory.Association]{kind: kind{noun: "association", within: true},
			key: func(a *inventory.Association) string { return a.ID },
			label: func(c *comparison, _ owner, a *inventory.Association) string {
				return "association " + a.ID + " with subnet " + c.ref(a.Subnet)
			}}),

		"Inventory.Roles": of(typed[inventory.Role]{kind: kind{noun: "role", subject: roles},
			key: func(r *inventory.Role) string { return r.ARN }, name: func(r *inventory.Role) string { return r.Name },
			label: func(_ *comparison, _ owner, r *inventory.Role) string { return r.Name }}),
		"Role.Policies": of(typed[inventory.RolePolicy]{kind: kind{noun: "policy", many: "policies", within: true},
			key: func(p *inventory.RolePolicy) string { return cmp.Or(p.ARN, p.Name) },
			label: func(_ *comparison, _ owner, p *inventory.RolePolicy) string {
				return map[bool]string{true: "attached policy ", false: "inline policy "}[p.ARN != ""] + p.Name
			}}),
		"Inventory.ExecutionRoles": of(typed[string]{kind: kind{noun: "role", subject: roles,
			created: "can be assumed by tasks now", deleted: "cannot be assumed by tasks any more: it was deleted, or its trust policy changed"}, key: text, label: self}),
		"Inventory.Secrets": of(typed[inventory.Secret]{kind: kind{noun: "secret", subject: secrets},
			key: func(s *inventory.Secret) string { return s.ARN }, name: func(s *inventory.Secret) string { return s.Name },
			label: func(_ *comparison, _ owner, s *inventory.Secret) string { return s.Name },
			// Only those of the account and Region are listed; others are read by name.
			partial: func(c *comparison, s *inventory.Secret) bool { return !s.OfAccount(c.inv[1].Account, c.inv[1].Region) }}),
		"Inventory.Keys": of(typed[inventory.Key]{kind: kind{noun: "KMS key", subject: secrets, created: "was created, or has an alias now", deleted: "was deleted, or has no alias any more"},
			key: func(k *inventory.Key) string { return k.ARN },
			label: func(_ *comparison, _ owner, k *inventory.Key) string {
				return inventory.Label(words.UpTo(k.Aliases, 2), words.Last(k.ARN))
			}}),
		"Inventory.LogGroups": of(typed[string]{kind: kind{noun: "log group", subject: secrets, created: "exists now", deleted: "does not exist any more"}, key: text, label: self}),
		"Inventory.Caches": of(typed[inventory.Cache]{kind: kind{noun: "pull-through cache rule", subject: secrets, created: "was created", deleted: "was deleted"},
			key: func(x *inventory.Cache) string { return x.Prefix }, label: func(_ *comparison, _ owner, x *inventory.Cache) string { return x.Prefix }}),
	}
	for name, k := range kinds {
		k.rank = 1 + slices.Index(rank, name)
	}
	special = map[string]field{
		"VPC.CIDRs":   {noun: "CIDR blocks", one: "CIDR block"},
		"VPC.IPv6":    {noun: "IPv6 blocks", one: "IPv6 block"},
		"VPC.Default": {on: "it is the default VPC now", off: "it is not the default VPC any more"},
		"VPC.Managed": {on: "it has the tag of this program now", off: "it does not have the tag of this program any more"},
		"VPC.DHCP":    {noun: "DHCP options", subject: dns},

		"Network.DNSSupport":           {noun: "DNS support", subject: dns},
		"Network.DNSHostnames":         {on: "DNS host names were turned on", off: "DNS host names were turned off", subject: dns},
		"Network.DomainServers":        {noun: "domain name servers", one: "domain name server", subject: dns},
		"Network.BlockPublicAccess":    {noun: "the mode of VPC Block Public Access"},
		"Network.Encryption":           {prefix: "VPC Encryption Controls: "},
		"Network.Resolver":             {subject: dns},
		"EncryptionControl.Exclusions": {noun: "exclusions"},
		"Resolver.Firewalls":           {noun: "DNS Firewall rule groups", one: "DNS Firewall rule group"},
		"DNSProfile.Zones":             {noun: "hosted zones", one: "hosted zone"},
		"DNSProfile.Other":             {noun: "other resources", one: "resource"},

		"Subnet.Zone":              {noun: "Availability Zone"},
		"Subnet.ZoneID":            {noun: "ID of the Availability Zone"},
		"Subnet.IPv6":              {noun: "IPv6 blocks", one: "IPv6 block"},
		"Subnet.Free":              {compare: freeAddresses},
		"Subnet.PublicIP":          {noun: "assigning public addresses at launch"},
		"Subnet.IPv6Only":          {on: "it is for IPv6 only now", off: "it is not for IPv6 only any more"},
		"Subnet.DNS64":             {noun: "DNS64", subject: dns},
		"Subnet.BlockPublicAccess": {noun: "the mode of VPC Block Public Access"},

		"RouteTable.Main":      {on: "it is the main route table of the VPC now", off: "it is not the main route table of the VPC any more"},
		"RouteTable.Subnets":   {noun: "associations with subnets", one: "association with subnet"},
		"NATGateway.Public":    {on: "it is public now", off: "it is private now"},
		"NATGateway.Regional":  {on: "it is regional now", off: "it is not regional any more"},
		"PrefixList.CIDRs":     {noun: "CIDR blocks of the list", one: "CIDR block"},
		"Peer.CIDRs":           {noun: "CIDR blocks of the peer", one: "CIDR block"},
		"NetworkACL.Default":   {on: "it is the default network ACL of the VPC now", off: "it is not the default network ACL of the VPC any more"},
		"NetworkACL.Subnets":   {noun: "associations with subnets", one: "association with subnet"},
		"SecurityGroup.Tags":   {one: "tag"},
		"Endpoint.Tags":        {one: "tag"},
		"Endpoint.Groups":      {noun: "security groups", one: "security group"},
		"Endpoint.RouteTables": {noun: "route tables", one: "route table"},
		"Endpoint.Interfaces":  {noun: "network interfaces", one: "network interface"},
		"Endpoint.PrivateDNS":  {noun: "private DNS"},
		"Endpoint.DNSNames":    {noun: "DNS names", one: "DNS name"},
		"Endpoint.Policy":      {noun: "the policy", compare: policyChanged("the policy")},
		"Endpoint.IPType":      {noun: "IP address type"},
		"Endpoint.InboundOnly": {noun: "private DNS only for inbound Resolver endpoints"},
		"Endpoint.Created":     {noun: "time of creation"},
		"Endpoint.RequesterManaged": {
			on: "a service of AWS manages it now", off: "no service of AWS manages it any more"},
		"Interface.Groups":           {noun: "security groups", one: "security group"},
		"Interface.PublicIP":         {on: "it has a public address now", off: "it has no public address any more"},
		"Interface.RequesterManaged": {on: "a service of AWS manages it now", off: "no service of AWS manages it any more"},
		"Interface.Instance":         {noun: "attached instance"},
		"Interface.Zone":             {noun: "Availability Zone"},

		"EndpointService.Zones":           {noun: "Availability Zones", one: "Availability Zone"},
		"EndpointService.PrivateNames":    {noun: "private DNS names", one: "private DNS name"},
		"EndpointService.PolicySupported": {on: "endpoint policies are supported now", off: "endpoint policies are not supported any more"},
		"EndpointService.Managed":         {on: "the service creates its endpoints itself now", off: "the service does not create its endpoints itself any more"},
		"EndpointService.IPTypes":         {noun: "IP address types", one: "IP address type"},

		"Cluster.ExecKMSKey":   {noun: "KMS key for ECS Exec"},
		"Cluster.ExecLogGroup": {noun: "log group for ECS Exec"},
		"Cluster.ExecBucket":   {noun: "bucket for the logs of ECS Exec"},
		"Cluster.Insights":     {noun: "Container Insights"},
		"Cluster.Instances":    {noun: "number of container instances"},

		"ContainerInstance.Connected":   {on: "the agent is connected again", off: "the agent is not connected any more"},
		"ContainerInstance.Instance":    {noun: "EC2 instance"},
		"ContainerInstance.Zone":        {noun: "Availability Zone"},
		"ContainerInstance.OSFamily":    {noun: "operating system family"},
		"ContainerInstance.External":    {on: "it is an external instance (ECS Anywhere) now", off: "it is not an external instance (ECS Anywhere) any more"},
		"ContainerInstance.Managed":     {on: "AWS manages it now", off: "AWS does not manage it any more"},
		"ContainerInstance.PrivateAuth": {on: "it can pull with credentials of a registry now", off: "it cannot pull with credentials of a registry any more"},
		"ContainerInstance.Registered":  {noun: "time of registration"},
		"ContainerInstance.Tasks":       {noun: "number of running tasks"},
		"ContainerInstance.Tags":        {one: "tag"},
		"ManagedProvider.Groups":        {noun: "security groups", one: "security group"},

		"Service.Groups":         {noun: "security groups", one: "security group"},
		"Service.PublicIP":       {noun: "assigning public addresses"},
		"Service.Exec":           {noun: "ECS Exec"},
		"Service.ServiceConnect": {noun: "Service Connect"},
		"Service.Proxy":          {noun: "log configuration of the Service Connect proxy"},
		"Service.Deployment":     {noun: "newest deployment"},
		"Service.Deployed":       {noun: "start of the newest deployment"},
		"Service.Rollout":        {noun: "reason why AWS ended a deployment"},
		"Service.Desired":        {noun: "desired count"},
		"Service.Running":        {noun: "number of running tasks"},

		"TaskDefinition.ARN":           {compare: arnChanged},
		"TaskDefinition.Compatible":    {noun: "launch types", one: "launch type"},
		"TaskDefinition.OS":            {noun: "operating system family"},
		"TaskDefinition.EFS":           {on: "it mounts an Amazon EFS file system now", off: "it does not mount an Amazon EFS file system any more"},
		"TaskDefinition.S3Files":       {on: "it mounts an Amazon S3 Files file system now", off: "it does not mount an Amazon S3 Files file system any more"},
		"TaskDefinition.VolumeSecrets": {noun: "secrets for volumes", one: "secret for volumes"},
		"TaskDefinition.Fields":        {noun: "settings", one: "setting"},
		"TaskDefinition.Shape":         {noun: "kind of the job definition (ecs: several containers, nodes: several nodes)"},
		"Container.LogCreates":         {on: "its log driver creates the log group now", off: "its log driver does not create the log group any more"},
		"Container.LogRegion":          {noun: "Region of the logs"},
		"Container.LogHost":            {noun: "host of the logs"},
		"Container.LogBucket":          {noun: "bucket of the logs"},
		"Container.Credentials":        {noun: "secret with the credentials of the registry"},
		"Container.EnvFiles":           {noun: "environment files", one: "environment file"},
		"Container.Files":              {noun: "other files in Amazon S3", one: "file in Amazon S3"},
		"Container.DomainSecret":       {on: "a credential spec references a secret now", off: "no credential spec references a secret any more"},
		"JobDefinition.PublicIP":       {noun: "assigning public addresses"},
		"JobDefinition.Exec":           {noun: "ECS Exec"},

		"ComputeEnvironment.Reason":         {noun: "reason of the status"},
		"ComputeEnvironment.Cluster":        {noun: "ECS cluster"},
		"ComputeEnvironment.Groups":         {noun: "security groups", one: "security group"},
		"ComputeEnvironment.LaunchTemplate": {on: "it has a launch template now", off: "it has no launch template any more"},
		"JobQueue.Environments":             {noun: "compute environments", one: "compute environment"},

		"Airflow.Access":     {noun: "access mode of the web server"},
		"Airflow.Management": {noun: "management of its endpoints"},
		"Airflow.DNS":        {prefix: "DNS name of the web server: ", compare: resolved},
		"Airflow.Groups":     {noun: "security groups", one: "security group"},
		"Airflow.Bucket":     {noun: "bucket with the DAGs"},
		"Airflow.Queue":      {noun: "Celery queue"},
		"Airflow.LogGroups":  {noun: "log groups", one: "log group"},
		"Airflow.BaseURL":    {noun: "option webserver.base_url"},
		"Airflow.Created":    {noun: "time of creation"},
		"Airflow.Updated":    {noun: "status of the last update"},
		"Airflow.Failure":    {noun: "error of the last update"},
		"DNS.Name":           {noun: "the last name"},
		"DNS.Addresses":      {noun: "addresses", one: "address"},

		"Host.Ping":                   {noun: "status in Systems Manager"},
		"Host.AMIName":                {noun: "name of the AMI"},
		"Host.Profile":                {noun: "instance profile"},
		"Host.SSMAgent":               {noun: "version of the SSM Agent"},
		"LoadBalancer.Groups":         {noun: "security groups", one: "security group"},
		"Listener.TargetGroups":       {noun: "target groups", one: "target group"},
		"Listener.Certificates":       {noun: "certificates", one: "certificate"},
		"TargetGroup.Type":            {noun: "target type"},
		"TargetGroup.Matcher":         {noun: "codes that count as healthy"},
		"TargetGroup.LoadBalancers":   {noun: "load balancers", one: "load balancer"},
		"Certificate.Names":           {noun: "domain names", one: "domain name"},
		"Certificate.Until":           {noun: "end of its validity"},
		"Certificate.Key":             {noun: "kind of its key"},
		"Bastion.Groups":              {noun: "security groups", one: "security group"},
		"Bastion.Profile":             {noun: "instance profile"},
		"ClientVPN.Authorized":        {noun: "authorized CIDR blocks", one: "authorized CIDR block"},
		"InstanceProfile.Role":        {noun: "role"},
		"RolePolicy.Document":         {compare: policyChanged("")},
		"Secret.KMSKey":               {noun: "KMS key"},
		"Secret.Deleted":              {noun: "time of the deletion request"},
		"Secret.Rotates":              {noun: "rotation"},
		"Secret.Version":              {noun: "version of the value"},
		"Key.Aliases":                 {noun: "aliases", one: "alias"},
		"Cache.Upstream":              {noun: "upstream registry"},
		"Quotas.InterfaceEndpoints":   {noun: "quota of interface endpoints for each VPC", unknown: true},
		"Quotas.GatewayEndpoints":     {noun: "quota of gateway endpoints in the Region", unknown: true},
		"Quotas.GroupsPerInterface":   {noun: "quota of security groups for each network interface", unknown: true},
		"Quotas.RulesPerGroup":        {noun: "quota of rules for each security group", unknown: true},
		"Quotas.UsedGateways":         {noun: "number of gateway endpoints in the Region"},
		"Creation.BlockPublicAccess":  {noun: "the mode of VPC Block Public Access of the account"},
		"Creation.VPCs":               {prefix: "quota of VPCs: "},
		"Creation.InternetGateways":   {prefix: "quota of internet gateways: "},
		"Creation.NATGateways":        {prefix: "quota of NAT gateways: "},
		"Creation.Addresses":          {prefix: "quota of Elastic IP addresses: "},
		"Quota.Limit":                 {noun: "limit", unknown: true},
		"Quota.Used":                  {noun: "number in use"},
		"Quota.ByZone":                {one: "number in use in"},
		"ClientVPN.ServerCertificate": {noun: "server certificate"},
	}
}

// endpointLabel names an endpoint by its service: "ecr.api (vpce-1)".
func endpointLabel(e *inventory.Endpoint) string {
	return inventory.Label(serviceLabel(e.Service), e.ID)
}

// serviceLabel is the code of an endpoint service of AWS, or the id of another one.
func serviceLabel(service string) string {
	if i := strings.Index(service, "vpce-svc-"); i >= 0 {
		return service[i:]
	}
	return cmp.Or(catalog.CodeOf(service), service)
}

func revisionLabel(d *inventory.TaskDefinition) string {
	return fmt.Sprintf("%s:%d", d.Family, d.Revision)
}

// protocols are the protocols with a name in rules; network ACLs have their numbers (IANA protocol numbers).
var protocols = map[string]string{"-1": "all traffic", "1": "ICMP", "icmp": "ICMP", "6": "TCP", "tcp": "TCP", "17": "UDP", "udp": "UDP", "58": "ICMPv6", "icmpv6": "ICMPv6"}

// traffic is a protocol with its ports. For ICMP, from is the type and to the code, and -1 means all.
func traffic(protocol string, from, to int) string {
	name := cmp.Or(protocols[protocol], "protocol "+protocol)
	switch {
	case strings.HasPrefix(name, "ICMP") && from == -1, !strings.HasPrefix(name, "ICMP") && from == 0 && to == 0, protocol == "-1" && from <= 0 && to <= 0:
		return name
	case strings.HasPrefix(name, "ICMP"):
		return fmt.Sprintf("%s type %d code %d", name, from, to)
	case from == -1 && to == -1:
		return name + " all ports"
	case from == to:
		return fmt.Sprintf("%s %d", name, from)
	}
	return fmt.Sprintf("%s %d-%d", name, from, to)
}

func ruleLabel(c *comparison, _ owner, r *inventory.GroupRule) string {
	peer := strings.Join(slices.DeleteFunc([]string{r.CIDR, c.ref(r.Group), c.ref(r.PrefixList)}, func(s string) bool { return s == "" }), ", ")
	if r.Egress {
		return "outbound rule " + traffic(r.Protocol, r.From, r.To) + " to " + peer
	}
	return "inbound rule " + traffic(r.Protocol, r.From, r.To) + " from " + peer
}

func routeLabel(c *comparison, r *inventory.Route) string {
	return "the route " + strings.TrimSpace(r.CIDR+" "+c.ref(r.PrefixList)) + " to " + c.ref(r.Target)
}

// routeChanged says where a route leads now.
func routeChanged(c *comparison, o owner, a, b *inventory.Route) bool {
	o.prefix = strings.TrimSuffix(o.prefix, routeLabel(c, b)) // the label has the target
	to := "the route " + strings.TrimSpace(b.CIDR+" "+c.ref(b.PrefixList))
	if a.Target != b.Target {
		c.say(o, "%s leads to %s now, and no longer to %s", to, cmp.Or(c.ref(b.Target), "an unknown target"), cmp.Or(c.ref(a.Target), "an unknown target"))
	}
	if a.Blackhole != b.Blackhole {
		c.say(o, "%s to %s %s", to, c.ref(b.Target), map[bool]string{true: "is a blackhole now: its target does not exist or does not work", false: "works again: it is not a blackhole any more"}[b.Blackhole])
	}
	if a.Propagated != b.Propagated {
		c.say(o, "%s to %s %s", to, c.ref(b.Target), map[bool]string{true: "is propagated by a virtual private gateway now", false: "is not propagated by a virtual private gateway any more"}[b.Propagated])
	}
	return true
}

// entryText is what an entry of a network ACL does, without its number and direction.
func entryText(e *inventory.ACLEntry) string {
	return map[bool]string{true: "allow ", false: "deny "}[e.Allow] + traffic(e.Protocol, e.From, e.To) + map[bool]string{true: " to ", false: " from "}[e.Egress] + e.CIDR
}

func entryName(e *inventory.ACLEntry) string {
	return fmt.Sprintf("%s entry %d", map[bool]string{true: "outbound", false: "inbound"}[e.Egress], e.Number)
}

func entryLabel(_ *comparison, _ owner, e *inventory.ACLEntry) string {
	return entryName(e) + " (" + entryText(e) + ")"
}

// entryChanged says what an entry of a network ACL did and does.
func entryChanged(c *comparison, o owner, a, b *inventory.ACLEntry) bool {
	o.prefix = strings.TrimSuffix(o.prefix, entryLabel(c, o, b))
	x, y := entryText(a), entryText(b)
	if x == y { // such as ports that the protocol does not have
		x, y = fmt.Sprintf("%s, ports %d-%d", x, a.From, a.To), fmt.Sprintf("%s, ports %d-%d", y, b.From, b.To)
	}
	c.say(o, "%s changed from %q to %q", entryName(b), x, y)
	return true
}

func resolverLabel(_ *comparison, _ owner, r *inventory.ResolverRule) string {
	out := "Resolver rule " + inventory.Label(r.Domain, r.ID)
	if r.Profile != "" {
		out += " of Route 53 Profile " + r.Profile
	}
	return out
}

// freeAddresses adds the number of free addresses of a subnet if few are or were left.
func freeAddresses(c *comparison, o owner, a, b reflect.Value) {
	if min(a.Int(), b.Int()) < fewAddresses {
		c.say(o, "%s, before: %d", words.Count(int(b.Int()), "free IPv4 address"), a.Int())
	}
}

// arnChanged adds an ARN that changed in more than the revision at its end, which is a field of its own.
func arnChanged(c *comparison, o owner, a, b reflect.Value) {
	family := func(arn string) string {
		i := strings.LastIndex(arn, ":")
		if _, err := strconv.Atoi(arn[i+1:]); err != nil || i < 0 {
			return arn
		}
		return arn[:i]
	}
	if x, y := a.String(), b.String(); family(x) != family(y) {
		c.say(o, "ARN changed from %s to %s", x, y)
	}
}

// resolved compares what a host name resolved to. A name that was not looked up is not known.
func resolved(c *comparison, o owner, a, b reflect.Value) {
	for i, v := range []reflect.Value{a, b} {
		if d := v.Interface().(inventory.DNS); d.Error == inventory.DNSNotAsked || reflect.DeepEqual(d, inventory.DNS{}) {
			c.unknown = append(c.unknown, Unknown{Text: fmt.Sprintf("The addresses of the web server of %s: it was not looked up for %s.", o.label, sides[i])})
			return
		}
	}
	o.prefix += special["Airflow.DNS"].prefix
	c.fields(o, "MWAA.DNS", a, b)
}

// policyChanged adds the statements that were added to a policy and removed from it.
func policyChanged(what string) func(c *comparison, o owner, a, b reflect.Value) {
	return func(c *comparison, o owner, a, b reflect.Value) {
		lines, same := policy.Statements(a.String(), b.String())
		if !same {
			c.add(o, Modified, o.String()+": "+strings.TrimSuffix(o.prefix+what, ": ")+" changed", lines...)
		}
	}
}
