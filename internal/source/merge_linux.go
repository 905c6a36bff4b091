package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// member is a source that can be asked without waiting.
type member interface {
	Source
	// try returns what is there already; false if nothing is.
	try() (audit.Record, bool, error)
}

// waiter is a source that waits for something that is not there.
type waiter interface{ Waiting() error }

// burst is how many records are taken from one member before the next is asked.
const burst = 64

// Merge reads several live sources of one host as one.
//
// They tell the same events; who joins records (package assemble) passes over those that it has. Merge sees to two
// things that would make two events of one, or lose one:
//
//   - The kernel's own records have no node, while auditd may write one (name_format): they get the node that this
//     host's records have elsewhere.
//   - A record that cannot be read again has the Mark of the place where the followed log is at that moment: its event may
//     be in the log behind it, and a position saved never passes an event that is open.
//
// No goroutine is needed: a stream is read ahead by its own, a log waits on disk, and netlink in the kernel's buffer. It
// has one owner, as each source.
type Merge struct {
	members []member
	idle    time.Duration
	file    *File
	host    string // short name of this host
	node    string // what auditd calls this host; "": nothing
	turn    int    // index of the member to ask
	taken   int    // records taken from it in a row
}

// mergePoll is how often sources are asked that have nothing. A log is looked at 20 times a second, so half of that.
const mergePoll = 25 * time.Millisecond

// NewMerge reads sources, which it owns from now on: a *File at most once, *Stream, *Socket or *Netlink. Next returns ErrIdle
// when none had anything for idle; 0 is never.
func NewMerge(idle time.Duration, sources ...Source) *Merge {
	host, _ := os.Hostname() // without a name no node is taken for ours
	m := &Merge{idle: idle, host: short(host)}
	for _, s := range sources {
		m.members = append(m.members, s.(member))
		if f, ok := s.(*File); ok {
			m.file = f
			m.learn(f.node())
		}
	}
	return m
}

// short cuts a host's name at the first dot.
func short(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}

// Next returns the next record of any source: see Source. It returns io.EOF when all have ended.
func (m *Merge) Next(ctx context.Context) (audit.Record, error) {
	return poll(ctx, m.idle, mergePoll, m.try)
}

func (m *Merge) try() (audit.Record, bool, error) {
	for asked := 0; asked < len(m.members); {
		if m.taken >= burst {
			m.pass()
		}
		s := m.members[m.turn]
		rec, ok, err := s.try()
		if ok {
			m.taken++
			m.adapt(s, &rec)
			return rec, true, nil
		}
		if err != nil {
			if err = m.trouble(err); err != nil {
				return rec, false, err
			}
			continue
		}
		m.pass()
		asked++
	}
	if len(m.members) == 0 {
		return audit.Record{}, false, io.EOF
	}
	return audit.Record{}, false, nil
}

// pass makes it the next member's turn.
func (m *Merge) pass() { m.turn, m.taken = (m.turn+1)%len(m.members), 0 }

// adapt gives a record the node and the Mark that it lacks.
func (m *Merge) adapt(s member, rec *audit.Record) {
	if _, ok := s.(*Netlink); ok {
		rec.ID.Node = m.node
	} else {
		m.learn(rec.ID.Node)
	}
	if m.file != nil && s != member(m.file) {
		rec.Mark = m.file.nextMark()
	}
}

// learn notes what auditd calls this host.
func (m *Merge) learn(node string) {
	if node != m.node && m.host != "" && strings.EqualFold(short(node), m.host) {
		m.node = strings.Clone(node)
	}
}

// trouble returns the error to tell: of a line, of a gap, or that a member has ended while others go on; nil if it ended as it
// should.
func (m *Merge) trouble(err error) error {
	var gap *GapError
	if isLineError(err) || errors.As(err, &gap) {
		return err
	}
	ended := m.members[m.turn]
	if cerr := ended.Close(); err != io.EOF {
		err = errors.Join(err, cerr)
	}
	m.members = append(m.members[:m.turn:m.turn], m.members[m.turn+1:]...)
	if m.taken = 0; m.turn >= len(m.members) {
		m.turn = 0
	}
	if err == io.EOF {
		return nil
	}
	if len(m.members) == 0 {
		return err
	}
	return &GapError{Source: sourceName(ended), Msg: fmt.Sprintf("the source has ended, the others go on: %v", err)}
}

func sourceName(s Source) string {
	switch s := s.(type) {
	case *Stream:
		return s.cut.name
	case *Socket:
		return s.path
	case *File:
		return s.path
	}
	return netlinkName
}

// Waiting returns what those sources that cannot be read wait for, or nil.
func (m *Merge) Waiting() error {
	var errs []error
	for _, s := range m.members {
		if w, ok := s.(waiter); ok && w.Waiting() != nil {
			errs = append(errs, w.Waiting())
		}
	}
	return errors.Join(errs...)
}

// Close closes all sources.
func (m *Merge) Close() error {
	var errs []error
	for _, s := range m.members {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// nextMark is the Mark of the record that Next would return next.
func (f *File) nextMark() uint64 { return f.base + uint64(f.off) + 1 }

// node returns the node of the log's first record, or "".
func (f *File) node() string {
	if f.fd == nil {
		return ""
	}
	b := readAt(f.fd, 0, stampSpan)
	line, _, _ := strings.Cut(string(b), "\n")
	rec, err := audit.ParseLine(line)
	if err != nil {
		return ""
	}
	return rec.ID.Node
}
