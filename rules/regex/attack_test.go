package regex

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// seed is a published rule's expression, as its author wrote it.
const seed = `(?is)\bpython(?:3)?\b[\s\S]*?\bsocket\.socket\b[\s\S]*?\bconnect\s*\([\s\S]*?\)[\s\S]*?\bos\.dup2\s*\([\s\S]*?\)[\s\S]*?\bpty\.spawn\s*\(\s*["'](?:sh|bash)["']\s*\)`

// longLine is what the kernel lets one argument be.
const longLine = 128 << 10

func long(s string) string { return strings.Repeat(s, longLine/len(s)) }

// part is a tenth of long.
func part10(s string) string { return strings.Repeat(s, longLine/10/len(s)) }

// attack is a subject that was made to hold up a search.
type attack struct {
	name, expr, subject string
	want                Answer
}

func attacks() []attack {
	aes := long("a")
	return []attack{
		{"seed/harmless", seed, long("/usr/bin/ls -la /tmp "), No},
		{"seed/words", seed, long("python3 socket.socket connect ( x ) os.dup2 ( y ) pty.spawn ( "), No},
		{"seed/words in order", seed, part10("python3 ") + part10("socket.socket ") + part10("connect() ") + part10("os.dup2() ") + part10("pty.spawn('sh' "), No},
		{"seed/all but the last", seed, "python3 socket.socket connect() os.dup2() pty.spawn('sh'" + long(" x"), No},
		{"seed/at the end", seed, long("x") + " python -c socket.socket connect() os.dup2(1) pty.spawn('sh')", Yes},
		{"(a+)+$ short", `(a+)+$`, strings.Repeat("a", 30) + "!", No},
		{"(a+)+$", `(a+)+$`, aes + "!", No},
		{"(a|aa)+$", `(a|aa)+$`, aes + "!", No},
		{`^(\w+\s?)*$`, `^(\w+\s?)*$`, long("abc ") + "!", No},
		{"(x+x+)+y", `(x+x+)+y`, long("x"), No},
		{`\s+$`, `\s+$`, long(" ") + "x", No},
		{"a.*b.*c.*d", `a[\s\S]*?b[\s\S]*?c[\s\S]*?d`, long("abc"), No},
		{"{1,1000}!", `[a-z0-9]{1,1000}!`, aes, No},
		{"x(.){200,}y", `x(.){200,}y`, noise(longLine, "abx yz019-.\n"), No},
		{"(?:a?){100}a{100}", `(?:a?){100}a{100}`, strings.Repeat("a", 99), No},
		{"lookaheads", `(?i)(?=.*-R)(?=.*id_rsa)(?=.*ssh)`, long("ssh -R x "), No},
		{"lookaheads on lines", `(?i)(?=.*-R)(?=.*id_rsa)(?=.*ssh)`, long("-R\nid_rsa\nssh\n"), No},
		{"backreference", `(.+)\1+$`, aes + "!", Undecided},
		{"atomic", `(?>(a)|b)*+(?=c)d`, long("ab") + "d", No},
		{"calls", `(a|(?R)b)`, long("b") + "a", Undecided},
		{"nested calls", `^(a(?1)?)+$`, aes + "!", Undecided},
		{"empty passes", `(?:(?=(a+))a\1?)*b`, aes + "b", Undecided},
		{"verbs", `(?:a(*PRUNE))*+b|(?:a(*THEN))*c`, aes, No},
	}
}

// TestAttacks: each search keeps its budget of steps and of memory, and says when that was not enough.
func TestAttacks(t *testing.T) {
	for _, a := range attacks() {
		re, err := Compile(a.expr, Options{})
		if err != nil {
			t.Fatalf("Compile(%q): %v", a.expr, err)
		}
		var sc Scratch
		sc.SetBudget(DefaultLimit)
		if got := re.Match(a.subject, &sc); got != a.want {
			t.Errorf("%s: Match = %v after %d steps, want %v", a.name, got, DefaultLimit-sc.Left(), a.want)
		}
		if strings.HasPrefix(a.name, "seed") && DefaultLimit-sc.Left() > longLine {
			t.Errorf("%s: %d steps for %d bytes", a.name, DefaultLimit-sc.Left(), longLine)
		}
		sc.SetBudget(2 * DefaultLimit)
		if _, got := re.Find(nil, a.subject, &sc); got != a.want {
			t.Errorf("%s: Find = %v, want %v", a.name, got, a.want)
		}
	}
}

// TestMemory: no search takes more than 16 MiB in all, what is thrown away included.
func TestMemory(t *testing.T) {
	if bytes := maxTrail * 5 / 4 * int(reflect.TypeFor[trailEntry]().Size()); bytes > 12<<20 {
		t.Errorf("the trail takes %d bytes", bytes)
	}
	for _, a := range attacks() {
		re, err := Compile(a.expr, Options{Limit: 8_000_000})
		if err != nil {
			t.Fatalf("Compile(%q): %v", a.expr, err)
		}
		for name, f := range map[string]func(sc *Scratch){
			"Match": func(sc *Scratch) { re.Match(a.subject, sc) },
			"Find":  func(sc *Scratch) { sc.machine.search(re.program, a.subject, re.limit) },
		} {
			var sc Scratch
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f(&sc)
			runtime.ReadMemStats(&after)
			if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 16<<20 {
				t.Errorf("%s(%s) took %d bytes", name, a.name, bytes)
			}
		}
	}
}

// TestBudget: what is not decided within a common budget is told, and nothing is asked when it is spent.
func TestBudget(t *testing.T) {
	regular, _ := Compile(`a+b`, Options{})
	irregular, _ := Compile(`(a+)\1b`, Options{})
	for _, re := range []*Regexp{regular, irregular} {
		var sc Scratch
		sc.SetBudget(100_000)
		if got := re.Match("xaab", &sc); got != Yes {
			t.Errorf("Match(%v) = %v, want yes", re, got)
		}
		left := sc.Left
		if re.Regular() {
			left = func() int { return sc.passes }
		}
		spent := 100_000 - left()
		if spent <= 0 || spent > 1000 {
			t.Errorf("Match(%v) took %d steps", re, spent)
		}
		for range 1_000_000 {
			if re.Match("xaaab aaab aaa", &sc) == Undecided {
				break
			}
		}
		if left() != 0 || re.Match("xaab", &sc) != Undecided {
			t.Errorf("Match(%v) after the budget: %d steps are left", re, left())
		}
		sc.SetBudget(100_000)
		if got := re.Match("xaab", &sc); got != Yes {
			t.Errorf("Match(%v) with a new budget = %v, want yes", re, got)
		}
	}
}

// TestSame: the same search gives the same answer whatever was searched before, also where the budget ends.
func TestSame(t *testing.T) {
	var used Scratch
	for _, a := range attacks() {
		for limit := 1000; limit <= 1<<20; limit *= 4 {
			re, _ := Compile(a.expr, Options{Limit: limit})
			var fresh Scratch
			offsets, want := re.Find(nil, a.subject, &fresh)
			for range 2 {
				if got, a2 := re.Find(nil, a.subject, &used); a2 != want || fmt.Sprint(got) != fmt.Sprint(offsets) {
					t.Errorf("%s: Find with limit %d = %v, %v, want %v, %v", a.name, limit, got, a2, offsets, want)
				}
			}
		}
	}
}

// BenchmarkAttack is one search of a line of 128 KiB.
func BenchmarkAttack(b *testing.B) {
	for _, a := range attacks() {
		b.Run(a.name, func(b *testing.B) {
			re, err := Compile(a.expr, Options{})
			if err != nil {
				b.Fatal(err)
			}
			var sc Scratch
			b.ReportAllocs()
			for b.Loop() {
				re.Match(a.subject, &sc)
			}
		})
	}
}
