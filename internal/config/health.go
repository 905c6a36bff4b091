package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"time"
)

// Health is what the agent tells of itself, and how it finds out that it is blind.
type Health struct {
	// Alerts are those of auditpy's own: start and stop, losses, tampering, silence. Their rule ids begin with auditpy-.
	Alerts bool `mapstructure:"alerts"`
	// Listen is where /metrics and /healthz are: a loopback address with its port, or unix:/path; empty: nowhere.
	Listen    string    `mapstructure:"listen"`
	Heartbeat Heartbeat `mapstructure:"heartbeat"`
	TailLag   Size      `mapstructure:"tail_lag"` // bytes of the log not read yet, over which that is an alert
	// Nodes are the hosts, as in node=, whose records may be in the source; a record of another is an alert. None: any may.
	Nodes []string `mapstructure:"nodes"`
}

// Heartbeat is a file that the agent touches, and an audit rule that should tell of it.
type Heartbeat struct {
	// Mode auto is on once the event of a touch was seen, now or in an earlier run.
	Mode   string        `mapstructure:"mode" enum:"auto on off"`
	File   string        `mapstructure:"file"`   // empty: heartbeat in state_dir
	Every  time.Duration `mapstructure:"every"`  // between two touches
	Within time.Duration `mapstructure:"within"` // in which the event must come
}

// Path returns the file that is touched; empty: there is none.
func (h *Heartbeat) Path(stateDir string) string {
	if h.File == "" && stateDir == "" {
		return ""
	}
	return cmp.Or(h.File, filepath.Join(stateDir, "heartbeat"))
}

// Privileges are what the agent gives up once all is open.
type Privileges struct {
	Drop bool `mapstructure:"drop"` // capabilities that it does not need, and ways to new ones
	// Landlock gives up the files that this configuration does not name, where the kernel has it. Auto does not where the agent
	// may read the executables of other users' processes (CAP_SYS_PTRACE), which Landlock would take.
	Landlock string `mapstructure:"landlock" enum:"auto on off"`
}

var defaultHealth = Health{
	Alerts: true, Heartbeat: Heartbeat{Mode: "auto", Every: time.Minute, Within: 10 * time.Second}, TailLag: 20 << 20, Nodes: []string{},
}

// check holds what belongs together to each other. Its errors begin with a key.
func (h *Health) check() error {
	if h.Heartbeat.File != "" && !filepath.IsAbs(h.Heartbeat.File) {
		return fmt.Errorf("heartbeat.file: %q is no absolute path", h.Heartbeat.File)
	}
	if h.Heartbeat.Within >= h.Heartbeat.Every {
		return fmt.Errorf("heartbeat.within: %s is not shorter than every, %s", h.Heartbeat.Within, h.Heartbeat.Every)
	}
	if err := checkListen(h.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	return nil
}

// checkListen knows the same addresses as internal/metrics.
func checkListen(address string) error {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("%q is no absolute path of a socket", path)
		}
		return nil
	}
	if address == "" {
		return nil
	}
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%q is neither an address with its port nor unix:/path", address)
	}
	if !a.Addr().Unmap().IsLoopback() {
		return errors.New(address + " is no loopback address: other hosts could read it")
	}
	return nil
}
