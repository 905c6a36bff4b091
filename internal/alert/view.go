package alert

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
	"strings"
)

// view is the ECS document of an alert as decoded by Decode: what other schemas are made from. So the spool holds one form,
// and an alert that waits is sent in the form that is configured when it is sent.
type view map[string]any

// Decode reads a JSON object; numbers stay as they are written. ok is false for anything else.
func Decode(doc []byte) (root map[string]any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if d.Decode(&root) != nil || root == nil {
		return nil, false
	}
	_, err := d.Token()
	return root, err == io.EOF
}

// get returns the value at a dotted path, nil if there is none.
func (v view) get(path string) any {
	for {
		key, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			return v[key]
		}
		sub, ok := v[key].(map[string]any)
		if !ok {
			return nil
		}
		v, path = sub, rest
	}
}

// text returns the value at path if it is text or a number.
func (v view) text(path string) string {
	switch x := v.get(path).(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	}
	return ""
}

func (v view) list(path string) []any {
	l, _ := v.get(path).([]any)
	return l
}

func (v view) object(path string) view {
	o, _ := v.get(path).(map[string]any)
	return o
}

// first returns the first of a list, which auditbeat's words come in.
func (v view) first(path string) string {
	for _, x := range v.list(path) {
		if s, ok := x.(string); ok {
			return s
		}
	}
	return v.text(path)
}

// executed reports whether a program was started.
func (v view) executed() bool {
	for _, x := range v.list("event.action") {
		if x == "exec" {
			return true
		}
	}
	return false
}

// fields is a document under construction: what is empty is left out.
type fields map[string]any

func (f fields) put(key string, value any) {
	switch x := value.(type) {
	case nil:
		return
	case string:
		if x == "" {
			return
		}
	case []any:
		if len(x) == 0 {
			return
		}
	case fields:
		if len(x) == 0 {
			return
		}
		value = map[string]any(x)
	}
	f[key] = value
}

// texts puts the values at paths under other names.
func (f fields) texts(v view, names ...string) {
	for i := 0; i+1 < len(names); i += 2 {
		f.put(names[i], v.text(names[i+1]))
	}
}

// numbers is texts for numbers that stay numbers.
func (f fields) numbers(v view, names ...string) {
	for i := 0; i+1 < len(names); i += 2 {
		if n, ok := v.get(names[i+1]).(json.Number); ok {
			f.put(names[i], n)
		}
	}
}

// base is the name of a program; that of a deleted file has a mark at its end.
func base(exe string) string {
	if exe == "" {
		return ""
	}
	return path.Base(strings.TrimSuffix(exe, " (deleted)"))
}
