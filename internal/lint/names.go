package lint

import (
	"bytes"
	"regexp"
	"strings"
)

// serviceRef is one endpoint service name in the text.
type serviceRef struct {
	at, end int    // position of the name, or of its Region if it is in parts
	owner   string // com.amazonaws, cn.com.amazonaws or eu.amazonaws
	region  string // empty: from a variable
	code    string // empty: from a variable, or missing
	private bool   // a service of another account: com.amazonaws.vpce.REGION.vpce-svc-…
	comment bool   // the line is a comment
}

// String returns the whole name.
func (n *serviceRef) String() string {
	s := n.owner
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
	literal = regexp.MustCompile(`^[a-z]{2,5}(?:-[a-z]+){1,3}-[0-9]{1,2}`)

	// variable matches a placeholder for a Region: shell, Terraform, CloudFormation's Sub and Ref
	// in YAML and JSON, format strings, Python and Jinja.
	variable = regexp.MustCompile(`^(?:\$\{[^{}]*\}|\$[A-Za-z_]\w*|\$\([^()]*\)|\{\{[^{}]*\}\}|\{(?:[^{}]|\{[^{}]*\})*\}|<[^<>\s]+>|%\w+%` +
		`|%(?:\[\d\])?[sv]|%\(\w+\)s|!(?:Ref|Sub|ImportValue|GetAtt)\s+["']?[\w:.${}-]+["']?|Ref:\s*["']?[\w:]+["']?|(?i:[a-z_-]*region)\b)`)

	// expression matches a part of a list or a sum with "region" in its name.
	expression = regexp.MustCompile(`^(?i:[a-z_][\w.]*)?(?i:region)[\w.]*(?:\(\))?`)

	// glue matches the text between the parts of a name in a list or a sum. Quotes alone are used
	// in shells.
	glue = regexp.MustCompile("^(?:\\\\?[\"'`])?(?:\\s*[,+]\\s*|[ \t]*\r?\n[ \t]*-[ \t]+)?(?:\\\\?[\"'`])?")

	code = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*`)
)

// names finds the endpoint service names in a text. A Region or a variable must follow
// "amazonaws", so Java packages and host names do not match.
func names(text []byte) []serviceRef {
	var out []serviceRef
	const word = "amazonaws"
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return out
		}
		at := from + i
		from = at + len(word)
		n := serviceRef{}
		if n.owner, n.at = owner(text, at); n.owner == "" {
			continue
		}
		if !n.read(text, from) {
			continue
		}
		n.comment = inComment(text, n.at)
		out = append(out, n)
		from = max(from, n.end)
	}
}

// owner reads the prefix before "amazonaws" and returns it with its position.
func owner(text []byte, at int) (string, int) {
	for _, o := range []string{"cn.com.", "com.", "eu."} {
		start := at - len(o)
		if bytes.HasSuffix(text[:at], []byte(o)) && begins(text, start) {
			return o + "amazonaws", start
		}
	}
	return "", 0
}

// begins reports whether a word may begin at a position: not inside another word, but after an
// escaped line feed.
func begins(text []byte, at int) bool {
	if at == 0 || !wordByte(text[at-1]) {
		return true
	}
	return at > 1 && text[at-2] == '\\' && strings.IndexByte("nrt", text[at-1]) >= 0
}

func wordByte(b byte) bool {
	return b == '_' || b == '-' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// read reads the Region and the service code after "amazonaws".
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
	joined := len(glue.Find(text[at:]))
	if !dotted && joined == 0 {
		return false
	}
	at += joined
	regionAt := at
	rest := text[at:]
	if m := literal.Find(rest); m != nil && (len(m) == len(rest) || !wordByte(rest[len(m)])) {
		n.region = string(m)
		at += len(m)
		if joined > 0 {
			n.at = regionAt
		}
	} else if m := expression.Find(rest); m != nil && joined > 0 {
		at += len(m)
	} else if m := variable.Find(rest); m != nil {
		at += len(m)
	} else {
		return false
	}
	n.end = at
	// The code follows a dot, or is the next part of a list that is joined with dots.
	byDots := !dotted
	dotted = false
	dot()
	at += len(glue.Find(text[at:]))
	dot()
	if m := code.Find(text[at:]); m != nil && (dotted || byDots) {
		// A variable may follow what looks like a code: "ecs-${part}".
		if end := at + len(m); end == len(text) || strings.IndexByte("$", text[end]) < 0 {
			n.code = string(m)
			n.end = end
		}
	}
	return true
}

// inComment reports whether the line is only a comment.
func inComment(text []byte, at int) bool {
	const far = 2000 // in bytes; longer lines are not treated as comments
	from := max(0, at-far)
	start := bytes.LastIndexByte(text[from:at], '\n')
	if start < 0 && from > 0 {
		return false
	}
	line := bytes.TrimLeft(text[from+start+1:at], " \t\uFEFF")
	return bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte("//"))
}
