package export

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// hard draws text that is hard to quote.
func hard() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune("'\"\\$`!#~*?[]{}()<>|&; \t\n\r-=aé’\u202e\u2028🦊\x1b\x7f\u00a0%"))),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
	).Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
}

// echo runs words through bash and tells what they come to.
func echo(t *rapid.T, bash, before, words string) string {
	cmd := exec.Command(bash, "-c", "set -u\n"+before+"\nprintf '%s\\0' "+words)
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, words)
	}
	return string(out)
}

func TestQuoteInBash(t *testing.T) {
	bash := tool(t, "bash")
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(hard(), 1, 20).Draw(t, "texts")
		words, want := make([]string, len(texts)), ""
		for i, s := range texts {
			words[i] = quote(s)
			want += s + "\x00"
			if strings.ContainsAny(words[i], "\x1b\u202e\r\n") {
				t.Errorf("%q is not shown for what it is", words[i])
			}
		}
		if got := echo(t, bash, "", strings.Join(words, " ")); got != want {
			t.Errorf("got  %q\nwant %q\n%s", got, want, words)
		}
	})
}

func TestWordsWithVariablesInBash(t *testing.T) {
	bash := tool(t, "bash")
	rapid.Check(t, func(t *rapid.T) {
		var w word
		want := ""
		for range rapid.IntRange(1, 6).Draw(t, "pieces") {
			if rapid.Bool().Draw(t, "variable") {
				w, want = append(w, piece{variable: "id_x"}), want+"vpce-1 *"
			} else {
				s := hard().Draw(t, "text")
				w, want = append(w, lit(s)...), want+s
			}
		}
		text := w.quote()
		if text == "" {
			return
		}
		if got := echo(t, bash, "id_x='vpce-1 *'", text); got != want+"\x00" {
			t.Errorf("got  %q\nwant %q\n%s", got, want, text)
		}
	})
}

func TestASCIIJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(hard().Draw(t, "text"), "?")
		var got string
		if err := json.Unmarshal([]byte(ascii(s)), &got); err != nil || got != s {
			t.Errorf("%v: %q", err, got)
		}
		if !showable(ascii(s)) || strings.ContainsAny(ascii(s), "'$`") {
			t.Errorf("%s", ascii(s))
		}
	})
}

func TestCommentsStayComments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, line := range strings.Split(strings.TrimSuffix(comment("# ", rapid.OneOf(hard(), rapid.Just("shellcheck disable=all")).Draw(t, "text")), "\n"), "\n") {
			if !strings.HasPrefix(line, "#") || strings.HasPrefix(strings.TrimLeft(line, "# "), "shellcheck") || strings.ContainsAny(line, "\x1b\r\t\u202e\u2028") {
				t.Errorf("%q", line)
			}
		}
	})
}
