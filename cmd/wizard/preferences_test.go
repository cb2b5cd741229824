package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/answers"
)

// prefers writes a preferences file and AWS configuration files for a test.
func prefers(t *testing.T, text string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("XDG_STATE_HOME", dir)
	for _, name := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE", "NO_COLOR", "ACCESSIBLE", "TERM"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "aws"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	file := filepath.Join(dir, "privatelink-wizard", "config.yaml")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(dir, "aws"): "[default]\nregion = eu-west-3\n[profile lab]\nregion = us-west-2\n[profile bare]\noutput = json\n", file: text} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPrecedence asserts what sets each value: a flag, a variable, the preferences, the AWS configuration files, or the default.
func TestPrecedence(t *testing.T) {
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
	both := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_PROFILE": "lab"}
	for _, tc := range []struct {
		name, file, args string
		env              map[string]string
		key, want        string // the value, and what set it
	}{
		{"default profile", "", "", nil, "profile", "default: default"},
		{"preferred profile", "profile: lab", "", nil, "profile", "lab: preferences, line 1"},
		{"variable before preferences", "profile: lab", "", map[string]string{"AWS_PROFILE": "bare"}, "profile", "bare: AWS_PROFILE, instead of lab (preferences, line 1)"},
		{"the other variable", "profile: lab", "", map[string]string{"AWS_DEFAULT_PROFILE": "bare"}, "profile", "bare: AWS_DEFAULT_PROFILE, instead of lab (preferences, line 1)"},
		{"the same value", "profile: lab", "", map[string]string{"AWS_PROFILE": "lab"}, "profile", "lab: AWS_PROFILE"},
		{"flag before variable", "profile: lab", "--profile bare", map[string]string{"AWS_PROFILE": "x"}, "profile", "bare: --profile, instead of lab (preferences, line 1)"},
		{"credentials before preferences", "profile: lab", "", keys, "profile", ": credentials of AWS_ACCESS_KEY_ID, instead of lab (preferences, line 1)"},
		{"credentials before the profile of a variable", "profile: lab", "", both, "profile", ": credentials of AWS_ACCESS_KEY_ID, instead of lab (preferences, line 1)"},
		{"a flag before credentials", "", "--profile lab", both, "profile", "lab: --profile"},
		{"Region of the profile of a variable", "region: eu-west-1", "", both, "region", "us-west-2: profile lab, instead of eu-west-1 (preferences, line 1)"},

		{"no Region", "", "--profile bare", nil, "region", ": not set"},
		{"Region of the profile", "profile: lab", "", nil, "region", "us-west-2: profile lab"},
		{"preferred Region", "profile: lab\nregion: eu-west-1", "", nil, "region", "eu-west-1: preferences, line 2"},
		{"preferred Region, default profile", "region: eu-west-1", "", nil, "region", "eu-west-1: preferences, line 1"},
		{"another profile has its own Region", "profile: lab\nregion: eu-west-1", "--profile default", nil, "region", "eu-west-3: profile default, instead of eu-west-1 (preferences, line 2)"},
		{"another profile of a variable", "region: eu-west-1", "", map[string]string{"AWS_PROFILE": "lab"}, "region", "us-west-2: profile lab, instead of eu-west-1 (preferences, line 1)"},
		{"the same profile", "profile: lab\nregion: eu-west-1", "--profile lab", nil, "region", "eu-west-1: preferences, line 2"},
		{"another profile without a Region", "region: eu-west-1", "--profile bare", nil, "region", "eu-west-1: preferences, line 1"},
		{"credentials without a Region", "region: eu-west-1", "", keys, "region", "eu-west-1: preferences, line 1"},
		{"variable before the preferred Region", "region: eu-west-1", "", map[string]string{"AWS_DEFAULT_REGION": "us-east-2"}, "region", "us-east-2: AWS_DEFAULT_REGION, instead of eu-west-1 (preferences, line 1)"},
		{"Region of the flag", "region: eu-west-1", "--region us-east-1", map[string]string{"AWS_REGION": "us-east-2"}, "region", "us-east-1: --region, instead of eu-west-1 (preferences, line 1)"},

		{"colors", "", "", nil, "color", "auto: default"},
		{"no colors", "color: never", "", nil, "color", "never: preferences, line 1"},
		{"no colors by a variable", "color: auto", "", map[string]string{"NO_COLOR": "1"}, "color", "never: NO_COLOR, instead of auto (preferences, line 1)"},
		{"colors by a flag", "color: never", "--no-color=false", nil, "color", "auto: --no-color, instead of never (preferences, line 1)"},
		{"no colors by a flag", "", "--no-color", nil, "color", "never: --no-color"},

		{"plain", "plain: true", "", nil, "plain", "true: preferences, line 1"},
		{"not plain by a flag", "plain: true", "--plain=false", nil, "plain", "false: --plain, instead of true (preferences, line 1)"},
		{"plain by a variable", "plain: false", "--plain=false", map[string]string{"ACCESSIBLE": "1"}, "plain", "true: ACCESSIBLE, instead of false (preferences, line 1)"},
		{"a terminal without a cursor", "", "", map[string]string{"TERM": "dumb"}, "plain", "true: TERM"},

		{"a tag", "prefix: acme\ntags:\n  team: payments", "", nil, "tags.team", "payments: preferences, line 3"},
		{"prefix", "prefix: acme", "", nil, "prefix", "acme: preferences, line 1"},
		{"history", "history: false", "", nil, "history", "false: preferences, line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prefers(t, tc.file)
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			code, out, errs := wizard(t, append([]string{"config", "--json"}, strings.Fields(tc.args)...)...)
			var list configList
			if err := json.Unmarshal([]byte(out), &list); code != exitOK || err != nil {
				t.Fatal(code, err, errs)
			}
			for _, s := range list.Settings {
				if got := s.Value + ": " + s.from(); s.Key == tc.key && got == tc.want {
					return
				}
			}
			t.Errorf("want %s of %s:\n%s", tc.want, tc.key, out)
		})
	}
}

// TestPreferencesOpenAnAccount asserts that an account is opened with the profile and the Region of the preferences, and that
// the first screen shows them.
func TestPreferencesOpenAnAccount(t *testing.T) {
	for _, tc := range []struct{ name, file, profile, region, opened, wantRegion, from string }{
		{"preferences", "profile: lab\nregion: eu-west-1", "", "", "lab", "eu-west-1", "from the preferences"},
		{"profile only", "profile: lab", "", "", "lab", "us-west-2", "from the profile"},
		{"a profile of the screen", "profile: bare\nregion: eu-west-1", "lab", "", "lab", "us-west-2", "from the profile"},
		{"a profile of the screen without a Region", "region: eu-west-1", "bare", "", "bare", "eu-west-1", "from the preferences"},
		{"the Region of answers", "profile: lab\nregion: eu-west-1", "", "us-east-1", "lab", "us-east-1", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			prefers(t, tc.file)
			p := readPreferences()
			g := &globals{profile: tc.profile, onScreen: true, preferences: func() *preferences { return p }}
			profile, region, err := g.selected(t.Context(), tc.region)
			if err != nil || profile.Value != tc.opened {
				t.Fatal(profile, err)
			}
			c, err := g.open(t.Context(), tc.region)
			if err != nil || c.Region() != tc.wantRegion {
				t.Errorf("open: %v %v, selected %q", c, err, region)
			}
			if tc.from == "" {
				return
			}
			b := &backend{g: &globals{preferences: g.preferences}}
			own := b.Own(tc.profile)
			if set := own.Settings; set.Flag != tc.opened || set.Region != tc.wantRegion || set.From != tc.from || set.Chosen || own.Flags[0] != "--profile="+tc.opened {
				t.Errorf("first screen: %+v %v", set, own.Flags)
			}
		})
	}
}

// TestFlagsOfShownCommands asserts that the commands on the screens select the account that is open: with credentials of the environment,
// --profile would select another one.
func TestFlagsOfShownCommands(t *testing.T) {
	for _, tc := range []struct{ variable, key, flag string }{
		{"AWS_PROFILE", "", "--profile=lab"}, {"AWS_DEFAULT_PROFILE", "", "--profile=lab"}, {"AWS_PROFILE", "AKIDEXAMPLE", ""}, {"", "AKIDEXAMPLE", ""}, {"", "", ""},
	} {
		prefers(t, "")
		if tc.variable != "" {
			t.Setenv(tc.variable, "lab")
		}
		t.Setenv("AWS_ACCESS_KEY_ID", tc.key)
		t.Setenv("AWS_SECRET_ACCESS_KEY", tc.key)
		own := (&backend{g: &globals{}}).Own("")
		if got := strings.Join(own.Flags, " "); got != tc.flag || tc.key != "" && own.Settings.Profile != "" {
			t.Errorf("%+v: flags %q, profile %q", tc, got, own.Settings.Profile)
		}
	}
}

// TestPreferencesAreNoted asserts that a command says which part of the account is from the preferences, because its arguments do not show
// it. The screens of the interactive wizard show the account.
func TestPreferencesAreNoted(t *testing.T) {
	for _, tc := range []struct {
		file, profile, region string
		onScreen              bool
		want                  string
	}{
		{"profile: lab\nregion: eu-west-1", "", "", false, "Note: the preferences set profile lab and Region eu-west-1.\n"},
		{"profile: lab", "", "", false, "Note: the preferences set profile lab.\n"},
		{"profile: bare\nregion: eu-west-1", "lab", "", false, ""},
		{"region: eu-west-1", "bare", "", false, "Note: the preferences set Region eu-west-1.\n"},
		{"profile: lab\nregion: eu-west-1", "", "us-east-1", false, "Note: the preferences set profile lab.\n"},
		{"profile: lab\nregion: eu-west-1", "", "eu-west-1", false, "Note: the preferences set profile lab.\n"},
		{"profile: lab\nregion: eu-west-1", "", "", true, ""},
		{"", "", "", false, ""},
	} {
		prefers(t, tc.file)
		p := readPreferences()
		var errs bytes.Buffer
		g := &globals{profile: tc.profile, onScreen: tc.onScreen, streams: streams{Err: &errs}, preferences: func() *preferences { return p }}
		if _, err := g.open(t.Context(), tc.region); err != nil || errs.String() != tc.want {
			t.Errorf("%+v: %v %q", tc, err, &errs)
		}
	}
}

// TestExportNamesTheProfile asserts that the commands for an export do not use another account than the plan.
func TestExportNamesTheProfile(t *testing.T) {
	ownAccountOf(t, "closed")
	url, state := os.Getenv("AWS_ENDPOINT_URL"), os.Getenv("XDG_STATE_HOME")
	prefers(t, "profile: lab\nregion: us-east-1")
	for name, text := range map[string]string{os.Getenv("AWS_SHARED_CREDENTIALS_FILE"): "[lab]\naws_access_key_id = any\naws_secret_access_key = any\n",
		filepath.Join(state, "answers.yaml"): "version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL", url)
	const says = "The commands need credentials for this account, such as AWS_PROFILE=lab."
	if code, _, errs := wizard(t, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "a.sh"); code != exitOK || !strings.Contains(errs, says) || strings.Count(errs, "Note: the preferences set profile lab and Region us-east-1.") != 1 {
		t.Error(code, errs)
	}
	t.Setenv("AWS_PROFILE", "lab") // which the AWS CLI reads too
	if code, _, errs := wizard(t, "export", "--answers", "answers.yaml", "--format", "bash", "--out", "a.sh"); code != exitOK || strings.Contains(errs, says) || strings.Contains(errs, "profile lab") {
		t.Error(code, errs)
	}
}

// TestPreferencesFile asserts where the file is, and that a change keeps a link and the access rights.
func TestPreferencesFile(t *testing.T) {
	prefers(t, "profile: lab\n")
	dir := os.Getenv("XDG_CONFIG_HOME")
	name := filepath.Join(dir, "privatelink-wizard", "config.yaml")
	if got, err := preferencesFile(); err != nil || got != name {
		t.Errorf("%s, %v", got, err)
	}
	if runtime.GOOS != "windows" {
		target := filepath.Join(dir, "dotfiles.yaml")
		if err := os.Rename(name, target); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := wizard(t, "config", "set", "color", "never"); code != exitOK {
			t.Error(errs)
		}
		text, err := os.ReadFile(target)
		if err != nil || string(text) != "profile: lab\ncolor: never\n" {
			t.Errorf("%s %v", text, err)
		}
		if info, err := os.Lstat(name); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link was replaced: %v %v", info, err)
		}
		if info, err := os.Stat(target); err != nil || info.Mode().Perm() != privateMode {
			t.Errorf("%v %v", info.Mode(), err)
		}
		if err := os.Chmod(target, 0o640); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := wizard(t, "config", "set", "color", "auto"); code != exitOK {
			t.Error(errs)
		}
		if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%v %v", info.Mode(), err)
		}
		if err := os.Remove(target); err != nil {
			t.Fatal(err)
		}
		if code, _, errs := wizard(t, "config", "set", "color", "auto"); code != exitUsage || !strings.Contains(errs, "config.yaml is a symbolic link to "+target+", which cannot be found") {
			t.Error(code, errs)
		}
		if info, err := os.Lstat(name); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link was replaced: %v %v", info, err)
		}
		t.Setenv("XDG_CONFIG_HOME", "relative")
		t.Setenv("HOME", dir)
		if got, err := preferencesFile(); err != nil || got != filepath.Join(dir, ".config", "privatelink-wizard", "config.yaml") {
			t.Errorf("%s, %v", got, err)
		}
		t.Setenv("HOME", "") // as in a container without a home directory
		if p := readPreferences(); p.err != nil || p.name != "" {
			t.Errorf("%+v", p)
		}
		if code, _, errs := wizard(t, "config", "set", "color", "never"); code != exitUsage || !strings.Contains(errs, "no directory for the preferences file") {
			t.Error(code, errs)
		}
	}
}

// TestKeysOfPreferences asserts that the help and the completion know each key.
func TestKeysOfPreferences(t *testing.T) {
	for _, key := range answers.PreferenceKeys() {
		if !strings.Contains(keysText, key) || preferenceTexts[key] == "" {
			t.Errorf("%s is not described", key)
		}
	}
	for args, want := range map[string]string{"re": "region\t", "color ": "never\n", "plain f": "false\n", "tags": "tags.\t", "profile ": "lab\n"} {
		prefers(t, "")
		_, out, _ := wizard(t, append([]string{"__complete", "config", "set"}, strings.Split(args, " ")...)...)
		if !strings.Contains(out, want) {
			t.Errorf("%q: %s", args, out)
		}
	}
}

// TestPreferencesOfNewPlans asserts that the prefix and the tags are in what the wizard writes, and that an answers file does not get them.
func TestPreferencesOfNewPlans(t *testing.T) {
	prefers(t, "prefix: acme\ntags: {team: payments}\n")
	t.Chdir(t.TempDir())
	var errs bytes.Buffer
	code := Main(t.Context(), streams{In: strings.NewReader("ecs on fargate\nprod/web\nreview the plan\nsave the answers\n\nq\n"), Out: io.Discard, Err: &errs}, []string{"--sandbox", "--plain"})
	text, err := os.ReadFile("answers.yaml")
	if err != nil || !strings.Contains(string(text), "prefix: acme\ntags:\n  team: payments\n") {
		t.Fatalf("%d %s%s%v", code, &errs, text, err)
	}
	if err := os.WriteFile("other.yaml", []byte("version: 1\nworkload: ecs-fargate\nvpc: vpc-0a1b2c3d4e5f60001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := wizard(t, "plan", "--sandbox", "--answers", "other.yaml", "--json"); code != exitOK || strings.Contains(out, "acme") || strings.Contains(out, "payments") {
		t.Error(code, out, errs)
	}
}

// TestPreferencesPage asserts that the file of docs/config.md sets every key, and that its table is what the commands before it lead to.
func TestPreferencesPage(t *testing.T) {
	blocks, _ := page(t, "docs/config.md")
	prefers(t, "")
	for _, b := range blocks {
		switch b.kind {
		case "yaml":
			_, file, err := answers.LoadPreferences("docs/config.md", []byte(b.text))
			if err != nil {
				t.Error(err)
			}
			for _, key := range answers.PreferenceKeys() {
				if file.Line(key) == 0 {
					t.Errorf("the file does not show %s", key)
				}
			}
		case "sh":
			for _, c := range shellCommands(t, b.text) {
				if args := c.calls[0][1:]; len(args) > 1 && args[1] == "set" {
					if code, _, errs := wizard(t, args...); code != exitOK {
						t.Error(c.text, errs)
					}
				}
			}
		case "text":
			if _, out, _ := wizard(t, "config"); out != b.text {
				t.Errorf("the page shows\n%s\nand wizard config prints\n%s", b.text, out)
			}
		}
	}
}
