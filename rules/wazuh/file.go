package wazuh

import (
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// file reads a file: groups of rules, and variables, which hold for all of it.
func (c *compiler) file(f rule.File) {
	c.src = newSource(f.Name, string(f.Data))
	if len(f.Data) > maxFile {
		c.fatal(c.src, 0, "file is larger than %d bytes", maxFile)
		return
	}
	roots, faults := scan(c.src.text)
	for _, fault := range faults {
		c.fatal(c.src, fault.off, "%s", fault.msg)
	}
	if len(roots)+len(faults) == 0 {
		c.fatal(c.src, 0, "no rules: a file of Wazuh rules has <group> with <rule> in it")
	}
	c.variables(roots)
	for _, e := range roots {
		switch e.name {
		case "var":
		case "group":
			c.group(e)
		case "rule":
			c.fatal(c.src, e.off, "<rule> outside of a <group>")
		default:
			c.fatal(c.src, e.off, "<%s>: a rule file has <group> and <var> only", e.name)
		}
	}
}

func (c *compiler) variables(roots []*element) {
	c.vars = make(map[string]text)
	for _, e := range roots {
		if e.name != "var" {
			continue
		}
		name := e.attr("name")
		switch {
		case e.fault != nil:
			c.fatal(c.src, e.fault.off, "%s", e.fault.msg)
		case name == nil || !isVarName(name.text.s):
			c.fatal(c.src, e.off, "<var>: needs a name of letters, digits and _")
		default:
			value := e.text.trim()
			c.vars[name.text.s] = value.expand(c.vars)
		}
	}
}

func isVarName(s string) bool { return s != "" && varEnd(s) == len(s) }

// group reads the rules of a group.
func (c *compiler) group(e *element) {
	name := e.attr("name")
	if e.fault != nil {
		c.fatal(c.src, e.fault.off, "%s", e.fault.msg)
	}
	if name == nil {
		c.fatal(c.src, e.off, "<group>: needs a name")
		return
	}
	for _, a := range e.attrs {
		if a.name != "name" {
			c.fatal(c.src, a.off, "<group>: no attribute %s", a.name)
		}
	}
	groups := words(name.text.expand(c.vars).s)
	for _, k := range e.kids {
		if k.name != "rule" {
			c.fatal(c.src, k.off, "<%s>: a group has <rule> only", k.name)
			continue
		}
		c.rule(k, groups)
	}
}

// words are what stands between commas and blanks.
func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || strings.ContainsRune(blanks, r) })
}
