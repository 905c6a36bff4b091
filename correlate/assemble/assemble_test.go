package assemble

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// execution returns the lines of one execve at msec with this serial.
func execution(msec, serial int, args ...string) []string {
	stamp := fmt.Sprintf("audit(%d.%03d:%d)", msec/1000, msec%1000, serial)
	argv := fmt.Sprintf("argc=%d", len(args))
	for i, a := range args {
		argv += fmt.Sprintf(" a%d=%q", i, a)
	}
	return []string{
		"type=SYSCALL msg=" + stamp + `: arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 uid=0 exe="/bin/x"`,
		"type=EXECVE msg=" + stamp + ": " + argv,
		"type=CWD msg=" + stamp + `: cwd="/"`,
		"type=PROCTITLE msg=" + stamp + `: proctitle="x"`,
	}
}

func record(t testing.TB, line string) audit.Record {
	t.Helper()
	r, err := audit.ParseLine(line)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func add(t testing.TB, a *Assembler, lines ...string) []*event.Event {
	t.Helper()
	var evs []*event.Event
	for _, line := range lines {
		evs = keep(evs, a.Add(nil, record(t, line)))
	}
	return evs
}

// keep appends copies of events, which are valid until the next call of the Assembler only.
func keep(dst, evs []*event.Event) []*event.Event {
	for _, ev := range evs {
		dst = append(dst, ev.Clone())
	}
	return dst
}

func TestExecution(t *testing.T) {
	a := New(Options{})
	evs := add(t, a, execution(5000, 7, "ls", "-l")...)
	if len(evs) != 1 {
		t.Fatalf("events = %d, want 1", len(evs))
	}
	ev := evs[0]
	if ev.Exec == nil || ev.Exec.CommandLine != "ls -l" || !ev.Exec.Complete || !ev.Complete || len(ev.Records) != 4 {
		t.Errorf("event = %+v, exec = %+v", ev, ev.Exec)
	}
	if late := add(t, a, "type=PATH msg=audit(5.000:7): item=0"); len(late) != 0 || a.Stats().Late != 1 {
		t.Errorf("a late record gave %d events, stats %+v", len(late), a.Stats())
	}
	if a.Open() != 0 {
		t.Errorf("open = %d after the last record", a.Open())
	}
}

func TestNoExec(t *testing.T) {
	failed := execution(5000, 7, "ls")
	failed[0] = strings.Replace(failed[0], "success=yes", "success=no", 1)
	for name, lines := range map[string][]string{
		"failed":     failed,
		"no EXECVE":  {failed[0], failed[3]},
		"user space": {`type=USER_CMD msg=audit(5.000:7): pid=1 msg='type=EXECVE msg=audit(5.000:7): argc=1 a0="sh"'`},
	} {
		evs := add(t, New(Options{}), lines...)
		if len(evs) != 1 || evs[0].Exec != nil {
			t.Errorf("%s: events = %+v, want one that is no exec", name, evs)
		}
	}
}

// TestInterleaved feeds random interleavings of four events: each comes out whole, once.
func TestInterleaved(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var queues [][]string
		for i := range 4 {
			queues = append(queues, execution(5000+i, 7+i, "prog", fmt.Sprint(i)))
		}
		var lines []string
		for len(queues) > 0 {
			i := rnd.IntN(len(queues))
			lines = append(lines, queues[i][0])
			if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
				queues = slices.Delete(queues, i, i+1)
			}
		}
		evs := add(t, New(Options{}), lines...)
		var got []string
		for _, ev := range evs {
			got = append(got, ev.Exec.CommandLine)
		}
		slices.Sort(got)
		if want := []string{"prog 0", "prog 1", "prog 2", "prog 3"}; !slices.Equal(got, want) {
			t.Fatalf("events of %q = %q", lines, got)
		}
	}
}

func TestSameSerial(t *testing.T) {
	a := New(Options{})
	lines := slices.Concat(execution(5000, 7, "one"), execution(6000, 7, "boot")) // serials restart
	for _, line := range execution(5000, 7, "two") {
		lines = append(lines, "node=b "+line)
	}
	if evs := add(t, a, lines...); len(evs) != 3 {
		t.Errorf("events = %d, want 3: one per node and time", len(evs))
	}
}

func TestHold(t *testing.T) {
	a := New(Options{Hold: time.Second})
	open := execution(5000, 7, "open")[:2]
	// Old by its own time, yet just opened: a system call that blocked.
	if evs := add(t, a, slices.Concat(execution(60000, 8, "now"), open)...); len(evs) != 1 {
		t.Fatalf("events = %d, want the complete one only", len(evs))
	}
	if evs := add(t, a, execution(61000, 9, "x")[0]); len(evs) != 0 {
		t.Errorf("closed after exactly Hold")
	}
	evs := add(t, a, execution(61001, 10, "x")[0])
	if len(evs) != 1 || evs[0].Complete || evs[0].Exec.CommandLine != "open" {
		t.Errorf("after Hold: events = %+v", evs)
	}
	if s := a.Stats(); s.Expired != 1 {
		t.Errorf("stats = %+v", s)
	}
}

// TestHoldPerNode: one host's clock is an hour ahead of another's in the same file.
func TestHoldPerNode(t *testing.T) {
	a := New(Options{Hold: time.Second})
	evs := add(t, a, "node=a "+execution(5000, 7, "a")[0], "node=b "+execution(3605000, 7, "b")[0])
	if len(evs) != 0 {
		t.Errorf("node b's clock closed node a's event")
	}
}

// TestSilentNode: an unfinished event of a node that fell silent does not stay open for ever.
func TestSilentNode(t *testing.T) {
	a := New(Options{MaxDistance: 2000})
	add(t, a, "node=a "+execution(5000, 7, "a")[0])
	var evs []*event.Event
	for i := range 1000 {
		for _, line := range execution(5000, 7+i, "b") {
			evs = keep(evs, a.Add(nil, record(t, "node=b "+line)))
		}
	}
	if !slices.ContainsFunc(evs, func(ev *event.Event) bool { return ev.ID.Node == "a" }) || a.Open() != 0 {
		t.Errorf("open = %d after 4,000 records", a.Open())
	}
}

// TestDoneBefore: records of an event closed before a restart are late.
func TestDoneBefore(t *testing.T) {
	a := New(Options{State: State{Done: []audit.ID{{Msec: 5000, Serial: 7}}}})
	if evs := append(add(t, a, execution(5000, 7, "a")...), a.Flush(nil)...); len(evs) != 0 || a.Stats().Late != 4 {
		t.Errorf("events = %+v, stats %+v", evs, a.Stats())
	}
}

func TestBounds(t *testing.T) {
	a := New(Options{MaxOpen: 2, MaxRecords: 3})
	evs := add(t, a, execution(5000, 7, "a")[0], execution(5000, 8, "b")[0], execution(5000, 9, "c")[0])
	if len(evs) != 1 || evs[0].ID.Serial != 7 || evs[0].Complete {
		t.Errorf("over MaxOpen: events = %+v, want the oldest", evs)
	}
	for i := range 5 {
		add(t, a, fmt.Sprintf("type=PATH msg=audit(5.000:8): item=%d", i))
	}
	evs = add(t, a, execution(5000, 8, "b")[3])
	if len(evs) != 1 || len(evs[0].Records) != 3 || evs[0].Complete {
		t.Errorf("over MaxRecords: events = %+v", evs)
	}
	if s := a.Stats(); s.Evicted != 1 || s.Dropped != 4 {
		t.Errorf("stats = %+v", s)
	}
}

func TestMaxHeld(t *testing.T) {
	a := New(Options{MaxHeld: 10_000})
	closed := 0
	for i := range 1000 {
		lines := execution(5000, 7+i, "prog", strings.Repeat("x", 300))
		closed += len(add(t, a, lines[0], lines[1]))
		if a.held > 10_000 {
			t.Fatalf("%d bytes held", a.held)
		}
	}
	if closed < 950 || a.Stats().Evicted != uint64(closed) {
		t.Errorf("%d events closed, stats %+v", closed, a.Stats())
	}
	a.Flush(nil)
	if a.held != 0 {
		t.Errorf("%d bytes held by no event", a.held)
	}
}

func TestMaxBytes(t *testing.T) {
	a := New(Options{MaxBytes: 200})
	lines := execution(5000, 7, "prog", strings.Repeat("x", 300))
	evs := add(t, a, lines...)
	if len(evs) != 1 || evs[0].Complete || evs[0].Exec == nil || evs[0].Exec.Complete || evs[0].Exec.Argc != -1 {
		t.Errorf("events = %+v, want one whose EXECVE did not fit", evs)
	}
}

func TestLowWater(t *testing.T) {
	a := New(Options{})
	if _, ok := a.LowWater(); ok {
		t.Error("low water without an open event")
	}
	for i, line := range []string{execution(1, 7, "a")[0], execution(1, 8, "b")[0], execution(1, 7, "a")[1]} {
		r := record(t, line)
		r.Mark = uint64(10 * (i + 1))
		a.Add(nil, r)
	}
	if m, ok := a.LowWater(); m != 10 || !ok {
		t.Errorf("LowWater = %d, %v, want 10", m, ok)
	}
	add(t, a, execution(1, 7, "a")[3])
	if m, ok := a.LowWater(); m != 20 || !ok {
		t.Errorf("LowWater = %d, %v, want 20", m, ok)
	}
}

func TestFlushOrder(t *testing.T) {
	for range 20 {
		a := New(Options{})
		add(t, a, "node=b "+execution(2, 1, "x")[0], "node=a "+execution(1, 9, "x")[0], "node=c "+execution(1, 3, "x")[0])
		var got []string
		for _, ev := range a.Flush(nil) {
			got = append(got, ev.ID.Node)
		}
		if want := []string{"b", "a", "c"}; !slices.Equal(got, want) {
			t.Fatalf("Flush order = %v, want %v", got, want)
		}
	}
}

// FuzzAdd holds the Assembler to its bounds, and to each record ending in one event or one counter.
func FuzzAdd(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Add([]byte{0, 0, 0, 64, 64, 128, 128, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		a := New(Options{MaxOpen: 3, MaxRecords: 3, MaxDone: 4, MaxNodes: 2})
		var evs []*event.Event
		types := []audit.Type{audit.Syscall, audit.Execve, audit.Path, audit.Proctitle, 1112}
		for _, op := range ops {
			id := audit.ID{Node: string('a' + rune(op>>6)), Msec: int64(op) * 100, Serial: uint64(op % 5)}
			evs = keep(evs, a.Add(nil, audit.Record{ID: id, Type: types[int(op)%len(types)]}))
			if a.Open() > 3 {
				t.Fatalf("%d open events", a.Open())
			}
		}
		evs = keep(evs, a.Flush(nil))
		var in int
		for _, ev := range evs {
			in += len(ev.Records)
		}
		s := a.Stats()
		if in+int(s.Late)+int(s.Dropped)+int(s.Doubled) != len(ops) || in != int(s.Records) || len(evs) != int(s.Events) {
			t.Fatalf("%d records, %d in %d events, stats %+v", len(ops), in, len(evs), s)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	var records []audit.Record
	for _, line := range execution(5000, 7, "python3", "-c", "print()") {
		records = append(records, record(b, line))
	}
	a := New(Options{})
	var evs []*event.Event
	serial := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		serial++
		for _, r := range records {
			r.ID.Serial = serial
			evs = a.Add(evs[:0], r)
		}
	}
}

// TestClockSetBack: an event without an end does not hold up those after it until the old time comes again.
func TestClockSetBack(t *testing.T) {
	a := New(Options{})
	add(t, a, execution(9_000_000, 1, "x")[0])
	got := 0
	for i := range 400 {
		got += len(add(t, a, execution(5000+20*i, 2+i, "y")...))
	}
	if got < 300 {
		t.Errorf("%d of 401 events came while the clock was behind", got)
	}
}

// TestLostExecve: an execution of which only the arguments are lost is one.
func TestLostExecve(t *testing.T) {
	lines := execution(5000, 7, "ls")
	a := New(Options{})
	add(t, a, lines[0], lines[2], lines[3])
	evs := a.Flush(nil)
	if len(evs) != 1 || evs[0].Complete || evs[0].Exec == nil || evs[0].Exec.Complete || len(evs[0].Exec.Args) > 0 {
		t.Errorf("events = %+v", evs)
	}
}

// TestTorn: the last line of a log has no newline; more of it may be missing.
func TestTorn(t *testing.T) {
	a := New(Options{})
	lines := execution(5000, 7, "sh", "-c", "echo h")
	add(t, a, lines[0])
	r := record(t, lines[1])
	r.Torn = true
	a.Add(nil, r)
	if evs := a.Flush(nil); len(evs) != 1 || evs[0].Complete || evs[0].Exec.Complete {
		t.Errorf("events = %+v", evs)
	}
}

// TestManyNodes: nodes over the bound share a clock, but neither events nor names.
func TestManyNodes(t *testing.T) {
	a := New(Options{MaxNodes: 2})
	names := make(map[string]bool)
	for i := range 50 {
		for _, line := range execution(5000, 7, "x") {
			for _, ev := range a.Add(nil, record(t, fmt.Sprintf("node=host%d %s", i, line))) {
				names[ev.ID.Node] = true
			}
		}
	}
	if len(names) != 50 || a.Stats().Crowded == 0 || a.Stats().Late != 0 {
		t.Errorf("%d nodes, stats %+v", len(names), a.Stats())
	}
}

// BenchmarkLooseEvents: thousands of events without an end cost those with one nothing.
func BenchmarkLooseEvents(b *testing.B) {
	for _, open := range []int{0, 4000} {
		b.Run(fmt.Sprint(open), func(b *testing.B) {
			a := New(Options{MaxOpen: 5000, MaxDistance: 1 << 60})
			for i := range open {
				a.Add(nil, record(b, fmt.Sprintf("type=SECCOMP msg=audit(5.000:%d): sig=0", i+1)))
			}
			var records []audit.Record
			for _, line := range execution(5000, 7, "x") {
				records = append(records, record(b, line))
			}
			var evs []*event.Event
			serial := uint64(10000)
			for b.Loop() {
				serial++
				for _, r := range records {
					r.ID.Serial = serial
					evs = a.Add(evs[:0], r)
				}
			}
		})
	}
}
