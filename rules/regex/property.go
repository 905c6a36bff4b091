package regex

import (
	"strings"
	"unicode"
)

// property reads \p{name} and \P{name}.
func (p *parser) property() *class {
	at := p.at
	negated := p.ahead(1) == 'P'
	p.at += 2
	name := p.propertyName(at)
	if rest, ok := strings.CutPrefix(name, "^"); ok {
		name, negated = rest, !negated
	}
	k := p.propertyClass(name)
	if k == nil {
		p.fail(at, "property %q is not known, or not supported", name)
	}
	if negated {
		k.negate(p)
	}
	return k
}

// propertyName reads a letter or a name in braces. Case, blanks, _ and - do not count.
func (p *parser) propertyName(at int) string {
	if isLetter(p.next()) {
		p.at++
		return strings.ToLower(p.expr[p.at-1 : p.at])
	}
	end := strings.IndexByte(p.expr[p.at:], '}')
	if p.next() != '{' || end < 0 {
		p.fail(at, `malformed \P or \p`)
	}
	name := p.expr[p.at+1 : p.at+end]
	p.at += end + 1
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", "\t", "").Replace(name))
}

// propertyClass returns the characters of a general category or one of PCRE2's own properties; nil if it is none.
func (p *parser) propertyClass(name string) *class {
	var k class
	switch name {
	case "any":
		k.add(0, p.top())
	case "l&":
		k.addTables(p, unicode.Lu, unicode.Ll, unicode.Lt)
	case "xan":
		k.addTables(p, unicode.L, unicode.N)
	case "xwd":
		k.addTables(p, unicode.L, unicode.N)
		k.add('_', '_')
	case "xsp", "xps":
		k.addTables(p, unicode.Z)
		k.addNamed("space")
		k.add(0x85, 0x85)
	default:
		if len(name) > 2 || name == "" {
			return nil
		}
		table := unicode.Categories[strings.ToUpper(name[:1])+name[1:]]
		if table == nil || name == "lc" {
			return nil
		}
		k.addTables(p, table)
	}
	k.sorted()
	return &k
}

// addTables adds the characters of tables that p can match.
func (k *class) addTables(p *parser, tables ...*unicode.RangeTable) {
	for _, t := range tables {
		for _, r := range t.R16 {
			k.addStride(p, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			k.addStride(p, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
}

func (k *class) addStride(p *parser, lo, hi, stride rune) {
	for c := lo; stride > 1 && c <= min(hi, p.top()); c += stride {
		k.add(c, c)
	}
	if stride == 1 && lo <= p.top() {
		k.add(lo, min(hi, p.top()))
	}
}
