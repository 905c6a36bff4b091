package sink

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/auditpy/auditpy/internal/alert"
)

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 8_999_999, time.FixedZone("", 3600))

func envelope(doc string) *alert.Envelope {
	return &alert.Envelope{ID: "a1b2", Time: testTime, Level: 3, Rule: "r-1", JSON: []byte(doc)}
}

func TestAppendRFC5424(t *testing.T) {
	const want = `<83>1 2026-03-04T04:06:07.008Z web_1 auditpy 42 alert ` +
		`[auditpy@32473 id="a1b2" level="high" rule="a\"b\\\]\\u000ac"] {"x":1}`
	e := envelope(`{"x":1}`)
	e.Rule = "a\"b\\]\nc"
	got := AppendRFC5424([]byte("before "), Header{Facility: 10, Host: "web 1", PID: 42}, e, 0)
	if string(got) != "before "+want {
		t.Errorf("got  %s\nwant before %s", got, want)
	}
}

func TestHeaderFields(t *testing.T) {
	for _, tt := range []struct {
		e    alert.Envelope
		want string // of the line's begin
	}{
		{alert.Envelope{Time: testTime, Level: 0}, "<86>1 2026-03-04T04:06:07.008Z local auditpy"},
		{alert.Envelope{Time: testTime, Level: 1}, "<85>1 "},
		{alert.Envelope{Time: testTime, Level: 2}, "<84>1 "},
		{alert.Envelope{Time: testTime, Level: 3}, "<83>1 "},
		{alert.Envelope{Time: testTime, Level: 4}, "<82>1 "},
		{alert.Envelope{Time: testTime, Host: "a b\nü"}, "<86>1 2026-03-04T04:06:07.008Z a_b__ auditpy"},
		{alert.Envelope{Time: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, "<86>1 - local auditpy"},
		{alert.Envelope{}, "<86>1 0001-01-01T00:00:00.000Z local auditpy"},
	} {
		got := AppendRFC5424(nil, Header{Facility: 10, Host: "local"}, &tt.e, 0)
		if !strings.HasPrefix(string(got), tt.want) {
			t.Errorf("AppendRFC5424(%+v) = %s, want %s…", tt.e, got, tt.want)
		}
	}
	long := AppendRFC5424(nil, Header{}, &alert.Envelope{Host: strings.Repeat("h", 300)}, 0)
	if strings.Count(string(long), "h") > maxHost+1 { // one in "auth…" would show, too
		t.Errorf("host name is longer than %d: %s", maxHost, long)
	}
	if got := AppendRFC5424(nil, Header{}, &alert.Envelope{}, 0); !strings.Contains(string(got), "Z - auditpy 0 ") {
		t.Errorf("without a host name %s, want the nil value", got)
	}
}

func TestParseFacility(t *testing.T) {
	for name, want := range map[string]Facility{"user": 1, "authpriv": 10, "local0": 16, "local7": 23} {
		if got, ok := ParseFacility(name); got != want || !ok {
			t.Errorf("ParseFacility(%q) = %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "kern", "local8", "AUTHPRIV"} {
		if got, ok := ParseFacility(name); ok {
			t.Errorf("ParseFacility(%q) = %d, want none", name, got)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain é \U0001f40d":             "plain é \U0001f40d",
		"a\x00\n\x1b[31m\x7f":            `a\u0000\u000a\u001b[31m\u007f`,
		"\u0085\u009b\u2028\u202e\u2066": `\u0085\u009b\u2028\u202e\u2066`,
		"a\xffb":                         "a\ufffdb",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// check parses line with a parser that is not ours and compares each value with what went in.
func check(t *testing.T, line []byte, h Header, e *alert.Envelope, limit int) map[string]any {
	t.Helper()
	if limit > 0 && len(line) > max(limit, minMax) {
		t.Errorf("line has %d bytes, want at most %d", len(line), limit)
	}
	if !utf8.Valid(line) || strings.ContainsFunc(string(line), harmful) {
		t.Errorf("control characters in %q", line)
	}
	got := check5424(t, line, e)
	want := fmt.Sprint(h.Facility, severity(e), "auditpy", fmt.Sprint(h.PID), "alert")
	if s := fmt.Sprint(*got.Facility, *got.Severity, *got.Appname, *got.ProcID, *got.MsgID); s != want {
		t.Errorf("header fields are %s, want %s", s, want)
	}
	if !got.Timestamp.Equal(e.Time.Truncate(time.Millisecond)) {
		t.Errorf("time is %v, want %v", got.Timestamp, e.Time)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(*got.Message), &doc); err != nil {
		t.Fatalf("%v in %s", err, *got.Message)
	}
	return doc
}

// check5424 parses line with a parser that is not ours and compares the structured data with what went in.
func check5424(t *testing.T, line []byte, e *alert.Envelope) *rfc5424.SyslogMessage {
	t.Helper()
	m, err := rfc5424.NewParser().Parse(line)
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	got := m.(*rfc5424.SyslogMessage)
	for name, value := range map[string]string{"id": e.ID, "level": e.Level.String(), "rule": e.Rule} {
		if s := (*got.StructuredData)["auditpy@32473"][name]; s != shorten(clean(value), maxParam) {
			t.Errorf("%s is %q, want %q", name, s, value)
		}
	}
	return got
}

func FuzzAppendRFC5424(f *testing.F) {
	f.Add("id", "rule]\"\\", "host\n", "value \x1b\xff", uint8(3), uint16(1180))
	f.Add(strings.Repeat("\x00", 90), strings.Repeat("]", 90), strings.Repeat("é", 300), strings.Repeat("\"", 3000), uint8(9), uint16(1))
	f.Fuzz(func(t *testing.T, id, rule, host, value string, level uint8, limit uint16) {
		doc, err := json.Marshal(map[string]any{"event": map[string]any{"id": id}, "v": []any{value, map[string]any{"w": value}}})
		if err != nil {
			t.Fatal(err)
		}
		h := Header{Facility: 10, Host: host, PID: 7}
		e := &alert.Envelope{ID: id, Time: testTime, Rule: rule, JSON: doc}
		for range level % 5 {
			e.Level++
		}
		got := check(t, AppendRFC5424(nil, h, e, int(limit)), h, e, int(limit))
		if sub, _ := got["auditpy"].(map[string]any); sub["truncated"] == true {
			return
		}
		if s := got["v"].([]any)[0]; s != strings.ToValidUTF8(value, "\ufffd") && utf8.ValidString(value) {
			t.Errorf("value is %q, want %q", s, value)
		}
	})
}

// FuzzMessage gives the encoder JSON, and what is not, from anywhere.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"auditpy":5,"a":[1,[2,{"b":"c"}]],"n":null,"t":true,"f":1e9}`), uint16(0))
	f.Add([]byte("{\"a\":\"\n\"}"), uint16(2000))
	f.Add([]byte(`[]`), uint16(0))
	f.Add([]byte(``), uint16(0))
	f.Fuzz(func(t *testing.T, doc []byte, limit uint16) {
		if plain(doc) && !json.Valid(doc) {
			return // breaks the promise of an Envelope; passed on as it is if short
		}
		h, e := Header{Facility: 1}, envelope("")
		e.JSON = doc
		if root, ok := alert.Decode(doc); plain(doc) && (!ok || root == nil) {
			return // no object: not an alert
		}
		check(t, AppendRFC5424(nil, h, e, int(limit)), h, e, int(limit))
	})
}

func BenchmarkAppendRFC5424(b *testing.B) {
	for _, n := range []int{500, 20_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := envelope(`{"process":{"command_line":"` + strings.Repeat("x", n) + `"}}`)
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = AppendRFC5424(buf[:0], Header{}, e, 8192)
			}
		})
	}
}

// AppendRFC5424 is the default encoding.
func AppendRFC5424(dst []byte, h Header, e *alert.Envelope, limit int) []byte {
	c := Encoding{Header: h}
	return c.Append(dst, e, limit)
}
