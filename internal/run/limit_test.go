package run

import (
	"testing"

	"github.com/privatelink-wizard/privatelink-wizard/internal/resource"
)

// TestLimitsFollowTheSpeed: a fast account has shorter limits, but not below a minute, and none is longer than in AWS.
func TestLimitsFollowTheSpeed(t *testing.T) {
	for _, tt := range []struct {
		speed float64
		in    int
		want  int
	}{{1, 600, 600}, {10, 600, 60}, {10, 5400, 540}, {1000, 5400, 60}, {100, 45, 45}, {0.5, 600, 600}} {
		r := &runner{pace: newPacer(tt.speed, 0)}
		if got := r.limit(resource.Until{Limit: tt.in}); got != tt.want {
			t.Errorf("%d s at speed %v: %d, want %d", tt.in, tt.speed, got, tt.want)
		}
	}
}
