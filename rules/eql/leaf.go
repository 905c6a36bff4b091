package eql

import (
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
)

// leaf is one test. That of one field is true if any of its values passes. That of an expression is true if the
// expression is for some choice of one value for each field in it: two mentions of a field mean the same value.
type leaf struct {
	kind  leafKind
	field int    // of all but isExpression
	name  string // of the field
	words string // the test as it is written in a query; equal for leaves that test the same

	exact    map[string]bool // of isText: the value is one of these,
	patterns []pattern       // or matches one of these
	regexes  []regexTest
	// undecided is how often one of regexes took more steps than it may.
	undecided atomic.Uint64
	nets      []netTest
	op        op      // of isNumber and isOrder
	numbers   []value // of isNumber: with any of these
	text      string  // of isOrder
	node      node    // of isExpression
	fields    []int   // that decide it: field, or those that node reads
	ofKind    bool    // it asks what kind of event it is
}

type leafKind uint8

const (
	isPresent leafKind = iota
	isText
	isRegex
	isNet
	isNumber
	isOrder // of texts
	isExpression
)

type pattern struct {
	pat   *predicate.Pattern
	words string
}

type regexTest struct {
	re    *regex.Regexp
	words string
}

type netTest struct {
	net   netip.Prefix
	words string
}

func (l *leaf) holds(sc *scratch) bool {
	if l.kind == isExpression {
		return l.choose(sc)
	}
	values := sc.values(l.field)
	if l.kind == isPresent {
		return len(values) > 0
	}
	for _, v := range values {
		if _, ok := l.test(v, &sc.regex); ok {
			return true
		}
	}
	return false
}

// test reports whether a value passes, and by which words of the query. sc may be nil.
func (l *leaf) test(v string, sc *regex.Scratch) (words string, ok bool) {
	switch l.kind {
	case isPresent:
		return l.words, true
	case isText:
		return l.testText(v)
	case isRegex:
		for i := range l.regexes {
			switch l.regexes[i].re.Match(v, sc) {
			case regex.Yes:
				return l.regexes[i].words, true
			case regex.Undecided:
				l.undecided.Add(1)
			}
		}
	case isNet:
		return l.testNet(v)
	case isNumber:
		return l.words, l.testNumber(v)
	case isOrder:
		return l.words, holdsFor(l.op, order(v, l.text))
	}
	return "", false
}

func (l *leaf) testText(v string) (string, bool) {
	if l.exact[v] {
		return v, true
	}
	for i := range l.patterns {
		if l.patterns[i].pat.Match(v) {
			return l.patterns[i].words, true
		}
	}
	return "", false
}

func (l *leaf) testNet(v string) (string, bool) {
	a, ok := parseAddr(v)
	if !ok {
		return "", false
	}
	for i := range l.nets {
		if l.nets[i].net.Contains(a) {
			return l.nets[i].words, true
		}
	}
	return "", false
}

func (l *leaf) testNumber(v string) bool {
	n, ok := parseNumber(v)
	if !ok {
		return false
	}
	for _, m := range l.numbers {
		if c, ok := compare(n, m); ok && holdsFor(l.op, c) {
			return true
		}
	}
	return false
}

// holdsFor tells what a comparison says of an order.
func holdsFor(o op, c int) bool {
	switch o {
	case opEqual:
		return c == 0
	case opUnequal:
		return c != 0
	case opLess:
		return c < 0
	case opLessEqual:
		return c <= 0
	case opGreater:
		return c > 0
	}
	return c >= 0
}

// parseAddr looks at the form first, since an error of ParseAddr allocates.
func parseAddr(v string) (netip.Addr, bool) {
	if len(v) < 2 || len(v) > 64 || !strings.ContainsAny(v, ".:") || strings.ContainsAny(v[:1], "/ghijklmnopqrstuvwxyz") {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(v)
	return a.Unmap().WithZone(""), err == nil
}

// maxChoices bounds the choices for an expression with several fields. One alone may have more values.
const maxChoices = 1 << 12

// choose looks for a choice of values for which the expression is true.
func (l *leaf) choose(sc *scratch) bool {
	for _, f := range l.fields {
		sc.picks[f] = 0
	}
	for n := 0; n < maxChoices || len(l.fields) == 1; n++ {
		if l.node.eval(sc).isTrue() {
			return true
		}
		if !l.nextChoice(sc) {
			break
		}
	}
	return false
}

// nextChoice moves on like an odometer; false after the last choice.
func (l *leaf) nextChoice(sc *scratch) bool {
	for _, f := range l.fields {
		if sc.picks[f]++; sc.picks[f] < len(sc.values(f)) {
			return true
		}
		sc.picks[f] = 0
	}
	return false
}
