package sigma

import "fmt"

// logsource finds the view that answers a log source. A source of another log is no error: rule sets hold them all. Its
// rules are loaded, and said to be never evaluated. Another product is one: a rule that can never match looks like
// safety, and an override may be meant.
func (c *compiler) logsource(s Source, n *node) {
	c.view = viewNone
	at := func(key string) *node {
		if v := n.get(key); v != nil {
			return v
		}
		return n
	}
	other := func(key, value string) {
		c.never = fmt.Sprintf("log source with %s %q is not in audit records", key, value)
		c.warn(at(key).position(c.here), "%s: the rule is never evaluated", c.never)
	}
	switch {
	case c.options.Documents:
		c.view = viewDocument
	case s.Product != "" && s.Product != "linux":
		c.fatal(errorAt(at("product").position(c.here), "log source with product %q is not evaluated here: a log-source override in the configuration can ask for it", s.Product))
	case s.Service == "auditd" && s.Category == "", s.Service == "" && s.Category == "" && s.Product == "linux":
		c.view = viewAuditd
	case s.Service != "":
		other("service", s.Service)
	case s.Category == "":
		c.fatal(errorAt(n.position(c.here), "logsource: names neither a category nor a product nor a service"))
	case categories[s.Category] != viewNone:
		c.view = categories[s.Category]
	default:
		other("category", s.Category)
	}
}
