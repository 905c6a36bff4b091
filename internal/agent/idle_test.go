package agent

import (
	"context"
	"errors"
	"io"
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
	"github.com/auditpy/auditpy/rules/rule"
)

// scripted is a live source: its lines are records, and a line that is empty stands for ErrIdle.
type scripted struct{ lines []string }

func (s *scripted) Next(context.Context) (audit.Record, error) {
	if len(s.lines) == 0 {
		return audit.Record{}, io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if line == "" {
		return audit.Record{}, source.ErrIdle
	}
	return audit.ParseLine(line)
}

// absence is a correlation that holds when a program runs and no other follows within two seconds.
const absence = `title: Program
name: p
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /python3.11}, condition: s}
---
title: Other
name: o
logsource: {category: process_creation, product: linux}
detection: {s: {Image|endswith: /other}, condition: s}
---
title: Absence
level: high
correlation: {type: temporal, rules: [p, o], group-by: User, timespan: 2s, condition: p and not o}
`

func newTestLoop(t *testing.T, rule1 string, src Source) *Loop {
	t.Helper()
	set, diags := rules.Load([]rule.File{{Name: "r.yml", Data: []byte(rule1)}})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	return &Loop{
		Source: src, Rules: set, Assembler: assemble.New(assemble.Options{}), Tree: proctree.New(proctree.Options{}),
		Correlator: correlate.New(correlate.Options{}), Idle: time.Second, Hold: 2 * time.Second,
		OnBad: func(err error) error { return err },
	}
}

// TestIdleClosesWindows: what is decided when time has passed is decided while nothing comes, as late as an unfinished event
// would be closed.
func TestIdleClosesWindows(t *testing.T) {
	errStop := errors.New("stop")
	for _, tt := range []struct {
		name   string
		events string
		idle   int
		alerts string
	}{
		{"not yet", attack(1), 4, ""},
		{"closed", attack(1), 5, "Absence"},
		{"closed once", attack(1), 50, "Absence"},
		{"it came", attack(1) + strings.ReplaceAll(attack(2), "python3.11", "other"), 50, ""},
		{"unfinished", strings.Join(strings.SplitAfter(attack(1), "\n")[:2], ""), 6, "Absence"},
	} {
		lines := strings.Split(strings.TrimSuffix(tt.events, "\n"), "\n")
		lines = append(lines, make([]string, tt.idle)...)
		l := newTestLoop(t, absence, &scripted{append(lines, "end")})
		l.OnBad = func(error) error { return errStop }
		var got []string
		l.OnAlert = func(a *alert.Alert, _ uint64) error {
			got = append(got, a.Rules[0].Title)
			return nil
		}
		if err := l.Run(t.Context()); !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		if got := strings.Join(got, " "); got != tt.alerts {
			t.Errorf("%s: alerts %q, want %q", tt.name, got, tt.alerts)
		}
	}
}
