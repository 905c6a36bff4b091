package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/correlate/tamper"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/internal/spool"
)

// ledger is all that the agent counts, as of one moment: what came in, what became of it, and what was lost. It is immutable
// once published.
type ledger struct {
	at         time.Time
	loop       Stats
	ends       uint64 // EOE records, which are in no event
	assembled  assemble.Stats
	open       int // events
	correlated correlate.Stats
	tree       proctree.Stats
	tampering  tamper.Stats
	raised     uint64 // alerts given to the sinks
	notices    uint64 // alerts of the agent's own, with those that wait to be given to them
	sinks      []sinkLedger

	kernel     *source.KernelStatus // nil: it does not tell
	kernelLost uint64               // since the start
	lag        int64                // bytes of the log not read yet
	blind      bool
	beat       time.Time // of the last heartbeat that was recorded
	rules      int
	reloads    reloadCounts
	unreadable bool // the log
}

// sinkLedger is one sink's part.
type sinkLedger struct {
	name    string
	up      bool
	notices uint64 // of the agent's own that its queue took
	refused uint64 // alerts that were too large for its queue
	unkept  uint64 // lines that it could not keep for the next process
	spool.Stats
}

func (g *ledger) refused() (n uint64) {
	for i := range g.sinks {
		n += g.sinks[i].refused
	}
	return n
}

// check holds the ledger to the law of conservation: what came in went somewhere that is counted. It is for a ledger taken
// between two records.
func (g *ledger) check() error {
	var errs []error
	law := func(what string, in uint64, out ...uint64) {
		sum := uint64(0)
		for _, n := range out {
			sum += n
		}
		if in != sum {
			errs = append(errs, fmt.Errorf("%s: %d came in, %d are accounted for: %v", what, in, sum, out))
		}
	}
	a, c := &g.assembled, &g.correlated
	law("records", g.loop.Records, a.Records, a.Late, a.Dropped, a.Doubled, g.ends)
	law("matches", c.Matches+c.Correlated+c.Sequences, c.Alerts, c.Folded, c.Silent, c.Repeated, c.Unmet)
	law("alerts", c.Alerts, g.raised)
	for i := range g.sinks {
		s := &g.sinks[i]
		law("alerts for "+s.name, g.raised+s.notices, s.Appended, s.refused)
		law("spool of "+s.name, s.Recovered+s.Appended, uint64(s.Frames), s.Acked, s.Dropped, s.Lost)
	}
	return errors.Join(errs...)
}
