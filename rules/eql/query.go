package eql

import (
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// Query is one query for events of any origin, which are all at hand. It does not change and may be used by many goroutines.
type Query struct {
	engine *Engine
	pipes  []cut
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
	q := &Query{engine: &Engine{program: c.program}}
	q.pipes = c.pipes(parsed)
	seq, err := c.compileQuery(parsed, 0)
	if err != nil {
		return nil, nil, err
	}
	if seq != nil {
		seq.Meta = meta
	}
	q.engine.rules = []compiled{{meta: meta, seq: seq, end: len(c.units)}}
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

// Sequence returns the sequence or the sample that the query is; nil for an event query.
func (q *Query) Sequence() *rule.Sequence { return q.engine.rules[0].seq }

// Eval appends a Match if f is a match of the query, or satisfies a term of its sequence.
func (q *Query) Eval(dst []rule.Match, f Fields) []rule.Match {
	sc := q.engine.begin(nil, f)
	for id := range q.engine.units {
		q.engine.ask(id, sc)
	}
	dst = q.engine.matches(dst, sc)
	q.engine.end(sc)
	return dst
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

// Fields returns the names of all fields that the query asks for, sorted.
func (q *Query) Fields() []string {
	var names []string
	for _, f := range q.engine.fields {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}
