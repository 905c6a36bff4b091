package correlate

import (
	"bufio"
	"compress/gzip"
	"os"
	"slices"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// captured calls see with the events of what a kernel wrote, each with its process.
func captured(t *testing.T, see func(*event.Event)) {
	f, err := os.Open("../rules/builtin/testdata/zoo/capture.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	asm, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	var evs []*event.Event
	all := func() {
		for _, ev := range evs {
			tree.Annotate(ev)
			see(ev)
		}
	}
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var r audit.Record
		if err := r.Parse(lines.Text()); err == nil {
			evs = asm.Add(evs[:0], r)
			all()
		}
	}
	evs = asm.Flush(evs[:0])
	all()
}

// TestParts: a copy without parts that a field does not read has the same values of it, and is the same in a few words.
func TestParts(t *testing.T) {
	var whole, bare stash
	fields := make(map[event.Parts][]string)
	for _, name := range event.ECSNames() {
		fields[event.ECSUnread(name)] = append(fields[event.ECSUnread(name)], name)
	}
	plain, lacking := 0, 0
	captured(t, func(ev *event.Event) {
		whole.take(ev, 0)
		want := whole.event(0)
		for unread, names := range fields {
			bare.take(ev, unread)
			got := bare.event(unread)
			if len(got.Records) < len(want.Records) {
				lacking++
			}
			for _, name := range names {
				get := event.ECS(name)
				if g, w := get(nil, got), get(nil, want); !slices.Equal(g, w) {
					t.Fatalf("%s of %v is %q, without parts %b %q", name, ev.ID, w, unread, g)
				}
			}
			if g, w := alert.Brief(got), alert.Brief(want); g != w {
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
