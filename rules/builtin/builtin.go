// Package builtin holds the rules that ship with auditpy. They are our own, under the licence of the
// program, and written from how the techniques work, not from other people's rules.
//
// Each is in the language that says it best: what one execution tells, in Sigma's; what several events tell together, and
// what holds for a whole process tree, in EQL; what has grades, and counts, in Wazuh's.
//
// Each file stands beside a txtar file of the same name with audit logs: fires.log, in which
// every execution must match a rule, fires-*.log, each a story in which one must, and quiet*.log, in which none may.
// A test holds every rule to it, and all of them to a zoo of attacks and ordinary work (testdata/zoo).
package builtin

import (
	"embed"
	"io/fs"

	"github.com/auditpy/auditpy/rules/rule"
)

//go:embed sigma/*.yml eql/*.toml wazuh/*.xml
var files embed.FS

// Files returns the rule files, sorted by name. The names begin with "builtin/", so that nobody
// looks for them on the disk.
func Files() (all []rule.File) {
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := files.ReadFile(name)
		all = append(all, rule.File{Name: "builtin/" + name, Data: data, Shipped: true})
		return err
	})
	if err != nil {
		panic("builtin: " + err.Error())
	}
	return all
}
