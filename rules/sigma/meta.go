package sigma

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/auditpy/auditpy/rules/rule"
)

// meta reads what an alert tells about a rule, or about what the word says.
func (c *compiler) meta(doc *node, what string) *rule.Meta {
	m := &rule.Meta{
		ID:             c.text(doc, "id"),
		Title:          c.text(doc, "title"),
		Description:    c.text(doc, "description"),
		Author:         strings.Join(c.texts(doc, "author"), ", "),
		Dialect:        "sigma",
		Tags:           c.texts(doc, "tags"),
		References:     c.texts(doc, "references"),
		FalsePositives: c.texts(doc, "falsepositives"),
		Response:       c.texts(doc, "response"), // ours: the specification leaves other keys to authors
		Pos:            doc.pos,
	}
	m.Techniques = techniques(m.Tags)
	if m.Title == "" {
		c.fatal(errorAt(doc.pos, "%s without a title", what))
	}
	if m.ID == "" {
		m.ID = slug(m.Title)
	}
	m.Level = c.level(doc)
	c.status(doc)
	if t := c.text(doc, "taxonomy"); t != "" && t != "sigma" {
		c.fatal(errorAt(doc.get("taxonomy").pos, "taxonomy %q is not supported", t))
	}
	return m
}

// level reads the level. One that is misspelt counts as medium: it would be as wrong to wake someone as to say nothing.
func (c *compiler) level(doc *node) rule.Level {
	text := c.text(doc, "level")
	if text == "" {
		return rule.Informational
	}
	level, ok := rule.ParseLevel(strings.ToLower(text))
	if !ok {
		c.warn(doc.get("level").pos, "level %q is not known: write informational, low, medium, high or critical; it counts as medium", text)
		return rule.Medium
	}
	return level
}

var statuses = []string{"stable", "test", "experimental", "deprecated", "unsupported"}

func (c *compiler) status(doc *node) {
	if s := c.text(doc, "status"); s != "" && !slices.Contains(statuses, s) {
		c.warn(doc.get("status").pos, "status %q is not known: write %s", s, strings.Join(statuses, ", "))
	}
}

// text returns the text of a key that takes one, "" if it is absent.
func (c *compiler) text(doc *node, key string) string {
	n := doc.get(key)
	switch {
	case n == nil || n.kind == nullNode:
		return ""
	case !n.scalar():
		c.fatal(errorAt(n.pos, "%s: needs a text, not %s", key, n.kind))
		return ""
	}
	return strings.TrimSpace(n.text)
}

// texts returns the texts of a key that takes a list; a single text is a list of one.
func (c *compiler) texts(doc *node, key string) []string {
	n := doc.get(key)
	if n == nil {
		return nil
	}
	var out []string
	for _, item := range n.each() {
		switch {
		case item == nil || item.kind == nullNode:
		case !item.scalar():
			c.fatal(errorAt(item.pos, "%s: needs texts, not %s", key, item.kind))
		default:
			out = append(out, strings.TrimSpace(item.text))
		}
	}
	return out
}

var attackTag = regexp.MustCompile(`(?i)^attack\.(t\d{4}(?:\.\d{3})?)$`)

// techniques returns the MITRE ATT&CK techniques among the tags.
func techniques(tags []string) (out []string) {
	for _, tag := range tags {
		if m := attackTag.FindStringSubmatch(tag); m != nil {
			out = append(out, strings.ToUpper(m[1]))
		}
	}
	return out
}

// slug makes an id from a title: lower case, with one dash for each run of other characters.
func slug(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return strings.Join(words, "-")
}
