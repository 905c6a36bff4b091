// Package ruletest is the language of tests for rules: audit records in, alerts expected. The shipped rules are held to it, and so are
// those of users by auditpy rules test.
//
// A test is a txtar archive (https://pkg.go.dev/golang.org/x/tools/txtar): a comment, and files behind lines of "-- NAME --". A file's name
// says what it is:
//
//	fires.log      audit records: each execution in them must raise an alert
//	fires-NAME.log a story in which exactly one alert must be raised
//	quiet*.log     none may be
//	NAME.alerts    the alerts of NAME.log, whatever its name, in their order: a line each with serial, level and ids of rules, the
//	               leading one first, with commas between; # begins a comment
//	NAME.yml       a rule, or .yaml, .toml or .xml; without any, the test is of the rule file beside it that is called as it is
//
// What surprised us: a rule that was never seen to fire is no rule, and one that was never seen to be quiet is an alarm clock; so a test
// without a log that fires and one that is quiet is worth a remark, though no failure.
//
// The invariant: a log is judged as scan would, through all stages and on event time, each log for itself.
package ruletest

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// Test is one archive.
type Test struct {
	Name  string
	Rules []rule.File // in the archive; their names are those there, behind that of the archive
	Logs  []Log
}

// Log is audit records, with what is expected of them.
type Log struct {
	Name string
	Pos  rule.Pos // of its first line
	Data string
	Kind Kind
	Want []Alert // of kind Exact
}

// Kind is how many alerts a log must raise.
type Kind uint8

// The kinds.
const (
	Each  Kind = iota // one for each execution
	Once              // one
	Quiet             // none
	Exact             // those of Want
)

// Alert is one that is expected, or that came.
type Alert struct {
	Serial uint64
	Level  rule.Level
	Rules  []string // ids, the leading one first
}

func (a Alert) String() string {
	return fmt.Sprintf("%d %s %s", a.Serial, a.Level, strings.Join(a.Rules, ","))
}

func (a Alert) equal(b Alert) bool {
	return a.Serial == b.Serial && a.Level == b.Level && slices.Equal(a.Rules, b.Rules)
}

// Parse reads an archive. The error has a position.
func Parse(name string, data []byte) (*Test, error) {
	t := &Test{Name: name}
	alerts := make(map[string]section)
	for _, s := range sections(data) {
		switch ext := path.Ext(s.name); ext {
		case ".log":
			t.Logs = append(t.Logs, Log{Name: s.name, Pos: rule.Pos{File: name, Line: s.line}, Data: string(s.data)})
		case ".alerts":
			alerts[strings.TrimSuffix(s.name, ext)] = s
		case ".yml", ".yaml", ".toml", ".xml":
			t.Rules = append(t.Rules, rule.File{Name: name + "/" + s.name, Data: s.data})
		default:
			return nil, fmt.Errorf("%s:%d: file %q of a test: want .log, .alerts, or a rule in .yml, .yaml, .toml or .xml", name, s.line-1, s.name)
		}
	}
	for i := range t.Logs {
		if err := t.Logs[i].expect(alerts); err != nil {
			return nil, err
		}
	}
	for base, s := range alerts {
		return nil, fmt.Errorf("%s:%d: %s.alerts without %s.log", name, s.line-1, base, base)
	}
	if len(t.Logs) == 0 {
		return nil, fmt.Errorf("%s: a test without a log: write one behind a line of -- fires.log --", name)
	}
	return t, nil
}

// expect finds what a log must raise, and takes it off alerts.
func (l *Log) expect(alerts map[string]section) error {
	base := strings.TrimSuffix(l.Name, ".log")
	if s, ok := alerts[base]; ok {
		delete(alerts, base)
		l.Kind = Exact
		return l.readAlerts(s)
	}
	switch kind, _, more := strings.Cut(base, "-"); {
	case base == "fires":
		l.Kind = Each
	case kind == "fires" && more:
		l.Kind = Once
	case strings.HasPrefix(base, "quiet"):
		l.Kind = Quiet
	default:
		return fmt.Errorf("%s: log %q: want fires.log, fires-NAME.log, quiet-NAME.log, or %s.alerts beside it", l.Pos, l.Name, base)
	}
	return nil
}

func (l *Log) readAlerts(s section) error {
	line := s.line - 1
	for text := range strings.Lines(string(s.data)) {
		line++
		text, _, _ = strings.Cut(text, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		a, err := parseAlert(words)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", l.Pos.File, line, err)
		}
		l.Want = append(l.Want, a)
	}
	return nil
}

func parseAlert(words []string) (a Alert, err error) {
	if len(words) != 3 {
		return a, fmt.Errorf("an alert is a serial, a level and ids of rules, not %q", strings.Join(words, " "))
	}
	if a.Serial, err = strconv.ParseUint(words[0], 10, 64); err != nil {
		return a, fmt.Errorf("serial %q is no number", words[0])
	}
	level, ok := rule.ParseLevel(words[1])
	if !ok {
		return a, fmt.Errorf("level %q: want informational, low, medium, high or critical", words[1])
	}
	a.Level, a.Rules = level, strings.Split(words[2], ",")
	return a, nil
}

// section is a file of an archive.
type section struct {
	name string
	line int // of its first line
	data []byte
}

// sections reads txtar. There are no errors: what is no marker is text.
func sections(data []byte) (out []section) {
	line := 0
	for text := range bytes.Lines(data) {
		line++
		if name := marker(text); name != "" {
			out = append(out, section{name: name, line: line + 1})
		} else if len(out) > 0 {
			s := &out[len(out)-1]
			s.data = append(s.data, text...)
		}
	}
	return out
}

// marker returns the name of a file that a line begins, "" if it begins none.
func marker(line []byte) string {
	text := strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
	name, ok := strings.CutPrefix(text, "-- ")
	if !ok {
		return ""
	}
	name, ok = strings.CutSuffix(name, " --")
	if !ok {
		return ""
	}
	return strings.TrimSpace(name)
}
