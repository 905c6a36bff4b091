package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
)

// probeTime bounds what is waited for one peer.
const probeTime = 5 * time.Second

// sinks connects to where alerts go, without sending.
func (x *examination) sinks() {
	peers, err := agent.Peers(x.o.Config)
	if err != nil {
		x.fault("sinks", oneLine(err), "see sinks in the configuration")
	}
	for i := range peers {
		x.sink(&peers[i])
	}
}

func (x *examination) sink(p *agent.Peer) {
	name := "sink " + p.Sink
	switch {
	case p.Network == "stdout":
		return // the service has none
	case p.Network == "file":
		x.file(name, p.Path)
		return
	}
	ctx, cancel := context.WithTimeout(x.ctx, probeTime)
	defer cancel()
	err := p.Probe(ctx)
	switch {
	case err != nil:
		x.fault(name, oneLine(err)+": alerts wait in the spool", "start the receiver, or mend the address in the configuration")
	case p.Network == "udp":
		x.warn(name, "UDP tells nobody whether something listens", "auditpy doctor --canary, and look at the receiver; or use tls or relp+tls")
	default:
		x.ok(name, "connects")
	}
}

func (x *examination) file(name, path string) {
	info, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		x.fault(name, err.Error(), "make the folder, for the user that auditpy runs as")
	case !x.isOurs(ownerOf(info)):
		x.fault(name, fmt.Sprintf("%s belongs to uid %d, who may change the file", filepath.Dir(path), ownerOf(info)), "chown it to the user that auditpy runs as")
	case info.Mode().Perm()&0o022 != 0:
		x.fault(name, fmt.Sprintf("others may write %s (mode %04o)", filepath.Dir(path), info.Mode().Perm()), "chmod go-w "+filepath.Dir(path))
	default:
		x.ok(name, "its folder is there")
	}
}

// oneLine is an error of many lines as one.
func oneLine(err error) string {
	return strings.Join(strings.Split(strings.TrimSpace(err.Error()), "\n"), "; ")
}
