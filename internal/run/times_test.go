package run_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/aws"
	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// slowly answers each call after AWS's usual time.
type slowly struct{ http.RoundTripper }

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(120 * time.Millisecond)
	return s.RoundTripper.RoundTrip(r)
}

// TestTimes tells how long things take at 120 ms a call, in the time of the bubble.
// The figures are for reading; nothing is asserted of them.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, "closed")
		var err error
		a.Client, err = aws.Open(t.Context(), aws.Options{Region: "us-east-1", Transport: slowly{a.box}})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p := a.plan()
		t.Logf("looking, one part after the other, and planning: %s", time.Since(start))
		start = time.Now()
		a.apply(t.Context(), p, nil)
		t.Logf("apply of %d rows and proof: %s", p.ToApply(), time.Since(start))
		start = time.Now()
		again := a.plan()
		s, _ := a.apply(t.Context(), again, nil)
		t.Logf("looking, planning, running and proving with nothing to do: %s", time.Since(start))
		for _, r := range again.Changes {
			if r.Op != resource.Keep {
				t.Errorf("%s is not kept", r.ID)
			}
		}
		if s.Done != 0 {
			t.Errorf("%+v", s)
		}
	})
}
