package correlate

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// sample is one event in the tests: "12.5b:alice=7" is at 12.5 s a match of rule b, in the group alice, with the value 7;
// "12.5-" matches nothing. A group * is none. "web/" before it is its node.
type sample struct {
	node, ref, group, value string
	has                     bool
	msec                    int64
}

func parseSample(s string) sample {
	var x sample
	if node, rest, ok := strings.Cut(s, "/"); ok {
		x.node, s = node, rest
	}
	s, x.value, x.has = strings.Cut(s, "=")
	s, x.group, _ = strings.Cut(s, ":")
	at := len(s) - 1
	sec, err := strconv.ParseFloat(s[:at], 64)
	if err != nil {
		panic(err)
	}
	x.ref, x.msec = s[at:], int64(sec*1000)
	return x
}

// feeder gives samples to a Correlator; serials count from 1.
type feeder struct {
	c      *Correlator
	of     *rule.Correlation
	serial uint64
	bases  map[string]*rule.Meta
	got    []string
}

func newFeeder(o Options, of *rule.Correlation) *feeder {
	return &feeder{c: New(o), of: of, bases: make(map[string]*rule.Meta)}
}

func (f *feeder) feed(s string) {
	x := parseSample(s)
	f.serial++
	ev := &event.Event{ID: audit.ID{Node: x.node, Msec: x.msec, Serial: f.serial}}
	f.take(f.c.Observe(nil, ev, f.matches(x)))
}

func (f *feeder) matches(x sample) []rule.Match {
	if x.ref == "-" {
		return nil
	}
	if f.bases[x.ref] == nil {
		f.bases[x.ref] = &rule.Meta{ID: x.ref}
	}
	m := rule.Match{Rule: f.bases[x.ref], Silent: true}
	for _, of := range withInner(f.of) {
		for i, ref := range of.Refs {
			if ref == x.ref && x.group != "*" {
				m.Parts = append(m.Parts, rule.Part{Of: of, Ref: i, Group: []string{x.group}, Value: x.value, Has: x.has})
			}
		}
	}
	return []rule.Match{m}
}

// withInner returns a correlation and those that it leads to.
func withInner(of *rule.Correlation) []*rule.Correlation {
	all := []*rule.Correlation{of}
	for _, l := range of.Outer {
		all = append(all, withInner(l.To)...)
	}
	return all
}

// take writes alerts as "number of the event: serials".
func (f *feeder) take(as []alert.Alert) {
	for _, a := range as {
		s := fmt.Sprintf("%d:", f.serial)
		for _, r := range a.Related {
			s += fmt.Sprintf(" %d", r.ID.Serial)
		}
		f.got = append(f.got, s)
	}
}

// run feeds all and flushes: alerts of that have the number 0.
func (f *feeder) run(events string) string {
	for _, s := range strings.Fields(events) {
		f.feed(s)
	}
	f.serial = 0
	f.take(f.c.Flush(nil))
	return strings.Join(f.got, "; ")
}

func bound(op string, v float64) rule.Bound { return rule.Bound{Op: op, Value: v} }

func ref(i int) *rule.Expr { return &rule.Expr{Ref: i} }

func op(name string, kids ...*rule.Expr) *rule.Expr { return &rule.Expr{Op: name, Kids: kids} }

func over(kind rule.CorrelationKind, refs string, bounds ...rule.Bound) *rule.Correlation {
	return &rule.Correlation{Meta: &rule.Meta{ID: "c"}, Kind: kind, Refs: strings.Split(refs, ""), Span: 10 * time.Second, Bounds: bounds}
}

func withExpr(c *rule.Correlation, e *rule.Expr) *rule.Correlation {
	c.Expr = e
	return c
}

func withRank(c *rule.Correlation, p float64) *rule.Correlation {
	c.Percentile = p
	return c
}

func TestKinds(t *testing.T) {
	gte3 := bound("gte", 3)
	notC := op("and", ref(0), op("not", ref(1)))
	for _, tt := range []struct {
		name, events, want string
		of                 *rule.Correlation
	}{
		{"count", "1a 2a 3a", "3: 1 2 3", over(rule.EventCount, "a", gte3)},
		{"count of two rules", "1a 2b 3a", "3: 1 2 3", over(rule.EventCount, "ab", gte3)},
		{"both ends of the span are in it", "1a 2a 11a", "3: 1 2 3", over(rule.EventCount, "a", gte3)},
		{"no more than the span", "1a 2a 11.001a", "", over(rule.EventCount, "a", gte3)},
		{"the window slides", "1a 9a 12a 13a", "4: 2 3 4", over(rule.EventCount, "a", gte3)},
		{"groups are apart", "1a:x 2a:y 3a:x 4a:y 5a:x", "5: 1 3 5", over(rule.EventCount, "a", gte3)},
		{"without the field it takes no part", "1a 2a:* 3a", "", over(rule.EventCount, "a", gte3)},
		{"gt", "1a 2a 3a", "3: 1 2 3", over(rule.EventCount, "a", bound("gt", 2))},
		{"one alert for a flood", "1a 2a 3a 4a 5a 6a", "3: 1 2 3", over(rule.EventCount, "a", gte3)},
		{"one more when all reported have left", "1a 2a 3a 9a 11a 13a 13.5a", "3: 1 2 3; 7: 4 5 6 7", over(rule.EventCount, "a", gte3)},
		{"lt at the close", "1a 2a 12-  12.001-", "4: 1 2", over(rule.EventCount, "a", bound("lt", 3))},
		{"lt is false at the close", "1a 2a 3a 30-", "", over(rule.EventCount, "a", bound("lt", 3))},
		{"lt at the end", "1a", "0: 1", over(rule.EventCount, "a", bound("lt", 3))},
		{"lte", "1a 2a 30a 31a 32a", "3: 1 2", over(rule.EventCount, "a", bound("lte", 2))},
		{"eq", "1a 2a 30a 50-", "3: 1 2", over(rule.EventCount, "a", bound("eq", 2))},
		{"neq", "1a 2a 30a 50-", "4: 3", over(rule.EventCount, "a", bound("neq", 2))},
		{"range", "1a 2a 30a 50a 51a 52a 53a 90-", "3: 1 2", over(rule.EventCount, "a", bound("gt", 1), bound("lt", 4))},
		{"range of lower bounds", "1a 2a 3a", "3: 1 2 3", over(rule.EventCount, "a", bound("gt", 1), gte3)},

		{"different values", "1a=x 2a=x 3a=y 4a=z", "4: 1 2 3 4", over(rule.ValueCount, "a", gte3)},
		{"a value that left the window", "1a=x 5a=y 12a=z 13a=x", "4: 2 3 4", over(rule.ValueCount, "a", gte3)},
		{"no value", "1a=x 2a 3a=y 4a", "", over(rule.ValueCount, "a", gte3)},
		{"empty is a value", "1a=x 2a= 3a=y", "3: 1 2 3", over(rule.ValueCount, "a", gte3)},

		{"temporal", "1b 2a", "2: 1 2", over(rule.Temporal, "ab")},
		{"temporal counts a rule once", "1a 2a 3a", "", over(rule.Temporal, "ab")},
		{"temporal or", "1b", "1: 1", withExpr(over(rule.Temporal, "ab"), op("or", ref(0), ref(1)))},
		{"temporal and not, absent", "1a 20-", "2: 1", withExpr(over(rule.Temporal, "ab"), notC)},
		{"temporal and not, present", "1a 2b 20-", "", withExpr(over(rule.Temporal, "ab"), notC)},
		{"temporal and not, present too late", "1a 11.5b 30-", "2: 1", withExpr(over(rule.Temporal, "ab"), notC)},

		{"ordered", "1a 2b 3c", "3: 1 2 3", over(rule.Ordered, "abc")},
		{"ordered, equal times", "1b 1a", "2: 2 1", over(rule.Ordered, "ab")},
		{"ordered, wrong", "1b 2a", "", over(rule.Ordered, "ab")},
		{"ordered, last pair wrong", "1a 2c 3b", "", over(rule.Ordered, "abc")},
		{"ordered, a newer start", "1a 2c 9a 11.5b 12c", "5: 3 4 5", over(rule.Ordered, "abc")},
		{"ordered, groups are apart", "1a:x 2b:y", "", over(rule.Ordered, "ab")},
		{"ordered, each another match", "1a 2a", "2: 1 2", over(rule.Ordered, "aa")},
		{"ordered, or", "1c 2b 3a 4c", "4: 2 4", withExpr(over(rule.Ordered, "abc"), op("and", ref(2), ref(1)))},
		{"ordered, any of two starts", "1b 2a 3c", "3: 2 3", withExpr(over(rule.Ordered, "abc"), op("and", ref(2), op("or", ref(0), ref(1))))},
		{"ordered, one of two starts comes after", "1b 3c 3.5a", "2: 1 2", withExpr(over(rule.Ordered, "abc"), op("and", ref(2), op("or", ref(0), ref(1))))},
		{"ordered and not", "1a 2c 20a 21b 22c 40-", "3: 1 2", withExpr(over(rule.Ordered, "abc"), op("and", op("and", ref(0), ref(2)), op("not", ref(1))))},

		{"sum", "1a=1 2a=x 3a=1.5 4a= 5a=0.5", "5: 1 3 5", over(rule.ValueSum, "a", gte3)},
		{"sum slides", "1a=2 12a=2", "", over(rule.ValueSum, "a", gte3)},
		{"negative", "1a=-1 2a=4", "2: 1 2", over(rule.ValueSum, "a", gte3)},
		{"no number", "1a=NaN 2a=inf 3a=0x10 4a=3,5", "", over(rule.ValueSum, "a", bound("neq", 0))},
		{"avg", "1a=2 2a=3 3a=4", "3: 1 2 3", over(rule.ValueAvg, "a", gte3)},
		{"median of an even number", "1a=2 2a=4", "2: 1 2", over(rule.ValueMedian, "a", gte3)},
		{"median is no mean", "1a=1 2a=1 3a=100", "", over(rule.ValueMedian, "a", gte3)},
		{"median slides", "1a=1 2a=1 3a=5 12.5a=5", "4: 3 4", over(rule.ValueMedian, "a", gte3)},
		{"percentile is 50 if not given", "1a=2 2a=4", "2: 1 2", over(rule.ValuePercentile, "a", gte3)},
		{"percentile", "1a=2 2a=2 3a=2 4a=2 5a=3", "5: 1 2 3 4 5", withRank(over(rule.ValuePercentile, "a", bound("gt", 2.5)), 90)},
	} {
		f := newFeeder(Options{}, tt.of)
		if got := f.run(tt.events); got != tt.want {
			t.Errorf("%s: %s: alerts %q, want %q", tt.name, tt.events, got, tt.want)
		}
		if s := f.c.Stats(); s.Groups != 0 || s.WindowBytes != 0 {
			t.Errorf("%s: after Flush: %+v", tt.name, s)
		}
	}
}

func TestLate(t *testing.T) {
	ordered, three := over(rule.Ordered, "ab"), over(rule.EventCount, "a", bound("gte", 3))
	for _, tt := range []struct {
		name, events, want string
		of                 *rule.Correlation
		late               uint64
	}{
		{"put in order", "5b 4a", "2: 2 1", ordered, 0},
		{"by the span is not late", "15a 14a 5a", "3: 3 2 1", three, 0},
		{"by more is", "15a 14a 4.9a", "", three, 1},
		{"its window would be closed", "15- 4.9a 15a 15a", "", three, 1},
		{"its window is still open", "15- 5a 15a 15a", "4: 2 3 4", three, 0},
		{"other nodes have other clocks", "web/15- db/4a db/4a db/4a", "4: 2 3 4", three, 0},
		{"a group of two nodes", "web/15a db/14a web/15a", "3: 2 1 3", three, 0},
	} {
		f := newFeeder(Options{}, tt.of)
		if got := f.run(tt.events); got != tt.want || f.c.Stats().LateEvents != tt.late {
			t.Errorf("%s: %s: alerts %q, want %q; %d late, want %d", tt.name, tt.events, got, tt.want, f.c.Stats().LateEvents, tt.late)
		}
	}
}

// TestClosingNeedsItsOwnClock: another node's time closes nothing.
func TestClosingNeedsItsOwnClock(t *testing.T) {
	f := newFeeder(Options{}, over(rule.EventCount, "a", bound("lt", 3)))
	if got := f.run("web/1a db/100- web/5- web/12-"); got != "4: 1" {
		t.Errorf("alerts %q, want one at event 4", got)
	}
}

// TestSetBack: a clock that jumped ahead, and was set right, blinds a group for a while, not until it is there again.
func TestSetBack(t *testing.T) {
	f := newFeeder(Options{}, over(rule.EventCount, "a", bound("gte", 3)))
	f.feed("9000a")
	for range setBackEvents + 2 {
		f.feed("100a")
	}
	if want := []string{"67: 65 66 67"}; fmt.Sprint(f.got) != fmt.Sprint(want) || f.c.Stats().SetBack != 1 {
		t.Errorf("alerts %q, want %q; stats %+v", f.got, want, f.c.Stats())
	}
}
