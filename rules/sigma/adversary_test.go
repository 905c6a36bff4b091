package sigma

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestBoundedTime: no file may hold up the agent, however it is made. The limit is far from what a slow machine needs
// and near to nothing beside what each of these took before it was bounded, or would take.
func TestBoundedTime(t *testing.T) {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.NewReplacer("#+", strconv.Itoa(i+1), "#", strconv.Itoa(i)).Replace(format))
		}
		return b.String()
	}
	tests := map[string]string{
		"many patterns for many identifiers":  header + many(4000, "  s#: {A: b}\n") + "  condition: 1 of s1*" + many(4000, " or 1 of s#*"),
		"an identifier named again and again": header + "  s: [" + strings.Repeat("{A: b},", 20000) + "]\n  condition: s" + strings.Repeat(" or s", 50000),
		"deep negations":                      header + "  s: {A: b}\n  condition: " + strings.Repeat("not ", 60) + "s",
		"encodings":                           header + "  s: {A|base64offset|base64offset|base64offset|base64offset: " + strings.Repeat("x", 300000) + "}\n  condition: s\n",
		"wide":                                header + "  s: {A|wide|wide|wide|wide: " + strings.Repeat("x", 300000) + "}\n  condition: s\n",
		"dashes":                              header + "  s: {A|windash|base64: '" + strings.Repeat(" -a", 50000) + "'}\n  condition: s\n",
		"placeholders":                        header + "  s: {A|expand: '" + strings.Repeat("%tool%", 20000) + "'}\n  condition: s\n",
		"expressions":                         header + "  s:\n    A|re: [" + strings.Repeat("'(x{9}){9}{9}', ", 20000) + "x]\n  condition: s\n",
		"collection of collections":           "action: global\n" + header + "  s: {A: [" + strings.Repeat("b, ", 20000) + "b]}\n  condition: s\n" + strings.Repeat("---\naction: repeat\n", 20000),
		"references":                          bases + "---\ntitle: C\ncorrelation: {type: temporal, timespan: 1m, rules: [" + many(20000, "r#, ") + "a]}\n",
		"chain of correlations":               bases + many(2000, "---\ntitle: K\nid: k#\ncorrelation: {type: event_count, rules: k#+, timespan: 1m, condition: {gte: 1}}\n"),
		"filters":                             bases + many(2000, "---\ntitle: F\nid: f#\nlogsource: {}\nfilter: {rules: any, s#: {A: b}, condition: not 1 of s*}\n"),
		"aliases":                             bases + "---\ntitle: C\ncorrelation: {type: temporal, timespan: 1m, rules: [a, b], group-by: [" + many(5000, "f#, ") + "x], aliases: {" + many(5000, "f#: {a: x, b: y}, ") + "x: {a: x}}}\n",
	}
	for name, text := range tests {
		begin := time.Now()
		Compile([]rule.File{{Name: name, Data: []byte(text)}}, sites)
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %d bytes, %v", name, len(text), took)
		}
	}
}
