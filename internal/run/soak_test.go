//go:build !race

package run_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/privatelink-wizard/privatelink-wizard/internal/accounttest"
	"github.com/privatelink-wizard/privatelink-wizard/internal/run"
	"github.com/privatelink-wizard/privatelink-wizard/internal/secret"
)

// TestSoak applies plans and reverts them a hundred times, with one client for each account. Nothing is left over, apart from
// what AWS keeps, and neither goroutines nor the heap grow.
func TestSoak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later()
		names := slices.Sorted(maps.Keys(faultCases))
		names = slices.DeleteFunc(names, func(name string) bool { return name == "reboot" || name == "bastion" }) // the slowest
		made := map[string]secret.Text{}
		var accounts []*faultRun
		for _, name := range names {
			accounts = append(accounts, newFaultRun(t, name, made))
		}
		apply := func(runs int) (goroutines int, heap uint64) {
			for i := range runs {
				name, f := names[i%len(names)], accounts[i%len(names)]
				before, k := accounttest.WithoutKept(accounttest.Normal(f.dump(), f.fixed)), &kept{}
				f.record = k.add
				if s, events := f.once(t.Context(), faultCases[name].accept); s.Failed+s.Skipped > 0 || s.Proof == run.ProofFailed {
					t.Fatalf("%s: %+v%s", name, s, failures(events))
				}
				f.undone(k, before, false, false)
				if t.Failed() {
					t.Fatalf("%s, run %d", name, i)
				}
				time.Sleep(time.Hour) // what still runs ends
				f.net.writes = nil
				w := httptest.NewRecorder()
				if f.box.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_sandbox/reset", nil)); w.Code >= 300 {
					t.Fatal(w.Body)
				}
			}
			synctest.Wait()
			runtime.GC()
			runtime.GC() // what has a finalizer or is in a pool
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return runtime.NumGoroutine(), m.HeapAlloc
		}
		before, small := apply(3 * len(names)) // caches are full
		after, large := apply(100 - 3*len(names))
		if t.Logf("%d goroutines, then %d; a heap of %d KiB, then %d KiB", before, after, small>>10, large>>10); after > before || large > small+1<<20 {
			t.Error("they grow")
		}
	})
}
