package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

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
	saved  source.Cursor
	log    *slog.Logger
	broken bool // saving failed last time: told once
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
	from := source.Cursor{}
	if in.dir != "" {
		var err error
		if from, err = loadCursor(in.dir); err != nil {
			in.log.Warn("saved position not readable: starting without it", "err", err)
		}
	}
	f, err := source.Follow(cfg.Source.File, source.FollowOptions{From: from, FromStart: cfg.Source.From == "start", Idle: idle})
	if err != nil {
		return fmt.Errorf("follow %q: %w", cfg.Source.File, err)
	}
	in.src, in.file, in.saved = f, f, from
	in.log.Info("reading audit records", "source", cfg.Source.File, "resumed", from != source.Cursor{})
	if err := f.Waiting(); err != nil {
		in.log.Warn("waiting for the log", "err", err)
	}
	return nil
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
	c := in.file.Cursor(mark)
	if c == in.saved || c == (source.Cursor{}) {
		return nil
	}
	err := saveCursor(in.dir, c)
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
