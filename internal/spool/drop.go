package spool

import "slices"

// dropOldest forces out the oldest segment with all that waits in it, which tell is shown. ok is false if there is none.
func (d *disk) dropOldest(tell func(frame []byte)) (ok bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.segs) == 0 {
		return false, nil
	}
	s := d.segs[0]
	waiting := d.unsent(s)
	if err := unlink(segmentPath(d.dir, s.seq)); err != nil {
		return false, err
	}
	d.st.Dropped += uint64(d.forget(s))
	for _, b := range waiting {
		tell(b)
	}
	return true, nil
}

// unsent returns the frames of s that are not handed out, if they can be read. It is for who wants to know what was dropped; how
// many there were is known without.
func (d *disk) unsent(s *segment) [][]byte {
	off := int64(headerSize)
	switch {
	case s.seq < d.ahead.seg || s.frames == 0:
		return nil
	case s.seq == d.ahead.seg:
		off = max(off, d.ahead.off)
	}
	data, err := readSegment(segmentPath(d.dir, s.seq))
	if err != nil || int64(len(data)) < s.size {
		return nil
	}
	var frames [][]byte
	for b := range payloads(data[:s.size], off) {
		frames = append(frames, b)
	}
	return frames
}

// expired reports whether all that waits in the oldest segment was appended before stamp t.
func (d *disk) expired(t uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.segs) > 0 && d.segs[0].frames > 0 && d.segs[0].last < t
}

// forget takes s out of the queue and returns how many frames waited in it and were not handed out. Its file is already gone.
func (d *disk) forget(s *segment) (waiting int) {
	waiting = s.frames
	for _, h := range d.handed {
		if h.at.seg == s.seq && !h.orphan {
			h.orphan = true
			waiting--
		}
	}
	after := position{s.seq + 1, headerSize}
	// Frames of earlier segments may still be handed out: a restart needs them.
	earlier := slices.ContainsFunc(d.handed, func(h *handed) bool { return !h.orphan && h.at.seg < s.seq })
	if s.seq >= d.pos.seg && !earlier {
		d.pos = after
	}
	if s.seq >= d.ahead.seg {
		d.ahead = after
	}
	d.segs = slices.Delete(d.segs, 0, 1)
	d.st.Bytes -= s.size
	d.st.Frames -= waiting
	s.gone, s.active = true, false
	return waiting
}
