package spool

import (
	"errors"
	"os"
	"slices"
	"syscall"
)

// append adds frames and returns how many of them are durable.
func (d *disk) append(frames [][]byte) (done int, err error) {
	d.appending.Lock()
	defer d.appending.Unlock()
	if d.closed {
		return 0, ErrClosed
	}
	for done < len(frames) {
		n, err := d.appendSome(frames[done:])
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// appendSome appends the first n frames, as many as go to one segment.
func (d *disk) appendSome(frames [][]byte) (n int, err error) {
	n = d.fill(frames)
	if err := d.room(int64(len(d.wbuf)) + headerSize); err != nil {
		return 0, err
	}
	s, err := d.activeSegment()
	if err != nil {
		return 0, err
	}
	if err := d.write(); err != nil {
		return 0, errors.Join(err, d.fail(s))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.gone { // its file vanished under our hands
		return 0, &os.PathError{Op: "append", Path: d.w.Name(), Err: os.ErrNotExist}
	}
	s.size += int64(len(d.wbuf))
	s.frames += n
	s.last = stamp(frames[n-1])
	d.st.Bytes += int64(len(d.wbuf))
	d.st.Frames += n
	d.st.Appended += uint64(n)
	return n, nil
}

// fill encodes into wbuf the frames that still go to the active segment: at least one. If the first does
// not fit, the active segment ends here.
func (d *disk) fill(frames [][]byte) (n int) {
	room := d.opts.SegmentBytes - headerSize
	if s := d.active(); s != nil {
		if room = d.opts.SegmentBytes - s.size; size(frames[0]) > room {
			d.seal()
			room = d.opts.SegmentBytes - headerSize
		}
	}
	d.wbuf = d.wbuf[:0]
	for _, b := range frames {
		if n > 0 && int64(len(d.wbuf))+size(b) > room {
			break
		}
		d.wbuf = appendFrame(d.wbuf, b)
		n++
	}
	return n
}

// active returns the segment being appended to, or nil.
func (d *disk) active() *segment {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.segs); n > 0 && d.segs[n-1].active {
		return d.segs[n-1]
	}
	return nil
}

// seal ends the active segment.
func (d *disk) seal() {
	d.mu.Lock()
	if n := len(d.segs); n > 0 {
		d.segs[n-1].active = false
	}
	d.mu.Unlock()
	if d.w != nil {
		d.w.Close() // it was synced: nothing left to fail
		d.w = nil
	}
}

// activeSegment returns the segment being appended to, a new one if there is none.
func (d *disk) activeSegment() (*segment, error) {
	if s := d.active(); s != nil {
		return s, nil
	}
	d.seal() // closes the file of a segment that was dropped
	path := segmentPath(d.dir, d.next)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(appendHeader(nil))
	if err := errors.Join(err, d.lock.Sync()); err != nil {
		f.Close()
		return nil, errors.Join(err, os.Remove(path))
	}
	s := &segment{seq: d.next, size: headerSize, active: true}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.w, d.next = f, d.next+1
	d.segs = append(d.segs, s)
	d.st.Bytes += headerSize
	return s, nil
}

func (d *disk) write() error {
	if _, err := d.w.Write(d.wbuf); err != nil {
		return err
	}
	return d.sync(d.w)
}

// fail ends segment s after a write or a sync that failed. A sync is never tried again on the same
// file: the kernel tells of lost pages once (https://lwn.net/Articles/752063/). The unsure end is cut off, so
// that a restart does not find it; if that fails too, it may be handed out then.
func (d *disk) fail(s *segment) error {
	terr := d.w.Truncate(s.size)
	d.seal()
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.size > headerSize || s.gone {
		return terr
	}
	if i := slices.Index(d.segs, s); i >= 0 { // else the reader has passed and unlinked it
		d.segs = slices.Delete(d.segs, i, i+1)
		d.st.Bytes -= s.size
	}
	return errors.Join(terr, ignoreMissing(os.Remove(segmentPath(d.dir, s.seq))))
}

// unlink removes a segment. It empties it first, since a reader may hold it open, and a full disk needs the room now.
func unlink(path string) error {
	_ = os.Truncate(path, 0) // only to have the room sooner
	return ignoreMissing(os.Remove(path))
}
