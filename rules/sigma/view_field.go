package sigma

import "github.com/auditpy/auditpy/internal/event"

// fieldID is a name as a view sees it.
type fieldID struct {
	view    view
	name    string
	windows bool
}

// field returns the index of a field of the rule at hand. One that its view does not know is always absent.
func (c *compiler) field(name string, at *node) int {
	key := fieldID{c.view, name, c.windows}
	id, ok := c.fieldIDs[key]
	if !ok {
		id = len(c.engine.fields)
		c.fieldIDs[key] = id
		f := newField(c.view, name)
		if c.windows && c.view != viewDocument {
			f.get = windowsPaths(name, f.get)
		}
		c.engine.fields = append(c.engine.fields, f)
	}
	if c.view != viewNone && !c.engine.fields[id].answerable() {
		c.unanswerable(name, at)
	}
	return id
}

// unanswerable says that no event has a field: a rule that needs it is dead, and its author should hear so.
func (c *compiler) unanswerable(name string, at *node) {
	for category, v := range categories {
		if v != c.view {
			continue
		}
		if reason, ok := event.SigmaUnanswerable(category, name); ok {
			c.warn(at.position(c.here), "field %q is unanswerable: %s; it counts as absent", name, reason)
			return
		}
	}
	c.warn(at.position(c.here), "field %q is not one that audit events answer; it counts as absent", name)
}
