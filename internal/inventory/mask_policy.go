package inventory

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// policy masks a policy document. Its form stays: the order and the number of its keys, its white
// space, and what is wrong with it. A text that is not JSON is masked as a text.
func (m *mask) policy(s string) string {
	if !json.Valid([]byte(s)) {
		return m.text(s)
	}
	p := &policyMask{mask: m, given: s, tokens: json.NewDecoder(strings.NewReader(s))}
	p.tokens.UseNumber()
	p.value("")
	p.out.WriteString(s[p.at:])
	return p.out.String()
}

// policyMask copies a document and replaces its texts.
type policyMask struct {
	*mask
	given  string
	tokens *json.Decoder
	at     int // end of the last token
	out    strings.Builder
}

// next returns the next token, and copies what is between the last token and this one.
func (p *policyMask) next() (token json.Token, text string) {
	token, _ = p.tokens.Token() // the document is valid
	end := int(p.tokens.InputOffset())
	text = p.given[p.at:end]
	p.at = end
	start := len(text) - len(strings.TrimLeft(text, " \t\r\n,:"))
	p.out.WriteString(text[:start])
	return token, text[start:]
}

// write writes texts: one of them, or a list where the document has a single text.
func (p *policyMask) write(texts []string, inList bool) {
	quoted := make([]string, len(texts))
	for i, s := range texts {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		_ = enc.Encode(s) // a string can always be encoded
		quoted[i] = strings.TrimSuffix(b.String(), "\n")
	}
	list := strings.Join(quoted, ",")
	if len(texts) > 1 && !inList {
		list = "[" + list + "]"
	}
	p.out.WriteString(list)
}

// blocks are the elements of a policy that the grammar of IAM has.
var blocks = strings.Fields("Statement Version Effect Action NotAction Resource NotResource Principal NotPrincipal Condition Sid Id")

// conditionOperator matches the operators of conditions, and conditionPrefix the services of their
// keys.
var (
	conditionOperator = pattern.New(`^(ForAnyValue:|ForAllValues:)?(String|Numeric|Date|Bool|Binary|IpAddress|NotIpAddress|Arn|Null)[A-Za-z]*$`)
	conditionPrefix   = pattern.New(`^[a-z][a-z0-9-]*:[A-Za-z0-9_-]+$`)
)

// keyServices are services with condition keys. Those with endpoint services in the Region are known, too.
var keyServices = strings.Fields("aws ec2 ecr ecs iam kms lambda logs s3 saml secretsmanager sns sqs ssm sts")

// ofService reports whether a condition key begins with a service of AWS.
func (m *mask) ofService(key string) bool {
	service, _, _ := strings.Cut(key, ":")
	return conditionPrefix().MatchString(key) && (m.labels[service] || slices.Contains(keyServices, service))
}

// value masks a value of an element.
func (p *policyMask) value(element string) { p.item(element, false) }

func (p *policyMask) item(element string, inList bool) {
	token, text := p.next()
	switch t := token.(type) {
	case json.Delim:
		p.out.WriteString(text)
		for p.tokens.More() {
			if t == '[' {
				p.item(element, true)
				continue
			}
			key, _ := p.next()
			shown, under := p.member(element, key.(string))
			p.write([]string{shown}, true)
			p.value(under)
		}
		_, text = p.next()
		p.out.WriteString(text)
	case string:
		p.write(p.values(element, t), inList)
	case json.Number:
		if masked := p.literal(t.String()); masked != t.String() {
			p.write([]string{masked}, true) // an account, possibly with zeros at its beginning
			return
		}
		p.out.WriteString(text)
	default:
		p.out.WriteString(text)
	}
}

// member returns the shown key of an object in an element, and the element of its value.
func (p *policyMask) member(element, key string) (shown, under string) {
	switch element {
	case "", "Statement":
		if slices.Contains(blocks, key) {
			return key, key
		}
		return p.text(key), "Sid"
	case "Condition":
		if conditionOperator().MatchString(key) {
			return key, "operator"
		}
		return p.text(key), "operator"
	case "operator":
		name, tag, tagged := strings.Cut(key, "/")
		if !p.ofService(name) {
			return p.text(key), "key"
		}
		if tagged {
			return name + "/" + p.text(tag), "key"
		}
		if slices.Contains(termKeys, strings.ToLower(key)) {
			return key, "term"
		}
		return key, "key"
	case "Principal", "NotPrincipal":
		if slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, key) {
			return key, element
		}
	}
	return p.text(key), "key"
}

// termKeys are the condition keys with AWS's own terms as values, in lower case.
var termKeys = strings.Fields("aws:requestedregion aws:principaltype aws:principalservicename aws:principalservicenameslist aws:calledvia aws:calledviafirst aws:calledvialast kms:viaservice")

// term matches the values of those keys, which can have wildcards.
var term = pattern.New(`^[A-Za-z0-9.*?-]+$`)

// wizardSid matches the Sids of this program, which have no names in them.
var wizardSid = pattern.New(`PrivateLinkWizard(Login|Pull|[0-9a-f]{8}\d*)$`)

// values returns what replaces a text of an element.
func (p *policyMask) values(element, s string) []string {
	switch element {
	case "Version", "Effect", "Action", "NotAction":
		return []string{s} // AWS's own terms
	case "Sid", "Id":
		if own, ok := p.own[s]; ok {
			return []string{own}
		}
		if loc := wizardSid().FindStringIndex(s); loc != nil {
			return []string{p.text(s[:loc[0]]) + s[loc[0]:]}
		}
		return []string{p.text(s)}
	case "Resource", "NotResource":
		return append([]string{p.literal(s)}, p.publicOf(s)...)
	case "term":
		if term().MatchString(s) {
			return []string{s}
		}
	}
	return []string{p.literal(s)}
}

// publicOf returns the buckets of AWS that a pattern matches too. Their names stay, so the masked
// pattern no longer matches them.
func (p *policyMask) publicOf(s string) []string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[2] != "s3" {
		return nil
	}
	bucket, key, hasKey := strings.Cut(parts[5], "/")
	if strings.Trim(bucket, "*") == "" || !strings.ContainsAny(bucket, "*?") {
		return nil
	}
	pattern := regexp.MustCompile("^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(bucket)) + "$")
	var out []string
	for _, name := range p.public {
		if !pattern.MatchString(name) {
			continue
		}
		parts[5] = name
		switch {
		case hasKey:
			parts[5] += "/" + p.path(key)
		case strings.HasSuffix(bucket, "*"):
			parts[5] += "*"
		}
		out = append(out, strings.Join(parts, ":"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
