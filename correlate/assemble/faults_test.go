package assemble

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// The tests here are the rows E1 to E7 and E10 of docs/reliability.md.

// TestE1Reboot: serials begin again, and neither joins nor loses anything.
func TestE1Reboot(t *testing.T) {
	a := New(Options{})
	var lines []string
	for i, serial := range []int{100000, 100001, 5, 6, 100001} {
		lines = append(lines, execution(5000+1000*i, serial, "x", fmt.Sprint(i))...)
	}
	evs := add(t, a, lines...)
	if s := a.Stats(); len(evs) != 5 || s.Late+s.Dropped+s.Doubled+s.Expired+s.Evicted != 0 {
		t.Errorf("%d events, stats %+v; want 5, nothing lost", len(evs), s)
	}
}

// TestE2NeverOne: records whose time, serial or node differs are never of one event.
func TestE2NeverOne(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		a := New(Options{})
		want := make(map[string]int)
		got := make(map[string]int)
		take := func(evs []*event.Event) {
			for _, ev := range evs {
				for _, r := range ev.Records {
					if r.Body != fmt.Sprintf("%s/%d/%d", ev.ID.Node, ev.ID.Msec, ev.ID.Serial) {
						t.Fatalf("record %q in event %+v", r.Body, ev.ID)
					}
				}
				got[fmt.Sprint(ev.ID)] += len(ev.Records)
			}
		}
		types := []audit.Type{audit.Syscall, audit.Path, audit.CWD, audit.Sockaddr, audit.Execve, 1326}
		for range 200 {
			id := audit.ID{Node: []string{"", "a", "b"}[rnd.IntN(3)], Msec: 5000 + int64(rnd.IntN(3)), Serial: uint64(7 + rnd.IntN(2)<<16)}
			r := audit.Record{ID: id, Type: types[rnd.IntN(len(types))], Body: fmt.Sprintf("%s/%d/%d", id.Node, id.Msec, id.Serial)}
			want[fmt.Sprint(id)]++
			take(a.Add(nil, r))
		}
		take(a.Flush(nil))
		if len(got) != len(want) || a.Stats().Late != 0 {
			t.Fatalf("%d events, stats %+v, want %d", len(got), a.Stats(), len(want))
		}
	}
}

// TestE3Interleavings: three events of four records in each of the 34,650 orders in which their records can mix.
func TestE3Interleavings(t *testing.T) {
	var records [3][]audit.Record
	for i := range records {
		for _, line := range execution(5000+i, 7+i, "prog", fmt.Sprint(i)) {
			records[i] = append(records[i], record(t, line))
		}
	}
	orders := 0
	var walk func(at [3]int, order []int)
	walk = func(at [3]int, order []int) {
		if len(order) == 12 {
			orders++
			wholeOnce(t, &records, order)
			return
		}
		for i := range at {
			if at[i] < 4 {
				next := at
				next[i]++
				walk(next, append(order, i))
			}
		}
	}
	walk([3]int{}, make([]int, 0, 12))
	if orders != 34650 {
		t.Errorf("%d orders, want 34,650", orders)
	}
}

func wholeOnce(t *testing.T, records *[3][]audit.Record, order []int) {
	a, at, seen := New(Options{MaxDone: 16}), [3]int{}, [3]int{}
	for _, i := range order {
		for _, ev := range a.Add(nil, records[i][at[i]]) {
			k := int(ev.ID.Serial) - 7
			if seen[k]++; !ev.Complete || len(ev.Records) != 4 || ev.Exec.CommandLine != fmt.Sprint("prog ", k) {
				t.Fatalf("order %v: event %d = %+v", order, k, ev)
			}
		}
		at[i]++
	}
	if seen != [3]int{1, 1, 1} || a.Open() != 0 {
		t.Fatalf("order %v: %v events, %d open", order, seen, a.Open())
	}
}

// TestE4OneOpen: one event has no end; the 479 after it come within 50 ms of event time, or 500 if it is an execution, which
// tells who they are of; and at once when nothing more comes.
func TestE4OneOpen(t *testing.T) {
	for name, tt := range map[string]struct {
		open string
		most int64
	}{
		"execution": {execution(5000, 7, "open")[0], 501},
		"call":      {strings.Replace(execution(5000, 7, "open")[0], "syscall=59", "syscall=42", 1), 51},
		"seccomp":   {`type=SECCOMP msg=audit(5.000:7): auid=0 uid=0 sig=0 arch=c000003e syscall=1`, 51},
	} {
		open := tt.open
		a := New(Options{})
		add(t, a, open)
		came := 0
		for i := range 479 {
			if int64(i) > tt.most && came == 0 {
				t.Fatalf("%s: nothing came in %d ms", name, i)
			}
			for _, ev := range add(t, a, execution(5001+i, 8+i, "x")...) {
				if late := int64(5001+i) - ev.ID.Msec; late > tt.most {
					t.Fatalf("%s: event %d came %d ms late", name, ev.ID.Serial, late)
				}
				came++
			}
		}
		came += len(a.Overtake(nil))
		if came != 479 || a.Open() != 1 {
			t.Errorf("%s: %d of 479 came, %d open", name, came, a.Open())
		}
		if evs := a.Flush(nil); len(evs) != 1 || evs[0].ID.Serial != 7 {
			t.Errorf("%s: at the end %d events", name, len(evs))
		}
	}
}

// heapNow returns the bytes in use.
func heapNow() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestE5OneSerial: a million records of one serial.
func TestE5OneSerial(t *testing.T) {
	a := New(Options{})
	before, most := heapNow(), int64(0)
	line := record(t, execution(5000, 7, "x")[0])
	evs := keep(nil, a.Add(nil, line))
	for i := range 1_000_000 {
		r := audit.Record{ID: line.ID, Type: audit.Path, Body: fmt.Sprintf(`item=%d name="/x"`, i)}
		evs = keep(evs, a.Add(nil, r))
		if i%200_000 == 0 {
			most = max(most, heapNow()-before)
		}
	}
	most = max(most, heapNow()-before)
	evs = keep(evs, add(t, a, execution(5000, 7, "x")[3]))
	evs = keep(evs, a.Flush(nil))
	s := a.Stats()
	t.Logf("%d KiB, stats %+v", most>>10, s)
	if most > 8<<20 || len(evs) != 1 || evs[0].Complete || s.Records+s.Dropped+s.Late != 1_000_002 {
		t.Errorf("%d events, %d KiB, stats %+v; want one that is not complete, 8 MiB at most", len(evs), most>>10, s)
	}
}

// TestE6OpenSerials: a million events without an end.
func TestE6OpenSerials(t *testing.T) {
	a := New(Options{})
	before, most, came := heapNow(), int64(0), uint64(0)
	line := record(t, execution(5000, 7, "x")[0])
	line.Body += strings.Repeat("x", 300)
	for i := range 1_000_000 {
		line.ID.Serial++
		came += uint64(len(a.Add(nil, line)))
		if a.Open() > 4096 {
			t.Fatalf("%d open", a.Open())
		}
		if i%250_000 == 0 {
			most = max(most, heapNow()-before)
		}
	}
	most = max(most, heapNow()-before)
	s := a.Stats()
	t.Logf("%d KiB, stats %+v", most>>10, s)
	if most > 64<<20 || s.Evicted+uint64(a.Open()) != 1_000_000 || came != s.Evicted {
		t.Errorf("%d KiB, %d came, stats %+v", most>>10, came, s)
	}
}

// TestE7Late: a record after the end of its event makes no second event, however many events later.
func TestE7Late(t *testing.T) {
	a := New(Options{})
	for i := range 10_000 {
		add(t, a, execution(5000+i, 7+i, "x")...)
	}
	for i := range 10_000 {
		if evs := add(t, a, fmt.Sprintf("type=PATH msg=audit(%d.%03d:%d): item=0", (5000+i)/1000, (5000+i)%1000, 7+i)); len(evs) != 0 {
			t.Fatalf("a late record of event %d gave %+v", 7+i, evs)
		}
	}
	if evs := a.Flush(nil); len(evs) != 0 || a.Stats().Late != 10_000 {
		t.Errorf("%d events, stats %+v", len(evs), a.Stats())
	}
}

// execve returns the records of an execution with these arguments as the kernel writes them: 7,500 bytes a record, an
// argument that does not fit in pieces, each with its place. Source: kernel/auditsc.c, audit_log_execve_info.
func execve(serial int, args []string) []audit.Record {
	id := audit.ID{Msec: 5000, Serial: uint64(serial)}
	rec := func(t audit.Type, body string) audit.Record { return audit.Record{ID: id, Type: t, Body: body} }
	rs := []audit.Record{rec(audit.Syscall, `arch=c000003e syscall=59 success=yes exit=0 items=1 ppid=1 pid=2 uid=0 exe="/bin/x"`)}
	body := fmt.Sprintf("argc=%d", len(args))
	flush := func() { rs, body = append(rs, rec(audit.Execve, body)), "" }
	for i, arg := range args {
		hex := fmt.Sprintf("%X", arg)
		if len(hex) <= 7500 {
			if field := fmt.Sprintf(" a%d=%s", i, hex); len(body)+len(field) <= 7500 {
				body += field
				continue
			}
			flush()
			body = fmt.Sprintf("a%d=%s", i, hex)
			continue
		}
		body += fmt.Sprintf(" a%d_len=%d", i, len(hex))
		part := 0
		for piece := range slices.Chunk([]byte(hex), 7400) {
			body += fmt.Sprintf(" a%d[%d]=%s", i, part, piece)
			flush()
			part++
		}
	}
	if body != "" {
		flush()
	}
	return append(rs, rec(audit.CWD, `cwd="/tmp"`), rec(audit.Path, `item=0 name="/bin/x"`), rec(audit.Proctitle, "proctitle=78"))
}

// TestE10LongCommandLine: what counts stands behind 100,000 arguments, or behind one of megabytes.
func TestE10LongCommandLine(t *testing.T) {
	const payload = "import socket,pty"
	many := make([]string, 100_000)
	for i := range many {
		many[i] = "padding"
	}
	for name, tt := range map[string]struct {
		args []string
		kept bool // all of it
	}{
		"100,000 arguments": {append(many, payload), true},
		"2 MiB":             {[]string{"python3", strings.Repeat("x ", 1<<20-100), payload}, true},
		"6 MiB":             {[]string{"python3", strings.Repeat("x ", 3<<20), payload}, false},
		"6 MiB in 60":       {append(slices.Repeat([]string{strings.Repeat("x ", 50<<10)}, 60), payload), false},
		"after the payload": {[]string{"python3", payload, strings.Repeat("x ", 3<<20)}, false},
	} {
		a := New(Options{})
		var took time.Duration
		var evs []*event.Event
		for _, r := range execve(7, tt.args) {
			begun := time.Now()
			out := a.Add(nil, r)
			took += time.Since(begun)
			evs = keep(evs, out)
		}
		if len(evs) != 1 || evs[0].Exec == nil {
			t.Fatalf("%s: events = %+v", name, evs)
		}
		x := evs[0].Exec
		t.Logf("%s: %d KiB of %d arguments kept, %v", name, len(x.CommandLine)>>10, len(x.Args), took)
		if !strings.Contains(x.CommandLine, payload) || x.Argc != len(tt.args) || x.Complete != tt.kept || len(x.CommandLine) > 3<<20 {
			t.Errorf("%s: argc %d, complete %v, %d bytes, payload %v", name, x.Argc, x.Complete, len(x.CommandLine), strings.Contains(x.CommandLine, payload))
		}
		if tt.kept && !slices.Equal(x.Args, tt.args) {
			t.Errorf("%s: the arguments are others", name)
		}
		if last := evs[0].Records[len(evs[0].Records)-1]; !slices.ContainsFunc(evs[0].Records, func(r audit.Record) bool { return r.Type == audit.CWD }) {
			t.Errorf("%s: no CWD record, the last is %v", name, last.Type)
		}
		if a.held != 0 {
			t.Errorf("%s: %d bytes held by no event", name, a.held)
		}
		if took > 500*time.Millisecond {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// TestTornCopy: a copy of a log that ends anywhere, and then the log: each execution comes once, and whole.
func TestTornCopy(t *testing.T) {
	lines := []string{
		`type=SYSCALL msg=audit(5.000:7): arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=1 pid=2 uid=0 exe="/bin/x" key="k"` + "\x1dUID=\"root\"",
		`type=EXECVE msg=audit(5.000:7): argc=2 a0="sh" a1="-c"`,
		`type=CWD msg=audit(5.000:7): cwd="/"`,
		`type=PATH msg=audit(5.000:7): item=0 name="/bin/x"`,
		`type=PATH msg=audit(5.000:7): item=1 name="/lib/y"`,
		`type=PROCTITLE msg=audit(5.000:7): proctitle="x"`,
	}
	want := fmt.Sprint(add(t, New(Options{}), lines...)[0].Records)
	for cut := range lines {
		for n := range len(lines[cut]) {
			torn, err := audit.ParseLine(lines[cut][:n])
			if err != nil {
				continue
			}
			torn.Torn = true
			a := New(Options{})
			evs := add(t, a, lines[:cut]...)
			evs = keep(evs, a.Add(nil, torn))
			evs = append(evs, add(t, a, lines...)...)
			if len(evs) != 1 || !evs[0].Complete || evs[0].Exec == nil || fmt.Sprint(evs[0].Exec.Args) != "[sh -c]" {
				t.Fatalf("cut at %q: %d events, want one that is whole: %+v", lines[cut][:n], len(evs), evs)
			}
			if got := fmt.Sprint(evs[0].Records); len(evs[0].Records) == len(lines) && cut > 0 && got != want {
				t.Fatalf("cut at %q: %v\nwant %v", lines[cut][:n], got, want)
			}
			if evs[0].Call.Raw(audit.CallKey) != "k" || len(evs[0].Records) != len(lines) {
				t.Fatalf("cut at %q: key %q, %d records", lines[cut][:n], evs[0].Call.Raw(audit.CallKey), len(evs[0].Records))
			}
		}
	}
}

// TestTornRecordAlone: so does an event of one record.
func TestTornRecordAlone(t *testing.T) {
	line := "type=ADD_USER msg=audit(5.000:7): pid=1 uid=0 msg='op=adding user id=1001 exe=\"/usr/sbin/useradd\" res=success'"
	for n := range len(line) {
		torn, err := audit.ParseLine(line[:n])
		if err != nil {
			continue
		}
		torn.Torn = true
		a := New(Options{})
		evs := append(keep(nil, a.Add(nil, torn)), add(t, a, line)...)
		if len(evs) != 1 || !evs[0].Complete || len(evs[0].Records) != 1 || evs[0].Records[0].Body != record(t, line).Body {
			t.Fatalf("cut at %q: %+v, want one event that is whole", line[:n], evs)
		}
	}
}

// TestTornBeforeLog: however long the log is that comes after its copy, what the copy cut off waits for it, and keeps up
// no other.
func TestTornBeforeLog(t *testing.T) {
	const events = 30_000
	a := New(Options{})
	torn := record(t, execution(events*100, events, "sh", "-c")[1][:56])
	torn.Torn = true
	evs := add(t, a, execution(events*100, events, "sh", "-c")[0])
	evs = keep(evs, a.Add(nil, torn))
	for i := 1; i <= events; i++ {
		evs = append(evs, add(t, a, execution(i*100, i, "sh", "-c")...)...)
		if a.Open() > 20 {
			t.Fatalf("%d events are open after %d", a.Open(), i)
		}
	}
	if last := evs[len(evs)-1]; len(evs) != events || last.ID.Serial != events || !last.Complete || len(last.Exec.Args) != 2 {
		t.Errorf("%d events, the last %v: %+v; want %d", len(evs), last.ID, last.Exec, events)
	}
	if a.held != 0 || a.Stats().Expired != 0 {
		t.Errorf("%d bytes held, %d expired", a.held, a.Stats().Expired)
	}
}

// TestTornAndLate: a call that blocked for long ends with an old time; torn, it waits for its whole record as others do.
func TestTornAndLate(t *testing.T) {
	lines := execution(5000, 7, "sh", "-c")
	a := New(Options{})
	evs := add(t, a, execution(60_000, 8, "x")...)
	evs = append(evs, add(t, a, lines[0])...)
	torn := record(t, lines[1][:50])
	torn.Torn = true
	evs = keep(evs, a.Add(nil, torn))
	evs = append(evs, add(t, a, execution(60_100, 9, "x")...)...)
	evs = append(evs, add(t, a, lines...)...)
	if last := evs[len(evs)-1]; len(evs) != 3 || last.ID.Serial != 7 || !last.Complete || len(last.Exec.Args) != 2 {
		t.Errorf("%d events, the last %v: %+v", len(evs), last.ID, last.Exec)
	}
}
