package aws

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/privatelink-wizard/privatelink-wizard/internal/inventory"
)

// TestLoadLogGroups asks for the named log groups only. Of all groups that the stub returns it keeps
// these.
func TestLoadLogGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		s := &stub{answer: func(op string, n int, in url.Values) (int, string, error) {
			asked = append(asked, in.Get("json"))
			return canned(op, n, in)
		}}
		inv, err := open(t, s).Load(t.Context(), inventory.LogGroupRequests([]string{"/ecs/t", "/ecs/none"})[0])
		if d := cmp.Diff([]string{"/ecs/t"}, inv.LogGroups); d != "" || err != nil {
			t.Error(d, err)
		}
		if len(asked) != 2 || asked[0] != `{"logGroupIdentifiers":["/ecs/none","/ecs/t"]}` {
			t.Errorf("asked %q", asked)
		}
	})
}

// TestLogGroupsThatCannotBeRead records a gap: a plan is possible without log groups.
func TestLogGroupsThatCannotBeRead(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func() (int, string, error)
		code   string
	}{
		"refused":     {func() (int, string, error) { return refuse("logs:", 400, "InvalidParameterException", "no") }, "InvalidParameterException"},
		"unreachable": {func() (int, string, error) { return 0, "", errDial }, CodeUnreachable},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stub{answer: func(string, int, url.Values) (int, string, error) { return tc.answer() }}
			inv, err := open(t, s).Load(t.Context(), inventory.LogGroupRequests([]string{"/a"})[0])
			if g, _ := inv.Gap("logs:DescribeLogGroups"); err != nil || g.Code != tc.code || len(inv.Gaps) != 1 {
				t.Errorf("%s: %+v %v", name, inv.Gaps, err)
			}
			if exists, known := inv.LogGroup("/a"); exists || known {
				t.Errorf("%s: the log group is known", name)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := at(t, func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		start := time.Now()
		inv, err := c.Load(t.Context(), inventory.LogGroupRequests([]string{"/a"})[0])
		if g, _ := inv.Gap("logs:DescribeLogGroups"); err != nil || g.Code != CodeTimeout || time.Since(start) != logGroupsTime {
			t.Errorf("no answer: %+v %v after %v", inv.Gaps, err, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(answerTime, cancel)
		if _, err := c.Load(ctx, inventory.LogGroupRequests([]string{"/a"})[0]); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := &stub{answer: func(string, int, url.Values) (int, string, error) {
			return 200, `{"logGroups":[],"nextToken":"same"}`, nil
		}}
		inv, err := open(t, s).Load(t.Context(), inventory.LogGroupRequests([]string{"/a"})[0])
		if err != nil || len(inv.Gaps) != 1 || !strings.Contains(inv.Gaps[0].Message, "endless list") {
			t.Errorf("endless list: %+v %v", inv.Gaps, err)
		}
	})
}
