package eql

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// wish is what an event should have so that a condition holds: tests that a field must pass, and tests that it must not.
// Where a query leaves a choice, chance makes it; who wishes tries again until the rule fires.
type wish struct {
	p     *program
	r     *rand.Rand
	yes   map[string][]*leaf
	no    map[string][]*leaf
	fixed map[string]string
}

func newWish(p *program, r *rand.Rand, c *cond) *wish {
	w := &wish{p: p, r: r, yes: map[string][]*leaf{}, no: map[string][]*leaf{}, fixed: map[string]string{}}
	w.solve(c, true)
	return w
}

// solve wishes that c is true, or false.
func (w *wish) solve(c *cond, want bool) {
	switch {
	case c.op == condNot:
		w.solve(c.kids[0], !want)
	case c.op == condLeaf && w.p.leaves[c.leaf].kind == isExpression: // is left to luck
	case c.op == condLeaf && want:
		l := w.p.leaves[c.leaf]
		w.yes[l.name] = append(w.yes[l.name], l)
	case c.op == condLeaf:
		l := w.p.leaves[c.leaf]
		w.no[l.name] = append(w.no[l.name], l)
	case (c.op == condAnd) == want:
		for _, k := range c.kids {
			w.solve(k, want)
		}
	case len(c.kids) > 0:
		w.solve(c.kids[w.r.IntN(len(c.kids))], want)
	}
}

func (w *wish) asked(prefixes ...string) bool {
	for name := range w.yes {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return true
		}
	}
	return false
}

// value returns a value for a field of one value: one that passes as many tests as chance finds, or a default.
func (w *wish) value(name string, defaults ...string) string {
	if v, ok := w.fixed[name]; ok {
		return v
	}
	all := slices.Clone(defaults)
	if len(w.yes[name]) > 0 {
		all = append(w.texts(name), all...)
		joined := strings.Join(w.texts(name), " ")
		all = append(all, joined)
	}
	for _, v := range all {
		if w.passes(name, v) {
			return v
		}
	}
	return all[0]
}

func (w *wish) passes(name, v string) bool {
	for _, l := range w.yes[name] {
		if _, ok := l.test(v); !ok {
			return false
		}
	}
	for _, l := range w.no[name] {
		if _, ok := l.test(v); ok {
			return false
		}
	}
	return true
}

// texts returns a text for each test that a field must pass.
func (w *wish) texts(name string) (out []string) {
	for _, l := range w.yes[name] {
		if l.kind == isPresent {
			continue
		}
		for range 20 {
			v := w.text(l)
			if !slices.ContainsFunc(w.no[name], func(l *leaf) bool { _, ok := l.test(v); return ok }) {
				out = append(out, v)
				break
			}
		}
	}
	return out
}

// text returns a text that passes one test.
func (w *wish) text(l *leaf) string {
	var all []string
	for v := range l.exact {
		all = append(all, v)
	}
	slices.Sort(all)
	for i := range l.patterns {
		all = append(all, w.fill(l.patterns[i].words, l.words))
	}
	for i := range l.regexes {
		if re, err := syntax.Parse(l.regexes[i].words, syntax.Perl); err == nil {
			all = append(all, w.sample(re))
		}
	}
	for _, n := range l.nets {
		all = append(all, n.net.Addr().Next().String())
	}
	for _, n := range l.numbers {
		i := n.n + map[op]int64{opLess: -1, opGreater: 1}[l.op]
		all = append(all, strconv.FormatInt(i, 10))
	}
	if len(all) == 0 {
		return map[leafKind]string{isOrder: l.text}[l.kind] + "zq"
	}
	return all[w.r.IntN(len(all))]
}

// fill writes something in the place of wildcards.
func (w *wish) fill(pattern, words string) string {
	switch call, _, ok := strings.Cut(words, "("); {
	case ok && strings.HasPrefix(call, "startsWith"):
		return pattern + "zq"
	case ok && strings.HasPrefix(call, "endsWith"):
		return "zq" + pattern
	case ok && strings.HasPrefix(call, "in~"):
		return pattern
	}
	run := []string{"", "zq", "z/q", " zq "}[w.r.IntN(4)]
	return strings.ReplaceAll(strings.ReplaceAll(pattern, "*", run), "?", "z")
}

func (w *wish) sample(re *syntax.Regexp) string {
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(re.Rune[2*w.r.IntN(len(re.Rune)/2)])
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "z"
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			b.WriteString(w.sample(sub))
		}
	case syntax.OpAlternate:
		return w.sample(re.Sub[w.r.IntN(len(re.Sub))])
	case syntax.OpCapture, syntax.OpPlus:
		return w.sample(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		if w.r.IntN(2) == 0 {
			return w.sample(re.Sub[0])
		}
	case syntax.OpRepeat:
		for range max(1, re.Min) {
			b.WriteString(w.sample(re.Sub[0]))
		}
	}
	return b.String()
}

// file returns a path for the fields that a family has: its path, and parts of it.
func (w *wish) file(whole, name, directory, extension, otherwise string) string {
	v := w.value(whole, otherwise)
	if len(w.yes[name]) > 0 || w.fixed[name] != "" {
		dir := path.Dir(v)
		if len(w.yes[whole]) == 0 && w.fixed[whole] == "" {
			dir = []string{"/zq", "/usr/bin", "/tmp", "/etc"}[w.r.IntN(4)]
		}
		if base := w.value(name, "zq"); !w.passes(whole, v) || path.Base(v) != base {
			v = strings.TrimSuffix(dir, "/") + "/" + base
		}
	}
	if len(w.yes[directory]) > 0 {
		v = w.value(directory, "/zq") + "/" + path.Base(v)
	}
	if len(w.yes[extension]) > 0 && !w.passes(extension, strings.TrimPrefix(path.Ext(v), ".")) {
		v = strings.TrimSuffix(v, path.Ext(v)) + "." + w.value(extension, "zq")
	}
	if v == "" || v[0] != '/' {
		v = "/" + v
	}
	return v
}

// argv returns arguments with each that is asked for, and a command line as it is asked for.
func (w *wish) argv(args, line, count, exe string) []string {
	var out []string
	texts := w.texts(args)
	w.r.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	lines := w.yes[line]
	switch {
	case len(lines) > 0 && len(texts) == 0:
		out = strings.Split(w.value(line, "zq"), " ")
	case len(lines) > 0:
		out = append([]string{path.Base(exe)}, texts...)
		out = append(out, w.texts(line)...)
	case len(texts) > 0 && w.r.IntN(2) == 0:
		out = texts
	default:
		out = append([]string{path.Base(exe)}, texts...)
	}
	if len(w.yes[count]) > 0 {
		n, _ := strconv.Atoi(w.value(count, "1"))
		for len(out) < n {
			out = append(out, "zq")
		}
	}
	return out
}

// address returns an address that is asked for.
func (w *wish) address(name string) netip.Addr {
	a, err := netip.ParseAddr(w.value(name, "203.0.113.7", "10.9.8.7", "127.0.0.1", "2001:db8::1", "93.184.216.34"))
	if err != nil {
		return netip.MustParseAddr("203.0.113.7")
	}
	return a
}

func (w *wish) number(name, otherwise string, base int) string {
	v := w.value(name, otherwise, "0", "1", "1000")
	if _, err := strconv.ParseUint(v, base, 64); err != nil {
		return otherwise
	}
	return v
}

func (w *wish) String() string { return fmt.Sprintf("yes %v, no %v", len(w.yes), len(w.no)) }
