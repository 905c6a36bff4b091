package agent

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/confine"
)

// Confine gives up what the agent does not need once all is open, and says in words what is left. What the kernel does not
// offer is told and done without.
func Confine(cfg *config.Config, configFile string, log *slog.Logger) string {
	var said []string
	say := func(what string, err error) {
		if errors.Is(err, errors.ErrUnsupported) {
			log.Info("not confined", "what", what, "err", err)
			what = "no " + what
		} else if err != nil {
			log.Warn("not confined", "what", what, "err", err)
			what = "no " + what
		}
		said = append(said, what)
	}
	had, err := confine.Effective()
	if err != nil {
		say("capabilities", err)
	}
	if cfg.Privileges.Drop {
		say("hardening", confine.Harden())
		left, err := confine.Keep(needed(cfg))
		say(fmt.Sprintf("capabilities %#x", uint64(left)), err)
	}
	if l := cfg.Privileges.Landlock; l == "on" || l == "auto" && !had.Has(confine.Of(unix.CAP_SYS_PTRACE)) {
		say("landlock", confine.Landlock(filesOf(cfg, configFile)))
	}
	text := strings.Join(said, ", ")
	log.Info("confined", "to", text)
	return text
}

// needed are the capabilities that the agent uses if it has them: to read the log of root, to listen to the kernel again, to ask
// it and to take back audit rules, to see the executables of others.
func needed(cfg *config.Config) confine.Capabilities {
	keep := confine.Of(unix.CAP_DAC_READ_SEARCH, unix.CAP_AUDIT_READ, unix.CAP_AUDIT_CONTROL, unix.CAP_SYS_PTRACE)
	if cfg.Source.Kind == "stdin" {
		keep = confine.Of(unix.CAP_SYS_PTRACE)
	}
	for _, dir := range written(cfg) {
		if foreign(dir) {
			keep |= confine.Of(unix.CAP_DAC_OVERRIDE)
		}
	}
	if path := cfg.Sinks.Syslog.Address; filepath.IsAbs(path) && foreign(path) {
		keep |= confine.Of(unix.CAP_DAC_OVERRIDE)
	}
	return keep
}

// foreign reports whether root needs more than its name to write here.
func foreign(path string) bool {
	var st syscall.Stat_t
	if os.Geteuid() != 0 || syscall.Stat(path, &st) != nil {
		return false
	}
	return st.Uid != 0 && st.Mode&0o002 == 0
}

// written are the directories in which the agent makes files.
func written(cfg *config.Config) (dirs []string) {
	if cfg.StateDir != "" {
		dirs = append(dirs, cfg.StateDir)
	}
	if path := cfg.Health.Heartbeat.Path(cfg.StateDir); path != "" && cfg.Health.Heartbeat.Mode != "off" {
		dirs = append(dirs, filepath.Dir(path))
	}
	if cfg.Sinks.File.Enabled {
		dirs = append(dirs, filepath.Dir(cfg.Sinks.File.Path))
	}
	if path, ok := strings.CutPrefix(cfg.Health.Listen, "unix:"); ok {
		dirs = append(dirs, filepath.Dir(path))
	}
	return dirs
}

// filesOf returns the files that an agent with this configuration uses: a reload reads its rules and itself again, a name
// service and TLS read what is in /etc and below /usr.
func filesOf(cfg *config.Config, configFile string) confine.Files {
	read := existingOf("/etc", "/proc", "/run", "/dev", "/sys/fs/cgroup", "/sys/kernel/mm", "/sys/devices/system/cpu", "/var/lib/sss", "/var/lib/extrausers")
	for _, path := range append([]string{configFile}, cfg.Rules.Paths...) {
		if abs, err := filepath.Abs(path); path != "" && err == nil {
			read = append(read, lasting(abs))
		}
	}
	if cfg.Source.Kind != "stdin" {
		read = append(read, filepath.Dir(cfg.Source.File))
	}
	for _, d := range append([]config.Forward{{Destination: cfg.Sinks.Syslog.Destination}}, cfg.Sinks.Forward...) {
		for _, path := range []string{d.TLS.CAFile, d.TLS.CertFile, d.TLS.KeyFile} {
			if path != "" {
				read = append(read, lasting(path))
			}
		}
	}
	return confine.Files{
		Read: read, Execute: existingOf("/usr", "/bin", "/sbin", "/lib", "/lib64"), Write: append(written(cfg), existingOf("/dev/null")...),
	}
}

// lasting returns what stands for a path when it is replaced: a file by the directory around it, a directory by itself.
func lasting(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

func existingOf(paths ...string) (there []string) {
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			there = append(there, p)
		}
	}
	return there
}
