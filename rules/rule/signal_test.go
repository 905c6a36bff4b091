package rule

import (
	"strings"
	"testing"
)

func TestSignals(t *testing.T) {
	exec, connect, accept := Is("exec"), Is("connect"), Is("accept")
	for _, tt := range []struct {
		name string
		got  []Signal
		want string
	}{
		{"nothing", nil, ""},
		{"nothing and exec", Both(nil, exec), "exec"},
		{"nothing or exec", Either(nil, exec), ""},
		{"exec or exec", Either(exec, exec), "exec"},
		{"both", Both(exec, connect), "connect,exec"},
		{"either", Either(connect, accept), "accept|connect"},
		{"either absorbed", Both(exec, Either(exec, connect)), "exec"},
		{"distributed", Either(Both(exec, connect), Both(exec, accept)), "exec,accept|connect"},
		{"never and", Both(exec, Unrecorded()), "unrecorded"},
		{"never or", Either(exec, Unrecorded()), "exec"},
		{"many", Is("a", "b", "c", "d", "e"), "a|b|c|…"},
		{"streams", OfField("StdinIp", nil), "stdio,accept|connect"},
		{"streams of ECS", OfField("auditpy.stdin.initiated", func(v string) bool { return v == "false" }), "accept,stdio"},
		{"another field", OfField("Image", nil), ""},
	} {
		if got := strings.Join(Words(tt.got), ","); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestSignalsBounded: what is forgotten makes a rule need less, never more.
func TestSignalsBounded(t *testing.T) {
	var a, b []Signal
	for i := range 40 {
		a = Both(a, Is("a"+string(rune('a'+i))))
		b = Both(b, Is("b"+string(rune('a'+i))))
	}
	if n := len(Either(a, b)); n == 0 || n > maxSignals {
		t.Errorf("%d signals, want at most %d", n, maxSignals)
	}
	for _, s := range Either(a, b) {
		if len(s) != 2 || !strings.HasPrefix(s[0].Name, "a") || !strings.HasPrefix(s[1].Name, "b") {
			t.Errorf("signal %v, want one of each", s)
		}
	}
}
