package sigma

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// naive asks every rule about every row, without gates and memory: what Eval must say.
func (e *Engine) naive(ev *event.Event) []string {
	var ids []string
	for id := range e.rules {
		if e.naively(id, ev) {
			ids = append(ids, e.rules[id].meta.ID)
		}
	}
	return ids
}

func (e *Engine) naively(id int, ev *event.Event) bool {
	r := &e.rules[id]
	sc := newScratch(e)
	sc.begin(ev)
	switch r.view {
	case viewNone:
		return false
	case viewAuditd:
		for i := range ev.Records {
			if sc.row(i); isRow(ev, i) && r.cond.holds(e, sc) {
				return true
			}
		}
		return false
	}
	return e.sees(r.view, ev) && r.cond.holds(e, sc)
}

// dice reads choices from the bytes of a fuzzer.
type dice struct{ b []byte }

func (d *dice) roll(n int) int {
	if len(d.b) == 0 {
		return 0
	}
	v := int(d.b[0]) % n
	d.b = d.b[1:]
	return v
}

func (d *dice) pick(list ...string) string { return list[d.roll(len(list))] }

var fuzzWords = []string{"sh", "/bin/", "python", "-c", "Sk", "ſ", "\u212a", "é", "\xff", "0", "7", "a b", "tmp", "/tmp/x", ".", "dEAd"}

func (d *dice) text() string {
	s := d.pick(fuzzWords...)
	for d.roll(3) == 0 && len(d.b) > 0 {
		s += d.pick(fuzzWords...)
	}
	return s
}

var fuzzSources = []struct {
	source string
	fields []string
}{
	{"category: process_creation", []string{"Image", "CommandLine", "User", "ParentImage", "LogonId"}},
	{"service: auditd", []string{"type", "a0", "a1", "a2", "name", "nametype", "exe", "comm", "SYSCALL", "uid", "key", "cwd", "success", "saddr"}},
	{"category: network_connection", []string{"Image", "DestinationIp", "DestinationPort", "Initiated"}},
	{"category: file_event", []string{"TargetFilename", "Image"}},
	{"definition: none", nil},
}

// rule writes a rule.
func (d *dice) rule(id int) string {
	src := fuzzSources[d.roll(len(fuzzSources))]
	var b strings.Builder
	fmt.Fprintf(&b, "title: r\nid: r%d\nlogsource:\n  product: linux\n  %s\ndetection:\n", id, src.source)
	names := []string{"s1", "s2", "s3"}[:1+d.roll(3)]
	for _, n := range names {
		if src.fields == nil || d.roll(8) == 0 {
			fmt.Fprintf(&b, "  %s:\n    - %s\n    - %s\n", n, quote(d.text()), quote(d.text()))
			continue
		}
		fmt.Fprintf(&b, "  %s:\n", n)
		used := map[string]bool{}
		for range 1 + d.roll(3) {
			key := d.pick(src.fields...) + d.pick("", "", "|contains", "|startswith", "|endswith", "|contains|all", "|re", "|cased", "|exists", "|contains|neq")
			if used[key] {
				continue
			}
			used[key] = true
			d.item(&b, key)
		}
	}
	fmt.Fprintf(&b, "  condition: %s\n", d.pick("s1", "s1 and not s2", "1 of s*", "all of s*", "s1 or s2", "not s1", "(s1 or s3) and s2"))
	return b.String()
}

func (d *dice) item(b *strings.Builder, key string) {
	value := d.text()
	switch {
	case strings.HasPrefix(key, "type") && !strings.Contains(key, "|"):
		value = d.pick("EXECVE", "execve", "PATH", "SYSCALL", "CWD", "USER_CMD", "NEW_TYPE")
	case strings.HasSuffix(key, "|exists"):
		value = d.pick("true", "false")
		fmt.Fprintf(b, "    %s: %s\n", key, value)
		return
	case strings.HasSuffix(key, "|re"):
		value = d.pick("sh", "^/bin/.*sh$", "(py|sh)", "[0-9]+", "a b$")
	case d.roll(6) == 0:
		value = d.pick("*", "?*", "*sh*", "/bin/?h", "*"+value+"*")
	case d.roll(6) == 0:
		fmt.Fprintf(b, "    %s: %s\n", key, d.pick("0", "7", "33", "null"))
		return
	}
	fmt.Fprintf(b, "    %s:\n      - %s\n      - %s\n", key, quote(value), quote(d.text()))
}

func quote(s string) string {
	s = strings.ToValidUTF8(s, "?")
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func hexOrQuoted(s string) string {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '"' {
			return strings.ToUpper(fmt.Sprintf("%x", s))
		}
	}
	return `"` + s + `"`
}

// event writes the records of an event.
func (d *dice) event(serial int) []string {
	stamp := fmt.Sprintf(" msg=audit(5.000:%d): ", serial)
	call := func(nr int) string {
		return "type=SYSCALL" + stamp + fmt.Sprintf("arch=c000003e syscall=%d success=%s exit=0 a0=%s a1=7 items=0 ppid=1 pid=%d uid=%d tty=(none) ses=1 comm=%s exe=%s key=%s",
			nr, d.pick("yes", "no"), d.pick("0", "26", "7"), 100+serial, d.roll(2)*33, hexOrQuoted(d.text()), hexOrQuoted(d.pick("/bin/sh", "/usr/bin/python", d.text())), d.pick("(null)", `"exec"`, "610162"))
	}
	path := "type=PATH" + stamp + fmt.Sprintf("item=0 name=%s inode=7 dev=08:01 nametype=%s", hexOrQuoted(d.text()), d.pick("CREATE", "NORMAL"))
	cwd := "type=CWD" + stamp + `cwd="/tmp"`
	title := "type=PROCTITLE" + stamp + "proctitle=" + hexOrQuoted(d.text())
	switch d.roll(5) {
	case 0:
		argv := "type=EXECVE" + stamp + fmt.Sprintf("argc=3 a0=%s a1=%s", hexOrQuoted(d.text()), hexOrQuoted(d.text()))
		last := fmt.Sprintf("a2=%s", hexOrQuoted(d.text()))
		switch d.roll(3) {
		case 0: // of two records
			return []string{call(59), argv, "type=EXECVE" + stamp + last, cwd, path, title}
		case 1: // of which one was lost
			return []string{call(59), argv, cwd, path, title}
		}
		return []string{call(59), argv + " " + last, cwd, path, title}
	case 1:
		return []string{call(42), "type=SOCKADDR" + stamp + "saddr=" + d.pick("0200115C7F0000010000000000000000", "02000035080808080000000000000000", "01002F7800DEAD", "01002F7800BEEF", "0100002F78DEAD"), title}
	case 2:
		return []string{call(257), cwd, path, path, title}
	case 3:
		return []string{"type=" + d.pick("USER_CMD", "SERVICE_STOP", "NEW_TYPE") + stamp + "pid=1 uid=0 msg='cmd=" + hexOrQuoted(d.text()) + " exe=\"/bin/sh\" res=success'"}
	}
	return []string{call(33), title}
}

func fuzzEvents(t *testing.T, d *dice, n int) []*event.Event {
	t.Helper()
	a := assemble.New(assemble.Options{})
	var evs []*event.Event
	keep := func(got []*event.Event) {
		for _, ev := range got {
			c := ev.Clone()
			if c.Call != nil {
				c.Process = &event.Process{PID: c.Call.Num(audit.CallPID), Exe: c.Call.Text(audit.CallExe), UID: c.Call.Num(audit.CallUID), User: "root", Parent: &event.Process{Exe: "/bin/sh"}}
				if c.Exec != nil {
					c.Process.CommandLine, c.Process.Args = c.Exec.CommandLine, c.Exec.Args
				}
			}
			evs = append(evs, c)
		}
	}
	for i := range n {
		for _, line := range d.event(i + 1) {
			r, err := audit.ParseLine(line)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			keep(a.Add(nil, r))
		}
	}
	keep(a.Flush(nil))
	return evs
}

// agree compares Eval with what it must say, for the rules and events that the bytes make, and returns the number of
// pairs.
func agree(t *testing.T, rules, events []byte) (pairs, matches int) {
	t.Helper()
	d := &dice{rules}
	var files []rule.File
	for i := 0; len(d.b) > 0 && i < 40; i++ {
		files = append(files, rule.File{Name: fmt.Sprint(i), Data: []byte(d.rule(i))})
	}
	e, _ := Compile(files, Options{})
	for _, ev := range fuzzEvents(t, &dice{events}, 25) {
		var got []string
		for _, m := range e.Eval(nil, ev) {
			got = append(got, m.Rule.ID)
		}
		if want := e.naive(ev); !slices.Equal(got, want) {
			t.Fatalf("Eval = %q, want %q\nevent %v\nrules\n%v", got, want, ev.Records, files)
		}
		pairs, matches = pairs+len(e.rules), matches+len(got)
	}
	return pairs, matches
}

// FuzzIndex holds Eval to: with gates and memory, or without, the same rules match.
func FuzzIndex(f *testing.F) {
	f.Add([]byte("rules and events, all of them from these bytes"), []byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, []byte{9, 8, 7, 6, 5, 4, 3, 2, 1})
	f.Fuzz(func(t *testing.T, rules, events []byte) {
		if len(rules)+len(events) < 4000 {
			agree(t, rules, events)
		}
	})
}

// TestPairs does the same on random bytes: AUDITPY_PAIRS says how many pairs of rule and event, 100,000 without.
func TestPairs(t *testing.T) {
	want := 100_000
	if n, err := strconv.Atoi(os.Getenv("AUDITPY_PAIRS")); err == nil {
		want = n
	}
	rnd := rand.New(rand.NewPCG(1, uint64(want)))
	random := func() []byte {
		b := make([]byte, 1500)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	pairs, matches := 0, 0
	for pairs < want {
		p, m := agree(t, random(), random())
		pairs, matches = pairs+p, matches+m
	}
	if t.Logf("%d pairs, %d matches", pairs, matches); matches < pairs/100 {
		t.Error("too few matches for a test")
	}
}

// TestUnlistedType: rules may name a type of record that no table lists.
func TestUnlistedType(t *testing.T) {
	const source = "title: r\nid: r\nlogsource: {product: linux, service: auditd}\ndetection:\n  s: {type: [NEW_TYPE, other]}\n  condition: s\n"
	e, diags := Compile([]rule.File{{Name: "r.yml", Data: []byte(source)}}, Options{})
	for typ, want := range map[string]int{"NEW_TYPE": 1, "OTHER": 1, "NEWER_TYPE": 0} {
		r, err := audit.ParseLine("type=" + typ + " msg=audit(5.000:1): pid=1")
		if err != nil {
			t.Fatal(err)
		}
		a := assemble.New(assemble.Options{})
		evs := a.Flush(a.Add(nil, r))
		if len(evs) != 1 {
			t.Fatalf("%d events, want one", len(evs))
		}
		if got := len(e.Eval(nil, evs[0])); got != want {
			t.Errorf("%s: %d matches, want %d; %v", typ, got, want, diags)
		}
	}
}

// TestLeftover: what stands behind the path of an address is remembered by no rule but those that look there.
func TestLeftover(t *testing.T) {
	const body = "title: r\nid: r\nlogsource: {product: linux, service: auditd}\ndetection:\n  s: %s\n  condition: s\n"
	for _, detection := range []string{"{saddr|contains: DEAD}", "['dEaD']", "{'saddr|re': 'DEAD$'}"} {
		e, _ := Compile([]rule.File{{Name: "r.yml", Data: []byte(fmt.Sprintf(body, detection))}}, Options{})
		for i, saddr := range []string{"01002F7800BEEF", "01002F7800DEAD", "01002F7800BEEF", "01002F7800DEAD"} {
			a := assemble.New(assemble.Options{})
			var evs []*event.Event
			for _, line := range []string{"SYSCALL msg=audit(5.000:1): arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=1 a2=6e a3=0 items=0 ppid=1 pid=2 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm=\"x\" exe=\"/bin/x\" key=(null)", "SOCKADDR msg=audit(5.000:1): saddr=" + saddr, "PROCTITLE msg=audit(5.000:1): proctitle=\"x\""} {
				r, err := audit.ParseLine("type=" + line)
				if err != nil {
					t.Fatal(err)
				}
				evs = a.Add(nil, r)
			}
			if got := len(e.Eval(nil, evs[0])); got != i%2 {
				t.Errorf("%s, %s: %d matches, want %d", detection, saddr, got, i%2)
			}
		}
	}
}

// TestLostPiece: an execution whose second record was lost says nothing of the next one that begins alike.
func TestLostPiece(t *testing.T) {
	const body = "title: r\nid: r\nlogsource: {product: linux, service: auditd}\ndetection:\n  s: %s\n  condition: s\n"
	lines := []string{
		"SYSCALL msg=audit(5.000:1): arch=c000003e syscall=59 success=yes exit=0 a0=3 a1=1 a2=6e a3=0 items=0 ppid=1 pid=2 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=1 comm=\"x\" exe=\"/bin/x\" key=(null)",
		"EXECVE msg=audit(5.000:1): argc=3 a0=\"sh\" a1=\"-c\"", "EXECVE msg=audit(5.000:1): a2=\"mark\"", "PROCTITLE msg=audit(5.000:1): proctitle=\"x\"",
	}
	for _, detection := range []string{"{type: EXECVE, a2|contains: mark}", "['mark']"} {
		e, _ := Compile([]rule.File{{Name: "r.yml", Data: []byte(fmt.Sprintf(body, detection))}}, Options{})
		for i, lost := range []int{2, -1, 2, -1} {
			a := assemble.New(assemble.Options{})
			var evs []*event.Event
			for k, line := range lines {
				r, err := audit.ParseLine("type=" + line)
				if err != nil {
					t.Fatal(err)
				}
				if k != lost {
					evs = a.Add(nil, r)
				}
			}
			if len(evs) == 0 {
				evs = a.Flush(nil)
			}
			if got := len(e.Eval(nil, evs[0])); got != i%2 {
				t.Errorf("%s, step %d: %d matches, want %d", detection, i, got, i%2)
			}
		}
	}
}
