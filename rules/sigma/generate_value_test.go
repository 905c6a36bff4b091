package sigma

import (
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// fragment is a text that a test wants in a value, and where it may stand there.
type fragment struct {
	text        string
	begin, more bool // text may follow another, may be followed
}

// fill says what stands where a rule leaves a choice.
type fill struct {
	run string // for *
	alt int    // which of the alternatives of a regular expression, and how many more than it needs
}

var fills = []fill{{"x", 0}, {"", 1}, {"x/x", 2}, {" x ", 3}}

// fragment makes a text that passes the test, and finds out by asking the test where it may stand.
func (l *leaf) fragment(f fill) (fragment, bool) {
	for _, text := range l.texts(f) {
		if !l.test(text, new(scratch)) {
			continue
		}
		g := fragment{text: text}
		for _, pad := range []string{"zq", " ", "/"} {
			g.begin = g.begin || l.test(pad+text, new(scratch))
			g.more = g.more || l.test(text+pad, new(scratch))
		}
		return g, true
	}
	return fragment{}, false
}

func (l *leaf) texts(f fill) []string {
	switch l.kind {
	case isText, isNumber:
		lits := []string{fillParts(parseText(l.words), f)}
		for _, n := range l.pat.Literals() { // all that is left of what was encoded
			lits = append(lits, n.Text)
		}
		return lits
	case isRegexp:
		re, err := syntax.Parse(l.re.String(), syntax.Perl)
		if err != nil {
			return nil
		}
		return []string{sample(re, f.alt)}
	case isNet:
		return []string{l.net.Addr().Next().String(), l.net.Addr().String()}
	}
	n := strings.TrimSuffix(strconv.FormatFloat(l.num.f, 'f', -1, 64), ".0")
	return []string{n, strconv.FormatFloat(l.num.f+1, 'f', -1, 64), strconv.FormatFloat(l.num.f-1, 'f', -1, 64)}
}

func fillParts(parts []predicate.Part, f fill) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(map[predicate.Kind]string{predicate.Literal: p.Text, predicate.Run: f.run, predicate.One: "x"}[p.Kind])
	}
	return b.String()
}

// sample returns a text that a regular expression matches, mostly: a word boundary is left to luck.
func sample(re *syntax.Regexp, alt int) string {
	var b strings.Builder
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		return string(member(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			b.WriteString(sample(sub, alt))
		}
	case syntax.OpAlternate:
		return sample(re.Sub[alt%len(re.Sub)], alt)
	case syntax.OpCapture:
		return sample(re.Sub[0], alt)
	case syntax.OpPlus:
		return strings.Repeat(sample(re.Sub[0], alt), 1+alt)
	case syntax.OpRepeat:
		n := re.Min + alt
		if re.Max >= 0 {
			n = min(n, re.Max)
		}
		return strings.Repeat(sample(re.Sub[0], alt), n)
	case syntax.OpStar, syntax.OpQuest:
		return strings.Repeat(sample(re.Sub[0], alt), min(alt, 1))
	}
	return b.String()
}

// member returns one of a class: of the ranges lo, hi, lo, hi.
func member(ranges []rune) rune {
	for _, c := range "x1a /-" {
		for i := 0; i < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				return c
			}
		}
	}
	return ranges[0]
}

// frame is what stands before, between and after fragments.
type frame struct{ lead, joint, trail string }

// frames are those that look best for a field, then the others.
func frames(field string) []frame {
	switch field {
	case "CommandLine", "ParentCommandLine", "GrandparentCommandLine", "cmdline", "proctitle":
		return []frame{{"", " ", ""}, {"zq", " ", ""}, {"zq", " ", " zq"}, {"zq", "", "zq"}, {"", "", ""}}
	case "Image", "ParentImage", "GrandparentImage", "TargetFilename", "CurrentDirectory", "exe", "cwd":
		return []frame{{"", "", ""}, {"", "", "x"}, {"", "x", "x"}, {"/zq/x", "", ""}, {"/zq/x", "x", "x"}, {"/zq/", "/", "/x"}, {"/zq/x", "", "x"}}
	}
	return []frame{{"", "", ""}, {"", "x", ""}, {"zq", "", "zq"}, {"zq ", " ", " zq"}, {"/zq", "/", "/zq"}}
}

// odd reports whether no kernel would write a value of a field so, if there is another choice.
func odd(field, value string) bool {
	switch field {
	case "Image", "ParentImage", "GrandparentImage", "TargetFilename", "CurrentDirectory", "exe", "cwd":
		return !strings.HasPrefix(value, "/") || len(value) > 1 && strings.HasSuffix(value, "/")
	case "CommandLine", "ParentCommandLine":
		return strings.HasPrefix(value, " ") || value == ""
	}
	return false
}

// oneValue returns a value that passes all of the tests yes and none of the tests no.
func oneValue(field string, yes, no []*leaf) (value string, ok bool) {
	for _, tolerant := range []bool{false, true} {
		for _, f := range fills {
			for _, fr := range frames(field) {
				v, ok := assembleValue(yes, f, fr)
				if ok && passes(v, yes, no) && (tolerant || !odd(field, v)) {
					return v, true
				}
			}
		}
	}
	return "", false
}

func passes(v string, yes, no []*leaf) bool {
	for _, l := range yes {
		if !l.test(v, new(scratch)) {
			return false
		}
	}
	for _, l := range no {
		if l.test(v, new(scratch)) {
			return false
		}
	}
	return true
}

// assembleValue puts the fragments in a row: what must begin the value, what may stand anywhere, what must end it.
func assembleValue(yes []*leaf, f fill, fr frame) (string, bool) {
	var first, last string
	var middle []string
	for _, l := range yes {
		g, ok := l.fragment(f)
		switch {
		case !ok:
			return "", false
		case !g.begin && !g.more:
			return g.text, true
		case !g.begin:
			first = longer(first, g.text)
		case !g.more:
			last = longer(last, g.text)
		default:
			middle = append(middle, g.text)
		}
	}
	if first == "" {
		first = fr.lead
	} else if len(middle) > 0 {
		first += fr.joint
	}
	if last == "" {
		last = fr.trail
	} else if len(middle) > 0 {
		last = fr.joint + last
	}
	return first + strings.Join(middle, fr.joint) + last, true
}

func longer(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}
