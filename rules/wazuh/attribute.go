package wazuh

import "time"

// maxID is the highest id: six digits, as in Wazuh.
const maxID = 999_999

// attributes reads those of <rule>.
func (c *compiler) attributes(d *definition) {
	seen := make(map[string]bool)
	for i := range d.body.attrs {
		a := &d.body.attrs[i]
		seen[a.name] = true
		switch a.name {
		case "id":
			d.id = c.number(d, a, 1, maxID)
		case "level":
			d.level = c.number(d, a, 0, 16)
		case "maxsize":
			d.maxSize = c.number(d, a, 1, 1<<20)
			c.ask(d, leaf{kind: isLong, field: fullLog, name: "full_log", words: "has " + a.text.s + " bytes", size: d.maxSize}, false)
		case "frequency":
			d.times, d.hasTimes = c.number(d, a, 2, 9999), true
		case "timeframe":
			d.span, d.hasSpan = time.Duration(c.number(d, a, 1, 99999))*time.Second, true
		case "ignore":
			d.ignore = time.Duration(c.number(d, a, 0, 999_999)) * time.Second
		case "noalert":
			d.noAlert = c.number(d, a, 0, 1) == 1
		case "accuracy": // Wazuh reads it and does nothing with it
			c.number(d, a, 0, 1)
		case "overwrite":
			d.overwrite = c.yesNo(d, a)
		default:
			c.blame(d, a.off, "<rule>: no attribute %s", a.name)
		}
	}
	if !seen["id"] {
		c.blame(d, d.off, "<rule>: no id")
	}
	if !seen["level"] {
		c.blame(d, d.off, "<rule>: no level")
	}
}

func (c *compiler) yesNo(d *definition, a *attribute) bool {
	switch s := a.text.expand(c.vars).s; s {
	case "yes":
		return true
	case "no":
	default:
		c.blame(d, a.off, "%s=%q: needs yes or no", a.name, s)
	}
	return false
}
