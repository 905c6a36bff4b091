package regex

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkPatterns asks the first 100 and 300 expressions of AUDITPY_REGEX_PATTERNS about each line of the file
// AUDITPY_REGEX_LINES. One operation is one line. .ci/regexbench compares it with other engines.
func BenchmarkPatterns(b *testing.B) {
	name := os.Getenv("AUDITPY_REGEX_LINES")
	if name == "" {
		b.Skip("AUDITPY_REGEX_LINES is not set")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	patterns := corpusPatterns(b)
	for _, n := range []int{100, 300} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { benchmarkPatterns(b, patterns[:n], lines) })
	}
}

func benchmarkPatterns(b *testing.B, patterns []corpusPattern, lines []string) {
	var all []*Regexp
	for _, p := range patterns {
		flags, _ := ParseFlags(p.Flags)
		re, err := Compile(p.Pattern, Options{Flags: flags})
		if err != nil {
			b.Fatalf("Compile(%q): %v", p.Pattern, err)
		}
		all = append(all, re)
	}
	set := newPatternSet(all)
	var sc Scratch
	var dst []result
	matches := 0
	for _, line := range lines {
		dst = set.match(dst[:0], line, &sc)
		matches += len(dst)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		dst = set.match(dst[:0], lines[i%len(lines)], &sc)
	}
	b.ReportMetric(float64(matches), "matches")
	b.ReportMetric(float64(len(all)), "loaded")
}

// BenchmarkAttacks asks each expression of the file AUDITPY_REGEX_ATTACKS about the subject beside it.
func BenchmarkAttacks(b *testing.B) {
	name := os.Getenv("AUDITPY_REGEX_ATTACKS")
	if name == "" {
		b.Skip("AUDITPY_REGEX_ATTACKS is not set")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var a struct{ Name, Pattern, Subject string }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			b.Fatal(err)
		}
		b.Run(a.Name, func(b *testing.B) {
			re, err := Compile(a.Pattern, Options{})
			if err != nil {
				b.Fatal(err)
			}
			var sc Scratch
			var answer Answer
			for b.Loop() {
				answer = re.Match(a.Subject, &sc)
			}
			b.ReportMetric(float64(answer), "answer")
		})
	}
}
