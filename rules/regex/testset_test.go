package regex

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSet1 holds every answer to that of PCRE2's own test set 1: testoutput1 of the source's testdata, whose folder is in
// AUDITPY_PCRE2_TESTS.
func TestSet1(t *testing.T) {
	dir := os.Getenv("AUDITPY_PCRE2_TESTS")
	if dir == "" {
		t.Skip("AUDITPY_PCRE2_TESTS is not set")
	}
	text, err := os.ReadFile(filepath.Join(dir, "testoutput1"))
	if err != nil {
		t.Fatal(err)
	}
	s := testSet{t: t, lines: strings.Split(string(text), "\n")}
	for s.next() {
		s.pattern()
	}
	t.Logf("%d expressions (%d refused), %d subjects: %d answered, %d undecided", s.exprs, s.refused, s.subjects, s.answered, s.undecided)
	if s.answered*100 < s.subjects*95 || s.subjects == 0 {
		t.Errorf("%d of %d subjects answered, want 95 %%", s.answered, s.subjects)
	}
}

// testSet reads what pcre2test printed.
type testSet struct {
	t       *testing.T
	lines   []string
	at      int
	re      *Regexp
	expr    string
	literal bool // subjects have no escapes

	exprs, refused, subjects, answered, undecided int
}

// next goes to the next expression.
func (s *testSet) next() bool {
	for ; s.at < len(s.lines); s.at++ {
		if strings.HasPrefix(s.lines[s.at], "/") {
			return true
		}
	}
	return false
}

// pattern reads an expression, its options, and the subjects that follow.
func (s *testSet) pattern() {
	expr, options, ok := cutPattern(s.lines[s.at][1:])
	for !ok {
		s.at++
		var more string
		more, options, ok = cutPattern(s.lines[s.at])
		expr += "\n" + more
	}
	s.at++
	s.compile(expr, options)
	for s.at < len(s.lines) && !strings.HasPrefix(s.lines[s.at], "/") {
		if line := s.lines[s.at]; strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "" {
			s.subject(line)
		} else {
			s.at++
		}
	}
}

// cutPattern cuts at the slash that ends an expression.
func cutPattern(line string) (expr, options string, ok bool) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '/':
			return line[:i], line[i+1:], true
		}
	}
	return line, "", false
}

func (s *testSet) compile(expr, options string) {
	var f Flags
	s.literal = false
	if strings.HasPrefix(options, `\`) {
		expr, options = expr+`\`, options[1:]
	}
	for _, o := range strings.Split(options, ",") {
		switch letters, known := ParseFlags(strings.ReplaceAll(strings.TrimSpace(o), "g", "")); {
		case o == "dupnames":
			f |= duplicateNames
		case o == "subject_literal":
			s.literal = true
		case known:
			f |= letters
		}
	}
	s.exprs++
	re, err := Compile(expr, Options{Flags: f})
	if err != nil {
		s.refused++
		s.t.Logf("Compile(%q): %v", expr, err)
	}
	s.re, s.expr = re, expr
}

// subject reads a subject and what PCRE2 says of it.
func (s *testSet) subject(line string) {
	subject := strings.TrimSpace(line)
	if !s.literal {
		subject = unescape(subject)
	}
	s.at++
	s.subjects++
	want := s.want()
	if s.re == nil {
		return
	}
	offsets, a := s.re.Find(nil, subject, nil)
	if a == Undecided {
		s.undecided++
		s.t.Logf("Find(%q, %q) = undecided", s.expr, subject)
		return
	}
	s.answered++
	if got := printed(subject, offsets); !slices.Equal(got, want) {
		s.t.Errorf("Find(%q, %q) = %q, want %q", s.expr, subject, got, want)
	}
}

// want reads the groups of the first match; nil if there is none.
func (s *testSet) want() (groups []string) {
	for ; s.at < len(s.lines); s.at++ {
		line := s.lines[s.at]
		number, text, ok := strings.Cut(line, ": ")
		n, err := strconv.Atoi(strings.TrimSpace(number))
		switch {
		case !ok || err != nil:
			if !strings.HasPrefix(strings.TrimLeft(line, " 0123456789"), "+") { // the text after the match
				return groups
			}
		case n < len(groups): // of another match
		case n == len(groups):
			groups = append(groups, text)
		}
	}
	return groups
}

// printed writes groups as pcre2test does. It leaves out those after the last that is set.
func printed(subject string, offsets []int) (groups []string) {
	last := 0
	for i := 0; i < len(offsets); i += 2 {
		if offsets[i] < 0 {
			groups = append(groups, "<unset>")
			continue
		}
		var b strings.Builder
		for _, c := range []byte(subject[min(offsets[i], offsets[i+1]):offsets[i+1]]) {
			if c < ' ' || c > '~' {
				fmt.Fprintf(&b, `\x%02x`, c)
			} else {
				b.WriteByte(c)
			}
		}
		groups = append(groups, b.String())
		last = len(groups)
	}
	return groups[:last]
}

// unescape reads a subject as pcre2test does.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		i++
		if i == len(s) {
			break
		}
		switch c := s[i]; {
		case strings.IndexByte("abefnrtv", c) >= 0:
			b = append(b, "\a\b\x1b\f\n\r\t\v"[strings.IndexByte("abefnrtv", c)])
		case c >= '0' && c <= '7':
			n := 1
			for n < 3 && i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '7' {
				n++
			}
			v, _ := strconv.ParseUint(s[i:i+n], 8, 16)
			b = append(b, byte(v))
			i += n - 1
		case c == 'x' && strings.HasPrefix(s[i+1:], "{"):
			digits, _, _ := strings.Cut(s[i+2:], "}")
			v, _ := strconv.ParseUint(digits, 16, 16)
			b = append(b, byte(v))
			i += len(digits) + 2
		case c == 'x':
			n := 0
			for n < 2 && i+1+n < len(s) && digitValue(s[i+1+n]) < 16 {
				n++
			}
			v, _ := strconv.ParseUint("0"+s[i+1:i+1+n], 16, 16)
			b = append(b, byte(v))
			i += n
		case c == '=':
			return string(b)
		default:
			b = append(b, c)
		}
	}
	return string(b)
}
