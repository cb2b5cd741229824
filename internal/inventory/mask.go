package inventory

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/privatelink-wizard/privatelink-wizard/internal/hosts"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
	"github.com/privatelink-wizard/privatelink-wizard/internal/policy"
)

// Mask returns a copy with replaced account ids and names, and adds the replacements to the legend. It
// replaces every word letter by letter, and the replacement of a letter depends on the key of the
// legend and on the letters before it in the word. The same word always gets the same replacement,
// words with the same beginning get the same beginning, and the length stays. So references still
// match, and so do the patterns of policies. Two snapshots with the same legend have the same
// replacements, unless a policy has a new pattern. What remains:
//
//   - ids of VPCs, subnets and similar resources, because scripts need them,
//   - addresses, times, numbers and AWS's own terms, because rules need them,
//   - names of this program's own resources, except names of others in them.
func (inv *Inventory) Mask(l *Legend) (*Inventory, error) {
	out, err := inv.copy()
	if err != nil {
		return nil, err
	}
	m := newMask(out)
	m.letter = l.letters(m)
	m.apply(out)
	if out.Snapshot == nil {
		out.Snapshot = &Origin{}
	}
	l.add(m)
	out.Snapshot.Mask = m.id
	return out, nil
}

// copy returns a deep copy.
func (inv *Inventory) copy() (*Inventory, error) {
	b, err := json.Marshal(inv)
	if err != nil {
		return nil, err
	}
	out := &Inventory{}
	return out, json.Unmarshal(b, out)
}

// apply masks an inventory.
func (m *mask) apply(out *Inventory) {
	for _, p := range parts {
		if p.prepare != nil {
			p.prepare(m, out)
		}
	}
	for _, p := range parts {
		if p.mask != nil {
			p.mask(m, out)
		}
	}
	for r := range items(out.Loaded) {
		m.str(&r.Role, m.arn)
		if f := r.Part.lookup().maskName; f != nil {
			m.str(&r.Name, func(s string) string { return f(m, s) })
		} else {
			m.str(&r.Name, m.reference)
		}
	}
	for g := range items(out.Gaps) {
		if g.Code != NotAllRead { // its message is from this program
			g.Message = "" // AWS's message contains the caller
		}
	}
}

// accountID matches account ids, and onlyAccount a text that is nothing else.
var (
	accountID   = pattern.New(`\b\d{12}\b`)
	onlyAccount = pattern.New(`^\d{12}$`)
)

// mask replaces the texts of one inventory.
type mask struct {
	// letter returns the replacement of a letter or digit in lower case after others of its word, the letter included.
	letter func(before string, r rune) rune
	words  map[string]string // the masked words with their replacements, in lower case
	inner  []string          // what follows a wildcard inside a word in a policy
	own    map[string]string // names of this program's resources that contain other names
	public []string          // buckets of AWS
	labels map[string]bool   // parts of the host names of AWS's services
	id     string            // of its translation in the legend
	joined map[string]string // names with only their end replaced
	// messages is the mask for messages of AWS; see ofMessages.
	messages *mask
	// marks, if set, replaces a word instead: it shows that the word is a stand-in, see Marked.
	marks func(word string) string
}

// newMask returns a mask for an inventory. Its letter must be set, and then prepare called.
func newMask(inv *Inventory) *mask {
	m := &mask{words: map[string]string{}, own: map[string]string{}, joined: map[string]string{}, labels: map[string]bool{}}
	inv.walk(func(s string) string { return s }, func(document string) {
		for _, sub := range afterWildcard().FindAllStringSubmatch(document, -1) {
			m.inner = append(m.inner, strings.ToLower(sub[1]))
		}
	})
	slices.Sort(m.inner)
	m.inner = slices.Compact(m.inner)
	for _, g := range policy.Grants("s3", policy.Facts{Partition: inv.Partition, Region: inv.Region, Instances: true, RunCommand: true}) {
		for _, arn := range g.Resources {
			bucket, _, _ := strings.Cut(arn[strings.LastIndex(arn, ":")+1:], "/")
			m.public = append(m.public, bucket)
		}
	}
	for _, label := range hostLabels {
		m.labels[label] = true
	}
	return m
}

// afterWildcard matches a wildcard and the letters after it.
var afterWildcard = pattern.New(`[*?]([\pL\pN]+)`)

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

// idPrefixes are the beginnings of the ids that remain.
const idPrefixes = `(?:acl|ami|cvpn-endpoint|dopt|eni|fs|fsap|i|igw|mi|nat|pcx|pl|rtb|sg|sgr|subnet|tgw|vgw|vpc|vpce|vpce-svc)-`

// remains matches ids, and the names of policy variables (IAM user guide, IAM policy elements: variables and tags). idPattern
// matches patterns of ids.
var (
	remains   = pattern.New(`\b` + idPrefixes + `(?:[0-9a-f]{17}|[0-9a-f]{8})\b|\$\{(?:aws|ec2|iam|s3|saml|sts):[A-Za-z-]+`)
	idPattern = pattern.New(`^` + idPrefixes + `[0-9a-f]*[*?][0-9a-f*?]*$`)
)

// aTarget matches the targets of routes that are ids of a VPC, or the VPC itself.
var aTarget = pattern.New(`^(?:local|(?:cagw|eigw|eni|i|igw|lgw|nat|pcx|tgw|vgw|vpce)-[0-9a-f]+)$`)

// target masks the target of a route if it is an ARN: those of core networks and ODB networks have the account.
func (m *mask) target(s string) string {
	if aTarget().MatchString(s) {
		return s
	}
	return m.arn(s)
}

// aWord matches a word.
var aWord = pattern.New(`[\pL\pN]+`)

// text masks every word of a text.
func (m *mask) text(s string) string {
	out, at := "", 0
	for _, loc := range remains().FindAllStringIndex(s, -1) {
		out += aWord().ReplaceAllStringFunc(s[at:loc[0]], m.word) + s[loc[0]:loc[1]]
		at = loc[1]
	}
	return out + aWord().ReplaceAllStringFunc(s[at:], m.word)
}

// word masks one word. What follows a wildcard in a policy is masked like a word of its own, so that
// *data still matches mydata.
func (m *mask) word(word string) string {
	lower := lowered(word)
	if m.marks != nil {
		return m.marks(word)
	}
	out := make([]rune, len(lower))
	m.inOrder(lower, func(i int, before string) { out[i] = m.letter(before, lower[i]) })
	m.words[string(lower)] = string(out)
	return caseOf(word, string(out))
}

// inOrder calls each for every letter of a word, with the letters before it that its replacement depends on.
func (m *mask) inOrder(lower []rune, each func(i int, before string)) {
	from := 0
	for i := range lower {
		if slices.ContainsFunc(m.inner, func(s string) bool { return strings.HasPrefix(string(lower[i:]), s) }) {
			from = i
		}
		each(i, string(lower[from:i]))
	}
}

// lowered returns a word in lower case with the same number of characters.
func lowered(word string) []rune {
	out := []rune(word)
	for i, r := range out {
		out[i] = unicode.ToLower(r)
	}
	return out
}

// caseOf returns a word of the same length with the upper-case letters where the given word has them.
func caseOf(given, word string) string {
	out, lower := []rune(word), lowered(given)
	for i, r := range []rune(given) {
		if r != lower[i] {
			out[i] = unicode.ToUpper(out[i])
		}
	}
	return string(out)
}

const (
	digits = "0123456789"
	latin  = "abcdefghijklmnopqrstuvwxyz"
)

// foreign are the replacements of all other letters.
var foreign = func() string {
	var b strings.Builder
	for r := rune(0xe0); r < 0x500; r++ {
		if upper := unicode.ToUpper(r); unicode.IsLower(r) && upper != r && unicode.ToLower(upper) == r {
			b.WriteRune(r)
		}
	}
	return b.String()
}()

// path masks the names of a path. Each part can be the name of a resource of this program.
func (m *mask) path(s string) string {
	parts := strings.Split(s, "/")
	for i, part := range parts {
		parts[i] = m.name(part)
	}
	return strings.Join(parts, "/")
}

// fixed are the names of this program's resources that contain no other name.
var fixed = pattern.New(`^privatelink-wizard-(endpoints(-\d+)?|bastion|registry|execution)$`)

// name masks a name.
func (m *mask) name(s string) string {
	if own, ok := m.own[s]; ok {
		return own
	}
	if fixed().MatchString(s) {
		return s
	}
	return m.text(s)
}

// after masks a name that may begin with a text of AWS. It keeps as much of that text as the name
// has, so that patterns still match.
func (m *mask) after(prefix, s string) string {
	n := common(prefix, s)
	word := n // the start of the word that the prefix ends in
	for n < len(prefix) && word > 0 && unicode.IsLetter(rune(s[word-1])) {
		word--
	}
	rest := aWord().FindString(s[n:])
	if word < n && rest != "" && strings.HasPrefix(s[n:], rest) { // a name such as Apple, with the first letter of AWSBatch
		if m.marks != nil || common(prefix, s[:n]+m.word(rest)) > n {
			n = word
		} else {
			m.joined[s[word:n]+rest] = s[word:n] + m.word(rest)
		}
	}
	return s[:n] + m.path(s[n:])
}

// common returns the length of the common beginning of two texts.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// The beginnings of names that rules compare.
const (
	batchCluster = "AWSBatch-"       // clusters of AWS Batch
	batchLogs    = "/aws/batch/job"  // the log group of AWS Batch
	celeryQueue  = "airflow-celery-" // queues of Amazon MWAA
)

func (m *mask) clusterName(s string) string { return m.after(batchCluster, s) }

// group masks the group of a task: service:NAME, family:NAME, or a name that the user gave.
func (m *mask) group(s string) string {
	kind, name, named := strings.Cut(s, ":")
	if named && (kind == "service" || kind == "family") {
		return kind + ":" + m.path(name)
	}
	return m.path(s)
}
func (m *mask) logGroup(s string) string { return m.after(batchLogs, s) }

// reference masks a name with an optional revision, or an ARN.
func (m *mask) reference(s string) string {
	if strings.HasPrefix(s, "arn:") {
		return m.arn(s)
	}
	name, revision := cutRevision(s)
	return m.path(name) + revision
}

// cutRevision splits the revision off a definition's name, with its colon.
func cutRevision(s string) (name, revision string) {
	if at := strings.LastIndexByte(s, ':'); at >= 0 && at+1 < len(s) && len(s)-at <= 8 && strings.Trim(s[at+1:], digits+"*?") == "" {
		return s[:at], s[at:]
	}
	return s, ""
}

// kinds are AWS's own terms before a name in an ARN. Any other text at this position is a name
// itself, such as that of a topic.
var kinds = strings.Fields("assumed-role attachment alias capacity-provider certificate client-vpn-endpoint cluster compute-environment container-instance core-network environment function group instance " +
	"instance-profile job-definition job-queue key listener loadbalancer log-group network-interface odb-network oidc-provider parameter policy repository role saml-provider secret security-group service service-deployment session stack subnet table targetgroup task " +
	"task-definition user volume vpc vpc-endpoint")

// unkinded are the services with ARNs that have a name in the place of a kind.
var unkinded = []string{"s3", "sns", "sqs"}

// arn masks the account and every name after it, but not the resource type.
func (m *mask) arn(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if parts[0] != "arn" {
		return m.path(s)
	}
	for i := 1; i < min(len(parts), 4); i++ {
		if at := strings.IndexAny(parts[i], "*?"); strings.Trim(parts[i], latin+digits+"-*?") != "" || at >= 0 && strings.Trim(parts[i][at:], "*?") != "" {
			parts[i] = m.text(parts[i]) // a pattern that reaches into names
		}
	}
	if len(parts) > 4 && parts[4] != "aws" {
		parts[4] = m.text(parts[4])
	}
	if len(parts) == 6 {
		if parts[2] == "iam" && parts[4] == "aws" {
			return s // an AWS managed policy, the same in every account
		}
		parts[5] = m.resource(parts[2], parts[5])
	}
	return strings.Join(parts, ":")
}

// resource masks the last part of an ARN.
func (m *mask) resource(service, s string) string {
	switch service {
	case "s3":
		if bucket, _, _ := strings.Cut(s, "/"); slices.Contains(m.public, bucket) {
			return bucket + m.path(s[len(bucket):])
		}
	case "sqs":
		return m.after(celeryQueue, s)
	}
	at := strings.IndexAny(s, "/:")
	if slices.Contains(unkinded, service) {
		return m.path(s)
	}
	if at < 0 || !slices.Contains(kinds, s[:at]) {
		if start, _, wild := strings.Cut(s, "*"); wild && slices.ContainsFunc(kinds, func(k string) bool { return strings.HasPrefix(k, start) }) {
			return start + m.path(s[len(start):])
		}
		if s == "root" { // the account itself
			return s
		}
		return m.path(s)
	}
	kind, rest := s[:at], s[at+1:]
	head := s[:at+1]
	if service == "ec2" && idPattern().MatchString(rest) {
		return s
	}
	switch kind {
	case "cluster":
		return head + m.clusterName(rest)
	case "container-instance", "service", "task":
		cluster, after, long := strings.Cut(rest, "/") // ARNs of the old form have no cluster
		if !long {
			return head + m.path(rest)
		}
		return head + m.clusterName(cluster) + "/" + m.path(after)
	case "log-group":
		return head + m.logGroup(rest)
	case "task-definition", "job-definition":
		return head + m.reference(rest)
	case "alias":
		return head + m.alias(rest)
	case "loadbalancer": // app/NAME/ID
		if parts := strings.SplitN(rest, "/", 2); len(parts) == 2 && slices.Contains([]string{"app", "net", "gwy"}, parts[0]) {
			return head + parts[0] + "/" + m.path(parts[1])
		}
	}
	return head + m.path(rest)
}

// alias masks the name of an alias, but not the aliases of AWS managed keys.
func (m *mask) alias(s string) string {
	if strings.HasPrefix(s, "aws/") {
		return s
	}
	return m.path(s)
}

// key masks an alias, id or ARN of a key.
func (m *mask) key(s string) string {
	if name, ok := strings.CutPrefix(s, "alias/"); ok {
		return "alias/" + m.alias(name)
	}
	return m.arn(s)
}

// image masks the account, the repository and the tag. It keeps registries of AWS and public
// ones, because rules need them to find out how the image can be reached.
func (m *mask) image(s string) string {
	host, path, ok := strings.Cut(s, "/")
	if !ok || !strings.ContainsAny(host, ".:") { // Docker Hub
		host, path = "", s
	} else {
		if !slices.Contains(publicRegistries, host) {
			host = m.host(host)
		}
		host += "/"
	}
	digest := strings.Index(path, "@sha256:")
	if digest >= 0 {
		return host + m.imageName(path[:digest]) + "@sha256:" + m.text(path[digest+len("@sha256:"):])
	}
	return host + m.imageName(path)
}

// imageName masks the repository and the tag, but not what shows that the image collects metrics.
func (m *mask) imageName(s string) string {
	for part := range collectors {
		if at := strings.Index(s, part); at >= 0 {
			return m.path(s[:at]) + part + m.path(s[at+len(part):])
		}
	}
	return m.path(s)
}

// publicRegistries are registries with names that do not identify their users.
var publicRegistries = strings.Fields("docker.io index.docker.io registry-1.docker.io ghcr.io quay.io gcr.io registry.k8s.io mcr.microsoft.com public.ecr.aws registry.gitlab.com")

// awsDomains are domains of AWS.
var awsDomains = []string{"amazonaws.com", "amazonaws.com.cn", "amazonwebservices.com.cn", "amazonaws.eu", "aws", "api.aws", "on.aws"}

// hostLabels are parts of host names of AWS that no endpoint service has.
var hostLabels = strings.Fields("compute elb rds vpce s3 dkr ecr airflow execute-api public internal")

// region matches Regions and zones, but not names such as my-app-1. cell matches the cells of Amazon MWAA.
var (
	region = pattern.New(`^(af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(-(de|gov|iso[a-z]?))?-(central|east|north|northeast|northwest|south|southeast|southwest|west)-\d[a-z]?$`)
	cell   = pattern.New(`^c\d+$`)
)

// ofAWS returns the domain of AWS that a host name is in, with its dot; empty if it is in none.
func ofAWS(host string) string {
	for _, domain := range awsDomains {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return domain
		}
	}
	return ""
}

// host masks a host name, also in a pattern or a URL. In names of AWS it keeps the Region and the
// service, because rules need them.
func (m *mask) host(s string) string {
	if scheme, rest, ok := strings.Cut(s, "://"); ok && (scheme == "https" || scheme == "http") {
		return scheme + "://" + m.host(rest)
	}
	domain := ofAWS(s)
	if domain == "" {
		return m.text(s)
	}
	labels := strings.Split(strings.TrimSuffix(s[:len(s)-len(domain)], "."), ".")
	for i, label := range labels {
		if accountID().MatchString(label) || !m.labels[label] && !region().MatchString(label) && !cell().MatchString(label) {
			name, private := strings.CutSuffix(label, "-vpce") // of a private web server
			labels[i] = m.text(name)
			if private {
				labels[i] += "-vpce"
			}
		}
	}
	if len(s) == len(domain) {
		return domain
	}
	return strings.Join(labels, ".") + "." + domain
}

// owner masks an account or a principal, but not a service of AWS.
func (m *mask) owner(s string) string {
	switch {
	case s == "amazon-elb", s == "amazon-aws":
		return s
	case ofAWS(s) != "":
		return m.host(s)
	}
	return m.text(s)
}

// logRegion masks a text for the Region of logs that is not a Region.
func (m *mask) logRegion(s string) string {
	if region().MatchString(s) {
		return s
	}
	return m.text(s)
}

// logDriver masks a log driver or a plug-in of FireLens that rules do not know.
func (m *mask) logDriver(s string) string {
	driver, plugin, _ := strings.Cut(s, ":")
	_, known := Outputs[plugin]
	switch {
	case driver == "awslogs" && plugin == "", drivers[s] != "", driver == "awsfirelens" && (plugin == "" || known):
		return s
	case driver == "awsfirelens":
		return driver + ":" + m.text(plugin)
	}
	return m.text(s)
}

// port matches the port of a host.
var port = pattern.New(`:\d{1,5}$`)

// logHost masks the host of a log destination, but not its port, an address, or the ending that shows
// that the name is private.
func (m *mask) logHost(s string) string {
	if _, err := netip.ParseAddr(s); err == nil && !strings.Contains(s, "%") {
		return s
	}
	if a, err := netip.ParseAddrPort(s); err == nil && a.Addr().Zone() == "" {
		return s
	}
	number := port().FindString(s)
	host := strings.TrimSuffix(s, number)
	for _, domain := range PrivateDomains {
		if name, ok := strings.CutSuffix(host, domain); ok {
			return m.text(name) + domain + number
		}
	}
	return m.host(host) + number
}

// registry masks the host of a registry, unless it is public.
func (m *mask) registry(s string) string {
	if slices.Contains(publicRegistries, s) {
		return s
	}
	return m.host(s)
}

// ami keeps the part of an AMI's name that rules use to detect the family of a host.
func (m *mask) ami(s string) string {
	if w := hosts.ImageWord(s); w != "" {
		w = strings.TrimSuffix(w, "-") + "-"
		return w + m.text(strings.TrimPrefix(s, w))
	}
	return m.text(s)
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
	for _, k := range slices.Sorted(maps.Keys(in)) { // replacements depend on this order
		v := in[k]
		switch {
		case k == managedBy && v == wizard:
		case strings.HasPrefix(k, wizard+":"): // of a service code
			v = m.literal(v)
		case k == "Name" || strings.HasPrefix(k, "aws:"): // keys of AWS
			v = m.name(v)
		default:
			k, v = m.text(k), m.name(v)
		}
		out[k] = v
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// date matches a date with an optional time, number a number that is not an account.
var (
	date   = pattern.New(`^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-][\d:]+)?)?$`)
	number = pattern.New(`^-?\d{1,11}(\.\d+)?$`)
)

// literal masks a value that may be AWS's own term: a truth value, a number, a time, an address, a
// Region, a host name of AWS, or an ARN.
func (m *mask) literal(s string) string {
	if s == "true" || s == "false" || number().MatchString(s) || date().MatchString(s) || region().MatchString(s) || idPattern().MatchString(s) {
		return s
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return s
	}
	if _, err := netip.ParseAddr(s); err == nil && !strings.Contains(s, "%") {
		return s
	}
	if ofAWS(s) != "" {
		return m.host(s)
	}
	return m.key(s)
}
