package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/source"
)

// idle is how long a live source waits before it says that nothing came.
const idle = 250 * time.Millisecond

// input is the agent's source and what must be undone or saved with it.
type input struct {
	src    source.Source
	file   *source.File           // nil unless a log is followed
	rules  *source.InstalledRules // nil unless some were installed
	dir    string                 // state directory
	saved  state                  // what is on disk
	raised []raised               // alerted events that a restart may read again, the oldest first
	stuck  string                 // why the log cannot be read now
	log    *slog.Logger
	broken bool // saving failed last time: told once
}

// raised is an event that alerted.
type raised struct {
	id   audit.ID
	mark uint64 // a record at least as far as its last one
}

// ErrNoSource is wrapped by the error of Run when there is nothing to read on this host.
var ErrNoSource = errors.New("nothing to read")

func openInput(cfg *config.Config, o Options) (*input, error) {
	in := &input{dir: cfg.StateDir, log: o.Log}
	kind := cfg.Source.Kind
	if kind == "auto" {
		kind = detect(cfg.Source.File)
	}
	var err error
	switch kind {
	case "stdin":
		in.src = source.NewStream("stdin", o.Stdin, idle)
		in.log.Info("reading audit records", "source", "stdin")
	case "file":
		err = in.follow(cfg)
	default:
		err = in.netlink(cfg)
	}
	if err != nil {
		return nil, err
	}
	return in, nil
}

// detect chooses the log if an audit daemon writes one, else the kernel itself. A log may be left over
// from a daemon that no longer runs, so its existence counts only where the kernel cannot be asked.
func detect(file string) string {
	pid, err := source.DaemonPID()
	_, statErr := os.Stat(file)
	if statErr == nil && (err != nil || pid != 0) {
		return "file"
	}
	return "netlink"
}

func (in *input) follow(cfg *config.Config) error {
	fromStart := cfg.Source.From == "start"
	if in.dir != "" {
		var err error
		if in.saved, err = loadState(in.dir); err != nil {
			in.log.Error("saved position not readable: starting at the beginning of the log", "err", err)
			fromStart = true
		}
	}
	from := in.saved.Cursor
	f, err := source.Follow(cfg.Source.File, source.FollowOptions{From: from, FromStart: fromStart, Idle: idle})
	if err != nil {
		return fmt.Errorf("follow %q: %w", cfg.Source.File, err)
	}
	in.src, in.file = f, f
	for _, id := range in.saved.Done { // where they end is not known any more: kept until no event is open
		in.raised = append(in.raised, raised{id, math.MaxUint64})
	}
	in.log.Info("reading audit records", "source", cfg.Source.File, "resumed", from != source.Cursor{})
	in.watch()
	return nil
}

// watch tells when the log cannot be read, and when it can again. It returns whether it can.
func (in *input) watch() bool {
	if in.file == nil {
		return true
	}
	why := ""
	if err := in.file.Waiting(); err != nil {
		why = err.Error()
	}
	switch {
	case why != "" && why != in.stuck:
		in.log.Error("blind: the log cannot be read", "err", why)
	case why == "" && in.stuck != "":
		in.log.Info("the log can be read again")
	}
	in.stuck = why
	return why == ""
}

// alerted remembers an event that alerted until no restart would read it again.
func (in *input) alerted(id audit.ID, mark uint64) {
	if in.file == nil {
		return
	}
	if len(in.raised) >= maxDone {
		in.raised = in.raised[1:]
	}
	in.raised = append(in.raised, raised{id, mark})
}

// done returns the events to remember for a restart at mark, and forgets the others.
func (in *input) done(mark uint64) []audit.ID {
	var ids []audit.ID
	keep := in.raised[:0]
	for _, r := range in.raised {
		if mark != 0 && r.mark >= mark {
			keep, ids = append(keep, r), append(ids, r.id)
		}
	}
	in.raised = keep
	return ids
}

func (in *input) netlink(cfg *config.Config) error {
	n, err := source.OpenMulticast(source.NetlinkOptions{Idle: idle})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoSource, err)
	}
	in.src = n
	if cfg.Source.InstallRules {
		in.install()
	}
	in.log.Info("reading audit records", "source", "the kernel's audit multicast group")
	return nil
}

// install adds the rules for execve that the kernel lacks. Without them the agent sees what the rules of others
// record, which is better than nothing.
func (in *input) install() {
	rules, err := source.InstallExecRules()
	if err != nil {
		in.log.Error("audit rules not installed: executions are seen only if other rules record them", "err", err)
		return
	}
	in.rules = rules
	for _, r := range rules.Added() {
		in.log.Info("audit rule added until stop", "rule", r)
	}
	if rules.Enabled() {
		in.log.Info("kernel audit switched on until stop")
	}
}

// save keeps the position of the oldest record still needed. An error is no reason to stop alerting: it
// costs repeated alerts after a crash, with the same ids.
func (in *input) save(mark uint64) error {
	if in.file == nil || in.dir == "" {
		return nil
	}
	c := state{in.file.Cursor(mark), in.done(mark)}
	if c.Cursor == (source.Cursor{}) || c.Cursor == in.saved.Cursor && slices.Equal(c.Done, in.saved.Done) {
		return nil
	}
	err := saveState(in.dir, c)
	if err == nil {
		in.saved = c
	} else if !in.broken {
		in.log.Error("position not saved", "err", err)
	}
	in.broken = err != nil
	return nil
}

func (in *input) close() error {
	err := in.src.Close()
	if in.rules != nil && (len(in.rules.Added()) > 0 || in.rules.Enabled()) {
		if rerr := in.rules.Remove(); rerr != nil {
			return errors.Join(err, fmt.Errorf("remove audit rules: %w", rerr))
		}
		in.log.Info("audit rules removed")
	}
	return err
}
