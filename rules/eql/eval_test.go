package eql

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// fields is an event of the tests.
type fields map[string][]string

func (f fields) Values(dst []string, name string) []string { return append(dst, f[name]...) }

// typed is a schema of the fields below; all others are keywords, and what begins with u is not known.
type typed struct{}

var types = map[string]Type{
	"n": Long, "n2": Long, "nnull": Long, "d": Double, "b": Boolean, "bf": Boolean, "ip": IP, "ip6": IP, "ips": IP, "ipnull": IP, "some": Any,
}

func (typed) Category() string { return "category" }

func (typed) Field(name string) (Type, bool) {
	if t, ok := types[name]; ok {
		return t, true
	}
	if strings.HasPrefix(name, "u") {
		return Any, false
	}
	return Keyword, true
}

func (typed) Unknown(name string) string { return "unknown: " + name }

func compiledQuery(t *testing.T, text string) *Query {
	t.Helper()
	q, _, err := CompileQuery(text, typed{}, &rule.Meta{ID: "q"})
	if err != nil {
		t.Fatalf("CompileQuery(%q): %v", text, err)
	}
	return q
}

func holds(t *testing.T, cond string, f fields) bool {
	t.Helper()
	return len(compiledQuery(t, "any where "+cond).EvalFields(nil, f)) == 1
}

// sample has many values in s, none in null, and in the others one.
var sample = fields{
	"s": {"cmd.exe", "", "x y"}, "path": {`C:\Windows\System32\cmd.exe`}, "name": {"regsvr32.exe"}, "domain": {"subdomain.example.com"},
	"n": {"4"}, "n2": {"10", "3"}, "d": {"0.5"}, "b": {"true"}, "bf": {"false"}, "ip": {"192.168.152.12"}, "ip6": {"fe80::1"}, "ips": {"10.1.2.3", "::ffff:1.2.3.4"},
	"some": {"7"}, "args": {"python3", "-c", "import pty; pty.spawn('/bin/sh')"}, "category": {"process", "file"}, "text": {"Größe ſ 😀!"}, "zero": {""},
}

// TestHolds: documented examples, and what follows from them. Source: eql-syntax and eql-function-ref at
// https://www.elastic.co/docs/reference/query-languages/eql.
func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		what     string
		yes, not []string
	}{
		{
			what: "equality",
			yes:  []string{`name == "regsvr32.exe"`, `name != "REGSVR32.EXE"`, `not name == "regsvr32.EXE"`, `"regsvr32.exe" == name`, `n == 4`, `n != 5`, `4 == n`, `d == 0.5`, `b`, `b == true`, `not bf`, `bf == false`, `n == 4.0`},
			not:  []string{`name == "REGSVR32.EXE"`, `name == "regsvr32*"`, `n != 4`, `bf`, `b == false`, `b != true`},
		}, {
			what: "order",
			yes:  []string{`n > 3`, `n >= 4`, `3 < n`, `n <= 4`, `n < 4.5`, `name > "a"`, `name < "s"`, `name >= "regsvr32.exe"`, `name > "Z"`, `d < 1`, `some > 6`, `some == 7`, `some == "7"`},
			not:  []string{`n > 4`, `n < 4`, `5 < n`, `name < "Z"`, `some > 7`},
		}, {
			what: "lists",
			yes:  []string{`name in ("a", "regsvr32.exe")`, `name in~ ("REGSVR32.EXE", "x")`, `name not in ("a", "b")`, `name not in~ ("regsvr32*")`, `n in (3, 4)`, `n2 in (3, 4)`, `not n in (1)`, `ip in ("192.168.152.12", "x")`},
			not:  []string{`name in ("REGSVR32.EXE")`, `name in~ ("regsvr32*")`, `name not in ("a", "regsvr32.exe")`, `n in (1, 2)`, `null in ("a")`, `name in (null)`},
		}, {
			what: "case-insensitive equality and wildcards",
			yes: []string{`name : "REGSVR32.EXE"`, `name : "reg*"`, `name : "REG*.exe"`, `name : "regsvr3?.exe"`, `name : ("a", "reg*")`, `name like "reg*"`, `name like ("x", "regsvr??.exe")`,
				`name like~ "REG*"`, `path : "*\\CMD.exe"`, `path : """C:\windows*"""`, `path like "C:*System??\\*"`, `text : "grösse*" or text : "größe*"`, `name : "*"`, `zero : ""`},
			not: []string{`name : "reg"`, `name like "REG*"`, `name : "regsvr3?exe.exe"`, `name like~ ("a", "b")`, `name : "regsvr32.exe?"`, `name like "*.EXE"`, `null : "*"`, `path : "C:\\*\\*\\*\\*"`},
		}, {
			what: "regular expressions match the whole",
			yes:  []string{`name regex "reg.*"`, `name regex ("x", "regsvr[0-9]+[.]exe")`, `name regex~ "REG.+"`, `name regex """regsvr\d\d\.exe"""`, `name regex "(a|regsvr32)\\.exe"`},
			not:  []string{`name regex "reg"`, `name regex "egsvr32.exe"`, `name regex "REG.*"`, `null regex ".*"`, `name regex "regsvr32.ex|y"`},
		}, {
			what: "logic has two values: what is null is false, and its negation true",
			yes: []string{`not (nnull > 1)`, `not null == "x"`, `null != "x"`, `not (null : "*")`, `not (null : "a" and true)`, `not cidrMatch(ipnull, "10.0.0.0/8")`, `not length(null) > 2`,
				`true and not false or false`, `false or name : "r*"`, `not (false)`, `not not true`},
			not: []string{`nnull > 1`, `nnull <= 1`, `null == "x"`, `true and false`, `false`, `not true`, `length(null) > 2`, `length(null) <= 2`},
		}, {
			what: "existence",
			yes: []string{`null == null`, `name != null`, `not name == null`, `zero != null`, `?u.n == null`, `?nothing == null`, `null == (nnull > -1)`, `(nnull > -1) == null`, `(n > -1) != null`, `concat(name, null) == null`,
				`?ua == ?ub`, `null == length(null)`},
			not: []string{`null != null`, `name == null`, `?u != null`, `(n > -1) == null`, `?ua != ?ub`, `?u`, `?u : "*"`},
		}, {
			what: "many values: one that passes is enough",
			yes: []string{`args : "-c" and args : "*pty.spawn*"`, `s == ""`, `not args == "nc"`, `args != "nc"`, `n2 > 5 and n2 < 5`, `length(s) == 7`, `length(s) == 0`, `concat(s, "!") == "x y!"`,
				`startsWith(args, "import")`, `n2 + 1 == 4`, `n2 * n == 40`, `cidrMatch(ips, "10.0.0.0/8")`, `s in ("a", "x y")`, `length(s) == 3 and length(s) == 7`},
			not: []string{`args == "nc"`, `args != "-c"`, `not args : "-c"`, `length(s) == 1`, `concat(s, s) == "x ycmd.exe"`, `s != ""`, `n2 - n2 == 7`},
		}, {
			what: "arithmetic",
			yes: []string{`n + 1 == 5`, `n - 5 == -1`, `n * 2.5 == 10`, `n / 3 == 1`, `n / 8 == 0`, `n / 8.0 == 0.5`, `n % 3 == 1`, `-n == -4`, `-(n) + 4 == 0`, `1 + 2 * n == 9`, `(1 + 2) * n == 12`, `10 - 3 - 2 == 5`, `d * 2 == 1`,
				`n / 0 == null`, `n % 0 == null`, `9223372036854775807 + n == null`, `-7 / 2 == -3`, `-7 % 3 == -1`, `nnull + 1 == null`, `some * 2 == 14`},
			not: []string{`n + 1 == 6`, `n / 0 == 0`, `nnull + 1 == 1`},
		}, {
			what: "add, subtract, multiply, divide, modulo",
			yes: []string{`add(4, 5) == 9`, `add(4, 0.5) == 4.5`, `add(-2, -2) == -4`, `add(n, 5) == 9`, `add(null, 4) == null`, `add(4., null) == null`, `subtract(10, 2) == 8`, `subtract(10.5, 0.5) == 10`, `subtract(n, 6) == -2`,
				`multiply(2, 2) == 4`, `multiply(0.5, 2) == 1`, `multiply(0.25, 2) == 0.5`, `multiply(n, null) == null`, `divide(4, 2) == 2`, `divide(4, 3) == 1`, `divide(4, 3.0) > 1.3`, `divide(null, 2) == null`,
				`modulo(10, 6) == 4`, `modulo(10, 5) == 0`, `modulo(10, 0.5) == 0`, `modulo(-10, 7) == -3`, `modulo(null, 5) == null`},
		}, {
			what: "between",
			yes: []string{`between(path, "System32\\", ".exe") == "cmd"`, `between(path, "workspace\\", ".exe") == ""`, `between(path, "system32\\", ".exe") == ""`, `between~(path, "system32\\", ".EXE") == "cmd"`, `between(path, "\\", "\\") == "Windows"`,
				`between(path, "\\", "\\", true) == "Windows\\System32"`, `between(path, "\\", "\\", false) == "Windows"`, `between(null, "a", "b") == null`, `between(path, null, ".") == null`, `between("aXb", "", "b") == "aXb"`,
				`between("", "a", "b") == ""`, `between("ab", "a", "b") == ""`, `between("a-b", "a", "c") == ""`, `between("aXbYb", "a", "b", true) == "XbY"`},
		}, {
			what: "cidrMatch",
			yes: []string{`cidrMatch(ip, "192.168.0.0/16")`, `cidrMatch(ip, "192.168.0.0/16", "10.0.0.0/8")`, `cidrMatch(ip, "10.0.0.0/8", "192.168.152.0/24")`, `cidrmatch(ip, "192.168.152.12")`, `cidrMatch(ip6, "FE80::/10")`, `cidrMatch(ip, "0.0.0.0/0")`,
				`cidrMatch(ip, "192.168.1.2/16")`, `cidrMatch(ips, "1.2.3.0/24")`, `cidrMatch(ip, "192.168.0.0/16") == true`, `string(cidrMatch(ip, "192.168.0.0/16")) == "true"`, `cidrMatch(ipnull, "10.0.0.0/8") == null`, `cidrMatch(concat("10.1.2.", string(n)), "10.0.0.0/8")`,
				`ip == "192.168.152.12"`, `ips == "1.2.3.4"`, `ip6 == "FE80:0::1"`},
			not: []string{`cidrMatch(ip, "10.0.0.0/8")`, `cidrMatch(ip6, "192.168.0.0/16")`, `cidrMatch(ip, "::/0")`, `cidrMatch(name, "0.0.0.0/0")`, `ip == "192.168.152.13"`},
		}, {
			what: "concat",
			yes: []string{`concat("process is ", "regsvr32.exe") == "process is regsvr32.exe"`, `concat(name, " not ", "found") == "regsvr32.exe not found"`, `concat(n, "-", d, "-", b) == "4-0.5-true"`, `concat(name) == "regsvr32.exe"`,
				`concat(null, "x") == null`, `concat("x", null) == null`, `concat("a", 1, true, 2.0) == "a1true2.0"`},
		}, {
			what: "endsWith, startsWith, stringContains",
			yes: []string{`endsWith(name, ".exe")`, `endsWith~(name, ".EXE")`, `endsWith(name, "")`, `endsWith("regsvr32.exe", ".exe")`, `endsWith(null, ".exe") == null`, `endsWith(name, null) == null`, `startsWith(name, "regsvr32")`, `startsWith~(name, "REG")`, `startsWith(name, "")`,
				`startsWith(null, "x") == null`, `stringContains(name, "svr")`, `stringContains~(name, "SVR32")`, `stringContains("start regsvr32.exe", "regsvr32")`, `stringContains(null, "x") == null`, `stringcontains(name, "svr")`, `stringContains(path, concat("System", "32"))`},
			not: []string{`endsWith(name, ".dll")`, `endsWith(name, ".EXE")`, `startsWith(name, "explorer")`, `startsWith(name, "REG")`, `stringContains(name, "SVR")`, `stringContains(name, "wmic")`, `stringContains(name, "")`, `endsWith(name, "regsvr32.exe.exe")`, `stringContains(name, "*svr*")`},
		}, {
			what: "indexOf",
			yes: []string{`indexOf(domain, ".") == 9`, `indexOf(domain, ".", 9) == 9`, `indexOf(domain, ".", 10) == 17`, `indexOf(domain, ".", -6) == 9`, `indexOf("", "") == 0`, `indexOf(domain, "") == 0`, `indexOf(domain, "", 9) == 9`, `indexOf(domain, "z") == null`,
				`indexOf(domain, ".", 100) == null`, `indexOf(null, ".") == null`, `indexOf(domain, null) == null`, `indexOf(domain, ".", null) == null`, `indexOf~(domain, "EXAMPLE") == 10`, `indexOf(domain, "EXAMPLE") == null`, `indexOf(text, "!") == 10`},
		}, {
			what: "length",
			yes:  []string{`length("explorer.exe") == 12`, `length("") == 0`, `length(null) == null`, `length(name) == 12`, `length(text) == 11`, `length("😀") == 2`},
		}, {
			what: "number",
			yes: []string{`number("1337") == 1337`, `number("42.5") == 42.5`, `number("deadbeef", 16) == 3735928559`, `number("0xdeadbeef") == 3735928559`, `number("0xdeadbeef", 16) == 3735928559`, `number("+1337") == 1337`, `number("-1337") == -1337`, `number("1101", 2) == 13`,
				`number(null) == null`, `number(null, 16) == null`, `number("1337", null) == 1337`, `number("x") == null`, `number("zz", 36) == 1295`},
		}, {
			what: "string",
			yes:  []string{`string(42) == "42"`, `string(42.5) == "42.5"`, `string("regsvr32.exe") == "regsvr32.exe"`, `string(true) == "true"`, `string(null) == null`, `string(n) == "4"`, `string(b) : "TRUE"`, `string(n == 4) == "true"`},
		}, {
			what: "substring",
			yes: []string{`substring("start regsvr32.exe", 6) == "regsvr32.exe"`, `substring("start regsvr32.exe", 0, 5) == "start"`, `substring("start regsvr32.exe", 6, 14) == "regsvr32"`, `substring("start regsvr32.exe", -4) == ".exe"`,
				`substring("start regsvr32.exe", -4, -1) == ".ex"`, `substring(name, 100) == ""`, `substring(name, 3, 2) == ""`, `substring(name, 0, 100) == "regsvr32.exe"`, `substring(name, -100, 3) == "reg"`, `substring(null, 1) == null`, `substring(name, null) == null`, `substring(name, 1, null) == null`,
				`substring(text, 8) == "😀!"`},
		}, {
			what: "values in place of conditions",
			yes:  []string{`(name == "regsvr32.exe") == true`, `string(name : "reg*") == "true"`, `(name in ("a")) == false`, `(name not in ("a")) == true`, `(not b) == false`, `(b and null > "x") == null`, `(bf and null > "x") == false`, `(b or null > "x") == true`, `(name like "reg*") == true`},
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, cond := range tt.yes {
				if !holds(t, cond, sample) {
					t.Errorf("%s: does not hold, and should", cond)
				}
			}
			for _, cond := range tt.not {
				if holds(t, cond, sample) {
					t.Errorf("%s: holds, and should not", cond)
				}
			}
		})
	}
}

// TestCategories: the category is a field with many values, and with the letters as they are.
func TestCategories(t *testing.T) {
	for text, want := range map[string]bool{
		`process where true`: true, `file where true`: true, `network where true`: false, `Process where true`: false, `any where true`: true, `"process" where true`: true, `any where false`: false,
	} {
		if got := len(compiledQuery(t, text).EvalFields(nil, sample)) == 1; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestCompileErrors: what Elasticsearch refuses, with its place.
func TestCompileErrors(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{`any where name == 4`, `1:16: name is a text in Elasticsearch: write the number in quotes`},
		{`any where n == "4"`, `1:13: n is a number and cannot be compared with a text`},
		{`any where name`, `1:11: name is a text, not a condition`},
		{`any where n + 1`, `1:13: n + 1 is a number, not a condition`},
		{`any where not name`, `1:15: name is a text, not a condition`},
		{`any where b > true`, `1:13: booleans have no order: write == true`},
		{`any where n : "4"`, `1:13: : takes texts, and n is a number`},
		{`any where name : 4`, `1:18: : takes texts, not 4: write "4"`},
		{`any where name in ("a", 4)`, `1:16: name is a text in Elasticsearch: write the number in quotes`},
		{`any where name in (s)`, `1:20: s: a field compares with constants only`},
		{`any where name == s`, `1:16: name and s: Elasticsearch compares with constants only`},
		{`any where name + 1 == 2`, `1:11: name is a text, and + takes numbers`},
		{`any where length(n) == 2`, `1:18: argument 1 of length is a number, and needs to be a text`},
		{`any where length(name, 1) == 2`, `1:11: length takes 1 arguments at most, and has 2`},
		{`any where length() == 2`, `1:11: length needs 1 arguments, and has 0`},
		{`any where length~(name) == 2`, `1:11: length has no form without regard to case: length~`},
		{`any where lenght(name) == 2`, `1:11: function lenght is not known; did you mean length?`},
		{`any where wildcard(name, "a*")`, `1:11: wildcard is Endgame EQL: write field : ("a*", "b*"), or like with regard to case`},
		{`any where cidrMatch(ip, "10.0.0.0/33")`, `1:25: "10.0.0.0/33" is no block of addresses, as in 10.0.0.0/8`},
		{`any where cidrMatch(ip, name)`, `1:25: cidrMatch takes blocks as constants, not name`},
		{`any where name regex "(a"`, `1:22: regular expression "(a": `},
		{"sequence\n [any where true]", "2:2: a sequence has two events or more"},
		{`sequence [any where true] by n [any where true]`, `1:32: joined by 0 fields of its own, and the first event by 1`},
		{`sequence by n [any where true] [any where true] until [any where true] by n`, `1:55: joined by 1 fields of its own, and the first event by 0`},
		{`sequence [any where true] ![any where true]`, `1:1: a missing event needs a time in which it is missing: with maxspan=`},
		{`sequence with maxspan=1s ![any where true] ![any where true]`, `1:26: at least one event of a sequence must not be missing`},
		{`sample [any where true] [any where true]`, `1:1: a sample needs by: what its events have in common`},
		{`sample by n [any where true] ![any where true]`, `1:1: a sample has no missing events`},
		{`sample by n [any where true]`, `1:13: a sample has two events or more`},
		{`sequence [any where true] with runs=100 [any where true] with runs=100 [any where true] with runs=100`, `1:1: a sequence of 300 events: 256 is the most`},
		{`any where true | head name`, `1:23: head takes a whole number, not name`},
		{`any where true | tail -1`, `1:23: tail takes a whole number, not -1`},
	} {
		_, _, err := CompileQuery(tt.query, typed{}, &rule.Meta{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("CompileQuery(%q): %v, want %s", tt.query, err, tt.want)
		}
	}
}

// TestUnknown: a field that nothing has is told once, unless it is optional.
func TestUnknown(t *testing.T) {
	_, warnings, err := CompileQuery(`any where u == "1" and u == "2" and ?u2 == "3" or not u3 : "x"`, typed{}, &rule.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Warning{{1, 11, "unknown: u"}, {1, 55, "unknown: u3"}}
	if len(warnings) != 2 || warnings[0] != want[0] || warnings[1] != want[1] {
		t.Errorf("warnings %+v, want %+v", warnings, want)
	}
}

// TestPipes: head and tail, one after the other.
func TestPipes(t *testing.T) {
	for text, want := range map[string][2]int{
		"": {0, 10}, "| head 3": {0, 3}, "| tail 3": {7, 10}, "| head 5 | tail 2": {3, 5}, "| tail 5 | head 2": {5, 7}, "| head 99": {0, 10}, "| tail 99": {0, 10}, "| head 0": {0, 0}, "| tail 0 | head 1": {10, 10}, "| head 1 + 1": {0, 2},
	} {
		if first, end := compiledQuery(t, "any where true "+text).Pipe(10); first != want[0] || end != want[1] {
			t.Errorf("%s: results %d to %d, want %v", text, first, end, want)
		}
	}
}
