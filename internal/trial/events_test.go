package trial

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct{ input, want string }{
		{`{"@timestamp":"2026-01-01T00:00:01Z"} {"@timestamp":"2026-01-01T00:00:00.5+00:00"}`, `2 1`},
		{`[{"@timestamp":"2"},{"@timestamp":1}]`, `2 1`},
		{`[{"@timestamp":"2026-01-02"},{"@timestamp":"2026-01-01T23:59:59.999"}]`, `2 1`},
		{``, ``},
		{"\n\n", ``},
		{`{"@timestamp":1,"a":2}` + "\n" + `{"@timestamp":1,"a":1}`, `1 2`},
		{`{"a":2} {"@timestamp":-1} {"@timestamp":1}`, `1 2 3`}, // without a time: first of all
		{strings.Repeat(`{"a":`, 101) + "1" + strings.Repeat("}", 101), `line 1: field "a.a.a.a.a.a.a.a.a.a.": nested deeper than 100 levels`},
		{`3`, `line 1: an event is a JSON object`},
		{"{}\n[{},\n3]", `line 3: an event is a JSON object`},
		{"{}\n\n{\"a\":}\n", `line 3: invalid character '}' looking for beginning of value`},
		{"{}\n{\"a\":1", `line 2: unexpected EOF`},
		{"{}\n{\"@timestamp\":\"yesterday\"}", `line 2: @timestamp: "yesterday" is no time as in 2006-01-02T15:04:05.123Z`},
	} {
		events, err := Read(strings.NewReader(tt.input), Options{})
		var ids []string
		for _, ev := range events {
			ids = append(ids, string(ev.ID))
		}
		got := strings.Join(ids, " ")
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Read(%q) = %q, want %q", tt.input, got, tt.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, tt := range []struct{ text, unit, want string }{
		{"0", "s", "1970-01-01T00:00:00Z"}, {"1.5", "s", "1970-01-01T00:00:01.5Z"}, {"x", "s", `"x" is no number of seconds`}, {"1e30", "s", `"1e30" is no number of seconds`},
		{"1500", "ms", "1970-01-01T00:00:01.5Z"}, {"1.5", "ms", `"1.5" is no number of milliseconds`},
		{"116444736000000000", "filetime", "1970-01-01T00:00:00Z"}, {"131485996510000001", "filetime", "2017-08-30T20:47:31.0000001Z"}, {"0", "filetime", "1601-01-01T00:00:00Z"}, {"-1", "filetime", `"-1" is no number of ticks of 100 ns`},
		{"2026-01-01T01:00:00+01:00", "rfc3339", "2026-01-01T00:00:00Z"},
	} {
		at, err := parseTime(tt.text, tt.unit)
		got := at.Format(time.RFC3339Nano)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("parseTime(%q, %q) = %s, want %s", tt.text, tt.unit, got, tt.want)
		}
	}
}

// TestTiebreaker: numbers in the order of their values, and not of their digits.
func TestTiebreaker(t *testing.T) {
	events, err := Read(strings.NewReader(`{"n":10,"s":"b"} {"n":9,"s":"c"} {"n":"9","s":"a"}`), Options{Tiebreaker: "n"})
	if err != nil || string(events[0].ID)+string(events[1].ID)+string(events[2].ID) != "231" {
		t.Errorf("%v, %v", events, err)
	}
	events, _ = Read(strings.NewReader(`{"n":10,"s":"b"} {"n":9,"s":"c"} {"n":"9","s":"a"}`), Options{Tiebreaker: "s", ID: "s"})
	if got := fmt.Sprintf("%s", events[0].ID); got != `"a"` {
		t.Errorf("first is %s", got)
	}
}

func TestDocument(t *testing.T) {
	events, err := Read(strings.NewReader(`{"a":{"b":[1,null,"x",true]},"a.b":2.50,"c":null,"d":[{"e":1},{"e":[2,3]}],"f":{}}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.b": "1|x|true|2.50", "c": "", "d.e": "1|2|3", "f": "", "a": ""} {
		if got := strings.Join(events[0].Values(nil, name), "|"); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"a.b": "1", "c": "null", "none": "null"} {
		if got := string(events[0].JSON(name)); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"@timestamp":"2026-01-01","a":{"b":[1,null]}} [{"@timestamp":3}]`, "any where a.b == 1 | tail 1")
	f.Add(`{"a":1} {"a":2}`, "sequence by a [any where true] [any where true]")
	f.Fuzz(func(t *testing.T, input, query string) {
		events, err := Read(strings.NewReader(input), Options{})
		if err != nil {
			return
		}
		for i := 1; i < len(events); i++ {
			if events[i].Time.Before(events[i-1].Time) {
				t.Errorf("event %s is before %s", events[i].ID, events[i-1].ID)
			}
		}
		results, _, err := EQL(query, events, Options{})
		for _, r := range results {
			if len(r.Events) == 0 || err != nil {
				t.Errorf("result %+v, %v", r, err)
			}
		}
	})
}
