package source

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// streamBuffer bounds what is read ahead of the owner. auditd drops records once its dispatcher
// queue of 2,000 is full, 0.4 s at 5,000 records/s, so the pipe is emptied into memory at once.
const streamBuffer = 16 << 20

// Stream reads a live stream of lines: an audisp plugin's standard input, or any pipe.
type Stream struct {
	cut  cutter
	idle time.Duration
	r    io.Reader

	mu    sync.Mutex
	ahead bytes.Buffer // guarded by mu
	err   error        // guarded by mu; why the reader goroutine ended

	ready, space chan struct{} // one token each: ahead has bytes or err is set; ahead has room
	stop, done   chan struct{}
	stopOnce     sync.Once
}

// NewStream starts to read r, called name in errors. Next returns ErrIdle when nothing came for idle;
// 0 is never.
//
// Close ends the goroutine that reads r if a read of r returns: at once if r is an io.Closer whose
// Close ends its reads (a pipe, a socket), else with the next bytes or at the end of the process.
func NewStream(name string, r io.Reader, idle time.Duration) *Stream {
	s := &Stream{
		cut: cutter{lines: lines{name: name, numbered: true}}, idle: idle, r: r,
		ready: make(chan struct{}, 1), space: make(chan struct{}, 1),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go s.run()
	return s
}

func (s *Stream) run() {
	defer close(s.done)
	p := make([]byte, 64<<10) // a pipe's capacity
	for {
		n, err := s.r.Read(p)
		if !s.put(p[:n], err) || err != nil {
			return
		}
	}
}

// put appends b as soon as there is room; false if the stream was closed.
func (s *Stream) put(b []byte, err error) bool {
	for !s.tryPut(b, err) {
		select {
		case <-s.space:
		case <-s.stop:
			return false
		}
	}
	signal(s.ready)
	return true
}

func (s *Stream) tryPut(b []byte, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ahead.Len()+len(b) > streamBuffer {
		return false
	}
	s.ahead.Write(b)
	s.err = err
	return true
}

var errEmpty = errors.New("nothing read ahead")

// get is a read that does not wait: errEmpty if there is nothing yet.
func (s *Stream) get(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ahead.Len() == 0 {
		return 0, cmp.Or(s.err, errEmpty)
	}
	n, _ := s.ahead.Read(p)
	if s.ahead.Len() == 0 && s.ahead.Cap() > chunk {
		s.ahead = bytes.Buffer{} // a burst is over; give its memory back
	}
	signal(s.space)
	return n, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Next returns the next record: see Source.
func (s *Stream) Next(ctx context.Context) (audit.Record, error) {
	for {
		rec, ok, err := s.try()
		if ok || err != nil {
			return rec, err
		}
		if err := s.wait(ctx); err != nil {
			return audit.Record{}, err
		}
	}
}

// try returns what is there already; false if nothing is.
func (s *Stream) try() (rec audit.Record, ok bool, err error) {
	for {
		if ok, err := s.cut.next(&rec); ok || err != nil {
			return rec, ok, err
		}
		err := s.cut.fill(s.get)
		if err == errEmpty {
			return rec, false, nil
		}
		if err != nil && s.cut.pending() == 0 {
			return rec, false, err
		}
		if err != nil {
			s.cut.finish()
		}
	}
}

func (s *Stream) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var idle <-chan time.Time
	if s.idle > 0 {
		idle = time.After(s.idle)
	}
	select {
	case <-s.ready:
		return nil
	case <-idle:
		return ErrIdle
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops reading: see NewStream.
func (s *Stream) Close() error {
	var err error
	s.stopOnce.Do(func() {
		close(s.stop)
		if c, ok := s.r.(io.Closer); ok {
			err = c.Close()
		}
	})
	if errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}
