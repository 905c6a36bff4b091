package trial

import (
	"github.com/auditpy/auditpy/rules/eql"
	"github.com/auditpy/auditpy/rules/rule"
)

// EQL evaluates a query on events that Read has put in order. The error is an *eql.QueryError.
func EQL(query string, events []Event, o Options) ([]Result, []eql.Warning, error) {
	meta := &rule.Meta{ID: "eql", Title: "eql", Dialect: "eql"}
	q, warnings, err := eql.CompileQuery(query, newSchema(events, o.withDefaults()), meta)
	if err != nil {
		return nil, nil, err
	}
	results := Run(q, events)
	from, end := q.Pipe(len(results))
	return results[from:end], warnings, nil
}

// Detections compiles the rules of Elastic's in files for events that Read has put in order.
func Detections(files []rule.File, events []Event, o Options) (*eql.Engine, []rule.Diag) {
	return eql.CompileSchema(files, newSchema(events, o.withDefaults()))
}

// schema knows the fields that some event has.
type schema struct {
	category string
	names    map[string]bool
}

func newSchema(events []Event, o Options) schema {
	s := schema{o.Category, make(map[string]bool)}
	for i := range events {
		for name := range events[i].fields {
			s.names[name] = true
		}
	}
	return s
}

func (s schema) Category() string { return s.category }

// Field gives all fields any type: JSON of many origins knows no addresses, and some write numbers as texts.
func (s schema) Field(name string) (eql.Type, bool) { return eql.Any, s.names[name] }

// Unknown says that no event has a field.
func (s schema) Unknown(name string) string { return "no event has a field " + name }
