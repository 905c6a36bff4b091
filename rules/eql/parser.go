package eql

import (
	"fmt"
	"slices"
	"strconv"
)

// Bounds of a query: the largest that Elastic has published has 12 kB, and is nested eight deep.
const (
	maxQuery = 256 << 10 // bytes
	maxDepth = 100       // brackets and operators within each other
	maxKeys  = 32        // of by: each event is known by all of them
	maxRuns  = 100       // of with runs, as in Elasticsearch
)

// parser is a recursive descent over the tokens of a query.
type parser struct {
	lex   *lexer
	tok   token // at hand
	depth int
	err   error // the first one; nothing that is read after it counts
}

// parse parses a query. The error is a *QueryError.
func parse(text string) (*query, error) {
	p := &parser{lex: newLexer(text)}
	if len(text) > maxQuery {
		return nil, p.lex.fail(p.lex.pos(), "query is larger than %d bytes", maxQuery)
	}
	p.advance()
	q := p.query()
	if p.err == nil && p.tok.kind != endOfQuery {
		p.unexpected("the end of the query")
	}
	if p.err != nil {
		return nil, p.err
	}
	return q, nil
}

func (p *parser) fail(pos position, format string, args ...any) {
	if p.err == nil {
		p.err = &QueryError{pos.line, pos.col, fmt.Sprintf(format, args...)}
	}
	p.tok = token{pos: pos} // so that all loops end
}

func (p *parser) advance() token {
	t := p.tok
	if p.err != nil {
		return t
	}
	next, err := p.lex.next()
	if err != nil {
		p.err = err
		p.tok = token{pos: t.pos}
		return t
	}
	p.tok = next
	return t
}

// take moves over a token if it is the one.
func (p *parser) take(kind tokenKind, text string) bool {
	if !p.tok.is(kind, text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(kind tokenKind, text string) {
	if !p.take(kind, text) {
		p.unexpected(strconv.Quote(text))
	}
}

func (p *parser) unexpected(want string) { p.fail(p.tok.pos, "%s is expected, not %s", want, p.tok) }

// deeper counts one level; the caller takes it back.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tok.pos, "nested deeper than %d levels", maxDepth)
		return false
	}
	return true
}

func (p *parser) query() *query {
	q := &query{pos: p.tok.pos}
	switch {
	case p.take(keyword, "sequence"):
		q.kind = sequenceQuery
		p.sequence(q)
	case p.take(keyword, "sample"):
		q.kind = sampleQuery
		p.sample(q)
	case p.tok.is(keyword, "join"):
		p.fail(p.tok.pos, "join is Endgame EQL: Elasticsearch has sequence and sample")
	default:
		q.terms = []term{p.filter()}
	}
	for p.take(operator, "|") {
		q.pipes = append(q.pipes, p.pipe())
	}
	return q
}

// filter reads: category where condition.
func (p *parser) filter() term {
	t := term{pos: p.tok.pos}
	switch tok := p.tok; {
	case tok.is(keyword, "any"):
		t.any = true
	case tok.kind == identifier, tok.kind == stringText:
		p.untilded(tok)
		t.category = tok.text
	default:
		p.unexpected("an event category")
	}
	p.advance()
	p.expect(keyword, "where")
	t.cond = p.expr()
	return t
}

func (p *parser) sequence(q *query) {
	for range 2 {
		switch {
		case p.tok.is(keyword, "by") && q.by == nil:
			q.by = p.by()
		case p.tok.is(keyword, "with") && q.maxSpan == 0:
			p.advance()
			p.span(q)
		}
	}
	p.terms(q)
	if p.take(keyword, "until") {
		t := p.term()
		if t.missing || t.runs > 0 {
			p.fail(t.pos, "until takes one event that may come, without runs")
		}
		q.until = &t
	}
}

func (p *parser) sample(q *query) {
	if p.tok.is(keyword, "by") {
		q.by = p.by()
	}
	p.terms(q)
	if p.tok.is(keyword, "until") || p.tok.is(keyword, "with") {
		p.fail(p.tok.pos, "a sample has no %s", p.tok)
	}
}

func (p *parser) terms(q *query) {
	for p.tok.is(operator, "[") || p.tok.is(operator, "![") {
		q.terms = append(q.terms, p.term())
	}
	if len(q.terms) == 0 {
		p.unexpected(`"["`)
	}
}

// term reads a filter in brackets, and by and with runs in either order behind it.
func (p *parser) term() term {
	pos, missing := p.tok.pos, p.tok.is(operator, "![")
	if !missing {
		p.expect(operator, "[")
	} else {
		p.advance()
	}
	t := p.filter()
	p.expect(operator, "]")
	t.pos, t.missing = pos, missing
	for range 2 {
		switch {
		case p.tok.is(keyword, "by") && t.by == nil:
			t.by = p.by()
		case p.tok.is(keyword, "with") && t.runs == 0:
			t.runs = p.runs()
		case p.tok.is(identifier, "fork"):
			p.fail(p.tok.pos, "fork is Endgame EQL: Elasticsearch has none")
		}
	}
	return t
}

func (p *parser) by() (keys []*expr) {
	p.advance()
	for {
		pos := p.tok.pos
		x := p.postfix()
		if p.err == nil && x.op != opField {
			p.fail(pos, "by takes fields")
		}
		if keys = append(keys, x); len(keys) > maxKeys {
			p.fail(pos, "by takes at most %d fields", maxKeys)
		}
		if !p.take(operator, ",") {
			return keys
		}
	}
}

func (p *parser) runs() int {
	p.advance()
	p.expect(identifier, "runs")
	p.expect(operator, "=")
	t := p.tok
	n, err := strconv.Atoi(t.text)
	if t.kind != integer || err != nil || n < 1 || n > maxRuns {
		p.fail(t.pos, "runs is a number from 1 to %d, not %s", maxRuns, t)
	}
	p.advance()
	return n
}

// pipeNames are those of Endgame EQL too.
var pipeNames = []string{"count", "filter", "head", "sort", "tail", "unique", "unique_count"}

func (p *parser) pipe() pipe {
	t := p.tok
	switch {
	case t.kind != identifier || !slices.Contains(pipeNames, t.text):
		p.fail(t.pos, "pipe %s is not known: Elasticsearch has head and tail", t)
	case t.text != "head" && t.text != "tail":
		p.fail(t.pos, "pipe %s is Endgame EQL: Elasticsearch has head and tail", t.text)
	}
	p.advance()
	out := pipe{name: t.text, n: p.expr(), pos: t.pos}
	if p.tok.is(operator, ",") {
		p.fail(p.tok.pos, "pipe %s takes one number", t.text)
	}
	return out
}
