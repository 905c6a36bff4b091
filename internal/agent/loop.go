// Package agent wires the stages and owns every goroutine.
//
// Loop.Run is the architecture in one screen: source → assemble → proctree → rules → correlate → out.
// scan and run use the same loop; only source and output differ.
package agent

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// Source hands out records; package source says what its errors mean.
type Source interface {
	Next(ctx context.Context) (audit.Record, error)
}

// Loop takes records from Source through all stages. It is for one goroutine.
type Loop struct {
	Source     Source
	Assembler  *assemble.Assembler
	Tree       *proctree.Tree
	Rules      *rules.Set
	Correlator *correlate.Correlator
	Idle       time.Duration // what source.ErrIdle stands for; for live sources
	Hold       time.Duration // idleness after which open events are closed; for live sources

	// Also, if set, appends matches that are not of Rules.
	Also func(dst []rule.Match, ev *event.Event) []rule.Match
	// OnEvent, if set, sees each event with its process.
	OnEvent func(*event.Event) error
	// OnAlert sees each alert, and the Mark of the last record read. When it returns nil the alert is safe.
	OnAlert func(a *alert.Alert, mark uint64) error
	// OnBad is told what the source could not read. It returns nil to go on: nothing else is lost.
	OnBad func(error) error
	// OnIdle, if set, is called when a live source had nothing. It returns false if the source only waits for what it
	// cannot read: then open events stay open.
	OnIdle func() bool
	// Keep: at the end of the source what waits for time to pass is not decided: it is saved, and goes on with the next
	// source.
	Keep bool
	// OnProgress, if set, is called now and then, and after alerts, with the Mark of the oldest record
	// still needed; 0 if all that was read is done with.
	OnProgress func(mark uint64) error

	Stats Stats

	evs    []*event.Event
	ms     []rule.Match
	alerts []alert.Alert
	mark   uint64 // of the last record; 0 if the source cannot be read again
}

// Stats count what the loop saw.
type Stats struct {
	Records  uint64 // good ones
	Bytes    int64  // of their fields
	Execs    uint64
	Unparsed uint64 // lines that were no record
	Gaps     uint64 // times that the source said it lost records
}

// progressEvery is how many records pass between two calls of OnProgress.
const progressEvery = 8192

// Run runs until the source ends, ctx ends, or an output fails. At the end of the source it closes the
// events still open; at the end of ctx only if the source cannot be read again from where it was. The end of ctx
// is no error.
func (l *Loop) Run(ctx context.Context) error {
	for idle := time.Duration(0); ; {
		if ctx.Err() != nil { // a source with a backlog need not look
			return l.stop()
		}
		rec, err := l.Source.Next(ctx)
		switch {
		case err == nil:
			idle = 0
			err = l.record(rec)
		case errors.Is(err, source.ErrIdle):
			idle += l.Idle
			err = l.idle(idle)
		case errors.Is(err, io.EOF):
			return l.end()
		case ctx.Err() != nil:
			return l.stop()
		default:
			err = l.bad(err)
		}
		if err != nil {
			return err
		}
	}
}

func (l *Loop) record(rec audit.Record) error {
	l.Stats.Records++
	l.Stats.Bytes += int64(len(rec.Body) + len(rec.Enriched))
	l.mark = rec.Mark
	l.evs = l.Assembler.Add(l.evs[:0], rec)
	if err := l.events(); err != nil {
		return err
	}
	if l.Stats.Records%progressEvery == 0 {
		return l.progress()
	}
	return nil
}

// events takes the events closed last through the stages after assemble.
func (l *Loop) events() error {
	if len(l.evs) == 0 { // most records end none
		return nil
	}
	before := l.Correlator.Stats().Alerts
	for _, ev := range l.evs {
		l.Tree.Annotate(ev)
		if err := l.event(ev); err != nil {
			return err
		}
		l.ms = l.Rules.Eval(l.ms[:0], ev)
		if l.Also != nil {
			l.ms = l.Also(l.ms, ev)
		}
		l.alerts = l.Correlator.Observe(l.alerts[:0], ev, l.ms)
		if err := l.raise(); err != nil {
			return err
		}
	}
	// The position is saved at once, so that a kill soon after does not send these alerts again; and
	// only now, since it may lie behind all events of this round.
	if l.Correlator.Stats().Alerts != before {
		return l.progress()
	}
	return nil
}

func (l *Loop) event(ev *event.Event) error {
	if ev.Exec != nil {
		l.Stats.Execs++
	}
	if l.OnEvent != nil {
		return l.OnEvent(ev)
	}
	return nil
}

func (l *Loop) idle(since time.Duration) error {
	if l.OnIdle != nil && !l.OnIdle() {
		return nil
	}
	if l.Assembler.Open() > 0 {
		take := l.overtake
		if since >= l.Hold {
			take = l.flush
		}
		if err := take(); err != nil {
			return err
		}
	}
	if l.Assembler.Open() == 0 {
		l.alerts = l.Correlator.Idle(l.alerts[:0], since, l.Hold)
		if err := l.raise(); err != nil {
			return err
		}
	}
	return l.progress()
}

// overtake takes events that are whole but wait for one whose end does not come.
func (l *Loop) overtake() error {
	l.evs = l.Assembler.Overtake(l.evs[:0])
	if err := l.events(); err != nil {
		return err
	}
	return l.progress()
}

// end is the end of the source: what waits for more is decided without it.
func (l *Loop) end() error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.Keep {
		return nil
	}
	l.alerts = l.Correlator.Flush(l.alerts[:0])
	return l.raise()
}

// raise hands out the alerts at hand.
func (l *Loop) raise() error {
	for i := range l.alerts {
		if err := l.OnAlert(&l.alerts[i], l.mark); err != nil {
			return err
		}
	}
	return nil
}

func (l *Loop) flush() error {
	l.evs = l.Assembler.Flush(l.evs[:0])
	if err := l.events(); err != nil {
		return err
	}
	return l.progress()
}

// stop leaves open events to the next start, which reads them again from the saved position. A source
// without positions has no next start, nor has a loop that saves none.
func (l *Loop) stop() error {
	if l.mark == 0 || l.OnProgress == nil {
		return l.flush()
	}
	return l.progress()
}

func (l *Loop) progress() error {
	if l.OnProgress == nil {
		return nil
	}
	mark, _ := l.Assembler.LowWater()
	return l.OnProgress(mark)
}

func (l *Loop) bad(err error) error {
	var line *source.LineError
	var gap *source.GapError
	if errors.As(err, &line) {
		l.Stats.Unparsed++
	}
	if errors.As(err, &gap) {
		l.Stats.Gaps++
	}
	return l.OnBad(err)
}
