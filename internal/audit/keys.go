package audit

import (
	"iter"
	"strings"
)

// Keys yields the keys in the decoded key field of a record: a rule with several has them joined by
// 0x01. "(null)", which stands for a rule without a key, yields none; nor does an empty key.
func Keys(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if key == "(null)" {
			return
		}
		for more := true; more; {
			var k string
			k, key, more = strings.Cut(key, "\x01")
			if k != "" && !yield(k) {
				return
			}
		}
	}
}
