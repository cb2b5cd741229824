package main

import (
	"runtime/debug"
	"testing"
)

func TestBuildFrom(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"}}
	for _, tt := range []struct {
		name string
		set  build
		info debug.BuildInfo
		want build
	}{
		{"release", build{Version: "1.2.3", Commit: "4567", Date: "2026-02-03T00:00:00Z"}, debug.BuildInfo{Main: debug.Module{Version: "v1.2.2+dirty"}, Settings: vcs},
			build{Version: "1.2.3", Commit: "4567", Date: "2026-02-03T00:00:00Z"}},
		{"go install", build{}, debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, build{Version: "1.2.3"}},
		{"repository", build{}, debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs},
			build{Version: "dev", Commit: "0123abcd", Date: "2026-01-02T03:04:05Z", Modified: true}},
		{"nothing", build{}, debug.BuildInfo{}, build{Version: "dev"}},
	} {
		got := buildFrom(tt.set, &tt.info)
		if got.Go == "" || got.Platform == "" {
			t.Errorf("%s: %+v lacks Go or platform", tt.name, got)
		}
		got.Go, got.Platform = "", ""
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
	b := build{Version: "1.2.3", Commit: "0123abcd", Modified: true, Go: "go1.26", Platform: "linux/amd64"}
	if got, want := b.text(), "wizard version 1.2.3\ncommit:   0123abcd (modified)\ndate:     unknown\ngo:       go1.26\nplatform: linux/amd64\n"; got != want {
		t.Errorf("%s", got)
	}
}
