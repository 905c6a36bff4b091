package wazuh

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// naive is e without an index: every rule is asked whenever a parent of it holds.
func naive(e *Engine) *Engine {
	n := &Engine{rules: slices.Clone(e.rules), fields: e.fields, leaves: e.leaves, zone: e.zone, undecided: make([]atomic.Uint64, len(e.leaves))}
	for i := range n.rules {
		n.rules[i].always = nil
	}
	for i := range n.rules {
		n.ask(int32(i))
	}
	return n
}

// words of rules and of events: few, so that they meet.
var fewWords = []string{"python3", "bash", "Sh", "/usr/bin/", "-c", "import pty", "x y", "curl", "EXECVE", "key", "a1=", "7079", "", "ü", "\x00"}

func oneOf(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

// randomRules is a file of rules that hang under each other, with tests of all kinds that have literals.
func randomRules(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString(`<group name="g,">`)
	for i := range 3 + r.IntN(12) {
		fmt.Fprintf(&b, `<rule id="%d" level="%d" noalert="%d">`, 100000+i, r.IntN(6), r.IntN(8)/7)
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "<if_sid>%d,80792</if_sid>", 100000+r.IntN(i+1))
		case 1:
			b.WriteString("<if_group>g</if_group>")
		case 2:
			fmt.Fprintf(&b, "<if_level>%d</if_level>", 1+r.IntN(5))
		}
		if r.IntN(8) == 0 {
			fmt.Fprintf(&b, "<if_matched_sid>%d</if_matched_sid>", 100000+r.IntN(i+1))
		}
		for range r.IntN(3) {
			b.WriteString(randomTest(r))
		}
		b.WriteString("<description>$(audit.exe)</description></rule>")
	}
	return b.String() + "</group>"
}

func randomTest(r *rand.Rand) string {
	word := escapeXML.Replace(oneOf(r, fewWords))
	kind := oneOf(r, []string{"osmatch", "osregex", "pcre2"})
	negate := oneOf(r, []string{"no", "no", "yes"})
	switch r.IntN(5) {
	case 0:
		return fmt.Sprintf(`<match type="%s" negate="%s">%s|^%s</match>`, kind, negate, word, oneOf(r, fewWords[:4]))
	case 1:
		return fmt.Sprintf(`<list field="audit.command" lookup="%s">l</list>`, oneOf(r, []string{"match_key", "not_match_key"}))
	case 2:
		return fmt.Sprintf(`<field name="full_log" type="%s">%s</field>`, kind, word)
	}
	field := oneOf(r, []string{"audit.exe", "audit.execve.a1", "audit.type", "audit.command", "audit.key", "audit.cwd"})
	return fmt.Sprintf(`<field name="%s" type="%s" negate="%s">%s</field>`, field, kind, negate, word)
}

func randomEvent(r *rand.Rand, serial int) *event.Event {
	ev := &event.Event{ID: audit.ID{Msec: 1767954000000, Serial: uint64(serial)}, Complete: true}
	add := func(t audit.Type, body string) {
		ev.Records = append(ev.Records, audit.Record{ID: ev.ID, Type: t, Body: body})
	}
	add(audit.Syscall, fmt.Sprintf(`arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 uid=0 comm="%s" exe="/usr/bin/%s" key="%s"`, oneOf(r, fewWords[:3]), oneOf(r, fewWords[:3]), oneOf(r, fewWords[7:10])))
	if r.IntN(4) > 0 {
		ev.Exec = &event.Exec{Argc: 2, Args: []string{oneOf(r, fewWords), oneOf(r, fewWords)}, Complete: true}
		ev.Exec.CommandLine = strings.Join(ev.Exec.Args, " ")
		add(audit.Execve, `argc=2 a0="x" a1=7079`)
	}
	add(audit.CWD, fmt.Sprintf(`cwd="/%s"`, oneOf(r, fewWords[:4])))
	return ev
}

// FuzzIndex: the literals say no only where the rules do.
func FuzzIndex(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		text := randomRules(r)
		e, _ := Compile([]rule.File{{Name: "r.xml", Data: []byte(text)}, {Name: "l", List: "l", Data: []byte("python3:x\nbash:\n")}}, Options{})
		n := naive(e)
		for i := range 20 {
			ev := randomEvent(r, i)
			if got, want := e.Eval(nil, ev), n.Eval(nil, ev); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s\n%+v\n%+v\n got %+v\nwant %+v", text, ev.Records, ev.Exec, got, want)
			}
		}
	})
}

// FuzzCompile: no file makes loading panic, and what loads can be asked.
func FuzzCompile(f *testing.F) {
	f.Add(string(baseXML))
	names, _ := filepath.Glob("testdata/[es]*/*")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<13 {
			return
		}
		r := rand.New(rand.NewPCG(1, 2))
		e, diags := Compile([]rule.File{{Name: "r.xml", Data: []byte(text)}}, Options{})
		for _, d := range diags {
			if d.Pos.File != "r.xml" || d.Pos.Line == 0 || d.Msg == "" {
				t.Errorf("diag %+v", d)
			}
		}
		for i := range 3 {
			ev := randomEvent(r, i)
			for _, m := range e.Eval(nil, ev) {
				if m.Rule == nil {
					t.Errorf("a match without a rule: %+v", m)
				}
			}
		}
		for _, m := range e.Rules() {
			e.Explain(m.ID, randomEvent(r, 9))
		}
		Lists([]byte(text))
	})
}

// FuzzList: a list holds a key of each line, and every search of it ends.
func FuzzList(f *testing.F) {
	f.Add("a:b\n\"2001:db8:\":x\n10.1.:\n192.0.2.0/24", "10.1.2.3")
	f.Fuzz(func(t *testing.T, text, key string) {
		l := parseList(text)
		for k, v := range l.values {
			if got, ok := l.find(k, true); !ok || got != v {
				t.Errorf("find(%q) = %q, %v, want %q", k, got, ok, v)
			}
		}
		l.find(key, true)
	})
}

// TestBase: there is nothing wrong with our own rules, which say nothing of it.
func TestBase(t *testing.T) {
	for _, own := range []bool{false, true} {
		files := []rule.File{{Name: "base.xml", Data: baseXML}, {Name: "any.xml", Data: baseAny}}
		if own {
			files = []rule.File{{Name: "base.xml", Data: baseXML}, {Name: "keyed.xml", Data: baseKeyed}}
		}
		e, diags := Compile(files, Options{})
		if len(diags) > 0 || len(e.Rules()) != 14 {
			t.Errorf("%d rules, diags %v", len(e.Rules()), diags)
		}
	}
	c := newCompiler(Options{})
	if c.own = true; string(c.baseFiles()[1].Data) != string(baseKeyed) {
		t.Error("a list of keys does not change 80792")
	}
}
