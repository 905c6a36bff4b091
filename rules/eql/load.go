package eql

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// Compile compiles the rules of all files. One with an error is left out, with a fatal Diag that says why and where, and
// never hinders the others; one in another language of Elastic's is left out with a Diag that is not fatal. The diags are
// in the order of the files, and within a file by position.
func Compile(files []rule.File) (*Engine, []rule.Diag) {
	e, diags := compileAll(files, ECS)
	e.build()
	e.kinds = nil
	return e, diags
}

// CompileSchema is Compile for events of another origin: only EvalFields may be used.
func CompileSchema(files []rule.File, s Schema) (*Engine, []rule.Diag) {
	e, diags := compileAll(files, s)
	e.kinds = nil
	return e, diags
}

// compileAll leaves Engine.kinds as they were asked.
func compileAll(files []rule.File, s Schema) (*Engine, []rule.Diag) {
	l := &loader{engine: &Engine{program: newProgram(s)}, ids: make(map[string]*rule.Meta)}
	if s == ECS {
		l.engine.kinds = l.engine.allKinds()
	}
	order := make(map[string]int)
	for i, f := range files {
		if _, ok := order[f.Name]; !ok {
			order[f.Name] = i
		}
		l.fatal(l.load(f))
	}
	slices.SortStableFunc(l.diags, func(a, b rule.Diag) int {
		return cmp.Or(cmp.Compare(order[a.Pos.File], order[b.Pos.File]), a.Pos.Compare(b.Pos))
	})
	return l.engine, l.diags
}

type loader struct {
	engine *Engine
	diags  []rule.Diag
	ids    map[string]*rule.Meta // in lower case: they are UUIDs
}

func (l *loader) fatal(err error) {
	if err == nil {
		return
	}
	d := rule.Diag{Fatal: true, Msg: err.Error()}
	var fe *fileError
	if errors.As(err, &fe) {
		d.Pos, d.Msg = fe.pos, fe.msg
	}
	l.diags = append(l.diags, d)
}

func (l *loader) warn(pos rule.Pos, format string, args ...any) {
	l.diags = append(l.diags, rule.Diag{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

func (l *loader) load(f rule.File) error {
	doc, err := readTOML(f)
	if err != nil {
		return err
	}
	d := l.readDetection(doc)
	if why := d.unsupported(); why != "" {
		l.warn(d.pos("type"), "%s", why)
		return nil
	}
	if err := d.check(); err != nil {
		return err
	}
	if first := l.ids[strings.ToLower(d.meta.ID)]; first != nil {
		return &fileError{d.pos("rule_id"), fmt.Sprintf("rule id %q is already that of the rule at %s", d.meta.ID, first.Pos)}
	}
	if err := l.compile(d); err != nil {
		return d.place(err)
	}
	l.ids[strings.ToLower(d.meta.ID)] = d.meta
	for _, key := range unapplied {
		if d.rule[key] != nil {
			l.warn(d.pos(key), "%s is not applied here", key)
		}
	}
	return nil
}

// compile adds a rule to the engine.
func (l *loader) compile(d *detection) error {
	query, _ := d.rule["query"].(string)
	q, err := parse(query)
	if err != nil {
		return err
	}
	if len(q.pipes) > 0 {
		return &QueryError{q.pipes[0].pos.line, q.pipes[0].pos.col, "a stream of events has no end: | " + q.pipes[0].name + " is for queries on events that are all there"}
	}
	c := &compiler{program: l.engine.program, warned: make(map[string]bool)}
	r := compiled{meta: d.meta, first: len(c.units)}
	if r.seq, err = c.compileQuery(q, len(l.engine.rules)); err != nil {
		return err
	}
	r.end = len(c.units)
	if r.seq != nil {
		r.seq.Meta = d.meta
		r.seq.MaxSpan = cmp.Or(r.seq.MaxSpan, d.span())
	}
	for _, w := range c.warnings {
		l.warn(d.within("query", w.Line, w.Col), "%s", w.Msg)
	}
	if c.schema == ECS {
		d.meta.Needs, d.meta.Signals = l.engine.needs(&r), l.engine.signals(&r)
	}
	if slices.Contains(d.meta.Needs, Unrecorded) {
		d.meta.Never = "it asks for what no audit record tells"
		l.warn(d.pos("query"), "no audit event can satisfy this query: it asks for what no audit record tells")
	}
	l.engine.rules = append(l.engine.rules, r)
	return nil
}
