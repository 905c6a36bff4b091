package rulefile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/auditpy/auditpy/internal/trust"
	"github.com/auditpy/auditpy/rules/rule"
)

// maxFolders bounds the folders below a path: a link may lead to one above it.
const maxFolders = 10_000

// ReadTrusted is Read for the agent: whoever may write a rule can make it blind, so files and folders that others may
// write are refused, each with the reason. See package trust.
func ReadTrusted(paths []string) ([]rule.File, error) {
	r := &reader{folders: maxFolders}
	for _, p := range paths {
		r.path(p, true)
	}
	return r.files, errors.Join(r.errs...)
}

type reader struct {
	files   []rule.File
	errs    []error
	folders int
	within  []string // the folders around, to know a circle
}

// path reads a file or folder; named: whatever its name.
func (r *reader) path(name string, named bool) {
	f, err := trust.Dir(name)
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
	b, err := trust.ReadFile(name, MaxBytes)
	if err != nil {
		r.errs = append(r.errs, err)
		return
	}
	r.files = append(r.files, rule.File{Name: name, Data: b})
}

func (r *reader) folder(name string, names []string) {
	real, err := filepath.EvalSymlinks(name)
	if r.folders--; err != nil || slices.Contains(r.within, real) || r.folders < 0 {
		if err == nil {
			err = &trust.Error{Path: name, Why: "leads to a folder around it, or to too many: " + syscall.ELOOP.Error()}
		}
		r.errs = append(r.errs, err)
		return
	}
	r.within = append(r.within, real)
	for _, n := range names {
		r.path(filepath.Join(name, n), false)
	}
	r.within = r.within[:len(r.within)-1]
}
