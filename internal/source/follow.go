package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// FollowOptions say where to begin and how to wait.
type FollowOptions struct {
	From      Cursor        // begin here; zero: at the end of the log
	Else      Cursor        // begin here if the file of From is gone, or was cut since
	FromStart bool          // without From: begin at the start of the log, rotated siblings left out
	Poll      time.Duration // between looks at the log; 0 is 50 ms
	Idle      time.Duration // Next returns ErrIdle after it; 0 is never
	AnyOwner  bool          // else the log must belong to root or to this process's user
}

// File follows a log through its rotations.
//
// It holds the descriptor of the file it reads until that is drained, so the inode cannot be given to
// another file meanwhile, and then goes to the next newer sibling (log.N … log.1, log). A rename
// chain, copytruncate, truncation and a recreated log are told apart by inode, size and the checksum
// of the first line. Siblings that are compressed or named by date are not looked at.
//
// An error of the system (EACCES while auditd changes the owner of a new log, EMFILE, ENOENT) is
// never the end: the file is tried again with each poll, and Waiting tells the error.
type File struct {
	lines
	path string
	o    FollowOptions

	boot    string
	fd      *os.File // nil before the log was found
	id      identity
	first   print
	prev    print // of the file before this one; the zero print: there is none
	prevOK  bool  // prev is known
	seen    int64 // size of the file when it last held no whole line after off
	touched int64 // its mtime when it was last found empty
	segs    []segment
	newest  Stamp // of the record handed out last, or of the one before the place to begin
	buf     []byte
	absent  bool // there was no log to begin with, so all of a new one is news
	wait    error
}

// Follow begins to follow the log at path. A log that does not exist yet is waited for; a symbolic
// link or anything else that is not a regular file is an error.
func Follow(path string, o FollowOptions) (*File, error) {
	if o.Poll <= 0 {
		o.Poll = 50 * time.Millisecond
	}
	f := &File{lines: lines{name: path, marks: true}, path: path, o: o, boot: bootID(), buf: make([]byte, chunk)}
	_, err := f.locate()
	var kind *kindError
	if errors.As(f.wait, &kind) {
		return nil, f.wait
	}
	var gap *GapError
	if errors.As(err, &gap) {
		f.long = err // to be returned by the first Next
	}
	return f, nil
}

// Next returns the next record, waiting for it: see Source. It never returns io.EOF.
func (f *File) Next(ctx context.Context) (audit.Record, error) {
	return poll(ctx, f.o.Idle, f.o.Poll, f.try)
}

// poll calls try every interval until it has something; ErrIdle if it had nothing for idle.
func poll(ctx context.Context, idle, interval time.Duration, try func() (audit.Record, bool, error)) (audit.Record, error) {
	var waited time.Duration
	for {
		rec, ok, err := try()
		if ok || err != nil {
			return rec, err
		}
		if idle > 0 && waited >= idle {
			return audit.Record{}, ErrIdle
		}
		if err := sleep(ctx, interval); err != nil {
			return audit.Record{}, err
		}
		waited += interval
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Waiting returns the error of the system that reading waits for, or nil.
func (f *File) Waiting() error { return f.wait }

// Absent reports that there was no log to begin with, and that none has come yet: all of it will be news.
func (f *File) Absent() bool { return f.absent && f.fd == nil }

// Close closes the file being read.
func (f *File) Close() error {
	if f.fd == nil {
		return nil
	}
	return f.fd.Close()
}

// try returns what is there already; false if nothing is.
func (f *File) try() (rec audit.Record, ok bool, err error) {
	for {
		if ok, err := f.next(&rec); ok || err != nil {
			f.note(&rec, ok)
			return rec, ok, err
		}
		if more, err := f.step(); !more || err != nil {
			return audit.Record{}, false, err
		}
	}
}

func (f *File) note(rec *audit.Record, ok bool) {
	if ok && !rec.Type.Daemon() {
		f.newest = Stamp{rec.ID.Msec, rec.ID.Serial}
	}
}

// step does one thing: finds the log, reads a chunk, or goes to the next file. False: nothing to do.
func (f *File) step() (bool, error) {
	f.wait = nil
	if f.fd == nil {
		return f.locate()
	}
	if more, err := f.fill(); more || err != nil || f.wait != nil {
		return more, err
	}
	if !f.moved() {
		return false, nil
	}
	// auditd closes a file before it renames it. The new file is there, so the old one is complete,
	// and what came between the last read and the rename is read now.
	if more, err := f.fill(); more || err != nil || f.wait != nil {
		return more, err
	}
	return f.leave()
}

// stuck notes why nothing can be done now.
func (f *File) stuck(err error) (bool, error) {
	f.wait = err
	return false, nil
}

// locate finds the place to begin.
func (f *File) locate() (bool, error) {
	if f.o.From != (Cursor{}) {
		return f.resume()
	}
	prev, err := f.newestRotated() // before the log is opened, or it could be its copy
	if err != nil {
		f.absent = f.absent || errors.Is(err, fs.ErrNotExist)
		return f.stuck(err)
	}
	fd, st, err := f.open(f.path)
	if err != nil {
		f.absent = f.absent || errors.Is(err, fs.ErrNotExist)
		return f.stuck(err)
	}
	first, err := readPrint(fd)
	if err != nil {
		fd.Close()
		return f.stuck(err)
	}
	var off int64
	if !f.o.FromStart && !f.absent {
		off = st.size
	}
	f.enter(fd, st.identity, first)
	f.prev, f.prevOK = prev, true
	f.startAt(off)
	return true, nil
}

// startAt goes to off in a file just entered. A line that began before off is skipped.
func (f *File) startAt(off int64) {
	f.numbered = off == 0
	if st, ok := stampBefore(f.fd, off); ok {
		f.newest = st
	}
	if off > 0 && f.first.size == 0 {
		f.skip = true // the file is the beginning of its first line
		return
	}
	f.off = off
	if off > 0 {
		var last [1]byte
		_, err := f.fd.ReadAt(last[:], off-1)
		f.skip = err != nil || last[0] != '\n'
	}
	f.mark()
}
