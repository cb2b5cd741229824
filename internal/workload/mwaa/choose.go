package mwaa

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
	"github.com/privatelink-wizard/privatelink-wizard/internal/workload"
)

func (family) Choices(a workload.Account) (can, cannot []workload.Choice) {
	for i := range a.MWAA {
		e := &a.MWAA[i]
		o := workload.Choice{Name: e.Name, Hint: airflowHint(a, e), Details: airflowDetails(a, e)}
		if o.Problem = airflowProblem(e); o.Problem != "" {
			cannot = append(cannot, o)
			continue
		}
		can = append(can, o)
	}
	slices.SortFunc(can, func(x, y workload.Choice) int { // an environment that waits for endpoints has a time limit
		return cmp.Or(workload.Later(!pending(a.Airflow(x.Name)), !pending(a.Airflow(y.Name))), workload.ByName(x, y))
	})
	slices.SortFunc(cannot, workload.ByName)
	return can, cannot
}

func pending(e *inventory.Airflow) bool { return e.Status == inventory.AirflowPending }

// airflowProblem explains why an environment cannot be planned now; empty if it can.
func airflowProblem(e *inventory.Airflow) string {
	switch {
	case !e.Known():
		return "AWS denied airflow:GetEnvironment"
	case e.Status == inventory.AirflowAvailable, pending(e) && e.ByCustomer():
		return ""
	case slices.Contains([]string{"CREATING", "UPDATING", "CREATING_SNAPSHOT", "MAINTENANCE", "ROLLING_BACK", inventory.AirflowPending}, e.Status):
		return "its status is " + e.Status + "; wait until it is AVAILABLE (up to 30 minutes)"
	}
	return "its status is " + e.Status + "; it must be AVAILABLE"
}

// accessTexts describe the access modes of the web server.
var accessTexts = map[string]string{
	inventory.PrivateOnly:      "private web server",
	inventory.PublicOnly:       "public web server",
	inventory.PublicAndPrivate: "public and private web server",
}

func airflowHint(a workload.Account, e *inventory.Airflow) string {
	hint := cmp.Or(accessTexts[e.Access], strings.ToLower(e.Access)) + "  Airflow " + e.Version
	if zones := airflowZones(a, e); len(zones) > 0 {
		hint += "  " + strings.Join(zones, " ")
	}
	if pending(e) {
		hint += "  waiting for endpoints"
	}
	return strings.TrimSpace(hint)
}

// airflowZones returns the zones of the environment's subnets that were read.
func airflowZones(a workload.Account, e *inventory.Airflow) []string {
	var out []string
	for _, n := range a.Networks {
		for _, id := range e.Subnets {
			if sub := n.Subnet(id); sub != nil {
				out = append(out, sub.Zone)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// show formats an AWS CLI command for the details.
func show(command string) string { return "\n    " + command + "\n" }

func airflowDetails(a workload.Account, e *inventory.Airflow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Environment %s.\n", e.Name)
	if !e.Known() {
		b.WriteString("The wizard can read only its name. Ask your administrator for the permission airflow:GetEnvironment.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "Status: %s\nAirflow: %s\nAccess mode: %s (%s)\n", e.Status, e.Version, e.Access, accessTexts[e.Access])
	b.WriteString(workload.VPCLine(a.Inventory, workload.VPCsOf(a.Inventory, e.VPC, e.Subnets)))
	fmt.Fprintf(&b, "Subnets: %s\n", workload.OrNone(airflowSubnetLines(a, e)))
	fmt.Fprintf(&b, "Security groups: %s\nExecution role: %s\nBucket: %s\n", workload.OrNone(e.Groups), words.Last(cmp.Or(e.ExecutionRole, "none")), e.Bucket)
	if e.ByCustomer() {
		b.WriteString("Endpoints for its database and web server: created by you (EndpointManagement CUSTOMER).\n")
	} else {
		b.WriteString("Endpoints for its database and web server: created by Amazon MWAA.\n")
	}
	b.WriteString("To show this with the AWS CLI:" + show("aws mwaa get-environment --name "+e.Name))
	if pending(e) && e.ByCustomer() {
		fmt.Fprintf(&b, "\nIt was created at %s and waits up to 72 hours for the endpoints for its database%s. The plan creates them.\n", e.Created, webserverToo(e))
	}
	b.WriteString("\n" + webserverText(a, e))
	return b.String()
}

func webserverToo(e *inventory.Airflow) string {
	if e.Private() {
		return " and web server"
	}
	return ""
}

// airflowSubnetLines returns the subnets with their zone and internet route, if they were read.
func airflowSubnetLines(a workload.Account, e *inventory.Airflow) []string {
	var out []string
	for _, id := range e.Subnets {
		line := id
		for i := range a.Networks {
			n := &a.Networks[i]
			if sub := n.Subnet(id); sub != nil {
				route, egress := a.WayOut(a.Inventory, n, sub)
				line = inventory.Label(sub.Name, id) + " in " + sub.Zone + ", " + route
				if egress == catalog.Maybe {
					line += " (the other side of it cannot be read)"
				}
			}
		}
		out = append(out, line)
	}
	return out
}

// webserverText describes the location of the web server by its endpoint service and by DNS.
func webserverText(a workload.Account, e *inventory.Airflow) string {
	var b strings.Builder
	b.WriteString("Web server\n")
	if e.WebserverURL != "" {
		fmt.Fprintf(&b, "URL: https://%s\n", e.WebserverURL)
	}
	if !e.Private() {
		b.WriteString("It is on the internet, outside your VPC.\n")
		return b.String()
	}
	n := a.Network(e.VPC)
	return b.String() + webserverByService(n, e) + webserverByDNS(n, e)
}

// webserverByService describes the endpoint of the endpoint service, its network interfaces
// and their addresses.
func webserverByService(n *inventory.Network, e *inventory.Airflow) string {
	var b strings.Builder
	if e.WebserverService == "" {
		b.WriteString("Amazon MWAA does not report its endpoint service yet.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "Endpoint service: %s\n", e.WebserverService)
	find := show("aws ec2 describe-vpc-endpoints --filters Name=service-name,Values=" + e.WebserverService)
	if n == nil {
		b.WriteString("The endpoint appears here after the VPC is read. To show it with the AWS CLI:" + find)
		return b.String()
	}
	i := slices.IndexFunc(n.Endpoints, func(x inventory.Endpoint) bool { return x.Service == e.WebserverService })
	if i < 0 {
		b.WriteString("The VPC has no endpoint for it yet. To search with the AWS CLI:" + find)
		return b.String()
	}
	x := &n.Endpoints[i]
	fmt.Fprintf(&b, "Endpoint: %s (%s), shown with:%s", x.ID, x.State, find)
	if len(x.DNSNames) > 0 { // the names of single zones are longer
		fmt.Fprintf(&b, "DNS name of the endpoint: %s\n", slices.MinFunc(x.DNSNames, func(a, b string) int { return len(a) - len(b) }))
	}
	b.WriteString("Network interfaces:\n")
	for _, id := range x.Interfaces {
		for _, ni := range n.Interfaces {
			if ni.ID == id {
				fmt.Fprintf(&b, "  %s  %s in %s (%s)\n", cmp.Or(ni.IP, "no address yet"), ni.ID, ni.Subnet, ni.Zone)
			}
		}
	}
	if len(x.Interfaces) > 0 {
		b.WriteString("To show them with the AWS CLI:" + show("aws ec2 describe-network-interfaces --network-interface-ids "+strings.Join(x.Interfaces, " ")))
	}
	b.WriteString("Inside the VPC, the web server uses these addresses and TCP 443. A load balancer needs both addresses as targets.\n")
	return b.String()
}

// lookupErrors explain the reasons why a host name has no addresses.
var lookupErrors = map[string]string{
	inventory.DNSNotAsked: "It was not looked up: the account is a sandbox account or an emulator, which this computer's DNS does not know.",
	inventory.DNSNoHost:   "The host was not found. Some routers and DNS servers drop private addresses. Try another DNS server, or try from inside the VPC.",
	inventory.DNSTimedOut: "The DNS lookup timed out.",
	inventory.DNSFailed:   "The DNS lookup failed.",
}

// webserverByDNS follows the alias of the host name to the endpoint and its addresses, as
// the Amazon MWAA user guide does, and compares them with those of the endpoint service.
func webserverByDNS(n *inventory.Network, e *inventory.Airflow) string {
	host, d := e.WebserverURL, e.DNS
	switch {
	case host == "":
		return ""
	case e.Access != inventory.PrivateOnly:
		return "\nIts host name resolves to its public addresses, so it is not looked up here.\n"
	}
	var b strings.Builder
	b.WriteString("\nThe same with DNS, as in the Amazon MWAA user guide:\n")
	alias, addresses := show("dig +short CNAME "+host), show("dig +short "+host)
	if d.Name == "" {
		b.WriteString(cmp.Or(lookupErrors[d.Error], "It was not looked up when the account was read.") + " To look it up:" + alias + addresses[1:])
		return b.String()
	}
	if strings.EqualFold(d.Name, host) {
		b.WriteString("Its host name is not an alias. To check:" + alias)
	} else {
		fmt.Fprintf(&b, "Its host name is an alias of %s. To check:%s", d.Name, alias)
		addresses = show("dig +short " + host + " " + d.Name)
	}
	fmt.Fprintf(&b, "It resolves to %s. To check:%s", workload.OrNone(d.Addresses), addresses)
	if n == nil {
		return b.String()
	}
	switch compared, differ := workload.WebserverByDNS(n, e); {
	case len(differ) > 0:
		fmt.Fprintf(&b, "This does not match the endpoint service: %s. The review shows the fix (W-DNS).\n", strings.Join(differ, "; "))
	case compared:
		b.WriteString("This matches the endpoint service.\n")
	}
	return b.String()
}

func (family) Locate(inv *inventory.Inventory, name string) (workload.Place, bool) {
	e := inv.Airflow(name)
	if e == nil {
		return workload.Place{}, false
	}
	return workload.Place{VPCs: workload.VPCsOf(inv, e.VPC, e.Subnets)}, true
}

func (f family) NotFound(a workload.Account, _ string, denied bool) string {
	if denied {
		return ""
	}
	can, _ := f.Choices(a)
	return fmt.Sprintf("this Amazon MWAA environment does not exist in %s; existing: %s", a.Region, workload.Names(can))
}

func (family) VPCs(inv *inventory.Inventory) []string {
	var out []string
	for i := range inv.MWAA {
		out = append(out, inv.MWAA[i].VPC)
	}
	return out
}
