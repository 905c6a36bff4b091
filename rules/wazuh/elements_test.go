package wazuh_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestElements holds each element to files of rules with logs that make them fire and logs that do not: testdata/elements.
func TestElements(t *testing.T) {
	files, err := filepath.Glob("testdata/elements/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			checkElements(t, ar)
		})
	}
}

func checkElements(t *testing.T, ar *txtar.Archive) {
	var files []rule.File
	loud, quiet := 0, 0
	for _, f := range ar.Files {
		if list, ok := strings.CutPrefix(f.Name, "list "); ok {
			files = append(files, rule.File{Name: list, Data: f.Data, List: list})
		}
		if f.Name == "rules.xml" {
			files = append(files, rule.File{Name: f.Name, Data: f.Data})
		}
	}
	e := compile(t, files...)
	fired := make(map[string]bool)
	for _, f := range ar.Files {
		ids, ok := strings.CutPrefix(f.Name, "alerts")
		if !ok {
			continue
		}
		want := strings.Fields(ids)
		if len(want) > 0 {
			loud++
		} else {
			quiet++
		}
		got := newStages(t, e).run(lines(t, string(f.Data)))
		if !slices.Equal(got, want) {
			t.Errorf("alerts %q, want %q, of\n%s", got, want, f.Data)
		}
		for _, id := range got {
			fired[id] = true
		}
	}
	if loud == 0 || quiet == 0 {
		t.Error("needs logs with alerts and without")
	}
}
