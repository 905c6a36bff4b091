// Package trial evaluates rules on events of any origin, read from JSON: so a rule can be tried without a host, and the
// test suites of other engines can be run.
//
// All events are at hand, in the order of their times, so it can do what a stream cannot: sequences without a bound in
// time, and the last results only. It is not for the agent.
package trial

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// Options say which fields of the events mean what. Zero fields take the default in brackets.
type Options struct {
	Category   string // [event.category]
	Timestamp  string // [@timestamp]
	Unit       string // of Timestamp: rfc3339, s, ms or filetime [rfc3339]; where it is rfc3339 a plain number is milliseconds
	Tiebreaker string // orders events of the same time; [none: as they were read]
	// Placeholders are what %name% of a Sigma rule with the modifier expand stands for.
	Placeholders map[string][]string
	ID           string // names events in results [none, as for events without it: their number in the input, from 1]
}

func (o Options) withDefaults() Options {
	o.Category = cmp.Or(o.Category, "event.category")
	o.Timestamp = cmp.Or(o.Timestamp, "@timestamp")
	o.Unit = cmp.Or(o.Unit, "rfc3339")
	return o
}

// Event is one event.
type Event struct {
	*Document
	Time time.Time
	ID   json.RawMessage
	tie  string
}

// Read reads events: JSON objects one after another, as in JSON lines, or in a list. It returns them in the order of their
// times.
func Read(r io.Reader, o Options) ([]Event, error) {
	o = o.withDefaults()
	in := &reader{options: o}
	in.decoder = json.NewDecoder(bufio.NewReader(io.TeeReader(r, &in.lines)))
	in.decoder.UseNumber()
	for {
		var v any
		err := in.decoder.Decode(&v)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = in.take(v)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", in.lines.at(in.offset(err)), err)
		}
	}
	slices.SortStableFunc(in.events, compare)
	return in.events, nil
}

type reader struct {
	options Options
	decoder *json.Decoder
	lines   lines
	events  []Event
}

// offset is where in the input an error was found.
func (in *reader) offset(err error) int64 {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset - 1
	case errors.Is(err, io.ErrUnexpectedEOF):
		return in.lines.size - 1
	}
	return in.decoder.InputOffset()
}

func (in *reader) take(v any) error {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			return errors.New("an event is a JSON object")
		}
		ev, err := newEvent(object, in.options)
		if err != nil {
			return err
		}
		if in.options.ID == "" || len(ev.fields[in.options.ID]) == 0 { // null would be no event
			ev.ID = json.RawMessage(strconv.Itoa(len(in.events) + 1))
		}
		in.events = append(in.events, ev)
	}
	return nil
}

func newEvent(object map[string]any, o Options) (Event, error) {
	d, err := NewDocument(object)
	if err != nil {
		return Event{}, err
	}
	ev := Event{Document: d, ID: d.JSON(o.ID), tie: first(d, o.Tiebreaker)}
	if text := first(d, o.Timestamp); text != "" {
		if ev.Time, err = parseTime(text, o.Unit); err != nil {
			return Event{}, fmt.Errorf("%s: %w", o.Timestamp, err)
		}
	}
	return ev, nil
}

func first(d *Document, name string) string {
	if vs := d.fields[name]; len(vs) > 0 {
		return vs[0].text
	}
	return ""
}

// compare orders events by time, then by the tiebreaker.
func compare(a, b Event) int {
	if c := a.Time.Compare(b.Time); c != 0 {
		return c
	}
	m, errA := strconv.ParseInt(a.tie, 10, 64)
	n, errB := strconv.ParseInt(b.tie, 10, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return cmp.Compare(a.tie, b.tie)
}

// lines remembers where the lines of the input end.
type lines struct {
	size int64
	ends []int64
}

func (l *lines) Write(b []byte) (int, error) {
	for i, c := range b {
		if c == '\n' {
			l.ends = append(l.ends, l.size+int64(i))
		}
	}
	l.size += int64(len(b))
	return len(b), nil
}

func (l *lines) at(offset int64) int {
	n, _ := slices.BinarySearch(l.ends, offset)
	return n + 1
}
