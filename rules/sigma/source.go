package sigma

import "strings"

// Options are what rules ask of the configuration. The zero value works.
type Options struct {
	// Placeholders are the values of %name% under the modifier expand, by name. Wildcards in them are live.
	Placeholders map[string][]string
	// Sources let rules of other log sources be evaluated here. The first that fits is taken.
	Sources []Override
	// Documents: the rules are for EvalFields only. Every log source is taken to be that of the events, which answer to the
	// names of fields as rules write them.
	Documents bool
}

// Override says that rules of log source From are to be evaluated as if they were of To. What is empty in From fits
// all; what is empty in To stays as the rule has it, but for a service that From names, which is dropped.
type Override struct{ From, To Source }

// Source is where events come from, in lower case. An empty field is any.
type Source struct{ Product, Category, Service string }

// contains reports whether every event of t is one of s.
func (s Source) contains(t Source) bool {
	fits := func(s, t string) bool { return s == "" || strings.EqualFold(s, t) }
	return fits(s.Product, t.Product) && fits(s.Category, t.Category) && fits(s.Service, t.Service)
}

func (o Override) apply(s Source) Source {
	replace := func(s, to string) string {
		if to == "" {
			return s
		}
		return strings.ToLower(to)
	}
	if o.From.Service != "" && o.To.Service == "" {
		s.Service = ""
	}
	return Source{
		Product:  replace(s.Product, o.To.Product),
		Category: replace(s.Category, o.To.Category),
		Service:  replace(s.Service, o.To.Service),
	}
}

// overridden returns the log source that rules of s are to be evaluated on: s, or what an override makes of it.
func (c *compiler) overridden(s Source) Source {
	for _, o := range c.options.Sources {
		if o.From.contains(s) {
			return o.apply(s)
		}
	}
	return s
}

// ownSource reads the log source as it is written. Its definition is prose.
func (c *compiler) ownSource(doc *node) (s Source) {
	n := doc.get("logsource")
	if n == nil || n.kind != mapNode {
		c.fatal(errorAt(c.pos(n), "logsource: needs a map with category and product"))
		return s
	}
	for _, key := range n.keys {
		switch key.text {
		case "product":
			s.Product = strings.ToLower(c.text(n, key.text))
		case "category":
			s.Category = strings.ToLower(c.text(n, key.text))
		case "service":
			s.Service = strings.ToLower(c.text(n, key.text))
		case "definition":
		default:
			c.warn(key.pos, "logsource: key %q has no meaning here", key.text)
		}
	}
	return s
}
