package agent

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/sink"
)

// Running returns the pid of the agent that uses a state directory; 0 if none does.
//
// The kernel's list of locks tells. To try the lock is for a host that hides the list, or where that never stands still: an agent
// that starts just then fails, and is started again.
func Running(dir string) (int, error) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return listed(f, info.Sys().(*syscall.Stat_t).Ino)
}

// looks is how often the list is looked through for a lock. The kernel gives it out in pieces of a page at most, and where a
// lock goes between two of them the next one is left out: os.ReadFile, which reads 512 bytes at first, missed an agent with a
// dozen other locks on the host.
const looks = 8

func listed(f *os.File, inode uint64) (pid int, err error) {
	before := ""
	for range looks {
		locks, pieces, err := readLocks()
		if err != nil {
			return tried(f)
		}
		if pid, err = holder(locks, inode); pid != 0 || err != nil || pieces < 2 || locks == before {
			return pid, err
		}
		before = locks
	}
	return tried(f)
}

// readLocks returns the kernel's list of locks, and in how many pieces it came.
func readLocks() (list string, pieces int, err error) {
	f, err := os.Open("/proc/locks")
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	var all []byte
	for buf := make([]byte, 64<<10); ; pieces++ {
		n, err := f.Read(buf)
		all = append(all, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return string(all), pieces, nil
		}
		if err != nil {
			return "", 0, err
		}
	}
}

// holder finds who holds the lock of a file: 1: FLOCK ADVISORY WRITE pid major:minor:inode start end.
func holder(locks string, inode uint64) (int, error) {
	for line := range strings.Lines(locks) {
		f := strings.Fields(line)
		if len(f) > 5 && f[1] == "FLOCK" && f[3] == "WRITE" && strings.HasSuffix(f[5], ":"+strconv.FormatUint(inode, 10)) {
			return strconv.Atoi(f[4])
		}
	}
	return 0, nil
}

// tried tries the lock, and reads the pid in the file if it is held.
func tried(f *os.File) (int, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) {
		return 0, err
	}
	var b [16]byte
	n, _ := f.ReadAt(b[:], 0)
	return strconv.Atoi(strings.TrimSpace(string(b[:n])))
}

// Peer is where a sink sends to.
type Peer struct {
	Sink    string // as receipts name it
	Network string // stdout, file, or as the configuration has it
	Path    string // of a file
	// Probe connects and goes again, without sending. Nil: there is nothing to connect to.
	Probe func(context.Context) error
}

// Peers returns the peers of a configuration's sinks.
func Peers(cfg *config.Config) (peers []Peer, err error) {
	if cfg.Sinks.Stdout.Enabled {
		peers = append(peers, Peer{Sink: "stdout", Network: "stdout"})
	}
	if f := cfg.Sinks.File; f.Enabled {
		s := sink.NewFile(sink.FileOptions{Path: f.Path})
		peers = append(peers, Peer{Sink: s.Name(), Network: "file", Path: f.Path})
	}
	var all []config.Destination
	if cfg.Sinks.Syslog.Enabled {
		all = append(all, cfg.Sinks.Syslog.Destination)
	}
	for _, f := range cfg.Sinks.Forward {
		all = append(all, f.Destination)
	}
	for i := range all {
		o := syslogOptions(&all[i], sink.Payload{})
		s, serr := sink.NewSyslog(o)
		if serr != nil {
			err = errors.Join(err, serr)
			continue
		}
		peers = append(peers, Peer{Sink: s.Name(), Network: o.Network, Probe: func(ctx context.Context) error { return sink.Probe(ctx, o) }})
	}
	return peers, err
}
