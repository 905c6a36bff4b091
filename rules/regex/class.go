package regex

import "slices"

// class is a set of characters: code points with UTF, else bytes.
type class struct {
	ranges []span
}

type span struct{ lo, hi rune }

func (k *class) add(lo, hi rune) { k.ranges = append(k.ranges, span{lo, hi}) }

// addChar adds c, in both cases if p ignores case.
func (k *class) addChar(p *parser, c rune) { k.addRange(p, c, c) }

func (k *class) addRange(p *parser, lo, hi rune) {
	k.add(lo, hi)
	if !p.has(CaseInsensitive) {
		return
	}
	if p.has(UTF) {
		k.foldRunes(lo, hi)
		return
	}
	k.shift(lo, hi, 'a', 'A')
	k.shift(lo, hi, 'A', 'a')
}

// shift adds, for the letters between lo and hi of the case that begins with from, those of the other.
func (k *class) shift(lo, hi, from, to rune) {
	lo, hi = max(lo, from), min(hi, from+25)
	if lo <= hi {
		k.add(lo-from+to, hi-from+to)
	}
}

func (k *class) addClass(other *class) { k.ranges = append(k.ranges, other.ranges...) }

// top is the last character that there is.
func (p *parser) top() rune {
	if p.has(UTF) {
		return 0x10ffff
	}
	return 0xff
}

// sorted makes the ranges ascending and disjoint.
func (k *class) sorted() {
	slices.SortFunc(k.ranges, func(a, b span) int { return int(a.lo - b.lo) })
	out := k.ranges[:0]
	for _, s := range k.ranges {
		if n := len(out); n > 0 && s.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, s.hi)
		} else {
			out = append(out, s)
		}
	}
	k.ranges = out
}

func (k *class) negate(p *parser) {
	k.sorted()
	var out []span
	from := rune(0)
	for _, s := range k.ranges {
		if s.lo > from {
			out = append(out, span{from, s.lo - 1})
		}
		from = s.hi + 1
	}
	if from <= p.top() {
		out = append(out, span{from, p.top()})
	}
	k.ranges = out
}

// classNode is one character of k.
func (p *parser) classNode(k *class) *node {
	if p.has(UTF) {
		return p.utf8Node(k)
	}
	n := p.node(opSet)
	n.set = new(set)
	for _, s := range k.ranges {
		n.set.addRange(byte(s.lo), byte(s.hi))
	}
	return n
}

// named are the classes that have a name, without UTF and in the C locale.
var named = map[string]string{ // pairs of first and last bytes
	"alpha": "AZaz", "lower": "az", "upper": "AZ", "alnum": "09AZaz", "ascii": "\x00\x7f", "blank": "\t\t  ",
	"cntrl": "\x00\x1f\x7f\x7f", "digit": "09", "graph": "!~", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ",
	"word": "09AZ__az", "xdigit": "09AFaf",
	`\h`: "\t\t  \xa0\xa0", `\v`: "\n\r\x85\x85",
}

// addNamed adds the class name of the table above.
func (k *class) addNamed(name string) {
	s := named[name]
	for i := 0; i < len(s); i += 2 {
		k.add(rune(s[i]), rune(s[i+1]))
	}
}
