package eql

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// plain is a query without its positions.
func (q *query) plain() *query {
	p := *q
	p.pos = position{}
	p.by = plainAll(q.by)
	p.terms = nil
	for _, t := range q.terms {
		p.terms = append(p.terms, t.plain())
	}
	if q.until != nil {
		u := q.until.plain()
		p.until = &u
	}
	p.pipes = nil
	for _, x := range q.pipes {
		p.pipes = append(p.pipes, pipe{name: x.name, n: x.n.plain()})
	}
	return &p
}

func (t term) plain() term {
	t.pos, t.cond, t.by = position{}, t.cond.plain(), plainAll(t.by)
	return t
}

func plainAll(xs []*expr) (out []*expr) {
	for _, x := range xs {
		out = append(out, x.plain())
	}
	return out
}

func (x *expr) plain() *expr {
	p := *x
	p.pos, p.kids = position{}, plainAll(x.kids)
	return &p
}

var printed = []struct{ query, want string }{
	{`process where true`, ``},
	{`any where not (a == 1 and b == 2) or c`, ``},
	{`any where not a == 1`, ``},
	{`any where not (not a)`, `any where not not a`},
	{`any where ((a))`, `any where a`},
	{`any where (a or b) and c`, ``},
	{`any where a and (b and c)`, ``},
	{`any where a - (b - c) - d * (e + 1) % 2 == -1`, ``},
	{`any where -(a) == -a.b and - 3 == +3`, `any where -a == -a.b and -3 == 3`},
	{`any where -(-3) == 3`, `any where --3 == 3`},
	{`any where 3 - -3 == 6`, ``},
	{`any where (a == 1) == true`, ``},
	{`any where a : "x*" and b in ("y", 1, null) == c not in~ ("z")`, `any where a : ("x*") and b in ("y", 1, null) == c not in~ ("z")`},
	{`any where a like~ ("1", -2) or b regex~ "[ab]+"`, `any where a like~ ("1", -2) or b regex~ ("[ab]+")`},
	{"any where ?a.`b-c`.`sequence`.`d``e` == null", ``},
	{`any where f("\n\t\r\b\f\"\\ \u{e9} \u{0001F600}", """C:\a"b""c""""", g~())`, "any where f(\"\\n\t\\r\b\f\\\"\\\\ é 😀\", \"C:\\\\a\\\"b\\\"\\\"c\\\"\\\"\", g~())"},
	{`"my event" where 1.50 < .5 // comment` + "\n" + `/* another */ and 1e3 >= 0x`, `"my event" where 1.50 < .5 and 1e3 >= 0`},
	{`any where a | head 3 | tail 2 + 1`, ``},
	{`sequence by a.b, ?c with maxspan=30s [x where true] by d with runs=3 ![y where false] by e until [z where a] by f | head 1`, ``},
	{`sequence with maxspan = 1 d by k [any where true] [any where true] with runs=100 by j`,
		`sequence by k with maxspan=1d [any where true] [any where true] by j with runs=100`},
	{`sample by h [a where true] [b where x : "1"]`, `sample by h [a where true] [b where x : ("1")]`},
}

func TestPrint(t *testing.T) {
	for _, tt := range printed {
		want := tt.want
		if want == "" {
			want = tt.query
		}
		q, err := parse(strings.Replace(tt.query, "0x", "0", 1))
		if err != nil {
			t.Errorf("parse(%q): %v", tt.query, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("parse(%q).String() = %q, want %q", tt.query, got, want)
		}
		checkPrint(t, q)
	}
}

// checkPrint holds String to: it parses to the same query, and prints the same again.
func checkPrint(t *testing.T, q *query) {
	t.Helper()
	text := q.String()
	again, err := parse(text)
	if err != nil {
		t.Fatalf("parse(%q), which was printed: %v", text, err)
	}
	if !reflect.DeepEqual(q.plain(), again.plain()) {
		t.Fatalf("%q parses to another query, %q", text, again)
	}
}

func FuzzPrint(f *testing.F) {
	for _, tt := range printed {
		f.Add(tt.query)
	}
	for _, tt := range broken {
		f.Add(tt.query)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := parse(text)
		if err == nil {
			checkPrint(t, q)
			return
		}
		var qe *QueryError
		if !errors.As(err, &qe) || qe.Line < 1 || qe.Col < 1 || qe.Line > strings.Count(text, "\n")+1 || qe.Msg == "" {
			t.Errorf("parse(%q): error %v has no place in it", text, err)
		}
	})
}

var broken = []struct{ query, err string }{
	{``, `1:1: an event category is expected, not the end of the query`},
	{`process`, `1:8: "where" is expected, not the end of the query`},
	{"process where\n  a = 1", `2:5: "=" is no comparison: write "=="`},
	{`process where a == 'x'`, `1:20: a string is written "…": single quotes are Endgame EQL`},
	{`process where a == ?"x"`, `1:20: a raw string is written """…"""`},
	{`process where a == ?'x'`, `1:20: a raw string is written """…"""`},
	{`process where a && b`, `1:17: "&&" is written "and"`},
	{`process where a || b`, `1:17: "||" is written "or"`},
	{`process where a !: "b"`, `"not x : y"`},
	{`process where a == 1 == 2`, `1:22: comparisons cannot be chained`},
	{`process where a < b <= c`, `1:21: comparisons cannot be chained`},
	{`process where child of [process where true]`, `child of, descendant of and event of are Endgame EQL`},
	{`join [a where true] [b where true]`, `join is Endgame EQL`},
	{`process where true | unique a`, `1:22: pipe unique is Endgame EQL`},
	{`process where true | tai 3`, `pipe "tai" is not known`},
	{`process where true | head 1, 2`, `1:28: pipe head takes one number`},
	{`sequence by a` + strings.Repeat(",a", maxKeys) + ` [any where true] [any where true]`, `1:77: by takes at most 32 fields`},
	{`process where a == "x`, `1:20: string without its closing quote`},
	{"process where a == \"x\ny\"", `1:20: string without its closing quote`},
	{`process where a == """x`, `raw string without its closing """`},
	{`process where a == "C:\Windows"`, `1:23: unknown escape "\\W": write \\ for a backslash`},
	{`process where a == "\u{1}"`, `two to eight hexadecimal digits`},
	{`process where a == "\u{110000}"`, `\u{110000} is no character`},
	{`process where a == "\u{d800}"`, `\u{d800} is no character`},
	{"process where a == `x", `1:20: name without its closing backtick`},
	{"process where `` == 1", `a name in backticks is empty`},
	{`process where sequence == 1`, `1:15: "sequence" is a keyword: a field of that name is written in backticks`},
	{`process where a.by == 1`, `"by" is a keyword`},
	{`process where a in ()`, `1:21: a value is expected, not ")"`},
	{`process where a in "x"`, `1:20: "(" is expected, not the string "x"`},
	{`process where a : b`, `1:19: a constant is expected, not "b"`},
	{`process where a:length() > 4`, `1:17: a constant is expected, not "length"; a function is written name(field)`},
	{`process where a not : "b"`, `only "in" takes a "not" before it`},
	{`process where args[0] == "x"`, `1:19: a field has no index in Elasticsearch: args compares with any of its values`},
	{`process where name~ == "x"`, `1:15: only functions, in, like and regex take a ~`},
	{`process where (a == 1`, `1:22: ")" is expected, not the end of the query`},
	{`process where a == 1)`, `1:21: the end of the query is expected, not ")"`},
	{`process where a == 99999999999999999999`, `is no whole number of 64 bits`},
	{`process where a == 1e999`, `is no number of 64 bits`},
	{`process where a == 1 /* b`, `1:22: comment without its end`},
	{`process where a # b`, `1:17: unexpected character '#'`},
	{`sequence by a == b [a where true] [b where true]`, `"[" is expected, not "=="`},
	{`sequence by f(a) [a where true] [b where true]`, `1:13: by takes fields`},
	{`sequence with maxspan=30 [a where true] [b where true]`, `maxspan needs a unit, one of ms, s, m, h, d: as in 30s`},
	{`sequence with maxspan=1.5s [a where true] [b where true]`, `1:23: maxspan is a positive whole number`},
	{`sequence with maxspan=0s [a where true] [b where true]`, `1:23: maxspan is a positive whole number`},
	{`sequence with maxspan=1w [a where true] [b where true]`, `maxspan needs a unit`},
	{`sequence with maxspan=9223372036854775807d [a where true] [b where true]`, `maxspan is too long`},
	{`sequence [a where true] with runs=101`, `1:35: runs is a number from 1 to 100, not "101"`},
	{`sequence [a where true] fork [b where true]`, `fork is Endgame EQL`},
	{`sequence [a where true] [b where true] until ![c where true]`, `until takes one event that may come`},
	{`sample by h [a where true] [b where true] until [c where true]`, `a sample has no "until"`},
	{`sequence by a`, `"[" is expected, not the end of the query`},
	{`process where ` + strings.Repeat("(", 200) + "a", `nested deeper than 100 levels`},
	{`process where ` + strings.Repeat("not ", 200) + "a", `nested deeper than 100 levels`},
	{`process where ` + strings.Repeat("-", 200) + "a", `nested deeper than 100 levels`},
	{`process where a` + strings.Repeat("+1", 200), `more than 100 operators in a row`},
	{strings.Repeat(" ", maxQuery+1), `query is larger than 262144 bytes`},
}

func TestParseErrors(t *testing.T) {
	for _, tt := range broken {
		_, err := parse(tt.query)
		if err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("parse(%.80q): error %v, want %q in it", tt.query, err, tt.err)
		}
	}
}
