package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// terminal is the rule "Interactive Terminal Spawned via Python" as its authors published it.
func terminal(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AUDITPY_ELASTIC_CORPUS")
	if dir == "" {
		t.Skip("AUDITPY_ELASTIC_CORPUS names no folder of Elastic's rules; they are not part of the repository")
	}
	var found string
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if filepath.Base(name) == "execution_python_tty_shell.toml" {
			found = name
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no execution_python_tty_shell.toml: %v", err)
	}
	return found
}

// alerts returns the serials of the alerts that a rule file gives for a log.
func alerts(t *testing.T, rules, log string, stdin io.Reader) (serials []uint64) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run([]string{"scan", "--no-builtin", "--rules", rules, "--format", "json", log}, stdin, &out, &errs); code == exitError {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for line := range bytes.Lines(out.Bytes()) {
		var doc struct{ Auditd struct{ Sequence uint64 } }
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		serials = append(serials, doc.Auditd.Sequence)
	}
	return serials
}

// TestCorpusTerminal: both branches of the rule fire, once for each shell, and nothing else does.
func TestCorpusTerminal(t *testing.T) {
	rules := terminal(t)
	script, err := txtar.ParseFile("testdata/script/eql.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]uint64{"pty.log": {503}, "bare.log": {603}, "quiet.log": nil} {
		i := slices.IndexFunc(script.Files, func(f txtar.File) bool { return f.Name == name })
		if got := alerts(t, rules, "-", bytes.NewReader(script.Files[i].Data)); !slices.Equal(got, want) {
			t.Errorf("%s: alerts of %v, want %v", name, got, want)
		}
	}
	captures, err := filepath.Glob(filepath.Join(os.Getenv("AUDITPY_CAPTURES"), "*", "audit.log.gz"))
	if err != nil || os.Getenv("AUDITPY_CAPTURES") == "" {
		t.Log("AUDITPY_CAPTURES names no folder of captures: crafted logs only")
		return
	}
	for _, log := range captures {
		got, want := alerts(t, rules, log, nil), spawned(t, log)
		if slices.Sort(got); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: alerts of %v, want %v", log, got, want)
		}
		t.Logf("%s: %d shells, an alert for each", filepath.Base(filepath.Dir(log)), len(got))
	}
}

// spawned returns the shells whose parent is a Python that was told to make a terminal for them.
func spawned(t *testing.T, log string) (serials []uint64) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run([]string{"events", log}, nil, &out, &errs); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for line := range bytes.Lines(out.Bytes()) {
		var doc struct {
			Event   struct{ Action []string }
			Auditd  struct{ Sequence uint64 }
			Process struct {
				Name   string
				Parent struct {
					Name string
					Args []string
				}
			}
		}
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		p := doc.Process.Parent
		tells := slices.ContainsFunc(p.Args, func(a string) bool { return strings.Contains(a, "pty.spawn") }) && slices.Contains(p.Args, "-c")
		if slices.Contains(doc.Event.Action, "exec") && slices.Contains([]string{"sh", "bash", "dash"}, doc.Process.Name) && strings.HasPrefix(p.Name, "python") && tells {
			serials = append(serials, doc.Auditd.Sequence)
		}
	}
	slices.Sort(serials)
	return serials
}
