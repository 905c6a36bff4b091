package agent

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestUndecidedIsTold: at once, and then seldom, however often somebody makes it happen.
func TestUndecidedIsTold(t *testing.T) {
	const slow = "title: Slow\nlogsource: {category: process_creation, product: linux}\ndetection:\n  s: {CommandLine|re: '^(\\w+\\s?)+\\1x$'}\n  condition: s\n"
	load := func() *rules.Set {
		set, _ := rules.Load([]rule.File{{Name: "r.yml", Data: []byte(slow)}})
		return set
	}
	line := strings.Repeat("ab ", 5000) + "!x"
	hostile := &event.Event{Exec: &event.Exec{CommandLine: line}, Process: &event.Process{Exe: "/bin/x", CommandLine: line}}
	p := newPatient(t, "off")
	p.loop.Rules = load()
	p.want("nothing happened", p.pass(5))
	p.loop.Rules.Eval(nil, hostile)
	p.want("the first", p.pass(2), "undecided@6")
	p.loop.Rules.Eval(nil, hostile)
	p.want("soon after", p.pass(300))
	p.want("ten minutes after", p.pass(310), "undecided@606")
	p.loop.Rules = load()
	p.want("a reload", p.pass(700))
}
