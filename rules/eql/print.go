package eql

import (
	"fmt"
	"strconv"
	"strings"
)

// String is the query in its plainest form; it parses to the same query.
func (q *query) String() string {
	var b strings.Builder
	if q.kind == eventQuery {
		q.terms[0].print(&b)
	} else {
		q.printTerms(&b)
	}
	for _, p := range q.pipes {
		b.WriteString(" | " + p.name + " ")
		p.n.print(&b, levelOr)
	}
	return b.String()
}

func (q *query) printTerms(b *strings.Builder) {
	b.WriteString([...]string{sequenceQuery: "sequence", sampleQuery: "sample"}[q.kind])
	printBy(b, q.by)
	if q.span != "" {
		b.WriteString(" with maxspan=" + q.span)
	}
	for i := range q.terms {
		q.terms[i].printBracketed(b)
	}
	if q.until != nil {
		b.WriteString(" until")
		q.until.printBracketed(b)
	}
}

func printBy(b *strings.Builder, by []*expr) {
	for i, x := range by {
		b.WriteString([...]string{" by ", ", "}[min(i, 1)])
		x.print(b, levelPrimary)
	}
}

func (t *term) printBracketed(b *strings.Builder) {
	b.WriteString(" ")
	if t.missing {
		b.WriteString("!")
	}
	b.WriteString("[")
	t.print(b)
	b.WriteString("]")
	printBy(b, t.by)
	if t.runs > 0 {
		fmt.Fprintf(b, " with runs=%d", t.runs)
	}
}

func (t *term) print(b *strings.Builder) {
	switch {
	case t.any:
		b.WriteString("any")
	case isName(t.category):
		b.WriteString(t.category)
	default:
		printString(b, t.category)
	}
	b.WriteString(" where ")
	t.cond.print(b, levelOr)
}

// levels say what binds tighter.
const (
	levelOr = iota
	levelAnd
	levelNot
	levelComparison
	levelSum
	levelProduct
	levelUnary
	levelPostfix
	levelPrimary
)

func (x *expr) level() int {
	switch {
	case x.op == opOr:
		return levelOr
	case x.op == opAnd:
		return levelAnd
	case x.op == opNot:
		return levelNot
	case x.isComparison():
		return levelComparison
	case x.op == opAdd, x.op == opSub:
		return levelSum
	case x.op == opMul, x.op == opDiv, x.op == opMod:
		return levelProduct
	case x.op == opNeg, strings.HasPrefix(x.text, "-") && x.isLiteral() && x.op != opString:
		return levelUnary
	case x.op >= opIn && x.op <= opRegex:
		return levelPostfix
	}
	return levelPrimary
}

// String is the expression as print writes it.
func (x *expr) String() string {
	var b strings.Builder
	x.print(&b, levelOr)
	return b.String()
}

// print writes x where only what binds at least as tightly as level may stand without parentheses.
func (x *expr) print(b *strings.Builder, level int) {
	own := x.level()
	if own < level {
		b.WriteString("(")
		defer b.WriteString(")")
	}
	switch {
	case own == levelPrimary || own == levelUnary && x.op != opNeg:
		x.printPrimary(b)
	case own == levelPostfix:
		x.printPostfix(b)
	case own == levelNot:
		b.WriteString("not ")
		x.kids[0].print(b, levelNot)
	case own == levelUnary:
		b.WriteString("-")
		x.kids[0].print(b, levelPostfix)
	default:
		x.printInfix(b, own)
	}
}

// printInfix writes operands with their operator between. Of sums and products the left one may be of the same level.
func (x *expr) printInfix(b *strings.Builder, own int) {
	for i, k := range x.kids {
		inner := own + 1
		if i > 0 {
			b.WriteString(" " + opNames[x.op] + " ")
		} else if own == levelSum || own == levelProduct {
			inner = own
		}
		k.print(b, inner)
	}
}

func (x *expr) printPostfix(b *strings.Builder) {
	x.kids[0].print(b, levelPrimary)
	if x.neg {
		b.WriteString(" not")
	}
	b.WriteString(" " + opNames[x.op])
	if x.fold && x.op != opSeq {
		b.WriteString("~")
	}
	b.WriteString(" (")
	printList(b, x.kids[1:])
}

func printList(b *strings.Builder, list []*expr) {
	for i, k := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		k.print(b, levelOr)
	}
	b.WriteString(")")
}

func (x *expr) printPrimary(b *strings.Builder) {
	switch x.op {
	case opNull:
		b.WriteString("null")
	case opString:
		printString(b, x.text)
	case opField:
		if x.opt {
			b.WriteString("?")
		}
		for i, part := range x.path {
			if i > 0 {
				b.WriteString(".")
			}
			printName(b, part)
		}
	case opCall:
		b.WriteString(x.text)
		if x.fold {
			b.WriteString("~")
		}
		b.WriteString("(")
		printList(b, x.kids)
	default:
		b.WriteString(x.text)
	}
}

func isName(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) || i > 0 && s[i] == '@' {
			return false
		}
	}
	return s != "" && !isDigit(s[0]) && !keywords[s]
}

func printName(b *strings.Builder, s string) {
	if isName(s) {
		b.WriteString(s)
		return
	}
	b.WriteString("`" + strings.ReplaceAll(s, "`", "``") + "`")
}

func printString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '"', '\\':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// number returns the value of a number.
func (x *expr) number() value {
	if x.op == opInt {
		if n, err := strconv.ParseInt(x.text, 10, 64); err == nil {
			return intValue(n)
		}
	}
	f, _ := strconv.ParseFloat(x.text, 64)
	return floatValue(f)
}
