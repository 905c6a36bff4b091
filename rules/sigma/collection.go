package sigma

import "slices"

// maxInherited bounds the nodes that all documents of a file take over from others: a large global part and ten
// thousand documents of one line would else cost the product.
const maxInherited = 1 << 18

// collection is what the documents of one file hand on: the actions global, reset and repeat, which Sigma 2 no longer
// names and the reference still knows.
type collection struct {
	global, last *node // nil: nothing
	inherited    int   // nodes
}

// document is a rule, a correlation or a filter with all that it has taken over.
type document struct {
	*node
	shared bool // its id, or its title if there is none, is that of an earlier document
}

// next returns the document that doc stands for; its node is nil if doc only changes what later ones take over.
func (l *collection) next(doc *node) (document, error) {
	if doc.kind != mapNode {
		return document{}, errorAt(doc.pos, "a rule is a map, not %s", doc.kind)
	}
	action := doc.get("action")
	if action == nil {
		return l.join(doc, l.global)
	}
	doc = doc.without("action")
	switch action.text {
	case "global":
		l.global, l.last = doc, doc
	case "reset":
		l.global = nil
	case "repeat":
		return l.repeat(doc, action)
	default:
		return document{}, errorAt(action.pos, "action %q is not known: write global, reset or repeat", action.text)
	}
	return document{}, nil
}

// repeat lays doc over the document before it.
func (l *collection) repeat(doc, action *node) (document, error) {
	if l.last == nil {
		return document{}, errorAt(action.pos, "action \"repeat\": no document before this one can be repeated")
	}
	before := l.last
	d, err := l.join(before, doc)
	if err == nil {
		d.pos = doc.pos
		d.shared = d.naming() == before.naming()
	}
	return d, err
}

// join lays over on doc: in a collection the global part wins, as in the reference.
func (l *collection) join(doc, over *node) (document, error) {
	if over == nil {
		l.last = doc
		return document{node: doc}, nil
	}
	if l.inherited <= maxInherited {
		l.inherited += doc.size() + over.size()
	}
	if l.inherited > maxInherited {
		l.last = nil
		return document{}, errorAt(doc.pos, "the documents of this file take over more than %d nodes from each other", maxInherited)
	}
	l.last = overlay(doc, over)
	return document{l.last, l.last.naming() == over.naming()}, nil
}

// naming returns the node that gives a document its identity.
func (n *node) naming() *node {
	if id := n.get("id"); id != nil && id.kind != nullNode {
		return id
	}
	return n.get("title")
}

// overlay returns a map with the keys of both; where both have one, over wins, and maps are joined. It changes neither.
func overlay(n, over *node) *node {
	if n == nil || over == nil || n.kind != mapNode || over.kind != mapNode {
		return over
	}
	out := &node{kind: mapNode, pos: n.pos, keys: slices.Clone(n.keys), items: slices.Clone(n.items)}
	at := make(map[string]int, len(n.keys))
	for i, key := range n.keys {
		at[key.text] = i
	}
	for i, key := range over.keys {
		if j, ok := at[key.text]; ok {
			out.keys[j], out.items[j] = key, overlay(n.items[j], over.items[i])
			continue
		}
		out.keys, out.items = append(out.keys, key), append(out.items, over.items[i])
	}
	return out
}
