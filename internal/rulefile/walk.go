package rulefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/auditpy/auditpy/rules/rule"
)

// maxFolders bounds the folders below a path: a link may lead to one above it.
const maxFolders = 10_000

// reader walks folders, and follows links in them.
type reader struct {
	dir  func(name string) (*os.File, error) // opens a folder; an error if it is none
	file func(name string, most int64) (rule.File, error)

	files   []rule.File
	errs    []error
	folders int
	within  []string // the folders around, to know a circle
}

// path reads a file or folder; named: whatever its name.
func (r *reader) path(name string, named bool) {
	f, err := r.dir(name)
	if err == nil {
		names, derr := f.Readdirnames(0)
		r.errs = append(r.errs, derr, f.Close())
		slices.Sort(names)
		r.folder(name, names)
		return
	}
	if !named && !slices.Contains(extensions, strings.ToLower(filepath.Ext(name))) {
		if info, serr := os.Stat(name); serr == nil && info.IsDir() {
			r.errs = append(r.errs, err)
		}
		return
	}
	file, err := r.file(name, MaxBytes)
	if err != nil {
		r.errs = append(r.errs, err)
		return
	}
	r.files = append(r.files, file)
}

func (r *reader) folder(name string, names []string) {
	real, err := filepath.EvalSymlinks(name)
	if r.folders--; err != nil || slices.Contains(r.within, real) || r.folders < 0 {
		if err == nil {
			err = fmt.Errorf("%s: leads to a folder around it, or to too many: %w", name, syscall.ELOOP)
		}
		r.errs = append(r.errs, err)
		return
	}
	r.within = append(r.within, real)
	for _, n := range names {
		if !strings.HasPrefix(n, ".") { // of version control or an editor, or what the links beside it lead to
			r.path(filepath.Join(name, n), false)
		}
	}
	r.within = r.within[:len(r.within)-1]
}

// all returns what was read, and the lists that Wazuh rules among it name.
func (r *reader) all() ([]rule.File, error) {
	more, err := lists(r.files, r.file)
	return append(r.files, more...), errors.Join(append(r.errs, err)...)
}

// openDir opens a folder.
func openDir(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
}
