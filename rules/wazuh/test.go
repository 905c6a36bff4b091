package wazuh

import (
	"slices"
	"strings"
)

// joined is what the elements of one name say together: they are one text, and the last one's type and negate hold.
type joined struct {
	text         text
	off          int
	kind, negate *attribute
}

// defaultTypes are of the elements whose type is not osmatch.
var defaultTypes = map[string]string{"regex": "osregex", "field": "osregex", "action": "exact"}

func (c *compiler) collectPattern(d *definition, e *element) {
	j := d.patternText[e.name]
	if j == nil {
		j = &joined{off: e.off}
		d.patternText[e.name] = j
	}
	t := e.text.trimLayout()
	t = t.expand(c.vars)
	if (e.name == "srcip" || e.name == "dstip") && j.text.s != "" {
		j.text.s += ","
	}
	j.text, j.kind, j.negate = j.text.join(&t), e.attr("type"), e.attr("negate")
}

// joinedPatterns makes the tests of what was collected, in a fixed order.
func (c *compiler) joinedPatterns(d *definition) {
	names := make([]string, 0, len(d.patternText))
	for name := range d.patternText {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		j := d.patternText[name]
		if name == "srcip" || name == "dstip" {
			c.netTest(d, name, j)
			continue
		}
		c.textTest(d, name, staticFields[name], j)
	}
}

// reserved are the names that <field> may not have: they have elements of their own.
var reserved = []string{
	"srcip", "dstip", "srcport", "dstport", "user", "srcuser", "dstuser", "url", "id", "data", "extra_data", "status", "protocol", "system_name",
	"action", "srcgeoip", "dstgeoip",
}

func (c *compiler) fieldTest(d *definition, e *element) {
	name := e.attr("name")
	if name == nil || strings.Trim(name.text.s, blanks) == "" {
		c.blame(d, e.off, "<field>: needs a name")
		return
	}
	field := strings.Trim(name.text.expand(c.vars).s, blanks)
	if slices.Contains(reserved, field) {
		c.blame(d, name.off, "<field name=%q>: Wazuh refuses this name: write <%s>", field, field)
		return
	}
	d.audit = d.audit || strings.EqualFold(field, "full_log")
	t := e.text.trimLayout()
	c.textTest(d, "field", field, &joined{text: t.expand(c.vars), off: e.off, kind: e.attr("type"), negate: e.attr("negate")})
}

// textTest asks a field for a text.
func (c *compiler) textTest(d *definition, element, name string, j *joined) {
	kind := defaultTypes[element]
	if kind == "" {
		kind = "osmatch"
	}
	if j.kind != nil {
		kind = strings.ToLower(j.kind.text.expand(c.vars).s)
	}
	negate := j.negate != nil && c.yesNo(d, j.negate)
	l := leaf{kind: isText, name: name, words: kind + " " + j.text.s}
	if name == "" {
		l.name = element
	}
	if kind == "exact" && element == "action" {
		l.kind, l.exact = isExact, j.text.s
	} else if l.re = c.compilePattern(d, element, kind, j); l.re == nil {
		return
	} else if l.re.negated {
		negate = !negate
	}
	c.askField(d, l, negate, j.off)
}

// askField asks a field by its name. What no audit event has is told: in Wazuh too such a rule never matches.
func (c *compiler) askField(d *definition, l leaf, negate bool, off int) {
	if strings.EqualFold(l.name, "full_log") {
		l.field = fullLog
	} else {
		l.field = c.field(l.name)
		d.audit = d.audit || strings.HasPrefix(strings.ToLower(l.name), "audit.")
		if c.engine.fields[l.field].get == nil {
			d.neverMatches(off, "audit events have no field %s", l.name)
		}
	}
	c.ask(d, l, negate)
}

func (c *compiler) compilePattern(d *definition, element, kind string, j *joined) *pattern {
	compile, ok := patternTypes[kind]
	if !ok {
		off := j.off
		if j.kind != nil {
			off = j.kind.off
		}
		c.blame(d, off, "<%s>: type %q is none of osmatch, osregex, pcre2", element, kind)
		return nil
	}
	key := kind + " " + j.text.s
	if p := c.patterns[key]; p != nil {
		return p
	}
	p, err := compile(j.text.s)
	if err != nil {
		off, why := patternError(err)
		c.blame(d, j.text.offset(off), "<%s>: %s: %s", element, kind, why)
		return nil
	}
	c.patterns[key] = p
	for _, w := range p.re.Warnings() {
		c.warn(d.src, j.text.offset(w.Offset), "<%s>: %s: %s", element, kind, w.Msg)
	}
	return p
}
