package sigma

import (
	"maps"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// What one value of a rule may stand for after placeholders, dashes and encodings.
const (
	maxTexts = 4096
	maxBytes = 1 << 22
)

// tooMany refuses n texts that are each about as long as v.
func tooMany(n int, v *node) error {
	if n <= maxTexts && n*len(v.text) <= maxBytes {
		return nil
	}
	return errorAt(v.pos, "%.40q stands for %d texts or more, which is too much", v.text, n)
}

// standardPlaceholders are those that the specification names; what they stand for is the matter of each site.
var standardPlaceholders = []string{"Administrators", "JumpServers", "Workstations", "Servers", "DomainControllers"}

// segment is a piece of a text with placeholders: a name, or else text.
type segment struct {
	name, text string
	off        int // of a name
}

// segments cuts a text at its placeholders: %name%. \% is a percent sign, and one without a name is itself.
func segments(s string) (out []segment) {
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			out = append(out, segment{text: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		name := ""
		switch {
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != '%' {
				text.WriteByte('\\')
			}
			i++
		case s[i] == '%':
			name = placeholderName(s[i+1:])
		}
		if name == "" {
			text.WriteByte(s[i])
			continue
		}
		flush()
		out = append(out, segment{name: name, off: i})
		i += len(name) + 1
	}
	flush()
	return out
}

// placeholderName returns the name that s begins with, if a percent sign ends it.
func placeholderName(s string) string {
	n := 0
	for n < len(s) && s[n] < 0x80 && isWord(s[n]) {
		n++
	}
	if n < len(s) && s[n] == '%' {
		return s[:n]
	}
	return ""
}

// expand returns the texts that a value stands for, each as the pieces that text and value make of it: a placeholder
// stands for any of its values, several for all their combinations.
func expand[T any](it *item, v *node, text, value func(string) []T) ([][]T, error) {
	rows, found := [][]T{nil}, false
	for _, s := range segments(v.text) {
		choices := [][]T{text(s.text)}
		if s.name != "" {
			values, err := it.c.placeholder(s, v)
			if err != nil {
				return nil, err
			}
			found, choices = true, nil
			for _, w := range values {
				choices = append(choices, value(w))
			}
		}
		if err := tooMany(len(rows)*len(choices), v); err != nil {
			return nil, err
		}
		rows = combine(rows, choices)
	}
	if !found {
		it.c.warn(v.pos, "modifier \"expand\" has no effect on a text without a %%placeholder%%")
	}
	return rows, nil
}

func combine[T any](rows, choices [][]T) (out [][]T) {
	for _, row := range rows {
		for _, choice := range choices {
			out = append(out, append(slices.Clip(row), choice...))
		}
	}
	return out
}

// values returns what the configuration has for a name. Where it has no such name, it may have it in another case:
// configuration keys lose theirs.
func (o Options) values(name string) []string {
	if values, ok := o.Placeholders[name]; ok {
		return values
	}
	for _, other := range slices.Sorted(maps.Keys(o.Placeholders)) {
		if strings.EqualFold(name, other) {
			return o.Placeholders[other]
		}
	}
	return nil
}

func (c *compiler) placeholder(s segment, v *node) ([]string, error) {
	values := c.options.values(s.name)
	switch {
	case len(values) > 0:
		return values, nil
	case slices.Contains(standardPlaceholders, s.name):
		return nil, errorAt(v.inside(s.off), "placeholder %%%s%% has no values: the configuration must say who they are here", s.name)
	}
	return nil, errorAt(v.inside(s.off), "placeholder %%%s%% has no values in the configuration", s.name)
}

// expandText returns the patterns of a value; wildcards of its placeholders are live.
func (it *item) expandText(v *node) ([][]predicate.Part, error) {
	if !it.expand {
		return [][]predicate.Part{parseText(v.text)}, nil
	}
	return expand(it, v, parseText, parseText)
}

// expandPlain returns the texts of a value, in which quote makes placeholders harmless.
func (it *item) expandPlain(v *node, quote func(string) string) ([]string, error) {
	if !it.expand {
		return []string{v.text}, nil
	}
	rows, err := expand(it, v, func(s string) []string { return []string{s} }, func(s string) []string { return []string{quote(s)} })
	var out []string
	for _, row := range rows {
		out = append(out, strings.Join(row, ""))
	}
	return out, err
}
