package regex

import (
	"strings"
	"testing"
)

// TestRefused has one row for each reason to refuse an expression; all but those marked are refused by PCRE2 10.42 too.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		expr   string
		offset int
		msg    string
	}{
		{`a)`, 1, "unmatched closing"},
		{`(a`, 0, "missing closing"},
		{`(?:a`, 0, "missing closing"},
		{`a**`, 2, "quantifier"},
		{`x{2}{3}`, 4, "quantifier"},
		{`*a`, 0, "quantifier"},
		{`^*`, 1, "quantifier"},
		{`\b+`, 2, "quantifier"},
		{`a(?i)*`, 5, "quantifier"},
		{`a{2,1}`, 1, "out of order"},
		{`a{65536}`, 1, "too big"},
		{`[a`, 0, "missing terminating ]"},
		{`[]`, 0, "missing terminating ]"},
		{`[b-a]`, 3, "out of order"},
		{`[\w-.]`, 3, "invalid range"},
		{`[a-\d]`, 5, "invalid range"},
		{`[[:alpha:]-z]`, 10, "invalid range"},
		{`[:alpha:]`, 0, "within a class"},
		{`[[.a.]]`, 1, "collating"},
		{`[[:foo:]]`, 1, "unknown POSIX"},
		{`[\B]`, 1, "invalid in character class"},
		{`\400`, 0, "octal"},
		{`\x{100}`, 0, "too large"},
		{`\x{}`, 0, "digits"},
		{`\x{g}`, 0, "digits"},
		{`\xz\y`, 3, "unrecognized escape"},
		{`\`, 0, "at end"},
		{`\c`, 0, `\c must`},
		{`\N{LATIN}`, 0, `\N{name}`},
		{`(?<n>a)(?<n>b)`, 10, "same name"},
		{`(?|(?<a>x)|(?<b>y))`, 14, "different names"},
		{`(?<1>a)`, 3, "begin with a digit"},
		{`\1`, 0, "does not exist"},
		{`(?1)`, 0, "does not exist"},
		{`\k<n>`, 3, "does not exist"},
		{`(?(1)a)`, 0, "does not exist"},
		{`(a)(?(1)a|b|c)`, 3, "too many alternatives"},
		{`(?(DEFINE)a|b)`, 0, "too many alternatives"},
		{`(?<=a+)b`, 0, "fixed length"},
		{`(?<=(?:a|bc))b`, 0, "fixed length"},
		{`(?<=\R)`, 0, "fixed length"},
		{`(?=\K)`, 3, `\K`},
		{`(*FOO)`, 0, "not known"},
		{`(*MARK)`, 0, "must have a name"},
		{`(?z)`, 2, "unrecognized character"},
		{`\p{Foo}`, 0, "not known"},
		{strings.Repeat("(", 251) + strings.Repeat(")", 251), 250, "too deeply"},
		{`(*CRLF)a`, 0, "not supported"},    // not by PCRE2
		{`(*UCP)a`, 0, "not supported"},     // not by PCRE2
		{`(?C)a`, 0, "callouts"},            // not by PCRE2
		{`(*sr:a)`, 0, "script runs"},       // not by PCRE2
		{`(*UTF)\X`, 6, "with UTF"},         // not by PCRE2
		{`(*UTF)\xff`, 0, ""},               // accepted
		{`a{,3}`, 0, ""},                    // accepted
		{`a{ 3}`, 0, ""},                    // accepted
		{`(?<=ab|c)(?<!a{3})\n\/\_`, 0, ""}, // accepted
	} {
		_, err := parse(tt.expr, 0)
		if tt.msg == "" {
			if err != nil {
				t.Errorf("parse(%q): %v", tt.expr, err)
			}
			continue
		}
		e, _ := err.(*Error)
		if e == nil || e.Offset != tt.offset || !strings.Contains(e.Msg, tt.msg) {
			t.Errorf("parse(%q) = %v, want offset %d: ... %s", tt.expr, err, tt.offset, tt.msg)
		}
	}
}
