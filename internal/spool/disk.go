package spool

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// disk is a lane in a directory.
type disk struct {
	dir  string
	opts Options
	lock *os.File // the directory; holds the flock, and is what syncs its names
	bin  quarantine
	room func(need int64) error // makes room for that many bytes, or returns why not
	sync func(*os.File) error   // fdatasync; tests make it fail

	closed bool // written with appending and reading held: either one is enough to read it

	// appending is held by append and close. It comes before mu.
	appending sync.Mutex
	w         *os.File // the active segment; nil if there is none
	wbuf      []byte

	// reading is held by at, ack and close. It comes before mu.
	reading sync.Mutex
	r       *os.File // the segment rseq; nil if none is open
	rseq    uint64

	// mu is never held while an append syncs.
	mu     sync.Mutex
	segs   []*segment // what is on disk, oldest first; those before pos.seg wait to be unlinked
	pos    position   // of the oldest frame not acked
	ahead  position   // of the oldest frame not handed out; pos, if none is handed out
	next   uint64     // number of the next segment
	cur    *cursor
	handed []*handed // handed out and not acked, oldest first
	st     Stats
}

// handed is a frame that at returned.
type handed struct {
	at  position
	end int64
	b   []byte
	// orphan: its segment was dropped meanwhile. The frame is still good, and not counted as dropped.
	orphan bool
}

func openDisk(dir string, o Options, bin quarantine, room func(int64) error) (*disk, error) {
	d := &disk{dir: dir, opts: o, bin: bin, room: room, sync: fdatasync}
	err := d.acquire()
	if err == nil {
		err = d.recover()
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// acquire makes the directory and locks it.
func (d *disk) acquire() error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(d.dir, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if err == syscall.EWOULDBLOCK {
			return ErrLocked
		}
		return &os.PathError{Op: "flock", Path: d.dir, Err: err}
	}
	d.lock = f
	return errors.Join(f.Chmod(0o700), syncDir(filepath.Dir(d.dir)))
}

// syncDir makes the names in dir durable. A parent we may search but not read stays unsynced: it is
// there since installation, and only a directory made this moment could be lost with it.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	return f.Sync()
}

// recover finds out what the directory holds. It removes nothing before all of it is known to be of our version.
func (d *disk) recover() error {
	var err error
	if d.cur, err = openCursor(filepath.Join(d.dir, "cursor")); err != nil {
		return err
	}
	d.pos, d.ahead, d.next = d.cur.pos, d.cur.pos, d.cur.pos.seg+1
	seqs, err := listSegments(d.dir)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		if err := d.recoverSegment(seq); err != nil {
			return err
		}
	}
	d.st.Frames = int(d.st.Recovered)
	return errors.Join(d.sweep(), d.lock.Sync())
}

func (d *disk) recoverSegment(seq uint64) error {
	d.next = max(d.next, seq+1)
	if seq < d.pos.seg { // finished; its unlink did not survive
		d.segs = append(d.segs, &segment{seq: seq})
		return nil
	}
	var off int64
	if seq == d.pos.seg {
		off = d.pos.off
	}
	s, err := d.inspect(seq, off)
	if err != nil {
		return err
	}
	d.segs = append(d.segs, s)
	d.st.Bytes += s.size
	d.st.Recovered += uint64(s.frames)
	return nil
}

// sweep unlinks the segments that hold nothing to hand out.
func (d *disk) sweep() error {
	var keep []*segment
	for _, s := range d.segs {
		if s.frames > 0 {
			keep = append(keep, s)
			continue
		}
		d.st.Bytes -= s.size
		if err := ignoreMissing(os.Remove(segmentPath(d.dir, s.seq))); err != nil {
			return err
		}
	}
	d.segs = keep
	return nil
}

func (d *disk) stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.st
}

func (d *disk) close() error {
	d.appending.Lock()
	defer d.appending.Unlock()
	d.reading.Lock()
	defer d.reading.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var err error
	if d.cur != nil {
		err = errors.Join(d.cur.sync(), d.cur.f.Close())
	}
	for _, f := range []*os.File{d.w, d.r, d.lock} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
