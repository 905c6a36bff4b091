package sink

import "strings"

// enough is the budget that a value should have before anything is dropped for it: the head of a command
// line, in which an attack can be recognised.
const enough = 400

// drop removes members of d, the least telling first, until it has the size wanted.
func (d document) drop(fits func() bool) {
	for _, path := range d.expendable {
		if fits() {
			return
		}
		remove(d.root, path)
	}
}

func remove(o map[string]any, path string) {
	for {
		key, rest, deeper := strings.Cut(path, ".")
		if !deeper {
			delete(o, key)
			return
		}
		if o = child(o[key]); o == nil {
			return
		}
		path = rest
	}
}

// child returns an object, also if it is alone in an array.
func child(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		o, _ := only(v)
		return o
	}
	return nil
}
