package aws

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestProfiles(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("AWS_CONFIG_FILE", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "")
	if got := Profiles(); len(got) > 0 {
		t.Errorf("without files: %q", got)
	}
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		".aws/config":      "[default]\n  [profile\tdev]\n[profile]\n[profile 'quoted']\n[sso-session corp]\nkey = [value]\n[profile broken\n",
		".aws/credentials": "[default]\n[ci]\n[profile of-credentials]\n",
		"other":            "[profile other]\r\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := Profiles(), []string{"ci", "default", "dev", "profile of-credentials", "quoted"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	t.Setenv("AWS_CONFIG_FILE", "~/other")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", home) // a folder
	if got, want := Profiles(), []string{"other"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRegions(t *testing.T) {
	got := Regions()
	if got[0] != "af-south-1" || !slices.Contains(got, "us-east-1") || !slices.Contains(got, "cn-north-1") {
		t.Errorf("%q", got)
	}
	if one := slices.Compact(slices.Sorted(slices.Values(got))); len(one) != len(got) {
		t.Errorf("%d Regions, %d of them different", len(got), len(one))
	}
}
