package wazuh

import (
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
)

// pattern is a text of a rule as it is matched.
type pattern struct {
	re      *regex.Regexp
	negated bool               // by a ! of OS_Match
	needles []predicate.Needle // one of which each match has; nil: not known
}

// patternTypes are what type= may say.
var patternTypes = map[string]func(string) (*pattern, error){
	"osmatch": osMatch,
	"osregex": func(expr string) (*pattern, error) { return newPattern(regex.CompileOSRegex(expr)) },
	"pcre2":   func(expr string) (*pattern, error) { return newPattern(regex.Compile(expr, 0)) },
}

func osMatch(expr string) (*pattern, error) {
	re, negated, err := regex.CompileOSMatch(expr)
	if err != nil {
		return nil, err
	}
	p, _ := newPattern(re, nil)
	p.negated = negated
	return p, nil
}

func newPattern(re *regex.Regexp, err error) (*pattern, error) {
	if err != nil {
		return nil, err
	}
	return &pattern{re: re, needles: re.Needles()}, nil
}

// match says whether p matches a value; a ! is for the caller: of many values none must match.
func (p *pattern) match(v string, b *regex.Budget) answer {
	switch p.re.Match(v, b) {
	case regex.Yes:
		return yes
	case regex.Undecided:
		return undecided
	}
	return no
}

// holds is match of a single value, with the ! heeded.
func (p *pattern) holds(v string, b *regex.Budget) answer {
	a := p.match(v, b)
	if p.negated && a != undecided {
		return truth(a == no)
	}
	return a
}

// budget is how much work one event may cost all patterns together.
const budget = 50_000_000

func newBudget() *regex.Budget { return &regex.Budget{Steps: budget} }

// maxPart bounds what is told of a text that matched, in bytes.
const maxPart = 1024

// part is the part of v that p matches, as far as it is told.
func (p *pattern) part(v string) string { return head(p.re.Part(v), maxPart) }
