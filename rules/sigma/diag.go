package sigma

import (
	"errors"
	"fmt"

	"github.com/auditpy/auditpy/rules/rule"
)

func (c *compiler) pos(n *node) rule.Pos {
	if n == nil {
		return c.here
	}
	return n.pos
}

// fatal notes an error of the rule at hand, and does nothing for nil.
func (c *compiler) fatal(err error) {
	if err == nil {
		return
	}
	d := rule.Diag{Pos: c.here, Fatal: true, Msg: err.Error()}
	var ie *inputError
	if errors.As(err, &ie) {
		d.Pos, d.Msg = ie.pos, ie.msg
	}
	c.failed = true
	c.add(d)
}

func (c *compiler) warn(pos rule.Pos, format string, args ...any) {
	c.add(rule.Diag{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// add drops what was said already: a pattern, a list of conditions or a filter of many rules can meet the same fault
// again.
func (c *compiler) add(d rule.Diag) {
	if !c.quiet && !c.said[d] {
		c.said[d] = true
		c.diags = append(c.diags, d)
	}
}
