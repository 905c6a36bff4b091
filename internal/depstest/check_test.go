package depstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checker collects what breaks the policy, as "file:line:col: what".
type checker struct {
	fset   *token.FileSet
	fsys   fs.FS
	seen   map[string]bool // packages found
	faults []string
}

// check returns every fault in the tree, in the order of its files.
func check(fsys fs.FS) ([]string, error) {
	c := &checker{fset: token.NewFileSet(), fsys: fsys, seen: make(map[string]bool)}
	err := fs.WalkDir(fsys, ".", c.visit)
	for pkg := range mayImport {
		if !c.seen[pkg] {
			c.faults = append(c.faults, pkg+": has a row in the policy and no Go file")
		}
	}
	slices.Sort(c.faults)
	return c.faults, err
}

func (c *checker) visit(name string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if d.IsDir() {
		return c.enter(name)
	}
	if path.Ext(name) != ".go" {
		return nil
	}
	return c.file(name)
}

// enter skips what the go command skips: hidden folders, testdata and other modules.
func (c *checker) enter(name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return fs.SkipDir
	}
	if _, err := fs.Stat(c.fsys, name+"/go.mod"); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (c *checker) file(name string) error {
	src, err := fs.ReadFile(c.fsys, name)
	if err != nil {
		return err
	}
	pkg, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if _, ok := mayImport[pkg]; !ok && !c.seen[pkg] {
		c.faults = append(c.faults, pkg+": has no row in the policy")
	}
	c.seen[pkg] = true
	mode := parser.ImportsOnly
	if pure(pkg) && !test {
		mode = parser.SkipObjectResolution // all of it: the clock is no import
	}
	f, err := parser.ParseFile(c.fset, name, src, mode)
	if err != nil {
		return err
	}
	c.imports(pkg, f, test)
	if pure(pkg) && !test {
		ast.Inspect(f, c.clock)
	}
	return nil
}

func (c *checker) imports(pkg string, f *ast.File, test bool) {
	for _, spec := range f.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic("depstest: the parser let a bad import path through")
		}
		why := forbidden(pkg, imp, test)
		if imp == "time" && spec.Name != nil && pure(pkg) && !test {
			why = "under another name the clock would not be found"
		}
		if why != "" {
			c.fault(spec, fmt.Sprintf("%s may not import %s: %s", pkg, imp, why))
		}
	}
}

// clock reports calls and values of the wall clock.
func (c *checker) clock(n ast.Node) bool {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	x, ok := sel.X.(*ast.Ident)
	if ok && x.Name == "time" && slices.Contains(clock, sel.Sel.Name) {
		c.fault(sel, "time."+sel.Sel.Name+": only event time here; take a time.Time")
	}
	return true
}

func (c *checker) fault(n ast.Node, what string) {
	c.faults = append(c.faults, fmt.Sprintf("%s: %s", c.fset.Position(n.Pos()), what))
}

// forbidden says why pkg may not import imp, or "".
func forbidden(pkg, imp string, test bool) string {
	if own, ok := strings.CutPrefix(imp, module+"/"); ok {
		return forbiddenOwn(pkg, own, test)
	}
	if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
		return forbiddenModule(pkg, imp, test)
	}
	if imp == "unsafe" && !slices.Contains(unsafely, pkg) {
		return "only " + strings.Join(unsafely, " and ") + " may, with a reason beside it"
	}
	if pure(pkg) && !test && under(imp, impure) && !under(imp, pureAfterAll) {
		return "rules/ and correlate/ do no I/O and no logging"
	}
	return ""
}

func forbiddenOwn(pkg, own string, test bool) string {
	row := mayImport[pkg]
	switch {
	case slices.Contains(row, own), slices.Contains(row, anything):
		return ""
	case !test:
		return "not in its row of the policy"
	case own == "internal/agent" || own == "cmd/auditpy":
		return "a test of one stage needs only stages"
	}
	return ""
}

func forbiddenModule(pkg, imp string, test bool) string {
	if test && under(imp, testOnly) {
		return ""
	}
	for mod, pkgs := range owners {
		if under(imp, []string{mod}) {
			if slices.Contains(pkgs, pkg) {
				return ""
			}
			return "only for " + strings.Join(pkgs, ", ")
		}
	}
	return "this module has no owner in the policy"
}

// under tells whether imp is one of roots or below one.
func under(imp string, roots []string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return imp == r || strings.HasPrefix(imp, r+"/") })
}

// pure tells whether pkg lives on event time and values only.
func pure(pkg string) bool { return under(pkg, []string{"rules", "correlate"}) }
