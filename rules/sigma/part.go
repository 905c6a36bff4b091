package sigma

import (
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// take reads what the row at hand contributes to a correlation; false if it lacks a field to group by: strangers must
// not be correlated.
func (p *partOf) take(e *Engine, sc *scratch) (rule.Part, bool) {
	part := rule.Part{Of: p.of, Ref: p.ref}
	for _, f := range p.group {
		values := sc.values(e, f)
		if len(values) == 0 {
			return part, false
		}
		part.Group = append(part.Group, strings.Clone(values[0]))
	}
	var all []string
	for _, f := range p.value {
		values := sc.values(e, f)
		if len(values) == 0 {
			return part, true
		}
		all = append(all, values[0])
	}
	part.Has, part.Value = len(all) > 0, strings.Clone(strings.Join(all, "\x00"))
	return part, true
}
