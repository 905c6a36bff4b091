// Package rulefile reads rule files from disk for rules.Load, which does no I/O itself.
package rulefile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/auditpy/auditpy/rules/rule"
)

// MaxBytes bounds one rule file; a larger one is an error. The largest published rule has 60 KB.
const MaxBytes = 1 << 20

// extensions are what Read takes from a folder. A file that is named is read whatever its name.
var extensions = []string{".yml", ".yaml", ".xml", ".toml"}

// Read reads files, and folders with all that is below them, in a stable order, and behind them the lists that Wazuh rules
// among them name. What cannot be read is in the error, one joined error each; the rest is returned.
func Read(paths []string) ([]rule.File, error) {
	r := &reader{folders: maxFolders, dir: openDir, file: readMax}
	for _, p := range paths {
		r.path(p, true)
	}
	return r.all()
}

// ReadFile reads one regular file of at most so many bytes.
func ReadFile(name string, most int64) ([]byte, error) {
	f, err := readMax(name, most)
	return f.Data, err
}

func readMax(name string, most int64) (rule.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a fifo must not stop us
	if err != nil {
		return rule.File{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return rule.File{}, fmt.Errorf("%s: not a regular file", name)
	}
	var b bytes.Buffer
	if err == nil {
		b.Grow(int(min(info.Size(), most)) + bytes.MinRead)
	}
	if _, err := b.ReadFrom(io.LimitReader(f, most+1)); err != nil {
		return rule.File{}, err
	}
	if int64(b.Len()) > most {
		return rule.File{}, fmt.Errorf("%s: over %d bytes", name, most)
	}
	return rule.File{Name: name, Data: b.Bytes()}, nil
}
