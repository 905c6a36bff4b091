package ruletest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// Failure is a log that did not raise what is expected.
type Failure struct {
	Pos  rule.Pos
	Log  string
	Msg  string
	Want []string // lines of what was expected, and of what came
	Got  []string
	// Event and Rule are what to explain, if there is something: why a rule does or does not hold for an event.
	Event *event.Event
	Rule  string
}

func (f Failure) String() string { return fmt.Sprintf("%s: %s: %s", f.Pos, f.Log, f.Msg) }

// Run judges all logs of t by set.
func (t *Test) Run(set *rules.Set) (out []Failure) {
	for i := range t.Logs {
		l := &t.Logs[i]
		r, err := replay(set, l)
		if err != nil {
			out = append(out, *err)
			continue
		}
		if f := l.judge(set, r); f != nil {
			f.Pos, f.Log = l.Pos, l.Name
			out = append(out, *f)
		}
	}
	return out
}

// replayed is what a log holds and what it raised.
type replayed struct {
	events []*event.Event
	alerts []raised
}

type raised struct {
	Alert
	event *event.Event
}

// replay takes a log through the stages that scan has.
func replay(set *rules.Set, l *Log) (*replayed, *Failure) {
	asm, tree, cor := assemble.New(assemble.Options{}), proctree.New(proctree.Options{}), correlate.New(correlate.Options{})
	r := &replayed{}
	take := func(evs []*event.Event) {
		for _, ev := range evs {
			tree.Annotate(ev)
			r.events = append(r.events, ev.Clone())
			r.raise(cor.Observe(nil, ev, set.Eval(nil, ev)))
		}
	}
	line := l.Pos.Line - 1
	for text := range strings.Lines(l.Data) {
		line++
		text = strings.TrimRight(text, "\r\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		rec, err := audit.ParseLine(text)
		if err != nil {
			return nil, &Failure{Pos: rule.Pos{File: l.Pos.File, Line: line}, Log: l.Name, Msg: "not an audit record: " + err.Error()}
		}
		take(asm.Add(nil, rec))
	}
	take(asm.Flush(nil))
	r.raise(cor.Flush(nil))
	return r, nil
}

func (r *replayed) raise(alerts []alert.Alert) {
	for i := range alerts {
		a := &alerts[i]
		one := Alert{Serial: a.Event.ID.Serial, Level: a.Level}
		for _, m := range a.Rules {
			one.Rules = append(one.Rules, strings.Clone(m.ID))
		}
		r.alerts = append(r.alerts, raised{one, a.Event.Clone()})
	}
}

func (l *Log) judge(set *rules.Set, r *replayed) *Failure {
	if len(r.events) == 0 {
		return &Failure{Msg: "the log has no event"}
	}
	switch l.Kind {
	case Each:
		return r.each(set)
	case Once:
		return r.once(set)
	case Quiet:
		return r.quiet()
	}
	return r.exact(set, l.Want)
}

func (r *replayed) each(set *rules.Set) *Failure {
	execs := 0
	for _, ev := range r.events {
		if ev.Exec == nil {
			continue
		}
		execs++
		if !slices.ContainsFunc(r.alerts, func(a raised) bool { return a.event.ID == ev.ID }) {
			return &Failure{Msg: "no alert for an execution", Want: []string{"an alert for " + shown(ev)}, Got: r.list(), Event: ev, Rule: only(set)}
		}
	}
	if execs == 0 {
		return &Failure{Msg: "fires.log has no execution: call it fires-NAME.log"}
	}
	return nil
}

func (r *replayed) once(set *rules.Set) *Failure {
	switch len(r.alerts) {
	case 1:
		return nil
	case 0:
		f := &Failure{Msg: "no alert", Want: []string{"one alert"}, Rule: only(set)}
		f.Event = r.nearest(set, f.Rule)
		return f
	}
	return &Failure{Msg: fmt.Sprintf("%d alerts", len(r.alerts)), Want: []string{"one alert"}, Got: r.list(), Event: r.alerts[1].event, Rule: r.alerts[1].Rules[0]}
}

func (r *replayed) quiet() *Failure {
	if len(r.alerts) == 0 {
		return nil
	}
	a := r.alerts[0]
	return &Failure{Msg: "an alert where none may be", Want: []string{"no alert"}, Got: r.list(), Event: a.event, Rule: a.Rules[0]}
}

func (r *replayed) exact(set *rules.Set, want []Alert) *Failure {
	if slices.EqualFunc(r.alerts, want, func(a raised, b Alert) bool { return a.equal(b) }) {
		return nil
	}
	f := &Failure{Msg: "other alerts than expected", Got: r.list()}
	for _, w := range want {
		f.Want = append(f.Want, w.String())
	}
	for _, w := range want { // explain the first that is missing
		i := slices.IndexFunc(r.events, func(ev *event.Event) bool { return ev.ID.Serial == w.Serial })
		if i >= 0 && !slices.ContainsFunc(r.alerts, func(a raised) bool { return a.equal(w) }) {
			f.Event, f.Rule = r.events[i], w.Rules[0]
			return f
		}
	}
	for _, a := range r.alerts { // or the first that is too many
		if !slices.ContainsFunc(want, func(w Alert) bool { return a.equal(w) }) {
			f.Event, f.Rule = a.event, a.Rules[0]
			break
		}
	}
	return f
}

func (r *replayed) list() (out []string) {
	for _, a := range r.alerts {
		out = append(out, a.String()+"  "+shown(a.event))
	}
	return out
}

func shown(ev *event.Event) string { return alert.What(ev) }

// only is the id of a set's only rule, "" if it has others: then nobody knows which was meant to fire.
func only(set *rules.Set) string {
	if all := set.Rules(); len(all) == 1 {
		return all[0].ID
	}
	return ""
}

// nearest is the event for which most of a rule's tests hold: where a person would look first.
func (r *replayed) nearest(set *rules.Set, id string) (best *event.Event) {
	most := -1
	for _, ev := range r.events[:min(len(r.events), 1000)] {
		x, _ := set.Explain(id, ev)
		for _, row := range x.Rows {
			n := 0
			for _, l := range row.Lines {
				if l.Holds {
					n++
				}
			}
			if n > most {
				best, most = ev, n
			}
		}
	}
	return best
}
