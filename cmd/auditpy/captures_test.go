package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCaptures compares the executions that events prints with what is known of real captures: folders with
// audit.log.gz and truth.jsonl, below the folder that AUDITPY_CAPTURES names.
func TestCaptures(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(os.Getenv("AUDITPY_CAPTURES"), "*", "truth.jsonl"))
	if err != nil || os.Getenv("AUDITPY_CAPTURES") == "" {
		t.Skip("AUDITPY_CAPTURES names no folder of captures; they are not part of the repository")
	}
	if len(dirs) == 0 {
		t.Fatal("no capture in AUDITPY_CAPTURES")
	}
	for _, truth := range dirs {
		t.Run(filepath.Base(filepath.Dir(truth)), func(t *testing.T) {
			var out, errs bytes.Buffer
			if code := run([]string{"events", filepath.Join(filepath.Dir(truth), "audit.log.gz")}, nil, &out, &errs); code != 0 {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			got, origins := executions(t, out.Bytes())
			checkTruth(t, truth, got, origins)
		})
	}
}

type execution struct {
	pid       int
	exe, hash string
	complete  bool
	replaces  uint64 // serial of what the process ran before; 0: nothing
}

// origin is what is said of who forked the process of an execution.
type origin struct {
	serial uint64 // of the execution; 0: unknown
	pid    int
	source string
}

// executions returns the executions in JSON lines, by serial.
func executions(t *testing.T, out []byte) (map[uint64]execution, map[uint64]origin) {
	t.Helper()
	all, origins := make(map[uint64]execution), make(map[uint64]origin)
	for line := range bytes.Lines(out) {
		var doc struct {
			Event   struct{ Action []string }
			Process struct {
				PID        int
				Executable string
				Args       []string
				Parent     struct{ PID int }
			}
			Auditd  struct{ Sequence uint64 }
			Auditpy struct {
				Complete bool     `json:"argv_complete"`
				Base64   []string `json:"args_base64"`
				Replaces uint64
				Forked   uint64 `json:"forked_from"`
				Source   string `json:"parent_source"`
			}
		}
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatalf("%.200q: %v", line, err)
		}
		if !slices.Contains(doc.Event.Action, "exec") {
			continue
		}
		if _, twice := all[doc.Auditd.Sequence]; twice {
			t.Errorf("execution %d printed twice", doc.Auditd.Sequence)
		}
		hash := hashArgs(doc.Process.Args, doc.Auditpy.Base64)
		all[doc.Auditd.Sequence] = execution{doc.Process.PID, doc.Process.Executable, hash, doc.Auditpy.Complete, doc.Auditpy.Replaces}
		origins[doc.Auditd.Sequence] = origin{doc.Auditpy.Forked, doc.Process.Parent.PID, doc.Auditpy.Source}
	}
	return all, origins
}

func hashArgs(args, encoded []string) string {
	h := sha256.New()
	for i, a := range args {
		if encoded != nil {
			b, _ := base64.StdEncoding.DecodeString(encoded[i])
			a = string(b)
		}
		h.Write(append([]byte(a), 0))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkTruth compares all that is known. Who forked an execution may be unknown, where the log does not show it; it must
// not be wrong.
func checkTruth(t *testing.T, file string, got map[uint64]execution, origins map[uint64]origin) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	checked := 0
	shares := make(map[string]int)
	for lines.Scan() {
		var scenario struct {
			Execs []struct {
				Serial   uint64
				PID      int
				Exe      string
				Hash     string `json:"argv_sha256"`
				Replaces uint64
				Forked   *uint64 `json:"forked_from"`
				Forker   int     `json:"parent_pid_at_fork"`
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &scenario); err != nil {
			t.Fatal(err)
		}
		for _, x := range scenario.Execs {
			checked++
			if want := (execution{x.PID, x.Exe, x.Hash, true, x.Replaces}); got[x.Serial] != want {
				t.Errorf("execution %d = %+v, want %+v", x.Serial, got[x.Serial], want)
			}
			o := origins[x.Serial]
			shares[o.source]++
			switch {
			case x.Forked == nil && o.serial != 0 && o.pid != x.Forker: // by the session's shell, which is in no scenario
				t.Errorf("execution %d was forked by pid %d, not %+v", x.Serial, x.Forker, o)
			case x.Forked != nil && o.serial != 0 && o.serial != *x.Forked:
				t.Errorf("execution %d was forked by execution %d, not %+v", x.Serial, *x.Forked, o)
			}
		}
	}
	t.Logf("%d executions printed, %d known, all compared; how their parents are known: %v", len(got), checked, shares)
	all := make(map[string]int)
	for _, o := range origins {
		all[o.source]++
	}
	t.Logf("how the parents of all are known: %v", all)
	if shares["exec"] < checked/2 {
		t.Errorf("the parents of %d executions only are known", shares["exec"])
	}
	if checked == 0 || lines.Err() != nil {
		t.Errorf("read %d executions of the truth: %v", checked, lines.Err())
	}
}
