package source

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plugin is auditd's af_unix plugin: it listens, and writes to who is connected.
type plugin struct {
	t    *testing.T
	path string
	l    *net.UnixListener
	conn net.Conn
}

// start listens; a socket that was left behind is removed first.
func (p *plugin) start() {
	p.t.Helper()
	os.Remove(p.path)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: p.path, Net: "unix"})
	if err != nil {
		p.t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	p.l = l
	if err := l.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plugin) accept() error {
	conn, err := p.l.Accept()
	p.conn = conn
	return err
}

// stop ends as a process that is killed: the socket stays.
func (p *plugin) stop() {
	p.conn.Close()
	p.l.Close()
}

// TestI14Socket: the plugin restarts, and its socket stays behind meanwhile. It is connected to again within a second, and
// each end is a gap.
func TestI14Socket(t *testing.T) {
	restarts := 100
	p := &plugin{t: t, path: filepath.Join(t.TempDir(), "audispd_events")}
	p.start()
	s := OpenSocket(p.path, SocketOptions{Retry: 10 * time.Millisecond})
	defer s.Close()
	accepted := make(chan error)
	slowest := time.Duration(0)
	r := &result{}
	for i := range restarts {
		begun := time.Now()
		go func() { accepted <- p.accept() }()
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			if err := <-accepted; err != nil {
				t.Error(err)
				return
			}
			text := records(10*i, 10*i+10)
			if i%3 == 1 {
				text += "type=CWD msg=aud" // killed within a line
			}
			if _, err := p.conn.Write([]byte(text)); err != nil {
				t.Error(err)
			}
			p.stop()
		}()
		for gaps := len(r.gaps); len(r.gaps) == gaps; {
			rec, err := s.Next(t.Context())
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
			if len(r.got) == 10*i {
				slowest = max(slowest, time.Since(begun))
			}
			r.add(rec, err)
		}
		<-stopped
		if i%2 == 1 {
			os.Remove(p.path)
		}
		if _, ok, err := s.try(); ok || err != nil { // nobody listens
			t.Fatalf("try = %v, %v while the plugin is away", ok, err)
		}
		p.start()
	}
	p.l.Close()
	t.Logf("%d restarts, connected again after %v at most", restarts, slowest)
	if len(r.lines) != (restarts+1)/3 || len(r.gaps) != restarts || r.gaps[3].After.Serial != 40 {
		t.Errorf("%d torn lines, %d gaps, the fourth %v; want %d, %d, after serial 40", len(r.lines), len(r.gaps), r.gaps[3], (restarts+1)/3, restarts)
	}
	if slowest > time.Second {
		t.Errorf("connected again after %v", slowest)
	}
	r.lines, r.gaps = nil, nil
	r.want(t, 0, 10*restarts)
}

func TestSocketWaits(t *testing.T) {
	dir := t.TempDir()
	s := OpenSocket(filepath.Join(dir, "none"), SocketOptions{Idle: time.Millisecond})
	defer s.Close()
	if _, err := s.Next(t.Context()); err != ErrIdle || !errors.Is(s.Waiting(), os.ErrNotExist) {
		t.Errorf("Next = %v, Waiting = %v; want ErrIdle, not exist", err, s.Waiting())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	long := OpenSocket(write(t, dir, "file", ""), SocketOptions{})
	if _, err := long.Next(ctx); !errors.Is(err, context.Canceled) || long.Waiting() == nil {
		t.Errorf("Next = %v, Waiting = %v; want canceled, an error", err, long.Waiting())
	}
}

// TestMergeOnce: the same records from a log and from netlink; the loss of one is no loss.
func TestMergeOnce(t *testing.T) {
	l := newLog(t, 5)
	f := follow(t, l.path, FollowOptions{FromStart: true})
	k, n := newFake(t, NetlinkOptions{})
	m := NewMerge(time.Millisecond, f, n)
	m.host = "web"
	first := "node=web.example type=CWD msg=audit(1700000000.000:1): cwd=\"/\"\n"
	l.raw(first)
	k.send(t, datagram(1307, `audit(1700000000.000:1): cwd="/"`))
	k.send(t, datagram(1307, `audit(1700000000.000:2): cwd="/"`))
	nodes, marks := map[string]int{}, []uint64{}
	for {
		rec, err := m.Next(t.Context())
		if err == ErrIdle {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		nodes[strings.Clone(rec.ID.Node)]++
		marks = append(marks, rec.Mark)
	}
	if nodes["web.example"] != 3 || len(marks) != 3 {
		t.Errorf("nodes %v, want 3 of web.example: one host", nodes)
	}
	l.raw("node=web.example type=CWD msg=audit(1700000000.000:2): cwd=\"/\"\n")
	l.f.Close()
	if again := f.Cursor(marks[2]); again.Offset != int64(len(first)) {
		t.Errorf("a record of netlink alone has its place at offset %d, want %d: where the log has it", again.Offset, len(first))
	}
}

func TestMergeEnds(t *testing.T) {
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l := newLog(t, 5)
	l.add(2)
	k, n := newFake(t, NetlinkOptions{})
	m := NewMerge(time.Millisecond, NewStream("stdin", pr, 0), n, follow(t, l.path, FollowOptions{FromStart: true}))
	defer m.Close()
	if _, err := pw.WriteString(records(2, 4)); err != nil {
		t.Fatal(err)
	}
	pw.Close()
	k.errs = []error{os.ErrInvalid}
	r := &result{}
	for idle := 0; idle < 5; {
		rec, err := m.Next(t.Context())
		if err == ErrIdle {
			idle++
			continue
		}
		r.add(rec, err)
	}
	if len(r.got) != 4 || len(r.gaps) != 1 || len(r.other)+len(r.lines) != 0 || len(m.members) != 1 {
		t.Errorf("records %v, gaps %v, others %v %v, %d sources left; want 4, 1, none, the log", r.got, r.gaps, r.other, r.lines, len(m.members))
	}
	only := NewMerge(0, NewStream("a", nilReader{}, 0), NewStream("b", nilReader{}, 0))
	if _, err := only.Next(t.Context()); err == nil {
		t.Error("Next = nil at the end of all")
	}
}

type nilReader struct{}

func (nilReader) Read([]byte) (int, error) { return 0, errors.New("broken") }
