package sigma

// logsource accepts what this engine can answer. It refuses all else: a rule that can never match
// looks like safety and is none.
func (c *compiler) logsource(n *node) {
	if n == nil || n.kind != mapNode {
		c.fatal(errorAt(c.pos(n), "logsource: needs a map with category and product"))
		return
	}
	for i, key := range n.keys {
		switch value := c.text(n, key.text); {
		case value == "":
		case key.text == "category" && value != "process_creation",
			key.text == "product" && value != "linux",
			key.text == "service":
			c.fatal(errorAt(n.items[i].pos, "log source with %s %q is not supported: this version answers category process_creation of product linux", key.text, value))
		case key.text != "category" && key.text != "product" && key.text != "definition":
			c.warn(key.pos, "logsource: key %q has no meaning here", key.text)
		}
	}
	if !c.failed && n.get("category") == nil {
		c.fatal(errorAt(n.pos, "log source without a category is not supported: this version answers category process_creation of product linux"))
	}
}
