package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Save writes a file that is there whole or not at all, and that only its owner may read: command lines hold secrets. A file that is
// no regular one, such as /dev/stdout, is written as it is.
func Save(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return saveInto(name, write)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".auditpy-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write report %s: %w", name, errors.Join(err, os.Remove(f.Name())))
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write report: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

func saveInto(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return errors.Join(write(f), f.Close())
}
