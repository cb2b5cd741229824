package doctor

import (
	"slices"
	"strings"
)

// removed replaces a credential.
const removed = "…"

// secretNames are the ends of names with a credential as their value, in lower case and without separators. The value of such a name is removed.
var secretNames = []string{
	"password", "passwd", "passphrase", "secretaccesskey", "secretkey", "sessiontoken", "securitytoken", "accesstoken", "refreshtoken", "idtoken",
	"authtoken", "authorizationtoken", "identitytoken", "registrytoken", "webtoken", "clitoken", "bearertoken", "apikey", "clientsecret", "privatekey", "amzsignature",
	"amzcredential", "dockerauth", "logintoken", "awsaccesskeyid", "secretstring", "secretbinary",
}

// assignedNames have a credential as their value after an equals sign only: sentences use them with a colon.
var assignedNames = []string{"signature", "credential", "token"}

// schemes are the beginnings of the values of Authorization headers.
var schemes = []string{"aws4-", "aws ", "basic ", "bearer ", "digest ", "negotiate ", "token "}

// secretStarts are the beginnings of credentials with a form of their own: JSON Web Tokens and tokens of Amazon ECR in base64, and access tokens of registries and code hosts.
var secretStarts = []string{"eyJ", "QVdTOmV5", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "dckr_pat_", "dckr_oat_", "xoxb-", "xoxp-", "npm_", "FwoGZXIvYXdz", "IQoJb3JpZ2lu"}

// redact removes credentials: access keys, values of names such as SecretAccessKey and X-Amz-Signature, passwords in URLs, Authorization headers,
// tokens, the login data of registries, private keys, and what has the form of a secret key or a session token.
func redact(text string) string {
	text = redactKeyBlocks(text)
	text = redactURLs(text)
	text = redactNamed(text)
	return redactForms(text)
}

// redactKeyBlocks removes private keys in PEM form, also those without an end.
func redactKeyBlocks(text string) string {
	const begin, end = "PRIVATE KEY-----", "-----END"
	if !strings.Contains(text, begin) {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, begin)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(begin + removed)
		i := strings.Index(after, end)
		if i < 0 {
			return out.String()
		}
		text = after[i:]
		if j := strings.Index(text, begin); j >= 0 && j < 32 { // the last line of the same key
			out.WriteString(text[:j+len(begin)])
			text = text[j+len(begin):]
		}
	}
}

// redactURLs removes the user and the password of URLs.
func redactURLs(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "://")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString("://")
		authority := after[:endOf(after, " \n\"'<>/?#,;|\\")]
		if i := strings.LastIndexByte(authority, '@'); i >= 0 {
			out.WriteString(removed)
			after = after[i:]
		}
		text = after
	}
}

// redactNamed removes the values of secretNames, in the forms name=value, name: value, "name": "value", name value after two hyphens, and <name>value</name>.
func redactNamed(text string) string {
	var out strings.Builder
	from := 0 // what is written already
	name := 0 // the start of the current name
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isLetter(c) || isDigit(c) || c == '_' || c == '-' {
			continue
		}
		if name < i {
			if at, quote := valueAt(text, name, i); at > 0 && at >= from && (isSecretName(text[name:i], text[i]) || isHeader(text[name:i], text[at:])) {
				end := at + valueEnd(text[at:], quote, isHeader(text[name:i], text[at:]))
				if end > at {
					out.WriteString(text[from:at])
					out.WriteString(removed)
					from, i, name = end, end-1, end
					continue
				}
			}
		}
		name = i + 1
	}
	out.WriteString(text[from:])
	return out.String()
}

// valueAt returns where the value of a name starts, and the quote that ends it; 0 if the name has no value.
func valueAt(text string, name, end int) (at int, quote byte) {
	i := end
	for i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '\\') {
		i++
	}
	for i < len(text) && text[i] == ' ' {
		i++
	}
	switch {
	case i < len(text) && (text[i] == '=' || text[i] == ':' || text[i] == '>'):
		i++
	case strings.HasPrefix(text[name:], "--") && i > end: // an option of a command
	default:
		return 0, 0
	}
	for i < len(text) && text[i] == ' ' {
		i++
	}
	for i < len(text) && (text[i] == '"' || text[i] == '\'' || text[i] == '\\') {
		quote = text[i]
		i++
	}
	return i, quote
}

// valueEnd returns the length of a value. A header ends at the end of its line.
func valueEnd(text string, quote byte, header bool) int {
	switch {
	case quote != 0 && quote != '\\':
		return endOf(text, "\n\\"+string(quote))
	case header:
		return endOf(text, "\n\"'")
	}
	return endOf(text, " \n\t,;&\"'<>)]}")
}

// isSecretName reports whether a name is one of a credential. The names of operations such as GetAuthorizationToken are not.
func isSecretName(name string, separator byte) bool {
	if len(name) > 80 {
		name = name[len(name)-80:]
	}
	for _, verb := range []string{"Get", "Create", "Refresh", "Describe", "Assume"} {
		if strings.HasPrefix(name, verb) {
			return false
		}
	}
	lower := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	if lower == "auth" || lower == "pwd" { // sentences have them before a colon: unable to pull registry auth: …
		return strings.IndexByte("=\"\\", separator) >= 0
	}
	ends := func(s string) bool { return strings.HasSuffix(lower, s) }
	return slices.ContainsFunc(secretNames, ends) || separator == '=' && slices.ContainsFunc(assignedNames, ends)
}

// isHeader reports whether a name and its value are a header with credentials. Its value can contain spaces.
func isHeader(name, value string) bool {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, "cookie") {
		return true
	}
	value = strings.ToLower(value[:min(len(value), 12)])
	return strings.HasSuffix(lower, "authorization") && slices.ContainsFunc(schemes, func(s string) bool { return strings.HasPrefix(value, s) })
}

// redactForms removes texts that have the form of a credential, whatever is before them.
func redactForms(text string) string {
	var out strings.Builder
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if (c == 'A') && isAccessKey(text[i:]) {
			out.WriteString(text[from:i] + removed)
			i += accessKeyLen
			from = i
			continue
		}
		if i > 0 && isTokenByte(text[i-1]) || !isTokenByte(c) {
			i++
			continue
		}
		n := 1
		for i+n < len(text) && isTokenByte(text[i+n]) {
			n++
		}
		if isCredential(text[i : i+n]) {
			out.WriteString(text[from:i] + removed)
			i += n
			from = i
			continue
		}
		i++
	}
	out.WriteString(text[from:])
	return out.String()
}

const accessKeyLen = 20

// isAccessKey reports whether a text begins with an access key ID: of a user (AKIA) or temporary (ASIA). Source: IAM user guide, IAM identifiers (Unique identifiers).
func isAccessKey(text string) bool {
	if len(text) < accessKeyLen || text[:4] != "AKIA" && text[:4] != "ASIA" {
		return false
	}
	for _, c := range []byte(text[4:accessKeyLen]) {
		if !isDigit(c) && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// isCredential reports whether a word has the form of a credential: a known beginning, or random letters of both cases with digits and the length of a secret access
// key or more than that of other ids.
func isCredential(word string) bool {
	if len(word) < 20 {
		return false
	}
	for _, s := range secretStarts {
		if strings.HasPrefix(word, s) {
			return true
		}
	}
	for _, part := range strings.FieldsFunc(word, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		if len(part) != 40 && len(part) < 100 {
			continue
		}
		var upper, lower, digit, slashes int
		for _, c := range []byte(part) {
			switch {
			case isDigit(c):
				digit++
			case c >= 'A' && c <= 'Z':
				upper++
			case c >= 'a' && c <= 'z':
				lower++
			default:
				slashes++
			}
		}
		// A path has more slashes than a random text, which has one in 64 characters.
		if upper > 2 && lower > 2 && digit > 0 && slashes <= len(part)/12 {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// isTokenByte reports whether a byte can be part of a token in base64, also in its form for URLs.
func isTokenByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '+' || c == '/' || c == '_' || c == '-' || c == '.'
}

// endOf returns the position of the first byte of a set, or the length of the text.
func endOf(text, set string) int {
	if i := strings.IndexAny(text, set); i >= 0 {
		return i
	}
	return len(text)
}
