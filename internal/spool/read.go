package spool

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"
)

func (d *disk) peek() ([]byte, bool, error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.closed {
		return nil, false, ErrClosed
	}
	for {
		if b := d.again(); b != nil {
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

// again returns the frame handed out and not acked, or nil.
func (d *disk) again() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.peeked == nil {
		return nil
	}
	return d.peeked.b
}

// front returns the segment and the position of the oldest frame, and where the segment ends now. The segment is
// nil if no frame waits. It passes finished segments.
func (d *disk) front() (s *segment, at position, end int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.segs {
		if s.seq < d.pos.seg {
			continue
		}
		if s.seq > d.pos.seg || d.pos.off < headerSize {
			d.pos = position{s.seq, headerSize}
		}
		if d.pos.off < s.size {
			return s, d.pos, s.size, nil
		}
		if s.active {
			break
		}
		d.pos = position{s.seq + 1, headerSize}
	}
	return nil, d.pos, 0, d.reap()
}

// take reads the frame at position at into peeked. If there is no whole one it moves on, or finds that
// the segment was dropped meanwhile; then peeked stays nil.
func (d *disk) take(s *segment, at position, end int64) error {
	b, err := d.read(at, end)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.pos != at:
	case unreadable(err):
		return d.abandon(s)
	case err != nil:
		return err
	case b == nil:
		return d.skip(s, at)
	default:
		d.peeked = &peeked{at: at, end: at.off + int64(len(b)), b: b[prefixSize:]}
	}
	return nil
}

// read returns the whole frame at position at, prefix included, or nil if it is damaged. It does not
// read beyond end. The slice is valid until the next read.
func (d *disk) read(at position, end int64) ([]byte, error) {
	if err := d.openRead(at.seg); err != nil {
		return nil, err
	}
	if end-at.off < prefixSize {
		return nil, nil
	}
	d.rbuf = slices.Grow(d.rbuf[:0], prefixSize)[:prefixSize]
	if _, err := d.r.ReadAt(d.rbuf, at.off); err != nil {
		return nil, err
	}
	n := frameSize(d.rbuf, end-at.off)
	if n == 0 {
		return nil, nil
	}
	d.rbuf = slices.Grow(d.rbuf, int(n)-prefixSize)[:n]
	if _, err := d.r.ReadAt(d.rbuf[prefixSize:], at.off+prefixSize); err != nil {
		return nil, err
	}
	if !sound(d.rbuf) {
		return nil, nil
	}
	return d.rbuf, nil
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
	// Finished segments may still stand before it.
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
		before := s.frames
		d.lay(s, data[:s.size], at.off)
		d.st.Lost += uint64(max(before-s.frames, 0))
		d.st.Frames += s.frames - before
	}
	for _, sp := range s.bad {
		if sp.from == at.off {
			d.pos.off = sp.to
		}
	}
	return nil
}

func (d *disk) ack() error {
	d.reading.Lock()
	defer d.reading.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.peeked
	if p == nil {
		return errNoPeek
	}
	d.peeked = nil
	d.st.Frames--
	d.st.Acked++
	if p.orphan {
		return nil
	}
	d.pos.off = p.end
	return errors.Join(d.settle(), d.reap())
}

// settle counts the ack at pos, and passes the segment if that was its last frame.
func (d *disk) settle() error {
	i := slices.IndexFunc(d.segs, func(s *segment) bool { return s.seq == d.pos.seg })
	s := d.segs[i]
	s.frames--
	if d.pos.off >= s.size && !s.active {
		d.pos = position{s.seq + 1, headerSize}
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
