package alert

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// converted encodes what make makes of an alert, and reads it back.
func converted(t *testing.T, a *Alert, convert func(*Envelope, map[string]any, string) map[string]any) map[string]any {
	t.Helper()
	e := Seal(a)
	doc, ok := Decode(e.JSON)
	if !ok {
		t.Fatalf("not an object: %s", e.JSON)
	}
	b, err := json.Marshal(convert(&e, doc, "1.2"))
	if err != nil {
		t.Fatal(err)
	}
	return document(t, b)
}

func compare(t *testing.T, m map[string]any, want map[string]any) {
	t.Helper()
	for path, w := range want {
		if got := at(m, path); !reflect.DeepEqual(got, w) {
			t.Errorf("%s = %v, want %v", path, got, w)
		}
	}
}

// TestOCSF: the attributes that class 2004 requires, and those that say what happened.
func TestOCSF(t *testing.T) {
	m := converted(t, sampleAlert("python3", "-c", "x y"), OCSF)
	compare(t, m, map[string]any{
		"activity_id": 1.0, "category_uid": 2.0, "class_uid": 2004.0, "type_uid": 200401.0, "severity_id": 4.0, "severity": "High",
		"time": 1795250967999.0, "is_alert": true, "status_id": 1.0, "message": "Shell",
		"metadata.version": "1.6.0", "metadata.product.name": "auditpy", "metadata.product.version": "1.2", "metadata.uid": "abc",
		"metadata.original_event_uid": "629868", "metadata.profiles": []any{"host"},
		"finding_info.uid": "abc", "finding_info.title": "Shell", "finding_info.analytic.uid": "r1", "finding_info.analytic.type_id": 1.0,
		"finding_info.src_url": "https://example.org",
		"finding_info.attacks": []any{
			map[string]any{"technique": map[string]any{"uid": "T1059"}, "sub_technique": map[string]any{"uid": "T1059.006"}},
			map[string]any{"technique": map[string]any{"uid": "T1059"}},
		},
		"finding_info.related_analytics": []any{map[string]any{"uid": "r2", "name": "Pty", "category": "sigma", "type": "Rule", "type_id": 1.0}},
		"device.hostname":                "web-1", "device.type_id": 0.0, "unmapped.auditd.sequence": 629868.0,
	})
	evidence := at(m, "evidences").([]any)[0].(map[string]any)
	compare(t, evidence, map[string]any{
		"process.pid": 7.0, "process.path": "/usr/bin/python3.11", "process.cmd_line": "python3 -c x y", "process.working_directory": "/srv",
		"process.file.type_id": 1.0, "process.user.uid": "0", "process.user.name": "root", "process.session.uid": "3", "process.session.terminal": "pts0",
		"process.parent_process.pid": 5.0, "process.parent_process.cmd_line": "-bash", "actor.user.uid": "1001", "actor.process.pid": 5.0,
	})
}

// connection is the alert of a connect that failed.
func connection() *Alert {
	a := sampleAlert("python3")
	a.Event.Exec = nil
	a.Event.Records = []audit.Record{
		{ID: a.Event.ID, Type: audit.Syscall, Body: `arch=c000003e syscall=42 success=no exit=-111 a0=3 ppid=5 pid=7`},
		{ID: a.Event.ID, Type: audit.Sockaddr, Body: `saddr=0200115CC0A80A0B0000000000000000`},
	}
	a.Event.Call = new(audit.Call)
	a.Event.Call.Parse(a.Event.Records[0].Body)
	return a
}

func TestOCSFConnection(t *testing.T) {
	evidence := at(converted(t, connection(), OCSF), "evidences").([]any)[0].(map[string]any)
	compare(t, evidence, map[string]any{"dst_endpoint.ip": "192.168.10.11", "dst_endpoint.port": 4444.0, "process.pid": 7.0})
}

// TestASIM: the mandatory fields of ProcessEvent 0.1.4, with its words for who is who.
func TestASIM(t *testing.T) {
	a := sampleAlert("python3", "-c", "x y")
	a.Event.Process.Parent.Parent = &event.Process{PID: 1, Exe: "/sbin/init", Source: event.FromExec, UID: -1, EUID: -1, AUID: -1}
	compare(t, converted(t, a, ASIM), map[string]any{
		"EventType": "ProcessCreated", "EventSchema": "ProcessEvent", "EventSchemaVersion": "0.1.4", "EventCount": 1.0, "EventResult": "Success",
		"EventVendor": "Linux", "EventProduct": "auditd", "EventUid": "abc", "EventOriginalUid": "629868", "EventOriginalType": "SYSCALL",
		"EventSeverity": "High", "EventMessage": "Shell", "TimeGenerated": "2026-11-21T08:49:27.999Z", "EventStartTime": "2026-11-21T08:49:27.999Z",
		"EventEndTime": "2026-11-21T08:49:27.999Z", "Dvc": "web-1", "DvcHostname": "web-1", "DvcOs": "Linux",
		"TargetProcessName": "/usr/bin/python3.11", "TargetProcessFilename": "python3.11", "TargetProcessCommandLine": "python3 -c x y",
		"TargetProcessId": "7", "TargetProcessCurrentDirectory": "/srv", "TargetUsername": "root", "TargetUsernameType": "Simple", "TargetUserId": "0",
		"TargetUserIdType": "UID", "TargetUserSessionId": "3", "ActorUserId": "1001", "ActorUsername": "alice", "ActorUsernameType": "Simple",
		"ActingProcessName": "/usr/bin/bash", "ActingProcessFilename": "bash", "ActingProcessId": "5", "ActingProcessCommandLine": "-bash",
		"ParentProcessName": "/sbin/init", "ParentProcessId": "1", "User": "root", "Process": "/usr/bin/python3.11", "CommandLine": "python3 -c x y",
		"AdditionalFields.auid": "1001", "AdditionalFields.tty": "pts0", "AdditionalFields.key": "exec", "AdditionalFields.syscall": "execve",
		"AdditionalFields.rule_id": "r1", "AdditionalFields.mitre": []any{"T1059.006", "T1059"},
	})
	a.Level = rule.Critical
	compare(t, converted(t, a, ASIM), map[string]any{"EventSeverity": "High"}) // there is no Critical
}

// TestASIMConnection: what started no program is no ProcessEvent.
func TestASIMConnection(t *testing.T) {
	compare(t, converted(t, connection(), ASIM), map[string]any{
		"EventSchema": "AuditEvent", "EventType": "Other", "EventResult": "Failure", "TargetIpAddr": "192.168.10.11", "TargetPortNumber": "4444",
		"ActingProcessName": "/usr/bin/python3.11", "ActingProcessId": "7", "TargetProcessName": nil,
	})
}

func TestNewCEF(t *testing.T) {
	e := Seal(sampleAlert("python3", "-c", "x y"))
	doc, _ := Decode(e.JSON)
	c := NewCEF(&e, doc, "1.2")
	if want := [7]string{"0", "auditpy", "auditpy", "1.2", "r1", "Shell", "8"}; c.Header != want {
		t.Errorf("header %q, want %q", c.Header, want)
	}
	got := map[string]string{}
	for _, x := range c.Extension {
		got[x.Key] = x.Value
	}
	for key, want := range map[string]string{
		"rt": "1795250967999", "externalId": "abc", "dvchost": "web-1", "dproc": "/usr/bin/python3.11", "dpid": "7", "duser": "root", "duid": "0",
		"sproc": "/usr/bin/bash", "spid": "5", "suser": "alice", "suid": "1001", "cs1Label": "CommandLine", "cs1": "python3 -c x y",
		"cs2": "-bash", "cs3": "/srv", "cs4": "T1059.006,T1059", "cs6": "exec", "cn1": "629868", "cn2": "1001", "act": "exec", "outcome": "success",
	} {
		if got[key] != want {
			t.Errorf("%s = %q, want %q", key, got[key], want)
		}
	}
}

func TestNotice(t *testing.T) {
	n := Notice{Rule: "auditpy-test", Title: "A \x1b title", Level: rule.High, Time: time.UnixMilli(1795250967999), About: map[string]any{"sink": "a\u202eb", "n": 3}}
	e := n.Seal()
	compare(t, document(t, e.JSON), map[string]any{
		"@timestamp": "2026-11-21T08:49:27.999Z", "event.kind": "alert", "event.id": e.ID, "rule.id": "auditpy-test", "rule.level": "high",
		"auditpy.notice.sink": "a\u202eb", "auditpy.notice.n": 3.0,
	})
	for _, c := range e.JSON {
		if c < ' ' || c > '~' {
			t.Fatalf("not printable ASCII: %q", e.JSON)
		}
	}
	b, err := e.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseEnvelope(b); err != nil || !reflect.DeepEqual(got, e) || len(e.ID) != 20 {
		t.Errorf("ParseEnvelope = %+v, %v, want %+v", got, err, e)
	}
	n.About["n"] = 4
	if n.Seal().ID == e.ID {
		t.Error("two notices have one id")
	}
}
