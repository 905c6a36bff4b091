package report

import (
	"fmt"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
)

// row is an alert as the page has it. Its texts are printable already.
type row struct {
	ID       string      `json:"id"`
	Msec     int64       `json:"t"`
	Level    int         `json:"l"`
	Rules    []int       `json:"r"` // in the page's list; the leading one first
	More     int         `json:"rm,omitempty"`
	Host     string      `json:"h,omitempty"`
	Event    string      `json:"e"`
	What     []string    `json:"w"` // segments: what stands at odd places was asked for
	Peer     string      `json:"p,omitempty"`
	Incident string      `json:"i"`
	Lineage  []process   `json:"n,omitempty"` // the process, its parent, and so on
	Evidence []witness   `json:"v,omitempty"`
	Group    [][2]string `json:"g,omitempty"`
	Related  []string    `json:"s,omitempty"`
	Unlisted int         `json:"sm,omitempty"`
	Notes    []string    `json:"x,omitempty"` // what is missing
}

// process is one in a tree.
type process struct {
	Key   string `json:"k"` // entity id: the same in other alerts
	PID   int    `json:"p"`
	Exe   string `json:"x"`
	What  string `json:"c,omitempty"`
	User  string `json:"u,omitempty"`
	CWD   string `json:"d,omitempty"`
	TTY   string `json:"y,omitempty"`
	Image string `json:"i,omitempty"` // which of the programs that it ran, one after another
	How   string `json:"s,omitempty"` // it became known, if not by its execution
}

type witness struct {
	Field string   `json:"f"`
	Value []string `json:"v"` // segments
	Asked string   `json:"m,omitempty"`
}

// Bounds of one row.
const (
	maxLineage  = 16
	maxWitness  = 16
	maxSerials  = 64
	maxValue    = 600 // bytes
	maxAsked    = 300
	maxAncestor = 300 // bytes of an ancestor's command line
)

// row makes a row of a; the leading rule of its incident is the first alert's.
func (p *Page) row(a *alert.Alert) row {
	ev := a.Event
	r := row{
		ID: a.ID, Msec: ev.ID.Msec, Level: int(a.Level), Host: alert.Escape(ev.ID.Node), Event: eventName(ev.ID.Msec, ev.ID.Serial),
		Peer: alert.Peer(ev), Incident: a.Incident.ID, Unlisted: a.Unlisted, Lineage: lineage(ev.Process), Notes: missing(ev),
	}
	for i, m := range a.Rules {
		if i == maxRules {
			r.More = len(a.Rules) - maxRules
			break
		}
		r.Rules = append(r.Rules, p.rules.number(m))
	}
	found := p.evidence(&r, a)
	command := alert.What(ev)
	r.What = marked(command, shown(command, found))
	for _, v := range a.Group {
		r.Group = append(r.Group, [2]string{printed(v.Field, maxAsked), printed(v.Value, maxAsked)})
	}
	r.related(a)
	return r
}

// evidence fills in what made rules fire, and returns the texts that they found.
func (p *Page) evidence(r *row, a *alert.Alert) (found []string) {
	seen := make(map[string]bool)
	for _, e := range a.Evidence {
		key := e.Field + "\x00" + e.Value + "\x00" + e.Match
		if seen[key] || len(r.Evidence) == maxWitness {
			continue
		}
		seen[key] = true
		spans := p.marks.find(e.Value, e.Match)
		for _, s := range spans {
			found = append(found, e.Value[s.from:s.to])
		}
		value, spans := around(e.Value, spans, maxValue)
		r.Evidence = append(r.Evidence, witness{printed(e.Field, maxAsked), segments(value, spans), printed(e.Match, maxAsked)})
	}
	return found
}

func (r *row) related(a *alert.Alert) {
	for i := range a.Related {
		if i == maxSerials {
			r.Unlisted += len(a.Related) - maxSerials
			return
		}
		id := a.Related[i].ID
		r.Related = append(r.Related, eventName(id.Msec, id.Serial)+" "+printed(a.Related[i].Rule.Title, maxAsked))
	}
}

// lineage is a process and those above it.
func lineage(p *event.Process) (out []process) {
	for ; p != nil && len(out) < maxLineage; p = p.Parent {
		most := maxAncestor
		if len(out) == 0 {
			most = maxValue
		}
		n := process{
			Key: p.EntityID(), PID: p.PID, Exe: printed(p.Exe, maxAsked), User: userOf(p), CWD: printed(p.CWD, maxAsked), TTY: printed(p.TTY, maxAsked),
		}
		if len(p.Args) > 0 {
			n.What = clip(alert.CommandLine(p.Args), most)
		}
		if p.Image.Serial != 0 {
			n.Image = eventName(p.Image.Msec, p.Image.Serial)
		}
		if p.Source != event.FromExec {
			n.How = string(p.Source)
		}
		out = append(out, n)
		if p.Parent == nil && p.PPID > 0 && len(out) < maxLineage {
			out = append(out, process{Key: fmt.Sprintf("%s/%d", p.Node, p.PPID), PID: p.PPID, How: string(event.Unknown)})
		}
	}
	for i := range out { // a node's name may be anything
		out[i].Key = alert.Escape(out[i].Key)
	}
	return out
}

func userOf(p *event.Process) string {
	switch {
	case p.User != "":
		return printed(p.User, maxAsked)
	case p.UID >= 0:
		return fmt.Sprintf("uid %d", p.UID)
	}
	return ""
}

// missing says what the alert does not know.
func missing(ev *event.Event) (out []string) {
	if ev.Exec != nil && !ev.Exec.Complete {
		out = append(out, "arguments incomplete")
	}
	if !ev.Complete {
		out = append(out, "records of the event may be missing")
	}
	return out
}

func eventName(msec int64, serial uint64) string {
	return fmt.Sprintf("%d.%03d:%d", msec/1000, msec%1000, serial)
}

// printed is text from a log or a rule, printable and cut.
func printed(s string, most int) string {
	if len(s) > most {
		s = s[:most] + "..."
	}
	return alert.Escape(s)
}
