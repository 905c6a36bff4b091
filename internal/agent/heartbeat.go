package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/event"
)

// heartbeatKey is the key of the audit rule that watches the file (packaging/audit.rules.d).
const (
	heartbeatKey = "auditpy_hb"
	heartbeatHex = "617564697470795F6862"
)

// heartbeat proves that what happens on this host reaches the agent: it touches a file that an audit rule watches, and
// waits for the event. It is the one check that finds every way to blind auditing: rules deleted, auditing off, auditd
// dead or suspended, the disk full, the reader stuck. It belongs to the loop's goroutine.
//
// What surprised us: on a host whose audit rules are not ours nothing ever comes, and that is no attack. So it is armed
// only once an event came; that it came is kept in the file, so that a restart does not disarm it.
type heartbeat struct {
	every, within time.Duration
	touch         func() error // makes the event
	keep          func() error // notes for later runs that events come; nil: it is noted
	armed         bool

	next   time.Duration // of the next touch
	sent   time.Duration // of the touch whose event is waited for; 0: none is
	seen   time.Time     // wall time of the last event
	silent bool          // it did not come, and that was told
	again  time.Duration // when it is told again
}

// beat is what a heartbeat has to say.
type beat uint8

const (
	beatNothing beat = iota
	beatMissed       // it did not come in time
	beatBack         // it came again after it was missed
)

// newHeartbeat returns nil if there is to be none.
func newHeartbeat(cfg *config.Config) *heartbeat {
	h, path := &cfg.Health.Heartbeat, cfg.Health.Heartbeat.Path(cfg.StateDir)
	if h.Mode == "off" || path == "" {
		return nil
	}
	b := &heartbeat{every: h.Every, within: h.Within, armed: h.Mode == "on", touch: func() error { return touch(path) }}
	if text, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(text), wasSeen) {
		b.armed = true
	} else {
		b.keep = func() error { return os.WriteFile(path, []byte(wasSeen+"\n"), 0o600) }
	}
	return b
}

// wasSeen is what the file holds once an event of it came.
const wasSeen = "seen"

// touch opens the file to write, which is what the rule (perm=wa) records.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700)) // for the next time
	}
	if err != nil {
		return err
	}
	now := syscall.NsecToTimeval(time.Now().UnixNano())
	return errors.Join(syscall.Futimes(int(f.Fd()), []syscall.Timeval{now, now}), f.Close()) // the times are for people
}

// tick touches the file when it is time, and says what is to be told. Behind: there are records that were not read yet, and the
// event may be among them.
func (b *heartbeat) tick(now time.Duration, behind func() bool) (beat, error) {
	if b.sent != 0 && now-b.sent >= b.within && (b.armed || b.silent) && now >= b.again && !behind() {
		b.silent, b.again = true, now+10*b.every
		b.sent = 0
		return beatMissed, nil
	}
	if now < b.next {
		return beatNothing, nil
	}
	b.next = now + b.every
	if b.sent == 0 {
		b.sent = max(now, 1)
	}
	return beatNothing, b.touch()
}

// isBeat reports whether an event is of the heartbeat. An event that several rules recorded has several keys, in hex.
func isBeat(ev *event.Event) bool {
	if ev.Call == nil {
		return false
	}
	key := ev.Call.Raw(audit.CallKey)
	return key == heartbeatKey || strings.Contains(key, heartbeatHex)
}

// came takes the event.
func (b *heartbeat) came(now moment) (beat, error) {
	was := b.silent
	b.sent, b.silent, b.armed, b.seen, b.again = 0, false, true, now.wall, 0
	var err error
	if b.keep != nil {
		if err = b.keep(); err == nil {
			b.keep = nil
		}
	}
	if was {
		return beatBack, err
	}
	return beatNothing, err
}
