package wazuh

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// elementKind says how an element of a rule is read.
type elementKind struct {
	read  func(*compiler, *definition, *element)
	attrs []string
	text  bool // it needs one
}

var elements map[string]elementKind

func init() { // it refers to itself by the functions
	text := func(read func(*compiler, *definition, *element), attrs ...string) elementKind {
		return elementKind{read, attrs, true}
	}
	elements = map[string]elementKind{
		"match":       text((*compiler).collectPattern, "type", "negate"),
		"regex":       text((*compiler).collectPattern, "type", "negate"),
		"field":       text((*compiler).fieldTest, "name", "type", "negate"),
		"action":      text((*compiler).collectPattern, "type", "negate"),
		"srcip":       text((*compiler).collectPattern, "negate"),
		"dstip":       text((*compiler).collectPattern, "negate"),
		"decoded_as":  text((*compiler).decodedAs),
		"category":    text((*compiler).category),
		"if_sid":      text((*compiler).ifSID),
		"if_group":    text((*compiler).ifGroup),
		"if_level":    text((*compiler).ifLevel),
		"list":        text((*compiler).listTest, "field", "lookup", "check_value"),
		"time":        text((*compiler).timeTest),
		"weekday":     text((*compiler).dayTest),
		"description": text((*compiler).describe),
		"mitre":       {read: (*compiler).mitre},
		"group":       text(func(c *compiler, d *definition, e *element) { d.groups = append(d.groups, words(c.textOf(e).s)...) }),
		"options":     text((*compiler).option),
		"info":        text((*compiler).info, "type"),

		"if_matched_sid":   text((*compiler).ifMatchedSID),
		"if_matched_group": text((*compiler).ifMatchedGroup),
		"same_field":       text((*compiler).sameField),
		"different_field":  text((*compiler).differentField),
		"not_same_field":   text((*compiler).differentField),
		"global_frequency": {read: func(_ *compiler, d *definition, _ *element) { d.global = true }},
		"ignore":           text((*compiler).withoutEffect),
		"check_if_ignored": text((*compiler).withoutEffect),
	}
	for name := range staticFields {
		if _, ok := elements[name]; !ok {
			elements[name] = text((*compiler).collectPattern, "type", "negate")
		}
	}
	for name, field := range comparedFields {
		elements["same_"+name] = elementKind{read: func(c *compiler, d *definition, e *element) { c.compare(d, e, field, &d.same) }}
		elements["different_"+name] = elementKind{read: func(c *compiler, d *definition, e *element) { c.compare(d, e, field, &d.differ) }}
		elements["not_same_"+name] = elements["different_"+name]
	}
}

// staticFields are the elements that look at one field of Wazuh's own, and the field that stands for it here; "": audit
// events have none.
var staticFields = map[string]string{
	"match": "full_log", "regex": "full_log", "srcip": "srcip", "dstip": "dstip", "srcport": "srcport", "dstport": "dstport",
	"user": "user", "hostname": "hostname", "location": "location", "program_name": "", "url": "", "id": "", "status": "", "data": "",
	"extra_data": "", "protocol": "", "system_name": "", "action": "",
}

// comparedFields are what same_ and different_ may name besides field.
var comparedFields = map[string]string{
	"source_ip": "srcip", "srcip": "srcip", "src_ip": "srcip", "dst_ip": "dstip", "dstip": "dstip", "src_port": "srcport", "srcport": "srcport",
	"dst_port": "dstport", "dstport": "dstport", "user": "user", "srcuser": "srcuser", "location": "location", "id": "", "protocol": "", "action": "",
	"url": "", "data": "", "extra_data": "", "status": "", "system_name": "",
}

// unsupported are elements that Wazuh knows, and why they are refused.
var unsupported = map[string]string{
	"if_matched_regex": "write a rule for the pattern and if_matched_sid",
	"if_fts":           "what was never seen before is not remembered",
	"check_diff":       "outputs of commands are not compared",
	"compiled_rule":    "there is no code of rules here",
	"srcgeoip":         "there is no map of addresses", "dstgeoip": "there is no map of addresses",
	"same_srcgeoip": "there is no map of addresses", "same_dstgeoip": "there is no map of addresses",
	"different_srcgeoip": "there is no map of addresses", "different_dstgeoip": "there is no map of addresses",
}

func (c *compiler) element(d *definition, e *element) {
	kind, ok := elements[e.name]
	switch why, known := unsupported[e.name]; {
	case e.fault != nil:
		c.blame(d, e.fault.off, "%s", e.fault.msg)
		return
	case known:
		c.blame(d, e.off, "<%s> is not supported: %s", e.name, why)
		return
	case !ok:
		c.blame(d, e.off, "<%s>: a rule has no such element", e.name)
		return
	}
	for _, a := range e.attrs {
		if !slices.Contains(kind.attrs, a.name) {
			c.blame(d, a.off, "<%s>: no attribute %s", e.name, a.name)
		}
	}
	if e.name != "mitre" && len(e.kids) > 0 {
		c.blame(d, e.kids[0].off, "<%s> has no elements, but here is <%s>", e.name, e.kids[0].name)
		return
	}
	if kind.text && strings.Trim(e.text.s, blanks) == "" {
		if strings.HasPrefix(e.name, "if_") || e.name == "list" || e.name == "decoded_as" {
			c.blame(d, e.off, "<%s> is empty", e.name)
		} else {
			c.warn(d.src, e.off, "<%s> is empty: it says nothing", e.name)
		}
		return
	}
	kind.read(c, d, e)
}

// textOf is what an element says, with variables replaced and layout left out.
func (c *compiler) textOf(e *element) text {
	t := e.text.trim()
	return t.expand(c.vars)
}

func (c *compiler) withoutEffect(d *definition, e *element) {
	c.warn(d.src, e.off, "<%s> has no effect: alerts are not held back by fields", e.name)
}

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
	switch kind {
	case "link", "text":
		d.references = append(d.references, said)
	case "cve":
		d.references = append(d.references, "CVE-"+strings.TrimPrefix(strings.ToUpper(said), "CVE-"))
	case "osvdb":
		d.references = append(d.references, "OSVDB-"+said)
	default:
		c.blame(d, e.off, "<info>: type %q is none of text, link, cve, osvdb", kind)
	}
}

// decoders are the names of Wazuh's audit decoders, and of others' that take records apart, with the types that they
// stand for; none: all.
var decoders = map[string][]audit.Type{
	"auditd":                   nil,
	"auditd-syscall":           {audit.Syscall},
	"auditd-execve":            {audit.Execve},
	"auditd-path":              {audit.Path},
	"auditd-config_change":     typesNamed("CONFIG_CHANGE", "DAEMON_CONFIG"),
	"auditd-user_and_cred":     typesNamed("USER_AUTH", "USER_ACCT", "USER_MGMT", "USER_LOGIN", "USER_LOGOUT", "USER_ERR", "USER_START", "USER_END", "USER_CHAUTHTOK", "USER_CMD", "CRED_ACQ", "CRED_DISP", "CRED_REFR"),
	"auditd-login":             typesNamed("LOGIN"),
	"auditd-promiscuous":       typesNamed("ANOM_PROMISCUOUS"),
	"auditd-selinux_macstatus": typesNamed("MAC_STATUS"),
	"auditd-generic":           nil,
}

func typesNamed(names ...string) (out []audit.Type) {
	for _, name := range names {
		t, ok := audit.ParseType(name)
		if !ok {
			panic("wazuh: no record type " + name)
		}
		out = append(out, t)
	}
	return out
}

func (c *compiler) decodedAs(d *definition, e *element) {
	name := c.textOf(e).s
	types, ok := decoders[name]
	l := leaf{kind: isDecoded, name: "decoder", words: "is " + name, types: types}
	if !ok {
		l.kind = isNever
		d.neverMatches(e.off, "decoded_as %s: audit events are decoded as auditd", name)
	} else {
		d.audit = true
	}
	c.ask(d, l, false)
}

func (c *compiler) category(d *definition, e *element) {
	name := c.textOf(e).s
	l := leaf{kind: isDecoded, name: "category", words: "is " + name}
	if name != "syslog" {
		l.kind = isNever
		d.neverMatches(e.off, "category %s: audit events are of category syslog", name)
	}
	c.ask(d, l, false)
}

func (c *compiler) timeTest(d *definition, e *element) {
	t := c.textOf(e)
	span, err := parseTime(t.s)
	if err != nil {
		c.blame(d, e.off, "<time>: %v", err)
		return
	}
	c.ask(d, leaf{kind: isTime, name: "time", words: "is in " + t.s, span: span}, false)
}

func (c *compiler) dayTest(d *definition, e *element) {
	t := c.textOf(e)
	days, err := parseDays(t.s)
	if err != nil {
		c.blame(d, e.off, "<weekday>: %v", err)
		return
	}
	c.ask(d, leaf{kind: isDay, name: "weekday", words: "is in " + t.s, days: days}, false)
}

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
	for _, w := range words(strings.ReplaceAll(c.textOf(e).s, "|", ",")) {
		d.ifGroups = append(d.ifGroups, w)
	}
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

func (c *compiler) ifMatchedSID(d *definition, e *element) {
	s := c.textOf(e).s
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxID {
		c.blame(d, e.off, "<if_matched_sid>: %q is no id of a rule", s)
		return
	}
	d.matched, d.matchedAt = n, e.off
}

func (c *compiler) ifMatchedGroup(d *definition, e *element) {
	t := c.textOf(e)
	p, err := osMatch(t.s)
	if err != nil {
		c.blame(d, e.off, "<if_matched_group>: %v", err)
		return
	}
	d.matchedIn, d.matchedAt = p, e.off
	d.matchedGroups = words(strings.ReplaceAll(t.s, "|", ","))
}

func (c *compiler) sameField(d *definition, e *element) {
	for _, name := range words(c.textOf(e).s) {
		c.compare(d, e, name, &d.same)
	}
}

func (c *compiler) differentField(d *definition, e *element) {
	for _, name := range words(c.textOf(e).s) {
		c.compare(d, e, name, &d.differ)
	}
}

// compare adds a field that events of a frequency rule have in common, or not.
func (c *compiler) compare(d *definition, e *element, name string, to *[]valueOf) {
	d.compareAt = e.off
	f := c.field(name)
	if c.engine.fields[f].get == nil && to == &d.same {
		d.neverMatches(e.off, "<%s>: audit events have no %s", e.name, orField(name, e))
	}
	*to = append(*to, f)
}

func orField(name string, e *element) string {
	if name == "" {
		return strings.TrimPrefix(e.name, "same_")
	}
	return name
}
