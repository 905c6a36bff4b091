package correlate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/rules/rule"
)

// history is a stream of random events with what random rules make of them. Each load of the rules gives other pointers.
type history interface {
	load() Rules
	// events are those of the stream, with the matches of the rules that were loaded last.
	len() int
	event(i int) (*event.Event, []rule.Match)
}

// worldHistory is of the correlations of a world, streamHistory of one sequence.
type worldHistory struct {
	seed uint64
	w    *world
	ids  []audit.ID
	data []byte
}

func newWorldHistory(seed uint64, data []byte) *worldHistory {
	h := &worldHistory{seed: seed, data: data[:len(data)/4*4]}
	w, now := newWorld(seed), int64(1_000_000)
	for i := 0; i < len(h.data); i += 4 {
		if seed%5 == 0 && i == len(h.data)/8 {
			now -= 20 * setBack // the clock is set back, in the middle
		}
		h.ids = append(h.ids, w.id(h.data[i:], &now, uint64(i/4+1)))
	}
	return h
}

func (h *worldHistory) load() Rules {
	h.w = newWorld(h.seed)
	return Rules{All: h.w.bases, Correlations: h.w.all}
}

func (h *worldHistory) len() int { return len(h.ids) }

func (h *worldHistory) event(i int) (*event.Event, []rule.Match) {
	return eventOf(h.ids[i]), h.w.matches(h.data[4*i:])
}

// eventOf makes an event of one of three processes, each the parent of the next.
func eventOf(id audit.ID) *event.Event {
	var p *event.Process
	for pid := range 1 + id.Serial%3 {
		p = &event.Process{PID: int(pid), Node: id.Node, Parent: p, Args: []string{"a"}, CommandLine: "a"}
	}
	return &event.Event{ID: id, Process: p, Records: []audit.Record{{ID: id, Type: audit.CWD, Body: `cwd="/"`}}}
}

type streamHistory struct {
	seed uint64
	data []byte
	s    *stream
}

func (h *streamHistory) load() Rules {
	h.s = newStream(h.seed, h.data)
	if h.seed%4 == 0 && !strings.Contains(fmt.Sprint(h.s.of.Terms), "true") {
		h.s.of.Sample, h.s.of.Until = true, -1
	}
	return Rules{Sequences: []*rule.Sequence{h.s.of}}
}

func (h *streamHistory) len() int { return len(h.s.events) }

func (h *streamHistory) event(i int) (*event.Event, []rule.Match) {
	e := &h.s.events[i]
	return eventOf(e.id), h.s.matches(e)
}

// outcome is what must be the same whether there was a restart or not.
func outcome(as []alert.Alert) (ids []string) {
	for _, a := range as {
		s := fmt.Sprint(a.ID, a.Incident, a.Event.ID, a.Group, len(a.Evidence), a.Unlisted)
		for _, r := range a.Related {
			s += fmt.Sprint(" ", r.ID, r.Rule.ID, r.Evidence)
		}
		for _, r := range a.Rules {
			s += " " + r.ID
		}
		ids = append(ids, s)
	}
	return ids
}

// agreeOnRestart holds an agent that is killed at kill, and begins again with the state of an earlier snapshot, to one that
// is not.
func agreeOnRestart(t *testing.T, h history, snap, kill int, o Options) {
	t.Helper()
	h.load()
	c := New(o)
	var want, sent []string
	var state []byte
	told := 0 // before kill
	for i := range h.len() {
		if i == snap {
			state = c.AppendState(nil)
		}
		as := relive(c, h, i)
		want = append(want, outcome(as)...)
		if i < kill {
			told += len(as)
		}
		if i >= snap && i < kill {
			for _, a := range as {
				sent = append(sent, a.ID)
			}
		}
	}
	d := New(o)
	rules := h.load()
	if rest, err := d.LoadState(append(state, "rest"...), rules); err != nil || string(rest) != "rest" {
		t.Fatalf("LoadState: %v, rest %q", err, rest)
	}
	if again := d.AppendState(nil); !bytes.Equal(again, state) {
		t.Fatalf("state of %d bytes reads as one of %d", len(state), len(again))
	}
	d.Sent(sent)
	var got []string
	for i := snap; i < h.len(); i++ {
		got = append(got, outcome(relive(d, h, i))...)
	}
	end := c.Stats()
	if g := d.Stats(); g.Groups != end.Groups || g.WindowBytes != end.WindowBytes || g.Keys != end.Keys || g.SequenceBytes != end.SequenceBytes {
		t.Fatalf("after a restart: %+v\nwithout: %+v", g, end)
	}
	want, got = append(want, outcome(c.Flush(nil))...), append(got, outcome(d.Flush(nil))...)
	if !slices.Equal(want[told:], got) {
		t.Fatalf("snapshot at %d, killed at %d, %d sent:\n got %s\nwant %s", snap, kill, len(sent), strings.Join(got, "\n     "), strings.Join(want[told:], "\n     "))
	}
}

// relive gives a Correlator one event, and sometimes some time in which nothing comes.
func relive(c *Correlator, h history, i int) []alert.Alert {
	as := c.Observe(nil, first(h.event(i)), second(h.event(i)))
	if i%7 == 3 {
		as = c.Idle(as, 1200*time.Millisecond)
	}
	return as
}

func first(ev *event.Event, _ []rule.Match) *event.Event  { return ev }
func second(_ *event.Event, ms []rule.Match) []rule.Match { return ms }

// restartOptions are roomy, or so narrow that all bounds are at work, or tell each rule and key.
func restartOptions(seed uint64) Options {
	switch seed % 3 {
	case 0:
		return Options{}
	case 1:
		return Options{MaxSeen: 5, MaxGroups: 3, MaxPerGroup: 4, MaxKeys: 3, MaxWaiting: 3, MaxSequenceBytes: 8000, MaxWindowBytes: 4000, MaxNodes: 1}
	}
	return Options{PerRule: true, PerKey: true, Reorder: -1}
}

func historyOf(seed uint64, data []byte) history {
	if seed&1 == 0 {
		return newWorldHistory(seed/2, data)
	}
	return &streamHistory{seed: seed / 2, data: data}
}

// TestRestart cuts streams anywhere, for correlations of all kinds, and for sequences and samples.
func TestRestart(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 6))
		data := make([]byte, 4*200)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		h := historyOf(seed, data)
		h.load()
		snap := r.IntN(h.len())
		kill := snap + r.IntN(h.len()-snap)
		agreeOnRestart(t, h, snap, kill, restartOptions(seed))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzRestart is TestRestart for streams that are looked for.
func FuzzRestart(f *testing.F) {
	f.Add(uint64(1), []byte("0123456789abcdef0123456789abcdef"), uint8(3), uint8(5))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte, snap, kill uint8) {
		h := historyOf(seed, data)
		h.load()
		if n := h.len(); n > 0 {
			at := int(snap) % n
			agreeOnRestart(t, h, at, at+int(kill)%(n-at), restartOptions(seed))
		}
	})
}

// FuzzLoadState: whatever a state says, it is refused or can be lived with.
func FuzzLoadState(f *testing.F) {
	f.Add(uint64(2), []byte("0123456789abcdef0123456789abcdef"), uint(100), byte(1))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte, at uint, flip byte) {
		surviveState(t, seed, data, at, flip)
	})
}

func surviveState(t *testing.T, seed uint64, data []byte, at uint, flip byte) {
	h := historyOf(seed, data)
	rules := h.load()
	c := New(Options{})
	for i := range h.len() {
		c.Observe(nil, first(h.event(i)), second(h.event(i)))
	}
	whole := c.AppendState(nil)
	payload := slices.Clone(whole[len(stateKind)+12 : len(whole)-4])
	if len(payload) > 0 {
		payload[at%uint(len(payload))] ^= flip
	}
	d := New(Options{})
	_, err := d.LoadState(reframe(payload), rules)
	if err != nil && !errors.Is(err, snapshot.ErrCorrupt) {
		t.Fatal(err)
	}
	if s := d.Stats(); err != nil && (s.Groups != 0 || s.Keys != 0 || s.SequenceBytes != 0) {
		t.Fatalf("after an error: %+v", s)
	}
	for i := range h.len() {
		d.Observe(nil, first(h.event(i)), second(h.event(i)))
	}
	d.Flush(nil)
}

// reframe makes a state of a payload: see package snapshot.
func reframe(payload []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(stateKind), stateVersion)
	b = append(binary.LittleEndian.AppendUint64(b, uint64(len(payload))), payload...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func TestLoadStateDamaged(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 7))
		data := make([]byte, 4*20)
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		surviveState(t, seed, data, uint(r.Uint32()), byte(r.Uint32()))
	}
}
