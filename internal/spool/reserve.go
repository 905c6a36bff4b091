package spool

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// reserve is room on the disk that is given up when the disk is full, so that what is raised then still finds a place.
// A nil reserve has none.
type reserve struct {
	path  string
	bytes int64
	have  bool
	tried time.Time
}

// restoreEvery is how often a reserve that is used up is asked for again.
const restoreEvery = 10 * time.Second

func newReserve(dir string, bytes int64) *reserve {
	r := &reserve{path: filepath.Join(dir, "reserve"), bytes: bytes}
	r.restore()
	return r
}

// size is what is set aside, whether it is used up or not.
func (r *reserve) size() int64 {
	if r == nil {
		return 0
	}
	return r.bytes
}

// release gives the room up; false if there is none.
func (r *reserve) release() bool {
	if r == nil || !r.have {
		return false
	}
	r.have, r.tried = false, time.Now()
	return unlink(r.path) == nil
}

// restore takes the room again, if the disk has it. Not every file system can: then there is no reserve.
func (r *reserve) restore() {
	if r == nil || r.have || time.Since(r.tried) < restoreEvery {
		return
	}
	r.tried = time.Now()
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return
	}
	err = errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, r.bytes), f.Close())
	if r.have = err == nil; !r.have {
		_ = os.Remove(r.path)
	}
}
