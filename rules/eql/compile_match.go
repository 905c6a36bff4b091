package eql

import (
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// match compiles in, :, like and regex.
func (c *compiler) match(x *expr) *cond {
	var out *cond
	if a := x.kids[0]; a.op == opField {
		out = c.leaves(x, c.use(a))
	} else {
		out = c.expression(&expr{op: x.op, pos: x.pos, fold: x.fold, kids: x.kids})
	}
	if x.neg {
		return negate(out)
	}
	return out
}

// leaves are the tests of one field that a list stands for: one, but for a list of addresses and of other texts.
func (c *compiler) leaves(x *expr, id int) *cond {
	words := x.plainWords()
	var kids []*cond
	for _, l := range c.tests(x, c.fields[id].typ) {
		l.field, l.words = id, words
		kids = append(kids, c.leaf(l))
	}
	switch len(kids) {
	case 0:
		return nothing
	case 1:
		return kids[0]
	}
	return &cond{op: condOr, kids: kids}
}

// plainWords are the words of x without its negation.
func (x *expr) plainWords() string {
	y := *x
	y.neg = false
	return strings.TrimPrefix(y.String(), "?")
}

// tests makes the tests of a list, without their field; null in it equals nothing.
func (c *compiler) tests(x *expr, t Type) []*leaf {
	texts, nets, nums := &leaf{kind: isText}, &leaf{kind: isNet}, &leaf{kind: isNumber, op: opEqual}
	if x.op == opRegex {
		texts.kind = isRegex
	}
	for _, item := range x.kids[1:] {
		c.item(x, item, t)
		switch {
		case c.err != nil:
			return nil
		case item.op == opNull:
		case item.op == opInt, item.op == opFloat:
			nums.numbers = append(nums.numbers, item.number())
		case x.op == opRegex:
			c.regex(texts, x, item)
		case x.op != opIn || x.fold:
			texts.patterns = append(texts.patterns, pattern{wildcard(item.text, x.op != opIn, x.fold), item.text})
		case t == IP && isNetText(item.text):
			c.netItem(nets, item)
		default:
			c.exact(texts, item)
		}
	}
	return nonEmpty(texts, nets, nums)
}

func isNetText(s string) bool {
	_, ok := parseNet(s)
	return ok
}

func (c *compiler) netItem(l *leaf, item *expr) {
	n, _ := parseNet(item.text)
	l.nets = append(l.nets, netTest{n, item.text})
}

func (c *compiler) exact(l *leaf, item *expr) {
	if l.exact == nil {
		l.exact = make(map[string]bool)
	}
	l.exact[item.text] = true
}

func (c *compiler) regex(l *leaf, x, item *expr) {
	re, err := compileRegex(item.text, x.fold)
	if err != nil {
		c.fail(item.pos, "regular expression %s: %v", item, err)
		return
	}
	l.regexes = append(l.regexes, regexTest{re, item.text})
}

func nonEmpty(leaves ...*leaf) (out []*leaf) {
	for _, l := range leaves {
		if len(l.exact)+len(l.patterns)+len(l.regexes)+len(l.nets)+len(l.numbers) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// item checks the type of an item of a list.
func (c *compiler) item(x, item *expr, t Type) {
	switch {
	case !item.isLiteral():
		c.fail(item.pos, "%s: a field compares with constants only", item)
	case item.op == opNull && x.op == opIn:
	case x.op != opIn && item.op != opString:
		c.fail(item.pos, "%s takes texts, not %s: write %s", x.opName(), item, quote(item.text))
	case x.op != opIn && t.class() != texts && t.class() != anything:
		c.fail(x.pos, "%s takes texts, and %s is %s", x.opName(), x.kids[0], t)
	default:
		c.comparable(x, t.class(), classOf(item))
	}
}

func (x *expr) opName() string {
	if x.fold && x.op != opSeq {
		return opNames[x.op] + "~"
	}
	return opNames[x.op]
}

// wildcard compiles a text in which * is any run of characters and ? is one, also a line end or a slash. Neither can be
// escaped. Elasticsearch folds ASCII letters only; here all letters that have two cases are folded.
func wildcard(text string, wild, fold bool) *predicate.Pattern {
	if !wild {
		return predicate.Compile([]predicate.Part{{Text: text}}, fold)
	}
	var parts []predicate.Part
	for text != "" {
		n := strings.IndexAny(text, "*?")
		if n < 0 {
			n = len(text)
		}
		parts = append(parts, predicate.Part{Text: text[:n]})
		if text = text[n:]; text == "" {
			break
		}
		kind := predicate.Run
		if text[0] == '?' {
			kind = predicate.One
		}
		parts, text = append(parts, predicate.Part{Kind: kind}), text[1:]
	}
	return predicate.Compile(parts, fold)
}
