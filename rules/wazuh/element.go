package wazuh

import (
	"slices"
	"strings"
)

// elementKind says how an element of a rule is read.
type elementKind struct {
	read  func(*compiler, *definition, *element)
	attrs []string
	text  bool // it needs one
}

var elements map[string]elementKind

func init() { // the functions refer to it
	elements = plainElements()
	for name := range staticFields {
		if _, ok := elements[name]; !ok {
			elements[name] = withText((*compiler).collectPattern, "type", "negate")
		}
	}
	for name, field := range comparedFields {
		elements["same_"+name] = elementKind{read: func(c *compiler, d *definition, e *element) { c.compare(d, e, field, &d.same) }}
		elements["different_"+name] = elementKind{read: func(c *compiler, d *definition, e *element) { c.compare(d, e, field, &d.differ) }}
		elements["not_same_"+name] = elements["different_"+name]
	}
}

// withText is an element that says something.
func withText(read func(*compiler, *definition, *element), attrs ...string) elementKind {
	return elementKind{read, attrs, true}
}

// plainElements are those that are no fields.
func plainElements() map[string]elementKind {
	return map[string]elementKind{
		"match":       withText((*compiler).collectPattern, "type", "negate"),
		"regex":       withText((*compiler).collectPattern, "type", "negate"),
		"field":       withText((*compiler).fieldTest, "name", "type", "negate"),
		"action":      withText((*compiler).collectPattern, "type", "negate"),
		"srcip":       withText((*compiler).collectPattern, "negate"),
		"dstip":       withText((*compiler).collectPattern, "negate"),
		"decoded_as":  withText((*compiler).decodedAs),
		"category":    withText((*compiler).category),
		"if_sid":      withText((*compiler).ifSID),
		"if_group":    withText((*compiler).ifGroup),
		"if_level":    withText((*compiler).ifLevel),
		"list":        withText((*compiler).listTest, "field", "lookup", "check_value"),
		"time":        withText((*compiler).timeTest),
		"weekday":     withText((*compiler).dayTest),
		"description": withText((*compiler).describe),
		"mitre":       {read: (*compiler).mitre},
		"group":       withText(func(c *compiler, d *definition, e *element) { d.groups = append(d.groups, words(c.textOf(e).s)...) }),
		"options":     withText((*compiler).option),
		"info":        withText((*compiler).info, "type"),

		"if_matched_sid":   withText((*compiler).ifMatchedSID),
		"if_matched_group": withText((*compiler).ifMatchedGroup),
		"same_field":       withText((*compiler).sameField),
		"different_field":  withText((*compiler).differentField),
		"not_same_field":   withText((*compiler).differentField),
		"global_frequency": {read: func(_ *compiler, d *definition, _ *element) { d.global = true }},
		"ignore":           withText((*compiler).withoutEffect),
		"check_if_ignored": withText((*compiler).withoutEffect),
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
