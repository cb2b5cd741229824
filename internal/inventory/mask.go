package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
)

// accountID matches account ids, alone or in ARNs and image names.
var accountID = regexp.MustCompile(`\b\d{12}\b`)

// kinds are AWS's own terms before a name in an ARN. Any other text at this position is a name
// itself, such as that of a topic.
var kinds = strings.Fields("assumed-role attachment alias capacity-provider cluster compute-environment container-instance environment function group instance " +
	"instance-profile job-definition job-queue key log-group parameter policy repository role secret security-group service subnet table task " +
	"task-definition user vpc vpc-endpoint")

// resourceID matches ids of VPCs, subnets and similar resources.
var resourceID = regexp.MustCompile(`^[a-z]+-[0-9a-f]{8,17}$`)

// suffix matches the characters that Secrets Manager adds to the name of a secret.
var suffix = regexp.MustCompile(`^(.+)-([A-Za-z0-9]{6})$`)

// wild matches the wildcards of a policy, with the dash before them.
var wild = regexp.MustCompile(`-?[*?]+`)

// Mask returns a copy with replaced account ids and names. The same text always gets the same
// replacement, so references still match. Ids of VPCs, subnets and similar resources remain,
// because scripts need them.
func (inv *Inventory) Mask() (*Inventory, error) {
	b, err := json.Marshal(inv)
	if err != nil {
		return nil, err
	}
	out := &Inventory{}
	if err := json.Unmarshal(b, out); err != nil { // a deep copy
		return nil, err
	}
	m := &mask{seen: map[string]string{}, count: map[string]int{}}
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
	m.batch(&out.Batch)
	for i := range out.MWAA {
		m.airflow(&out.MWAA[i])
	}
	for i := range out.Roles {
		m.role(&out.Roles[i])
	}
	for i := range out.Secrets {
		s := &out.Secrets[i]
		m.str(&s.ARN, m.arn)
		m.str(&s.Name, m.path)
		m.str(&s.Description, m.name)
		m.str(&s.KMSKey, m.key)
		m.str(&s.Version, m.name)
	}
	for i := range out.Keys {
		m.str(&out.Keys[i].ARN, m.arn)
		m.all(out.Keys[i].Aliases, m.key)
	}
	m.all(out.ExecutionRoles, m.arn)
	for i := range out.Networks {
		m.network(&out.Networks[i])
	}
	for i := range out.Access {
		m.access(&out.Access[i])
	}
	for i := range out.Hosts {
		m.str(&out.Hosts[i].AMIName, m.ami)
		m.str(&out.Hosts[i].Profile, m.arn)
	}
	for i := range out.Loaded {
		m.str(&out.Loaded[i].Role, m.arn)
		m.str(&out.Loaded[i].Name, m.arn)
	}
	for i := range out.Gaps {
		if out.Gaps[i].Code != NotAllRead { // its message is from this program
			out.Gaps[i].Message = "" // AWS's message contains the caller
		}
	}
	return out, nil
}

type mask struct {
	seen  map[string]string
	count map[string]int // replacements by kind
}

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

// stand returns the replacement of a text, by its kind.
func (m *mask) stand(kind, format, text string) string {
	key := kind + "/" + text
	if s, ok := m.seen[key]; ok {
		return s
	}
	m.count[kind]++
	m.seen[key] = fmt.Sprintf(format, m.count[kind])
	return m.seen[key]
}

func (m *mask) account(id string) string { return m.stand("account", "%012d", id) }
func (m *mask) name(s string) string     { return m.stand("name", "name-%d", s) }

// accounts masks the account ids in a text from AWS.
func (m *mask) accounts(s string) string { return accountID.ReplaceAllStringFunc(s, m.account) }

// path masks each name of a path. Wildcards at the end of a name remain, so that a policy matches
// the same paths as before.
func (m *mask) path(s string) string {
	names := strings.Split(s, "/")
	for i, n := range names {
		literal, pattern := n, ""
		if at := wild.FindStringIndex(n); at != nil {
			literal, pattern = n[:at[0]], n[at[0]:at[1]]
			if at[1] < len(n) {
				pattern = "*" // a name follows
			}
		}
		if literal != "" {
			literal = m.name(literal)
		}
		names[i] = literal + pattern
	}
	return strings.Join(names, "/")
}

// arn masks the account and every name after it, but not the resource type.
func (m *mask) arn(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return m.path(s)
	}
	if parts[2] == "iam" && parts[4] == "aws" {
		return s // an AWS managed policy, the same in every account
	}
	parts[4] = m.accounts(parts[4])
	at := strings.IndexAny(parts[5], "/:")
	if at < 0 || !slices.Contains(kinds, parts[5][:at]) {
		parts[5] = m.path(parts[5])
		return strings.Join(parts, ":")
	}
	kind := parts[5][:at+1]
	rest, version, versioned := strings.Cut(parts[5][at+1:], ":")
	added := ""
	if parts[2] == "secretsmanager" {
		// A policy may omit the characters that AWS added to the name, or have ?????? instead.
		if sub := suffix.FindStringSubmatch(rest); sub != nil {
			rest, added = sub[1], "-"+m.stand("suffix", "%06d", sub[2])
		}
	}
	parts[5] = kind + m.path(rest) + added
	if versioned {
		parts[5] += ":" + m.version(version)
	}
	return strings.Join(parts, ":")
}

// key masks an alias, id or ARN of a key, but not the aliases of AWS managed keys.
func (m *mask) key(s string) string {
	name, alias := strings.CutPrefix(s, "alias/")
	switch {
	case !alias:
		return m.arn(s)
	case strings.HasPrefix(name, "aws/"):
		return s
	}
	return "alias/" + m.path(name)
}

// version masks the text after the last name of an ARN, except revision numbers and wildcards.
func (m *mask) version(s string) string {
	words := strings.Split(s, ":")
	for i, w := range words {
		if strings.Trim(w, "0123456789*") != "" || len(w) >= 12 {
			words[i] = m.path(w)
		}
	}
	return strings.Join(words, ":")
}

// image masks the account, the repository and the tag. It keeps registries of AWS and public
// ones, because rules need them to find out how the image can be reached.
func (m *mask) image(s string) string {
	host, path, ok := strings.Cut(s, "/")
	if !ok || !strings.ContainsAny(host, ".:") { // Docker Hub
		return m.name(s)
	}
	if !ofAWS(host) && !slices.Contains(publicRegistries, host) {
		host = m.name(host) + ".invalid"
	}
	// A policy contains the repository without the tag.
	tag := ""
	if at := strings.IndexAny(path, ":@"); at >= 0 {
		path, tag = path[:at], path[at:at+1]+m.name(path[at+1:])
	}
	return m.accounts(host) + "/" + m.path(path) + tag
}

// publicRegistries are registries with names that do not identify their users.
var publicRegistries = strings.Fields("docker.io index.docker.io registry-1.docker.io ghcr.io quay.io gcr.io registry.k8s.io mcr.microsoft.com public.ecr.aws registry.gitlab.com")

// ofAWS reports whether a host name belongs to AWS.
func ofAWS(host string) bool {
	for _, end := range []string{"amazonaws.com", "amazonaws.com.cn", "amazonwebservices.com.cn", "amazonaws.eu", "aws"} {
		if host == end || strings.HasSuffix(host, "."+end) {
			return true
		}
	}
	return false
}

// host masks a name that a person chose. In host names of AWS it masks only the account, because
// rules need the rest.
func (m *mask) host(s string) string {
	if ofAWS(s) {
		return m.accounts(s)
	}
	return m.name(s)
}

// owner masks an account or a principal, but not a service of AWS.
func (m *mask) owner(s string) string {
	switch {
	case accountID.FindString(s) == s:
		return m.account(s)
	case strings.HasPrefix(s, "amazon-"), ofAWS(s):
		return m.accounts(s)
	}
	return m.name(s)
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
	for i := range c.ContainerInstances {
		n := &c.ContainerInstances[i]
		m.str(&n.ARN, m.arn)
		n.Tags = m.tags(n.Tags)
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
		m.str(&c.LogGroup, m.path)
		m.all(c.Secrets, m.arn)
		m.str(&c.Credentials, m.arn)
		m.all(c.EnvFiles, m.arn)
	}
}

func (m *mask) batch(b *Batch) {
	for i := range b.Environments {
		e := &b.Environments[i]
		m.str(&e.ARN, m.arn)
		m.str(&e.Name, m.name)
		m.str(&e.Cluster, m.arn)
		m.str(&e.InstanceRole, m.arn)
	}
	for i := range b.Queues {
		q := &b.Queues[i]
		m.str(&q.ARN, m.arn)
		m.str(&q.Name, m.name)
		m.all(q.Environments, m.arn)
	}
	for i := range b.Definitions {
		m.definition(&b.Definitions[i].TaskDefinition)
	}
}

func (m *mask) role(r *Role) {
	m.str(&r.ARN, m.arn)
	m.str(&r.Name, m.name)
	for i := range r.Policies {
		p := &r.Policies[i]
		if p.ARN != "" && m.arn(p.ARN) == p.ARN {
			continue // of AWS itself and public
		}
		m.str(&p.ARN, m.arn)
		m.str(&p.Name, m.name)
		m.str(&p.Document, m.policy)
	}
}

// policy masks a policy document. The allowed actions remain; the resources are masked. A
// document that cannot be read is dropped.
func (m *mask) policy(s string) string {
	var doc any
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	if d.Decode(&doc) != nil {
		return ""
	}
	out, err := json.Marshal(m.element("", doc))
	if err != nil {
		return ""
	}
	return string(out)
}

// plainElements are the elements of a policy with AWS's own terms as values.
var plainElements = strings.Fields("Version Effect Action NotAction")

// blocks are the elements that contain others.
var blocks = strings.Fields("Statement Version Effect Action NotAction Resource NotResource Principal NotPrincipal Condition Sid Id")

// element masks the value of an element of a policy.
func (m *mask) element(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) { // replacements are numbered in this order
			name, under := k, k
			switch {
			case key == "" || key == "Statement":
				if !slices.Contains(blocks, k) {
					name, under = m.name(k), "Sid"
				}
			case key == "Condition": // operators with keys in them
				under = "operator"
			default:
				name, under = m.conditionKey(k), "operator"
			}
			out[name] = m.element(under, v[k])
		}
		return out
	case []any:
		for i := range v {
			v[i] = m.element(key, v[i])
		}
		return v
	case json.Number:
		return m.accounts(v.String())
	case string:
		switch {
		case slices.Contains(plainElements, key), slices.Contains([]string{"", "*", "true", "false"}, v), resourceID.MatchString(v):
			return v
		case ofAWS(v), accountID.FindString(v) == v:
			return m.accounts(v)
		}
		return m.arn(v)
	}
	return v
}

// conditionKey masks the key of a tag, which a person chose.
func (m *mask) conditionKey(k string) string {
	if kind, tag, has := strings.Cut(k, "/"); has {
		return m.accounts(kind) + "/" + m.name(tag)
	}
	return m.accounts(k)
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
		own := g.Tags[managedBy] == wizard // a plan finds it by its name and tag
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
		e.Policy = "" // contains roles and resources
		m.all(e.DNSNames, m.host)
		e.LastError = "" // AWS's message contains names
	}
	for i := range n.HostedZones {
		m.str(&n.HostedZones[i].Name, m.host)
		m.str(&n.HostedZones[i].Owner, m.owner)
	}
	for i := range n.Interfaces {
		d := &n.Interfaces[i].Description
		switch { // keep what rules need
		case strings.Contains(*d, ":ecs:"):
			*d = m.arn(*d)
		default:
			*d = kindOf(*d)
		}
		m.str(&n.Interfaces[i].RequesterID, m.owner)
	}
}

// kindOf keeps the AWS service in the description of a network interface.
func kindOf(d string) string {
	for _, word := range []string{"sagemaker", "codebuild", "glue", "ELB", "RDSNetworkInterface", "VPC Endpoint Interface", "NAT Gateway"} {
		if strings.Contains(strings.ToLower(d), strings.ToLower(word)) {
			return word
		}
	}
	return ""
}

// ami keeps the part of an AMI's name that rules use to detect the family of a host.
func (m *mask) ami(s string) string {
	if w := hosts.ImageWord(s); w != "" {
		return strings.TrimSuffix(w, "-") + "-" + m.name(s)
	}
	return m.name(s)
}

// wizard is the value of the managedBy tag of this program's resources, and the prefix of the
// keys of its other tags.
const (
	managedBy = "ManagedBy"
	wizard    = "privatelink-wizard"
)

// tags keeps the tags of this program and masks the rest.
func (m *mask) tags(in map[string]string) map[string]string {
	out := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(in)) { // replacements are numbered in this order
		v := in[k]
		if !strings.HasPrefix(k, wizard) && (k != managedBy || v != wizard) {
			k, v = m.name(k), m.name(v)
		}
		out[k] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
