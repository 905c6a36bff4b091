package source

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	ossignal "os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// job is what a child process is to do; it comes in the environment, as JSON.
type job struct {
	Kind   string // "follow" or "plugin"
	Log    string
	Out    string // each line read is appended here: its number, or ! for a torn one
	Cursor string // the place is saved here after each batch
	Batch  int
}

const jobEnv = "AUDITPY_TEST_JOB"

// child runs the job in the environment and ends the process; nothing if there is none.
func child() {
	text := os.Getenv(jobEnv)
	if text == "" {
		return
	}
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		panic(err)
	}
	run := map[string]func(job) error{"follow": followJob, "plugin": pluginJob}[j.Kind]
	if err := run(j); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// followJob follows a log until standard input ends, and then until it has nothing more. SIGUSR1 takes all free
// descriptors away for 0.3 s.
func followJob(j job) error {
	o := FollowOptions{FromStart: true, Poll: 2 * time.Millisecond, Idle: 50 * time.Millisecond}
	if b, err := os.ReadFile(j.Cursor); err == nil {
		if err := json.Unmarshal(b, &o.From); err != nil {
			return err
		}
	}
	f, err := Follow(j.Log, o)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(j.Out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := out.WriteString("\n"); err != nil { // the number that the one before was killed at must not go on
		return err
	}
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); close(ended) }()
	go starve()
	r := &reporter{job: j, f: f, out: out}
	for {
		rec, err := f.Next(context.Background())
		switch {
		case err == ErrIdle:
			if err := r.save(); err != nil {
				return err
			}
			select {
			case <-ended:
				if f.Waiting() == nil {
					return nil
				}
			default:
			}
		case err != nil:
			fmt.Println("error:", err)
		case !whole(rec.Body):
			r.add("!")
		default:
			r.add(strconv.FormatUint(rec.ID.Serial-1, 10))
		}
		r.waiting()
		if r.n >= j.Batch {
			if err := r.save(); err != nil {
				return err
			}
		}
	}
}

// starve lowers the limit of descriptors to those in use at each SIGUSR1.
func starve() {
	c := make(chan os.Signal, 1)
	ossignal.Notify(c, syscall.SIGUSR1)
	for range c {
		var old syscall.Rlimit
		if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old) != nil {
			continue
		}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 3, Max: old.Max}) == nil {
			time.Sleep(300 * time.Millisecond)
			_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)
		}
	}
}

// reporter writes down what was read, as an agent spools alerts: first that, then the place.
type reporter struct {
	job
	f    *File
	out  *os.File
	text []byte
	n    int
	wait string
}

func (r *reporter) add(s string) {
	r.text = append(append(r.text, s...), '\n')
	r.n++
}

func (r *reporter) save() error {
	if r.n == 0 {
		return nil
	}
	if _, err := r.out.Write(r.text); err != nil {
		return err
	}
	r.text, r.n = r.text[:0], 0
	if r.Cursor == "" {
		return nil
	}
	b, err := json.Marshal(r.f.Cursor(0))
	if err == nil {
		err = os.WriteFile(r.Cursor+".tmp", b, 0o600)
	}
	if err == nil {
		err = os.Rename(r.Cursor+".tmp", r.Cursor)
	}
	if errors.Is(err, syscall.EMFILE) {
		return nil // the next one
	}
	return err
}

// waiting prints what the log is waited for, once for as long as it lasts.
func (r *reporter) waiting() {
	why := ""
	if err := r.f.Waiting(); err != nil && !errors.Is(err, errUnstable) {
		why = err.Error()
	}
	if why != r.wait && why != "" {
		fmt.Println("waiting:", why)
	}
	r.wait = why
}

// process is a child.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	mu    sync.Mutex
	lines []string // of its standard output
	read  chan struct{}
}

// start runs the job as uid (-1: ours), which must be able to read the folder of the job.
func start(t *testing.T, j job, uid int) *process {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(executable(t)), read: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), jobEnv+"="+string(text))
	p.cmd.Stderr = os.Stderr
	if uid >= 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.read)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, s.Text())
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	return p
}

var copied = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "auditpy-child") // go test's own folder is closed to other users
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "child")
	b, err := os.ReadFile("/proc/self/exe")
	return name, errors.Join(err, os.Chmod(dir, 0o755), os.WriteFile(name, b, 0o755))
})

func executable(t *testing.T) string {
	t.Helper()
	name, err := copied()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// removeCopy removes the copy of the test program, if there is one.
func removeCopy() {
	if name, err := copied(); err == nil {
		os.RemoveAll(filepath.Dir(name))
	}
}

// end ends the child's standard input and waits for it.
func (p *process) end() {
	p.t.Helper()
	p.stdin.Close()
	<-p.read
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("child: %v", err)
	}
}

// told returns how many lines the child has printed.
func (p *process) told() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.read
	_ = p.cmd.Wait()
}

// reported reads what children wrote down.
func reported(t *testing.T, name string) *tally {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	y := &tally{Seen: make(map[int]int)}
	for line := range strings.Lines(string(b)) {
		if line == "\n" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(line, "\n"))
		if err != nil {
			y.Torn++
			continue
		}
		y.Seen[n]++
	}
	return y
}

// openDir returns a folder that every user can look into, with a folder audit in it.
func openDir(t *testing.T, uid int) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "auditpy-input")
	if err == nil {
		err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(dir+"/audit", 0o750), os.Chown(dir+"/audit", 0, uid), os.Mkdir(dir+"/out", 0o700), os.Chown(dir+"/out", uid, uid))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// nobody is a user without rights.
const nobody = 65534

// TestI7GroupReader: a reader with no rights but the log's group, which a new log gets last.
func TestI7GroupReader(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("another user can only be become by root")
	}
	dir := openDir(t, nobody)
	a := newAuditd(t, dir+"/audit")
	a.gid, a.window, a.perSec = nobody, 500*time.Microsecond, 20_000
	a.must(a.f.Chown(0, nobody))
	a.must(a.f.Chmod(0o640))
	a.lines(1)
	p := start(t, job{Kind: "follow", Log: a.path, Out: dir + "/out/seen", Batch: 500}, nobody)
	waitFor(t, func() bool { return len(reported(t, dir+"/out/seen").Seen) > 0 }) // rotated files are not read from the start
	for range 200 {
		a.lines(100)
		a.rotate()
	}
	a.lines(100)
	p.end()
	reported(t, dir+"/out/seen").want(t, a.next)
}

// TestI8Unreadable: the folder is away, closed, or no descriptor is left, each for 0.3 s; then all is read, and each trouble was
// told once.
func TestI8Unreadable(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a folder is closed to no user but another one, and that can only be become by root")
	}
	for name, trouble := range map[string]func(a *auditd, dir string, p *process){
		"ENOENT": func(a *auditd, dir string, p *process) {
			a.must(os.Rename(dir+"/audit", dir+"/away"))
			time.Sleep(300 * time.Millisecond)
			a.must(os.Rename(dir+"/away", dir+"/audit"))
		},
		"EACCES": func(a *auditd, dir string, p *process) {
			a.must(os.Chmod(dir+"/audit", 0o700))
			a.lines(500) // auditd has it open
			time.Sleep(300 * time.Millisecond)
			a.must(os.Chmod(dir+"/audit", 0o750))
		},
		"EMFILE": func(a *auditd, dir string, p *process) {
			a.must(p.cmd.Process.Signal(syscall.SIGUSR1))
			for range 3 {
				time.Sleep(50 * time.Millisecond)
				a.lines(100)
				a.rotate()
			}
		},
		"log removed": func(a *auditd, dir string, p *process) {
			time.Sleep(100 * time.Millisecond) // it has been read
			a.must(os.Rename(a.path, a.name(1)))
			time.Sleep(300 * time.Millisecond)
			a.must(a.f.Close())
			a.open()
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := openDir(t, nobody)
			a := newAuditd(t, dir+"/audit")
			a.gid = nobody
			a.must(a.f.Chown(0, nobody))
			a.must(a.f.Chmod(0o640))
			p := start(t, job{Kind: "follow", Log: a.path, Out: dir + "/out/seen", Batch: 500}, nobody)
			a.lines(1000)
			waitFor(t, func() bool { return len(reported(t, dir+"/out/seen").Seen) > 0 })
			a.rotate()
			a.lines(1000)
			trouble(a, dir, p)
			a.lines(1000)
			p.end()
			reported(t, dir+"/out/seen").want(t, a.next)
			if len(p.lines) > 1 {
				t.Errorf("told %q, want one line at most", p.lines)
			}
		})
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out")
		}
	}
}

// TestI12Killed: a reader is killed at random points while the log is written and rotated, and another goes on from the place
// saved: nothing is lost, and a batch at most comes again for each.
func TestI12Killed(t *testing.T) {
	const batch, rotations = 500, 50
	kills := size(200, 200)
	dir := openDir(t, os.Getuid())
	a := newAuditd(t, dir+"/audit")
	a.perSec = 20_000 // so that most kills are while it writes
	j := job{Kind: "follow", Log: a.path, Out: dir + "/out/seen", Cursor: dir + "/out/cursor", Batch: batch}
	a.lines(1)
	start(t, j, -1).end()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range rotations {
			a.lines(2000)
			a.rotate()
		}
		a.lines(100)
	}()
	for i := range kills {
		p := start(t, j, -1)
		time.Sleep(time.Duration(2+i*7919%23) * time.Millisecond) // starting it takes some of that
		p.kill()
	}
	<-written
	start(t, j, -1).end()
	y := reported(t, j.Out)
	lost, repeated := y.counts(0, a.next)
	t.Logf("%d lines, %d kills: %d lost, %d repeated, %d torn", a.next, kills, lost, repeated, y.Torn)
	if lost+y.Torn > 0 || repeated > kills*batch || len(y.Seen) != a.next {
		t.Errorf("%d lines, %d came: %d lost, %d repeated, %d torn", a.next, len(y.Seen), lost, repeated, y.Torn)
	}
}
