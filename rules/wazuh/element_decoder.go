package wazuh

import "github.com/auditpy/auditpy/internal/audit"

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
