//go:build e2e

package e2e

import (
	"compress/gzip"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

const zooFolder = "../../rules/builtin/testdata/zoo"

// zooUser is the login user that the zoo's processes get: the audit rules name it, so that nothing else on the host is
// in the capture.
const zooUser = "4200"

// TestZoo records what the kernel writes while attackers and others are at work: the capture that the detections are
// measured on. Each attack must have given its attacker a shell.
func TestZoo(t *testing.T) {
	out := os.Getenv("AUDITPY_ZOO")
	if out == "" {
		t.Skip("takes minutes and many programs: make zoo records the capture anew")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	log := startAuditd(t, dir, "ENRICHED")
	zooRules(t)
	z := newZoo(t)
	for _, kind := range []string{"attack", "benign"} {
		for _, f := range parseZoo(t, map[string]string{"attack": "attacks", "benign": "benign"}[kind]) {
			if only := os.Getenv("AUDITPY_ZOO_ONLY"); only == "" || strings.Contains(f.Name, only) {
				z.run(t, kind, f.Name, string(f.Data))
			}
		}
	}
	sh(t, "auditctl", "-m", "zoo over")
	eventually(t, "auditd writes all", func() bool { return strings.Contains(read(log), "zoo over") })
	saveCapture(t, log, out)
}

// zooRules are those of the third tier, for the zoo's user.
func zooRules(t *testing.T) {
	sh(t, "auditctl", "-D")
	sh(t, "auditctl", "-b", "65536")
	const files = "../../packaging/audit.rules.d/"
	for line := range strings.Lines(read(files+"tier3.rules") + read(files+"x86_64-tier3.rules")) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") || words[1] == "never,exit" {
			continue
		}
		sh(t, "auditctl", append(words, "-F", "auid="+zooUser)...)
	}
}

func parseZoo(t *testing.T, name string) []txtar.File {
	a, err := txtar.ParseFile(filepath.Join(zooFolder, name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return a.Files
}

func (z *zoo) run(t *testing.T, kind, name, script string) {
	t.Helper()
	folder := z.folder(t)
	bind := freeTCP(t)
	env := append(os.Environ(), "H=127.0.0.1", "H6=::1", "P="+z.tcp, "P6="+z.tcp6, "U="+z.udp, "UP="+z.upgrade, fmt.Sprint("B=", bind), "W="+z.web, "D="+z.lines,
		"T="+folder, "HOME="+folder, "LC_ALL=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1")
	sh(t, "auditctl", "-m", "zoo begin "+kind+" "+name)
	z.shells.Store(0)
	stop := make(chan bool)
	if kind == "attack" && strings.Contains(script, "$B") {
		go z.dial(bind, stop)
	}
	began := time.Now()
	err := asZooUser(script, env, folder)
	close(stop)
	sh(t, "auditctl", "-m", "zoo end "+kind+" "+name)
	switch {
	case kind == "attack" && z.shells.Load() == 0:
		t.Errorf("%s %s: the attacker got no shell: %v", kind, name, err)
	case kind == "benign" && err != nil:
		t.Errorf("%s %s: %v", kind, name, err)
	}
	t.Logf("%s %s: %v", kind, name, time.Since(began).Round(time.Millisecond))
}

// folder makes what the scripts find, owned by the victim.
func (z *zoo) folder(t *testing.T) string {
	dir := t.TempDir()
	for up := dir; up != "/tmp" && up != "/"; up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range append(parseZoo(t, "files"), parseZoo(t, "work")...) {
		name := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sh(t, "/usr/bin/python3", "-c", `import py_compile, sys, zipapp
py_compile.compile(sys.argv[1] + "/rs_env.py", cfile=sys.argv[1] + "/rs_env.pyc")
zipapp.create_archive(sys.argv[1] + "/rsdir", sys.argv[1] + "/rs.pyz")`, dir)
	sh(t, "chown", "-R", "nobody", dir)
	return dir
}

// asZooUser runs a script as nobody, with the login user that the rules name.
func asZooUser(script string, env []string, dir string) error {
	failed := make(chan error, 1)
	go func() { // the thread ends with the goroutine: the login user is the thread's
		runtime.LockOSThread()
		if err := os.WriteFile("/proc/thread-self/loginuid", []byte(zooUser), 0); err != nil {
			failed <- err
			return
		}
		failed <- runScript(script, env, dir)
	}()
	return <-failed
}

func runScript(script string, env []string, dir string) error {
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Env, cmd.Dir = env, dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}, Setpgid: true}
	var output buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	end := time.AfterFunc(20*time.Second, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer end.Stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, output.String())
	}
	return nil
}

// saveCapture keeps the records of the zoo and leaves out auditd's own, and those of the test itself.
func saveCapture(t *testing.T, log, out string) {
	own := make(map[string]bool) // stamps of what the test did before it became the shell
	for line := range strings.Lines(read(log)) {
		if strings.Contains(line, `comm="e2e.test"`) {
			own[stampOf(line)] = true
		}
	}
	var keep strings.Builder
	for line := range strings.Lines(read(log)) {
		foreign := strings.HasPrefix(line, "type=USER ") && !strings.Contains(line, "zoo ")
		if !foreign && !strings.HasPrefix(line, "type=DAEMON_") && !strings.HasPrefix(line, "type=CONFIG_CHANGE") && !own[stampOf(line)] {
			keep.WriteString(line)
		}
	}
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	w, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	if _, err := w.Write([]byte(keep.String())); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func freeTCP(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// stampOf is the part of a line that the records of an event share.
func stampOf(line string) string {
	_, rest, _ := strings.Cut(line, "msg=audit(")
	stamp, _, _ := strings.Cut(rest, ")")
	return stamp
}
