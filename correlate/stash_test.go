package correlate

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// executionOf is an execution with ancestors, whose texts are long by size.
func executionOf(i, size int) *event.Event {
	long := strings.Repeat("x", size)
	body := fmt.Sprintf(`arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=%d comm="c" exe="/bin/%d" %s`, i, i, long)
	args := []string{"sh", "-c", long, "", "a b"}
	ev := &event.Event{ID: audit.ID{Node: "n", Msec: int64(i), Serial: 7}, Complete: true, Call: new(audit.Call),
		Records: []audit.Record{{Type: audit.Syscall, Body: body, Enriched: `UID="root"`}, {Type: audit.Unlisted, Name: "UNKNOWN[9]", Body: "x" + long}},
		Exec:    &event.Exec{Args: args, CommandLine: strings.Join(args, " "), Argc: 5, Complete: true},
	}
	ev.Call.Parse(body)
	var p *event.Process
	for j := range i % 5 {
		p = &event.Process{PID: j, Exe: fmt.Sprint("/bin/", j), Comm: "c", CWD: "/", TTY: "pts0", User: "u", Group: "g", EffectiveUser: "e", ArgsWhole: true, Parent: p}
		if j > 0 {
			p.Args, p.CommandLine = args[:j], strings.Join(args[:j], " ")
		}
		if j == 2 {
			p.Streams, p.Previous = &event.Streams{}, &event.Process{PID: j, Args: []string{"other", "than"}, CommandLine: "the line"}
		}
	}
	ev.Process = p
	if i%7 == 6 {
		ev.Exec, ev.Call, ev.Records = nil, nil, ev.Records[1:]
	}
	return ev
}

// TestStash: a stash says what keep says, whatever lay in its memory before.
func TestStash(t *testing.T) {
	var s stash
	for i := range 200 {
		ev := executionOf(i, []int{0, 3, 300, 5000, maxKeptText, maxKeptRecords}[i%6])
		want, size := keep(ev)
		whole := reflect.DeepEqual(want, ev.Clone())
		s.take(ev, 0)
		if got := s.event(0); !reflect.DeepEqual(got, want) || s.size != size || s.whole != whole {
			t.Fatalf("event %d: %+v, size %d, whole %v; want %+v, %d, %v", i, got, s.size, s.whole, want, size, whole)
		}
	}
}

// TestStashNoAllocation: nothing is allocated once it has grown.
func TestStashNoAllocation(t *testing.T) {
	var s stash
	ev := executionOf(4, 300)
	ev.Process.Parent.Streams = nil
	s.take(ev, 0)
	if n := testing.AllocsPerRun(100, func() { s.take(ev, 0) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStash(b *testing.B) {
	ev := executionOf(4, 300)
	b.Run("stash", func(b *testing.B) {
		var s stash
		b.ReportAllocs()
		for b.Loop() {
			s.take(ev, 0)
		}
	})
	b.Run("keep", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			keep(ev)
		}
	})
}

// TestWaitingNoAllocation: an event that has a later term only, of sequences that nothing began, waits and goes without a
// trace.
func TestWaitingNoAllocation(t *testing.T) {
	q := sequenceOf("A B", time.Minute)
	q.Evidence = func([]rule.Evidence, int, *event.Event) []rule.Evidence {
		t.Error("nobody needs to know why")
		return nil
	}
	c := New(Options{})
	ev := executionOf(4, 300)
	ev.Process.Parent.Streams = nil
	ms := []rule.Match{{Rule: q.Meta, Silent: true, Stages: []rule.Stage{{Of: q, Term: 1, Keys: [][]rule.Key{{{Text: "some user"}}}}}}}
	n := testing.AllocsPerRun(20_000, func() {
		ev.ID = audit.ID{Msec: ev.ID.Msec + 10, Serial: ev.ID.Serial + 1}
		if as := c.Observe(nil, ev, ms); len(as) > 0 {
			t.Error(as)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestStashWithoutID: an event of no time and serial is not taken for the one that its process's parent executed.
func TestStashWithoutID(t *testing.T) {
	ev := executionOf(4, 3)
	ev.ID = audit.ID{}
	var s stash
	s.take(ev, 0)
	if got, want := s.event(0).Process.Parent.CommandLine, ev.Process.Parent.CommandLine; got != want {
		t.Errorf("the parent's command line is %q, want %q", got, want)
	}
}
