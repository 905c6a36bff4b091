package audit

import "testing"

func TestField(t *testing.T) {
	tests := []struct {
		body, key, want string
		ok              bool
	}{
		{`exe="/bin/sh" comm="sh"`, "comm", "sh", true},
		{`exe=2F6D656D66643A612062202864656C6574656429`, "exe", "/memfd:a b (deleted)", true},
		{`name="2F62696E2F7368"`, "name", "2F62696E2F7368", true}, // quoted: a file of that name
		{`a0=40000000`, "a0", "40000000", true},                   // a register, not text
		{`proctitle=(null)`, "proctitle", "(null)", true},
		{`exe=?`, "exe", "?", true},
		{`comm="a=b" exe="x"`, "exe", "x", true},
		{`tty pid=7 data=6C730D`, "data", "ls\r", true}, // TTY begins with a bare word
		{`key=6101622`, "key", "6101622", true},         // odd: not hex
		{`uid=0`, "u", "", false},
		{`exe="/bin/sh`, "exe", `"/bin/sh`, true}, // torn
		{`pid=1 uid=0 auid=1000 msg='op=x acct="root" exe="/bin/evil" uid=7' res=1`, "exe", "", false},
		{`pid=1 uid=0 auid=1000 msg='op=x' uid=7'`, "uid", "0", true}, // the quote was closed by the text
		{`pid=1 msg='op=x' ses=9`, "ses", "", false},
	}
	for _, tt := range tests {
		r := Record{Body: tt.body}
		if got, ok := r.Field(tt.key); got != tt.want || ok != tt.ok {
			t.Errorf("Field(%q) of %q = %q, %v, want %q, %v", tt.key, tt.body, got, ok, tt.want, tt.ok)
		}
	}
}

func TestInnerField(t *testing.T) {
	r := Record{Body: `pid=1 uid=0 msg='op=PAM:session_open acct="root" exe="/usr/bin/su" res=success'`}
	for key, want := range map[string]string{"op": "PAM:session_open", "acct": "root", "exe": "/usr/bin/su", "res": "success"} {
		if got, ok := r.InnerField(key); got != want || !ok {
			t.Errorf("InnerField(%q) = %q, %v, want %q", key, got, ok, want)
		}
	}
	if _, ok := r.InnerField("uid"); ok {
		t.Error("InnerField(uid) found the kernel's field")
	}
}

func TestEnrichedField(t *testing.T) {
	r := Record{Enriched: `SADDR={ saddr_fam=inet laddr=127.0.0.1 lport=9 } UID="root"`}
	if got, _ := r.EnrichedField("UID"); got != "root" {
		t.Errorf("EnrichedField(UID) = %q, want root", got)
	}
	if got, _ := r.EnrichedField("SADDR"); got != "{ saddr_fam=inet laddr=127.0.0.1 lport=9 }" {
		t.Errorf("EnrichedField(SADDR) = %q", got)
	}
}
