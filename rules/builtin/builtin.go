// Package builtin holds the rules that ship with auditpy. They are our own, under the licence of the
// program, and written from how the techniques work, not from other people's rules.
//
// Each rule stands beside a txtar file of the same name with audit logs: fires.log, in which
// every execution must match the rule, fires-*.log, each a story in which one must, and quiet*.log, in which none may.
// A test holds every rule to it, and all of them to a zoo of attacks and ordinary work (testdata/zoo).
package builtin

import (
	"embed"

	"github.com/auditpy/auditpy/rules/rule"
)

//go:embed sigma/*.yml
var files embed.FS

// Files returns the rule files, sorted by name. The names begin with "builtin/", so that nobody
// looks for them on the disk.
func Files() []rule.File {
	list, err := files.ReadDir("sigma")
	if err != nil {
		panic("builtin: " + err.Error())
	}
	var out []rule.File
	for _, f := range list {
		data, err := files.ReadFile("sigma/" + f.Name())
		if err != nil {
			panic("builtin: " + err.Error())
		}
		out = append(out, rule.File{Name: "builtin/sigma/" + f.Name(), Data: data})
	}
	return out
}
