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

func readRules(t *testing.T, dir, pattern string) (files []rule.File) {
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

// TestCorpusCaptures runs the seed's rule, and one that is looser, on real captures, beside Go's regexp on the program and
// the arguments of each execution: the same executions alert, once each. AUDITPY_CAPTURES names the folder.
func TestCorpusCaptures(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("AUDITPY_CAPTURES"), "*", "audit.log.gz"))
	if os.Getenv("AUDITPY_CAPTURES") == "" {
		t.Skip("AUDITPY_CAPTURES names no folder of captures; they are not part of the repository")
	}
	const loose = `(?is)\bpython(?:3)?\b[\s\S]*?\bsocket\.socket\b[\s\S]*?\bconnect\s*\([\s\S]*?\)[\s\S]*?\bpty\.spawn\s*\(\s*["'](?:/bin/)?(?:sh|bash)["']\s*\)`
	e := compile(t, group(`<rule id="100621" level="10"><field name="full_log" type="pcre2">`+loose+`</field><description>x</description></rule>`), seedRule(t))
	re := regexp.MustCompile(loose)
	total := 0
	for _, name := range names {
		lines := gunzip(t, name)
		var want []uint64
		asm := assemble.New(assemble.Options{})
		look := func(evs []*event.Event) {
			for _, ev := range evs {
				if ev.Exec != nil && re.MatchString(strings.Join(append(event.Wazuh("audit.exe")(nil, ev), ev.Exec.Args...), "\" ")) {
					want = append(want, ev.ID.Serial)
				}
			}
		}
		for _, line := range lines {
			if r, err := audit.ParseLine(line); err == nil {
				look(asm.Add(nil, r))
			}
		}
		look(asm.Flush(nil))
		got := alerted(t, e, lines)
		slices.Sort(want)
		slices.Sort(got)
		if total += len(got); !slices.Equal(got, want) {
			t.Errorf("%s: executions %v alert, want %v", name, got, want)
		}
	}
	if t.Logf("%d alerts", total); total == 0 {
		t.Error("no execution in the captures alerts: nothing was compared")
	}
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

func gunzip(t *testing.T, name string) (lines []string) {
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
