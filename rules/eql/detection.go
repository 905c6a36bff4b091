package eql

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/auditpy/auditpy/rules/rule"
)

// detection is a detection rule of Elastic's, as its file has it.
// Source: https://github.com/elastic/detection-rules, detection_rules/rule.py.
type detection struct {
	*document
	rule map[string]any
	meta *rule.Meta
}

// text returns a text of the table rule, "" if it has none.
func (d *detection) text(key string) string {
	s, _ := d.rule[key].(string)
	return strings.TrimSpace(s)
}

// texts returns a list of texts; one text is a list of one.
func (d *detection) texts(key string) []string { return textsOf(d.rule[key]) }

func textsOf(v any) (out []string) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		if s, ok := item.(string); ok && strings.TrimSpace(s) != "" {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

// readDetection reads what a file says besides the query.
func (l *loader) readDetection(doc *document) *detection {
	d := &detection{document: doc}
	d.rule, _ = doc.values["rule"].(map[string]any)
	d.meta = &rule.Meta{
		ID:             d.text("rule_id"),
		Title:          d.text("name"),
		Description:    strings.Join(strings.Fields(d.text("description")), " "),
		Author:         strings.Join(d.texts("author"), ", "),
		Dialect:        "eql",
		Tags:           d.texts("tags"),
		References:     d.texts("references"),
		FalsePositives: d.texts("false_positives"),
		Response:       d.texts("response"), // ours: Elastic has it in the prose of note
		Pos:            doc.start(),
	}
	if d.meta.ID == "" {
		d.meta.ID = d.text("id") // as the rules of Elastic's endpoint have it
	}
	if d.meta.ID == "" {
		d.meta.ID = slug(d.meta.Title)
	}
	d.meta.Level = l.level(d)
	d.meta.Risk = l.risk(d)
	d.threats(d.rule["threat"])
	d.threats(doc.values["threat"])
	return d
}

// level reads the severity. One that is misspelt counts as medium: it would be as wrong to wake someone as to say nothing.
func (l *loader) level(d *detection) rule.Level {
	text := d.text("severity")
	if text == "" {
		return rule.Informational
	}
	level, ok := rule.ParseLevel(strings.ToLower(text))
	if !ok {
		l.warn(d.pos("severity"), "severity %q is not known: write low, medium, high or critical; it counts as medium", text)
		return rule.Medium
	}
	return level
}

func (l *loader) risk(d *detection) int {
	switch n := d.rule["risk_score"].(type) {
	case nil:
		return 0
	case int64:
		if n >= 0 && n <= 100 {
			return int(n)
		}
	}
	l.warn(d.pos("risk_score"), "risk_score is a whole number from 0 to 100; it is left out")
	return 0
}

// threats takes the tactics and techniques of MITRE ATT&CK. A subtechnique stands below its technique.
func (d *detection) threats(v any) {
	add := func(list *[]string, m map[string]any) {
		if id, _ := m["id"].(string); id != "" && !slices.Contains(*list, id) {
			*list = append(*list, id)
		}
	}
	for _, t := range tables(v) {
		if tactic, ok := t["tactic"].(map[string]any); ok {
			add(&d.meta.Tactics, tactic)
		}
		for _, technique := range tables(t["technique"]) {
			add(&d.meta.Techniques, technique)
			for _, sub := range tables(technique["subtechnique"]) {
				add(&d.meta.Techniques, sub)
			}
		}
	}
}

func tables(v any) (out []map[string]any) {
	list, _ := v.([]any)
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

var lookBack = regexp.MustCompile(`^now-([0-9]{1,6})([smhd])$`)

// span is how far a rule looks back: what comes later than that is of no sequence with what came first.
func (d *detection) span() time.Duration {
	m := lookBack.FindStringSubmatch(d.text("from"))
	if m == nil {
		return DefaultSpan
	}
	n, _ := strconv.Atoi(m[1])
	if n == 0 {
		return DefaultSpan
	}
	return time.Duration(n) * units[m[2]]
}

// slug makes an id from a title: lower case, with one dash for each run of other characters.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(words, "-")
}

// unapplied are parts of a rule that change what Elastic alerts on, and are not applied here.
var unapplied = []string{"filters", "alert_suppression", "exceptions_list", "threshold"}

// otherTypes are the types of rules in other languages. Source: as for detection.
var otherTypes = map[string]string{
	"query": "KQL or Lucene", "saved_query": "KQL or Lucene", "threshold": "KQL with a threshold", "new_terms": "KQL on new terms",
	"esql": "ES|QL", "machine_learning": "a job of machine learning", "threat_match": "a match of indicators",
}

// unsupported says which language a rule is written in that is not EQL, "" if it is.
func (d *detection) unsupported() string {
	typ := d.text("type")
	if lang := otherTypes[typ]; lang != "" {
		return fmt.Sprintf("rules of type %s (%s) are not supported: it is left out", typ, lang)
	}
	if lang := d.text("language"); lang != "" && lang != "eql" {
		return fmt.Sprintf("rules in the language %s are not supported: it is left out", lang)
	}
	return ""
}

func (d *detection) check() error {
	switch {
	case d.rule == nil:
		return &fileError{rule.Pos{File: d.file.Name}, "no table rule: this is no detection rule"}
	case d.text("type") != "" && d.text("type") != "eql":
		return &fileError{d.pos("type"), fmt.Sprintf("rules of type %q are not known", d.text("type"))}
	case d.meta.Title == "":
		return &fileError{d.pos("name"), "rule without a name"}
	case d.text("query") == "":
		return &fileError{d.pos("query"), "rule without a query"}
	}
	return nil
}

// place gives an error of a query its place in the file.
func (d *detection) place(err error) error {
	var qe *QueryError
	if errors.As(err, &qe) {
		return &fileError{d.within("query", qe.Line, qe.Col), qe.Msg}
	}
	return err
}
