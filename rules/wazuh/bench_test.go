package wazuh_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// quietEvents match no rule of manyRules.
func quietEvents(t testing.TB) (evs []*event.Event) {
	t.Helper()
	asm, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	for _, line := range lines(t, `
exec 0 exe=/usr/bin/ls : ls -l /var/log
exec 1 exe=/usr/bin/python3.11 : python3 -c "import json, sys; print(json.load(sys.stdin)['version'])"
exec 2 exe=/usr/bin/dash : sh -c "run-parts --report /etc/cron.hourly"
type=USER_AUTH msg=audit(1767954004.040:1): pid=8 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct="b" exe="/x" hostname=? addr=10.1.2.3 terminal=ssh res=failed'
`) {
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range asm.Add(nil, r) {
			tree.Annotate(ev)
			evs = append(evs, ev.Clone())
		}
	}
	return evs
}

// manyRules are n rules of the kinds that there are most of.
func manyRules(n int) string {
	var b strings.Builder
	for i := range n {
		id := 100000 + i
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, `<rule id="%d" level="10"><if_sid>80792</if_sid><field name="audit.exe">/tool%d$</field><description>x</description></rule>`, id, i)
		case 1:
			fmt.Fprintf(&b, `<rule id="%d" level="10"><if_sid>80792</if_sid><field name="audit.execve.a1" type="pcre2">^--evil%d=\d+$</field><description>x</description></rule>`, id, i)
		case 2:
			fmt.Fprintf(&b, `<rule id="%d" level="10"><if_group>audit_command</if_group><match>malware%d.example</match><description>x</description></rule>`, id, i)
		case 3:
			fmt.Fprintf(&b, `<rule id="%d" level="10"><field name="full_log" type="pcre2">(?is)curl[\s\S]*?payload%d[\s\S]*?\|\s*(?:ba)?sh</field><description>x</description></rule>`, id, i)
		}
	}
	return b.String()
}

func BenchmarkEval(b *testing.B) {
	evs := quietEvents(b)
	for _, n := range []int{1, 100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := compile(b, group(manyRules(n)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if ms := e.Eval(nil, evs[i%len(evs)]); len(ms) != 0 {
					b.Fatalf("%v", ms)
				}
			}
		})
	}
}

// BenchmarkField: without a rule that looks at the whole text, it is not made.
func BenchmarkField(b *testing.B) {
	evs := quietEvents(b)
	e := compile(b, group(`<rule id="100000" level="10"><if_sid>80792</if_sid><field name="audit.exe">/tool$</field><description>x</description></rule>`))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Eval(nil, evs[i%len(evs)])
	}
}

func BenchmarkCompile(b *testing.B) {
	f := group(manyRules(1000))
	b.ReportAllocs()
	for b.Loop() {
		wazuh.Compile([]rule.File{f}, wazuh.Options{})
	}
}

// TestNoAllocation: an event that comes down to nothing costs none.
func TestNoAllocation(t *testing.T) {
	evs := quietEvents(t)
	e := compile(t, group(manyRules(100)), seedRule(t))
	if n := testing.AllocsPerRun(100, func() {
		for _, ev := range evs {
			if ms := e.Eval(nil, ev); len(ms) != 0 {
				t.Errorf("%+v", ms)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
