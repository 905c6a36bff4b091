package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/metrics"
	"github.com/auditpy/auditpy/internal/names"
	"github.com/auditpy/auditpy/internal/notify"
	"github.com/auditpy/auditpy/internal/procfs"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/internal/spool"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// Options are what Run takes besides the configuration.
type Options struct {
	Rules   *rules.Set
	Stdin   io.Reader // where source.kind is stdin
	Stdout  io.Writer
	Log     *slog.Logger
	Version string // of the program, for sinks that tell it

	RulesHash string      // of Rules, for people to compare
	Diags     []rule.Diag // what is wrong with them
	// Reload asks for a reload with each value; Load reads configuration and rules anew. Nil: there is no reload.
	Reload <-chan os.Signal
	Load   func() (*Loaded, error)
	// SetLevel, if set, sets the level of Log.
	SetLevel func(level string)
	Systemd  notify.Systemd
	// Confine, if set, gives up what is not needed once all is open, and says in words what is left.
	Confine func() string

	confined     string                              // what Confine said
	cadence      cadence                             // zero: seldom
	clock        func() moment                       // nil: that of this host
	kernelStatus func() (source.KernelStatus, error) // nil: the kernel is asked
	onStart      func(*supervisor)                   // for tests
}

// drainTime bounds the wait for sinks when the agent stops.
const drainTime = 2 * time.Second

// Run runs the agent until ctx ends or its source does. It starts every goroutine and waits for all of
// them. An error tells what stopped it; a sink that is down never does.
func Run(ctx context.Context, cfg *config.Config, o Options) (err error) {
	prepareState(cfg, o.Log)
	lock, err := lockState(cfg.StateDir)
	if err != nil {
		return err
	}
	if lock != nil {
		defer lock.Close()
	}
	outs, err := openOutlets(cfg, o)
	if err != nil {
		return err
	}
	users := names.New(names.Options{})
	mem, err := recall(cfg, o, proctree.Options{Max: cfg.Limits.Processes, User: users.User, Group: users.Group})
	if err != nil {
		return errors.Join(err, closeOutlets(outs))
	}
	in, err := openInput(cfg, o, mem.at)
	if err != nil {
		return errors.Join(err, closeOutlets(outs))
	}
	l := newLoop(ctx, cfg, o, in, outs, mem)
	s := newSupervisor(cfg, o, l, in, outs)
	shown, err := s.listenMetrics()
	if err != nil {
		return errors.Join(err, in.close(), closeOutlets(outs))
	}
	if o.Confine != nil {
		s.o.confined = o.Confine()
	}
	// The outlets outlive ctx: what the loop still raises when it stops is sent too.
	sending, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for _, out := range outs {
		wg.Go(func() { out.run(sending) })
	}
	err = errors.Join(s.run(ctx, users, shown), in.close()) // before the sinks, which may hang: no audit rule may stay behind
	drain(outs)
	stopSending()
	logStats(o.Log, l, outs)
	if !ended(&wg) {
		return errors.Join(err, errors.New("a sink does not take its alert: ended without it"))
	}
	for _, out := range outs {
		out.confess(false, true, time.Now())
	}
	return errors.Join(err, undelivered(outs), closeOutlets(outs))
}

// run runs the loop and all that looks after it, until the loop ends.
func (s *supervisor) run(ctx context.Context, users *names.Users, shown *metrics.Server) error {
	working, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { _ = users.Run(working) })
	wg.Go(func() { s.alarm(working) })
	wg.Go(func() { s.feed(working) })
	if s.o.Load != nil {
		wg.Go(func() { s.reloading(working) })
	}
	wg.Go(func() { s.asking(working) })
	if shown != nil {
		wg.Go(func() {
			if err := shown.Run(working); err != nil {
				s.log.Error("metrics", "err", err)
			}
		})
	}
	s.in.begin(s.loop)
	if s.o.onStart != nil {
		s.o.onStart(s)
	}
	s.start()
	s.systemd(s.o.Systemd.Ready(s.status()))
	err := s.loop.Run(ctx)
	s.systemd(s.o.Systemd.Stopping())
	if err == nil {
		s.in.remember(s.loop)
	}
	s.stop(err)
	stop()
	wg.Wait()
	return err
}

// undelivered tells what ends with the agent.
func undelivered(outs []*outlet) error {
	var err error
	for _, out := range outs {
		if n := out.queue.Len(); n > 0 && !out.durable {
			err = errors.Join(err, fmt.Errorf("%d alerts not delivered to %s", n, out.sink.Name()))
		}
	}
	return err
}

// ended waits for the outlets, but not for ever: a write to a pipe that nobody reads cannot be interrupted.
func ended(wg *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(drainTime):
		return false
	}
}

func newLoop(ctx context.Context, cfg *config.Config, o Options, in *input, outs []*outlet, mem *memory) *Loop {
	l := &Loop{
		Source: in.src,
		Assembler: assemble.New(assemble.Options{
			MaxOpen: cfg.Limits.OpenEvents, MaxRecords: cfg.Limits.RecordsPerEvent, MaxBytes: int(cfg.Limits.BytesPerEvent), Hold: cfg.Limits.Hold,
			State: in.before(mem.events),
		}),
		Rules: o.Rules, Tree: mem.tree, Correlator: mem.correlator,
		Idle: idle, Hold: cfg.Limits.Hold, Keep: cfg.StateDir != "",
		OnBad:  passOver(o.Log),
		OnIdle: in.watch,
		OnAlert: func(a *alert.Alert, mark uint64) error {
			in.alerted(a.ID, mark)
			return spoolAlert(ctx, outs, a)
		},
	}
	l.Correlator.Sent(in.saved.Alerted)
	l.OnProgress = func(mark uint64) error { return in.save(l, mark) }
	return l
}

// LiveTree returns a process tree that asks the running kernel, and knows what runs already.
func LiveTree(o proctree.Options) *proctree.Tree {
	t, _ := liveTree(o, nil)
	return t
}

// liveTree is LiveTree with what was saved, if that is not nil.
func liveTree(o proctree.Options, saved []byte) (*proctree.Tree, error) {
	proc := procfs.New("/proc")
	o.Proc = proc
	t := proctree.New(o)
	if saved != nil {
		if _, err := t.LoadState(saved); err != nil {
			return nil, err
		}
	}
	t.Seed(proc.All())
	return t, nil
}

// passOver logs input that was no record, and records that were lost: the first ones, then one of a thousand, or a
// binary log would fill the journal. Any other error ends the source.
func passOver(log *slog.Logger) func(error) error {
	lines, gaps := 0, 0
	tell := func(n *int, what string, err error) {
		if *n++; *n <= 20 || *n%1000 == 0 {
			log.Warn(what, "err", err, "number", *n)
		}
	}
	return func(err error) error {
		var line *source.LineError
		var gap *source.GapError
		switch {
		case errors.As(err, &line):
			tell(&lines, "line is no audit record", err)
		case errors.As(err, &gap):
			tell(&gaps, "audit records were lost", err)
		default:
			return err
		}
		return nil
	}
}

// spoolAlert puts an alert into the queue of every sink. When it returns nil a crash does not lose it. The queues sync at the same time: one
// after another, five of them would take five times as long.
func spoolAlert(ctx context.Context, outs []*outlet, a *alert.Alert) error {
	env := alert.Seal(a)
	frame, err := env.Append(nil)
	if err != nil {
		return err
	}
	errs := make([]error, len(outs))
	var wg sync.WaitGroup
	for i, out := range outs {
		wg.Go(func() { errs[i] = out.spool(ctx, &env, frame) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// spool appends an alert. One that is too large is lost: the bounds of an alert are below those of a spool, and ending would repeat it
// for ever.
func (o *outlet) spool(ctx context.Context, env *alert.Envelope, frame []byte) error {
	err := o.append(ctx, int(env.Level), frame)
	if errors.Is(err, spool.ErrTooLarge) {
		o.refused.Add(1)
		o.log.Error("alert lost: larger than the spool takes", "sink", o.sink.Name(), "alert", env.ID, "bytes", len(frame))
		return nil
	}
	if err != nil {
		return fmt.Errorf("spool alert for %s: %w", o.sink.Name(), err)
	}
	return nil
}

func openOutlets(cfg *config.Config, o Options) ([]*outlet, error) {
	sinks, err := openSinks(cfg, o)
	if err != nil {
		return nil, err
	}
	var outs []*outlet
	proofs := &receipts{dir: cfg.StateDir, log: o.Log}
	for _, s := range sinks {
		dir := ""
		if cfg.StateDir != "" && s.folder != "" {
			dir = filepath.Join(cfg.StateDir, "spool", s.folder)
		}
		out := &outlet{sink: s.Sink, log: o.Log, drops: new(drops), proofs: proofs}
		so := spool.Options{MaxBytes: int64(cfg.Spool.MaxBytes), MaxAge: cfg.Spool.MaxAge, OnDrop: out.drops.see}
		if out.queue, out.durable, err = openQueue(dir, so, o.Log); err != nil {
			return nil, errors.Join(fmt.Errorf("open spool of %s: %w", s.Name(), err), closeOutlets(outs))
		}
		outs = append(outs, out)
	}
	for _, out := range outs {
		out.notify = func(n *alert.Notice) bool { return notifyAll(outs, n) }
	}
	if cfg.StateDir != "" {
		warnOfOrphans(filepath.Join(cfg.StateDir, "spool"), sinks, o.Log)
	}
	return outs, nil
}

// notifyAll puts a notice into the queue of every sink, before all else. It does not wait for a disk that is full: whoever has it to
// tell tells it later.
func notifyAll(outs []*outlet, n *alert.Notice) bool {
	env := n.Seal()
	frame, err := env.Append(nil)
	for _, out := range outs {
		aerr := out.queue.Append(spool.Priorities-1, frame)
		if aerr == nil {
			out.notices.Add(1)
		}
		err = errors.Join(err, aerr)
	}
	return err == nil
}

// openQueue opens the queue in dir, or does without the disk: see prepareState. Another agent with the same
// directory is an error, or both would send.
func openQueue(dir string, o spool.Options, log *slog.Logger) (q *spool.Queue, durable bool, err error) {
	q, err = spool.Open(dir, o)
	if err == nil || dir == "" || errors.Is(err, spool.ErrLocked) || errors.Is(err, spool.ErrVersion) {
		return q, dir != "", err
	}
	log.Error("no spool on disk: a restart loses alerts that wait", "err", err)
	q, err = spool.Open("", o)
	return q, false, err
}

func drain(outs []*outlet) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	for _, out := range outs {
		out.drain(ctx)
	}
}

func closeOutlets(outs []*outlet) error {
	var err error
	for _, out := range outs {
		err = errors.Join(err, out.queue.Close(), out.sink.Close())
	}
	return err
}

func logStats(log *slog.Logger, l *Loop, outs []*outlet) {
	asm, cor, tree := l.Assembler.Stats(), l.Correlator.Stats(), l.Tree.Stats()
	log.Info("stopped", "records", l.Stats.Records, "events", asm.Events, "execs", l.Stats.Execs, "alerts", cor.Alerts,
		"unparsed", l.Stats.Unparsed, "late", asm.Late, "dropped", asm.Dropped, "gaps", l.Stats.Gaps, "evicted", asm.Evicted,
		"processes", tree.Processes, "processes_evicted", tree.Evicted, "parents_known", tree.ParentKnown, "parents_unknown", tree.ParentUnknown)
	for _, o := range outs {
		s := o.queue.Stats()
		log.Info("sink stopped", "sink", o.sink.Name(), "sent", s.Acked, "waiting", s.Frames, "dropped", s.Dropped+s.Lost)
	}
}
