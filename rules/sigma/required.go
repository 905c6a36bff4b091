package sigma

import (
	"regexp/syntax"
	"unicode/utf8"
)

// requiredLiterals returns texts of which every match of a regular expression has one, letters in either case; nil if
// none are easily seen.
func requiredLiterals(re string) []string {
	parsed, err := syntax.Parse(re, syntax.Perl)
	if err != nil {
		return nil
	}
	set, _ := required(parsed.Simplify())
	if shortest(set) == 0 {
		return nil
	}
	return set
}

// maxLiterals bounds a set of alternatives.
const maxLiterals = 16

// required returns the set for a part; exact if the part matches these texts and no others.
func required(re *syntax.Regexp) (set []string, exact bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, true
	case syntax.OpCharClass:
		return classOf(re.Rune)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpCapture:
		return required(re.Sub[0])
	case syntax.OpPlus:
		set, _ = required(re.Sub[0])
		return set, false
	case syntax.OpConcat:
		return requiredAll(re.Sub)
	case syntax.OpAlternate:
		return requiredAny(re.Sub)
	}
	return nil, false
}

// classOf is the set of a class of few characters.
func classOf(ranges []rune) (set []string, exact bool) {
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(set) == 4 || r >= utf8.RuneSelf {
				return nil, false
			}
			set = append(set, string(r))
		}
	}
	return set, len(set) > 0
}

// requiredAll joins parts that follow each other, as long as they are exact.
func requiredAll(parts []*syntax.Regexp) (best []string, exact bool) {
	run := []string{""}
	exact = true
	for _, part := range parts {
		set, ok := required(part)
		if ok && len(run)*len(set) <= maxLiterals {
			run = cross(run, set)
			continue
		}
		best = better(better(best, run), set)
		run, exact = []string{""}, false
		if ok {
			run = set
		}
	}
	if exact {
		return run, true
	}
	return better(best, run), false
}

func requiredAny(parts []*syntax.Regexp) (all []string, exact bool) {
	exact = true
	for _, part := range parts {
		set, ok := required(part)
		if len(set) == 0 || len(all)+len(set) > maxLiterals {
			return nil, false
		}
		all, exact = append(all, set...), exact && ok
	}
	return all, exact
}

func cross(heads, tails []string) (all []string) {
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, h+t)
		}
	}
	return all
}

// better returns the set whose shortest text is longer.
func better(a, b []string) []string {
	if shortest(b) > shortest(a) {
		return b
	}
	return a
}

func shortest(set []string) int {
	if len(set) == 0 {
		return 0
	}
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}
