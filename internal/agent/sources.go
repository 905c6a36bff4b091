package agent

import (
	"fmt"
	"slices"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/source"
)

// place is where to begin in the log.
type place struct {
	from source.Cursor
	lost bool // what was saved cannot be read: begin at the start
}

// openSources opens the configured source and those to read besides. The first must open; of the others it is told which
// cannot, since an agent that sees half is better than none.
func (in *input) openSources(cfg *config.Config, o Options, at place) error {
	kind := cfg.Source.Kind
	if kind == "auto" {
		kind = detect(cfg.Source.File)
	}
	first, err := in.open(kind, cfg, o, at)
	if err != nil {
		return err
	}
	all := []source.Source{first}
	for _, kind := range cfg.Source.Also {
		s, err := in.open(kind, cfg, o, at)
		if err != nil {
			in.log.Error("source not read, the others are", "source", kind, "err", err)
			continue
		}
		all = append(all, s)
	}
	in.src = first
	if len(all) > 1 {
		in.src = source.NewMerge(idle, all...)
	}
	in.watch()
	return nil
}

func (in *input) open(kind string, cfg *config.Config, o Options, at place) (source.Source, error) {
	switch kind {
	case "stdin":
		in.log.Info("reading audit records", "source", "stdin")
		return source.NewStream("stdin", o.Stdin, idle), nil
	case "socket":
		in.log.Info("reading audit records", "source", cfg.Source.Socket)
		return source.OpenSocket(cfg.Source.Socket, source.SocketOptions{Idle: idle}), nil
	case "file":
		return in.follow(cfg, at)
	}
	return in.netlink(cfg)
}

// waiting returns why sources cannot be read now, and whether none of them can.
func (in *input) waiting() (why string, all bool) {
	w, ok := in.src.(interface{ Waiting() error })
	if !ok || w.Waiting() == nil {
		return "", false
	}
	_, several := in.src.(*source.Merge)
	return w.Waiting().Error(), !several
}

// netlink joins the kernel's multicast group.
func (in *input) netlink(cfg *config.Config) (source.Source, error) {
	n, err := source.OpenMulticast(source.NetlinkOptions{Idle: idle})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoSource, err)
	}
	if cfg.Source.InstallRules && !slices.Contains(cfg.Source.Also, "netlink") { // besides auditd its rules are the administrator's
		in.install()
	}
	in.log.Info("reading audit records", "source", "the kernel's audit multicast group")
	return n, nil
}
