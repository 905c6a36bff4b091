package wazuh_test

import (
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// TestNeeds: what a rule tests itself, and what one of its parents needs.
func TestNeeds(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{`<if_sid>80700</if_sid><field name="audit.execve.a0">nc</field>`, "exec"},
		{`<if_sid>80700</if_sid><field name="audit.execve.a0" negate="yes">nc</field>`, "exec"},
		{`<if_sid>80700</if_sid><field name="audit.exe">nc</field>`, ""},
		{`<if_sid>80700</if_sid><field name="audit.type">^USER_LOGIN$|^USER_LOGOUT$</field>`, "USER_LOGIN|USER_LOGOUT"},
		{`<if_sid>80700</if_sid><field name="audit.type">^EXECVE$</field><dstport>^22$</dstport>`, "exec,bind|connect|sendmmsg|…"},
		{`<if_sid>80700</if_sid><field name="audit.key">^exfil$</field>`, "key=exfil"},
		{`<if_sid>80780</if_sid><field name="audit.file.name">x</field>`, "key=audit-wazuh-w,exec|file"},
		{`<if_sid>80700</if_sid><field name="nowhere">x</field>`, "unrecorded"},
	} {
		e, _ := wazuh.Compile([]rule.File{{Name: "x.xml", Data: []byte(`<group name="x,"><rule id="100001" level="5">` + tt.body + `<description>x</description></rule></group>`)}}, wazuh.Options{})
		if len(e.Rules()) != 1 {
			t.Errorf("%s: not loaded", tt.body)
			continue
		}
		if got := strings.Join(e.Rules()[0].Needs, ","); got != tt.want {
			t.Errorf("%s: needs %q, want %q", tt.body, got, tt.want)
		}
	}
}
