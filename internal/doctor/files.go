package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/trust"
)

// configuration: whoever may write it, or a rule, can make auditpy blind.
func (x *examination) configuration() {
	if x.o.ConfigFile == "" {
		x.ok("configuration", "there is no file: the defaults hold")
	} else if f, err := trust.Open(x.o.ConfigFile); err != nil {
		x.refused("configuration", err)
	} else {
		_ = f.Close()
		x.ok("configuration", x.o.ConfigFile)
	}
	bad, first := 0, ""
	for _, d := range x.o.Diags {
		if d.Fatal {
			if bad++; first == "" {
				first = d.String()
			}
		}
	}
	switch {
	case len(x.o.Detections) == 0:
		x.fault("rule files", "no rule loads: nothing is looked for", "rules.builtin and rules.paths in the configuration")
	case bad > 0:
		x.warn("rule files", fmt.Sprintf("%d errors, and what they are in is not looked for; the first: %s", bad, first), "auditpy rules lint "+strings.Join(x.o.Config.Rules.Paths, " "))
	default:
		x.ok("rule files", fmt.Sprintf("%d detections load", len(x.o.Detections)))
	}
}

// refused tells of a file that others may write, or that cannot be looked at.
func (x *examination) refused(name string, err error) {
	if e := (*trust.Error)(nil); errors.As(err, &e) {
		x.fault(name, e.Error(), "chown root "+e.Path+"; chmod go-w "+e.Path)
		return
	}
	x.cannotLook(name, err)
}

// running tells whether the agent does, and what it says of itself.
func (x *examination) running() {
	pid, err := x.o.Running(x.o.Config.StateDir)
	switch {
	case err != nil:
		x.cannotLook("agent", err)
		return
	case x.o.Config.StateDir == "":
		x.unknown("agent", "without state_dir it cannot be told whether auditpy runs", "set state_dir")
		return
	case pid == 0:
		x.fault("agent", "auditpy does not run", "systemctl start auditpy; systemctl status auditpy says why it does not")
		return
	}
	x.agent = pid
	x.ok("agent", fmt.Sprintf("auditpy runs: pid %d", pid))
	x.health()
}

// health asks the agent, if it listens.
func (x *examination) health() {
	address := x.o.Config.Health.Listen
	if address == "" {
		return
	}
	network, where := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, where = "unix", path
	}
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, where)
		},
	}}
	resp, err := c.Get("http://auditpy/healthz")
	if err != nil {
		x.cannotLook("health", err)
		return
	}
	defer resp.Body.Close()
	line, _ := bufio.NewReader(http.MaxBytesReader(nil, resp.Body, 4096)).ReadString('\n')
	if resp.StatusCode != http.StatusOK {
		x.fault("health", "auditpy says: "+strings.TrimSpace(line), "docs/operating.md, and the agent's own log: journalctl -u auditpy")
		return
	}
	x.ok("health", "auditpy says that all is well")
}

// isLeft reports whether the agent's lock belongs to another user than the folder: then an agent runs without lock and spool, and
// seems not to run.
func (x *examination) isLeft(dir string, info fs.FileInfo) bool {
	lock, err := os.Lstat(filepath.Join(dir, "lock"))
	return err == nil && ownerOf(lock) != ownerOf(info)
}

// state: alerts wait there, with command lines in them.
func (x *examination) state() {
	dir := x.o.Config.StateDir
	if dir == "" {
		x.warn("state", "state_dir is empty: a restart loses alerts that wait, and the position in the log", "set state_dir")
		return
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && x.agent == 0:
		x.warn("state", dir+" is not there yet", "auditpy makes it when it starts")
	case err != nil:
		x.cannotLook("state", err)
	case !x.isOurs(ownerOf(info)):
		x.fault("state", fmt.Sprintf("%s belongs to uid %d, who may change what auditpy remembers", dir, ownerOf(info)), "chown it to the user that auditpy runs as")
	case x.isLeft(dir, info):
		x.fault("state", fmt.Sprintf("%s has a lock of another user than uid %d, whose it is: an agent ran there as that user, and this one cannot use what it left", dir, ownerOf(info)),
			fmt.Sprintf("stop auditpy; chown -R --reference=%[1]s %[1]s; start it", dir))
	case info.Mode().Perm()&0o022 != 0:
		x.fault("state", fmt.Sprintf("%s has mode %04o: others may change what it remembers", dir, info.Mode().Perm()), "chmod 0700 "+dir)
	case info.Mode().Perm()&0o055 != 0:
		x.warn("state", fmt.Sprintf("%s has mode %04o: others may look into it", dir, info.Mode().Perm()), "chmod 0700 "+dir)
	default:
		x.ok("state", filepath.Clean(dir))
	}
}

// isOurs reports whether a user may own what auditpy trusts: root, whoever asks, the agent's user, or the package's.
func (x *examination) isOurs(uid uint32) bool {
	if uid == 0 || uid == uint32(os.Geteuid()) {
		return true
	}
	if u, err := user.Lookup("auditpy"); err == nil && u.Uid == strconv.FormatUint(uint64(uid), 10) {
		return true
	}
	who, err := identityOf(x.agent)
	return x.agent != 0 && err == nil && who.uid == uid
}
