package wazuh

import (
	"strconv"
	"strings"
)

// Where a rule hangs.

func (c *compiler) ifSID(d *definition, e *element) {
	t := c.textOf(e)
	for at := 0; at < len(t.s); {
		if t.s[at] == ',' || isBlank(t.s[at]) {
			at++
			continue
		}
		end := at + len(words(t.s[at:])[0])
		n, err := strconv.Atoi(t.s[at:end])
		if err != nil || n < 1 || n > maxID {
			c.blame(d, t.offset(at), "<if_sid>: %q is no id of a rule", t.s[at:end])
			return
		}
		d.sids = append(d.sids, ref{n, t.offset(at)})
		at = end
	}
}

func (c *compiler) ifGroup(d *definition, e *element) {
	d.ifGroups = append(d.ifGroups, words(strings.ReplaceAll(c.textOf(e).s, "|", ","))...)
}

func (c *compiler) ifLevel(d *definition, e *element) {
	s := c.textOf(e).s
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 16 {
		c.blame(d, e.off, "<if_level>: %q is no level from 1 to 16", s)
		return
	}
	d.ifLevel = n
}
