package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// onDisk opens the lanes in dir. That of version 1 is dir itself, and has the lock.
func onDisk(dir string, o Options) (*lanes, error) {
	l := &lanes{opts: o}
	bin := filepath.Join(dir, "quarantine")
	l.open = func(i int) (lane, error) {
		name := strconv.Itoa(i - 1)
		return openDisk(filepath.Join(dir, name), o, quarantine{bin, name + "-"}, l.room)
	}
	root, err := openDisk(dir, o, quarantine{bin, ""}, l.room)
	if err != nil {
		return nil, err
	}
	l.by[plain] = root
	if err := l.openFound(dir); err != nil {
		return nil, errors.Join(err, l.close())
	}
	if n := min(o.SegmentBytes, 1<<20); o.MaxBytes >= 8*n {
		l.reserve = newReserve(dir, n)
	}
	return l, nil
}

// openFound opens the lanes that are there, and goes on from the newest stamp in them.
func (l *lanes) openFound(dir string) error {
	for i := 1; i < numLanes; i++ {
		if _, err := os.Lstat(filepath.Join(dir, strconv.Itoa(i-1))); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		v, err := l.open(i)
		if err != nil {
			return err
		}
		l.by[i] = v
		for _, s := range v.(*disk).segs {
			l.stamp = max(l.stamp, s.last)
		}
	}
	return nil
}

func inMemory(o Options) *lanes {
	l := &lanes{opts: o}
	l.open = func(int) (lane, error) { return &memory{room: l.room}, nil }
	return l
}
