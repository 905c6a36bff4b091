package wazuh

import "strings"

// What an alert tells of a rule.

func (c *compiler) describe(d *definition, e *element) {
	d.title = strings.Join(strings.Fields(d.title+" "+c.textOf(e).s), " ")
}

func (c *compiler) mitre(d *definition, e *element) {
	d.techniques = append(d.techniques, words(e.text.expand(c.vars).s)...)
	for _, k := range e.kids {
		if k.name != "id" {
			c.blame(d, k.off, "<%s>: <mitre> has <id> only", k.name)
			continue
		}
		d.techniques = append(d.techniques, words(k.text.expand(c.vars).s)...)
	}
}

func (c *compiler) option(d *definition, e *element) {
	for _, w := range words(c.textOf(e).s) {
		switch w {
		case "no_log":
			d.noLog = true
		case "no_full_log", "alert_by_email", "no_email_alert", "log_alert", "no_ar", "no_counter":
		default:
			c.blame(d, e.off, "<options>: no option %q", w)
		}
	}
}

func (c *compiler) info(d *definition, e *element) {
	said, kind := c.textOf(e).s, "text"
	if a := e.attr("type"); a != nil {
		kind = a.text.s
	}
	if kind == "text" && said == onLimitAlert {
		d.doubt = true
		return
	}
	switch kind {
	case "link", "text":
		if kind == "text" && d.told.take(said) {
			return
		}
		d.references = append(d.references, said)
	case "cve":
		d.references = append(d.references, "CVE-"+strings.TrimPrefix(strings.ToUpper(said), "CVE-"))
	case "osvdb":
		d.references = append(d.references, "OSVDB-"+said)
	default:
		c.blame(d, e.off, "<info>: type %q is none of text, link, cve, osvdb", kind)
	}
}

// onLimitAlert is the <info> of a rule that holds where one of its patterns took too many steps and all else holds: Wazuh
// reads any text there.
const onLimitAlert = "on_limit: alert"

// take takes a text that says by its first words what it is. To Wazuh it is a text as any other, so that the file stays one of
// Wazuh's.
func (t *told) take(said string) bool {
	what, text, _ := strings.Cut(said, ": ")
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return false
	case what == "Author":
		t.author = text
	case what == "About":
		t.about = text
	case what == "Not an attack":
		t.falsePositives = append(t.falsePositives, text)
	case what == "Response":
		t.response = append(t.response, text)
	default:
		return false
	}
	return true
}
