package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/rules"
)

// restartable is a state directory of an agent that has seen attack 1.
func restartable(t *testing.T) (cfg config.Config, log string) {
	t.Helper()
	cfg, log = testConfig(t)
	appendFile(t, log, attack(1))
	a := startAgent(t, cfg)
	wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), "n0001") })
	a.stop()
	return cfg, log
}

// TestEarlierState: the position that the version before wrote, with the events behind it that alerted.
func TestEarlierState(t *testing.T) {
	cfg, log := restartable(t)
	now, err := loadState(cfg.StateDir)
	if err != nil || now.Version != latestState {
		t.Fatalf("state %+v, %v", now, err)
	}
	old := fmt.Sprintf(`{"cursor":{"dev":%d,"inode":%d,"first_line":%d,"offset":0},"done":[{"Node":"","Msec":1795250001000,"Serial":1}]}`+"\n",
		now.Cursor.Dev, now.Cursor.Inode, now.Cursor.FirstLine)
	if err := errors.Join(os.WriteFile(filepath.Join(cfg.StateDir, stateFile), []byte(old), 0o600), os.Remove(filepath.Join(cfg.StateDir, memoryFile))); err != nil {
		t.Fatal(err)
	}
	appendFile(t, log, attack(2))
	for range 2 {
		a := startAgent(t, cfg)
		wait(t, "the position", func() bool {
			s, err := loadState(cfg.StateDir)
			return err == nil && s.Cursor.Offset > now.Cursor.Offset
		})
		a.stop()
		if got := numbers(a.out.String()); !slices.Equal(got, []string{"n0002"}) && got != nil {
			t.Errorf("alerts %q, want that of the second event", got)
		}
	}
}

// TestLaterState: an agent does not begin with, nor change, what a later version wrote.
func TestLaterState(t *testing.T) {
	for name, later := range map[string][]byte{
		stateFile:  []byte(`{"version":3,"cursor":{},"what":"else"}`),
		memoryFile: snapshot.Append(nil, placeKind, placeVersion+1, func(*snapshot.Writer) {}),
	} {
		cfg, _ := restartable(t)
		if err := os.WriteFile(filepath.Join(cfg.StateDir, name), later, 0o600); err != nil {
			t.Fatal(err)
		}
		none, _ := rules.Load(nil)
		err := Run(t.Context(), &cfg, Options{Rules: none, Stdout: new(lockedBuffer), Log: slog.New(slog.DiscardHandler)})
		if !errors.Is(err, snapshot.ErrVersion) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(filepath.Join(cfg.StateDir, name)); err != nil || string(b) != string(later) {
			t.Errorf("%s was changed: %q, %v", name, b, err)
		}
	}
}

// TestDamagedMemory: the agent goes on where it read last.
func TestDamagedMemory(t *testing.T) {
	for _, damage := range []func([]byte) []byte{
		func([]byte) []byte { return nil },
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { b[len(placeKind)+20] ^= 1; return b },
	} {
		cfg, log := restartable(t)
		name := filepath.Join(cfg.StateDir, memoryFile)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, damage(b), 0o600); err != nil {
			t.Fatal(err)
		}
		appendFile(t, log, attack(2))
		a := startAgent(t, cfg)
		wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), "n0002") })
		a.stop()
		if got := numbers(a.out.String()); !slices.Equal(got, []string{"n0002"}) {
			t.Errorf("alerts %q", got)
		}
	}
}

// TestMemoryBehindTheLog: the file that memory is of was rotated away, the one that was read last was not.
func TestMemoryBehindTheLog(t *testing.T) {
	cfg, log := restartable(t)
	old, err := os.ReadFile(filepath.Join(cfg.StateDir, memoryFile))
	if err != nil {
		t.Fatal(err)
	}
	a := startAgent(t, cfg)
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	appendFile(t, log, attack(2))
	wait(t, "the alert", func() bool { return strings.Contains(a.out.String(), "n0002") })
	a.stop()
	if err := errors.Join(os.Remove(log+".1"), os.WriteFile(filepath.Join(cfg.StateDir, memoryFile), old, 0o600)); err != nil {
		t.Fatal(err)
	}
	appendFile(t, log, attack(3))
	b := startAgent(t, cfg)
	wait(t, "the alert", func() bool { return strings.Contains(b.out.String(), "n0003") })
	b.stop()
	if got := numbers(b.out.String()); !slices.Equal(got, []string{"n0003"}) {
		t.Errorf("alerts %q: the log was read from its start", got)
	}
}

// TestFirstStartKilled: an agent that is killed before it has read or saved anything else has its place: the next one reads what came since, and
// nothing that was there before. Where there was no log yet, all of it came since.
func TestFirstStartKilled(t *testing.T) {
	for name, before := range map[string]string{"log": attack(1), "empty": "", "none": "no log"} {
		t.Run(name, func(t *testing.T) {
			cfg, log := testConfig(t)
			cfg.Source.From = "end"
			if before != "no log" {
				appendFile(t, log, before)
			}
			left := filepath.Join(t.TempDir(), "state")
			set, _ := loadSet(t)
			a := startWith(t, cfg, Options{Rules: set, onStart: func(*supervisor) {
				if err := os.CopyFS(left, os.DirFS(cfg.StateDir)); err != nil { // what a kill would leave
					t.Error(err)
				}
			}})
			a.stop()
			appendFile(t, log, attack(2))
			cfg.StateDir = left
			b := startAgent(t, cfg)
			wait(t, "the alert", func() bool { return len(numbers(b.out.String())) > 0 })
			b.stop()
			if got := numbers(b.out.String()); !slices.Equal(got, []string{"n0002"}) {
				t.Errorf("alerts = %q", got)
			}
		})
	}
}
