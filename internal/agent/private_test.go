package agent

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/auditpy/auditpy/internal/sinktest"
)

// TestT14StateIsPrivate: what the agent keeps, which holds the command lines of others, is its own alone, whatever the umask; a link that somebody
// put in the place of a file of its is not written through.
func TestT14StateIsPrivate(t *testing.T) {
	r := listenAt(t, sinktest.Options{})
	cfg, log := testConfig(t)
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Network, cfg.Sinks.Syslog.Address = true, "tcp", r.Addr()
	cfg.Sinks.File.Enabled, cfg.Sinks.File.Path = true, filepath.Join(t.TempDir(), "alerts.json")
	other := filepath.Join(t.TempDir(), "other")
	must(t, os.WriteFile(other, []byte("mine"), 0o600))
	must(t, os.MkdirAll(filepath.Join(cfg.StateDir, "spool", "syslog"), 0o700))
	must(t, os.Symlink(other, filepath.Join(cfg.StateDir, "spool", "syslog", "window")))
	appendFile(t, log, "")
	defer syscall.Umask(syscall.Umask(0))
	a := startAgent(t, cfg)
	for i := range 20 {
		appendFile(t, log, attack(i))
	}
	wait(t, "all alerts", func() bool { return r.Distinct() == 20 && len(numbers(a.out.String())) == 20 })
	files := 0
	must(t, filepath.WalkDir(cfg.StateDir, func(path string, _ fs.DirEntry, _ error) error {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeSymlink != 0 || strings.HasSuffix(path, ".tmp") {
			return nil // gone meanwhile
		}
		if files++; info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v", path, info.Mode())
		}
		return nil
	}))
	a.stop()
	if files < 8 {
		t.Errorf("%d files and folders only", files)
	}
	if b, err := os.ReadFile(other); string(b) != "mine" {
		t.Errorf("the file behind the link has %.100q, %v", b, err)
	}
}
