package sigma

import (
	"net/netip"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
)

// leaf is one test of one field. It is true if any value of the field passes; the tests of absence
// look at the values as a whole.
type leaf struct {
	field int      // index in Engine.fields
	kind  leafKind // which of the following is set
	pat   *predicate.Pattern
	re    *regex.Regexp
	net   netip.Prefix
	num   number
	part  timePart // of a time, instead of the value as a number
	other int      // field of a fieldref
	how   string   // of a fieldref: "", contains, startswith, endswith
	cased bool     // of a fieldref
	name  string   // of the field
	verb  string   // of isText: contains, starts with, ends with, is, is like
	words string   // what the rule asks for, as it is written there
	key   string   // equal for leaves that test the same; "" if there is no such form
}

type leafKind uint8

const (
	isAbsent leafKind = iota
	isPresent
	isText
	isNumber
	isRegexp
	isNet
	isLess
	isLessEqual
	isGreater
	isGreaterEqual
	isOther
	isEqual // as a number
)

// holds reports whether the leaf is true for the values of its field.
func (l *leaf) holds(sc *scratch, e *Engine) bool {
	values := sc.values(e, l.field)
	switch l.kind {
	case isAbsent:
		return len(values) == 0
	case isPresent:
		return len(values) > 0
	}
	return l.find(sc, e, values) >= 0
}

// find returns the index of the first value that passes, or -1.
func (l *leaf) find(sc *scratch, e *Engine, values []string) int {
	for i, v := range values {
		if l.kind == isOther && l.anyEqual(v, sc.values(e, l.other)) || l.kind != isOther && l.test(v, sc) {
			return i
		}
	}
	return -1
}

// test asks about one value. Of sc it uses what expressions need.
func (l *leaf) test(v string, sc *scratch) bool {
	switch l.kind {
	case isText:
		return l.pat.Match(v)
	case isRegexp:
		return sc.search(l.re, v)
	case isNet:
		return inNet(l.net, v)
	case isNumber:
		if l.pat.Match(v) {
			return true
		}
	}
	return l.compare(v)
}

func (l *leaf) compare(v string) bool {
	n, ok := l.part.number(v)
	if !ok {
		return false
	}
	c := n.compare(l.num)
	switch l.kind {
	case isLess:
		return c < 0
	case isLessEqual:
		return c <= 0
	case isGreater:
		return c > 0
	case isGreaterEqual:
		return c >= 0
	default:
		return c == 0
	}
}

func (l *leaf) anyEqual(v string, others []string) bool {
	for _, o := range others {
		if related(v, o, l.how, !l.cased) {
			return true
		}
	}
	return false
}

// inNet looks at the form first, since an error of ParseAddr allocates.
func inNet(p netip.Prefix, v string) bool {
	if v == "" || len(v) > 64 || !strings.ContainsAny(v, ".:") || strings.ContainsAny(v[:1], "/ghijklmnopqrstuvwxyz") {
		return false
	}
	a, err := netip.ParseAddr(v)
	return err == nil && p.Contains(a.Unmap().WithZone(""))
}
