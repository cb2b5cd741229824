package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
	"github.com/privatelink-wizard/privatelink-wizard/internal/plan"
)

// airflowOptions are the environments of Amazon MWAA, and those that nothing can be
// planned for now with why.
func airflowOptions(s State) (can, cannot []Option) {
	for i := range s.Inv.MWAA {
		e := &s.Inv.MWAA[i]
		o := Option{Value: e.Name, Label: e.Name, Hint: airflowHint(s, e), Details: airflowDetails(s, e)}
		if o.Problem = airflowProblem(e); o.Problem != "" {
			cannot = append(cannot, o)
			continue
		}
		can = append(can, o)
	}
	byValue := func(a, b Option) int { return strings.Compare(a.Value, b.Value) }
	slices.SortFunc(can, func(a, b Option) int { // one that waits for endpoints is in a hurry
		return cmp.Or(later(!pending(s.Inv.Airflow(a.Value)), !pending(s.Inv.Airflow(b.Value))), byValue(a, b))
	})
	slices.SortFunc(cannot, byValue)
	return can, cannot
}

func pending(e *inventory.Airflow) bool { return e.Status == inventory.AirflowPending }

// airflowProblem says why nothing can be planned for an environment now; empty if it
// can.
func airflowProblem(e *inventory.Airflow) string {
	switch {
	case !e.Known():
		return "AWS did not show what it is like (airflow:GetEnvironment)"
	case e.Status == inventory.AirflowAvailable, pending(e) && e.ByCustomer():
		return ""
	case slices.Contains([]string{"CREATING", "UPDATING", "CREATING_SNAPSHOT", "MAINTENANCE", "ROLLING_BACK", inventory.AirflowPending}, e.Status):
		return "its status is " + e.Status + "; wait until it is AVAILABLE, which can take half an hour"
	}
	return "its status is " + e.Status + "; only an environment that is AVAILABLE can be looked after"
}

// accessWords say of an access mode where the web server is.
var accessWords = map[string]string{
	inventory.PrivateOnly:      "private web server",
	inventory.PublicOnly:       "public web server",
	inventory.PublicAndPrivate: "web server on both sides",
}

func airflowHint(s State, e *inventory.Airflow) string {
	hint := cmp.Or(accessWords[e.Access], strings.ToLower(e.Access)) + "  Airflow " + e.Version
	if zones := airflowZones(s, e); len(zones) > 0 {
		hint += "  " + strings.Join(zones, " ")
	}
	if pending(e) {
		hint += "  waits for endpoints"
	}
	return strings.TrimSpace(hint)
}

// airflowZones are the zones of an environment's subnets, as far as they were read.
func airflowZones(s State, e *inventory.Airflow) []string {
	var out []string
	for _, n := range s.Inv.Networks {
		for _, id := range e.Subnets {
			if sub := n.Subnet(id); sub != nil {
				out = append(out, sub.Zone)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// show is a command that shows a fact.
func show(command string) string { return "\n    " + command + "\n" }

func airflowDetails(s State, e *inventory.Airflow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Environment %s.\n", e.Name)
	if !e.Known() {
		b.WriteString("Only its name could be read. Ask your administrator for the permission airflow:GetEnvironment.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "Status: %s\nAirflow: %s\nAccess mode: %s (%s)\n", e.Status, e.Version, e.Access, accessWords[e.Access])
	b.WriteString(vpcLine(s.Inv, vpcsOf(s.Inv, e.VPC, e.Subnets)))
	fmt.Fprintf(&b, "Subnets: %s\n", orNone(airflowSubnetLines(s, e)))
	fmt.Fprintf(&b, "Security groups: %s\nExecution role: %s\nBucket: %s\n", orNone(e.Groups), nameOf(cmp.Or(e.ExecutionRole, "none")), e.Bucket)
	if e.ByCustomer() {
		b.WriteString("Its own endpoints are made by you (EndpointManagement CUSTOMER).\n")
	} else {
		b.WriteString("Its own endpoints are made by Amazon MWAA.\n")
	}
	b.WriteString("All of this is shown by:" + show("aws mwaa get-environment --name "+e.Name))
	if pending(e) && e.ByCustomer() {
		fmt.Fprintf(&b, "\nIt was created at %s and waits, for 72 hours at most, for the endpoints to its database%s. The plan makes them.\n", e.Created, webserverToo(e))
	}
	b.WriteString("\n" + webserverWords(s, e))
	return b.String()
}

func webserverToo(e *inventory.Airflow) string {
	if e.Private() {
		return " and web server"
	}
	return ""
}

// airflowSubnetLines are the subnets with zone and way out, as far as they were read.
func airflowSubnetLines(s State, e *inventory.Airflow) []string {
	var out []string
	for _, id := range e.Subnets {
		line := id
		for i := range s.Inv.Networks {
			n := &s.Inv.Networks[i]
			if sub := n.Subnet(id); sub != nil {
				words, egress := plan.WayOut(n, sub)
				line = inventory.Label(sub.Name, id) + " in " + sub.Zone + ", " + words
				if egress == catalog.Maybe {
					line += " (whose far end is not seen from here)"
				}
			}
		}
		out = append(out, line)
	}
	return out
}

// webserverWords say where the web server is, by its endpoint service and by DNS.
func webserverWords(s State, e *inventory.Airflow) string {
	var b strings.Builder
	b.WriteString("Where is the web server?\n")
	if e.WebserverURL != "" {
		fmt.Fprintf(&b, "Its address is https://%s\n", e.WebserverURL)
	}
	if !e.Private() {
		b.WriteString("It is reached over the internet; nothing of it is in your VPC.\n")
		return b.String()
	}
	n := s.Inv.Network(e.VPC)
	return b.String() + webserverByService(n, e) + webserverByDNS(n, e)
}

// webserverByService leads by the endpoint service to the endpoint, its interfaces and
// their addresses.
func webserverByService(n *inventory.Network, e *inventory.Airflow) string {
	var b strings.Builder
	if e.WebserverService == "" {
		b.WriteString("Amazon MWAA does not name its endpoint service yet.\n")
		return b.String()
	}
	fmt.Fprintf(&b, "It is behind the endpoint service %s\n", e.WebserverService)
	find := show("aws ec2 describe-vpc-endpoints --filters Name=service-name,Values=" + e.WebserverService)
	if n == nil {
		b.WriteString("Which endpoint of yours leads there is shown once the VPC is read, and by:" + find)
		return b.String()
	}
	i := slices.IndexFunc(n.Endpoints, func(x inventory.Endpoint) bool { return x.Service == e.WebserverService })
	if i < 0 {
		b.WriteString("No endpoint in the VPC leads there yet. One would be shown by:" + find)
		return b.String()
	}
	x := &n.Endpoints[i]
	fmt.Fprintf(&b, "Endpoint %s (%s) leads there:%s", x.ID, x.State, find)
	if len(x.DNSNames) > 0 { // those of single zones are longer
		fmt.Fprintf(&b, "Its own name is %s\n", slices.MinFunc(x.DNSNames, func(a, b string) int { return len(a) - len(b) }))
	}
	b.WriteString("Its network interfaces:\n")
	for _, id := range x.Interfaces {
		for _, ni := range n.Interfaces {
			if ni.ID == id {
				fmt.Fprintf(&b, "  %s  %s in %s (%s)\n", cmp.Or(ni.IP, "no address yet"), ni.ID, ni.Subnet, ni.Zone)
			}
		}
	}
	if len(x.Interfaces) > 0 {
		b.WriteString("shown by:" + show("aws ec2 describe-network-interfaces --network-interface-ids "+strings.Join(x.Interfaces, " ")))
	}
	b.WriteString("From inside the VPC the web server answers at these addresses on TCP 443; a load balancer in front of it names both.\n")
	return b.String()
}

// lookedUp says of each reason why a host name led nowhere what it means.
var lookedUp = map[string]string{
	inventory.DNSNotAsked: "It was not looked up: the account is a practice account or an emulator, which DNS of this computer does not know.",
	inventory.DNSNoHost:   "There was no such host. Some routers and DNS servers drop answers with private addresses; ask another one, or from inside the VPC.",
	inventory.DNSTimedOut: "The answer took too long, so DNS was not waited for.",
	inventory.DNSFailed:   "DNS did not answer.",
}

// webserverByDNS leads from the host name by its alias to the endpoint and its
// addresses, as the user guide does it, and says whether that is the same place.
func webserverByDNS(n *inventory.Network, e *inventory.Airflow) string {
	host, d := e.WebserverURL, e.DNS
	switch {
	case host == "":
		return ""
	case e.Access != inventory.PrivateOnly:
		return "\nIts host name leads people to its public side, so it is not looked up here.\n"
	}
	var b strings.Builder
	b.WriteString("\nThe same by DNS, as the user guide finds it:\n")
	alias, addresses := show("dig +short CNAME "+host), show("dig +short "+host)
	if d.Name == "" {
		b.WriteString(cmp.Or(lookedUp[d.Error], "It was not looked up when the account was read.") + " You can look:" + alias + addresses[1:])
		return b.String()
	}
	if strings.EqualFold(d.Name, host) {
		b.WriteString("Its host name is an alias of no other, which would be shown by:" + alias)
	} else {
		fmt.Fprintf(&b, "Its host name is an alias of %s, shown by:%s", d.Name, alias)
		addresses = show("dig +short " + host + " " + d.Name)
	}
	fmt.Fprintf(&b, "It leads to %s, shown by:%s", orNone(d.Addresses), addresses)
	if n == nil {
		return b.String()
	}
	switch compared, differ := plan.WebserverByDNS(n, e); {
	case len(differ) > 0:
		fmt.Fprintf(&b, "That is not where the endpoint service leads: %s. The review says what to do (W-DNS).\n", strings.Join(differ, "; "))
	case compared:
		b.WriteString("Both ways lead to the same place.\n")
	}
	return b.String()
}

// airflowNotThere says what can be done before an environment is made.
const airflowNotThere = "For an environment that you have not made yet.\n\nYou choose the VPC, the two private subnets in different zones that it will be in, and its security group. The endpoints are then ready when it is created."

// mostNetworks is for how many VPCs the screen of environments shows addresses.
const mostNetworks = 3

// thingsShown are the parts that the screen of what the workload runs on shows: of
// environments also the networks, where their web servers are found.
func thingsShown(s State) []inventory.Request {
	rs := things(s)
	if !s.Ans.Workload.MWAA() {
		return rs
	}
	vpcs := VPCs(s.Inv, s.Ans.Workload)
	for _, id := range vpcs[:min(len(vpcs), mostNetworks)] {
		rs = append(rs, inventory.Request{Part: inventory.PartNetwork, VPC: id})
	}
	return rs
}

// airflowUses are the words of the needs that environments have.
var airflowUses = map[string]use{
	"secretsmanager": {"Read secrets from Secrets Manager", "For Secrets Manager as the secrets backend of Airflow, and for DAGs that read secrets. The execution role needs the permission too.", []string{"secretsmanager"}},
	"ssm-parameters": {"Read Systems Manager parameters", "For Systems Manager as the secrets backend of Airflow, and for DAGs that read parameters. The execution role needs the permission too.", []string{"ssm"}},
	"workload-api":   {"Call the Amazon MWAA API", "For code in the VPC that asks for environments, or for tokens of the Airflow CLI and web server. The environment itself does not need it.", []string{"airflow.api", "airflow.env"}},
}

// airflowGroups are the security groups of the chosen environment, which endpoints get
// where nothing else is said.
func airflowGroups(s State) []string {
	if !s.Ans.Workload.MWAA() {
		return nil
	}
	if e := s.Inv.Airflow(s.Ans.Airflow.Environment); e != nil {
		return e.Groups
	}
	return nil
}
