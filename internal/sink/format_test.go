package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4/rfc3164"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

var allFormats = []Format{ECS, OCSF, ASIM, CEF, Text}

// sealed is the alert of a python that bash started; bad stands in each field that an attacker or a rule's author chooses.
func sealed(bad string, args ...string) *alert.Envelope {
	id := audit.ID{Node: "web" + bad, Msec: testTime.UnixMilli(), Serial: 42}
	parent := &event.Process{PID: 5, PPID: 4, Exe: "/bin/bash" + bad, Args: []string{"-bash", bad}, CommandLine: "-bash " + bad, CWD: "/" + bad,
		TTY: "pts0" + bad, Source: event.FromExec, UID: -1, EUID: -1, AUID: -1,
		Parent: &event.Process{PID: 4, PPID: 1, Exe: "/usr/sbin/sshd" + bad, Source: event.FromExec, UID: -1, EUID: -1, AUID: -1}}
	args = append([]string{"python3", bad}, args...)
	line := strings.Join(args, " ")
	ev := &event.Event{ID: id, Complete: true, Call: new(audit.Call),
		Records: []audit.Record{{ID: id, Type: audit.Syscall, Body: `arch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=7 key="exec"`}, {ID: id, Type: audit.Execve}},
		Exec:    &event.Exec{Args: args, CommandLine: line, Complete: true},
		Process: &event.Process{PID: 7, PPID: 5, Exe: "/usr/bin/python3" + bad, Comm: "python3" + bad, Args: args, CommandLine: line, CWD: "/srv" + bad,
			TTY: "pts0" + bad, UID: 1001, User: "alice" + bad, EUID: 0, EffectiveUser: "root" + bad, AUID: 1001, Session: 3, GID: 5, Group: "g" + bad,
			Source: event.FromExec, Parent: parent},
	}
	ev.Call.Parse(ev.Records[0].Body)
	lead := &rule.Meta{ID: "r-1" + bad, Title: "Shell" + bad, Level: rule.High, Dialect: "sigma", Author: "a" + bad,
		Techniques: []string{"T1059.006", "T1548" + bad}, References: []string{"https://example.org" + bad}}
	also := &rule.Meta{ID: "r-2" + bad, Title: "Pty" + bad, Level: rule.Low, Dialect: "sigma"}
	e := alert.Seal(&alert.Alert{ID: "a1b2" + bad, Time: ev.Time(), Level: rule.High, Rules: []*rule.Meta{lead, also}, Event: ev,
		Evidence: []rule.Evidence{{Field: "Image" + bad, Value: bad, Match: bad}}, Incident: alert.Incident{ID: "inc" + bad, Count: 2}})
	return &e
}

// H4: no control, bidirectional or line-breaking character leaves, whatever field it stands in, in any format under any header, cut or whole.
func TestH4NoRawControls(t *testing.T) {
	var bad []string
	for r := rune(0); r <= 0x2069; r++ {
		if harmful(r) {
			bad = append(bad, string(r))
		}
	}
	for b := 0x80; b <= 0xff; b++ { // C1 as a byte, and all else that is not UTF-8
		bad = append(bad, string([]byte{byte(b)}))
	}
	bad = append(bad, "\r\n<0>1 forged", "\xc2", "\xed\xa0\x80", strings.Repeat("\x1b]0;x\x07", 50))
	for _, s := range bad {
		e := sealed(s, "a"+s+"b")
		raw := *e
		raw.Text, raw.Host = s+e.Text+s, s // what seals does not escape must be, again
		for _, env := range []*alert.Envelope{e, &raw} {
			for _, f := range allFormats {
				for _, limit := range []int{0, 1180, 4096} {
					for _, p := range []Protocol{RFC5424, RFC3164} {
						c := Encoding{Header: Header{Facility: 10, Host: "h" + s, PID: 1}, Protocol: p, Payload: Payload{Format: f, Version: "1.0" + s}}
						line := c.Append(nil, env, limit)
						if !utf8.Valid(line) || strings.ContainsFunc(string(line), harmful) || limit > 0 && len(line) > limit {
							t.Fatalf("%q in format %s, protocol %d, limit %d: %q", s, formatNames[f], p, limit, line)
						}
					}
				}
				if f != Text { // whose paragraph has lines
					line := Payload{Format: f, Version: "1.0"}.Lines()(nil, env)
					if body, ok := strings.CutSuffix(string(line), "\n"); !ok || strings.ContainsFunc(body, harmful) {
						t.Fatalf("%q in a file of %s: %q", s, formatNames[f], line)
					}
				}
			}
		}
	}
	if len(bad) < 200 {
		t.Errorf("only %d values", len(bad))
	}
}

// checkBody holds the payload of a line to its format.
func checkBody(t *testing.T, f Format, body string, e *alert.Envelope) {
	t.Helper()
	switch f {
	case ECS, OCSF, ASIM:
		var doc map[string]any
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatalf("%s: %v in %s", formatNames[f], err, body)
		}
		id := map[Format]string{ECS: "event.id", OCSF: "finding_info.uid", ASIM: "EventUid"}[f]
		if got, _ := lookup(doc, id).(string); got != strings.ToValidUTF8(e.ID, "\ufffd") && utf8.ValidString(e.ID) {
			t.Fatalf("%s: id %q, want %q", formatNames[f], got, e.ID)
		}
	case CEF:
		header, ext, err := parseCEF(body)
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if header[1] != "auditpy" || ext["externalId"] != cut(clean(e.ID), minKept) {
			t.Fatalf("CEF of %q: %q, %q", e.ID, header, ext)
		}
	case Text:
		if body == "" || strings.Contains(body, "\n") {
			t.Fatalf("text %q", body)
		}
	}
}

// parseCEF is the reading of CEF: seven header fields between bars, then key=value, where a value ends before the next key.
func parseCEF(s string) (header []string, ext map[string]string, err error) {
	s, ok := strings.CutPrefix(s, "CEF:")
	if !ok {
		return nil, nil, errors.New("no CEF")
	}
	var field strings.Builder
	for len(header) < 7 && s != "" {
		switch {
		case s[0] == '\\' && len(s) > 1 && (s[1] == '\\' || s[1] == '|'):
			field.WriteByte(s[1])
			s = s[2:]
		case s[0] == '\\':
			return nil, nil, errors.New("a bad escape in the header")
		case s[0] == '|':
			header, s = append(header, field.String()), s[1:]
			field.Reset()
		default:
			field.WriteByte(s[0])
			s = s[1:]
		}
	}
	if len(header) != 7 {
		return nil, nil, fmt.Errorf("%d header fields", len(header))
	}
	ext = make(map[string]string)
	key, word, value := "", "", ""
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if i++; i == len(s) || s[i] != '\\' && s[i] != '=' {
				return nil, nil, errors.New("a bad escape in the extension")
			}
			word += s[i : i+1]
		case c == '=':
			if key != "" {
				ext[key] = strings.TrimSuffix(value, " ")
			}
			key, word, value = word, "", ""
			if key == "" || strings.ContainsAny(key, " \\|=") {
				return nil, nil, fmt.Errorf("the key %q", key)
			}
		case c == ' ':
			value, word = value+word+" ", ""
		default:
			word += s[i : i+1]
		}
	}
	ext[key] = value + word
	return header, ext, nil
}

// FuzzFormats (H3): whatever a field holds, each line is within its bound, parses under a parser that is not ours, and says which
// alert it is.
func FuzzFormats(f *testing.F) {
	f.Add("|=\\ cs1=x \"]", "rule|=\\", "id=1", uint16(1180))
	f.Add(strings.Repeat("\x00é=", 900), strings.Repeat("|", 300), strings.Repeat("=", 90), uint16(1024))
	f.Add("plain", "r", "i", uint16(0))
	f.Fuzz(func(t *testing.T, value, ruleID, id string, limit uint16) { formats(t, value, ruleID, id, int(limit)) })
}

func formats(t *testing.T, value, ruleID, id string, limit int) {
	t.Helper()
	e := sealed(value, value)
	e.ID, e.Rule = shorten(id, 60), ruleID
	var doc map[string]any
	if err := json.Unmarshal(e.JSON, &doc); err != nil {
		t.Fatal(err)
	}
	doc["event"].(map[string]any)["id"] = e.ID
	e.JSON, _ = json.Marshal(doc)
	for _, f := range allFormats {
		for _, p := range []Protocol{RFC5424, RFC3164} {
			c := Encoding{Header: Header{Facility: 10, Host: "h", PID: 1}, Protocol: p, Payload: Payload{Format: f, Version: "1.0"}}
			line := c.Append(nil, e, limit)
			if limit > 0 && len(line) > max(limit, minMax) {
				t.Fatalf("%s: %d bytes, want at most %d: %s", formatNames[f], len(line), limit, line)
			}
			if p == RFC5424 {
				checkBody(t, f, *check5424(t, line, e).Message, e)
			} else {
				checkBody(t, f, check3164(t, line), e)
			}
		}
	}
}

// TestH3RandomValues is FuzzFormats over random bytes: 10,000 values, and with AUDITPY_SOAK a million, each in 10 encodings.
func TestH3RandomValues(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	random := func(n int) string {
		b := make([]byte, r.IntN(n))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return string(b)
	}
	rounds := 400
	if os.Getenv("AUDITPY_SOAK") != "" {
		rounds = 40_000
	}
	for range rounds { // of 25 values each
		formats(t, random(200), random(100), random(60), r.IntN(9000))
	}
}

func check3164(t *testing.T, line []byte) string {
	t.Helper()
	m, err := rfc3164.NewParser(rfc3164.WithTimezone(time.Local)).Parse(line)
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	got := m.(*rfc3164.SyslogMessage)
	if got.Appname == nil || *got.Appname != "auditpy" || got.ProcID == nil || *got.ProcID != "1" || got.Message == nil {
		t.Fatalf("parsed as %+v: %s", got, line)
	}
	return *got.Message
}

func TestRFC3164(t *testing.T) {
	c := Encoding{Header: Header{Facility: 10, Host: "me here", PID: 42}, Protocol: RFC3164}
	e := envelope(`{"x":1}`)
	stamp := testTime.Local().Format("Jan _2 15:04:05")
	if got, want := string(c.Append(nil, e, 0)), "<83>"+stamp+` me_here auditpy[42]: {"x":1}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	c.Local = true
	if got, want := string(c.Append(nil, e, 0)), "<83>"+stamp+` auditpy[42]: {"x":1}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What is cut says so, and keeps its command line's head, in each format.
func TestFormatsCut(t *testing.T) {
	e := sealed("", strings.Repeat("A1 ", 50_000))
	for _, limit := range []int{1180, 2048, 8192} {
		for _, f := range allFormats {
			c := Encoding{Header: Header{Host: "h"}, Payload: Payload{Format: f, Version: "1.0"}}
			line := string(c.Append(nil, e, limit))
			if len(line) > limit || len(line) < min(limit/3, 2000) || !strings.Contains(line, "A1 A1 A1 A1") || !strings.Contains(line, "/usr/bin/python3") {
				t.Errorf("%s in %d: %d bytes: %s", formatNames[f], limit, len(line), line)
			}
			if f != CEF && f != Text && !strings.Contains(line, "truncated\":true") {
				t.Errorf("%s in %d does not say that it is cut: %s", formatNames[f], limit, line)
			}
		}
	}
}

// JSON that is none, as from a spool that was tampered with, still says which alert it was.
func TestFormatsLastResort(t *testing.T) {
	for _, f := range allFormats {
		e := envelope("not JSON")
		for _, limit := range []int{0, 1024} {
			c := Encoding{Payload: Payload{Format: f, Version: "1.0"}}
			line := string(c.Append(nil, e, limit))
			if !strings.Contains(line, "a1b2") || !strings.Contains(line, "r-1") {
				t.Errorf("%s: %s", formatNames[f], line)
			}
		}
	}
}

// An alert of this host names it, where the schema has a place for it.
func TestPayloadHost(t *testing.T) {
	for f, want := range map[Format]string{OCSF: `"hostname":"here"`, ASIM: `"DvcHostname":"here"`, CEF: "dvchost=here"} {
		if got := string(Payload{Format: f, Host: "here"}.Append(nil, envelope(`{}`), 0)); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", formatNames[f], got, want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for i, name := range formatNames {
		if f, ok := ParseFormat(name); !ok || f != Format(i) {
			t.Errorf("ParseFormat(%q) = %d, %v", name, f, ok)
		}
	}
	if _, ok := ParseFormat("xml"); ok {
		t.Error(`ParseFormat("xml") is ok`)
	}
}

func BenchmarkFormats(b *testing.B) {
	e := sealed("", strings.Repeat("import os; ", 30))
	for _, f := range allFormats {
		for _, limit := range []int{0, 1180} {
			b.Run(formatNames[f]+"/"+strconv.Itoa(limit), func(b *testing.B) {
				c := Encoding{Header: Header{Host: "h"}, Payload: Payload{Format: f, Version: "1.0"}}
				var buf []byte
				b.ReportAllocs()
				for b.Loop() {
					buf = c.Append(buf[:0], e, limit)
				}
			})
		}
	}
}
