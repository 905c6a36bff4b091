package spool

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Options bounds a Queue. The zero value works.
type Options struct {
	// MaxBytes is the most that all segments take on disk; 0 means 64 MiB. Over it the oldest segment
	// is dropped, with what it still holds.
	MaxBytes int64
	// SegmentBytes is the size at which a new segment begins; 0 means MaxBytes/64, within 4 KiB and 4 MiB.
	SegmentBytes int64
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = min(max(o.MaxBytes/64, 4<<10), 4<<20)
	}
	o.SegmentBytes = min(o.SegmentBytes, o.MaxBytes, maxSegment/2)
	return o
}

// Stats counts frames, since Open but for Frames and Bytes. It always holds that
// Frames = Recovered + Appended − Acked − Dropped − Lost.
type Stats struct {
	Frames       int    // waiting now
	Bytes        int64  // taken by segments now, on disk or in memory
	Recovered    uint64 // found by Open
	Appended     uint64
	Acked        uint64
	Dropped      uint64 // forced out by MaxBytes
	Lost         uint64 // waited, but were damaged or gone when their turn came
	Corrupt      uint64 // damaged ranges found, torn tails included
	CorruptBytes uint64
}

// The errors a caller may want to tell apart.
var (
	ErrLocked   = errors.New("in use by another process") // of Open
	ErrClosed   = errors.New("queue closed")              // of Append, Peek and Ack
	ErrTooLarge = errors.New("frame larger than the spool takes")
	errNoPeek   = errors.New("no frame peeked")
)

// store is where the frames are: on disk or in memory.
type store interface {
	append(frames [][]byte) error
	// peek returns the oldest frame; ok is false if there is none.
	peek() (b []byte, ok bool, err error)
	ack() error
	stats() Stats
	close() error
}

// Queue is a first-in-first-out queue of frames.
type Queue struct {
	dir  string
	st   store
	wake chan struct{} // holds a token if frames may have arrived since the last Peek
	done chan struct{} // closed by Close
	once sync.Once
}

// Open opens the queue in directory dir, and makes it if need be. With dir "" the queue is in
// memory: for a host where no directory can be written; a restart then loses what waits.
//
// Open returns an error wrapping ErrLocked if another Queue has dir open, and one wrapping ErrVersion
// if a later version wrote it. Damage is no error: see Stats.
func Open(dir string, o Options) (*Queue, error) {
	q := &Queue{dir: dir, wake: make(chan struct{}, 1), done: make(chan struct{})}
	o = o.withDefaults()
	if dir == "" {
		q.dir, q.st = "memory", &memory{max: o.MaxBytes}
		return q, nil
	}
	d, err := openDisk(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open spool %q: %w", dir, err)
	}
	q.st = d
	return q, nil
}

// Append adds frame b. If it returns nil, b survives a crash. Otherwise append it again later: it may then
// be there twice. A frame that can never fit is refused with ErrTooLarge.
func (q *Queue) Append(b []byte) error { return q.AppendBatch([][]byte{b}) }

// AppendBatch is Append for many frames, synced once for each segment they go to. After an
// error some of them may have been kept; append all of them again.
func (q *Queue) AppendBatch(frames [][]byte) error {
	if q.closed() {
		return fmt.Errorf("append to spool %q: %w", q.dir, ErrClosed)
	}
	err := q.st.append(frames)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	if err != nil {
		return fmt.Errorf("append to spool %q: %w", q.dir, err)
	}
	return nil
}

// Peek returns the oldest frame, waiting until there is one or ctx ends. Called again before Ack it
// returns the same frame. The slice is valid until Ack. After any other error than ctx.Err and
// ErrClosed it may be called again.
func (q *Queue) Peek(ctx context.Context) ([]byte, error) {
	for ctx.Err() == nil {
		if q.closed() {
			return nil, fmt.Errorf("peek spool %q: %w", q.dir, ErrClosed)
		}
		b, ok, err := q.st.peek()
		if err != nil {
			return nil, fmt.Errorf("peek spool %q: %w", q.dir, err)
		}
		if ok {
			return b, nil
		}
		select {
		case <-q.wake:
		case <-q.done:
		case <-ctx.Done():
		}
	}
	return nil, ctx.Err()
}

// Ack removes the frame that Peek returned. After an error the frame is done with all the same, but
// it may be handed out again after a restart.
func (q *Queue) Ack() error {
	if q.closed() {
		return fmt.Errorf("ack spool %q: %w", q.dir, ErrClosed)
	}
	if err := q.st.ack(); err != nil {
		return fmt.Errorf("ack spool %q: %w", q.dir, err)
	}
	return nil
}

// Len returns the number of frames that wait.
func (q *Queue) Len() int { return q.st.stats().Frames }

// Stats returns the counters. It is valid after Close, too.
func (q *Queue) Stats() Stats { return q.st.stats() }

// Close wakes a waiting Peek, makes the acks durable and unlocks the directory. Closing again does nothing.
func (q *Queue) Close() (err error) {
	q.once.Do(func() {
		close(q.done)
		err = q.st.close()
	})
	if err != nil {
		return fmt.Errorf("close spool %q: %w", q.dir, err)
	}
	return nil
}

func (q *Queue) closed() bool {
	select {
	case <-q.done:
		return true
	default:
		return false
	}
}
