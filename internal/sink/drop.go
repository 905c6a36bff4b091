package sink

import "strings"

// enough is the budget that a value should have before anything is dropped for it: the head of a command
// line, in which an attack can be recognised.
const enough = 400

// drop removes members of d, the least telling first, until its size with a budget of enough, which is size now, is at most room. Each member is
// measured as it goes: to encode all of d after each took milliseconds.
func (d document) drop(size, room int) {
	for _, path := range d.expendable {
		if size <= room {
			return
		}
		size -= d.remove(path)
	}
}

// remove returns the size of what it removed.
func (d document) remove(path string) int {
	o, rest := d.root, path
	for {
		key, below, deeper := strings.Cut(rest, ".")
		if deeper {
			if o = child(o[key]); o == nil {
				return 0
			}
			rest = below
			continue
		}
		v, ok := o[key]
		if !ok {
			return 0
		}
		delete(o, key)
		return len(d.appendValue(nil, v, enough, path)) + len(key) + len(`"":,`)
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
