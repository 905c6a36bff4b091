package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/rules/rule"
)

// canaryHost is a host with a file and a syslog socket as its sinks, and the canary detection.
func canaryHost(t *testing.T) (Options, string) {
	o := host(t)
	o.Detections = append(o.Detections, &rule.Meta{ID: CanaryRule})
	o.Config.Sinks.Stdout.Enabled = false
	o.Config.Sinks.File.Enabled, o.Config.Sinks.File.Path = true, filepath.Join(o.Config.StateDir, "alerts.json")
	return o, o.Config.StateDir
}

// TestCanaryFound: of each sink it is told what was proved.
func TestCanaryFound(t *testing.T) {
	o, dir := canaryHost(t)
	x := &examination{o: o.withDefaults()}
	c, err := x.newCanary()
	must(t, err)
	must(t, c.fly(context.Background()))
	if c.look(dir) {
		t.Fatal("seen before it came")
	}
	must(t, os.WriteFile(o.Config.Sinks.File.Path, []byte("{\"x\":\"auditpy-canary-"+c.token+"\"}\n"), 0o600))
	receipt, err := json.Marshal([]agent.Receipt{{Token: "other", Sink: c.sinks[1].peer.Sink}, {Token: c.token, Sink: c.sinks[1].peer.Sink, At: time.Now()}})
	must(t, err)
	must(t, os.WriteFile(dir+"/canary.json", receipt, 0o600))
	if !c.look(dir) {
		t.Fatal("not seen")
	}
	x.landed(c, time.Second)
	if len(x.Checks) != 2 || x.Status != OK || !strings.Contains(x.Checks[0].What, "read in the file") || !strings.Contains(x.Checks[1].What, "socket took the alert") {
		t.Errorf("%+v", x.Checks)
	}
}

// TestCanaryLost: it is told how far it came.
func TestCanaryLost(t *testing.T) {
	o, dir := canaryHost(t)
	x := &examination{o: o.withDefaults()}
	c, err := x.newCanary()
	must(t, err)
	if got := x.how(c, true); !strings.Contains(got, "was not recorded") {
		t.Error(got)
	}
	f, err := os.OpenFile(o.Config.Source.File, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	fmt.Fprintf(f, "type=EXECVE a1=\"auditpy-canary-%s\"\n", c.token)
	must(t, f.Close())
	if got := x.how(c, true); !strings.Contains(got, "auditd recorded the command") {
		t.Error(got)
	}
	must(t, os.WriteFile(o.Config.Sinks.File.Path, []byte(c.token), 0o600))
	if c.look(dir) {
		t.Error("one sink has it, and both were told to")
	}
	x.landed(c, time.Second)
	if x.Status != Fault || len(x.Checks) != 2 || !strings.Contains(x.Checks[1].What, "it came to other sinks") || !strings.Contains(x.Checks[1].What, "within 1s") {
		t.Errorf("%+v", x.Checks)
	}
}

// TestCanaryRefused: what it needs, and lacks, is told before anything is run.
func TestCanaryRefused(t *testing.T) {
	o := host(t)
	if r := Canary(context.Background(), o, time.Millisecond); r.Status != Unknown || !strings.Contains(r.Checks[1].What, "not loaded") {
		t.Errorf("%+v", r.Checks)
	}
	o, _ = canaryHost(t)
	o.Running = func(string) (int, error) { return 0, nil }
	if r := Canary(context.Background(), o, time.Millisecond); r.Status != Fault || len(r.Checks) != 1 {
		t.Errorf("%+v", r.Checks)
	}
	o, _ = canaryHost(t)
	if r := Canary(context.Background(), o, time.Millisecond); r.Status != Fault || len(r.Checks) != 3 {
		t.Errorf("%+v", r.Checks)
	}
}

// TestWatched: what was there before does not count; a file that was rotated away does.
func TestWatched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	must(t, os.WriteFile(path, []byte("token before\n"), 0o600))
	w := watch(path)
	if w.has("token") {
		t.Error("what was there before counts")
	}
	long := strings.Repeat("x", 64<<10-3)
	must(t, os.WriteFile(path, []byte("token before\n"+long+"token"), 0o600))
	if !w.has("token") {
		t.Error("a text over the end of a read is not found")
	}
	must(t, os.Rename(path, path+".1"))
	if !w.has("token") {
		t.Error("what was rotated away is not found")
	}
	must(t, os.WriteFile(path, []byte("other"), 0o600))
	if !w.has("other") || w.has("none") {
		t.Error("the new file is not read whole")
	}
	none := watch(path + "none")
	if none.has("x") {
		t.Error("a file that is not there has a text")
	}
}
