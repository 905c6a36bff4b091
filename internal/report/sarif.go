package report

import (
	"bufio"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// MaxResults bounds a SARIF file: GitHub takes 25,000 results of a run and shows 5,000.
const MaxResults = 25_000

// SARIF collects alerts for one file of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html). The zero SARIF
// works; it is for one goroutine.
type SARIF struct {
	kept  kept
	rules catalog
}

// Place is where the first record of an event stands. In a compressed file the offset is that of the text.
type Place struct {
	File   string // empty: not known, or no file
	Offset int64
}

// Add takes an alert, which may be gone afterwards.
func (s *SARIF) Add(a *alert.Alert, at Place) {
	if s.kept.alerts == 0 {
		s.kept.alerts, s.kept.bytes = MaxResults, MaxBytes
	}
	s.kept.add(a.Level, mustJSON(s.result(a)), at)
}

// Places returns where the results stand, so that a caller can count lines.
func (s *SARIF) Places() (out []Place) {
	for _, e := range s.kept.all() {
		if e.place.File != "" {
			out = append(out, e.place)
		}
	}
	return out
}

func (s *SARIF) result(a *alert.Alert) sarifResult {
	lead := a.Rules[0]
	title, what := printed(lead.Title, maxAsked), alert.What(a.Event)
	r := sarifResult{
		RuleID: printed(lead.ID, maxAsked), RuleIndex: s.rules.number(lead), Level: sarifLevels[a.Level], Rank: sarifRanks[a.Level],
		Message: sarifText{title + ": " + what}, Fingerprints: map[string]string{"auditpyAlertId/v1": a.ID},
		Properties: map[string]any{
			"time": a.Event.Time().Format("2006-01-02T15:04:05.000Z07:00"), "level": a.Level.String(),
			"event": eventName(a.Event.ID.Msec, a.Event.ID.Serial), "incident": a.Incident.ID,
		},
	}
	if host := a.Event.ID.Node; host != "" {
		r.Properties["host"] = alert.Escape(host)
	}
	if len(a.Rules) > 1 {
		r.Properties["also"] = also(a.Rules[1:])
	}
	return r
}

// Write writes the file. line says on which line, from 1, a place is; 0 if that is not known.
func (s *SARIF) Write(w io.Writer, about About, line func(Place) int64) error {
	out := bufio.NewWriterSize(w, 1<<16)
	_, _ = out.WriteString(sarifHead) // a bufio.Writer keeps its error
	_, _ = out.Write(mustJSON(s.driver(about)))
	_, _ = out.WriteString("},\n\"invocations\":[")
	_, _ = out.Write(mustJSON(s.invocation(about)))
	_, _ = out.WriteString("],\n\"columnKind\":\"utf16CodeUnits\",\"results\":[")
	for i, e := range s.kept.all() {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.WriteString("\n")
		_, _ = out.Write(e.data[:len(e.data)-1])
		if at := e.place; at.File != "" {
			_, _ = out.WriteString(`,"locations":`)
			_, _ = out.Write(mustJSON([]sarifLocation{location(at, line(at))}))
		}
		_ = out.WriteByte('}')
	}
	_, _ = out.WriteString("]}]}\n")
	return out.Flush()
}

const sarifHead = `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":`

func (s *SARIF) driver(about About) sarifDriver {
	d := sarifDriver{Name: "auditpy", Version: printed(about.Version, maxAsked), Rules: make([]sarifRule, 0, len(s.rules.rules))}
	for _, m := range s.rules.rules {
		d.Rules = append(d.Rules, sarifRuleOf(m))
	}
	return d
}

// invocation says whether all was read, and what was left out.
func (s *SARIF) invocation(about About) sarifInvocation {
	inv := sarifInvocation{Successful: len(about.Problems) == 0}
	for _, p := range texts(about.Problems, maxProblems) {
		inv.Notifications = append(inv.Notifications, sarifNotification{"error", sarifText{p}})
	}
	if n := s.Left(); n > 0 {
		inv.Notifications = append(inv.Notifications, sarifNotification{"warning", sarifText{plural(n, "alert") + " of the lowest levels left out: too many for one file"}})
	}
	return inv
}

// Left returns how many alerts the file has no room for.
func (s *SARIF) Left() int { return s.kept.left() }

func sarifRuleOf(m *rule.Meta) sarifRule {
	r := sarifRule{
		ID: printed(m.ID, maxAsked), Name: printed(m.Title, maxAsked), Short: sarifText{printed(m.Title, maxAsked)},
		Full: sarifText{prose(m.Description)}, Help: sarifText{helpOf(m)},
		Config:     sarifConfig{sarifLevels[m.Level], sarifRanks[m.Level]},
		Properties: map[string]any{"tags": append([]string{"security", m.Dialect}, texts(m.Techniques, maxRules)...), "security-severity": severities[m.Level]},
	}
	if r.Full.Text == "" {
		r.Full = r.Short
	}
	for _, ref := range m.References {
		if u, err := url.Parse(ref); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			r.HelpURI = u.String()
			break
		}
	}
	return r
}

func helpOf(m *rule.Meta) string {
	var b strings.Builder
	b.WriteString(prose(m.Description))
	for _, part := range []struct {
		title string
		items []string
	}{{"What to do", m.Response}, {"Harmless if", m.FalsePositives}, {"References", m.References}} {
		if len(part.items) > 0 {
			b.WriteString("\n\n" + part.title + ":\n- " + strings.Join(texts(part.items, maxRules), "\n- "))
		}
	}
	if b.Len() == 0 {
		return "Rule " + printed(m.ID, maxAsked) + " of " + m.Dialect
	}
	return strings.TrimSpace(b.String())
}

func location(at Place, line int64) sarifLocation {
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uriOf(at.File)}}}
	if line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: line}
	}
	return l
}

// uriOf is relative for a relative name. A colon in its first part would read as a scheme, so that is escaped.
func uriOf(name string) string {
	u := url.URL{Path: filepath.ToSlash(name)}
	if filepath.IsAbs(name) {
		u.Scheme = "file"
	}
	return u.String()
}

// severities are what GitHub sorts by, from 0 to 10.
var severities = [...]string{rule.Informational: "1.0", rule.Low: "3.0", rule.Medium: "5.5", rule.High: "8.0", rule.Critical: "9.5"}

// sarifLevels has three words for five levels; ranks, from 0 to 100, tell them apart.
var (
	sarifLevels = [...]string{rule.Informational: "note", rule.Low: "note", rule.Medium: "warning", rule.High: "error", rule.Critical: "error"}
	sarifRanks  = [...]float64{rule.Informational: 5, rule.Low: 25, rule.Medium: 50, rule.High: 75, rule.Critical: 95}
)

// Sorted returns places in the order of files and offsets, each once.
func Sorted(places []Place) []Place {
	slices.SortFunc(places, func(a, b Place) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return int(min(max(a.Offset-b.Offset, -1), 1))
	})
	return slices.Compact(places)
}
