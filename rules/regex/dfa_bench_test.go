package regex

import (
	"strings"
	"testing"
)

// BenchmarkScan reads a long subject in known states.
func BenchmarkScan(b *testing.B) {
	any := &node{op: opSet, set: (&set{}).not()}
	lit := func(s string) *node {
		n := &node{op: opConcat}
		for i := range len(s) {
			one := &set{}
			one.add(s[i])
			n.kids = append(n.kids, &node{op: opSet, set: one})
		}
		return n
	}
	tree := &node{op: opConcat, kids: []*node{lit("import"), {op: opRepeat, max: -1, kids: []*node{any}}, lit("pty.spawn")}}
	d, err := newDFA(tree)
	if err != nil {
		b.Fatal(err)
	}
	subject := strings.Repeat("/usr/bin/python3 -c import os; print('x') --verbose /var/log/audit/audit.log ", 1700)
	b.SetBytes(int64(len(subject)))
	b.ReportAllocs()
	for b.Loop() {
		if yes, decided, _ := d.match(subject, 1<<20); yes || !decided {
			b.Fatal("match")
		}
	}
}
