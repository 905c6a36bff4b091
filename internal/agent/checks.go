package agent

import (
	"os"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/procfs"
	"github.com/auditpy/auditpy/internal/source"
)

func bootID() string { return procfs.New("/proc").Boot() }

// listeners are the programs that listen to audit records on a host in order.
func listeners() []string {
	known := []string{"/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald", "/usr/bin/auditpy"}
	if self, err := os.Executable(); err == nil {
		known = append(known, self)
	}
	return known
}

// maxStep is how far the wall clock may drift from the other between two ticks.
const maxStep = 5 * time.Second

func (s *supervisor) checkClock(now moment) {
	step := now.wall.Sub(s.last.wall) - (now.mono - s.last.mono)
	if step.Abs() > maxStep {
		s.tell(clockStepped, now, map[string]any{"step": step.Round(time.Millisecond).String(), "before": s.last.wall.Add(now.mono - s.last.mono).UTC().Format(time.RFC3339Nano)})
	}
}

func (s *supervisor) checkHeart(now moment) {
	if s.beat == nil {
		return
	}
	b, err := s.beat.tick(now.mono, s.behind)
	s.heart("heartbeat not touched", err)
	if b == beatMissed {
		about := map[string]any{"within": s.cfg.Health.Heartbeat.Within.String(), "file": s.cfg.Health.Heartbeat.Path(s.cfg.StateDir)}
		if !s.beat.seen.IsZero() {
			about["last"] = s.beat.seen.UTC().Format(time.RFC3339)
		}
		s.tell(auditBlind, now, about)
	}
}

// came takes an event of the heartbeat.
func (s *supervisor) came() {
	now := s.now()
	b, err := s.beat.came(now)
	s.heart("heartbeat not noted", err)
	if b == beatBack {
		s.tell(auditSighted, now, nil)
	}
}

func (s *supervisor) heart(what string, err error) {
	if err != nil {
		s.log.Warn(what, "err", err)
	}
}

// behind reports whether the log has more that was not read yet.
func (s *supervisor) behind() bool {
	n, err := s.lagNow()
	return err == nil && n > 1<<20
}

// lagWatch tells a lag once, and again only after it was made up.
type lagWatch struct {
	bytes int64
	told  bool
}

func (s *supervisor) lagNow() (int64, error) {
	if f, ok := s.in.src.(interface{ Lag() (int64, error) }); ok {
		return f.Lag()
	}
	return 0, nil
}

func (s *supervisor) checkLag(now moment) {
	n, err := s.lagNow()
	if err != nil {
		return // the file is looked after by checkLog
	}
	s.lag.bytes = n
	most := int64(s.cfg.Health.TailLag)
	switch {
	case n > most && !s.lag.told:
		s.lag.told = true
		s.tell(tailLags, now, map[string]any{"bytes": n, "bound": most})
	case n < most/2:
		s.lag.told = false
	}
}

// waitWatch tells that the log cannot be read, once that lasts longer than a rotation.
type waitWatch struct {
	since time.Duration
	told  bool
}

const maxUnread = 5 * time.Second

func (s *supervisor) checkLog(now moment) {
	if s.tailed == nil {
		return
	}
	if worse := s.tailed.look(); len(worse) > 0 {
		s.tell(logExposed, now, map[string]any{"file": s.tailed.path, "change": worse})
	}
	w, ok := s.in.src.(interface{ Waiting() error })
	if !ok {
		return
	}
	switch err := w.Waiting(); {
	case err == nil && s.unread.told:
		s.tell(logReadable, now, map[string]any{"file": s.tailed.path})
		s.unread = waitWatch{}
	case err == nil:
		s.unread = waitWatch{}
	case s.unread.since == 0:
		s.unread.since = max(now.mono, 1)
	case now.mono-s.unread.since >= maxUnread && !s.unread.told:
		s.unread.told = true
		s.tell(logUnreadable, now, map[string]any{"file": s.tailed.path, "error": err.Error()})
	}
}

// kernelAnswer is what the kernel said of itself, or why it did not.
type kernelAnswer struct {
	source.KernelStatus
	err error
}

// kernelWatch compares what the kernel says with what it said.
type kernelWatch struct {
	status *source.KernelStatus
	lost   uint64 // since the first answer
}

func (s *supervisor) checkKernel(now moment) {
	a := s.asked.Swap(nil)
	if a == nil || a.err != nil {
		return
	}
	was := s.kernel.status
	s.kernel.status = &a.KernelStatus
	switch {
	case was == nil:
	case a.Lost >= was.Lost:
		s.kernel.lost += uint64(a.Lost - was.Lost)
	default: // somebody reset it
		s.kernel.lost += uint64(a.Lost)
	}
	if a.Enabled == 0 && (was == nil || was.Enabled != 0) {
		s.tell(auditSwitched, now, map[string]any{"enabled": a.Enabled, "auditd": a.PID})
	}
}

func (s *supervisor) tellLosses(g *ledger, now moment, end bool) {
	for r, about := range s.loss.tick(g, now.mono, end) {
		if s.gap != "" && r == recordsLost {
			about["last_gap"] = strings.ToValidUTF8(s.gap, "?")
		}
		s.tell(r, now, about)
	}
}

// publish makes the ledger of now and shows it to others.
func (s *supervisor) publish(now moment) *ledger {
	l := s.loop
	g := &ledger{
		at: now.wall, loop: l.Stats, ends: s.ends, assembled: l.Assembler.Stats(), open: l.Assembler.Open(), correlated: l.Correlator.Stats(),
		tree: l.Tree.Stats(), raised: s.raised, notices: s.notices, kernel: s.kernel.status, kernelLost: s.kernel.lost, lag: s.lag.bytes,
		rules: len(l.Rules.Rules()), reloads: s.reloads, unreadable: s.unread.told,
	}
	if s.watch != nil {
		g.tampering = s.watch.Stats()
	}
	if s.beat != nil {
		g.blind, g.beat = s.beat.silent, s.beat.seen
	}
	for _, o := range s.outs {
		g.sinks = append(g.sinks, sinkLedger{name: o.sink.Name(), up: !o.down.Load(), notices: o.notices.Load(), refused: o.refused.Load(), unkept: o.unkept.Load(), Stats: o.queue.Stats()})
	}
	s.latest.Store(g)
	return g
}
