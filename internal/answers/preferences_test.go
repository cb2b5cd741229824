package answers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const preferred = `# On my computer.
profile: dev
region: eu-west-1   # near
color: never
plain: false

# Of the platform team.
prefix: Acme Network
tags:
  team: payments
  # for the invoice
  "cost:center": "42"

history: true
`

func TestLoadPreferences(t *testing.T) {
	want := Preferences{Profile: "dev", Region: "eu-west-1", Color: ColorNever, Plain: new(false), Prefix: "Acme Network",
		Tags: map[string]string{"team": "payments", "cost:center": "42"}, History: new(true)}
	for name, text := range map[string]string{"as it is": preferred, "Windows lines": strings.ReplaceAll(preferred, "\n", "\r\n"), "byte order mark": "\uFEFF" + preferred} {
		got, file, err := LoadPreferences("config.yaml", []byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		for key, line := range map[string]int{"profile": 2, "region": 3, "plain": 5, "tags": 9, "tags.cost:center": 12, "history": 14} {
			if got := file.Line(key); got != line {
				t.Errorf("%s: %s is on line %d, want %d", name, key, got, line)
			}
		}
	}
	for _, text := range []string{"", "\n", "# nothing\n", "---\n"} {
		if got, _, err := LoadPreferences("config.yaml", []byte(text)); err != nil || !cmp.Equal(got, Preferences{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestLoadPreferencesReportsMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"profil: dev":               `config.yaml:1:1: "profil" is not a key of a preferences file (did you mean profile?); supported: profile, region, color, plain, prefix, tags, history`,
		"region: Ireland":           `config.yaml:1:9: region: "Ireland" is not a Region; write its code, such as eu-central-1`,
		"color: nevr":               `config.yaml:1:8: color: "nevr" is not a value of color (did you mean never?); supported: auto, never`,
		"plain: yes please":         `config.yaml:1:8: plain: "yes please" must be true or false, without quotes`,
		"profile: 123456789012":     `config.yaml:1:10: profile: "123456789012" is not read as text by YAML; put it in quotes: "123456789012"`,
		"tags: {x: 1}":              `config.yaml:1:11: tags.x: "1" is not read as text by YAML; put it in quotes: "1"`,
		"tags: {\"aws:x\": y}":      `config.yaml:1:8: tags: "aws:x" begins with aws:, which is reserved by AWS`,
		"tags:":                     `config.yaml:1:7: tags: has no value; write key: value, or remove the key`,
		"profile: a\nprofile: b":    `config.yaml:2:1: "profile" is a duplicate key; first defined on line 1`,
		"- profile":                 `config.yaml:1:1: must be key: value; write one such as profile: dev`,
		"profile: a\n---\nplain: x": `config.yaml:2:1: a second document begins here; a preferences file must be one document`,
		"prefix: -a":                `config.yaml:1:9: prefix: "-a" is not a prefix for names; use at most 64 letters, digits, spaces, dots, - and _`,
	} {
		if _, _, err := LoadPreferences("config.yaml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestSetPreference(t *testing.T) {
	for _, tc := range []struct{ name, text, key, value, want string }{
		{"first key", "", "profile", "dev", "profile: dev\n"},
		{"behind comments", "# mine\n", "plain", "true", "# mine\nplain: true\n"},
		{"added", "profile: dev", "region", "eu-west-1", "profile: dev\nregion: eu-west-1\n"},
		{"replaced", "profile: dev\nregion: eu-west-1\n", "profile", "lab", "profile: lab\nregion: eu-west-1\n"},
		{"comment stays", "region: eu-west-1   # near\n", "region", "us-east-1", "region: us-east-1 # near\n"},
		{"quotes", "profile: \"a # b\"\n", "profile", "true", "profile: \"true\"\n"},
		{"Windows lines", "profile: dev\r\nplain: true\r\n", "plain", "false", "profile: dev\r\nplain: false\r\n"},
		{"byte order mark", "\uFEFFprofile: dev\n", "profile", "lab", "\uFEFFprofile: lab\n"},
		{"comment behind quotes", "profile: \"a # b\" # mine\n", "profile", "lab", "profile: lab # mine\n"},
		{"comment behind single quotes", "profile: 'it''s # b'  # mine\n", "profile", "lab", "profile: lab # mine\n"},
		{"comment behind escapes", "profile: \"a\\\" # b\" # mine\n", "profile", "lab", "profile: lab # mine\n"},
		{"an apostrophe", "profile: it's # mine\n", "profile", "lab", "profile: lab # mine\n"},
		{"comment behind a tag", "tags: # ours\n  team: a  # us\n  # end\n", "tags.team", "b", "tags: # ours\n  team: b # us\n  # end\n"},
		{"tag below a comment", "tags: # ours\n  team: a\n", "tags.b", "c", "tags: # ours\n  team: a\n  b: c\n"},
		{"comment behind braces", "tags: {a: b} # ours\n", "tags.c", "d", "tags: # ours\n  a: b\n  c: d\n"},
		{"first tag", "profile: dev\n", "tags.team", "payments", "profile: dev\ntags:\n  team: payments\n"},
		{"next tag", "tags:\n    team: payments\n\nplain: true\n", "tags.cost:center", "42", "tags:\n    team: payments\n    \"cost:center\": \"42\"\n\nplain: true\n"},
		{"changed tag", "tags:\n  # ours\n  \"team\": a\n  b: c\n", "tags.team", "d e", "tags:\n  # ours\n  team: \"d e\"\n  b: c\n"},
		{"tag in braces", "tags: {b: c}\n", "tags.a", "", "tags:\n  a: \"\"\n  b: c\n"},
		{"same prefix", "plain: true\nprofile: a\n", "prefix", "x", "plain: true\nprofile: a\nprefix: x\n"},
	} {
		got, err := SetPreference("config.yaml", []byte(tc.text), tc.key, tc.value)
		if diff := cmp.Diff(tc.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tc.name, err, diff)
		}
	}
	for _, tc := range []struct{ text, key, value, want string }{
		{"", "colour", "never", `"colour" is not a key of a preferences file (did you mean color?); supported: profile, region, color, plain, prefix, tags, history, and tags.KEY for one tag`},
		{"", "color", "no", `color: "no" is not a value of color; supported: auto, never`},
		{"", "plain", "on", `plain: "on" must be true or false`},
		{"", "region", "", `region: "" is empty; write a value or remove it`},
		{"", "tags", "a=b", `tags has several values; set one of them, such as tags.team`},
		{"", "tags.aws:x", "y", `tags.aws:x: "y" begins with aws:, which is reserved by AWS`},
		{"tags: {a: b, # first\n  c: d} # second\n", "tags.e", "f", `config.yaml has a form that this command cannot change; edit tags.e in it`},
		{"{profile: dev}\n", "region", "eu-west-1", `config.yaml has a form that this command cannot change; edit region in it`},
		{"profil: dev\n", "region", "eu-west-1", `config.yaml:1:1: "profil" is not a key of a preferences file (did you mean profile?); supported: profile, region, color, plain, prefix, tags, history`},
	} {
		if got, err := SetPreference("config.yaml", []byte(tc.text), tc.key, tc.value); err == nil || err.Error() != tc.want || got != nil {
			t.Errorf("%s: %v, want %s", tc.key, err, tc.want)
		}
	}
}

func TestUnsetPreference(t *testing.T) {
	for _, tc := range []struct{ name, text, key, want string }{
		{"only key", "profile: dev\n", "profile", ""},
		{"absent", "profile:   dev", "region", "profile:   dev"},
		{"tag", preferred, "tags.team", strings.Replace(preferred, "  team: payments\n", "", 1)},
		{"last tag", "plain: true\ntags:\n  a: b\n", "tags.a", "plain: true\n"},
		{"all tags", "tags:\n  a: b\n  c: d\nplain: true\n", "tags", "plain: true\n"},
		{"absent tag", "tags: {a: b}\n", "tags.b", "tags: {a: b}\n"},
	} {
		got, err := UnsetPreference("config.yaml", []byte(tc.text), tc.key)
		if diff := cmp.Diff(tc.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tc.name, err, diff)
		}
	}
}

// FuzzSetPreference changes preferences in any text: the result has the value, and the others as before.
func FuzzSetPreference(f *testing.F) {
	f.Add(preferred, "tags.team", "a")
	f.Add("tags: {a: b}", "tags.a", "c")
	f.Add("profile: |\n  a\n b", "profile", "x: y")
	f.Fuzz(func(t *testing.T, text, key, value string) {
		before, _, err := LoadPreferences("f", []byte(text))
		if err != nil {
			return
		}
		out, err := SetPreference("f", []byte(text), key, value)
		if err != nil {
			return
		}
		got, _, err := LoadPreferences("f", out)
		before.put(key, &value)
		if err != nil || !cmp.Equal(before, got) {
			t.Errorf("%v\n%s", err, cmp.Diff(before, got))
		}
		if a, b := comments(text), comments(string(out)); len(b) < len(a) {
			t.Errorf("comments before %q, after %q", a, b)
		}
		if back, err := UnsetPreference("f", out, key); err == nil {
			if after, file, err := LoadPreferences("f", back); err != nil || file.Line(key) != 0 {
				t.Errorf("%v %+v", err, after)
			}
		}
	})
}
