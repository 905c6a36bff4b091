package sigma

import (
	"fmt"
	"slices"

	"github.com/auditpy/auditpy/rules/predicate"
)

// maxText bounds a text that a rule looks for, in bytes. No published one has a thousandth of it, and one of many wildcards takes
// twenty times its size.
const maxText = 64 << 10

// text compiles a pattern, or several where placeholders and encodings make several of it.
func (it *item) text(v *node) (*expr, error) {
	if it.field == keywordField && v.text == "" {
		it.c.warn(v.pos, "an empty keyword is in every event")
	}
	if len(v.text) > maxText {
		return nil, errorAt(v.pos, "a text of %d bytes: over %d", len(v.text), maxText)
	}
	rows, err := it.expandText(v)
	if err != nil {
		return nil, err
	}
	var kids []*expr
	for _, parts := range rows {
		if it.windash {
			parts = anyDash(parts)
		}
		rows, err := it.encoded(parts, v)
		if err != nil {
			return nil, err
		}
		for _, parts := range rows {
			kids = append(kids, it.pattern(parts, v.text))
		}
	}
	return join(opOr, kids), nil
}

// encoded returns what parts stand for after the encodings.
func (it *item) encoded(parts []predicate.Part, v *node) (out [][]predicate.Part, err error) {
	if len(it.encoding) == 0 {
		return [][]predicate.Part{parts}, nil
	}
	plain, err := eachDash(parts, v)
	if err != nil {
		return nil, err
	}
	for _, parts := range plain {
		if err := tooMany(len(out), v); err != nil {
			return nil, err
		}
		lit, ok := literalOf(parts)
		if !ok {
			return nil, errorAt(v.pos, "a wildcard cannot be encoded: %q", v.text)
		}
		texts, err := encode(lit, it.encoding, v.pos)
		if err != nil {
			return nil, err
		}
		for _, s := range texts {
			out = append(out, []predicate.Part{{Text: s}})
		}
	}
	return out, nil
}

func (it *item) pattern(parts []predicate.Part, words string) *expr {
	_, plain := literalOf(parts)
	run := []predicate.Part{{Kind: predicate.Run}}
	inside := it.op == "contains" || it.op == "" && it.field == keywordField
	if inside || it.op == "endswith" {
		parts = append(run, parts...)
	}
	if inside || it.op == "startswith" {
		parts = append(slices.Clip(parts), run...)
	}
	key := fmt.Sprintf("text %q %v %q", parts, it.cased, words)
	return it.leaf(leaf{kind: isText, pat: predicate.Compile(parts, !it.cased), words: words, verb: it.verb(plain), key: key})
}

// verb is what a test of texts asks, in a word.
func (it *item) verb(plain bool) string {
	switch {
	case it.op == "contains" || it.op == "" && it.field == keywordField:
		return "contains"
	case it.op == "startswith":
		return "starts with"
	case it.op == "endswith":
		return "ends with"
	case plain:
		return "is"
	}
	return "is like"
}
