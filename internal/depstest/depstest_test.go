package depstest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestImports(t *testing.T) {
	faults, err := check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// TestCheck plants one mistake at a time into a tree that is otherwise in order.
func TestCheck(t *testing.T) {
	own := `"` + module + `/`
	for _, tt := range []struct {
		file, body string
		want       string // part of the one fault; empty: none
	}{
		{"rules/x.go", `import _ ` + own + `rules/sigma"`, ""},
		{"rules/x.go", `import _ ` + own + `correlate"`, "rules/x.go:2:8: rules may not import " + module + "/correlate: "},
		{"rules/x_test.go", `import _ ` + own + `correlate"`, ""},
		{"rules/x_test.go", `import _ ` + own + `internal/agent"`, "a test of one stage"},
		{"rules/x.go", `import _ "os"`, "rules may not import os: "},
		{"rules/x.go", `import _ "os/exec"`, "rules may not import os/exec: "},
		{"correlate/proctree/x.go", `import _ "log/slog"`, "correlate/proctree may not import log/slog: "},
		{"correlate/x.go", `import _ "net"`, "correlate may not import net: "},
		{"correlate/x.go", `import _ "net/netip"`, ""},
		{"correlate/x_test.go", `import _ "os"`, ""},
		{"internal/agent/x.go", `import _ "os"`, ""},
		{"internal/agent/x.go", `import _ ` + own + `correlate"`, ""},
		{"internal/event/x.go", `import _ ` + own + `internal/alert"`, "internal/event may not import"},
		{"internal/config/x.go", `import _ "github.com/spf13/viper"`, ""},
		{"cmd/auditpy/x.go", `import _ "github.com/spf13/viper"`, "only for internal/config"},
		{"cmd/auditpy/x_test.go", `import _ "github.com/spf13/viper"`, "only for internal/config"},
		{"internal/audit/x.go", `import _ "github.com/elastic/go-libaudit/v2/auparse"`, ""},
		{"internal/event/x.go", `import _ "github.com/elastic/go-libaudit/v2/auparse"`, "only for internal/audit"},
		{"cmd/auditpy/x.go", `import _ "example.org/new"`, "has no owner"},
		{"cmd/auditpy/x_test.go", `import _ "github.com/rogpeppe/go-internal/testscript"`, ""},
		{"cmd/auditpy/x.go", `import _ "github.com/rogpeppe/go-internal/testscript"`, "has no owner"},
		{"correlate/x.go", "import \"time\"\nvar _ = time.Now()", "correlate/x.go:3:9: time.Now: "},
		{"correlate/x.go", "import \"time\"\nvar _ = time.Second", ""},
		{"correlate/x.go", "import t \"time\"\nvar _ = t.Now()", "correlate may not import time: under another name"},
		{"correlate/x_test.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"internal/agent/x.go", "import \"time\"\nvar _ = time.Now()", ""},
		{"internal/util/x.go", "", "internal/util: has no row in the policy"},
		{"internal/agent/testdata/x.go", `import _ "example.org/new"`, ""},
		{"tools/lint/x.go", `import _ "example.org/new"`, ""},
	} {
		fsys := tree()
		fsys[tt.file] = &fstest.MapFile{Data: []byte("package x\n" + tt.body + "\n")}
		checkOne(t, fsys, tt.file+": "+tt.body, tt.want)
	}
}

func TestRowWithoutPackage(t *testing.T) {
	fsys := tree()
	delete(fsys, "rules/sigma/ok.go")
	checkOne(t, fsys, "no rules/sigma", "rules/sigma: has a row in the policy and no Go file")
}

func TestNotGo(t *testing.T) {
	fsys := tree()
	fsys["rules/bad.go"] = &fstest.MapFile{Data: []byte("packag rules")}
	if _, err := check(fsys); err == nil || !strings.Contains(err.Error(), "rules/bad.go:1:1") {
		t.Errorf("check(packag) = %v, want an error at rules/bad.go:1:1", err)
	}
}

// Every package that a row or an owner names must have a row, or a spelling mistake would allow nothing.
func TestPolicyNames(t *testing.T) {
	for pkg, row := range mayImport {
		for _, p := range row {
			if _, ok := mayImport[p]; !ok && p != anything {
				t.Errorf("the row of %s names %s, which has no row", pkg, p)
			}
		}
	}
	for mod, pkgs := range owners {
		if i := slices.IndexFunc(pkgs, func(p string) bool { return mayImport[p] == nil }); i >= 0 {
			t.Errorf("an owner of %s is %s, which has no row", mod, pkgs[i])
		}
	}
}

// tree has one file for each row of the policy, and a second module.
func tree() fstest.MapFS {
	fsys := fstest.MapFS{"go.mod": {}, "tools/go.mod": {}}
	for pkg := range mayImport {
		fsys[pkg+"/ok.go"] = &fstest.MapFile{Data: []byte("package x\n")}
	}
	return fsys
}

func checkOne(t *testing.T, fsys fstest.MapFS, what, want string) {
	t.Helper()
	faults, err := check(fsys)
	if err != nil {
		t.Errorf("check(%s): %v", what, err)
		return
	}
	if want == "" && len(faults) == 0 {
		return
	}
	if want == "" || len(faults) != 1 || !strings.Contains(faults[0], want) {
		t.Errorf("check(%s) = %q, want one fault with %q", what, faults, want)
	}
}
