package sigma

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestCorpus loads other people's rules: each must compile or be refused with a place and a reason.
// The rules have licences of their own, so they are not in the repository.
func TestCorpus(t *testing.T) {
	dirs := os.Getenv("AUDITPY_SIGMA_CORPUS")
	if dirs == "" {
		t.Skip("AUDITPY_SIGMA_CORPUS does not name a folder with Sigma rules (or several, as in PATH)")
	}
	for _, dir := range filepath.SplitList(dirs) {
		files := corpus(t, dir)
		e, diags := Compile(files, Options{})
		refused := checkRefusals(t, diags)
		loaded := make(map[string]bool)
		for _, m := range e.Rules() {
			loaded[m.Pos.File] = true
		}
		creation, creationLoaded := 0, 0
		for _, f := range files {
			if !loaded[f.Name] && refused[f.Name] == "" {
				t.Errorf("%s: neither loaded nor refused", f.Name)
			}
			if !processCreation(f.Data) {
				continue
			}
			creation++
			if loaded[f.Name] {
				creationLoaded++
			} else {
				t.Errorf("process_creation rule refused: %s", refused[f.Name])
			}
		}
		t.Logf("%s: %d files, %d rules loaded, %d files refused; process_creation: %d of %d loaded; %d fields, %d tests",
			dir, len(files), len(e.Rules()), len(refused), creationLoaded, creation, len(e.fields), len(e.leaves))
	}
}

func corpus(tb testing.TB, dir string) (files []rule.File) {
	tb.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, rule.File{Name: path, Data: data})
		return err
	})
	if err != nil || len(files) == 0 {
		tb.Fatalf("read corpus %q: %d files, %v", dir, len(files), err)
	}
	return files
}

func checkRefusals(t *testing.T, diags []rule.Diag) map[string]string {
	t.Helper()
	refused := make(map[string]string)
	for _, d := range diags {
		if d.Pos.Line == 0 || d.Msg == "" {
			t.Errorf("diag without a place or a reason: %+v", d)
		}
		if d.Fatal {
			refused[d.Pos.File] = d.String()
		}
		if testing.Verbose() {
			t.Log(strings.TrimPrefix(d.String(), filepath.Dir(filepath.Dir(d.Pos.File))))
		}
	}
	return refused
}

var (
	categoryLine = regexp.MustCompile(`(?m)^\s+category:\s*process_creation\s*$`)
	linuxLine    = regexp.MustCompile(`(?m)^\s+product:\s*linux\s*$`)
)

func processCreation(data []byte) bool { return categoryLine.Match(data) && linuxLine.Match(data) }
