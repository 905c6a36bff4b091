package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// columns of CSV. Scripts depend on them: new ones go to the end.
var columns = []string{
	"time", "level", "rule_id", "rule", "dialect", "also", "techniques", "host", "user", "pid", "executable", "command", "folder",
	"parent_pid", "parent_executable", "parent_command", "peer", "event", "alert_id", "incident_id", "incident_count", "evidence",
}

// CSV writes alerts as RFC 4180, with one line of names first. It is for one goroutine.
//
// A spreadsheet takes a cell that begins with =, +, -, @, a tab or a carriage return for a formula, and a formula can send the sheet
// elsewhere; such a cell gets an apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection). Every cell is in quotes:
// a spreadsheet that separates by semicolons would else begin another within one.
type CSV struct {
	w     io.Writer
	line  []byte
	begun bool
}

// NewCSV returns a CSV that writes to w.
func NewCSV(w io.Writer) *CSV { return &CSV{w: w} }

// Add writes a line, and before the first one the names.
func (c *CSV) Add(a *alert.Alert) error {
	if err := c.Begin(); err != nil {
		return err
	}
	cells := cellsOf(a)
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return c.write(cells)
}

func (c *CSV) write(cells []string) error {
	c.line = c.line[:0]
	for i, cell := range cells {
		if i > 0 {
			c.line = append(c.line, ',')
		}
		c.line = append(append(append(c.line, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
	}
	c.line = append(c.line, '\n')
	_, err := c.w.Write(c.line)
	return err
}

// Begin writes the names, once: a file without alerts has them too.
func (c *CSV) Begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	_, err := io.WriteString(c.w, strings.Join(columns, ",")+"\n")
	return err
}

func cellsOf(a *alert.Alert) []string {
	ev, lead := a.Event, a.Rules[0]
	cells := []string{
		ev.Time().Format("2006-01-02T15:04:05.000Z07:00"), a.Level.String(), alert.Escape(lead.ID), alert.Escape(lead.Title), lead.Dialect,
		also(a.Rules[1:]), strings.Join(lead.Techniques, " "), alert.Escape(ev.ID.Node),
	}
	if p := ev.Process; p != nil {
		cells = append(cells, userOf(p), strconv.Itoa(p.PID), alert.Escape(p.Exe), alert.What(ev), alert.Escape(p.CWD), strconv.Itoa(p.ParentPID()))
		if q := p.Parent; q != nil {
			cells = append(cells, alert.Escape(q.Exe), alert.CommandLine(q.Args))
		} else {
			cells = append(cells, "", "")
		}
	} else {
		cells = append(cells, "", "", "", alert.What(ev), "", "", "", "")
	}
	return append(cells, alert.Peer(ev), eventName(ev.ID.Msec, ev.ID.Serial), a.ID, a.Incident.ID, strconv.Itoa(a.Incident.Count), proof(a.Evidence))
}

func also(rules []*rule.Meta) string {
	var titles []string
	for i, m := range rules {
		if i == maxRules {
			titles = append(titles, fmt.Sprintf("and %d more", len(rules)-maxRules))
			break
		}
		titles = append(titles, alert.Escape(m.Title))
	}
	return strings.Join(titles, "; ")
}

// proof is the evidence in one cell.
func proof(all []rule.Evidence) string {
	var parts []string
	for _, e := range all[:min(len(all), maxWitness)] {
		parts = append(parts, printed(e.Field, maxAsked)+": "+printed(e.Match, maxAsked))
	}
	return strings.Join(parts, "; ")
}

func harmless(cell string) string {
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " ")); cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}
