package spool

import (
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"time"
)

// lane is a first-in-first-out queue of the frames of one priority: on disk or in memory.
type lane interface {
	append(frames [][]byte) (done int, err error)
	at(i int) (b []byte, ok bool, err error)
	ack() error
	expire() error
	dropOldest(tell func(frame []byte)) (ok bool, err error)
	expired(stamp uint64) bool
	stats() Stats
	close() error
}

const (
	stampSize = 8
	// plain is the lane of what version 1 wrote: frames without stamps. Nothing is appended to it.
	plain    = 0
	numLanes = 1 + Priorities
)

var errNoRoom = errors.New("all that waits is of a higher priority")

// lanes are the frames of a queue, in a lane for each priority. They are handed out in the order in which they were
// appended, and forced out from the lowest lane up: a stamp before each frame tells when it was appended.
type lanes struct {
	opts    Options
	open    func(i int) (lane, error)
	reserve *reserve // nil: none

	// appending is held by append.
	appending sync.Mutex
	stamp     uint64 // of the last frame
	priority  int    // of what is being appended

	// reading is held by at and ack.
	reading sync.Mutex
	out     []picked      // handed out and not acked, oldest first
	held    [numLanes]int // how many of them are of which lane

	mu       sync.Mutex
	by       [numLanes]lane // nil: empty so far
	unplaced uint64         // frames that gave way at once to those of higher priorities
}

type picked struct {
	lane int
	b    []byte
}

// stamp returns the stamp of frame b, 0 if it has none. It is in nanoseconds of the clock at the time of the append, but always
// more than that of the frame before.
func stamp(b []byte) uint64 {
	if len(b) < stampSize {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (l *lanes) lane(i int) lane {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.by[i]
}

func (l *lanes) append(priority int, frames [][]byte) error {
	l.appending.Lock()
	defer l.appending.Unlock()
	for _, b := range frames {
		if n := size(b) + stampSize; n > maxFrame || n+headerSize > l.capacity() {
			return ErrTooLarge
		}
	}
	to, err := l.destination(priority)
	if err != nil {
		return err
	}
	l.expire()
	l.priority = priority
	stamped := l.stampAll(frames)
	done, err := to.append(stamped)
	if full(err) && l.reserve.release() {
		stamped = stamped[done:]
		done, err = to.append(stamped)
	}
	if errors.Is(err, errNoRoom) {
		l.giveWay(stamped[done:])
		err = nil
	}
	if err == nil {
		l.reserve.restore()
	}
	return err
}

// capacity is what segments may take.
func (l *lanes) capacity() int64 { return l.opts.MaxBytes - l.reserve.size() }

func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// destination returns the lane of a priority, a new one if there is none.
func (l *lanes) destination(priority int) (lane, error) {
	i := 1 + min(max(priority, 0), Priorities-1)
	if to := l.lane(i); to != nil {
		return to, nil
	}
	to, err := l.open(i)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.by[i] = to
	return to, nil
}

func (l *lanes) stampAll(frames [][]byte) [][]byte {
	out := make([][]byte, len(frames))
	for i, b := range frames {
		l.stamp = max(l.stamp+1, uint64(time.Now().UnixNano()))
		out[i] = append(binary.LittleEndian.AppendUint64(make([]byte, 0, stampSize+len(b)), l.stamp), b...)
	}
	return out
}

// giveWay counts frames for which there is no room.
func (l *lanes) giveWay(frames [][]byte) {
	l.mu.Lock()
	l.unplaced += uint64(len(frames))
	l.mu.Unlock()
	for _, b := range frames {
		l.tell(1, b)
	}
}

// tell shows the owner of the queue a frame that was forced out.
func (l *lanes) tell(lane int, b []byte) {
	if l.opts.OnDrop == nil {
		return
	}
	if lane != plain {
		b = b[min(stampSize, len(b)):]
	}
	l.opts.OnDrop(b)
}

// room forces out the oldest frames of the lowest priority until need more bytes fit. What is appended forces
// out nothing of a higher priority than its own.
func (l *lanes) room(need int64) error {
	for l.stats().Bytes+need > l.capacity() {
		ok, err := l.dropLowest(1 + l.priority)
		if err != nil {
			return err
		}
		if !ok {
			return errNoRoom
		}
	}
	return nil
}

func (l *lanes) dropLowest(most int) (ok bool, err error) {
	for i := range min(most, numLanes-1) + 1 {
		if v := l.lane(i); v != nil {
			if ok, err = v.dropOldest(func(b []byte) { l.tell(i, b) }); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

// tooOld is the stamp before which a frame is too old to be sent.
func (l *lanes) tooOld() uint64 {
	if l.opts.MaxAge <= 0 {
		return 0
	}
	return uint64(time.Now().Add(-l.opts.MaxAge).UnixNano())
}

// expire drops segments in which all is too old. An error here is no reason not to append.
func (l *lanes) expire() {
	limit := l.tooOld()
	for i := 1; i < numLanes; i++ {
		v := l.lane(i)
		for v != nil && v.expired(limit) {
			if ok, err := v.dropOldest(func(b []byte) { l.tell(i, b) }); !ok || err != nil {
				break
			}
		}
	}
}

// at returns frame i of those that are not acked, without its stamp.
func (l *lanes) at(i int) ([]byte, bool, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	for i >= len(l.out) {
		if ok, err := l.pick(); !ok {
			return nil, false, err
		}
	}
	return l.out[i].b, true, nil
}

// pick hands out the oldest frame of all lanes. A lane that cannot be read now holds up no other.
func (l *lanes) pick() (ok bool, err error) {
	best := picked{lane: -1}
	var oldest uint64
	for i := range numLanes {
		b, at, ok, lerr := l.head(i)
		if lerr != nil {
			err = lerr
		}
		if ok && (best.lane < 0 || at < oldest) {
			best, oldest = picked{i, b}, at
		}
	}
	if best.lane < 0 {
		return false, err
	}
	l.out = append(l.out, best)
	l.held[best.lane]++
	return true, nil
}

// head returns the oldest frame of lane i that is not handed out and not too old, and its stamp.
func (l *lanes) head(i int) (b []byte, at uint64, ok bool, err error) {
	v, limit := l.lane(i), l.tooOld()
	if v == nil {
		return nil, 0, false, nil
	}
	for {
		b, ok, err = v.at(l.held[i])
		if !ok || i == plain {
			return b, 0, ok, err
		}
		if at = stamp(b); at >= limit || l.held[i] > 0 {
			return b[min(stampSize, len(b)):], at, true, nil
		}
		l.tell(i, b)
		if err := v.expire(); err != nil {
			return nil, 0, false, err
		}
	}
}

func (l *lanes) ack() error {
	l.reading.Lock()
	defer l.reading.Unlock()
	if len(l.out) == 0 {
		return errNoPeek
	}
	i := l.out[0].lane
	l.out[0].b = nil
	l.out = l.out[1:]
	l.held[i]--
	return l.lane(i).ack()
}

func (l *lanes) stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := Stats{Appended: l.unplaced, Dropped: l.unplaced}
	for _, v := range l.by {
		if v != nil {
			sum.add(v.stats())
		}
	}
	return sum
}

func (l *lanes) close() error {
	var err error
	for i := range numLanes {
		if v := l.lane(i); v != nil {
			err = errors.Join(err, v.close())
		}
	}
	return err
}
