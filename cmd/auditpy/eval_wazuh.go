package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// wazuhLines evaluates Wazuh rules as its log tester does: each line is an event whose records were joined by blanks, and
// gives a line with the id and the level of the rule that it comes down to, 0 0 if that is none. Frequency rules remember
// the lines before.
func (f *evalFlags) wazuhLines(in io.Reader, out, errs io.Writer) error {
	files, err := rulefile.Read(f.rules)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(r rule.File) bool { return r.List == "" && !strings.EqualFold(filepath.Ext(r.Name), ".xml") })
	set, diags := rules.LoadOptions(files, f.loading)
	for _, d := range diags {
		fmt.Fprintln(errs, told(d))
	}
	t := trialOfLines{set: set, tree: proctree.New(proctree.Options{}), cor: correlate.New(correlate.Options{})}
	w := bufio.NewWriter(out)
	r := bufio.NewScanner(in)
	r.Buffer(nil, maxJoined)
	for r.Scan() {
		id, level := t.line(r.Text())
		fmt.Fprintln(w, id, level)
	}
	return errors.Join(r.Err(), w.Flush())
}

// maxJoined bounds a line, in bytes: an event has no more.
const maxJoined = 8 << 20

// openEvents opens the lines; without a name they are standard input.
func (f *evalFlags) openEvents(stdin io.Reader) (io.Reader, func() error, error) {
	if f.events == "" || f.events == "-" {
		return stdin, func() error { return nil }, nil
	}
	file, err := os.Open(f.events)
	if err != nil {
		return nil, nil, err
	}
	return file, file.Close, nil
}

type trialOfLines struct {
	set    *rules.Set
	tree   *proctree.Tree
	cor    *correlate.Correlator
	number uint64
}

// line returns the id and the level of the rule that a line comes down to.
func (t *trialOfLines) line(line string) (id string, level int) {
	asm := assemble.New(assemble.Options{}) // the same line may come again
	if i := strings.Index(line, "type="); i > 0 && !strings.HasPrefix(line, "node=") {
		line = line[i:] // what syslog wrote before it
	}
	var evs []*event.Event
	id = "0"
	node := ""
	for one := range audit.Joined(line) {
		r, err := audit.ParseLine(one)
		if err != nil {
			continue
		}
		if r.ID.Node == "" { // the collector leaves it to the first record
			r.ID.Node = node
		}
		node = r.ID.Node
		id, level = t.first(id, level, asm.Add(evs[:0], r))
	}
	return t.first(id, level, asm.Flush(evs[:0]))
}

// first keeps id and level if they are those of a rule, and else takes those of the first alert of events.
func (t *trialOfLines) first(id string, level int, evs []*event.Event) (string, int) {
	for _, ev := range evs {
		t.tree.Annotate(ev)
		ms := t.set.Eval(nil, ev)
		t.number++
		ev.ID.Serial = t.number // no line is a line before, read again
		for _, a := range t.cor.Observe(nil, ev, ms) {
			if id == "0" {
				id, level = a.Rules[0].ID, a.Rules[0].Severity
			}
		}
	}
	return id, level
}
