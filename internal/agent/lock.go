package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/auditpy/auditpy/internal/trust"
)

// ErrRunning is wrapped by the error of Run when another agent uses the state directory: both would send.
var ErrRunning = errors.New("another agent runs with this state directory")

// lockFile is locked with flock(2) while an agent runs. It holds its pid, for people.
const lockFile = "lock"

// lockState makes sure that the state directory is ours alone: nobody else may write it, and no other agent uses it. The file
// returned holds the lock until it is closed; nil if there is no directory, which prepareState has told.
func lockState(dir string) (*os.File, error) {
	if dir == "" {
		return nil, nil
	}
	d, err := trust.Private(dir)
	if err != nil {
		return nil, fmt.Errorf("state directory: %w", err)
	}
	defer d.Close()
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) {
		return nil, nil // nothing can be kept there, so nothing can be fought over
	}
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(heldBy(f, dir, err), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintf("%d\n", os.Getpid()))); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return nil, errors.Join(fmt.Errorf("lock state directory: %w", err), f.Close())
	}
	return f, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func heldBy(f *os.File, dir string, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("lock state directory %q: %w", dir, err)
	}
	var b [16]byte
	n, _ := f.ReadAt(b[:], 0)
	return fmt.Errorf("state directory %q: %w: pid %q", dir, ErrRunning, strings.TrimSpace(string(b[:n])))
}
