package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// pageHead is what a page begins with.
const pageHead = "<!DOCTYPE html>"

// MaySave tells why Save would not take the place of a file: it is none of its pages. A name that is forgotten makes the first
// log the report's name.
func MaySave(name string) error {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil // Save makes it, writes into it, or tells why not
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, len(pageHead))
	n, err := f.Read(head)
	if n == 0 && errors.Is(err, io.EOF) || string(head[:n]) == pageHead {
		return nil
	}
	return fmt.Errorf("write report: %s is there, and is no report: choose another name", name)
}

// Save writes a file that is there whole or not at all, and that only its owner may read: command lines hold secrets. A file that is
// no regular one, such as /dev/stdout, is written as it is.
func Save(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return saveInto(name, write)
	}
	if err := MaySave(name); err != nil {
		return err
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
