package lint

import (
	"bytes"
	"slices"
	"strings"

	"github.com/privatelink-wizard/privatelink-wizard/internal/catalog"
	"github.com/privatelink-wizard/privatelink-wizard/internal/pattern"
)

// serviceRef is one endpoint service name in the text.
type serviceRef struct {
	at, end  int    // position of the name, or of its Region if it is in parts
	start    int    // position of the root
	root     string // com.amazonaws, cn.com.amazonaws, aws.api …
	open     bool   // a variable precedes the root, so the file decides it elsewhere
	region   string // empty: from a variable
	variable string // the expression for the Region, if the file has it in place of the Region
	code     string // empty: from a variable, or missing
	private  bool   // a service of another account: com.amazonaws.vpce.REGION.vpce-svc-…
	comment  bool   // in a comment
}

// String returns the whole name.
func (n *serviceRef) String() string {
	s := n.root
	if n.private {
		s += ".vpce"
	}
	region := n.region
	if region == "" {
		region = "REGION"
	}
	s += "." + region
	if n.code != "" {
		s += "." + n.code
	}
	return s
}

// window is the maximum length in bytes of a name, including the parts of a list that it consists
// of.
const window = 512

var (
	literal = pattern.New(`^[a-z]{2,5}(?:-[a-z]+){1,3}-[0-9]{1,2}`)

	// variable matches a placeholder for a Region: shell, Terraform, CloudFormation's Sub and Ref
	// in YAML and JSON, format strings, Python, Ruby, PowerShell, Jinja and other templates.
	variable = pattern.New(`^(?:\$?\$\{\{[^{}]*\}\}|\$?\$\{(?:[^{}]|\{[^{}]*\})*\}|\$[A-Za-z_][\w:]*|\$\((?:[^()]|\([^()]*\))*\)|\{\{[^{}]*\}\}|\{(?:[^{}]|\{[^{}]*\})*\}|#\{[^{}]*\}|<[^<>\s]+>|<%[^%]*%>|%\w+%` +
		"|`[^`\n]*`" + `|%(?:\[\d\])?[sv]|%\(\w+\)s|!(?:Ref|Sub|ImportValue|GetAtt)\s+["']?[\w:.${}-]+["']?|Ref\(\s*["']?[\w:]+["']?\s*\)|Ref:\s*["']?[\w:]+["']?|(?i:[a-z_-]*region)\b)`)

	// expression matches a part of a list or a sum with "region" in its name.
	expression = pattern.New(`^(?:[A-Za-z_][\w.()?\[\]"']*)?(?i:region)(?:[\w.?]|\(\)|\[["']?\w+["']?\]|["']\]?)*`)

	// anything matches a part of a sum, up to the text that ends the name.
	anything = pattern.New("^[A-Za-z_][\\w.:?\\[\\]()]{0,80}\\s*[+~]\\s*[\"'`]\\.[a-z]")

	// glue matches the text between the parts of a name in a list or a sum. Quotes alone are used
	// in shells. A bracket ends the alternatives of a condition.
	glue = pattern.New("^(?:\\\\*[\"'`])?(?:\\s*\\]?\\s*[,+~]\\s*|[ \t]*\r?\n[ \t]*-[ \t]+)?(?:\\\\*[\"'`])?")

	// domain matches the end of a host name with labels in the order of a newer root.
	domain = pattern.New(`\.(?:com|net|org|io|dev|cloud)$`)

	code = pattern.New(`^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*`)

	blockComment = pattern.New(`(?ms)^[ \t]*/\*.*?\*/`)
)

// readNames finds the endpoint service names in a text. A Region or a variable must follow the root, so
// Java packages, host names and names without a Region (com.amazonaws.iam) do not match.
func (c *check) readNames() {
	// Index is many times faster on long files than a regular expression with all roots.
	var found [][2]int
	for _, root := range catalog.Roots {
		for from := 0; ; {
			i := bytes.Index(c.text[from:], []byte(root))
			if i < 0 {
				break
			}
			found = append(found, [2]int{from + i, from + i + len(root)})
			from += i + len(root)
		}
	}
	slices.SortFunc(found, func(a, b [2]int) int { return a[0] - b[0] })
	end := 0
	for _, m := range found {
		if m[0] < end {
			continue // com.amazonaws is the end of cn.com.amazonaws
		}
		n := serviceRef{at: m[0], start: m[0], root: string(c.text[m[0]:m[1]])}
		begins := n.begins(c.text, m[0])
		if begins && (c.byte(m[0]-1) == '"' || c.byte(m[0]-1) == '\'') && c.byte(m[1]) == c.byte(m[0]-1) {
			c.values[n.root] = true
		}
		if !begins || !n.read(c.text, m[1]) {
			end = max(end, m[1])
			continue
		}
		n.comment = c.inComment(n.at)
		c.names = append(c.names, n)
		end = max(m[1], n.end)
	}
}

// byte returns the byte at a position, 0 outside the text.
func (c *check) byte(at int) byte {
	if at < 0 || at >= len(c.text) {
		return 0
	}
	return c.text[at]
}

// begins reports whether a name may begin at a position: not inside another word or host name, but
// after an escaped line feed or a variable.
func (n *serviceRef) begins(text []byte, at int) bool {
	if at == 0 {
		return true
	}
	last := text[at-1]
	if last == '.' && at > 1 {
		last = text[at-2]
		if last != '}' && last != ')' {
			return false
		}
	}
	if last == '}' || last == ')' {
		n.open = true
		return true
	}
	if last != '.' && !wordByte(last) {
		return true
	}
	return at > 1 && text[at-2] == '\\' && strings.IndexByte("nrt", text[at-1]) >= 0
}

func wordByte(b byte) bool {
	return b == '_' || b == '-' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// read reads the Region and the service code after the root.
func (n *serviceRef) read(text []byte, at int) bool {
	text = text[:min(len(text), at+window)]
	dotted := false
	dot := func() {
		if at < len(text) && text[at] == '.' {
			at, dotted = at+1, true
		}
	}
	dot()
	if rest, ok := bytes.CutPrefix(text[at:], []byte("vpce.")); dotted && ok {
		n.private, at = true, len(text)-len(rest)
	}
	joined := len(glue().Find(text[at:]))
	if !dotted && joined == 0 {
		return false
	}
	at += joined
	regionAt := at
	rest := text[at:]
	if m := literal().Find(rest); m != nil && (len(m) == len(rest) || !wordByte(rest[len(m)])) {
		n.region = string(m)
		at += len(m)
		if joined > 0 {
			n.at = regionAt
		}
	} else if m := expression().Find(rest); m != nil && joined > 0 {
		n.variable = string(m)
		at += len(m)
	} else if m := variable().Find(rest); m != nil {
		if m[0] == '$' || m[0] == '{' {
			n.variable = string(m)
		}
		at += len(m)
	} else if m := anything().Find(rest); m != nil && dotted && joined > 0 {
		for at < len(text) && text[at] != '+' && text[at] != '~' {
			at++
		}
		n.variable = string(bytes.TrimSpace(text[regionAt:at]))
		at = regionAt + len(n.variable)
	} else {
		return false
	}
	n.end = at
	// The code follows a dot, or is the next part of a list that is joined with dots.
	byDots := !dotted
	dotted = false
	dot()
	at += len(glue().Find(text[at:]))
	dot()
	if m := code().Find(text[at:]); m != nil && (dotted || byDots) {
		// A variable may follow what looks like a code: "ecs-${part}".
		if end := at + len(m); end == len(text) || strings.IndexByte("${%(", text[end]) < 0 {
			n.code = string(m)
			n.end = end
		}
	}
	return !domain().MatchString(n.code)
}

// inComment reports whether the text at a position is only a comment: a line that begins as one,
// or a block comment that begins a line.
func (c *check) inComment(at int) bool {
	if i, _ := slices.BinarySearchFunc(c.comments, at, func(m []int, at int) int { return m[1] - at }); i < len(c.comments) && c.comments[i][0] <= at {
		return true
	}
	line := bytes.TrimLeft(c.lineBefore(at), " \t\uFEFF")
	return bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte("//"))
}

// lineBefore returns the part of a line before a position, or nothing if the line is longer than
// those of comments.
func (c *check) lineBefore(at int) []byte {
	const far = 2000 // in bytes
	from := max(0, at-far)
	start := bytes.LastIndexByte(c.text[from:at], '\n')
	if start < 0 && from > 0 {
		return nil
	}
	return c.text[from+start+1 : at]
}
