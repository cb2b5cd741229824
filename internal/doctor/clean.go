package doctor

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/privatelink-wizard/privatelink-wizard/internal/printable"
	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
)

// clean returns a pasted text as records of clean lines without credentials. A record is one message: JSON such as the output of aws ecs describe-tasks has one
// for each part of it, and any other text is a single one. The second result is the whole text, for ids and names that no record has.
func clean(text string) (records []string, whole string) {
	text = strings.ToValidUTF8(fromUTF16(text), "")
	text = withoutEscapes(text)
	parts, ok := fromJSON(text)
	if !ok {
		parts = []string{unescape(text)}
	}
	for _, p := range parts {
		if p = redact(strings.Join(unwrap(lines(p)), "\n")); strings.TrimSpace(p) != "" {
			records = append(records, p)
		}
	}
	if !ok {
		return records, strings.Join(records, "\n")
	}
	return records, redact(strings.Join(lines(unescape(text)), "\n"))
}

// fromUTF16 decodes a text that begins with the byte order mark of UTF-16, as PowerShell writes files.
func fromUTF16(text string) string {
	var order binary.ByteOrder
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		order = binary.LittleEndian
	case strings.HasPrefix(text, "\xfe\xff"):
		order = binary.BigEndian
	default:
		return text
	}
	var units []uint16
	for b := []byte(text[2:]); len(b) > 1; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return string(utf16.Decode(units))
}

// withoutEscapes removes the escape sequences of terminals: ECMA-48, CSI and OSC.
func withoutEscapes(text string) string {
	if !strings.ContainsRune(text, '\x1b') {
		return text
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "\x1b")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		switch {
		case strings.HasPrefix(after, "["):
			i := 1
			for i < len(after) && (after[i] < 0x40 || after[i] > 0x7e) && after[i] >= 0x20 {
				i++
			}
			after = after[min(i+1, len(after)):]
		case strings.HasPrefix(after, "]"):
			if i := strings.IndexAny(after, "\a\x1b\n"); i >= 0 {
				after = strings.TrimPrefix(strings.TrimPrefix(after[i:], "\a"), "\x1b\\")
			}
		}
		text = after
	}
}

// messageKeys are the keys of JSON documents of AWS and of logs that have a message or belong to one: DescribeTasks, DescribeServices, DescribeJobs, DescribeComputeEnvironments,
// CloudTrail records, and log files of Docker.
var messageKeys = []string{
	"log", "msg", "message", "error", "err", "errormessage", "errorcode", "reason", "stoppedreason", "statusreason", "eventsource", "eventname", "awsregion", "lasterror", "code",
	"rolloutstatereason", "cause", "exitcode", "exception", "description", "containerreason", "detail", "title", "text",
}

// fromJSON returns the messages in a JSON document, or in lines that are JSON documents. The second result is false for any other text.
func fromJSON(text string) ([]string, bool) {
	trimmed := strings.TrimSpace(text)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") && !strings.HasPrefix(trimmed, `"`) {
		return nil, false
	}
	var out []string
	d := json.NewDecoder(strings.NewReader(trimmed))
	d.UseNumber()
	for d.More() {
		var v any
		if d.Decode(&v) != nil {
			return nil, false
		}
		out = messages(v, out, 0)
	}
	return out, len(out) > 0
}

// deepestJSON limits how deep a document is read. Those of AWS have fewer levels.
const deepestJSON = 32

// messages adds a record for each object with a message. Strings that are JSON documents themselves are read too.
func messages(v any, out []string, depth int) []string {
	if depth > deepestJSON {
		return out
	}
	switch v := v.(type) {
	case string:
		return append(out, unescape(v))
	case []any:
		for _, x := range v {
			if _, ok := x.(string); !ok {
				out = messages(x, out, depth+1)
			}
		}
	case map[string]any:
		var own []string
		keys := sortedKeys(v)
		for _, k := range keys {
			s := ""
			switch x := v[k].(type) {
			case string:
				s = x
			case json.Number:
				s = x.String()
			case map[string]any:
				if inner, ok := x["message"].(string); ok && k == "error" {
					s = inner
				}
			}
			if s == "" || !slices.Contains(messageKeys, strings.ToLower(k)) {
				continue
			}
			if inner, ok := fromJSON(s); ok {
				out = append(out, inner...)
				continue
			}
			if !strings.EqualFold(k, "log") && !strings.EqualFold(k, "message") && !strings.HasSuffix(strings.ToLower(k), "reason") && !strings.EqualFold(k, "msg") {
				s = k + ": " + s
			}
			own = append(own, unescape(s))
		}
		if len(own) > 0 {
			out = append(out, strings.Join(own, "\n"))
		}
		for _, k := range keys {
			if _, ok := v[k].(string); !ok {
				out = messages(v[k], out, depth+1)
			}
		}
	}
	return out
}

// sortedKeys returns the keys with those of messageKeys first, in their order: the message before what belongs to it.
func sortedKeys(v map[string]any) []string {
	var keys []string
	for k := range v {
		keys = append(keys, k)
	}
	rank := func(k string) int {
		if i := slices.Index(messageKeys, strings.ToLower(k)); i >= 0 {
			return i
		}
		return len(messageKeys)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// plainer replaces what editors, chats and web pages change in a text: entities of HTML, typographic quotes, spaces of other widths, and invisible characters.
var plainer = strings.NewReplacer(
	"&quot;", `"`, "&#34;", `"`, "&#x22;", `"`, "&apos;", "'", "&#39;", "'", "&#x27;", "'", "&#039;", "'", "&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&#x2F;", "/", "&#47;", "/", "&amp;", "&",
	"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'", "‚", "'", "\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u3000", " ",
	"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "：", ": ", "（", "(", "）", ")",
)

// unescape decodes the escape sequences of JSON and of quoted Go strings outside of a JSON document. A path of Windows keeps its backslashes.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) || inWindowsPath(text[:i]) {
			out.WriteByte(c)
			continue
		}
		switch next := text[i+1]; next {
		case 'n', 'r':
			out.WriteByte('\n')
			i++
		case 't':
			out.WriteByte(' ')
			i++
		case '"', '\'', '/', '\\':
			if next != '\\' {
				out.WriteByte(next)
				i++
			}
		case 'u':
			r, ok := codeOf(text[i+2:])
			if ok {
				out.WriteRune(r)
				i += 5
				continue
			}
			out.WriteByte(c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// inWindowsPath reports whether a text ends in a path such as C:\ProgramData.
func inWindowsPath(before string) bool {
	start := strings.LastIndexAny(before[max(0, len(before)-120):], " \n\"'=(") + 1
	word := before[max(0, len(before)-120):][start:]
	return len(word) >= 2 && isLetter(word[0]) && word[1] == ':'
}

// codeOf returns the character of four hexadecimal digits. A half of a surrogate pair is not one.
func codeOf(text string) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[:4]) {
		i := strings.IndexByte("0123456789abcdef", c|0x20)
		if i < 0 {
			return 0, false
		}
		r = r<<4 | rune(i)
	}
	return r, utf8.ValidRune(r)
}

// lines returns the lines of a text without control characters, without the frames that Terraform and quotes have, and without repeated empty lines.
func lines(text string) []string {
	text = plainer.Replace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(printable.Line(line), " ")
		for _, frame := range []string{"│", "╷", "╵", "|  ", "> ", "```"} {
			if rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), frame); ok {
				line = strings.TrimPrefix(rest, " ")
			}
		}
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// narrowest is the least width of a terminal that breaks lines. Shorter lines are as somebody wrote them.
const narrowest = 40

// unwrap joins lines that a terminal broke: those that all have the width of the longest one, and those that are broken inside the name of a host.
func unwrap(in []string) []string {
	width, full := 0, 0
	for _, line := range in {
		switch n := words.Width(line); {
		case n > width:
			width, full = n, 1
		case n == width:
			full++
		}
	}
	hard := width >= narrowest && full > 1
	var out []string
	var last strings.Builder
	for i, line := range in {
		if i == 0 {
			last.WriteString(line)
			continue
		}
		before := words.Width(in[i-1])
		switch {
		case line == "" || in[i-1] == "" || line[0] == ' ' || starts(line):
			out = append(out, last.String())
			last.Reset()
		case hard && before == width, brokenHost(in[i-1], line):
		case hard && before == width-1:
			last.WriteByte(' ')
		default:
			out = append(out, last.String())
			last.Reset()
		}
		last.WriteString(line)
	}
	if len(in) > 0 {
		out = append(out, last.String())
	}
	return out
}

// brokenHost reports whether a host name of AWS or an address is broken between two lines: it is one only together.
func brokenHost(line, next string) bool {
	a := line[len(line)-tokenBefore(line):]
	b := next[:tokenAfter(next)]
	if a == "" || b == "" || len(a)+len(b) > longestHost || b[0] == '.' && a[len(a)-1] == '.' {
		return false
	}
	if strings.Trim(a+b, "0123456789.") == "" {
		return dotted(a).kind == noAddress && strings.Contains(a, ".") && dotted(a+b).end == len(a)+len(b) && strings.Contains(line, " ")
	}
	whole, ok := classify(a + b)
	if !ok {
		return false
	}
	if rest, alone := classify(b); alone { // the second line begins with a host of its own, unless the first one has the beginning of its name
		return a[len(a)-1] == '.' || a[len(a)-1] == '-' || whole.region != "" && rest.region == ""
	}
	_, complete := classify(a)
	return !complete
}

// tokenBefore returns the length of the characters of a host name at the end of a line, and tokenAfter that at the beginning.
func tokenBefore(line string) int {
	n := 0
	for n < len(line) && isHostByte(line[len(line)-1-n]) {
		n++
	}
	return n
}

func tokenAfter(line string) int {
	n := 0
	for n < len(line) && isHostByte(line[n]) {
		n++
	}
	return n
}

// starts reports whether a line begins a message of its own: it has a time, a level, or the beginning of a message of AWS or of a tool.
func starts(line string) bool {
	if _, ok := stampOf(line); ok {
		return true
	}
	rest := strings.TrimLeft(line, " *-•[(\"'")
	for _, s := range beginnings {
		if strings.HasPrefix(rest, s) {
			return true
		}
	}
	after, ok := strings.CutPrefix(rest, "service ")
	if !ok {
		return false
	}
	for _, verb := range []string{" was unable to ", " has ", " is unable ", " (task", " (deployment", " (instance", " registered ", " deregistered ", " deployment ", " operations are", ") was unable to ", ") has ", ") (", ") is ", ") deployment "} {
		if strings.Contains(after, verb) {
			return true
		}
	}
	return false
}

// beginnings are what messages begin with: the categories of Amazon ECS (developer guide, Amazon ECS stopped tasks error messages), and how tools show an error.
var beginnings = []string{
	"ResourceInitializationError", "CannotPullContainer", "CannotPullImageManifestError", "CannotPullECRContainerError", "CannotStartContainerError", "CannotCreateContainerError", "CannotStopContainerError",
	"CannotInspectContainerError", "CannotCreateVolumeError", "ContainerRuntimeError", "ContainerRuntimeTimeoutError", "DockerTimeoutError", "OutOfMemoryError", "TaskFailedToStart", "InternalError:", "Task failed ",
	"Error: ", "An error occurred (", "Traceback (", "Resource handler returned message", "level=", "ERROR:", "WARN:", "INFO:", "$ ", "CLIENT_ERROR", "Essential container in task exited",
}

// stampOf returns the time that a line begins with, as seconds of a day after the text of its date; false if it has none.
func stampOf(line string) (stamp, bool) {
	line = strings.TrimLeft(line, " [\"'")
	for _, s := range []string{"time=", "ts=", "timestamp="} {
		line = strings.TrimPrefix(line, s)
	}
	line = strings.TrimLeft(line, "\"")
	if len(line) >= 3 && strings.Contains("JanFebMarAprMayJunJulAugSepOctNovDec", line[:3]) && len(line) > 15 && line[3] == ' ' { // syslog
		if s, ok := clock(line[6:]); ok {
			s.date = line[:6]
			return s, true
		}
	}
	if len(line) < 16 || !allDigits(line[:4]) || line[4] != '-' && line[4] != '/' || !allDigits(line[5:7]) || line[7] != line[4] || !allDigits(line[8:10]) {
		return stamp{}, false
	}
	s, ok := clock(line[10:])
	s.date = line[:10]
	return s, ok
}

// stamp is the time of a line of a log.
type stamp struct {
	date    string
	seconds int
}

// clock reads a time such as T15:56:10.
func clock(text string) (stamp, bool) {
	if len(text) < 6 || text[0] != 'T' && text[0] != ' ' {
		return stamp{}, false
	}
	text = text[1:]
	if len(text) < 8 || !allDigits(text[:2]) || text[2] != ':' || !allDigits(text[3:5]) || text[5] != ':' || !allDigits(text[6:8]) {
		return stamp{}, false
	}
	n := func(i int) int { return int(text[i]-'0')*10 + int(text[i+1]-'0') }
	return stamp{seconds: n(0)*3600 + n(3)*60 + n(6)}, true
}

func allDigits(s string) bool {
	return len(bytes.Trim([]byte(s), "0123456789")) == 0
}
