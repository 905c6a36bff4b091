package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"time"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/snapshot"
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
	raised []raised               // alerts that a restart may raise again, the oldest first
	since  int                    // of raised, those since the last snapshot
	last   taken                  // snapshot
	cadence
	stuck  string // why the log cannot be read now
	log    *slog.Logger
	broken bool // saving failed last time: told once
}

// raised is an alert.
type raised struct {
	id   string
	mark uint64 // a record at least as far as the last one of its event
}

// ErrNoSource is wrapped by the error of Run when there is nothing to read on this host.
var ErrNoSource = errors.New("nothing to read")

// openInput opens the source, to begin at from if it has places and that is one.
func openInput(cfg *config.Config, o Options, from source.Cursor) (*input, error) {
	in := &input{dir: cfg.StateDir, log: o.Log, cadence: seldom}
	if o.cadence != (cadence{}) {
		in.cadence = o.cadence
	}
	err := in.load()
	if errors.Is(err, snapshot.ErrVersion) || errors.Is(err, source.ErrCursorVersion) {
		return nil, err
	}
	lost := err != nil
	if lost {
		in.log.Error("saved position not readable", "err", err)
	}
	if err := in.openSources(cfg, o, place{from, lost}); err != nil {
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

// load reads stateFile.
func (in *input) load() (err error) {
	if in.dir == "" {
		return nil
	}
	in.saved, err = loadState(in.dir)
	for _, id := range in.saved.Alerted { // where they end is not known any more: kept until no event is open
		in.raised = append(in.raised, raised{id, math.MaxUint64})
	}
	return err
}

// before is what the assembler knows of the records that will be read again; of the version before, the events that alerted.
func (in *input) before(events assemble.State) assemble.State {
	if len(in.saved.Done) > 0 && len(events.Done) == 0 {
		return assemble.State{Done: in.saved.Done, Given: math.MaxUint64}
	}
	return events
}

// follow opens the log at the place from, if there is one, or else where it was read last. If that is lost, it is better to
// begin at its start than to miss something.
func (in *input) follow(cfg *config.Config, at place) (source.Source, error) {
	o := source.FollowOptions{From: at.from, Else: in.saved.Cursor, FromStart: at.lost || in.saved.Unseen || cfg.Source.From == "start", Idle: idle}
	if at.from == (source.Cursor{}) {
		o.From = in.saved.Cursor
	}
	f, err := source.Follow(cfg.Source.File, o)
	if err != nil {
		return nil, fmt.Errorf("follow %q: %w", cfg.Source.File, err)
	}
	in.file = f
	in.log.Info("reading audit records", "source", cfg.Source.File, "resumed", o.From != source.Cursor{})
	return f, nil
}

// watch tells when a source cannot be read, and when it can again. It returns whether any can.
func (in *input) watch() bool {
	why, all := in.waiting()
	switch {
	case why != "" && why != in.stuck:
		in.log.Error("blind: the source cannot be read", "err", why)
	case why == "" && in.stuck != "":
		in.log.Info("the source can be read again")
	}
	in.stuck = why
	return !all
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
