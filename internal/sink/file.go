package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/auditpy/auditpy/internal/alert"
)

// FileOptions says which file alerts are written to. Path must be set.
type FileOptions struct {
	Path    string
	Payload Payload
	// MaxBytes is the size over which the file is renamed to Path.1, and that to Path.2, and so on; 0 is never: something else
	// rotates it. An alert is never split between files.
	MaxBytes int64
	Keep     int  // how many renamed files stay; 0: 5
	NoSync   bool // an alert is done when the kernel has it, not when the disk has it
}

// File writes alerts to a file, one line each. It notices when another program renames or removes the file, as logrotate does, and
// begins a new one; a line that a crash tore is ended before the next.
type File struct {
	opts   FileOptions
	encode func(dst []byte, e *alert.Envelope) []byte
	f      *os.File // nil: not open
	size   int64
	buf    []byte
}

// NewFile returns a sink that opens the file at the first Send.
func NewFile(o FileOptions) *File {
	o.Keep = max(o.Keep, 0)
	if o.Keep == 0 {
		o.Keep = 5
	}
	return &File{opts: o, encode: o.Payload.Lines()}
}

// Name returns "file" and the path.
func (s *File) Name() string { return "file " + s.opts.Path }

// Send writes the alerts and syncs the file. After an error nothing of them stays in the file, as far as it can be cut.
func (s *File) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	for done < len(batch) && err == nil {
		if err = ctx.Err(); err == nil {
			var n int
			n, err = s.sendSome(batch[done:])
			done += n
		}
	}
	if err != nil {
		return done, fmt.Errorf("send to %s: %w", s.Name(), err)
	}
	return done, nil
}

// sendSome writes the first alerts of batch, as many as go to one file.
func (s *File) sendSome(batch []alert.Envelope) (n int, err error) {
	if err := s.open(); err != nil {
		return 0, err
	}
	s.buf = s.buf[:0]
	for n < len(batch) {
		before := len(s.buf)
		s.buf = s.encode(s.buf, &batch[n])
		if s.over(int64(len(s.buf))) && s.size+int64(before) > 0 {
			s.buf = s.buf[:before]
			break
		}
		n++
	}
	if n == 0 {
		return 0, s.rotate()
	}
	if err := s.write(); err != nil {
		return 0, err
	}
	return n, nil
}

func (s *File) over(more int64) bool { return s.opts.MaxBytes > 0 && s.size+more > s.opts.MaxBytes }

func (s *File) write() error {
	n, err := s.f.Write(s.buf)
	if err == nil && !s.opts.NoSync {
		err = s.f.Sync()
	}
	if err != nil {
		// A torn line would spoil the next one. After a sync that failed nobody knows what is on the disk: all is written again.
		if n > 0 {
			err = errors.Join(err, s.f.Truncate(s.size))
		}
		return errors.Join(err, s.Close())
	}
	s.size += int64(n)
	return nil
}

// open opens the file, unless the one that is open is still at its path.
func (s *File) open() error {
	if s.f != nil {
		if s.current() {
			return nil
		}
		if err := s.Close(); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(s.opts.Path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		err = trusted(info)
	}
	if err != nil {
		f.Close()
		return err
	}
	s.f, s.size = f, info.Size()
	return s.endLine()
}

// trusted refuses what is no file of ours: alerts are secrets, and a file that others may write is no record.
func trusted(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("group or others may write it (mode %04o): chmod go-w", info.Mode().Perm())
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("belongs to uid %d", st.Uid)
	}
	return nil
}

// current reports whether the open file is the one at the path, and has not been cut.
func (s *File) current() bool {
	at, err := os.Lstat(s.opts.Path)
	if err != nil {
		return false
	}
	open, err := s.f.Stat()
	if err != nil || !os.SameFile(at, open) {
		return false
	}
	s.size = open.Size() // logrotate's copytruncate makes it smaller
	return true
}

// endLine ends a line that a crash has torn.
func (s *File) endLine() error {
	if s.size == 0 {
		return nil
	}
	var b [1]byte
	if _, err := s.f.ReadAt(b[:], s.size-1); err != nil {
		return errors.Join(err, s.Close())
	}
	if b[0] == '\n' {
		return nil
	}
	s.buf = append(s.buf[:0], '\n')
	return s.write()
}

// rotate renames the file to Path.1, after what has that name to Path.2, and so on; the last one is replaced.
func (s *File) rotate() error {
	if err := s.Close(); err != nil {
		return err
	}
	for i := s.opts.Keep; i > 0; i-- {
		from := s.numbered(i - 1)
		if err := os.Rename(from, s.numbered(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(filepath.Dir(s.opts.Path))
}

func (s *File) numbered(i int) string {
	if i == 0 {
		return s.opts.Path
	}
	return s.opts.Path + "." + strconv.Itoa(i)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close closes the file. Send opens it again.
func (s *File) Close() error {
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}
