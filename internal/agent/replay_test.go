package agent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

// paced hands out the records of a log as they come live: with pauses.
type paced struct {
	lines  []string
	pauses []int // before each line: how often there is nothing
}

func (p *paced) Next(context.Context) (audit.Record, error) {
	if len(p.lines) == 0 {
		return audit.Record{}, io.EOF
	}
	if p.pauses[0] > 0 {
		p.pauses[0]--
		return audit.Record{}, source.ErrIdle
	}
	line := p.lines[0]
	p.lines, p.pauses = p.lines[1:], p.pauses[1:]
	return audit.ParseLine(line)
}

// alertsOf returns the alerts of a source as JSON.
func alertsOf(t *testing.T, src Source) string {
	t.Helper()
	set, diags := rules.Load(builtin.Files())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var out bytes.Buffer
	l := &Loop{
		Source: src, Assembler: assemble.New(assemble.Options{}), Tree: proctree.New(proctree.Options{}), Rules: set,
		Correlator: correlate.New(correlate.Options{}), Idle: 250 * time.Millisecond, Hold: 2 * time.Second,
		OnBad:   func(err error) error { return err },
		OnAlert: func(a *alert.Alert, _ uint64) error { out.Write(append(a.AppendJSON(nil), '\n')); return nil },
	}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestE8Replay: a log gives the same bytes however fast it comes, and whatever the clock of this host says meanwhile.
func TestE8Replay(t *testing.T) {
	var lines []string
	for i := range 100 {
		both := [2][]string{strings.Split(strings.TrimSpace(attack(2*i)), "\n"), strings.Split(strings.TrimSpace(attack(2*i+1)), "\n")}
		for k := range both[0] { // the records of two mixed
			lines = append(lines, both[0][k], both[1][k])
		}
	}
	text := strings.Join(lines, "\n") + "\n"
	want := alertsOf(t, source.NewReader("log", strings.NewReader(text)))
	if n := strings.Count(want, "\n"); n != 200 {
		t.Fatalf("%d alerts, want 200", n)
	}
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 8))
		p := &paced{lines: lines, pauses: make([]int, len(lines))}
		for i := range p.pauses {
			if rnd.IntN(4) == 0 {
				p.pauses[i] = rnd.IntN(7) // less than Hold within an event
			}
			if i%8 == 0 {
				p.pauses[i] = rnd.IntN(40)
			}
		}
		if got := alertsOf(t, p); got != want {
			t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("alert %d is\n%s\nwant\n%s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d alerts, want %d", len(g), len(w))
}
