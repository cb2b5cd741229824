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
	steps := 0
	for _, step := range release.Jobs["release"].Steps {
		switch {
		case strings.HasPrefix(step.Uses, "goreleaser/"):
			steps++
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

// TestReleaseNotes: scripts/release-notes.sh prints a part of CHANGELOG.md, and fails for a version without one.
func TestReleaseNotes(t *testing.T) {
	log, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(log), "\n## ")
	heading, rest, _ := strings.Cut(rest, "\n")
	want, _, _ := strings.Cut(rest, "\n## ")
	version, _, _ := strings.Cut(heading, " ")
	out, err := exec.CommandContext(t.Context(), "bash", "scripts/release-notes.sh", version).Output()
	if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(want) || len(out) < 100 {
		t.Errorf("the notes of %s: %v\n%s", version, err, out)
	}
	for _, version := range []string{"", "9.9.9", ".*"} {
		out, err := exec.CommandContext(t.Context(), "bash", "scripts/release-notes.sh", version).CombinedOutput()
		if err == nil || string(out) != "CHANGELOG.md has no notes for "+version+"\n" {
			t.Errorf("%q: %v\n%s", version, err, out)
		}
	}
}

// TestInstallPages: README.md and docs/install.md name files and an image as .goreleaser.yaml does, in the version that scripts/cloudshell.sh
// downloads. The acceptance tests compare the names of the files with those of a release.
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
	for _, name := range []string{"README.md", "docs/install.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:privatelink-wizard[_-]|privatelink-wizard:)(\d+\.\d+\.\d+)`).FindAllStringSubmatch(string(page), -1) {
			if m[1] != version[1] {
				t.Errorf("%s has version %s, want %s", name, m[1], version[1])
			}
		}
		for _, text := range []string{config.Dockers[0].Images[0] + ":" + version[1], "brew install --cask " + config.Casks[0].Repository.Owner + "/tap/" + config.Casks[0].Name, "winget install " + config.Winget[0].ID} {
			if !strings.Contains(string(page), text) {
				t.Errorf("%s does not have %q", name, text)
			}
		}
	}
}
