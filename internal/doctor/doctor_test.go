package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	libaudit "github.com/elastic/go-libaudit/v2/rule"
	"github.com/elastic/go-libaudit/v2/rule/flags"

	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules/rule"
)

const listedRules = "-a always,exit -F arch=b64 -S execve,execveat -F key=k\n-a always,exit -F arch=b32 -S execve,execveat -F key=k\n"

var now = time.Unix(1795290500, 0)

// host makes a host on which all is well: its log, its state, a syslog socket and an agent, which is this test.
func host(t *testing.T) Options {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.StateDir, cfg.Source.File, cfg.Sinks.Syslog.Address = dir+"/state", dir+"/audit.log", dir+"/log.sock"
	must(t, os.Mkdir(cfg.StateDir, 0o700))
	must(t, os.WriteFile(cfg.Source.File, []byte("type=CWD msg=audit(1795290495.000:7): cwd=\"/\"\n"), 0o600))
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dir + "/log.sock", Net: "unixgram"})
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return Options{
		Config: &cfg, Now: func() time.Time { return now },
		Detections: []*rule.Meta{{ID: "one", Title: "One", Signals: rule.Is("exec"), Needs: []string{"exec"}}},
		Kernel: func() (source.KernelStatus, error) {
			return source.KernelStatus{Enabled: 1, PID: 9, BacklogLimit: 8192}, nil
		},
		Rules:   func() ([][]byte, error) { return wires(t, listedRules), nil },
		Running: func(string) (int, error) { return os.Getpid(), nil },
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFindings: each fault is told with its status, and what to do about it; all else stays as it was.
func TestFindings(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the log of a host belongs to root")
	}
	kernel := func(k source.KernelStatus) func(*Options) {
		return func(o *Options) { o.Kernel = func() (source.KernelStatus, error) { return k, nil } }
	}
	denied := fmt.Errorf("ask: %w", source.ErrNoPermission)
	for _, tt := range []struct {
		name   string
		spoil  func(*Options)
		check  string
		status Status
		what   string
	}{
		{"all is well", func(*Options) {}, "detections", OK, "1 detections can hold"},
		{"locked", kernel(source.KernelStatus{Enabled: 2, PID: 9, BacklogLimit: 8192}), "lock", OK, "locked until the next boot"},
		{"auditing off", kernel(source.KernelStatus{PID: 9, BacklogLimit: 8192}), "auditing", Fault, "is off"},
		{"no auditd", kernel(source.KernelStatus{Enabled: 1, BacklogLimit: 8192}), "auditd", Warning, "no audit daemon runs"},
		{"no auditd for its log", func(o *Options) {
			o.Config.Source.Kind = "file"
			kernel(source.KernelStatus{Enabled: 1, BacklogLimit: 8192})(o)
		}, "auditd", Fault, "source.kind file"},
		{"lost", kernel(source.KernelStatus{Enabled: 1, PID: 9, BacklogLimit: 8192, Lost: 3}), "lost", Warning, "threw 3 records away"},
		{"small backlog", kernel(source.KernelStatus{Enabled: 1, PID: 9, BacklogLimit: 64}), "backlog", Warning, "64 records at most"},
		{"full backlog", kernel(source.KernelStatus{Enabled: 1, PID: 9, BacklogLimit: 8192, Backlog: 5000}), "backlog", Warning, "5000 records of 8192"},
		{"rate limit", kernel(source.KernelStatus{Enabled: 1, PID: 9, BacklogLimit: 8192, RateLimit: 100}), "rate", Warning, "100 records a second"},
		{"may not ask", func(o *Options) {
			o.Kernel = func() (source.KernelStatus, error) { return source.KernelStatus{}, denied }
		}, "auditing", Unknown, "no permission"},
		{"no audit", func(o *Options) {
			o.Kernel = func() (source.KernelStatus, error) { return source.KernelStatus{}, source.ErrNoAudit }
		}, "auditing", Fault, "no audit in this kernel"},
		{"may not list", func(o *Options) { o.Rules = func() ([][]byte, error) { return nil, denied } }, "detections", Unknown, "is not known"},
		{"strange rules", func(o *Options) { o.Rules = func() ([][]byte, error) { return [][]byte{{1}}, nil } }, "audit rules", Unknown, "decode audit rule"},
		{"no rules", func(o *Options) { o.Rules = func() ([][]byte, error) { return nil, nil } }, "audit rules", Fault, "no audit rule is loaded"},
		{"blind", func(o *Options) { o.Detections[0].Signals = rule.Is("connect") }, "detections", Fault, "1 of 1 detections are blind"},
		{"unrelated", func(o *Options) { o.Detections[0].Signals = rule.Unrecorded() }, "rules", Warning, "1 of 1 detections can never hold"},
		{"no detections", func(o *Options) { o.Detections = nil }, "rule files", Fault, "no rule loads"},
		{"bad rule", func(o *Options) { o.Diags = []rule.Diag{{Pos: rule.Pos{File: "a.yml"}, Fatal: true, Msg: "bad"}} }, "rule files", Warning, "a.yml: error: bad"},
		{"no agent", func(o *Options) { o.Running = func(string) (int, error) { return 0, nil } }, "agent", Fault, "does not run"},
		{"may not look for it", func(o *Options) { o.Running = func(string) (int, error) { return 0, fs.ErrPermission } }, "agent", Unknown, "permission denied"},
		{"no log", func(o *Options) { o.Config.Source.File += "x" }, "log", Fault, "no such file"},
		{"log of all", func(o *Options) { os.Chmod(o.Config.Source.File, 0o644) }, "log", Warning, "read by all"},
		{"log of the group", func(o *Options) { os.Chmod(o.Config.Source.File, 0o660) }, "log", Fault, "written by others"},
		{"clock set back", func(o *Options) { o.Now = func() time.Time { return now.Add(-time.Minute) } }, "clock", Fault, "55s ahead of the clock"},
		{"silence", func(o *Options) { o.Now = func() time.Time { return now.Add(3 * time.Hour) } }, "clock", Warning, "3h0m0s old"},
		{"empty log", func(o *Options) { os.Truncate(o.Config.Source.File, 0) }, "clock", Warning, "no record in the log"},
		{"state of all", func(o *Options) { os.Chmod(o.Config.StateDir, 0o777) }, "state", Fault, "mode 0777"},
		{"state that others read", func(o *Options) { os.Chmod(o.Config.StateDir, 0o755) }, "state", Warning, "look into it"},
		{"no state", func(o *Options) { o.Config.StateDir = "" }, "state", Warning, "state_dir is empty"},
		{"config of all", func(o *Options) {
			o.ConfigFile = o.Config.StateDir + "/c.yaml"
			os.WriteFile(o.ConfigFile, nil, 0o600)
			os.Chmod(o.ConfigFile, 0o666)
		}, "configuration", Fault, "others may write it"},
		{"no syslog", func(o *Options) { os.Remove(o.Config.Sinks.Syslog.Address) }, "sink syslog unix ", Fault, "alerts wait in the spool"},
		{"udp", func(o *Options) { o.Config.Sinks.Syslog.Network, o.Config.Sinks.Syslog.Address = "udp", "127.0.0.1:9" }, "sink syslog udp 127.0.0.1:9", Warning, "UDP tells nobody"},
		{"nobody listens", func(o *Options) { o.Config.Sinks.Syslog.Network, o.Config.Sinks.Syslog.Address = "tcp", "127.0.0.1:1" }, "sink syslog tcp 127.0.0.1:1", Fault, "refused"},
		{"folder of a file", func(o *Options) {
			o.Config.Sinks.File.Enabled, o.Config.Sinks.File.Path = true, o.Config.StateDir+"/none/alerts.json"
		}, "sink file ", Fault, "no such file"},
		{"no health", func(o *Options) { o.Config.Health.Listen = "unix:" + o.Config.StateDir + "/none" }, "health", Unknown, "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := host(t)
			tt.spoil(&o)
			r := Examine(context.Background(), o)
			found := false
			for _, c := range r.Checks {
				if c.Status != OK && c.Status != Unknown && c.Do == "" {
					t.Errorf("%s: nothing to do about %s", c.Name, c.What)
				}
				if strings.Contains(c.What+c.Do, "\n") {
					t.Errorf("%s: more than a line", c.Name)
				}
				if strings.HasPrefix(c.Name, tt.check) {
					if found = c.Status == tt.status && strings.Contains(c.What, tt.what); found {
						break
					}
				}
			}
			if !found {
				t.Errorf("no check %s: %s with %q in %+v", tt.status, tt.check, tt.what, r.Checks)
			}
			if r.Status < tt.status || tt.name == "all is well" && r.Status != OK {
				t.Errorf("status %s: %+v", r.Status, r.Checks)
			}
		})
	}
}

// wires are rules as the kernel gives them.
func wires(t *testing.T, text string) (all [][]byte) {
	t.Helper()
	for line := range strings.Lines(text) {
		parsed, err := flags.Parse(strings.TrimSpace(line))
		must(t, err)
		wire, err := libaudit.Build(parsed)
		must(t, err)
		all = append(all, wire)
	}
	return all
}

// TestHealth: what the agent says of itself is told.
func TestHealth(t *testing.T) {
	o := host(t)
	l, err := net.Listen("unix", o.Config.StateDir+"/health.sock")
	must(t, err)
	status := http.StatusOK
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, "the log cannot be read")
	})}
	go s.Serve(l)
	defer s.Close()
	o.Config.Health.Listen = "unix:" + o.Config.StateDir + "/health.sock"
	for _, tt := range []struct {
		code   int
		status Status
		what   string
	}{{http.StatusOK, OK, "all is well"}, {http.StatusServiceUnavailable, Fault, "the log cannot be read"}} {
		status = tt.code
		found := false
		for _, c := range Examine(context.Background(), o).Checks {
			found = found || c.Name == "health" && c.Status == tt.status && strings.Contains(c.What, tt.what)
		}
		if !found {
			t.Errorf("%d: health is not told as %s", tt.code, tt.status)
		}
	}
}

// TestPrint: for people and for programs.
func TestPrint(t *testing.T) {
	listed := "-a always,exit -F arch=b64 -S execve -F uid=0"
	r := Examine(context.Background(), Options{Listed: &listed, Config: new(config.Config), Detections: []*rule.Meta{
		{ID: "a", Title: "A\x1b[2J", Signals: rule.Is("connect")}, {ID: "b", Title: "B", Signals: rule.Is("exec")}, {ID: "c", Title: "C"},
	}})
	escape := func(s string) string { return strings.ReplaceAll(s, "\x1b", `\x1b`) }
	var plain, coloured bytes.Buffer
	must(t, r.Print(&plain, false, escape))
	must(t, r.Print(&coloured, true, escape))
	if text := plain.String(); strings.Contains(text, "\x1b") || !strings.Contains(text, `blind: A\x1b[2J (a, informational)`) || !strings.Contains(text, "narrowed: B (b") || strings.Contains(text, "(c,") {
		t.Errorf("printed\n%s", text)
	}
	if !strings.Contains(coloured.String(), "\x1b[31mfault") || strings.Contains(coloured.String(), "\x1b[2J") {
		t.Errorf("printed\n%q", coloured.String())
	}
	b, err := r.AppendJSON(nil)
	must(t, err)
	var back struct {
		Status     string
		Detections []struct{ ID, Status string }
		Fix        string
	}
	if err := json.Unmarshal(b, &back); err != nil || back.Status != "fault" || len(back.Detections) != 2 || back.Detections[0].Status != "blind" || !strings.Contains(back.Fix, "-S connect") {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestIdentity(t *testing.T) {
	for text, want := range map[string]string{
		"Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n":                                   "{0 [] true}",
		"Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t4 24 \nCapEff:\t0000000000000000\n": "{4 [8 4 24] false}",
		"Uid:\t1\t1\t1\t1\nGroups:\t\nCapEff:\t0000000000000004\n":                        "{1 [] true}",
	} {
		who, err := parseStatus(text)
		if got := fmt.Sprint(who); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := parseStatus("Uid:\t1\t1\t1\tx\n"); err == nil {
		t.Error("no error for a uid that is none")
	}
	dir := t.TempDir()
	file := dir + "/f"
	must(t, os.WriteFile(file, nil, 0o640))
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	mine := identity{uid: uint32(os.Getuid())}
	other := identity{uid: 65533}
	group := identity{uid: 65533, groups: []uint32{uint32(os.Getgid())}}
	for _, tt := range []struct {
		who  identity
		bars bool
	}{{mine, false}, {group, false}, {other, true}, {identity{uid: 65533, reads: true}, false}} {
		if why := tt.who.barred(file); (why != "") != tt.bars {
			t.Errorf("%+v: barred %q, want %v", tt.who, why, tt.bars)
		}
	}
	if why := mine.barred(dir + "/none"); !strings.Contains(why, "no such file") {
		t.Error(why)
	}
}

// TestStateLeft: a lock that another user left is told, for the agent then runs without it, and seems not to run.
func TestStateLeft(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file to another user")
	}
	for owner, want := range map[int]Status{0: OK, 65534: Fault} {
		o := host(t)
		lock := filepath.Join(o.Config.StateDir, "lock")
		if err := errors.Join(os.WriteFile(lock, nil, 0o600), os.Chown(lock, owner, -1)); err != nil {
			t.Fatal(err)
		}
		for _, c := range Examine(context.Background(), o).Checks {
			if c.Name == "state" && (c.Status != want || want == Fault && !strings.Contains(c.What, "a lock of another user")) {
				t.Errorf("lock of uid %d: %v %s, want %v", owner, c.Status, c.What, want)
			}
		}
	}
}
