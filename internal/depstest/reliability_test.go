package depstest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promised are the ids of docs/reliability.md: how many there are of each letter.
var promised = []struct {
	letter string
	n      int
}{{"I", 16}, {"E", 10}, {"D", 16}, {"H", 10}, {"P", 8}, {"T", 18}}

var (
	reliabilityRow = regexp.MustCompile(`(?m)^\| ([IEDHPT]\d+) \|(.*)\|([^|]*)\|$`)
	pathOrTest     = regexp.MustCompile("`([a-z0-9/]+)`|\\b((?:Test|Fuzz)[A-Z]\\w*)")
	testFunc       = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestReliability: docs/reliability.md has each id once, in order, with a figure and a test of that name in the package it names.
func TestReliability(t *testing.T) {
	b, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, p := range promised {
		for i := range p.n {
			want = append(want, fmt.Sprint(p.letter, i+1))
		}
	}
	for _, row := range reliabilityRow.FindAllStringSubmatch(string(b), -1) {
		got = append(got, row[1])
		if cells := strings.Split(row[2], "|"); len(cells) != 2 || strings.TrimSpace(cells[1]) == "" {
			t.Errorf("%s: %d cells", row[1], len(cells))
		}
		if !strings.Contains(row[3], "Test") && !strings.Contains(row[3], "Fuzz") {
			t.Errorf("%s names no test", row[1])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("ids %q, want %q", got, want)
	}
	checkNamed(t, string(b))
}

// checkNamed holds each test in a text to the package named before it.
func checkNamed(t *testing.T, text string) {
	t.Helper()
	dir, known := "", map[string][]string{}
	for _, m := range pathOrTest.FindAllStringSubmatch(text, -1) {
		if info, err := os.Stat(filepath.Join("../..", m[1])); m[1] != "" && err == nil && info.IsDir() {
			dir = m[1]
			continue
		}
		if m[2] == "" {
			continue
		}
		if known[dir] == nil {
			known[dir] = testsIn(t, dir)
		}
		if !slices.Contains(known[dir], m[2]) {
			t.Errorf("%s has no %s", dir, m[2])
		}
	}
}

// testsIn returns the names of the tests of a package, whatever their build tags.
func testsIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files of tests, %v", dir, len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(b), -1) {
			names = append(names, m[1])
		}
	}
	return names
}
