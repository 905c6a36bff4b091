package wazuh

import "strings"

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
