package export

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
	"pgregory.net/rapid"

	"github.com/privatelink-wizard/privatelink-wizard/internal/words"
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

// reader starts a bash that reads many lines of words, and returns a function that returns the words of a line. It ends with the test.
func reader(f *testing.F, bash, locale, before string) func(line string) ([]string, error) {
	cmd := exec.Command(bash, "-c", before+`
while IFS= read -r -d '' line; do
  set --
  eval "set -- $line"
  printf '%s\0' "$#" "$@"
done`)
	cmd.Env = []string{"LC_ALL=" + locale}
	in, err := cmd.StdinPipe()
	if err != nil {
		f.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		f.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			f.Error(err)
		}
	})
	out := bufio.NewReader(pipe)
	return func(line string) ([]string, error) {
		if _, err := in.Write([]byte(line + "\x00")); err != nil {
			return nil, err
		}
		count, err := out.ReadString(0)
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(strings.TrimSuffix(count, "\x00"))
		words := make([]string, n)
		for i := range words {
			if words[i], err = out.ReadString(0); err != nil {
				return nil, err
			}
			words[i] = strings.TrimSuffix(words[i], "\x00")
		}
		return words, err
	}
}

// FuzzQuote: bash, in two locales, and the parser that checks scripts read the same bytes from a quoted text, also beside variables.
func FuzzQuote(f *testing.F) {
	bash := tool(f, "bash")
	for _, s := range []string{"", "a", "-n", "=x", "~", "a b", "it's", "$HOME", "`id`", `\`, `\'`, "!x", "*?[a]{b,c}", "a\nb\n", "\t\r\x1b[2J\x7f", "\xff\xc3", "é\u202e\u2028\u00a0’", "\x017", "#x", "[0]", "7", "_a"} {
		f.Add(s, s)
	}
	f.Add("\xc3", "\x99") // one character in two pieces
	const value = "vpce-1 *"
	shells := map[string]func(string) ([]string, error){}
	for _, locale := range []string{"C", "C.UTF-8"} {
		shells[locale] = reader(f, bash, locale, "id_x='"+value+"'")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.Contains(a+b, "\x00") {
			t.Skip("a shell word cannot contain it")
		}
		lines := []string{quote(a), quote(a + b), word{{lit: a}, {variable: "id_x"}, {lit: b}, {variable: "id_x"}}.quote(), (word{{lit: a}, {variable: "id_x"}, {lit: b}}).lines()}
		want := []string{a, a + b, a + value + b + value, a + value + b}
		if !words.Showable(strings.ReplaceAll(a, "\n", " ")) || !words.Showable(strings.ReplaceAll(b, "\n", " ")) {
			lines, want = lines[:3], want[:3] // lines is for text of this program
		}
		for _, w := range lines[:3] {
			if i := strings.IndexFunc(w, func(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(w) {
				t.Errorf("%q is not shown as it is: %q", a+b, w)
			}
		}
		line := strings.Join(lines, " ")
		for locale, read := range shells {
			if got, err := read(line); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %q (%v)\nwant %q\n%s", locale, got, err, want, line)
			}
		}
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader("echo "+line), "")
		if err != nil || len(file.Stmts) != 1 {
			t.Fatalf("%v: %s", err, line)
		}
		got, err := expand.Fields(&expand.Config{Env: expand.ListEnviron("id_x=" + value)}, file.Stmts[0].Cmd.(*syntax.CallExpr).Args[1:]...)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("the parser: got %q (%v)\nwant %q\n%s", got, err, want, line)
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
		if !words.Showable(ascii(s)) || strings.ContainsAny(ascii(s), "'$`") {
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
