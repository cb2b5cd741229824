package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/terms"
)

func TestHelpTerms(t *testing.T) {
	run := func(args ...string) (code int, out, errs string) {
		var o, e bytes.Buffer
		code = Main(t.Context(), streams{In: strings.NewReader(""), Out: &o, Err: &e}, append([]string{"help"}, args...))
		return code, o.String(), e.String()
	}
	code, out, _ := run("terms")
	for _, term := range terms.All {
		if code != exitOK || !strings.Contains(out, term.ID) || !strings.Contains(out, term.Title) {
			t.Errorf("code %d, the list does not have %s:\n%s", code, term.ID, out)
		}
		code, page, errs := run("terms", strings.ToUpper(term.ID))
		if code != exitOK || !strings.HasPrefix(page, term.Title+"\n\n") || !strings.HasSuffix(page, "\nRead on: "+term.Page+"\n") {
			t.Errorf("%s: code %d: %s%s", term.ID, code, page, errs)
		}
		if strings.Join(strings.Fields(page), " ") != strings.Join(strings.Fields(term.Title+" "+term.Text+" Read on: "+term.Page), " ") {
			t.Errorf("%s: the page differs from the text:\n%s", term.ID, page)
		}
	}
	if code, _, errs := run("terms", "dns"); code != exitUsage || !strings.Contains(errs, `unknown term "dns"; supported: vpc, cidr`) {
		t.Errorf("an unknown term: code %d: %s", code, errs)
	}
	if code, _, _ := run("terms", "vpc", "cidr"); code != exitUsage {
		t.Errorf("two terms: code %d", code)
	}
}
