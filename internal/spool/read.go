package spool

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"
)

// at returns frame i of those that are not acked, 0 being the oldest; ok is false if there are not so many. It is the same
// frame until ack, even if its segment is dropped.
func (d *disk) at(i int) (b []byte, ok bool, err error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.closed {
		return nil, false, ErrClosed
	}
	for {
		if b, ok := d.again(i); ok {
			return b, true, nil
		}
		s, at, end, err := d.front()
		if s == nil {
			return nil, false, err
		}
		if err := d.take(s, at, end); err != nil {
			return nil, false, err
		}
	}
}

// again returns frame i of those handed out.
func (d *disk) again(i int) ([]byte, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if i >= len(d.handed) {
		return nil, false
	}
	return d.handed[i].b, true
}

// front returns the segment and the position of the oldest frame not handed out, and where the segment ends now. The segment is
// nil if no frame waits. It passes finished segments.
func (d *disk) front() (s *segment, at position, end int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.segs {
		if s.seq < d.ahead.seg {
			continue
		}
		if s.seq > d.ahead.seg || d.ahead.off < headerSize {
			d.advance(position{s.seq, headerSize})
		}
		if d.ahead.off < s.size {
			return s, d.ahead, s.size, nil
		}
		if s.active {
			break
		}
		d.advance(position{s.seq + 1, headerSize})
	}
	return nil, d.ahead, 0, d.reap()
}

// advance moves reading to p. What nobody holds needs no ack to be passed.
func (d *disk) advance(p position) {
	d.ahead = p
	if len(d.handed) == 0 {
		d.pos = p
	}
}

// take reads the frame at position at and hands it out. If there is no whole one it moves on, or finds that
// the segment was dropped meanwhile.
func (d *disk) take(s *segment, at position, end int64) error {
	b, err := d.read(at, end)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.ahead != at:
	case unreadable(err):
		return d.abandon(s)
	case err != nil:
		return err
	case b == nil:
		return d.skip(s, at)
	default:
		next := position{at.seg, at.off + int64(len(b))}
		d.handed = append(d.handed, &handed{at: at, end: next.off, b: b[prefixSize:]})
		d.ahead = next
	}
	return nil
}

// read returns the whole frame at position at, prefix included, or nil if it is damaged. It does not
// read beyond end.
func (d *disk) read(at position, end int64) ([]byte, error) {
	if err := d.openRead(at.seg); err != nil {
		return nil, err
	}
	if end-at.off < prefixSize {
		return nil, nil
	}
	var prefix [prefixSize]byte
	if _, err := d.r.ReadAt(prefix[:], at.off); err != nil {
		return nil, err
	}
	n := frameSize(prefix[:], end-at.off)
	if n == 0 {
		return nil, nil
	}
	b := append(make([]byte, 0, n), prefix[:]...)[:n]
	if _, err := d.r.ReadAt(b[prefixSize:], at.off+prefixSize); err != nil {
		return nil, err
	}
	if !sound(b) {
		return nil, nil
	}
	return b, nil
}

func (d *disk) openRead(seq uint64) error {
	if d.r != nil && d.rseq == seq {
		return nil
	}
	if d.r != nil {
		d.r.Close()
	}
	var err error
	d.r, err = openSegment(segmentPath(d.dir, seq))
	d.rseq = seq
	if err != nil {
		d.r = nil
	}
	return err
}

// unreadable reports whether err will be the same next time: the file is gone, cut short or on a bad disk.
// Others, like too many open files, pass.
func unreadable(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EIO)
}

// abandon gives segment s up: what it held is lost, and its file goes to quarantine.
func (d *disk) abandon(s *segment) error {
	if err := d.bin.move(segmentPath(d.dir, s.seq)); err != nil {
		return err
	}
	// Finished segments may still stand before it, and such whose frames are handed out.
	i := slices.Index(d.segs, s)
	copy(d.segs[1:i+1], d.segs[:i])
	d.segs[0] = s
	d.st.Corrupt++
	d.st.CorruptBytes += uint64(s.size)
	d.st.Lost += uint64(d.forget(s))
	return nil
}

// skip moves on to the next whole frame of s. Damage that Open did not see is counted here.
func (d *disk) skip(s *segment, at position) error {
	if !slices.ContainsFunc(s.bad, func(sp span) bool { return sp.from == at.off }) {
		data, err := readSegment(segmentPath(d.dir, s.seq))
		if unreadable(err) || err == nil && int64(len(data)) < s.size {
			return d.abandon(s)
		}
		if err != nil {
			return err
		}
		before, held := s.frames, d.heldOf(s)
		d.lay(s, data[:s.size], at.off)
		s.frames += held
		d.st.Lost += uint64(max(before-s.frames, 0))
		d.st.Frames += s.frames - before
	}
	for _, sp := range s.bad {
		if sp.from == at.off {
			d.advance(position{s.seq, sp.to})
		}
	}
	return nil
}

// heldOf returns how many frames of s are handed out.
func (d *disk) heldOf(s *segment) (n int) {
	for _, h := range d.handed {
		if h.at.seg == s.seq && !h.orphan {
			n++
		}
	}
	return n
}

// ack removes the oldest frame handed out.
func (d *disk) ack() error { return d.release(&d.st.Acked) }

// expire is ack for a frame that is too old to be sent.
func (d *disk) expire() error { return d.release(&d.st.Dropped) }

func (d *disk) release(counter *uint64) error {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.handed) == 0 {
		return errNoPeek
	}
	h := d.handed[0]
	d.handed = slices.Delete(d.handed, 0, 1)
	d.st.Frames--
	*counter++
	if !h.orphan {
		return errors.Join(d.settle(h), d.reap())
	}
	if len(d.handed) == 0 {
		d.pos = d.ahead
	}
	return d.reap()
}

// settle counts the ack of h, and passes the segment if that was its last frame.
func (d *disk) settle(h *handed) error {
	d.pos = position{h.at.seg, h.end}
	if len(d.handed) == 0 {
		d.pos = d.ahead // damage behind h, and segments that are passed
	}
	i := slices.IndexFunc(d.segs, func(s *segment) bool { return s.seq == h.at.seg })
	s := d.segs[i]
	s.frames--
	if d.pos.seg == s.seq && d.pos.off >= s.size && !s.active {
		d.pos = position{s.seq + 1, headerSize}
		if len(d.handed) == 0 {
			d.ahead = d.pos
		}
	}
	return d.cur.set(d.pos)
}

// reap unlinks the finished segments. The cursor is made durable first: in the other order a crash leaves
// a cursor that points to nowhere (vectordotdev/vector#25570).
func (d *disk) reap() error {
	if len(d.segs) == 0 || d.segs[0].seq >= d.pos.seg {
		return nil
	}
	if err := errors.Join(d.cur.set(d.pos), d.cur.sync()); err != nil {
		return err
	}
	for len(d.segs) > 0 && d.segs[0].seq < d.pos.seg {
		s := d.segs[0]
		if err := unlink(segmentPath(d.dir, s.seq)); err != nil {
			return err
		}
		d.segs = d.segs[1:]
		d.st.Bytes -= s.size
	}
	return nil
}
