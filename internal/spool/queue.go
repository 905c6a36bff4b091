package spool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options bounds a Queue. The zero value works.
type Options struct {
	// MaxBytes is the most that all segments and the reserve take on disk; 0 means 64 MiB. Over it the oldest
	// segment of the lowest priority is dropped, with what it still holds.
	MaxBytes int64
	// MaxAge is how long a frame may wait; 0 is for ever. An older one is dropped.
	MaxAge time.Duration
	// SegmentBytes is the size at which a new segment begins; 0 means MaxBytes/64, within 4 KiB and 4 MiB.
	SegmentBytes int64
	// OnDrop, if set, sees each frame that MaxBytes or MaxAge forces out and that can still be read. It is called by
	// whoever appends or peeks, must not call the Queue, and must not keep the frame.
	OnDrop func(frame []byte)
}

// Priorities is the number of priorities; the lowest is 0.
const Priorities = 5

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
	Dropped      uint64 // forced out by MaxBytes or MaxAge
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

func (s *Stats) add(o Stats) {
	s.Frames += o.Frames
	s.Bytes += o.Bytes
	s.Recovered += o.Recovered
	s.Appended += o.Appended
	s.Acked += o.Acked
	s.Dropped += o.Dropped
	s.Lost += o.Lost
	s.Corrupt += o.Corrupt
	s.CorruptBytes += o.CorruptBytes
}

// Queue is a first-in-first-out queue of frames.
type Queue struct {
	dir  string
	st   *lanes
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
		q.dir, q.st = "memory", inMemory(o)
		return q, nil
	}
	d, err := onDisk(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open spool %q: %w", dir, err)
	}
	q.st = d
	return q, nil
}

// Append adds frame b with a priority from 0 to Priorities-1. If it returns nil, b survives a crash. Otherwise append it again
// later: it may then be there twice. A frame that can never fit is refused with ErrTooLarge. If all that
// waits is of higher priorities and there is no room, b is dropped, and that is no error.
func (q *Queue) Append(priority int, b []byte) error { return q.AppendBatch(priority, [][]byte{b}) }

// AppendBatch is Append for many frames, synced once for each segment they go to. After an
// error some of them may have been kept; append all of them again.
func (q *Queue) AppendBatch(priority int, frames [][]byte) error {
	if q.closed() {
		return fmt.Errorf("append to spool %q: %w", q.dir, ErrClosed)
	}
	err := q.st.append(priority, frames)
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
	batch, err := q.PeekBatch(ctx, 1, 0)
	if err != nil {
		return nil, err
	}
	return batch[0], nil
}

// PeekBatch is Peek for the oldest frames: those that wait, at most most of them and not more than maxBytes, but at least one.
func (q *Queue) PeekBatch(ctx context.Context, most int, maxBytes int) ([][]byte, error) {
	for ctx.Err() == nil {
		if q.closed() {
			return nil, fmt.Errorf("peek spool %q: %w", q.dir, ErrClosed)
		}
		batch, err := q.peek(most, maxBytes)
		if len(batch) > 0 {
			return batch, nil
		}
		if err != nil {
			return nil, fmt.Errorf("peek spool %q: %w", q.dir, err)
		}
		select {
		case <-q.wake:
		case <-q.done:
		case <-ctx.Done():
		}
	}
	return nil, ctx.Err()
}

func (q *Queue) peek(most, maxBytes int) (batch [][]byte, err error) {
	bytes := 0
	for len(batch) < max(most, 1) {
		b, ok, err := q.st.at(len(batch))
		if !ok {
			return batch, err
		}
		if bytes += len(b); len(batch) > 0 && bytes > maxBytes {
			break
		}
		batch = append(batch, b)
	}
	return batch, nil
}

// Ack removes the oldest frame that Peek or PeekBatch returned. After an error the frame is done with all the same, but
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
