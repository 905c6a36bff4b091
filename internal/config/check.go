package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// check holds a YAML document to a struct type. The error joins all that is wrong.
func check(name string, text []byte, t reflect.Type) error {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); err == io.EOF {
		return nil // an empty file
	} else if err != nil {
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	c := checker{name: name}
	if err := d.Decode(&second); err != io.EOF {
		c.errorf(&second, "", "there may be only one")
	}
	c.value(doc.Content[0], t, "", "")
	return errors.Join(c.errs...)
}

type checker struct {
	name string
	errs []error
}

func (c *checker) errorf(n *yaml.Node, key, format string, args ...any) {
	if key == "" {
		key = "document"
	}
	c.errs = append(c.errs, fmt.Errorf("%s:%d: %s: %s", c.name, n.Line, key, fmt.Sprintf(format, args...)))
}

// value checks the value n of key against type t; tag is that of the struct field.
func (c *checker) value(n *yaml.Node, t reflect.Type, key string, tag reflect.StructTag) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		c.errorf(n, key, "anchors and aliases are not supported")
	case t == reflect.TypeFor[time.Duration]():
		c.duration(n, key)
	case t == reflect.TypeFor[Size]():
		c.size(n, key, tag)
	case t.Kind() == reflect.Struct:
		c.mapping(n, t, key)
	case t.Kind() == reflect.Slice:
		c.list(n, t, key, tag)
	default:
		c.scalar(n, t, key, tag)
	}
}

func (c *checker) mapping(n *yaml.Node, t reflect.Type, key string) {
	if n.Tag == "!!null" {
		return // all keys below it are commented out
	}
	if n.Kind != yaml.MappingNode {
		c.errorf(n, key, "want keys below it, such as %q", keys(t)[0])
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		path := strings.TrimPrefix(key+"."+k.Value, ".")
		if line, ok := seen[k.Value]; ok {
			c.errorf(k, path, "stands at line %d already", line)
			continue
		}
		seen[k.Value] = k.Line
		f, ok := field(t, k.Value)
		if !ok {
			c.errorf(k, path, "unknown key; there are %s", strings.Join(keys(t), ", "))
			continue
		}
		c.value(v, f.Type, path, f.Tag)
	}
}

func field(t reflect.Type, key string) (reflect.StructField, bool) {
	for _, f := range members(t) {
		if f.Tag.Get("mapstructure") == key {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// members are the fields of a struct that have keys, those of an embedded one among them.
func members(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if !f.Anonymous {
			fields = append(fields, f)
		}
	}
	return fields
}

func keys(t reflect.Type) []string {
	var names []string
	for _, f := range members(t) {
		names = append(names, f.Tag.Get("mapstructure"))
	}
	return names
}

func (c *checker) list(n *yaml.Node, t reflect.Type, key string, tag reflect.StructTag) {
	if n.Kind != yaml.SequenceNode {
		c.errorf(n, key, "want a list")
		return
	}
	for i, v := range n.Content {
		c.value(v, t.Elem(), fmt.Sprintf("%s[%d]", key, i), tag)
	}
}

// tags are YAML's names of the types that a scalar of the file may have.
var tags = map[reflect.Kind]struct{ tag, name string }{
	reflect.String: {"!!str", "text"},
	reflect.Bool:   {"!!bool", "true or false"},
	reflect.Int:    {"!!int", "a whole number"},
}

func (c *checker) scalar(n *yaml.Node, t reflect.Type, key string, tag reflect.StructTag) {
	want := tags[t.Kind()]
	if n.Kind != yaml.ScalarNode || n.Tag != want.tag {
		c.errorf(n, key, "%s is not %s", describe(n), want.name)
		return
	}
	if enum := strings.Fields(tag.Get("enum")); len(enum) > 0 && !slices.Contains(enum, n.Value) {
		c.errorf(n, key, "%q is none of %s", n.Value, strings.Join(enum, ", "))
	}
	if t.Kind() != reflect.Int {
		return
	}
	var v int
	if err := n.Decode(&v); err != nil || v < 1 || v > 1<<30 {
		c.errorf(n, key, "%s is not between 1 and %d", n.Value, 1<<30)
	}
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", n.Value)
}

func (c *checker) duration(n *yaml.Node, key string) {
	d, err := time.ParseDuration(n.Value)
	switch {
	case n.Kind != yaml.ScalarNode || n.Tag != "!!str" || err != nil:
		c.errorf(n, key, "%s is no duration: want a number with a unit, such as 2s or 10m", describe(n))
	case d <= 0:
		c.errorf(n, key, "%s is not longer than 0s", n.Value)
	}
}

func (c *checker) size(n *yaml.Node, key string, tag reflect.StructTag) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!int" {
		c.errorf(n, key, "%s is no size", describe(n))
		return
	}
	size, err := parseSize(n.Value)
	if err != nil {
		c.errorf(n, key, "%v", err)
		return
	}
	least, _ := parseSize(tag.Get("min"))
	if tag.Get("zero") == "" && size < max(least, 1) {
		c.errorf(n, key, "%s is less than %s", n.Value, cmp.Or(tag.Get("min"), "1"))
	}
}
