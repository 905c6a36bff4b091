// Package fidelity tells how much of other people's rules works here: which load, which lose something, and which cannot work and why.
//
// What surprised us: a rule that loads is not a rule that can fire. Whole collections load without an error and ask for what no audit
// record tells; who counts only what loads believes that he is protected.
//
// The invariant: every rule in a file is counted once, by the worst that is known of it.
package fidelity

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// Status is how much of a rule works.
type Status string

// The statuses, the best first.
const (
	Works    Status = "works"
	Degraded Status = "degraded" // it loads, and something in it does not count
	Cannot   Status = "cannot"   // it does not load, or never holds
)

// Rule is one of a file.
type Rule struct {
	File    string   `json:"file"`
	Line    int      `json:"line,omitempty"`
	Dialect string   `json:"dialect"`
	ID      string   `json:"id,omitempty"` // of one that loads
	Title   string   `json:"title,omitempty"`
	Status  Status   `json:"status"`
	Loads   bool     `json:"loads"`
	Reasons []string `json:"reasons,omitempty"`
}

// Reason is what several rules have in common.
type Reason struct {
	Status Status   `json:"status"`
	Reason string   `json:"reason"` // with … for what differs
	Count  int      `json:"count"`  // rules
	First  rule.Pos `json:"-"`
	At     string   `json:"first"`
}

// Report is what is known of all rules.
type Report struct {
	Files    int      `json:"files"`
	Total    int      `json:"rules"`
	Works    int      `json:"works"`
	Degraded int      `json:"degraded"`
	Cannot   int      `json:"cannot"`
	Reasons  []Reason `json:"reasons"` // the most frequent first, cannot before degraded
	Rules    []Rule   `json:"list"`
}

// part is a place for one rule: a document of YAML, an element of XML, a file of TOML.
type part struct {
	file string
	n    int
}

// Of makes a report of files, of the rules that loaded from them, and of what was said about them.
func Of(files []rule.File, loaded []*rule.Meta, diags []rule.Diag) *Report {
	o := order{starts: make(map[string][]int)}
	r := &Report{}
	for _, f := range files {
		if f.List == "" {
			o.starts[f.Name] = begins(f)
			r.Files++
		}
	}
	found := make(map[part]*Rule)
	var parts []part
	at := func(p rule.Pos) *Rule {
		k := o.part(p)
		if found[k] == nil {
			found[k] = &Rule{File: p.File, Line: p.Line, Dialect: dialect(p.File), Status: Works}
			parts = append(parts, k)
		}
		return found[k]
	}
	for _, m := range loaded {
		one := at(m.Pos)
		one.ID, one.Title, one.Loads, one.Line = m.ID, m.Title, true, m.Pos.Line
		if m.Never != "" {
			one.Status, one.Reasons = Cannot, append(one.Reasons, m.Never)
		}
	}
	for _, d := range diags {
		if _, ok := o.starts[d.Pos.File]; ok {
			at(d.Pos).say(d)
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(strings.Compare(a.file, b.file), a.n-b.n) })
	for _, k := range parts {
		r.count(found[k])
	}
	r.sortReasons()
	return r
}

// say adds a remark. Of a rule that cannot work, why it cannot is enough.
func (r *Rule) say(d rule.Diag) {
	switch {
	case d.Fatal || !r.Loads:
		r.Status = Cannot
	case r.Status == Cannot:
		return
	default:
		r.Status = Degraded
	}
	if !slices.Contains(r.Reasons, d.Msg) {
		r.Reasons = append(r.Reasons, d.Msg)
	}
}

func (r *Report) count(one *Rule) {
	r.Total++
	switch one.Status {
	case Works:
		r.Works++
	case Degraded:
		r.Degraded++
	case Cannot:
		r.Cannot++
	}
	r.Rules = append(r.Rules, *one)
	var said []string
	for _, reason := range one.Reasons {
		if reason = general(reason); !slices.Contains(said, reason) {
			said = append(said, reason)
			r.because(one, reason)
		}
	}
}

func (r *Report) because(one *Rule, reason string) {
	i := slices.IndexFunc(r.Reasons, func(x Reason) bool { return x.Reason == reason && x.Status == one.Status })
	if i < 0 {
		i = len(r.Reasons)
		at := rule.Pos{File: one.File, Line: one.Line}
		r.Reasons = append(r.Reasons, Reason{Status: one.Status, Reason: reason, First: at, At: at.String()})
	}
	r.Reasons[i].Count++
}

func (r *Report) sortReasons() {
	slices.SortStableFunc(r.Reasons, func(a, b Reason) int {
		return cmp.Or(strings.Compare(string(a.Status), string(b.Status)), b.Count-a.Count, strings.Compare(a.Reason, b.Reason))
	})
}

var (
	named  = regexp.MustCompile(`"[^"]*"|\?\w[\w.]*|\b[a-z_A-Z]\w*(\.[A-Za-z_]\w*)+\b|\b\d+ of \d+\b`)
	field  = regexp.MustCompile(`\bno field [\w.-]+`)
	advice = regexp.MustCompile(`[;:] (it is left out|write .*)$`)
)

// general leaves out of a reason what belongs to one rule.
func general(reason string) string {
	reason = field.ReplaceAllString(advice.ReplaceAllString(reason, ""), "no field …")
	return named.ReplaceAllString(reason, "…")
}

// order knows where the rules of files begin.
type order struct{ starts map[string][]int }

// part is the one that a position is in.
func (o order) part(p rule.Pos) part {
	n := 0
	for _, line := range o.starts[p.File] {
		if p.Line >= line {
			n++
		}
	}
	return part{p.File, n}
}

// begins are the lines on which a new rule of a file begins, but for the first of YAML.
func begins(f rule.File) (out []int) {
	line := 0
	xml := dialect(f.Name) == "wazuh"
	for text := range bytes.Lines(f.Data) {
		line++
		text = bytes.TrimSpace(text)
		if xml && bytes.Contains(text, []byte("<rule ")) || !xml && bytes.HasPrefix(text, []byte("---")) && line > 1 {
			out = append(out, line)
		}
	}
	return out
}

func dialect(file string) string {
	switch strings.ToLower(path.Ext(file)) {
	case ".toml":
		return "eql"
	case ".xml":
		return "wazuh"
	}
	return "sigma"
}
