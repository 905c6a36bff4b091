package correlate

import (
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/source"
)

// captured calls see with the events of what a kernel wrote, each with its process.
func captured(t *testing.T, see func(*event.Event)) {
	src, err := source.Open("../rules/builtin/testdata/zoo/capture.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	asm, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	var evs []*event.Event
	all := func() {
		for _, ev := range evs {
			tree.Annotate(ev)
			see(ev)
		}
	}
	for {
		r, err := src.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		evs = asm.Add(evs[:0], r)
		all()
	}
	evs = asm.Flush(evs[:0])
	all()
}

// TestParts: a copy without parts that a field does not read has the same values of it, and is the same in a few words.
func TestParts(t *testing.T) {
	var bare stash
	fields := make(map[event.Parts][]string)
	for _, name := range event.ECSNames() {
		fields[event.ECSUnread(name)] = append(fields[event.ECSUnread(name)], name)
	}
	plain, lacking := 0, 0
	captured(t, func(ev *event.Event) {
		if bare.take(ev, 0); !bare.whole { // what is very long is left out anyhow
			return
		}
		for unread, names := range fields {
			bare.take(ev, unread)
			got := bare.event(unread)
			if len(got.Records) < len(ev.Records) {
				lacking++
			}
			for _, name := range names {
				get := event.ECS(name)
				if g, w := get(nil, got), get(nil, ev); !slices.Equal(g, w) {
					t.Fatalf("%s of %v is %q, without parts %b %q", name, ev.ID, w, unread, g)
				}
			}
			if g, w := string(alert.AppendBrief(nil, got)), string(alert.AppendBrief(nil, ev)); g != w {
				t.Fatalf("%v is %q, without parts %b %q", ev.ID, w, unread, g)
			}
		}
		if ev.IsPlainExecution() {
			plain++
		}
	})
	if plain < 500 || lacking < plain || len(fields) < 3 {
		t.Errorf("%d executions, %d copies without records, %d kinds of fields", plain, lacking, len(fields))
	}
}
