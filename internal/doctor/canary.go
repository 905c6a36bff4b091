package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/rules/rule"
)

// CanaryWait is how long the alert of a canary is waited for unless something else is asked.
const CanaryWait = 10 * time.Second

// canaryPoll is between two looks at what the agent wrote.
const canaryPoll = 20 * time.Millisecond

// maxLooked bounds what is read of a file that alerts or records are written to while the canary is out.
const maxLooked = 256 << 20

// CanaryRule is the id of the detection.
const CanaryRule = "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d08"

func isCanary(m *rule.Meta) bool { return m.ID == CanaryRule }

// canary is one command and the alerts that it should give.
type canary struct {
	token string
	begun time.Time
	sinks []awaited
	log   watched // of auditd
}

// awaited is the alert at one sink.
type awaited struct {
	peer  agent.Peer
	file  watched
	after time.Duration // in which it came; 0: not yet
}

// Canary runs a harmless command whose arguments the canary detection alerts on, and waits until its alert is seen at each
// sink. Of a file the alert itself is read. A syslog receiver cannot be asked: there the agent's receipt proves that it took
// this alert, as far as its protocol tells.
func Canary(ctx context.Context, o Options, wait time.Duration) *Report {
	x := &examination{o: o.withDefaults(), ctx: ctx}
	x.Checks, x.Detections = []Check{}, []Detection{}
	if x.running(); x.agent == 0 {
		return &x.Report
	}
	if !slices.ContainsFunc(o.Detections, isCanary) {
		x.unknown("canary", "the canary detection is not loaded", "set rules.builtin to true")
		return &x.Report
	}
	c, err := x.newCanary()
	if err == nil {
		err = c.fly(ctx)
	}
	if err != nil {
		x.cannotLook("canary", err)
		return &x.Report
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for !c.look(x.o.Config.StateDir) && sleep(ctx, canaryPoll) {
	}
	x.landed(c, wait)
	return &x.Report
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (x *examination) newCanary() (*canary, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	peers, err := agent.Peers(x.o.Config)
	if err != nil {
		return nil, err
	}
	c := &canary{token: hex.EncodeToString(b[:]), log: watch(x.o.Config.Source.File)}
	for _, p := range peers {
		a := awaited{peer: p}
		if p.Network == "file" {
			a.file = watch(p.Path)
		}
		c.sinks = append(c.sinks, a)
	}
	return c, nil
}

// fly runs the command. Its path is fixed: a PATH that names another one would run that as root.
func (c *canary) fly(ctx context.Context) error {
	c.begun = time.Now()
	var err error
	for _, program := range []string{"/usr/bin/true", "/bin/true"} {
		cmd := exec.CommandContext(ctx, program, agent.CanaryMark+c.token)
		cmd.Env, cmd.Dir = []string{}, "/"
		if err = cmd.Run(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("run the canary: %w", err)
}

// look looks for the alert at the sinks where it was not seen yet, and reports whether it was seen at all.
func (c *canary) look(stateDir string) bool {
	receipts, _ := agent.ReadReceipts(stateDir) // what cannot be read has none
	all := true
	for i := range c.sinks {
		a := &c.sinks[i]
		if a.after != 0 {
			continue
		}
		seen := slices.ContainsFunc(receipts, func(r agent.Receipt) bool { return r.Token == c.token && r.Sink == a.peer.Sink })
		if a.peer.Network == "file" {
			seen = a.file.has(c.token)
		}
		if seen {
			a.after = max(time.Since(c.begun), 1)
		}
		all = all && seen
	}
	return all
}

// landed tells where the alert arrived, and where it did not how far it came.
func (x *examination) landed(c *canary, wait time.Duration) {
	none := true
	for i := range c.sinks {
		a := &c.sinks[i]
		name := "canary " + a.peer.Sink
		if a.after == 0 {
			continue
		}
		none = false
		x.ok(name, fmt.Sprintf("%s %d ms after the command", proof(a.peer.Network), a.after.Milliseconds()))
	}
	for i := range c.sinks {
		if a := &c.sinks[i]; a.after == 0 {
			x.fault("canary "+a.peer.Sink, fmt.Sprintf("no alert within %s: %s", wait, x.how(c, none)), "auditpy doctor tells what is wrong on the way; journalctl -u auditpy")
		}
	}
}

// proof says what was proved, and no more.
func proof(network string) string {
	switch network {
	case "file":
		return "the alert was read in the file,"
	case "relp", "relp+tls":
		return "the receiver acknowledged the alert,"
	case "tcp", "tls":
		return "the receiver's kernel took the alert,"
	case "udp":
		return "the alert was sent, which is all that UDP tells,"
	case "stdout":
		return "the alert was written,"
	}
	return "the syslog daemon's socket took the alert,"
}

// how far the canary came.
func (x *examination) how(c *canary, none bool) string {
	switch {
	case !none:
		return "it came to other sinks, so this one is down or behind"
	case c.log.has(c.token):
		return "auditd recorded the command, so auditpy did not read it, or no sink takes alerts"
	case !x.readsLog(c.log.path):
		return "whether the command was recorded is not known here: no audit log can be read"
	}
	return "the command is not in the audit log: it was not recorded"
}

// readsLog reports whether the configuration's source is a log, and it can be opened.
func (x *examination) readsLog(path string) bool {
	if kind := x.o.Config.Source.Kind; kind != "auto" && kind != "file" {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	return f.Close() == nil
}

// watched is a file that grows, from where it ended when it was first looked at.
type watched struct {
	path string
	info os.FileInfo // of the file then; nil: there was none
}

func watch(path string) watched {
	info, err := os.Stat(path)
	if err != nil {
		return watched{path, nil}
	}
	return watched{path, info}
}

// has reports whether a text was written since. A file that was replaced is read whole, as is what the old one was renamed to.
func (w *watched) has(text string) bool {
	for _, path := range []string{w.path, w.path + ".1"} {
		info, err := os.Stat(path)
		if err != nil {
			continue
		}
		from := int64(0)
		if w.info != nil && os.SameFile(info, w.info) {
			from = min(w.info.Size(), info.Size())
		} else if path != w.path {
			continue
		}
		if found, err := holds(path, from, text); err == nil && found {
			return true
		}
	}
	return false
}

// holds reports whether a text stands in a file behind a place.
func holds(path string, from int64, text string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	r := io.NewSectionReader(f, from, maxLooked)
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], []byte(text)) {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		end := kept + n
		kept = copy(buf, buf[max(0, end-len(text)+1):end])
	}
}
