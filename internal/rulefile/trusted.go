package rulefile

import (
	"github.com/auditpy/auditpy/internal/trust"
	"github.com/auditpy/auditpy/rules/rule"
)

// ReadTrusted is Read for the agent: whoever may write a rule can make it blind, so files and folders that others may
// write are refused, each with the reason. See package trust.
func ReadTrusted(paths []string) ([]rule.File, error) {
	r := &reader{folders: maxFolders, dir: trust.Dir, file: trusted}
	for _, p := range paths {
		r.path(p, true)
	}
	return r.all()
}

// trusted is readMax for files that nobody else may write.
func trusted(name string, most int64) (rule.File, error) {
	b, err := trust.ReadFile(name, most)
	return rule.File{Name: name, Data: b}, err
}
