package agent

import (
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

// marked is a source whose records have their places as marks, from 1.
type marked struct {
	lines []string
	next  int
}

func (m *marked) Next(context.Context) (audit.Record, error) {
	if m.next == len(m.lines) {
		return audit.Record{}, io.EOF
	}
	m.next++
	r, err := audit.ParseLine(m.lines[m.next-1])
	r.Mark = uint64(m.next)
	return r, err
}

// life is a Loop for some lines, and what came of it.
type life struct {
	*Loop
	ids, docs []string
}

func newLife(t *testing.T, set *rules.Set, lines []string, saved []byte) *life {
	t.Helper()
	l := &life{Loop: &Loop{Rules: set, Correlator: correlate.New(correlate.Options{MaxSeen: 1000}), Tree: proctree.New(proctree.Options{}), Keep: true}}
	m, src := memory{}, &marked{lines: lines}
	if saved != nil {
		r, b, err := snapshot.Open(saved, placeKind, placeVersion)
		if err == nil {
			m.load(r)
			b, err = l.Correlator.LoadState(b, correlate.Rules{All: set.Rules(), Correlations: set.Correlations(), Sequences: set.Sequences()})
		}
		if err == nil {
			_, err = l.Tree.LoadState(b)
		}
		if err != nil {
			t.Fatal(err)
		}
		src.next = int(m.at.Offset) - 1
	}
	l.Source, l.Assembler = src, assemble.New(assemble.Options{State: m.events})
	l.OnAlert = func(a *alert.Alert, _ uint64) error {
		l.ids, l.docs = append(l.ids, a.ID), append(l.docs, string(a.AppendJSON(nil)))
		return nil
	}
	l.OnBad = func(err error) error { return err }
	return l
}

// save returns the memory of the Loop, as of now.
func (l *life) save() []byte {
	at := uint64(l.Source.(*marked).next) + 1
	if mark, ok := l.Assembler.LowWater(); ok {
		at = mark
	}
	return appendMemory(nil, l.Loop, source.Cursor{Offset: int64(at)})
}

// TestCutAnywhere: a log is read by an agent that is killed somewhere and begins again with what was saved some time before,
// and by one that is not. Together the two lives raise the same alerts as the one, and say the same in each.
func TestCutAnywhere(t *testing.T) {
	set, diags := rules.Load(slices.Concat(builtin.Files(), watchedFiles))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	for seed := range uint64(120) {
		r := rand.New(rand.NewPCG(seed, 11))
		lines := logLines(t, r)
		snap := r.IntN(len(lines))
		kill := snap + r.IntN(len(lines)-snap)

		one := newLife(t, set, lines, nil)
		first := newLife(t, set, lines[:kill], nil)
		var saved []byte
		var before int
		first.OnProgress = func(uint64) error { return nil }
		first.Source.(*marked).lines = lines[:snap]
		run(t, first, false)
		saved, before = first.save(), len(first.ids)
		first.Source.(*marked).lines = lines[:kill]
		run(t, first, false)
		second := newLife(t, set, lines, saved)
		second.Correlator.Sent(first.ids[before:])
		run(t, second, true)
		run(t, one, true)
		if got := slices.Concat(first.docs, second.docs); !slices.Equal(got, one.docs) {
			i := 0
			for i < min(len(got), len(one.docs)) && got[i] == one.docs[i] {
				i++
			}
			t.Fatalf("seed %d, saved at %d and killed at %d of %d: %d alerts, want %d; from the %dth:\n got %s\nwant %s", seed, snap, kill, len(lines),
				len(got), len(one.docs), i, strings.Join(got[i:], "\n     "), strings.Join(one.docs[i:], "\n     "))
		}
		if seed == 0 && len(one.docs) < 20 {
			t.Errorf("only %d alerts: the log tests little", len(one.docs))
		}
	}
}

// run reads all lines; at the end of the log nothing more comes.
func run(t *testing.T, l *life, end bool) {
	t.Helper()
	for l.Source.(*marked).next < len(l.Source.(*marked).lines) {
		rec, err := l.Source.Next(t.Context())
		if err == nil {
			err = l.record(rec)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if l.Keep = !end; end {
		if err := l.end(); err != nil {
			t.Fatal(err)
		}
	}
}

// logLines are bursts of events, and then those of the capture that comes with auditpy.
func logLines(t *testing.T, r *rand.Rand) (lines []string) {
	t.Helper()
	f, err := os.Open("../../cmd/auditpy/sample.log.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	number := r.IntN(1000)
	for range 25 {
		lines = append(lines, strings.Split(strings.TrimSuffix((*host)(nil).burst(r, &number), "\n"), "\n")...)
	}
	return append(lines, strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")...)
}
