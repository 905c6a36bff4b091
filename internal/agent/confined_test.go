package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/confine"
	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

func confinedConfig(dir string) config.Config {
	cfg := config.Default()
	cfg.Source.Kind, cfg.Source.File, cfg.Source.From = "file", filepath.Join(dir, "log", "audit.log"), "start"
	cfg.StateDir = filepath.Join(dir, "state")
	cfg.Rules.Paths = []string{filepath.Join(dir, "rules")}
	cfg.Sinks.Stdout.Enabled = false
	cfg.Sinks.Syslog.Enabled, cfg.Sinks.Syslog.Address = true, filepath.Join(dir, "socket")
	cfg.Privileges.Landlock = "on"
	return cfg
}

// confinedAgent runs an agent that gives up all it can, in a process of its own.
func confinedAgent(dir string) error {
	cfg := confinedConfig(dir)
	load := func() (*Loaded, error) {
		files, err := rulefile.ReadTrusted(cfg.Rules.Paths)
		set, diags := rules.Load(append(builtin.Files(), files...))
		return &Loaded{Config: cfg, Rules: set, Diags: diags}, err
	}
	first, err := load()
	if err != nil {
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	err = Run(ctx, &cfg, Options{
		Rules: first.Rules, Diags: first.Diags, Log: log, Reload: hup, Load: load, kernelStatus: tellsNothing,
		Confine: func() string { return Confine(&cfg, "", log) },
	})
	if _, rerr := os.ReadFile(filepath.Join(dir, "secret")); !errors.Is(rerr, os.ErrPermission) {
		err = errors.Join(err, fmt.Errorf("a file that is not in the configuration: %v", rerr))
	}
	left, lerr := confine.Effective()
	if more := left &^ confine.Of(unix.CAP_DAC_READ_SEARCH, unix.CAP_AUDIT_READ, unix.CAP_AUDIT_CONTROL, unix.CAP_SYS_PTRACE); more != 0 {
		err = errors.Join(err, fmt.Errorf("capabilities left: %x", uint64(more)))
	}
	return errors.Join(err, lerr)
}

// TestConfined: an agent that gave up all it can still follows a log through a rotation, alerts, saves, reloads its rules and
// ends in order: as root, and as somebody else.
func TestConfined(t *testing.T) {
	if _, err := confine.LandlockVersion(); err != nil {
		t.Skip(err)
	}
	for _, uid := range []int{os.Geteuid(), 65534} {
		if uid != os.Geteuid() && os.Geteuid() != 0 {
			continue
		}
		t.Run(fmt.Sprint("uid ", uid), func(t *testing.T) { runConfined(t, uid) })
	}
}

func runConfined(t *testing.T, uid int) {
	dir := t.TempDir()
	for d := dir; d != "/tmp" && len(d) > 1; d = filepath.Dir(d) { // for somebody else to get there
		if info, err := os.Stat(d); err == nil && uid != os.Geteuid() {
			must(t, os.Chmod(d, info.Mode().Perm()|0o011))
		}
	}
	for _, d := range []string{"log", "state", "rules"} {
		must(t, os.Mkdir(filepath.Join(dir, d), 0o700))
		must(t, os.Chown(filepath.Join(dir, d), uid, -1))
	}
	cfg := confinedConfig(dir)
	put := func(name, text string) {
		t.Helper()
		appendFile(t, name, text)
		must(t, os.Chown(name, uid, -1))
	}
	put(filepath.Join(dir, "secret"), "x")
	put(cfg.Source.File, attack(1))
	peer := listen(t, cfg.Sinks.Syslog.Address)
	must(t, os.Chmod(cfg.Sinks.Syslog.Address, 0o666))
	binary := filepath.Join(dir, "agent.test")
	must(t, copyExecutable(os.Args[0], binary))
	cmd := exec.Command(binary, "-test.run=^$")
	cmd.Env = append(os.Environ(), "AUDITPY_TEST_CONFINED="+dir)
	stderr := new(lockedBuffer)
	cmd.Stderr = stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(os.Getegid()), NoSetGroups: uid == os.Geteuid()}}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	came := func(name string) func() bool {
		return func() bool {
			peer.mu.Lock()
			defer peer.mu.Unlock()
			return peer.seen[name] > 0
		}
	}
	defer func() {
		if t.Failed() {
			t.Logf("%s", stderr)
		}
	}()
	wait(t, "an alert", came("n0001"))
	must(t, os.Rename(cfg.Source.File, cfg.Source.File+".1"))
	put(cfg.Source.File, attack(2))
	wait(t, "an alert after a rotation", came("n0002"))
	put(filepath.Join(dir, "rules", "a.yml"), strings.Split(five, "---")[0])
	must(t, cmd.Process.Signal(syscall.SIGHUP))
	wait(t, "a reload", func() bool { return strings.Contains(stderr.String(), "rule=auditpy-reloaded") })
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	err := cmd.Wait()
	out := stderr.String()
	if strings.Contains(out, errors.ErrUnsupported.Error()) {
		t.Skip("not confined: a program with cgo, as the race detector needs")
	}
	if err != nil {
		t.Errorf("the agent: %v", err)
	}
	if !strings.Contains(out, "landlock") || strings.Contains(out, "not confined") {
		t.Error("not confined")
	}
	if _, err := os.Stat(filepath.Join(cfg.StateDir, memoryFile)); err != nil {
		t.Error(err)
	}
}

// copyExecutable copies a program to where somebody else may execute it.
func copyExecutable(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}
