package eql

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// TestEvidenceSaysWhere: of a long value one wants to see the part that matched.
func TestEvidenceSaysWhere(t *testing.T) {
	const query = `process where process.command_line : "*DUP2*" and process.command_line regex """.*spawn\(.*""" and process.args : "*AA"`
	e, diags := Compile([]rule.File{file("a.toml", "[rule]\nname = \"a\"\nseverity = \"low\"\nquery = '''"+query+"'''\n")})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	long := strings.Repeat("A", 1000)
	ms := e.Eval(nil, execution("/bin/sh", "/bin/bash", long+"dup2"+long+"spawn("+long))
	if len(ms) != 1 || len(ms[0].Evidence) != 3 {
		t.Fatalf("matches %+v", ms)
	}
	if ev := ms[0].Evidence[0]; ev.Value[ev.Start:ev.End] != "dup2" {
		t.Errorf("evidence %d:%d, want dup2", ev.Start, ev.End)
	}
	if ev := ms[0].Evidence[2]; ev.Start != len(ev.Value)-2 || ev.End != len(ev.Value) {
		t.Errorf("evidence %d:%d of %d, want AA at the end", ev.Start, ev.End, len(ev.Value))
	}
}

// TestResponse: what to do is a field of ours, and Elastic's readers pass over it.
func TestResponse(t *testing.T) {
	e, diags := Compile([]rule.File{file("a.toml", "[rule]\nname = \"a\"\nresponse = [\"Look.\", \"Act.\"]\nquery = 'process where process.name == \"a\"'\n")})
	if len(diags) > 0 || strings.Join(e.Rules()[0].Response, " ") != "Look. Act." {
		t.Errorf("response %q, diags %v", e.Rules()[0].Response, diags)
	}
}
