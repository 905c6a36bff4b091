package coverage

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
	"github.com/auditpy/auditpy/rules/rule"
)

// more are detections of all dialects besides the built-in ones, which need executions, connections and streams.
var more = []rule.File{
	{Name: "more.yml", Data: []byte(`title: Connection of a Shell
id: net
logsource: {product: linux, category: network_connection}
detection: {s: {Image|endswith: /sh, Initiated: 'true'}, condition: s}
---
title: Listener
id: listen
logsource: {product: linux, category: network_connection}
detection: {s: {Image|endswith: /sh, Initiated: 'false'}, condition: s}
---
title: New File in a Folder of cron
id: cron
logsource: {product: linux, category: file_event}
detection: {s: {TargetFilename|startswith: /etc/cron.d/}, condition: s}
---
title: Marked by a Rule of the Host
id: marked
logsource: {product: linux, service: auditd}
detection: {s: {type: EXECVE, key: exfil}, condition: s}
---
title: Login
id: login
logsource: {product: linux, service: auditd}
detection: {s: {type: USER_LOGIN, res: failed}, condition: s}
---
title: Module Loaded
id: module
logsource: {product: linux, service: auditd}
detection: {s: {type: SYSCALL, SYSCALL: [init_module, finit_module]}, condition: s}
---
title: Of Another Log
id: other
logsource: {product: linux, service: sshd}
detection: {s: {x: y}, condition: s}
`)},
	{Name: "more.xml", Data: []byte(`<group name="x,">
<rule id="100001" level="10"><if_sid>80700</if_sid><field name="audit.execve.a0">nc</field><description>nc</description></rule>
</group>`)},
	{Name: "more.toml", Data: []byte("[rule]\nname = \"Rename\"\nrule_id = \"rename\"\nlanguage = \"eql\"\ntype = \"eql\"\nseverity = \"low\"\nrisk_score = 1\nquery = 'file where event.action == \"rename\"'\n")},
}

// Short names of the built-in detections.
var short = map[string]string{
	"0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d01": "stream", "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d02": "connected", "0f6a9f0e-3d0b-4f0c-9a35-6a1f3b1c7d03": "accepted",
}

func detections(t testing.TB) []*rule.Meta {
	t.Helper()
	sigma := slices.DeleteFunc(builtin.Files(), func(f rule.File) bool { return !strings.HasPrefix(f.Name, "builtin/sigma/") })
	set, diags := rules.Load(append(sigma, more...))
	for _, d := range diags {
		if d.Fatal {
			t.Fatal(d)
		}
	}
	return set.Rules()
}

// tier3 is the largest shipped set, with what the detections above need besides.
func tier3(t testing.TB) string {
	t.Helper()
	files := []string{"tier3.rules"}
	if _, compat := audit.Arches(); compat == 0x40000003 {
		files = append(files, "ia32.rules", "x86_64-tier3.rules")
	}
	text := "-a always,exit -F arch=b64 -S execve -F exe=/usr/bin/scp -F key=exfil\n-w /etc/cron.d -p wa -k cron\n" +
		"-a always,exit -F arch=b64 -S init_module,finit_module\n-a always,exit -F arch=b32 -S init_module,finit_module\n-a always,exit -F arch=b64 -S rename,renameat,renameat2\n-a always,exit -F arch=b32 -S rename,renameat,renameat2\n"
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join("../../packaging/audit.rules.d", f))
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text
}

func load(t testing.TB, text string) List {
	t.Helper()
	l, err := List(nil).Load(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var own = Options{Own: []string{"/usr/bin/auditpy"}}

// named are the detections with a status, by short names; all that need executions and nothing else are "exec".
func named(all []Verdict, s Status) string {
	var names []string
	for _, v := range all {
		name := v.Rule.ID
		if n, ok := short[name]; ok {
			name = n
		} else if len(name) == 36 || v.Rule.Dialect == "wazuh" {
			name = "exec"
		}
		if v.Status == s && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

const (
	allOfExec = "accepted connected exec marked stream"
)

// weakened are ways in which hosts go blind, and what each costs. The lists are as auditctl -l prints them.
var weakened = []struct {
	name            string
	from, to        string // replaced in tier 3; from "": to is put before it; "*": all
	blind, narrowed string
	why             string // of one of them
}{
	{"as shipped", "", "", "", "", ""},
	{"no rules at all", "*", "", allOfExec + " cron listen module net rename", "", "no audit rule records executions (execve, execveat)"},
	{"executions not recorded", "-S execve,execveat -F key=auditpy_exec", "-S mmap -F key=auditpy_exec", "", allOfExec, "execve is recorded only where exe=/usr/bin/scp"},
	{"no 32-bit executions", "-a always,exit -F arch=b32 -S execve,execveat -F key=auditpy_exec\n", "", "", allOfExec, "no audit rule records executions (execve, execveat) of 32-bit programs"},
	{"no connections", "-S connect -F key=auditpy_connect", "-S bind -F key=auditpy_connect", "", "connected net stream", "no audit rule records connect, connect of 32-bit programs"},
	{"connections silenced", "", "-a never,exit -F arch=b64 -S connect\n-a never,exit -F arch=b32 -S connect,socketcall\n", "connected net", "stream", "connect is silenced by -a never,exit -F arch=b64 -S connect"},
	{"no accept", "-S accept,accept4", "-S listen", "accepted listen", "stream", "no audit rule records accept, accept4"},
	{"no copies of descriptors", "key=auditpy_stdio", "a3=77 -F key=auditpy_stdio", "", "stream", "a3=77"},
	{"of people only", "-S execve,execveat -F key=auditpy_exec", "-S execve,execveat -F auid>=1000 -F auid!=-1 -F key=auditpy_exec", "", allOfExec, "only where auid>=1000 auid!=unset"},
	{"of root only", "-S connect -F key=auditpy_connect", "-S connect -F uid=0 -F key=auditpy_connect", "", "connected net stream", "uid=0"},
	{"never before it", "", "-a never,exit -F arch=b64 -S execve,execveat\n-a never,exit -F arch=b32 -S execve,execveat\n", allOfExec, "", "is silenced by -a never,exit -F arch=b64 -S execve,execveat"},
	{"a program left out", "", "-a never,exit -F arch=b64 -S all -F exe=/usr/bin/python3.11\n", "", allOfExec + " cron listen module net rename", "is left out where exe=/usr/bin/python3.11"},
	{"a type left out", "", "-a always,exclude -F msgtype=EXECVE\n", "accepted connected exec marked", "", "EXECVE records are left out by -a always,exclude -F msgtype=EXECVE"},
	{"addresses left out", "", "-a always,exclude -F msgtype=SOCKADDR\n", "accepted connected listen net stream", "", "SOCKADDR"},
	{"tasks left out", "", "-a never,task\n", allOfExec + " cron listen module net rename", "", "processes are left out by -a never,task"},
	{"tasks of a user left out", "", "-a never,task -F uid=33\n", "", allOfExec + " cron listen module net rename", "uid=33"},
	{"logins left out", "", "-a always,exclude -F msgtype=USER_LOGIN\n", "login", "", "USER_LOGIN"},
	{"another key", "exfil", "other", "marked", "", "no audit rule that is asked has the key exfil"},
	{"successful connections", "-S connect -F key=auditpy_connect", "-S connect -F success=1 -F key=auditpy_connect", "", "connected net stream", "success=1"},
	{"the watch is gone", "-w /etc/cron.d -p wa -k cron\n", "", "", "cron", "no audit rule records creat"},
	{"the host's own architecture unsaid", "-F arch=b64 -S connect", "-S connect", "", "", ""},
	{"in two halves", "-a always,exit -F arch=b64 -S connect -F key=auditpy_connect", "-a always,exit -F arch=b64 -S connect -F uid=0\n-a always,exit -F arch=b64 -S connect -F uid!=0", "", "", ""},
	{"auditpy left out", "", "-a never,exit -F arch=b64 -S all -F exe=/usr/bin/auditpy\n", "", "", ""},
}

func weaken(t *testing.T, from, to string) string {
	text := tier3(t)
	switch {
	case from == "*":
		return to
	case from == "":
		return to + text
	case !strings.Contains(text, from):
		t.Fatalf("%q is not in the shipped rules", from)
	}
	return strings.ReplaceAll(text, from, to)
}

func sorted(names string) string { return strings.Join(slices.Sorted(strings.FieldsSeq(names)), " ") }

// TestWeakened: exactly the detections that went blind are named, with the reason, and the fix brings them back.
func TestWeakened(t *testing.T) {
	ds := detections(t)
	for _, tt := range weakened {
		t.Run(tt.name, func(t *testing.T) {
			text := weaken(t, tt.from, tt.to)
			l := load(t, text)
			verdicts := Judge(ds, l, own)
			if got := named(verdicts, Blind); got != sorted(tt.blind) {
				t.Errorf("blind: %q, want %q", got, tt.blind)
			}
			if got := named(verdicts, Narrowed); got != sorted(tt.narrowed) {
				t.Errorf("narrowed: %q, want %q", got, tt.narrowed)
			}
			if got := named(verdicts, Unrelated); got != "other" {
				t.Errorf("unrelated: %q", got)
			}
			told := slices.ContainsFunc(verdicts, func(v Verdict) bool { return strings.Contains(strings.Join(v.Why, "\n"), tt.why) })
			if !told {
				t.Errorf("nobody is told %q", tt.why)
			}
			fix := Mend(verdicts, l, own)
			if fix.Empty() != (tt.blind+tt.narrowed == "") {
				t.Errorf("fix: %+v", fix)
			}
			mended := load(t, text+"\n"+fix.Text("/usr/bin/auditpy"))
			if again := Judge(ds, mended, own); named(again, Blind)+named(again, Narrowed) != "" {
				t.Errorf("after the fix: blind %q, narrowed %q\n%s", named(again, Blind), named(again, Narrowed), fix.Text("/usr/bin/auditpy"))
			}
		})
	}
	if len(weakened) < 10 {
		t.Error("fewer than ten")
	}
}

// TestKeyOfRule: what a detection says is no audit rule: a key that cannot be one is told, and not written.
func TestKeyOfRule(t *testing.T) {
	for key, want := range map[string]bool{"exfil": true, "a\n-D": false, "a -F b": false, strings.Repeat("k", 300): false, "": false} {
		m := &rule.Meta{ID: "x", Signals: []rule.Signal{{{Name: "key=" + key, Key: func(s string) bool { return s == key }}}, {{Name: "execve"}}}}
		l := load(t, "-a always,exit -F arch=b64 -S connect\n")
		fix := Mend(Judge([]*rule.Meta{m}, l, own), l, own)
		if got := slices.ContainsFunc(fix.Add, func(line string) bool { return strings.HasSuffix(line, "-F key="+key) }); got != want {
			t.Errorf("key %q: %q, want it in a rule: %v", key, fix.Add, want)
		}
		for _, line := range fix.Add {
			if strings.Contains(line, "\n") || key != "" && !want && strings.Contains(line, key) {
				t.Errorf("key %q: %q", key, line)
			}
		}
	}
}
