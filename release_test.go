package architecture_test

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// readYAML reads a file of this repository.
func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// workflow is what the tests need of a workflow of GitHub Actions.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Concurrency struct{ Group string }
	Jobs        map[string]struct {
		Needs, Uses string
		Permissions map[string]string
		Steps       []struct {
			Uses, Run string
			With, Env map[string]string
		}
	}
}

// TestReleaseWorkflow verifies what actionlint cannot know: a release follows the checks of CI, each job has only the permissions that it
// needs, the versions of tools are those of .ci/run, and the secrets are those that .goreleaser.yaml reads.
func TestReleaseWorkflow(t *testing.T) {
	var release, ci workflow
	readYAML(t, ".github/workflows/release.yml", &release)
	readYAML(t, ".github/workflows/ci.yml", &ci)
	if _, ok := ci.On["workflow_call"]; !ok || release.Jobs["ci"].Uses != "./.github/workflows/ci.yml" || release.Jobs["release"].Needs != "ci" {
		t.Error("a release does not wait for ci.yml")
	}
	for name, have := range map[string]map[string]string{"ci.yml": ci.Permissions, "the job ci": release.Jobs["ci"].Permissions} {
		if !maps.Equal(have, map[string]string{"contents": "read"}) {
			t.Errorf("permissions of %s: %v", name, have)
		}
	}
	if have := release.Jobs["release"].Permissions; release.Permissions == nil || len(release.Permissions) > 0 ||
		!maps.Equal(have, map[string]string{"contents": "write", "packages": "write", "id-token": "write", "attestations": "write"}) {
		t.Errorf("permissions: %v and %v", release.Permissions, have)
	}
	// A called workflow has the name and the ref of its caller, and the names of groups ignore case.
	if g := release.Concurrency.Group; strings.Contains(g, "${{") || g == "" {
		t.Errorf("the group %q can be that of ci.yml, which would cancel the release", g)
	}

	tools, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(config), "\nchangelog:") {
		t.Error(".goreleaser.yaml has settings of the changelog; with disable, GoReleaser ignores --release-notes")
	}
	steps := 0
	for _, step := range release.Jobs["release"].Steps {
		switch {
		case strings.HasPrefix(step.Uses, "goreleaser/"):
			steps++
			if !strings.Contains(step.With["args"], "--release-notes=") {
				t.Errorf("the release has no notes: goreleaser %s", step.With["args"])
			}
			if !strings.Contains(string(tools), "/goreleaser/v2@"+step.With["version"]+";") {
				t.Errorf(".ci/run tests another version of GoReleaser than %s", step.With["version"])
			}
			want := map[string]bool{"GITHUB_TOKEN": true}
			for _, m := range regexp.MustCompile(`isEnvSet "(\w+)"`).FindAllStringSubmatch(string(config), -1) {
				want[m[1]] = true
			}
			if have := slices.Sorted(maps.Keys(step.Env)); !slices.Equal(have, slices.Sorted(maps.Keys(want))) {
				t.Errorf("variables: %v, want %v", have, want)
			}
			for name, value := range step.Env {
				if value != "${{ secrets."+name+" }}" {
					t.Errorf("%s is %s", name, value)
				}
			}
		case strings.HasPrefix(step.Uses, "actions/attest@"):
			steps++
			name := strings.TrimPrefix(step.With["subject-checksums"], "dist/")
			if !strings.Contains(string(config), "name_template: "+name+"\n") {
				t.Errorf("GoReleaser does not write %s", name)
			}
		}
	}
	if steps != 3 {
		t.Errorf("%d steps of GoReleaser and attestations, want 3", steps)
	}
}

// TestActionsArePinned: workflows use a commit of each action, because a tag can be moved, and a comment with the version.
func TestActionsArePinned(t *testing.T) {
	uses, pinned := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`), regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	n := 0
	for _, name := range []string{".github/workflows/ci.yml", ".github/workflows/release.yml"} {
		for _, m := range uses.FindAllStringSubmatch(read(t, name), -1) {
			n++
			if !strings.HasPrefix(m[1], "./") && !pinned.MatchString(m[1]) {
				t.Errorf("%s uses %s, which is not a commit with its version as a comment", name, m[1])
			}
		}
	}
	if n < 8 {
		t.Errorf("found %d actions, want at least 8", n)
	}
}

// TestToolsOfCI: ci.yml installs what .ci/run needs and cannot install, in the same version.
func TestToolsOfCI(t *testing.T) {
	ci := read(t, ".github/workflows/ci.yml")
	installs := map[string]string{"go": "actions/setup-go@", "terraform": "hashicorp/setup-terraform@"}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^.* \|\| absent\+=\("(.*)"\)$`).FindAllStringSubmatch(read(t, ".ci/run"), -1) {
		n++
		name, _, _ := strings.Cut(strings.TrimSuffix(m[1], ":"), " ")
		want := installs[strings.TrimSuffix(name, ":")]
		if _, pip, ok := strings.Cut(m[1], ": pip install "); ok {
			want = " " + pip
		}
		if want == "" || !strings.Contains(ci, want) {
			t.Errorf("ci.yml does not install %s (%q)", m[1], want)
		}
	}
	if n < 5 {
		t.Errorf("found %d tools, want at least 5", n)
	}
	if !strings.Contains(ci, "terraform_wrapper: false") {
		t.Error("the wrapper of setup-terraform changes the output of Terraform")
	}
}

// TestReleaseNotes: scripts/release-notes.sh prints a part of CHANGELOG.md as GitHub shows it in a release: each paragraph on one line, and
// links to files of the tag. It fails for a version without a part.
func TestReleaseNotes(t *testing.T) {
	log, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(log), "\n## ")
	heading, rest, _ := strings.Cut(rest, "\n")
	want, _, _ := strings.Cut(rest, "\n## ")
	version, _, _ := strings.Cut(heading, " ")
	for _, version := range []string{version, version + "-rc.1"} {
		out, err := exec.CommandContext(t.Context(), "bash", "scripts/release-notes.sh", version).Output()
		if err != nil {
			t.Fatal(err)
		}
		files := "https://github.com/privatelink-wizard/privatelink-wizard/blob/v" + version + "/"
		if have := strings.ReplaceAll(string(out), "]("+files, "]("); !slices.Equal(strings.Fields(have), strings.Fields(want)) || len(have) < 100 {
			t.Errorf("the notes of %s:\n%s", version, out)
		}
		if m := regexp.MustCompile(`(?m)\]\([^h][^)]*\)|^ .*|^[^-#\n].*\n[^\n].*`).FindString(string(out)); m != "" {
			t.Errorf("the notes of %s have a link to a file of the repository, or a paragraph on several lines: %s", version, m)
		}
		if m := regexp.MustCompile(regexp.QuoteMeta(files)+`([^)#]*)`).FindAllStringSubmatch(string(out), -1); len(m) < 5 {
			t.Errorf("the notes of %s have %d links to files", version, len(m))
		}
	}
	for _, version := range []string{"", "9.9.9", ".*"} {
		out, err := exec.CommandContext(t.Context(), "bash", "scripts/release-notes.sh", version).CombinedOutput()
		if err == nil || string(out) != "CHANGELOG.md has no notes for "+version+"\n" {
			t.Errorf("%q: %v\n%s", version, err, out)
		}
	}
}

// TestInstallPages: README.md and docs/install.md name files and an image as .goreleaser.yaml does. They and docs/check.md have the version
// that scripts/cloudshell.sh downloads. The acceptance tests compare the names of the files with those of a release.
func TestInstallPages(t *testing.T) {
	var config struct {
		Dockers []struct{ Images []string } `yaml:"dockers_v2"`
		Casks   []struct {
			Name       string
			Repository struct{ Owner string }
		} `yaml:"homebrew_casks"`
		Winget []struct {
			ID string `yaml:"package_identifier"`
		}
	}
	readYAML(t, ".goreleaser.yaml", &config)
	script, err := os.ReadFile("scripts/cloudshell.sh")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^  version=(\S+)$`).FindStringSubmatch(string(script))
	if version == nil || len(config.Dockers) != 1 || len(config.Casks) != 1 || len(config.Winget) != 1 {
		t.Fatal(version, config)
	}
	for _, name := range []string{"README.md", "docs/install.md", "docs/check.md"} {
		page := read(t, name)
		found := regexp.MustCompile(`(?:privatelink-wizard[_-]|privatelink-wizard:|download[ /]v)(\d+\.\d+\.\d+)`).FindAllStringSubmatch(page, -1)
		for _, m := range found {
			if m[1] != version[1] {
				t.Errorf("%s has version %s, want %s", name, m[1], version[1])
			}
		}
		if len(found) == 0 {
			t.Errorf("%s has no version", name)
		}
		if name == "docs/check.md" {
			continue
		}
		for _, text := range []string{config.Dockers[0].Images[0] + ":" + version[1], "brew install --cask " + config.Casks[0].Repository.Owner + "/tap/" + config.Casks[0].Name, "winget install " + config.Winget[0].ID} {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not have %q", name, text)
			}
		}
	}
}
