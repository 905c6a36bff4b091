package regex

import (
	"strings"
	"testing"
)

var scanPatterns = []struct{ name, expr string }{
	{"literals", `import.*pty\.spawn`},
	{"start", `(?i)base64\s+-d`},
	{"words", `(?:[a-z]+\W+){3}[0-9]{3}`},
	{"class", `[^/]{100,}$`},
	{"alternatives", `(?:wget|curl|fetch)\s.*\|\s*(?:ba|z|da)?sh\b`},
	{"digits", `\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}:\d+`},
}

// BenchmarkScan reads a long subject in known states.
func BenchmarkScan(b *testing.B) {
	subject := strings.Repeat("/usr/bin/python3 -c import os; print('x') --verbose /var/log/audit/audit.log ", 1700)
	for _, p := range scanPatterns {
		t, err := parse(p.expr, 0)
		if err != nil {
			b.Fatal(err)
		}
		d, err := newDFA(t.root, t.utf)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(p.name, func(b *testing.B) {
			b.SetBytes(int64(len(subject)))
			b.ReportAllocs()
			for b.Loop() {
				if _, decided, _ := d.match(subject, 1<<20); !decided {
					b.Fatal("undecided")
				}
			}
		})
	}
}
