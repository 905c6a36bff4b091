package regex

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// corpusPattern is a line of the file that AUDITPY_REGEX_PATTERNS names.
type corpusPattern struct {
	Pattern string `json:"pattern"`
	Flags   string `json:"flags"`
}

func corpusPatterns(tb testing.TB) (all []corpusPattern) {
	name := os.Getenv("AUDITPY_REGEX_PATTERNS")
	if name == "" {
		tb.Skip("AUDITPY_REGEX_PATTERNS is not set: a file of JSON lines, with a pattern and flags")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var p corpusPattern
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		all = append(all, p)
	}
	return all
}

// TestPatternsCorpus compares with libpcre2 on the expressions of published rules, with subjects that match or nearly do.
func TestPatternsCorpus(t *testing.T) {
	patterns := corpusPatterns(t)
	r := rand.New(rand.NewPCG(uint64(setting(t, "AUDITPY_REGEX_SEED", 1)), 4))
	d := differ{t: t, oracle: newOracle(t)}
	for _, p := range patterns {
		flags, ok := ParseFlags(p.Flags)
		tree, err := parse(p.Pattern, flags)
		if err != nil || !ok {
			t.Errorf("parse(%q, %q): %v", p.Pattern, p.Flags, err)
			continue
		}
		q := question{expr: p.Pattern, flags: flags}
		for range 600 {
			q.subjects = append(q.subjects, mutated(r, example(r, tree.root, "")))
		}
		d.oracle.ask(q)
		d.oracle.in.Flush()
		d.compare(q)
	}
	t.Log(d.String())
}

// example appends to s what a tree may match, if it is lucky with assertions and lookarounds.
func example(r *rand.Rand, n *node, s string) string {
	if len(s) > 500 {
		return s
	}
	switch n.op {
	case opSet:
		return s + string([]byte{pickByte(r, n.set)})
	case opAlternate:
		return example(r, n.kids[r.IntN(len(n.kids))], s)
	case opRepeat:
		times := n.min
		for times < 20 && (n.max < 0 || times < n.max) && r.IntN(3) > 0 {
			times++
		}
		for range times {
			s = example(r, n.kids[0], s)
		}
		return s
	case opLook:
		if n.negate || r.IntN(2) == 0 {
			return s
		}
	}
	for _, k := range n.kids {
		s = example(r, k, s)
	}
	return s
}

// pickByte returns a byte of a set, mostly one that can be read.
func pickByte(r *rand.Rand, s *set) byte {
	for range 50 {
		b := byte(' ' + r.IntN('~'-' '+1))
		if r.IntN(10) == 0 {
			b = byte(r.IntN(256))
		}
		if s.has(b) {
			return b
		}
	}
	for from := r.IntN(256); ; from++ {
		if b := byte(from); s.has(b) || *s == (set{}) {
			return b
		}
	}
}

// mutated returns s as it is, or within other text, or damaged.
func mutated(r *rand.Rand, s string) string {
	switch r.IntN(8) {
	case 0:
		return s
	case 1:
		return "/usr/bin/x " + s + " --end"
	case 2:
		return s + "\n"
	}
	b := []byte(" " + s + " ")
	for range 1 + r.IntN(3) {
		i := r.IntN(len(b))
		switch r.IntN(5) {
		case 0:
			b[i] ^= 0x20
		case 1:
			b[i] = someBytes[r.IntN(len(someBytes))]
		case 2:
			b = append(b[:i], b[i+1:]...)
		case 3:
			b = append(b[:i:i], append([]byte{b[r.IntN(len(b))]}, b[i:]...)...)
		case 4:
			b[i] = byte(r.IntN(256))
		}
		if len(b) == 0 {
			return ""
		}
	}
	return string(b)
}
