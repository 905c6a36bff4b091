package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/auditpy/auditpy/correlate/tamper"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules/rule"
)

// supervisor looks after the loop: it takes new rules in between two records, keeps the ledger, tells losses, blindness and
// tampering, and says whether the loop goes on.
//
// What it does it does as the loop's source, on the loop's goroutine, before the next record: so nothing of the loop needs a
// lock, and a loop that is stuck is seen by what does not happen. Others reach it through atomics only.
type supervisor struct {
	log   *slog.Logger
	o     Options
	now   func() moment
	boot  string
	begun moment

	// Owned by the loop's goroutine.
	cfg     config.Config
	loop    *Loop
	in      *input
	outs    []*outlet
	watch   *tamper.Watch
	beat    *heartbeat // nil: there is none
	tailed  *logWatch  // nil: no log is followed
	loss    lossTeller
	last    moment // of the last tick
	second  time.Duration
	ends    uint64
	raised  uint64
	gap     string // the last one, in words
	kernel  kernelWatch
	lag     lagWatch
	unread  waitWatch
	doubt   doubtWatch
	notices uint64
	unsent  []*alert.Notice
	reloads reloadCounts

	refusals atomic.Uint64 // of reloads

	turns   atomic.Uint64 // grows while the loop goes on
	wake    atomic.Bool   // there may be something to do
	pending atomic.Pointer[change]
	latest  atomic.Pointer[ledger]
	asked   atomic.Pointer[kernelAnswer]

	mu    sync.Mutex
	queue []*alert.Notice // of other goroutines; guarded by mu
}

// maxNotices bounds the notices that wait for a spool.
const maxNotices = 64

func newSupervisor(cfg *config.Config, o Options, l *Loop, in *input, outs []*outlet) *supervisor {
	s := &supervisor{log: o.Log, o: o, now: o.clock, cfg: *cfg, loop: l, in: in, outs: outs, boot: bootID()}
	if s.now == nil {
		s.now = clockOf()
	}
	s.begun = s.now()
	s.last = s.begun
	if cfg.Health.Alerts {
		s.watch = tamper.New(tamper.Options{Listeners: listeners(), Nodes: cfg.Health.Nodes})
		s.beat = newHeartbeat(cfg)
		l.Also = s.watch.Observe
	}
	if in.file != nil {
		s.tailed = &logWatch{path: cfg.Source.File}
	}
	s.attach()
	for _, out := range outs {
		out.waits = func() { s.turns.Add(1) } // a full disk is no deadlock: it is told, and each try counts
	}
	return s
}

// attach puts the supervisor between the loop and what it calls.
func (s *supervisor) attach() {
	l := s.loop
	inner, raise, bad, seen := l.Source, l.OnAlert, l.OnBad, l.OnEvent
	l.Source = &supervised{inner, s}
	l.OnAlert = func(a *alert.Alert, mark uint64) error {
		err := raise(a, mark)
		if err == nil {
			s.raised++
		}
		return err
	}
	l.OnBad = func(err error) error {
		if gap := new(source.GapError); errors.As(err, &gap) {
			s.gap = gap.Error()
			s.wake.Store(true) // a loss is told at once
		}
		return bad(err)
	}
	l.OnEvent = func(ev *event.Event) error {
		if s.beat != nil && isBeat(ev) {
			s.came()
		}
		if seen != nil {
			return seen(ev)
		}
		return nil
	}
}

// supervised is the loop's source.
type supervised struct {
	Source
	s *supervisor
}

func (w *supervised) Next(ctx context.Context) (audit.Record, error) {
	w.s.turns.Add(1)
	if w.s.wake.Load() {
		w.s.wake.Store(false)
		w.s.tick()
	}
	rec, err := w.Source.Next(ctx)
	if err == nil && rec.Type == audit.EOE {
		w.s.ends++
	}
	return rec, err
}

// tickEvery is how often the loop is asked to look after itself.
const tickEvery = 100 * time.Millisecond

// alarm wakes the loop now and then, until ctx ends.
func (s *supervisor) alarm(ctx context.Context) {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.wake.Store(true)
		case <-ctx.Done():
			return
		}
	}
}

// tick does all that is due, between two records.
func (s *supervisor) tick() {
	now := s.now()
	s.change()
	s.collect()
	s.checkClock(now)
	s.checkHeart(now)
	if now.mono >= s.second {
		s.second = now.mono + time.Second
		s.checkLag(now)
		s.checkLog(now)
		s.checkKernel(now)
		s.checkUndecided(now)
	}
	g := s.publish(now)
	s.tellLosses(g, now, false)
	s.send()
	s.last = now
}

// start tells that the agent runs, and stop that it does not any more.
func (s *supervisor) start() {
	s.publish(s.begun)
	s.tell(agentStarted, s.begun, s.about(nil))
	s.send()
}

func (s *supervisor) stop(err error) {
	now := s.now()
	s.collect()
	g := s.publish(now)
	s.tellLosses(g, now, true)
	about := map[string]any{"ran": (now.mono - s.begun.mono).String(), "records": g.loop.Records, "alerts": g.raised}
	if err != nil {
		about["error"] = err.Error()
	}
	s.tell(agentStopped, now, s.about(about))
	s.send()
	s.publish(now)
}

// about adds what tells one run of the agent from another.
func (s *supervisor) about(more map[string]any) map[string]any {
	m := map[string]any{
		"version": s.o.Version, "boot": s.boot, "rules": len(s.loop.Rules.Rules()), "rules_hash": s.o.RulesHash, "confined": s.o.confined,
	}
	if s.in.file != nil {
		m["position"] = s.in.saved.Cursor
	}
	for k, v := range more {
		m[k] = v
	}
	return m
}

// tell logs something and makes an alert of it.
func (s *supervisor) tell(r *ownRule, now moment, about map[string]any) {
	args := []any{"rule", r.id}
	for k, v := range about {
		args = append(args, k, v)
	}
	level := slog.LevelInfo
	if r.level > rule.Low {
		level = slog.LevelWarn
	}
	s.log.Log(context.Background(), level, r.title, args...)
	if s.cfg.Health.Alerts {
		s.hold(r.notice(now.wall, about))
	}
}

// hold keeps a notice until send.
func (s *supervisor) hold(n *alert.Notice) {
	s.notices++
	if len(s.unsent) >= maxNotices {
		s.unsent = s.unsent[1:]
		s.log.Error("notice lost: no spool takes it", "rule", s.unsent[0].Rule)
	}
	s.unsent = append(s.unsent, n)
}

// collect takes the notices of other goroutines.
func (s *supervisor) collect() {
	s.mu.Lock()
	queue := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, n := range queue {
		s.hold(n)
	}
}

// post is hold for other goroutines.
func (s *supervisor) post(n *alert.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) < maxNotices {
		s.queue = append(s.queue, n)
	}
	s.wake.Store(true)
}

// send gives the notices to the sinks. While a disk is full they wait.
func (s *supervisor) send() {
	for len(s.unsent) > 0 && sendAll(s.outs, s.unsent[0]) {
		s.unsent = s.unsent[1:]
	}
}

// sendAll puts a notice into the queue of every sink, with the priority of its level. It does not wait; false if one did not
// take it, and then it may come there twice.
func sendAll(outs []*outlet, n *alert.Notice) bool {
	env := n.Seal()
	frame, err := env.Append(nil)
	if err != nil {
		panic("agent: notice " + n.Rule + ": " + err.Error())
	}
	ok := true
	for _, out := range outs {
		if out.queue.Append(int(n.Level), frame) != nil {
			ok = false
			continue
		}
		out.notices.Add(1)
	}
	return ok
}
