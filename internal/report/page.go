package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"io"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// Page is a report as one file that a browser opens from the disk, without a network. The zero Page works; it is for one goroutine.
type Page struct {
	kept  kept
	rules catalog
	marks marker
	about About
}

// Add takes an alert, which may be gone afterwards.
func (p *Page) Add(a *alert.Alert) {
	if p.kept.alerts == 0 {
		p.kept.alerts, p.kept.bytes = MaxAlerts, MaxBytes
	}
	p.kept.add(a.Level, mustJSON(p.row(a)), Place{})
}

// Left returns how many alerts the page has no room for.
func (p *Page) Left() int { return p.kept.left() }

// Len returns how many alerts the page shows.
func (p *Page) Len() int { return p.kept.n }

// Write writes the page.
func (p *Page) Write(w io.Writer, about About) error {
	p.about = about
	out := bufio.NewWriterSize(w, 1<<16)
	head, tail, _ := strings.Cut(pageHTML, "{data}")
	head = strings.NewReplacer("{policy}", policy, "{style}", pageCSS).Replace(head)
	tail = strings.NewReplacer("{script}", pageJS).Replace(tail)
	_, _ = out.WriteString(head) // a bufio.Writer keeps its error
	p.data(out)
	_, _ = out.WriteString(tail)
	return out.Flush()
}

// policy lets the page run its own script and nothing else, and fetch nothing.
var policy = "default-src 'none'; script-src " + hashOf(pageJS) + "; style-src " + hashOf(pageCSS) + "; base-uri 'none'; form-action 'none'"

func hashOf(text string) string {
	h := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

// data writes the alerts as JSON. encoding/json escapes <, > and &, so nothing in it ends the script element or begins a comment.
func (p *Page) data(out *bufio.Writer) {
	_, _ = out.WriteString(`{"about":`)
	_, _ = out.Write(mustJSON(p.heading()))
	_, _ = out.WriteString(`,"rules":`)
	_, _ = out.Write(mustJSON(p.ruleRows()))
	_, _ = out.WriteString(`,"alerts":[`)
	for i, e := range p.kept.all() {
		if i > 0 {
			_ = out.WriteByte(',')
		}
		_, _ = out.Write(append([]byte{'\n'}, e.data...))
	}
	_, _ = out.WriteString("]}")
}

type heading struct {
	Version  string   `json:"version"`
	Sources  []string `json:"sources"`
	Records  uint64   `json:"records"`
	Events   uint64   `json:"events"`
	Problems []string `json:"problems,omitempty"`
	Dropped  []int    `json:"dropped"` // by level, the lowest first
	Levels   []string `json:"levels"`
}

// maxProblems bounds what is listed of sources and of problems each.
const maxProblems = 100

func (p *Page) heading() heading {
	h := heading{Version: printed(p.about.Version, maxAsked), Records: p.about.Records, Events: p.about.Events, Dropped: p.kept.dropped[:]}
	h.Sources, h.Problems = texts(p.about.Sources, maxProblems), texts(p.about.Problems, maxProblems)
	for l := rule.Informational; l <= rule.Critical; l++ {
		h.Levels = append(h.Levels, l.String())
	}
	return h
}

type ruleRow struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Level      int      `json:"level"`
	Dialect    string   `json:"dialect"`
	About      string   `json:"about,omitempty"`
	Author     string   `json:"author,omitempty"`
	Techniques []string `json:"techniques,omitempty"`
	References []string `json:"references,omitempty"`
	False      []string `json:"false,omitempty"`
	Response   []string `json:"response,omitempty"`
	Place      string   `json:"place,omitempty"`
}

// maxProse bounds the description of a rule, in bytes.
const maxProse = 4000

func (p *Page) ruleRows() []ruleRow {
	out := make([]ruleRow, 0, len(p.rules.rules))
	for _, m := range p.rules.rules {
		out = append(out, ruleRow{
			ID: printed(m.ID, maxAsked), Title: printed(m.Title, maxAsked), Level: int(m.Level), Dialect: m.Dialect,
			About: prose(m.Description), Author: printed(m.Author, maxAsked), Techniques: texts(m.Techniques, maxRules),
			References: texts(m.References, maxRules), False: texts(m.FalsePositives, maxRules), Response: texts(m.Response, maxRules),
			Place: printed(m.Pos.String(), maxAsked),
		})
	}
	return out
}

// prose is text over many lines on one: an author broke it for a file.
func prose(s string) string { return printed(strings.Join(strings.Fields(s), " "), maxProse) }

func texts(in []string, most int) (out []string) {
	for i, s := range in {
		if i == most {
			return append(out, "...")
		}
		out = append(out, prose(s))
	}
	return out
}
