package assemble

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// shapes are events of a log file as the kernel writes them, by kind.
func shape(kind byte, serial int) []string {
	stamp := fmt.Sprintf("msg=audit(5.%03d:%d): ", serial%7, serial)
	call := func(nr, items int, success string) string {
		return "type=SYSCALL " + stamp + fmt.Sprintf("arch=c000003e syscall=%d success=%s exit=0 items=%d ppid=1 pid=%d uid=0 exe=\"/bin/x\"", nr, success, items, serial)
	}
	title := "type=PROCTITLE " + stamp + `proctitle="x"`
	path := func(i int) string {
		return "type=PATH " + stamp + fmt.Sprintf(`item=%d name="/bin/%d"`, i, serial)
	}
	cwd := "type=CWD " + stamp + `cwd="/"`
	switch kind % 6 {
	case 0: // an execution
		return []string{call(59, 2, "yes"), "type=EXECVE " + stamp + fmt.Sprintf(`argc=2 a0="x" a1="%d"`, serial), cwd, path(0), path(1), title}
	case 1: // with a long argument
		return []string{call(59, 1, "yes"), "type=EXECVE " + stamp + `argc=3 a0="x" a1_len=6 a1[0]=4142`, "type=EXECVE " + stamp + ` a1[1]=43 a2="y"`, cwd, path(0), title}
	case 2: // that fails
		return []string{call(59, 1, "no"), cwd, path(0), title}
	case 3: // a connect
		return []string{call(42, 0, "yes"), "type=SOCKADDR " + stamp + "saddr=020000350A000001", title}
	case 4: // from user space
		return []string{"type=USER_CMD " + stamp + `pid=1 msg='cmd="type=EXECVE"'`}
	}
	return []string{call(33, 0, "yes"), title}
}

// mix takes the next line of one of the queues, as choice says, until all are empty.
func mix(queues [][]string, choice []byte) []string {
	var lines []string
	for i := 0; len(queues) > 0; i++ {
		k := 0
		if len(choice) > 0 {
			k = int(choice[i%len(choice)]) % len(queues)
		}
		lines = append(lines, queues[k][0])
		if queues[k] = queues[k][1:]; len(queues[k]) == 0 {
			queues = slices.Delete(queues, k, k+1)
		}
	}
	return lines
}

// tell writes all that an event says, its records sorted.
func tell(ev *event.Event) string {
	var bodies []string
	for _, r := range ev.Records {
		bodies = append(bodies, r.TypeName()+" "+r.Body)
	}
	slices.Sort(bodies)
	s := fmt.Sprint(ev.ID, ev.Complete, bodies)
	if ev.Exec != nil {
		s += fmt.Sprintf("%+v", *ev.Exec)
	}
	return s
}

func assembled(t *testing.T, lines []string) []string {
	t.Helper()
	a := New(Options{})
	var told []string
	take := func(evs []*event.Event) {
		for _, ev := range evs {
			told = append(told, tell(ev))
		}
	}
	for _, line := range lines {
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		take(a.Add(nil, r))
	}
	take(a.Flush(nil))
	if s := a.Stats(); s.Late+s.Dropped+s.Expired+s.Evicted+s.Doubled != 0 {
		t.Fatalf("stats = %+v for %q", s, lines)
	}
	slices.Sort(told)
	return told
}

// FuzzInterleave: however the records of events are mixed, and in whatever order those of one come, the events are
// the same.
func FuzzInterleave(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, []byte{0, 3, 1, 4}, []byte{0})
	f.Add([]byte{1, 1, 1}, []byte{2, 0, 1}, []byte{5, 3, 1})
	f.Add([]byte{0}, []byte{}, []byte{5})
	f.Fuzz(func(t *testing.T, kinds, choice, turns []byte) {
		if len(kinds) > 64 {
			return
		}
		var whole []string
		var queues [][]string
		for i, k := range kinds {
			lines := shape(k, i+1)
			whole = append(whole, lines...)
			if len(turns) > 0 { // the order within the event
				n := int(turns[i%len(turns)]) % len(lines)
				lines = slices.Concat(lines[n:], lines[:n])
			}
			queues = append(queues, lines)
		}
		mixed := mix(queues, choice)
		if got, want := assembled(t, mixed), assembled(t, whole); !slices.Equal(got, want) {
			t.Fatalf("events of\n%s\nare\n%s\nwant\n%s", strings.Join(mixed, "\n"), strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestOrder: events come in the order of their first records, but those without an end keep up none.
func TestOrder(t *testing.T) {
	a := New(Options{})
	fork, exec := shape(5, 1), shape(0, 2)
	alone := "type=BPF msg=audit(5.000:3): prog-id=7 op=UNLOAD" // a record of the kernel outside a system call
	var got []uint64
	for _, line := range slices.Concat([]string{alone, fork[0]}, exec, []string{fork[1]}) {
		for _, ev := range a.Add(nil, record(t, line)) {
			got = append(got, ev.ID.Serial)
		}
	}
	if want := []uint64{1, 2}; !slices.Equal(got, want) || a.Open() != 1 {
		t.Errorf("events %v, want %v; %d open", got, want, a.Open())
	}
}

// TestNoGarbage: in the steady state an event costs no allocation.
func TestNoGarbage(t *testing.T) {
	a := New(Options{})
	var records []audit.Record
	for _, line := range slices.Concat(shape(0, 1), shape(3, 2), shape(4, 3)) {
		records = append(records, record(t, line))
	}
	var evs []*event.Event
	serial := uint64(0)
	round := func() {
		serial += 10
		for _, r := range records {
			r.ID.Serial += serial
			evs = a.Add(evs[:0], r)
		}
	}
	for range 100 {
		round()
	}
	if n := testing.AllocsPerRun(1000, round); n != 0 {
		t.Errorf("%v allocations a round, want none", n)
	}
}
