package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random expressions as text. What it makes is mostly accepted, and may be refused.
type generator struct {
	*rand.Rand
	b      strings.Builder
	groups int
	names  int
	level  level
	utf    bool
	behind int // lookbehinds that are open: what they look for has a fixed length
}

// level is what a generator uses.
type level int

const (
	levelRegular level = iota // what an automaton can do
	levelLooks                // lookarounds, atomic groups, backreferences, conditions
	levelAll                  // calls and verbs
)

// expression returns a random expression and options for it.
func expression(r *rand.Rand) (string, Flags) {
	g := generator{Rand: r, level: level(min(r.IntN(4), int(levelAll))), utf: r.IntN(5) == 0}
	g.alternatives(1 + r.IntN(4))
	var f Flags
	for _, o := range []Flags{CaseInsensitive, MultiLine, DotAll, Ungreedy, Extended, Extended | ExtendedMore, NoAutoCapture} {
		if r.IntN(8) == 0 {
			f |= o
		}
	}
	if g.utf {
		f |= UTF
	}
	return g.b.String(), f
}

func (g *generator) pick(all ...string) string { return all[g.IntN(len(all))] }

func (g *generator) alternatives(depth int) {
	for i := range 1 + g.IntN(3)*g.IntN(2) {
		if i > 0 {
			g.b.WriteByte('|')
		}
		g.sequence(depth)
	}
}

func (g *generator) sequence(depth int) {
	for range g.IntN(5) {
		if repeatable := g.item(depth); repeatable && g.IntN(3) == 0 {
			g.quantifier()
		}
	}
}

// item writes one item and reports whether it may be repeated.
func (g *generator) item(depth int) bool {
	switch n := g.IntN(20); {
	case n < 9 || depth == 0 && n < 14:
		g.character()
	case n < 12:
		g.b.WriteString(g.class())
	case n < 14 || depth == 0:
		g.b.WriteString(g.pick(`^`, `$`, `\b`, `\B`, `\A`, `\z`, `\Z`, `\G`, `(?i)`, `(?s)`, `(?m)`, `(?-i)`, `\K`, `(?U)`, `(?#x)`, `\Qa.\E`))
		return false
	case n < 16 || g.level == levelRegular:
		g.group(depth - 1)
	default:
		return g.irregular(depth - 1)
	}
	return true
}

// someChars are characters that UTF-8, case and classes treat each in its own way.
const someChars = "aakKbsS_1 \n\réÉßẞſKµ€ÿŸĀ߿ࠀ�😀\u2028\u00a0\u0085"

func (g *generator) character() {
	if g.utf {
		all := []rune(someChars)
		fmt.Fprintf(&g.b, g.pick(`\x{%x}`, `\N{U+%x}`), all[g.IntN(len(all))])
		return
	}
	c := someBytes[g.IntN(len(someBytes))]
	if g.IntN(8) == 0 {
		c = byte(g.IntN(256))
	}
	if g.IntN(30) == 0 {
		g.b.WriteString(g.pick(`\n`, `\t`, `\e`, `\cA`, `\0`, `\012`, `\x{b}`, `{`, `{,3}`, `\o{101}`, `\Q*\E`, `]`, `}`, `\/`, `\_`, `[\b]`, `[^\cA]`, ` # x`+"\n", `[ a]`))
		return
	}
	if c < ' ' || c > '~' || strings.IndexByte(`\.^$|()[]{}*+?# -`, c) >= 0 {
		fmt.Fprintf(&g.b, `\x%02x`, c)
		return
	}
	g.b.WriteByte(c)
}

func (g *generator) class() string {
	if g.utf && g.IntN(2) == 0 {
		return g.pick(`[é-ü]`, `[^é]`, `\p{L}`, `\p{Lu}`, `\P{N}`, `[\x{80}-\x{7ff}]`, `[[:alpha:]é]`, `[a-z]`, `[k-s]`, `[^a-zé\n]`, `[\x{800}-\x{10ffff}]`,
			`[^\x{80}-\x{ffff}]`, `[À-Þ]`, `\p{Ll}`, `\p{^Zs}`, `\x{e9}`)
	}
	switch g.IntN(6) {
	case 0, 1:
		return g.pick(`.`, `\d`, `\D`, `\w`, `\W`, `\s`, `\S`, `\h`, `\H`, `\v`, `\V`, `\N`, `\R`, `\X`, `\C`, `\p{L}`, `\pN`, `\P{Lu}`)
	case 2:
		return g.pick(`[[:alpha:]]`, `[[:^punct:]_]`, `[\w.]`, `[^\s]`, `[^\d\n]`, `[]a]`, `[^]a]`, `[a-]`, `[[:upper:]]`, `[\x80-\xff]`, `[a\Qb-\E]`)
	case 3:
		return g.pick(`[ab]`, `[^a]`, `[a-k]`, `[^\n]`, `[A_]`, `[\n\x0b]`, `[\s\S]`, `[^ab1]`)
	}
	lo := byte(g.IntN(250))
	return fmt.Sprintf(`[%s\x%02x-\x%02xa]`, g.pick("", "^"), lo, lo+byte(g.IntN(6)))
}

func (g *generator) quantifier() {
	if g.behind > 0 {
		g.b.WriteString(g.pick(`{1}`, `{2}`, `{3}`, `{2}?`, `{1}+`))
		return
	}
	q := g.pick(`*`, `+`, `?`, `{2}`, `{0,2}`, `{1,3}`, `{2,}`, `{1,}`, `*`, `+`, `?`, `{0,1}`)
	if g.IntN(200) == 0 {
		q = `{0}`
	}
	g.b.WriteString(q + g.pick(``, ``, `?`))
	if g.level > levelRegular && g.IntN(4) == 0 {
		s := strings.TrimSuffix(g.b.String(), "?")
		g.b.Reset()
		g.b.WriteString(s + "+")
	}
}

func (g *generator) group(depth int) {
	switch g.IntN(6) {
	case 0, 1:
		g.groups++
		g.in("(", depth)
	case 2:
		g.in(g.pick(`(?i:`, `(?s-i:`, `(?m:`, `(?x:`, `(?^:`), depth)
	case 3:
		if g.level == levelAll && g.names < 3 {
			g.groups++
			g.names++
			g.in(fmt.Sprintf(`(?<n%d>`, g.names), depth)
			return
		}
		g.groups++
		g.in("(", depth)
	default:
		g.in("(?:", depth)
	}
}

func (g *generator) in(open string, depth int) {
	g.b.WriteString(open)
	g.alternatives(max(depth, 0))
	g.b.WriteByte(')')
}

func (g *generator) irregular(depth int) bool {
	switch n := g.IntN(12); {
	case n < 2:
		g.in(g.pick(`(?=`, `(?!`, `(?*`), depth)
	case n < 3:
		g.behind++
		g.in(g.pick(`(?<=`, `(?<!`), depth)
		g.behind--
	case n < 5:
		g.in(`(?>`, depth)
	case n < 7:
		g.reference()
	case n < 8:
		g.condition(depth)
	case n < 9 || g.level != levelAll:
		g.in(g.pick(`(?|`, `(?=`, `(?>`), depth)
	case n < 10:
		g.call()
	default:
		g.b.WriteString(g.pick(`(*COMMIT)`, `(*PRUNE)`, `(*SKIP)`, `(*THEN)`, `(*THEN)`, `(*F)`, `(*ACCEPT)`, `(*MARK:a)`, `(*SKIP:a)`, `(*:b)`, `(*SKIP:b)`, `(*PRUNE:a)`))
		return false
	}
	return true
}

func (g *generator) reference() {
	n := g.groups + g.IntN(2)
	if n == 0 {
		g.character()
		return
	}
	n = 1 + g.IntN(n)
	if g.names > 0 && g.IntN(3) == 0 {
		name := 1 + g.IntN(g.names)
		g.b.WriteString(g.pick(fmt.Sprintf(`\k<n%d>`, name), fmt.Sprintf(`(?P=n%d)`, name), fmt.Sprintf(`\g{n%d}`, name)))
		return
	}
	g.b.WriteString(g.pick(fmt.Sprintf(`\%d`, n), fmt.Sprintf(`\g{%d}`, n), fmt.Sprintf(`(?i:\%d)`, n)))
	if g.IntN(3) == 0 {
		g.b.WriteString(`(?:)`)
	}
}

func (g *generator) condition(depth int) {
	switch {
	case g.names > 0 && g.IntN(3) == 0:
		g.b.WriteString(g.pick(`(?(<n1>)`, `(?('n1')`, `(?(n1)`, `(?(R&n1)`))
	case g.groups > 0 && g.IntN(2) == 0:
		fmt.Fprintf(&g.b, `(?(%d)`, 1+g.IntN(g.groups))
	case g.level == levelAll && g.IntN(3) == 0:
		g.b.WriteString(g.pick(`(?(R)`, `(?(R1)`, `(?(DEFINE)`))
	default:
		g.b.WriteString(g.pick(`(?(?=`, `(?(?!`))
		g.alternatives(max(depth, 0))
		g.b.WriteByte(')')
	}
	g.sequence(max(depth, 0))
	if g.IntN(2) == 0 {
		g.b.WriteByte('|')
		g.sequence(max(depth, 0))
	}
	g.b.WriteByte(')')
}

func (g *generator) call() {
	switch n := 1 + g.IntN(max(1, g.groups+g.IntN(2))); {
	case g.names > 0 && g.IntN(3) == 0:
		g.b.WriteString(g.pick(`(?&n1)`, `(?P>n1)`, `\g<n1>`))
		return
	case g.groups > 0 && g.IntN(3) == 0:
		g.b.WriteString(g.pick(`(?-1)`, `(?+1)`, `\g<-1>`, `\g'1'`))
		return
	case g.groups > 0:
		fmt.Fprintf(&g.b, `(?%d)`, n)
		return
	}
	g.b.WriteString(`(?R)`)
}

// textFor returns a random subject of characters.
func textFor(r *rand.Rand) string {
	all := []rune(someChars)
	b := make([]rune, r.IntN(10))
	for i := range b {
		b[i] = all[r.IntN(len(all))]
		if r.IntN(8) == 0 {
			b[i] = rune(r.IntN(0x3000))
		}
	}
	return string(b)
}

// subjectFor returns a random subject: of the bytes that matter, and of those of the expression.
func subjectFor(r *rand.Rand, expr string) string {
	b := make([]byte, r.IntN(16))
	for i := range b {
		switch n := r.IntN(8); {
		case n == 0 && expr != "":
			b[i] = expr[r.IntN(len(expr))]
		case n == 1:
			b[i] = byte(r.IntN(256))
		case n == 2 && i > 0:
			b[i] = b[r.IntN(i)]
		default:
			b[i] = someBytes[r.IntN(len(someBytes))]
		}
	}
	if r.IntN(6) == 0 {
		b = append(b, '\n')
	}
	return string(b)
}
