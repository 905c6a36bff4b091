package sigma

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/auditpy/auditpy/rules/rule"
)

// node is a YAML value. Its text is kept as the author wrote it, since rules are compared with text:
// in "a1: 0777" the zero matters.
type node struct {
	kind  nodeKind
	text  string // of a scalar
	lead  int    // columns between pos and the first byte of text, -1 if text is not on one line as it is
	pos   rule.Pos
	keys  []*node // of a map, in order
	items []*node // of a list; of a map, the values
}

type nodeKind uint8

const (
	textNode nodeKind = iota
	numberNode
	boolNode
	nullNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"a text", "a number", "a boolean", "null", "a list", "a map"}[k]
}

// get returns the value of a key of a map, or nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i, k := range n.keys {
		if k.text == key {
			return n.items[i]
		}
	}
	return nil
}

// scalar reports whether n is one value that has a text.
func (n *node) scalar() bool { return n.kind <= boolNode }

// each returns the items of a list, or n itself.
func (n *node) each() []*node {
	if n.kind == listNode {
		return n.items
	}
	return []*node{n}
}

// inside returns the position of byte off of the text of n.
func (n *node) inside(off int) rule.Pos {
	p := n.pos
	if n.lead >= 0 {
		p.Col += n.lead + off
	}
	return p
}

func (c chunk) convert(a ast.Node, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errorAt(c.at(a.GetToken().Position), "nested deeper than %d levels", maxDepth)
	}
	switch a := a.(type) {
	case *ast.MappingNode:
		return c.convertMap(a.Start, a.Values, depth)
	case *ast.MappingValueNode:
		return c.convertMap(a.Start, []*ast.MappingValueNode{a}, depth)
	case *ast.SequenceNode:
		return c.convertList(a, depth)
	}
	return c.convertScalar(a)
}

// member converts a part of a map or list; what is left out is null.
func (c chunk) member(a ast.Node, depth int, near rule.Pos) (*node, error) {
	if a == nil {
		return &node{kind: nullNode, pos: near}, nil
	}
	return c.convert(a, depth+1)
}

func (c chunk) convertMap(start *token.Token, values []*ast.MappingValueNode, depth int) (*node, error) {
	n := &node{kind: mapNode, pos: c.at(start.Position)}
	for i, v := range values {
		if _, ok := v.Key.(*ast.MappingKeyNode); ok {
			return nil, errorAt(c.at(v.Key.GetToken().Position), `keys with "?" are not accepted in rules`)
		}
		key, err := c.convertScalar(v.Key)
		if err != nil {
			return nil, err
		}
		value, err := c.member(v.Value, depth, key.pos)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			n.pos = key.pos // the parser's start is the colon
		}
		n.keys, n.items = append(n.keys, key), append(n.items, value)
	}
	return n, nil
}

func (c chunk) convertList(a *ast.SequenceNode, depth int) (*node, error) {
	n := &node{kind: listNode, pos: c.at(a.Start.Position)}
	for _, v := range a.Values {
		item, err := c.member(v, depth, n.pos)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	return n, nil
}

func (c chunk) convertScalar(a ast.Node) (*node, error) {
	t := a.GetToken()
	n := &node{text: t.Value, pos: c.at(t.Position)}
	switch a := a.(type) {
	case *ast.StringNode:
		n.lead = lead(t)
		if d, _ := shape(n.text); d > 0 && t.Type == token.StringType { // the parser does not know 1e3
			n.kind = numberNode
		}
	case *ast.LiteralNode:
		n.text, n.lead = a.Value.Value, -1
	case *ast.IntegerNode, *ast.FloatNode:
		n.kind = numberNode
	case *ast.BoolNode:
		n.kind = boolNode
	case *ast.NullNode:
		n.kind, n.text = nullNode, ""
	case *ast.InfinityNode, *ast.NanNode: // no audit field holds one, so it is the text .inf
	default:
		return nil, errorAt(n.pos, "%s is not accepted in rules", a.Type())
	}
	return n, nil
}

// lead tells how far into the token its text begins. The token keeps its source, which differs from
// the text where escapes or folded lines are.
func lead(t *token.Token) int {
	switch {
	case !strings.Contains(t.Origin, t.Value):
		return -1
	case t.Type == token.SingleQuoteType, t.Type == token.DoubleQuoteType:
		return 1
	}
	return 0
}

// without returns a map like n that lacks a key.
func (n *node) without(key string) *node {
	out := &node{kind: mapNode, pos: n.pos}
	for i, k := range n.keys {
		if k.text != key {
			out.keys, out.items = append(out.keys, k), append(out.items, n.items[i])
		}
	}
	return out
}

// size counts the nodes of n.
func (n *node) size() int {
	if n == nil {
		return 1
	}
	sum := 1 + len(n.keys)
	for _, item := range n.items {
		sum += item.size()
	}
	return sum
}
