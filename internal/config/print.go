package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// AppendYAML appends the configuration as YAML, every key in it: Load's inverse.
func (c *Config) AppendYAML(dst []byte) []byte {
	return appendStruct(dst, reflect.ValueOf(*c), "")
}

func appendStruct(dst []byte, v reflect.Value, indent string) []byte {
	for _, m := range members(v.Type()) {
		dst = append(append(dst, indent...), m.Tag.Get("mapstructure")+":"...)
		if f := v.FieldByIndex(m.Index); f.Kind() == reflect.Struct {
			dst = appendStruct(append(dst, '\n'), f, indent+"  ")
		} else {
			dst = fmt.Appendf(dst, " %s\n", scalar(f.Interface()))
		}
	}
	return dst
}

func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case time.Duration:
		return v.String()
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = fmt.Sprintf("%q", s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Slice {
		return flow(r)
	}
	return fmt.Sprint(v)
}

// flow writes a list of mappings on one line.
func flow(list reflect.Value) string {
	items := make([]string, list.Len())
	for i := range items {
		items[i] = mapping(list.Index(i))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func mapping(v reflect.Value) string {
	var parts []string
	for _, m := range members(v.Type()) {
		value := ""
		if f := v.FieldByIndex(m.Index); f.Kind() == reflect.Struct {
			value = mapping(f)
		} else {
			value = scalar(f.Interface())
		}
		parts = append(parts, m.Tag.Get("mapstructure")+": "+value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
