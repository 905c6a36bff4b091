package wazuh

import (
	"github.com/auditpy/auditpy/rules/predicate"
	"github.com/auditpy/auditpy/rules/regex"
)

// pattern is a text of a rule as it is matched.
type pattern struct {
	re      *regex.Regexp
	negated bool // by a ! of OS_Match
}

// patternTypes are what type= may say. Wazuh compiles PCRE2 without options.
var patternTypes = map[string]func(string) (*pattern, error){
	"osmatch": osMatch,
	"osregex": func(expr string) (*pattern, error) { return newPattern(regex.CompileOSRegex(expr)) },
	"pcre2":   func(expr string) (*pattern, error) { return newPattern(regex.Compile(expr, regex.Options{})) },
}

func osMatch(expr string) (*pattern, error) {
	re, negated, err := regex.CompileOSMatch(expr)
	if err != nil {
		return nil, err
	}
	return &pattern{re, negated}, nil
}

func newPattern(re *regex.Regexp, err error) (*pattern, error) {
	if err != nil {
		return nil, err
	}
	return &pattern{re: re}, nil
}

func (p *pattern) needles() []predicate.Needle { return p.re.Required() }

// match says whether p matches a value; a ! is for the caller: of many values none must match.
func (p *pattern) match(v string, sc *regex.Scratch) answer {
	switch p.re.Match(v, sc) {
	case regex.Yes:
		return yes
	case regex.Undecided:
		return undecided
	}
	return no
}

// holds is match of a single value, with the ! heeded.
func (p *pattern) holds(v string, sc *regex.Scratch) answer {
	a := p.match(v, sc)
	if p.negated && a != undecided {
		return truth(a == no)
	}
	return a
}

// where returns where in v stands what p matches; 0, 0 if that is not known.
func (p *pattern) where(v string, sc *regex.Scratch) (start, end int) {
	if at, _ := p.re.Find(nil, v, sc); len(at) > 0 {
		return at[0], at[1]
	}
	return 0, 0
}

// maxPart bounds what is told of a text that matched, in bytes.
const maxPart = 1024

// part is the part of v that p matches, as far as it is told; "" if that is not known.
func (p *pattern) part(v string, sc *regex.Scratch) string {
	at, _ := p.re.Find(nil, v, sc)
	if len(at) == 0 {
		return ""
	}
	return head(v[at[0]:at[1]], maxPart)
}
