package main

import (
	"strings"
	"testing"
)

func TestReadTextRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a\x00b":                         "binary",
		"\xff\xfea\x00":                  "UTF-16",
		strings.Repeat("x", lintLimit+1): "larger than the limit of 16 MB",
	} {
		if _, err := readText("-", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s: %v", want, err)
		}
	}
	if text, err := readText("-", strings.NewReader(strings.Repeat("x", lintLimit))); err != nil || len(text) != lintLimit {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}
