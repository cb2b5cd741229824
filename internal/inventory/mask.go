package inventory

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// accountID finds account ids, alone or in ARNs and image names.
var accountID = regexp.MustCompile(`\b\d{12}\b`)

// Mask returns a copy in which account ids and names are replaced, the same one by
// the same stand-in everywhere, so that what belongs together still does. Ids of
// VPCs, subnets and the like stay: without them no script could be made.
func (inv *Inventory) Mask() (*Inventory, error) {
	b, err := json.Marshal(inv)
	if err != nil {
		return nil, err
	}
	out := &Inventory{}
	if err := json.Unmarshal(b, out); err != nil { // a deep copy
		return nil, err
	}
	m := &mask{seen: map[string]string{}}
	m.str(&out.Account, m.account)
	m.str(&out.Caller, m.arn)
	for i := range out.VPCs {
		v := &out.VPCs[i]
		m.str(&v.Name, m.name)
		m.str(&v.Owner, m.account)
	}
	for i := range out.Clusters {
		m.cluster(&out.Clusters[i])
	}
	for i := range out.TaskDefinitions {
		m.definition(&out.TaskDefinitions[i])
	}
	for i := range out.Networks {
		m.network(&out.Networks[i])
	}
	for i := range out.Gaps {
		out.Gaps[i].Message = "" // AWS's words name the caller
	}
	return out, nil
}

type mask struct{ seen map[string]string }

func (m *mask) str(s *string, f func(string) string) {
	if *s != "" {
		*s = f(*s)
	}
}

func (m *mask) all(ss []string, f func(string) string) {
	for i := range ss {
		m.str(&ss[i], f)
	}
}

// stand gives the stand-in of a text, by its kind.
func (m *mask) stand(kind, format, text string) string {
	key := kind + "/" + text
	if s, ok := m.seen[key]; ok {
		return s
	}
	n := 1
	for k := range m.seen {
		if strings.HasPrefix(k, kind+"/") {
			n++
		}
	}
	m.seen[key] = fmt.Sprintf(format, n)
	return m.seen[key]
}

func (m *mask) account(id string) string { return m.stand("account", "%012d", id) }
func (m *mask) name(s string) string     { return m.stand("name", "name-%d", s) }

// arn masks the account and every name after it, but not what tells the kind.
func (m *mask) arn(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return m.name(s)
	}
	if parts[4] != "" {
		parts[4] = accountID.ReplaceAllStringFunc(parts[4], m.account)
	}
	at := strings.IndexAny(parts[5], "/:")
	if at < 0 || parts[2] == "s3" { // a name alone; buckets have no kind before them
		parts[5] = m.name(parts[5])
		return strings.Join(parts, ":")
	}
	kind, sep, rest := parts[5][:at], parts[5][at:at+1], parts[5][at+1:]
	names := strings.Split(rest, "/")
	for i, n := range names {
		name, revision, has := strings.Cut(n, ":")
		names[i] = m.name(name)
		if has {
			names[i] += ":" + revision
		}
	}
	parts[5] = kind + sep + strings.Join(names, "/")
	return strings.Join(parts, ":")
}

// image masks the account, the repository and the tag, but not the registry of AWS
// or a public one, which tell how the image can be reached.
func (m *mask) image(s string) string {
	host, path, ok := strings.Cut(s, "/")
	if !ok || !strings.ContainsAny(host, ".:") { // Docker Hub
		return m.name(s)
	}
	return accountID.ReplaceAllStringFunc(host, m.account) + "/" + m.name(path)
}

func (m *mask) cluster(c *Cluster) {
	m.str(&c.ARN, m.arn)
	m.str(&c.Name, m.name)
	m.str(&c.ExecKMSKey, m.arn)
	for i := range c.Services {
		s := &c.Services[i]
		m.str(&s.ARN, m.arn)
		m.str(&s.Name, m.name)
		m.str(&s.TaskDefinition, m.arn)
	}
}

func (m *mask) definition(d *TaskDefinition) {
	m.str(&d.ARN, m.arn)
	m.str(&d.Family, m.name)
	m.str(&d.ExecutionRole, m.arn)
	m.str(&d.TaskRole, m.arn)
	for i := range d.Containers {
		c := &d.Containers[i]
		m.str(&c.Name, m.name)
		m.str(&c.Image, m.image)
		m.all(c.Secrets, m.arn)
		m.str(&c.Credentials, m.arn)
		m.all(c.EnvFiles, m.arn)
	}
}

func (m *mask) network(n *Network) {
	for i := range n.Subnets {
		m.str(&n.Subnets[i].Name, m.name)
		m.str(&n.Subnets[i].Owner, m.account)
	}
	for i := range n.RouteTables {
		m.str(&n.RouteTables[i].Name, m.name)
	}
	for i := range n.SecurityGroups {
		g := &n.SecurityGroups[i]
		own := g.Tags["ManagedBy"] == "privatelink-wizard" // by whose name and tag it is found again
		if g.Name != "default" && !own {
			m.str(&g.Name, m.name)
		}
		g.Description = ""
		m.str(&g.Owner, m.account)
		g.Tags = m.tags(g.Tags)
	}
	for i := range n.Endpoints {
		e := &n.Endpoints[i]
		m.str(&e.Name, m.name)
		e.Tags = m.tags(e.Tags)
		e.Policy = "" // names roles and resources
	}
	for i := range n.HostedZones {
		z := &n.HostedZones[i]
		if !strings.Contains(z.Name, "amazonaws.com") && !strings.HasSuffix(z.Name, ".aws") { // those of AWS's own names are what rules look for
			m.str(&z.Name, m.name)
		}
		m.str(&z.Owner, func(s string) string { return accountID.ReplaceAllStringFunc(s, m.account) })
	}
	for i := range n.Interfaces {
		d := &n.Interfaces[i].Description
		switch { // what rules look for stays
		case strings.Contains(*d, ":ecs:"):
			*d = m.arn(*d)
		default:
			*d = kindOf(*d)
		}
		m.str(&n.Interfaces[i].RequesterID, func(s string) string { return accountID.ReplaceAllStringFunc(s, m.account) })
	}
}

// kindOf keeps of an interface's description which AWS service it is for.
func kindOf(d string) string {
	for _, word := range []string{"sagemaker", "codebuild", "glue", "ELB", "RDSNetworkInterface", "VPC Endpoint Interface", "NAT Gateway"} {
		if strings.Contains(strings.ToLower(d), strings.ToLower(word)) {
			return word
		}
	}
	return ""
}

// tags keeps those of this program and masks the values of the rest.
func (m *mask) tags(in map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range in {
		if k != "ManagedBy" {
			k, v = m.name(k), m.name(v)
		}
		out[k] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
