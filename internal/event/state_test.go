package event

import (
	"reflect"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/snapshot"
)

// filled returns a process in which no field has its zero value, so that none is forgotten.
func filled(t *testing.T, depth int) *Process {
	t.Helper()
	p := new(Process)
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(v.Type().Field(i).Name)
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(-i - depth))
		case reflect.Bool:
			f.SetBool(true)
		}
	}
	p.Args, p.CommandLine = []string{"a", "", "b c\xff"}, "a  b c\xff"
	p.Start, p.Image = audit.ID{Node: "n", Msec: 5, Serial: 6}, audit.ID{Msec: 7, Serial: 8}
	if depth > 0 {
		p.Parent, p.Previous = filled(t, depth-1), filled(t, 0)
	}
	return p
}

func TestState(t *testing.T) {
	whole := &Event{ID: audit.ID{Node: "web", Msec: 1000, Serial: 9}, Complete: true, Process: filled(t, 3)}
	for _, line := range strings.Split(`type=SYSCALL msg=audit(1.000:9): arch=c000003e syscall=59 success=yes exit=0 pid=6 uid=0 exe="/bin/x"`+"\x1dUID=\"root\""+`
type=CWD msg=audit(1.000:9): cwd="/"`, "\n") {
		r, err := audit.ParseLine(line)
		if err != nil {
			t.Fatal(err)
		}
		r.ID = whole.ID
		whole.Records = append(whole.Records, r)
	}
	whole.Call = new(audit.Call)
	whole.Call.Parse(whole.Records[0].Body)
	whole.Exec = &Exec{[]string{"x", "y"}, "x y", 3, true}
	cut := *whole
	cut.Exec = &Exec{[]string{"x", "y"}, "x y and what was cut", -1, false}
	for name, want := range map[string]*Event{"empty": {}, "whole": whole, "cut": &cut, "no arguments": {Exec: &Exec{}}} {
		b := snapshot.Append(nil, "k", 1, want.Save)
		r, _, err := snapshot.Open(b, "k", 1)
		if err != nil {
			t.Fatal(err)
		}
		got := Load(r)
		if r.End(); r.Err() != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %+v (%v), want %+v", name, got, r.Err(), want)
		}
	}
	if v := reflect.ValueOf(*filled(t, 1)); true {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("field %s is not tested", v.Type().Field(i).Name)
			}
		}
	}
}

// TestAncestorsAreBounded: nobody's state is an endless chain.
func TestAncestorsAreBounded(t *testing.T) {
	p := &Process{}
	for range maxAncestors {
		p = &Process{Parent: p}
	}
	r, _, err := snapshot.Open(snapshot.Append(nil, "k", 1, p.Save), "k", 1)
	if err != nil {
		t.Fatal(err)
	}
	if LoadProcess(r); r.Err() == nil {
		t.Error("no error")
	}
}
