package wazuh

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditpy/auditpy/rules/regex"
	"github.com/auditpy/auditpy/rules/rule"
)

// What a frequency rule means that does not say it, as in Wazuh.
const (
	defaultTimes = 2
	defaultSpan  = 360 * time.Second
)

func (c *compiler) frequencyOf(d *definition, m *rule.Meta) *rule.Frequency {
	f := &rule.Frequency{Meta: m, Times: d.times, Span: d.span, Rank: d.level, Global: d.global}
	if !d.hasTimes {
		f.Times = defaultTimes
	}
	if !d.hasSpan {
		f.Span = defaultSpan
	}
	for _, id := range d.same {
		f.Same = append(f.Same, c.engine.fields[id].name)
	}
	for _, id := range d.differ {
		f.Differ = append(f.Differ, c.engine.fields[id].name)
	}
	f.Counts = fmt.Sprint(d.matched, d.matchedGroups)
	return f
}

// countAll tells each rule which frequency rules its matches count for. Level 0 counts for none.
func (c *compiler) countAll() {
	groups := make([]string, len(c.defs)) // as Wazuh writes them
	for i, d := range c.defs {
		groups[i] = strings.Join(d.groups, ",") + ","
	}
	for _, d := range c.defs {
		f := &c.engine.rules[d.index]
		switch {
		case f.freq == nil:
			continue
		case d.matchedIn != nil:
			c.countGroups(d, f, groups)
		default:
			if o := c.byID[d.matched]; o != nil && !o.failed && o.level > 0 {
				c.count(f, o)
			}
		}
		if !f.counted {
			c.warn(d.src, d.matchedAt, "rule %d: no rule counts for it: there is none of that id or group over level 0", d.id)
		}
	}
}

// countGroups finds the rules whose groups match if_matched_group.
func (c *compiler) countGroups(d *definition, f *compiled, groups []string) {
	for i, o := range c.defs {
		if o.level > 0 && d.matchedIn.holds(groups[i], nil) == yes {
			c.count(f, o)
		}
	}
}

func (c *compiler) count(f *compiled, o *definition) {
	f.counted = true
	r := &c.engine.rules[o.index]
	r.counts = append(r.counts, countFor{f.freq, f.same, f.differ})
}

// template reads a description: $(name) is the value of a field.
func (c *compiler) template(s string) (t template) {
	for {
		before, rest, ok := strings.Cut(s, "$(")
		name, after, closed := strings.Cut(rest, ")")
		if !ok || !closed {
			t.texts = append(t.texts, s)
			return t
		}
		t.texts = append(t.texts, before)
		t.fields = append(t.fields, c.field(strings.TrimSpace(name)))
		s = after
	}
}

// Lists returns the names of the lists that the rules of a file name, once each, for whoever reads files.
func Lists(data []byte) (names []string) {
	if len(data) > maxFile {
		return nil
	}
	roots, _ := scan(string(data))
	for _, g := range roots {
		for _, r := range g.kids {
			for _, e := range r.kids {
				if name := listName(e.text.s); e.name == "list" && name != "" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// patternError returns where in a pattern an error is, and why.
func patternError(err error) (int, string) {
	if e, ok := err.(*regex.Error); ok {
		return e.Offset, e.Msg
	}
	return 0, err.Error()
}
