package proctree

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
)

func stateOptions(how uint8) Options {
	o := Options{}
	if how&1 != 0 {
		o.Max, o.MaxBytes = 1+int(how>>4), 8000
	}
	if how&2 != 0 {
		o.Proc = proc(running(3, 2, "/bin/a", "a", "b"), running(5, 3, "/bin/b", "b"), running(7, 1, "/bin/a", "a", "b"))
	}
	return o
}

// agreeOnRestart holds a Tree that is loaded after some events to one that saw them.
func agreeOnRestart(t *testing.T, ops []byte, cut int, how uint8) {
	t.Helper()
	a, b := New(stateOptions(how)), (*Tree)(nil)
	ka := kernel{msec: 100_000, node: [...]string{"", "web"}[how>>2&1]}
	kb := ka
	for i := 0; len(ops) >= 3; i, ops = i+1, ops[3:] {
		if i == cut {
			b, kb = reload(t, a, how), ka
		}
		ev := ka.random(ops)
		a.Annotate(ev)
		if b == nil {
			continue
		}
		again := kb.random(ops)
		b.Annotate(again)
		check(t, b)
		whole(t, again.Process)
		if how&1 == 0 && !bytes.Equal(tell(ev), tell(again)) {
			t.Fatalf("cut at %d, event %d:\n got %+v\nwant %+v", cut, i, again.Process, ev.Process)
		}
	}
}

// tell writes all that is known of who made an event.
func tell(ev *event.Event) []byte { return snapshot.Append(nil, "", 0, ev.Process.Save) }

func reload(t *testing.T, a *Tree, how uint8) *Tree {
	t.Helper()
	state := a.AppendState(nil)
	b := New(stateOptions(how))
	rest, err := b.LoadState(append(slices.Clone(state), "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("LoadState: %v, rest %q", err, rest)
	}
	check(t, b)
	if how&1 == 0 && !bytes.Equal(b.AppendState(nil), state) {
		t.Fatal("the state that was read is written as another")
	}
	return b
}

func randomOps(seed uint64) ([]byte, *rand.Rand) {
	r := rand.New(rand.NewPCG(seed, 8))
	ops := make([]byte, 3*120)
	for i := range ops {
		ops[i] = byte(r.Uint32())
	}
	return ops, r
}

func TestStateAnywhere(t *testing.T) {
	for seed := range uint64(250) {
		ops, r := randomOps(seed)
		agreeOnRestart(t, ops, r.IntN(110), uint8(r.Uint32()))
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte("a process that forks its own parent"), uint8(4), uint8(0))
	f.Fuzz(func(t *testing.T, ops []byte, cut, how uint8) {
		if len(ops) < 1500 {
			agreeOnRestart(t, ops, int(cut), how)
		}
	})
}

// TestLoadStateDamaged: a state with a changed byte, and a checksum that fits, is refused or can be lived with.
func TestLoadStateDamaged(t *testing.T) {
	refused := 0
	for seed := range uint64(400) {
		ops, r := randomOps(seed)
		a, k := New(Options{}), kernel{msec: 100_000}
		for i := range 20 {
			a.Annotate(k.random(ops[3*i:]))
		}
		b := a.AppendState(nil)
		at := len(stateKind) + 12 + r.IntN(len(b)-len(stateKind)-16)
		b[at] ^= byte(1 + r.IntN(255))
		sum := crc32.Checksum(b[:len(b)-4], crc32.MakeTable(crc32.Castagnoli))
		binary.LittleEndian.PutUint32(b[len(b)-4:], sum)
		d := New(Options{})
		if _, err := d.LoadState(b); err != nil {
			if refused++; !errors.Is(err, snapshot.ErrCorrupt) {
				t.Fatal(err)
			}
			continue
		}
		check(t, d)
		for i := range 40 {
			d.Annotate(k.random(ops[3*i:]))
			check(t, d)
		}
	}
	if refused == 0 {
		t.Error("no state was refused")
	}
}

func TestLoadStateVersion(t *testing.T) {
	b := snapshot.Append(nil, stateKind, stateVersion+1, func(*snapshot.Writer) {})
	if _, err := New(Options{}).LoadState(b); !errors.Is(err, snapshot.ErrVersion) {
		t.Errorf("later version: %v", err)
	}
}

// TestSeedAfterState: a process that still runs keeps what the state says of it; one that has its pid now does not.
func TestSeedAfterState(t *testing.T) {
	now := []*event.Process{running(3, 1, "/bin/a", "a"), running(5, 1, "/bin/b", "b"), running(7, 1, "/bin/c", "c")}
	for _, p := range now {
		p.Boot = "b1"
	}
	f := proc(now...)
	a, k := New(Options{Proc: f}), kernel{msec: 5000}
	see(a, k.exec(3, 1, "/bin/x", "x"), k.exec(5, 1, "/bin/y", "y"), k.exec(7, 1, "/bin/z", "z"))
	state := a.AppendState(nil)
	now[1].Ticks = 99 // pid 5 is another's
	for boot, want := range map[string][]string{"b1": {"x", "b", "z"}, "b2": {"a", "b", "c"}} {
		b := New(Options{Proc: &bootedProc{f, boot}})
		if _, err := b.LoadState(state); err != nil {
			t.Fatal(err)
		}
		for _, p := range now {
			p.Boot = boot
		}
		b.Seed(now)
		check(t, b)
		var got []string
		for _, pid := range []int{3, 5, 7} {
			got = append(got, b.table.get(b.hosts[""].key(pid)).node.proc.CommandLine)
		}
		if !slices.Equal(got, want) {
			t.Errorf("boot %s: %q, want %q", boot, got, want)
		}
	}
}

type bootedProc struct {
	*fakeProc
	boot string
}

func (p *bootedProc) Boot() string { return p.boot }
