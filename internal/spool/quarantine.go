package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxQuarantine bounds the directory of damaged bytes. What is over it is only counted.
const maxQuarantine = 8 << 20

// quarantine keeps damaged bytes for a person to look at. It is best effort: a full disk must
// not stop the queue. All lanes of a queue share the directory; prefix tells whose file it is.
type quarantine struct{ dir, prefix string }

// keep saves data, which stood at off of segment seg. Bytes kept before are not kept twice.
func (k quarantine) keep(seg uint64, off int64, data []byte) {
	if k.size()+int64(len(data)) > maxQuarantine || os.MkdirAll(k.dir, 0o700) != nil {
		return
	}
	name := filepath.Join(k.dir, fmt.Sprintf("%s%016x-%d.bin", k.prefix, seg, off))
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if err := errors.Join(err, fdatasync(f), f.Close()); err != nil {
		os.Remove(name)
	}
}

// move takes a whole segment file that cannot be read out of the queue's way. If there is no room
// for it, it is removed.
func (k quarantine) move(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return ignoreMissing(err)
	}
	if k.size()+info.Size() > maxQuarantine || os.MkdirAll(k.dir, 0o700) != nil {
		return ignoreMissing(os.Remove(path))
	}
	return ignoreMissing(os.Rename(path, filepath.Join(k.dir, k.prefix+filepath.Base(path))))
}

func (k quarantine) size() int64 {
	var n int64
	files, _ := os.ReadDir(k.dir) // a missing directory is empty
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			n += info.Size()
		}
	}
	return n
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
