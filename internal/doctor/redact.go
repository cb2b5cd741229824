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

// assignedNames have a credential as their value in an assignment or in JSON. Sentences use them before a colon, so there only the names of variables count.
var assignedNames = []string{"signature", "credential", "credentials", "token", "secret", "pass", "pwd", "key", "secretkeybase", "connectionstring"}

// plainNames end like assignedNames, but their values are not credentials.
var plainNames = []string{
	"bypass", "compass", "key", "publickey", "kmskey", "tagkey", "partitionkey", "sortkey", "hashkey", "rangekey", "primarykey", "foreignkey", "objectkey", "s3key", "bucketkey", "jsonkey", "cachekey", "conditionkey", "contextkey", "hostkey", "monkey",
	"nexttoken", "clienttoken", "requesttoken", "idempotencytoken",
}

// schemes are the beginnings of the values of Authorization headers.
var schemes = []string{"aws4-", "aws ", "basic ", "bearer ", "digest ", "negotiate ", "token "}

// secretStarts are the beginnings of credentials with a form of their own: JSON Web Tokens and tokens of Amazon ECR in base64, and access tokens of registries and code hosts.
var secretStarts = []string{"eyJ", "QVdTOmV5", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "dckr_pat_", "dckr_oat_", "xoxb-", "xoxp-", "npm_", "FwoGZXIvYXdz", "IQoJb3JpZ2lu",
	"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_", "sk-proj-", "sk-ant-", "sk-svcacct-", "xapp-", "xoxa-", "xoxr-", "xoxs-", "AIza", "hf_", "pypi-", "dop_v1_", "shpat_", "shpss_", "glrt-", "ATATT3", "dapi", "nvapi-"}

// webhooks are the beginnings of URLs of chat services: the rest of such a URL is a credential.
var webhooks = []string{
	"hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/", ".webhook.office.com/", "outlook.office.com/webhook/", "outlook.office365.com/webhook/", "chat.googleapis.com/v1/spaces/", "hooks.chime.aws/", "api.telegram.org/bot", "hooks.zapier.com/",
}

// hiddenAfter are texts with a value after them that must not be shown. Only the account can decode the message of a denied call, but it has the names and the policies of the account.
// Source: AWS STS API reference, DecodeAuthorizationMessage.
var hiddenAfter = slices.Concat(webhooks, []string{"ncoded authorization failure message: ", "ncoded authorization message: "})

// redact removes credentials: access keys, values of names such as SecretAccessKey and X-Amz-Signature, passwords in URLs, Authorization headers,
// tokens, the login data of registries, private keys, and what has the form of a secret key or a session token.
func redact(text string) string {
	text = redactKeyBlocks(text)
	text = redactAfter(text)
	text = redactURLs(text)
	text = redactCommands(text)
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
		if i := userEnd(after); i >= 0 {
			out.WriteString(removed)
			after = after[i:]
		}
		text = after
	}
}

// userEnd returns where the user and the password of a URL end, from what is after its scheme; -1 if it has none. A password can contain a slash: what is before it is not a port.
func userEnd(text string) int {
	authority := text[:endOf(text, " \n\"'<>/?#,;|\\")]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		return i
	}
	_, port, found := strings.Cut(authority, ":")
	if !found || port == "" || allDigits(port) || strings.HasPrefix(text, "[") {
		return -1
	}
	whole := text[:endOf(text, " \n\"'<>")]
	if i := strings.Index(whole, "://"); i >= 0 {
		whole = whole[:i]
	}
	return strings.LastIndexByte(whole, '@')
}

// redactAfter removes the values of hiddenAfter, and the password of JDBC URLs of Oracle: jdbc:oracle:thin:user/password@host.
func redactAfter(text string) string {
	for _, before := range hiddenAfter {
		text = cutAfter(text, before, func(rest string) (int, int) { return 0, endOf(rest, " \n\t\"'<>`)") })
	}
	return cutAfter(text, "jdbc:oracle:", func(rest string) (int, int) {
		word := rest[:endOf(rest, " \n\t\"'<>")]
		from, to := strings.IndexByte(word, '/'), strings.LastIndexByte(word, '@')
		return from + 1, to
	})
}

// cutAfter removes a part of what follows each occurrence of a text. The function returns where the part begins and ends.
func cutAfter(text, before string, part func(rest string) (from, to int)) string {
	if !strings.Contains(text, before) {
		return text
	}
	var out strings.Builder
	for {
		head, rest, found := strings.Cut(text, before)
		out.WriteString(head)
		if !found {
			return out.String()
		}
		out.WriteString(before)
		if from, to := part(rest); from >= 0 && from < to {
			out.WriteString(rest[:from] + removed)
			rest = rest[to:]
		}
		text = rest
	}
}

// command is a command with a password in an option.
type command struct {
	name   string
	option string // the option before the password
	joined bool   // the password is a part of the word with the option
	user   bool   // the value is user:password
}

// commands are the commands with passwords in short options. Long options such as --password have the form name value.
var commands = []command{
	{name: "login", option: "-p"}, {name: "login", option: "-p", joined: true}, {name: "curl", option: "-u", user: true}, {name: "curl", option: "-u", joined: true, user: true}, {name: "curl", option: "--user", user: true}, {name: "curl", option: "-U", user: true}, {name: "curl", option: "--proxy-user", user: true},
	{name: "wget", option: "--user", user: true}, {name: "mysql", option: "-p", joined: true}, {name: "mysqldump", option: "-p", joined: true}, {name: "mysqladmin", option: "-p", joined: true}, {name: "mariadb", option: "-p", joined: true},
	{name: "sshpass", option: "-p"}, {name: "sshpass", option: "-p", joined: true}, {name: "redis-cli", option: "-a"},
}

// redactCommands removes passwords in the short options of commands such as docker login and curl.
func redactCommands(text string) string {
	if !slices.ContainsFunc(commands, func(c command) bool { return strings.Contains(text, c.name) }) {
		return text
	}
	var out strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		of := commands[:0:0] // the forms of the last command of the line
		before := ""         // the word before
		for at := 0; at < len(line); {
			n := endOf(line[at:], " ")
			word := line[at : at+n]
			name := strings.Trim(word[strings.LastIndexAny(word, "/=:")+1:], "\"'`$();&|")
			if isName := func(c command) bool { return c.name == name }; slices.ContainsFunc(commands, isName) {
				of = slices.DeleteFunc(slices.Clone(commands), func(c command) bool { return !isName(c) })
			}
			out.WriteString(passwordIn(word, before, of))
			if word != "" {
				before = word
			}
			if at += n; at < len(line) {
				out.WriteByte(' ')
				at++
			}
		}
	}
	return out.String()
}

// passwordIn returns a word of a command without the password in it.
func passwordIn(word, before string, of []command) string {
	for _, c := range of {
		value, start := word, 0
		switch {
		case c.joined && len(word) > len(c.option) && strings.HasPrefix(word, c.option):
			start = len(c.option)
			value = word[start:]
		case c.joined || before != c.option || word == "":
			continue
		}
		if c.user {
			user, _, found := strings.Cut(value, ":")
			if !found {
				continue
			}
			start += len(user) + 1
		}
		return word[:start] + removed
	}
	return word
}

// redactNamed removes the values of secretNames, in the forms name=value, name: value, "name": "value", name value after two hyphens, and <name>value</name>,
// and the values of pairs: name: password, value: value, as environment variables of task definitions have them.
func redactNamed(text string) string {
	var out strings.Builder
	from := 0 // what is written already
	name := 0 // the start of the current name
	pair := 0 // the end of the name of a credential in a pair; 0 if the last pair had none
	var valued span
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isLetter(c) || isDigit(c) || c == '_' || c == '-' {
			continue
		}
		if name < i {
			if at, quote := valueAt(text, name, i); at > 0 && at >= from && !strings.HasPrefix(text[at:], "arn:") && (isSecretName(text[name:i], text[i]) || isHeader(text[name:i], text[at:])) {
				end := at + valueEnd(text[at:], quote, isHeader(text[name:i], text[at:]))
				if end > at {
					out.WriteString(text[from:at])
					out.WriteString(removed)
					from, i, name = end, end-1, end
					continue
				}
			} else if at > 0 && at >= from {
				end := at + valueEnd(text[at:], quote, false)
				switch strings.ToLower(text[name:i]) {
				case "name", "key":
					pair = 0
					if !isSecretName(text[at:end], '=') {
						break
					}
					pair = end
					if valued.end > 0 && valued.at >= from && isBetween(text[valued.end:name]) {
						out.WriteString(text[from:valued.at])
						out.WriteString(removed)
						from, pair = valued.end, 0
					}
				case "value":
					valued = span{at, end}
					if pair > 0 && isBetween(text[pair:name]) && !strings.HasPrefix(text[at:end], "arn:") && end > at {
						out.WriteString(text[from:at])
						out.WriteString(removed)
						from, i, name, pair = end, end-1, end, 0
						continue
					}
				}
			}
		}
		name = i + 1
	}
	out.WriteString(text[from:])
	return out.String()
}

// span is a part of a text.
type span struct{ at, end int }

// isBetween reports whether a text is only what separates the two parts of a pair.
func isBetween(text string) bool {
	return len(text) < 100 && strings.Trim(text, " \n\t,;\"'\\") == ""
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
	if rest := strings.TrimLeft(text[i:], "|>-"); strings.HasPrefix(rest, "\n") && text[i-1] != '>' { // YAML with the value on the next line
		next := strings.TrimLeft(rest, "\n ")
		if line := next[:endOf(next, "\n")]; line != "" && !strings.ContainsAny(strings.TrimRight(line, " "), " :") {
			i = len(text) - len(next)
		}
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
	if slices.ContainsFunc([]string{"invalid_", "expired_", "missing_", "unknown_", "malformed_"}, func(s string) bool { return strings.HasPrefix(name, s) }) { // an error code
		return false
	}
	ends := func(s string) bool { return strings.HasSuffix(lower, s) }
	if slices.ContainsFunc(secretNames, ends) {
		return true
	}
	if !slices.ContainsFunc(assignedNames, ends) || slices.Contains(plainNames, lower) {
		return false
	}
	upper := strings.ToUpper(name) == name
	last := max(strings.LastIndexAny(name, "_-"), strings.LastIndexFunc(name, func(r rune) bool { return r >= 'A' && r <= 'Z' }))
	if strings.HasSuffix(lower, "key") && !upper && len(name)-last > len("_key") { // monkey
		return false
	}
	switch separator {
	case '=', '"', '\'', '\\':
		return true
	case ' ':
		return strings.HasPrefix(name, "--")
	}
	// Before a colon: a variable, and not a word of a sentence or an operation.
	return upper && len(lower) > len("key") || strings.Contains(name, "_") || name[0] >= 'a' && strings.ToLower(name) != name && !strings.HasSuffix(lower, "key")
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
