package trial

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Document is an event of any origin: a JSON object whose names are nested, or joined with dots, or both.
//
// It is what rules of all dialects ask for the values of a field.
type Document struct {
	fields map[string][]value
}

// value is a scalar of JSON as a text.
type value struct {
	text string
	bare bool // a number or a boolean
}

// NewDocument reads a JSON object. Numbers keep their spelling.
func NewDocument(object map[string]any) (*Document, error) {
	d := &Document{fields: make(map[string][]value)}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if err := d.add(name, object[name], 1); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// maxNesting bounds objects and lists within each other: each level makes the name longer.
const maxNesting = 100

func (d *Document) add(name string, v any, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("field %.20q: nested deeper than %d levels", name, maxNesting)
	}
	switch v := v.(type) {
	case nil:
	case string:
		d.put(name, value{text: v})
	case json.Number:
		d.put(name, value{string(v), true})
	case bool:
		d.put(name, value{fmt.Sprint(v), true})
	case []any:
		for _, item := range v {
			if err := d.add(name, item, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err := d.add(name+"."+key, v[key], depth+1); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("field %q: %T is no value of JSON", name, v)
	}
	return nil
}

func (d *Document) put(name string, v value) { d.fields[name] = append(d.fields[name], v) }

// Values appends the values of a field as texts, in their order; none if it is absent or null. Objects in a list lend their
// fields to the list, as in Elasticsearch.
func (d *Document) Values(dst []string, name string) []string {
	for _, v := range d.fields[name] {
		dst = append(dst, v.text)
	}
	return dst
}

// JSON returns the first value of a field as JSON, null if it is absent.
func (d *Document) JSON(name string) json.RawMessage {
	vs := d.fields[name]
	switch {
	case len(vs) == 0:
		return json.RawMessage("null")
	case vs[0].bare:
		return json.RawMessage(vs[0].text)
	}
	b, _ := json.Marshal(vs[0].text)
	return b
}

// Names returns the names of all fields, in no order.
func (d *Document) Names() []string { return slices.Collect(maps.Keys(d.fields)) }
