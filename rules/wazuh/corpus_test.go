package wazuh_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// ruleset is the folder ruleset of Wazuh 4.14.7, which AUDITPY_WAZUH_RULESET names: files of another licence.
func ruleset(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("AUDITPY_WAZUH_RULESET")
	if dir == "" {
		t.Skip("AUDITPY_WAZUH_RULESET names no ruleset of Wazuh; it is not part of the repository")
	}
	return dir
}

func readRules(t testing.TB, dir, pattern string) (files []rule.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "rules", pattern))
	if err != nil || len(names) == 0 {
		t.Fatal("no rules", err)
	}
	var lists []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rule.File{Name: filepath.Base(name), Data: data})
		lists = append(lists, wazuh.Lists(data)...)
	}
	for _, name := range lists {
		data, err := os.ReadFile(filepath.Join(dir, strings.TrimPrefix(name, "etc/")))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, rule.File{Name: name, Data: data, List: name})
	}
	return files
}

// TestCorpusLoads: all of Wazuh's rules load, but for those with what is refused on purpose, and its audit rules without a
// word.
func TestCorpusLoads(t *testing.T) {
	dir := ruleset(t)
	e, diags := wazuh.Compile(readRules(t, dir, "*.xml"), wazuh.Options{})
	refused := 0
	for _, d := range diags {
		if !d.Fatal {
			continue
		}
		refused++
		if !strings.Contains(d.Msg, "is not supported") && !strings.Contains(d.Msg, "is refused") {
			t.Errorf("%v", d)
		}
	}
	t.Logf("%d rules load, %d are refused", len(e.Rules()), refused)
	if len(e.Rules()) < 4400 || refused > 30 {
		t.Errorf("%d rules load, %d are refused", len(e.Rules()), refused)
	}
	_, diags = wazuh.Compile(append(readRules(t, dir, "*audit_rules.xml"), readRules(t, dir, "*auditd_rules.xml")...), wazuh.Options{})
	for _, d := range diags {
		if !strings.Contains(d.Msg, "it is not regular") && !strings.HasPrefix(d.Pos.File, "0530") {
			t.Errorf("%v", d)
		}
	}
}

// TestCorpusCases runs Wazuh's own tests of its audit rules: tests/auditd.ini and tests/audit_scp.ini, where they are.
func TestCorpusCases(t *testing.T) {
	dir := ruleset(t)
	names, _ := filepath.Glob(filepath.Join(dir, "testing", "tests", "audit*.ini"))
	if len(names) == 0 {
		t.Skip("the ruleset has no testing/tests/audit*.ini")
	}
	e, _ := wazuh.Compile(append(readRules(t, dir, "0365*.xml"), readRules(t, dir, "0850*.xml")...), wazuh.Options{})
	passed, cases := 0, 0
	for _, name := range names {
		for _, c := range readCases(t, name) {
			cases++
			got := "0"
			if ids := newStages(t, e).run(joined(c.log)); len(ids) > 0 {
				got = ids[0]
			}
			if (got == c.rule || c.level == "0" && got == "0") != c.fails {
				passed++
			} else {
				t.Errorf("%s: rule %s, Wazuh says %s, or not: %v\n%s", c.name, got, c.rule, c.fails, c.log)
			}
		}
	}
	t.Logf("%d of %d cases", passed, cases)
	if cases < 20 {
		t.Errorf("%d cases", cases)
	}
}

type iniCase struct {
	name, log, rule, level string
	fails                  bool // it is an example of what is not of the rule
}

// readCases reads a file as Python's configparser does: of two keys of one name the last counts.
func readCases(t *testing.T, name string) (out []iniCase) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var section string
	values := make(map[string]string)
	flush := func() {
		for key, log := range values {
			if strings.HasPrefix(key, "log ") && log != "" {
				out = append(out, iniCase{section, log, values["rule"], values["alert"], strings.HasSuffix(key, " fail")})
			}
		}
		clear(values)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "[") {
			flush()
			section = line
		} else if key, value, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, ";") {
			values[key] = strings.TrimSpace(value)
		}
	}
	flush()
	return out
}

// joined are the records of a line, all of the first one's node.
func joined(line string) (out []string) {
	node := ""
	if strings.HasPrefix(line, "node=") {
		node = line[:strings.IndexByte(line, ' ')+1]
	}
	for one := range audit.Joined(line) {
		if !strings.HasPrefix(one, "node=") {
			one = node + one
		}
		out = append(out, one)
	}
	return out
}

// captures are real logs, below the folder that AUDITPY_CAPTURES names.
func captures(t *testing.T) map[string][]string {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(os.Getenv("AUDITPY_CAPTURES"), "*", "audit.log.gz"))
	if os.Getenv("AUDITPY_CAPTURES") == "" {
		t.Skip("AUDITPY_CAPTURES names no folder of captures; they are not part of the repository")
	}
	out := make(map[string][]string)
	for _, name := range names {
		out[name] = gunzip(t, name)
	}
	return out
}

// TestCorpusCaptures runs the seed's rule on real captures, beside Go's regexp on the program and the arguments of each
// execution: the same executions alert, once each. Their payloads spawn /bin/sh; here that is sh, as the rule wants it,
// in records that lie as auditd wrote them. A rule that is looser shows what the captures give to other ways to read.
func TestCorpusCaptures(t *testing.T) {
	const loose = `type=(?:EXECVE|PROCTITLE)\b`
	seed, looser := compile(t, seedRule(t)), compile(t, group(`<rule id="100621" level="10"><match type="pcre2">`+loose+`</match><description>x</description></rule>`))
	re := regexp.MustCompile(seedPattern)
	total, interleaved := 0, 0
	for name, lines := range captures(t) {
		for i := range lines {
			if strings.HasPrefix(lines[i], "type=EXECVE") || strings.Contains(lines[i], " type=EXECVE") {
				lines[i] = strings.ReplaceAll(lines[i], "2F62696E2F7368", "7368") // /bin/sh
			}
		}
		want := executions(lines, func(ev *event.Event) bool {
			return re.MatchString(strings.Join(append(event.Wazuh("audit.exe")(nil, ev), ev.Exec.Args...), "\" "))
		})
		got := alerted(t, seed, lines)
		slices.Sort(got)
		if total += len(got); !slices.Equal(got, want) {
			t.Errorf("%s: executions %v alert, want %v", name, got, want)
		}
		records := parseAll(lines)
		here, byPiece, byLine := len(alerted(t, looser, lines)), 0, 0
		for _, p := range pieces(records) {
			byPiece += len(looser.Eval(nil, &event.Event{ID: p[0].ID, Records: p}))
		}
		for i := range records {
			byLine += len(looser.Eval(nil, &event.Event{ID: records[i].ID, Records: records[i : i+1]}))
		}
		t.Logf("%s: %d alerts of the seed's rule; of a looser one %d here, %d by pieces, %d line by line", filepath.Base(filepath.Dir(name)), len(got), here, byPiece, byLine)
		if byLine <= here || here == 0 {
			t.Errorf("%d alerts here, %d line by line", here, byLine)
		}
		if byPiece > here {
			interleaved++
		}
	}
	if total == 0 || interleaved == 0 {
		t.Errorf("%d executions alert, %d captures interleave: nothing is shown", total, interleaved)
	}
}

// seedPattern is the seed's.
const seedPattern = `(?is)\bpython(?:3)?\b[\s\S]*?\bsocket\.socket\b[\s\S]*?\bconnect\s*\([\s\S]*?\)[\s\S]*?\bos\.dup2\s*\([\s\S]*?\)[\s\S]*?\bpty\.spawn\s*\(\s*["'](?:sh|bash)["']\s*\)`

// executions returns the serials of those that hold, in order.
func executions(lines []string, holds func(*event.Event) bool) (serials []uint64) {
	asm := assemble.New(assemble.Options{})
	look := func(evs []*event.Event) {
		for _, ev := range evs {
			if ev.Exec != nil && holds(ev) {
				serials = append(serials, ev.ID.Serial)
			}
		}
	}
	for _, r := range parseAll(lines) {
		look(asm.Add(nil, r))
	}
	look(asm.Flush(nil))
	slices.Sort(serials)
	return serials
}

func parseAll(lines []string) (records []audit.Record) {
	for _, line := range lines {
		if r, err := audit.ParseLine(line); err == nil {
			records = append(records, r)
		}
	}
	return records
}

// alerted returns the serials of the events that alert, as often as they do.
func alerted(t *testing.T, e *wazuh.Engine, lines []string) (serials []uint64) {
	s := newStages(t, e)
	s.onEvent = func(ev *event.Event, alerts int) {
		for range alerts {
			serials = append(serials, ev.ID.Serial)
		}
	}
	s.run(lines)
	return serials
}

func gunzip(t testing.TB, name string) (lines []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		lines = append(lines, sc.Text())
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// BenchmarkCorpus evaluates all of Wazuh's rules on the events of the captures.
func BenchmarkCorpus(b *testing.B) {
	dir, captures := os.Getenv("AUDITPY_WAZUH_RULESET"), os.Getenv("AUDITPY_CAPTURES")
	if dir == "" || captures == "" {
		b.Skip("AUDITPY_WAZUH_RULESET and AUDITPY_CAPTURES name no folders")
	}
	e, _ := wazuh.Compile(readRules(b, dir, "*.xml"), wazuh.Options{})
	var evs []*event.Event
	names, _ := filepath.Glob(filepath.Join(captures, "*", "audit.log.gz"))
	for _, name := range names {
		asm := assemble.New(assemble.Options{})
		for _, r := range parseAll(gunzip(b, name)) {
			for _, ev := range asm.Add(nil, r) {
				evs = append(evs, ev.Clone())
			}
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Eval(nil, evs[i%len(evs)])
	}
}
