package eql

import "github.com/auditpy/auditpy/rules/rule"

// Query is one query for events of any origin, which are all at hand. It does not change and may be used by many goroutines.
type Query struct {
	*Engine
	pipes []cut
}

// cut is a pipe: the first n results, or the last.
type cut struct {
	n    int64
	tail bool
}

// CompileQuery compiles a query. Meta is what matches of it name. The error is a *QueryError.
func CompileQuery(text string, s Schema, meta *rule.Meta) (*Query, []Warning, error) {
	parsed, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	c := &compiler{program: newProgram(s), warned: make(map[string]bool)}
	q := &Query{Engine: &Engine{program: c.program}}
	q.pipes = c.pipes(parsed)
	seq, err := c.compileQuery(parsed, 0)
	if err != nil {
		return nil, nil, err
	}
	if seq != nil {
		seq.Meta = meta
	}
	q.rules = []compiled{{meta: meta, seq: seq, end: len(c.units)}}
	return q, c.warnings, nil
}

func (c *compiler) pipes(q *query) (cuts []cut) {
	for _, p := range q.pipes {
		n, t := c.node(p.n)
		k, ok := n.(constant)
		if t != numbers || !ok || k.v.kind != intKind || k.v.n < 0 {
			c.fail(p.n.pos, "%s takes a whole number, not %s", p.name, p.n)
		}
		cuts = append(cuts, cut{k.v.n, p.name == "tail"})
	}
	return cuts
}

// Pipe returns which of n results, in their order, the pipes of the query let through: those from first up to end.
func (q *Query) Pipe(n int) (first, end int) {
	end = n
	for _, p := range q.pipes {
		switch k := int64(end - first); {
		case p.n >= k:
		case p.tail:
			first = end - int(p.n)
		default:
			end = first + int(p.n)
		}
	}
	return first, end
}
