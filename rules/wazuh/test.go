package wazuh

import (
	"net/netip"
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

// netTest asks for an address: networks with commas or blanks between, a ! before them means any other.
func (c *compiler) netTest(d *definition, name string, j *joined) {
	negate := j.negate != nil && c.yesNo(d, j.negate)
	said := strings.Trim(j.text.s, blanks)
	rest, not := strings.CutPrefix(said, "!")
	l := leaf{kind: isNet, name: name, words: "in " + rest}
	for _, w := range words(rest) {
		p, err := parseNet(w)
		if err != nil {
			c.blame(d, j.off, "<%s>: %q is no address and no network", name, w)
			return
		}
		l.nets = append(l.nets, p)
	}
	c.askField(d, l, negate != not, j.off)
}

// parseNet reads an address, a network with its mask in bits or in full, or the begin of an address: 10.1.
func parseNet(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Prefix(ip.BitLen())
	}
	if strings.HasSuffix(s, ".") {
		dots := strings.Count(s, ".")
		return netip.ParsePrefix(s + strings.TrimSuffix(strings.Repeat("0.", max(4-dots, 0)), ".") + "/" + string(rune('0'+dots*8/10)) + string(rune('0'+dots*8%10)))
	}
	if addr, mask, ok := strings.Cut(s, "/"); ok && strings.Contains(mask, ".") {
		return maskedNet(addr, mask)
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

func maskedNet(addr, mask string) (netip.Prefix, error) {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, err
	}
	m, err := netip.ParseAddr(mask)
	if err != nil {
		return netip.Prefix{}, err
	}
	bits := 0
	for _, b := range m.AsSlice() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
		if b != 0 {
			break
		}
	}
	return ip.Prefix(bits)
}

// listTest asks a list about a field.
func (c *compiler) listTest(d *definition, e *element) {
	field := e.attr("field")
	if field == nil {
		c.blame(d, e.off, "<list>: needs a field")
		return
	}
	l := leaf{kind: isListed, name: strings.Trim(field.text.expand(c.vars).s, blanks)}
	how := "match_key"
	if a := e.attr("lookup"); a != nil {
		how = a.text.expand(c.vars).s
	}
	as, ok := lookups[how]
	if !ok {
		c.blame(d, e.off, "<list>: no lookup %q", how)
		return
	}
	l.as = as
	file := c.textOf(e).s
	l.words = how + " " + file
	if l.list = c.lists[listName(file)]; l.list == nil {
		c.blame(d, e.off, "<list>: no list %q: it is looked for beside the rule file, and as Wazuh has it, in the folder above", file)
		return
	}
	if a := e.attr("check_value"); a != nil {
		value, err := osMatch(a.text.expand(c.vars).s)
		if err != nil {
			c.blame(d, a.off, "<list>: check_value: %v", err)
			return
		}
		l.value = value
		l.words += " = " + a.text.s
	}
	if (as == matchKeyValue || as == addressMatchKeyValue) && l.value == nil {
		c.blame(d, e.off, "<list>: lookup %s needs a check_value", how)
		return
	}
	c.askField(d, l, false, e.off)
}

// listName is the name of a list without what differs between systems.
func listName(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.Trim(s, blanks), "/var/ossec/"), ".cdb")
}
