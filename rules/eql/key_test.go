package eql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// keyed are rules on what the memory knows events by.
func keyed() (files []rule.File) {
	for _, of := range []string{"process.", "process.parent."} {
		for i, cond := range []string{
			`args == "a b"`, `args == "b"`, `args == ""`, `args : "b*"`, `command_line == "x a b"`, `command_line : "*b  *"`, `args_count == 2`,
			`args_count > 2`, `name == "a"`, `name : "b*"`, `executable == "/bin/a"`, `executable : "* (deleted)"`, `executable == "a"`,
		} {
			files = append(files, file(fmt.Sprint(of, i, ".toml"),
				fmt.Sprintf("[rule]\nname = \"%s%d\"\nseverity = \"low\"\nquery = '''process where event.type == \"start\" and %s%s and process.pid != 1'''\n", of, i, of, cond)))
		}
	}
	return files
}

func someProcess(r *rand.Rand) *event.Process {
	p := &event.Process{PID: 7, ArgsWhole: r.IntN(4) > 0, Comm: pick(r, []string{"a", "b", ""}), Source: event.FromExec,
		Exe: pick(r, []string{"/bin/a", "/bin/b", "/bin/a (deleted)", "(null)", "", "a", "a (deleted)"})}
	for range r.IntN(4) {
		p.Args = append(p.Args, pick(r, []string{"x", "a", "b", "a b", "", " ", "b "}))
	}
	p.CommandLine = strings.Join(p.Args, " ")
	if r.IntN(8) == 0 {
		p.CommandLine = strings.Repeat("b", len(p.CommandLine)+1) // of no arguments that it could be
	}
	return p
}

// TestKey: whatever an engine remembers of other events, it says what it would say if it asked all rules.
func TestKey(t *testing.T) {
	e, diags := Compile(keyed())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	r := rand.New(rand.NewPCG(4, 2))
	matches := 0
	for range 50_000 {
		p := someProcess(r)
		ev := &event.Event{Exec: &event.Exec{Args: p.Args, CommandLine: p.CommandLine, Argc: len(p.Args) + r.IntN(2), Complete: true}, Process: p}
		if r.IntN(3) > 0 {
			p.Parent = someProcess(r)
		}
		if r.IntN(20) == 0 {
			ev.Process = nil
		}
		sc := e.begin(ev, nil)
		e.askAll(sc)
		want := fmt.Sprint(slices.Sorted(slices.Values(sc.held)))
		sc.held = sc.held[:0]
		e.end(sc)
		var held []int
		for _, m := range e.Eval(nil, ev) {
			held = append(held, slices.IndexFunc(e.rules, func(c compiled) bool { return c.meta == m.Rule }))
		}
		if got := fmt.Sprint(held); got != want {
			t.Fatalf("%+v of %+v, parent %+v: rules %s, want %s", ev.Exec, ev.Process, p.Parent, got, want)
		}
		matches += len(held)
	}
	if matches < 50_000 {
		t.Errorf("%d matches", matches)
	}
}
