//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// alphabets are what random arguments are made of.
var alphabets = []func(r *rand.Rand) string{
	func(r *rand.Rand) string { return string([]byte{byte(1 + r.IntN(255))}) },
	func(r *rand.Rand) string { return string(rune('!' + r.IntN('~'-'!'+1))) },
	func(r *rand.Rand) string { return string("0123456789ABCDEF"[r.IntN(16)]) }, // hex by its looks
	func(r *rand.Rand) string { return pick(r, syntax) },
	func(r *rand.Rand) string { return pick(r, []string{"é", "漢", "😀", "a", " "}) },
	func(*rand.Rand) string { return `"` },
}

// syntax is what a parser of audit logs may trip over.
var syntax = []string{
	`"`, `'`, ` `, `=`, `a0=`, `a1_len=`, `a1[0]=`, `argc=1 `, "\n", "\r", "\t", "\x1d", "\x01", `\`, `\x41`, "(null)", "?",
	"type=EXECVE msg=audit(1.000:1): argc=1 a0=", "node=x ", "msg='", "key=", "exe=", "%", "\xff", "\xc3", "\x80",
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// text returns n bytes of one alphabet.
func text(r *rand.Rand, n int) string {
	var b strings.Builder
	for next := alphabets[r.IntN(len(alphabets))]; b.Len() < n; {
		b.WriteString(next(r))
	}
	return b.String()[:n]
}

// size is mostly small, often 0, and now and then around where the kernel cuts.
func size(r *rand.Rand) int {
	switch n := r.IntN(100); {
	case n < 10:
		return 0
	case n < 97:
		return r.IntN(60)
	case n < 99:
		return 3700 + r.IntN(60)
	default:
		return 7480 + r.IntN(40)
	}
}

func texts(r *rand.Rand, n int, size func(*rand.Rand) int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text(r, size(r))
	}
	return all
}

// argvs returns n command lines: the extreme ones, and random ones, in random order.
func argvs(r *rand.Rand, n int) [][]string {
	all := extremes(r)
	for len(all) < n {
		all = append(all, texts(r, 1+r.IntN(12), size))
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

const maxArgument = 131071 // the longest argument that Linux takes: 32 pages with its NUL

// extremes has each form several times: programs take turns.
func extremes(r *rand.Rand) [][]string {
	tiny := func(r *rand.Rand) int { return r.IntN(4) }
	var all [][]string
	for range 4 {
		all = append(all,
			nil, []string{""}, []string{"", "", ""}, []string{"(null)"}, []string{"true", strings.Join(syntax, "")},
			[]string{text(r, maxArgument)},
			[]string{"plain", strings.Repeat("x", maxArgument), "", text(r, maxArgument), ""},
			[]string{"a", "b", "c", "d", "e", strings.Repeat("plain", 1000), strings.Repeat("y", 7000), "f"}, // cut in quotes
			texts(r, 5000, tiny))
	}
	for _, n := range []int{127, 128, 129, 3728, 3729, 3730, 3746, 7499, 7500, 7501, 7502, 14999, 15000, 15001} {
		z, fe := strings.Repeat("z", n), strings.Repeat("\xfe", n)
		all = append(all, []string{"a", z, "b"}, []string{"a", fe, "b"}, []string{text(r, n), text(r, n), "", "c"})
	}
	return append(all, texts(r, 8, func(*rand.Rand) int { return 131000 })) // 1 MB
}

// difference tells the first one in a line that can be read.
func difference(got, want [][]string) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d executions, want %d of %d arguments: %.60q", len(got), len(want), len(want[0]), want[0])
	}
	for i := range want {
		for j := range want[i] {
			if j < len(got[i]) && got[i][j] != want[i][j] {
				return fmt.Sprintf("execution %d, argument %d: %s", i, j, firstByte(got[i][j], want[i][j]))
			}
		}
		if len(got[i]) != len(want[i]) {
			return fmt.Sprintf("execution %d has %d arguments, want %d: %.60q", i, len(got[i]), len(want[i]), want[i])
		}
	}
	return "none"
}

func firstByte(got, want string) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := max(0, at-8)
	return fmt.Sprintf("%d bytes, want %d, from byte %d: %.60q, want %.60q",
		len(got), len(want), from, got[min(from, len(got)):], want[from:])
}
