package correlate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
	"github.com/auditpy/auditpy/rules/rule"
)

// sequenceOf reads a sequence such as "A B*3 !M C until U": each word is a term, satisfied by events with its letter.
func sequenceOf(text string, span time.Duration) *rule.Sequence {
	of := &rule.Sequence{Meta: &rule.Meta{ID: "s"}, Until: -1, MaxSpan: span}
	steps, until, found := strings.Cut(text, " until ")
	if found {
		steps += " " + until
	}
	for _, word := range strings.Fields(steps) {
		word, missing := strings.CutPrefix(word, "!")
		name, runs, _ := strings.Cut(word, "*")
		n, _ := strconv.Atoi(runs)
		of.Terms = append(of.Terms, rule.Term{By: []string{name}, Missing: missing})
		of.Steps = append(of.Steps, slices.Repeat([]int{len(of.Terms) - 1}, max(1, n))...)
	}
	if found {
		of.Until = len(of.Terms) - 1
		of.Steps = of.Steps[:len(of.Steps)-1]
	}
	return of
}

func sampleOf(text string, span time.Duration) *rule.Sequence {
	of := sequenceOf(text, span)
	of.Sample = true
	return of
}

// sighting is one event in the tests: "12.5AB:x,y" satisfies at 12.5 s the terms A and B, with the keys x and y; "12.5-" none.
// A key ~ is null; "web/" before it is its node; "12.5#7A" has the serial 7.
type sighting struct {
	id    audit.ID
	terms string
	keys  []rule.Key
}

func parseSighting(s string, serial uint64) sighting {
	x := sighting{id: audit.ID{Serial: serial}}
	if node, rest, ok := strings.Cut(s, "/"); ok {
		x.id.Node, s = node, rest
	}
	s, keys, _ := strings.Cut(s, ":")
	for _, k := range strings.Split(keys, ",") {
		x.keys = append(x.keys, rule.Key{Text: strings.Trim(k, "~"), Null: k == "~"})
	}
	at := strings.IndexFunc(s, func(r rune) bool { return unicode.IsUpper(r) || r == '-' })
	clock, number, ok := strings.Cut(s[:at], "#")
	if n, err := strconv.Atoi(number); ok && err == nil {
		x.id.Serial = uint64(n)
	}
	sec, err := strconv.ParseFloat(clock, 64)
	if err != nil {
		panic(err)
	}
	x.terms, x.id.Msec = s[at:], int64(sec*1000)
	return x
}

func (x *sighting) matches(of *rule.Sequence) []rule.Match {
	m := rule.Match{Rule: of.Meta, Silent: true}
	for i, term := range of.Terms {
		if strings.Contains(x.terms, term.By[0]) {
			m.Stages = append(m.Stages, rule.Stage{Of: of, Term: i, Keys: [][]rule.Key{x.keys}, Evidence: []rule.Evidence{{Field: term.By[0]}}})
		}
	}
	if m.Stages == nil {
		return nil
	}
	return []rule.Match{m}
}

// watch gives sightings to a Correlator and returns the serials of the alerts.
func watch(c *Correlator, of *rule.Sequence, events string) string {
	var got []string
	for i, s := range strings.Fields(events) {
		x := parseSighting(s, uint64(i+1))
		got = append(got, describeAlerts(c.Observe(nil, &event.Event{ID: x.id}, x.matches(of)))...)
	}
	return strings.Join(append(got, describeAlerts(c.Flush(nil))...), "; ")
}

func describeAlerts(as []alert.Alert) (out []string) {
	for _, a := range as {
		var serials []string
		for _, r := range a.Related {
			serials = append(serials, fmt.Sprint(r.ID.Serial))
		}
		out = append(out, strings.Join(serials, " "))
	}
	return out
}

func TestSequences(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		steps        string
		span         time.Duration
		events, want string
	}{
		{"A B", 0, "1A 2B", "1 2"},
		{"A B", 0, "1B 2A", ""},
		{"A B", 0, "1AB", ""}, // an event serves one step
		{"A A", 0, "1A 2A 3A 4A", "1 2; 2 3; 3 4"},
		{"A*2", 0, "1A 2A 3A 4A", "1 2; 2 3; 3 4"},
		{"A*3 B", 0, "1A 2A 3A 4A 5B 6B", "2 3 4 5"},
		{"A B", 0, "1A 2A 3B 4B", "2 3"}, // the newest start, and once
		{"A B", 0, "1A 2B 3A 4B", "1 2; 3 4"},
		{"A B C", 0, "1A 2B 3B 4C", "1 2 4"}, // the second B finds no A
		{"A B C", 0, "1A 2B 3A 4B 5C", "3 4 5"},
		{"A B C", 0, "1A 2B 3A 4C 5B 6BC", "1 2 4; 3 5 6"},
		{"A AB B", 0, "1A 2A 2.5B 3B", ""}, // 2 and 2.5 stand for the first two steps, and none of them for "AB"
		{"A B", 2 * s, "1A 3B", "1 2"},
		{"A B", 2 * s, "1A 3.001B", ""},
		{"A B C", 3 * s, "1A 2B 4.5C 4.6C", ""},
		{"A B C", 3 * s, "1A 2B 3A 4.5C 5B 6C", "3 5 6"}, // 4.5 ends the first, though too late
		{"A B", 0, "1#2A 1#1B", ""},
		{"A B", 0, "1#1A 1#2B", "1 2"}, // the serial decides
		{"A B until U", 0, "1A 2U 3B", ""},
		{"A B until U", 0, "1A 2BU", "1 2"},
		{"A B until U", 0, "1AU 2B", ""},
		{"A B until U", 0, "1A 2U 3A 4B 5U", "3 4"},
		{"A A until U", 0, "1A 2AU 3A", "1 2"},
		{"A B until U", 0, "1A:x 2U:y 3B:x", "1 3"},
		{"A B", 0, "1A:x 2A:y 3B:y 4B:x", "2 3; 1 4"},
		{"A B", 0, "1A:x,y 2B:y,z", "1 2"},
		{"A B", 0, "1A:x,y 2B:y,x", "1 2"}, // by two keys, and told once
		{"A B", 0, "1A:~ 2B:~ 3A:~ 4B:null 5A: 6B:~", "1 2; 3 6"},
		{"A B", 0, "1A:x,x 2B:x,x", "1 2"},

		{"A !M B", 5 * s, "1A 2B", "1 2"},
		{"A !M B", 5 * s, "1A 2M 3B", ""},
		{"A !M B", 5 * s, "1A 2M:y 3B", "1 3"},
		{"A !M B", 5 * s, "1AM 2BM", "1 2"}, // strictly between
		{"A !M B", 5 * s, "1M 2A 3B 4M", "2 3"},
		{"A !M*2 B", 5 * s, "1A 2M 3A 4B", "3 4"},
		{"A !M !N B", 5 * s, "1A 2N 2.5B 3A 4B", "4 5"},
		{"A !M B !N C", 5 * s, "1A 2N 3B 4M 5C", "1 3 5"},
		{"A !M B !N C", 5 * s, "1A 2B 3N 4C 4.5C", ""},
		{"A B !M C", 5 * s, "1A 2B 2.1M 2.2A 3C 4B 5C", "4 6 7"},

		{"!M A", 3 * s, "1M 2A 4A 4.001A 9A", "4; 5"},
		{"!M A B", 3 * s, "1M 2A 4B 5M 6A 9B", "5 6"}, // MaxSpan reaches from the event that should be missing to the last one
		{"!M A B", 3 * s, "1M 2A 4.001B", "2 3"},
		{"!M A", 3 * s, "1MA 9A", "1; 2"},
		{"!M !N A", 3 * s, "1N 2A 9A", "3"},
		{"!M A", 3 * s, "1M:x 2A:y", "2"},

		{"A !M", 3 * s, "1A 2- 4M 10A 20-", "4"},
		{"A !M", 3 * s, "1A 4.001M", "1"},
		{"A !M", 3 * s, "1AM", "1"},
		{"A !M", 3 * s, "1A 1.1A 4.05M", "1"},
		{"A B !M", 3 * s, "1A 3B 4M", ""},
		{"A B !M", 3 * s, "1A 3B 3.5A 4.001M 5B 9-", "1 2; 3 5"},
		{"A B !M until U", 3 * s, "1A 2B 3U", "1 2"}, // it is whole

		{"!M A !M", 19 * s, "0M 10A 20M 21A 29A 31A", "2; 4; 5; 6"},
		{"!M A !M", 21 * s, "0M 10A 20M 21A 29A 31A", "4; 5; 6"},
	} {
		c := New(Options{})
		of := sequenceOf(tt.steps, tt.span)
		if got := watch(c, of, tt.events); got != tt.want {
			t.Errorf("%s with maxspan=%v: %s: alerts %q, want %q", tt.steps, tt.span, tt.events, got, tt.want)
		}
		if s := c.Stats(); s.Keys != 0 || s.SequenceBytes != 0 {
			t.Errorf("%s: after Flush: %+v", tt.steps, s)
		}
	}
}

// TestSequenceDocumented is the example of the query guide of EQL, with two keys.
func TestSequenceDocumented(t *testing.T) {
	got := watch(New(Options{}), sequenceOf("W H I", 0), "1W:r 2W:r 3H:u 4H:r 5H:r 6W:u 7W:r 8H:u 9I:r 10I:u 11I:r")
	if want := "2 4 9; 6 8 10"; got != want {
		t.Errorf("alerts %q, want %q", got, want)
	}
}

// TestReorder: the log has events in the order in which they ended.
func TestReorder(t *testing.T) {
	for _, tt := range []struct {
		name, steps, events, want string
		late                      uint64
	}{
		{"ended after what it began", "A B", "1.1B 1A 5-", "2 1", 0},
		{"too late to begin it", "A B", "1.5B 5- 1A 5-", "", 1},
		{"too late, but what goes on came later still", "A B", "5- 1A 2B", "2 3", 2},
		{"it replaces nothing newer", "A B", "2A 5- 1A 6B", "1 4", 1},
		{"it extends nothing newer", "A B", "2A 5- 1B 6B", "1 4", 1},
		{"it ends nothing newer", "A B until U", "2A 5- 1U 6B", "1 4", 1},
		{"nothing goes before it", "A B C", "1A 1.5B 5- 1.2B 6C", "1 2 5", 1},
		{"equal times", "A B", "1#2B 1#1A 5-", "1 2", 0},
		{"other nodes have other clocks", "A B", "web/9- db/1.1B db/1A", "3 2", 0},
	} {
		c := New(Options{})
		if got := watch(c, sequenceOf(tt.steps, 0), tt.events); got != tt.want || c.Stats().LateSteps != tt.late {
			t.Errorf("%s: %s: alerts %q, want %q; %d late, want %d", tt.name, tt.events, got, tt.want, c.Stats().LateSteps, tt.late)
		}
	}
	if got := watch(New(Options{Reorder: -1}), sequenceOf("A B", 0), "1.1B 1A 1.2B"); got != "2 3" {
		t.Errorf("without reordering: alerts %q", got)
	}
}

// advance sets the clock of a node, as an event without a match would.
func advance(c *Correlator, dst []alert.Alert, node string, t time.Time) []alert.Alert {
	return c.Observe(dst, &event.Event{ID: audit.ID{Node: node, Msec: t.UnixMilli()}}, nil)
}

// TestSequenceAdvance: what must be missing is known to be when time has passed, by events or without.
func TestSequenceAdvance(t *testing.T) {
	of := sequenceOf("A !M", 3*time.Second)
	c := New(Options{})
	x := parseSighting("1A", 1)
	as := c.Observe(nil, &event.Event{ID: x.id}, x.matches(of))
	as = advance(c, as, "", time.UnixMilli(4200))
	if len(as) != 0 {
		t.Fatalf("alerts %v before the time", describeAlerts(as))
	}
	as = advance(c, as, "other", time.UnixMilli(99_000))
	if as = advance(c, as, "", time.UnixMilli(4201)); len(as) != 1 || as[0].Event.ID != x.id || c.Stats().Keys != 0 {
		t.Fatalf("alerts %v, stats %+v", describeAlerts(as), c.Stats())
	}
}

// TestSequenceIdle: events that wait for their turn do not wait for the next event, nor for records that may be on their way;
// what must be missing does.
func TestSequenceIdle(t *testing.T) {
	for _, tt := range []struct {
		steps, events string
		since         int // milliseconds
		alerts        int
	}{
		{"A B", "1A 1.1B", 200, 0},
		{"A B", "1A 1.1B", 201, 1},
		{"A B", "web/1A web/1.1B db/7-", 201, 1},
		{"A !M", "1A", 3000 + 200 + 2000, 0},
		{"A !M", "1A", 3000 + 200 + 2001, 1},
		{"A !M", "1A 2M", 99_000, 0},
		{"A !M", "1A 5-", 0, 1},
	} {
		c, of := New(Options{}), sequenceOf(tt.steps, 3*time.Second)
		var as []alert.Alert
		for i, s := range strings.Fields(tt.events) {
			x := parseSighting(s, uint64(i+1))
			as = c.Observe(as, &event.Event{ID: x.id}, x.matches(of))
		}
		as = c.Idle(as, time.Duration(tt.since)*time.Millisecond, 2*time.Second)
		if len(as) != tt.alerts {
			t.Errorf("%s: %s, and %d ms of nothing: %d alerts, want %d", tt.steps, tt.events, tt.since, len(as), tt.alerts)
		}
	}
}

// TestEvidenceIsKept: what is told of an event of a sequence does not lie in the event's memory, which is used again.
func TestEvidenceIsKept(t *testing.T) {
	c, of := New(Options{}), sequenceOf("A B", 0)
	memory := []byte("value, and more")
	value := text.View(memory[:5])
	m := rule.Match{Rule: of.Meta, Silent: true, Stages: []rule.Stage{{Of: of, Keys: [][]rule.Key{{{Text: value}}}, Evidence: []rule.Evidence{{Field: "f", Value: value, Match: value}}}}}
	c.Observe(nil, &event.Event{ID: audit.ID{Msec: 1}}, []rule.Match{m})
	m.Stages[0] = rule.Stage{Of: of, Term: 1, Keys: [][]rule.Key{{{Text: "value"}}}}
	copy(memory, "????????")
	c.Observe(nil, &event.Event{ID: audit.ID{Msec: 2}}, []rule.Match{m})
	as := c.Flush(nil)
	if want := (rule.Evidence{Field: "f", Value: "value", Match: "value"}); len(as) != 1 || as[0].Related[0].Evidence[0] != want || as[0].Group[0].Value != "value" {
		t.Errorf("alerts %+v", as)
	}
}

// TestSequenceExpiry: what can go on no more takes no memory.
func TestSequenceExpiry(t *testing.T) {
	c, of := New(Options{}), sequenceOf("!L A !M B", 3*time.Second)
	for i, s := range strings.Fields("1A:x 1A:y 1L:z 2B:x") {
		x := parseSighting(s, uint64(i+1))
		c.Observe(nil, &event.Event{ID: x.id}, x.matches(of))
	}
	for _, tt := range []struct {
		msec int64
		keys int
	}{{1201, 3}, {2201, 2}, {4200, 2}, {4201, 0}} {
		advance(c, nil, "", time.UnixMilli(tt.msec))
		if s := c.Stats(); s.Keys != tt.keys || s.Keys == 0 && s.SequenceBytes != 0 {
			t.Errorf("at %d: %d keys, %d bytes, want %d keys", tt.msec, s.Keys, s.SequenceBytes, tt.keys)
		}
	}
}

func TestSamples(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		steps        string
		span         time.Duration
		events, want string
	}{
		{"A B", 9 * s, "1A 2B", "1 2"},
		{"A B", 9 * s, "1B 2A", "1 2"},
		{"A B", 9 * s, "1AB", ""}, // each step has an event of its own
		{"A B", 9 * s, "1AB 2B", "1 2"},
		{"A B", 9 * s, "1AB 2AB", "1 2"},
		{"A B C", 9 * s, "1AB 2AB 3AB 4C", "1 2 4"},
		{"A B C", 9 * s, "1A 2ABC 3A 4A 5B", "2 3 5"},
		{"A B", 9 * s, "1A:x 2B:y 3B:x", "1 3"},
		{"A B", 9 * s, "1A 10B", "1 2"},
		{"A B", 9 * s, "1A 10.001B", ""},
		{"A B", 9 * s, "1A 2B 3A 4B 11A 11.001A 12B", "1 2; 6 7"}, // told once in the window
		{"A B", 0, "1A 9999B 10000A 20000B", "1 2"},
	} {
		c := New(Options{})
		if got := watch(c, sampleOf(tt.steps, tt.span), tt.events); got != tt.want {
			t.Errorf("sample %s in %v: %s: alerts %q, want %q", tt.steps, tt.span, tt.events, got, tt.want)
		}
		if s := c.Stats(); s.Keys != 0 || s.SequenceBytes != 0 {
			t.Errorf("sample %s: after Flush: %+v", tt.steps, s)
		}
	}
}
