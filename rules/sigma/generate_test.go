package sigma

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// The generator turns the usual direction round: from a compiled rule to the records of an event that it holds for. It
// finds an assignment of the tests (generate_solve_test.go), texts that pass them (generate_value_test.go) and records
// that hold the texts, as the kernel writes them (generate_event_test.go, generate_record_test.go). The records then go the
// way that those of a log go.

// made is an event that was made from a rule.
type made struct {
	lines []string // those of the event and, before them, of the executions it needs
	fires bool     // once
	why   string   // it does not
}

// generate makes an event from a rule, by way of one of its leaves if via is not nil: it tries assignments that satisfy the
// condition until the rule fires. What it returns otherwise is the first event that ought to have made it fire, and why it
// did not, or why there is none.
func generate(e *Engine, id int, via *expr) (best made) {
	var why string
	w := newWish(e, via, &why)
	w.solve([]goal{{e.rules[id].cond, true}}, func(w *wish) bool {
		if via != nil && !slices.Contains(slices.Concat(slices.Collect(maps.Values(w.yes))...), e.leaves[via.id]) {
			return false
		}
		for _, m := range w.attempts(e, id) {
			if m.fires || m.lines != nil && best.lines == nil || best.why == "" {
				best = m
			}
			if best.fires {
				return true
			}
		}
		return false
	})
	if best.why == "" && !best.fires {
		best.why = why
	}
	return best
}

// attempts are the events that an assignment stands for: rows of all types that it allows, and for keywords several ways
// to write them. They end with the first that fires.
func (w *wish) attempts(e *Engine, id int) (all []made) {
	for _, write := range w.ways(e.rules[id].view) {
		d := newDraft(w, e.rules[id].view)
		write(d)
		all = append(all, d.eval(e, id))
		if all[len(all)-1].fires {
			break
		}
	}
	return all
}

func (w *wish) ways(v view) (all []func(*draft)) {
	if v != viewAuditd {
		return []func(*draft){func(d *draft) { d.whole(v) }}
	}
	for _, kind := range newDraft(w, v).types() {
		if len(w.yes[keywordField]) == 0 {
			all = append(all, func(d *draft) { d.record(kind) })
			continue
		}
		for _, f := range fills {
			all = append(all, func(d *draft) {
				d.words = d.keywords(f)
				d.record(kind)
			})
		}
	}
	return all
}

// eval asks the engine about the last event of the draft.
func (d *draft) eval(e *Engine, id int) made {
	if why := d.left(); why != "" {
		return made{why: why}
	}
	ev, err := read(d.lines)
	if err != nil {
		return made{why: err.Error()}
	}
	times := 0
	for _, m := range e.Eval(nil, ev) {
		if m.Rule == e.rules[id].meta {
			times++
		}
	}
	m := made{lines: d.lines, fires: times == 1}
	if !m.fires {
		m.why = fmt.Sprintf("fires %d times; asked without the index: %v", times, e.naively(id, ev))
	}
	return m
}

// read takes lines the way of the agent, and returns the last event.
func read(lines []string) (last *event.Event, err error) {
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	keep := func(evs []*event.Event) {
		for _, ev := range evs {
			tree.Annotate(ev)
			last = ev.Clone()
		}
	}
	for _, line := range lines {
		r, err := audit.ParseLine(line)
		if err != nil {
			return nil, fmt.Errorf("parse %q: %w", line, err)
		}
		keep(a.Add(nil, r))
	}
	keep(a.Flush(nil))
	if last == nil {
		return nil, fmt.Errorf("read %d lines: no event", len(lines))
	}
	return last, nil
}

// ownRules has a rule for each kind of source, field, modifier and condition.
var ownRules = []struct{ source, detection string }{
	{"category: process_creation", "s:\n    Image|endswith: ['/curl', '/wget']\n    CommandLine|contains|all: [' -o ', '://', 'tmp']\n  f:\n    CommandLine|contains: '://localhost'\n  condition: s and not f"},
	{"category: process_creation", "s:\n    ParentImage|endswith: '/nginx'\n    ParentCommandLine|startswith: 'nginx: '\n    CommandLine|re: '^(ba|da)?sh\\s-c\\s.{20,}[0-9]{1,3}$'\n  condition: s"},
	{"category: process_creation", "s:\n    User: root\n    LogonId: 0\n    CurrentDirectory: /var/opt/a*/b?\n  condition: s"},
	{"category: process_creation", "s1:\n    Image|startswith: /opt/\n  s2:\n    Image|endswith: /run me\n  s3:\n    CommandLine|base64offset|contains: import pty\n  condition: all of s*"},
	{"category: process_creation", "s:\n    ParentImage: null\n    ParentCommandLine|exists: false\n    Image|exists: true\n    CommandLine|windash|contains: ' -enc'\n  condition: s"},
	{"category: process_creation", "s:\n    CommandLine|contains: ['a*b', 'c']\n  f1:\n    CommandLine|startswith: a\n  f2:\n    Image: /zq/zq\n  condition: s and not 1 of f*"},
	{"category: file_event", "s:\n    TargetFilename|startswith: /etc/\n    TargetFilename|endswith: '.d/a b'\n  f:\n    Image|endswith: /dpkg\n  condition: s and not f"},
	{"category: network_connection", "s:\n    Initiated: true\n    DestinationIp|cidr: [10.0.0.0/8, '2001:db8::/32']\n    DestinationPort|gt: 1024\n    DestinationPort|lte: 1026\n  f:\n    DestinationIp|cidr: 10.0.0.0/31\n  condition: s and not f"},
	{"category: network_connection", "s:\n    Image|contains: python\n  f:\n    DestinationIp|cidr: [127.0.0.0/8, 203.0.113.0/24, 10.0.0.0/8, '::1/128']\n  condition: s and not f"},
	{"service: auditd", "s:\n    type: execve\n    a0: [tar, gzip]\n    a2|startswith: --to=\n    a2|endswith: .Z\n    a4|cased: '\"é'\n  condition: s"},
	{"service: auditd", "s:\n    type: SYSCALL\n    SYSCALL: [no_such_call, personality]\n    a0: 40000\n    uid: 0\n    euid: 33\n    key: two words\n    exe|endswith: [/a, /b]\n  f:\n    exe|endswith: /a\n  condition: s and not f"},
	{"service: auditd", "s:\n    syscall: execve\n    comm: sh\n    cwd: /var/tmp\n    cmdline|contains: [' -c ', b]\n  condition: s"},
	{"service: auditd", "p:\n    type: PATH\n    nametype: CREATE\n  n1:\n    name|startswith: [/etc/x/, /lib/y/]\n  n2:\n    name|contains: '/.config/'\n  f:\n    name|endswith: '/'\n  condition: p and all of n* and not f"},
	{"service: auditd", "s:\n    type: [SERVICE_STOP, SERVICE_START]\n    unit: ufw\n    comm: systemd\n  condition: s"},
	{"service: auditd", "s:\n    type: PROCTITLE\n    proctitle: (null)\n  condition: s"},
	{"service: auditd", "s:\n    type: EXECVE\n  k:\n    '|all': [dd, 'if=', 6]\n  f:\n    - 'of='\n  t:\n    - ' --to 42'\n    - ' --to 43'\n  condition: s and k and not f and t"},
	{"service: auditd", "s:\n    a3|startswith: --cpu\n  t:\n    type: USER_CMD\n  condition: s and not t"},
	{"service: auditd", "s:\n    type: USER_LOGIN\n    acct: 'a b'\n    addr|re: '^192\\.0\\.2\\.\\d+$'\n    res: failed\n  condition: s"},
	{"definition: any log", "k:\n    - 'rm -f *sh_history'\n    - 'history -c'\n  condition: k"},
	{"definition: any log", "a:\n    '|all': ['bash -c \"', '&/dev/tcp/']\n  b:\n    - '|re': '^-[xy]z$'\n  condition: a"},
}

// TestGenerateOwn makes an event from each of our rules, and that rule fires once.
func TestGenerateOwn(t *testing.T) {
	var files []rule.File
	for i, r := range ownRules {
		text := fmt.Sprintf("title: r\nid: r%d\nlogsource:\n  product: linux\n  %s\ndetection:\n  %s\n", i, r.source, r.detection)
		files = append(files, rule.File{Name: fmt.Sprintf("r%d.yml", i), Data: []byte(text)})
	}
	e, diags := Compile(files, Options{})
	if len(e.rules) != len(ownRules) {
		t.Fatalf("%d of %d rules compiled: %v", len(e.rules), len(ownRules), diags)
	}
	for id := range e.rules {
		if m := generate(e, id, nil); !m.fires {
			t.Errorf("rule %s: %s\n%s\n%s", e.rules[id].meta.ID, m.why, files[id].Data, strings.Join(m.lines, "\n"))
		}
	}
}

// TestGenerateImpossible holds the generator to: what no event can have, it does not make.
func TestGenerateImpossible(t *testing.T) {
	for _, detection := range []string{
		"s:\n    Image: /bin/a\n  f:\n    Image|contains: bin\n  condition: s and not f",
		"s:\n    CommandLine|endswith: a\n  f:\n    CommandLine|endswith: b\n  condition: s and f",
		"s:\n    LogonId: zero\n  condition: s",
		"s:\n    Hashes: abc\n  condition: s",
	} {
		e, diags := compileOne(t, "  "+detection+"\n")
		if len(e.rules) != 1 {
			t.Fatal(diags)
		}
		if m := generate(e, 0, nil); m.fires || m.why == "" {
			t.Errorf("generate(%q) = %q, %q", detection, m.lines, m.why)
		}
	}
}

// TestGenerateCorpus does what TestGenerateOwn does with other people's rules, which are not in the repository.
func TestGenerateCorpus(t *testing.T) {
	dirs := os.Getenv("AUDITPY_SIGMA_CORPUS")
	if dirs == "" {
		t.Skip("AUDITPY_SIGMA_CORPUS does not name a folder with Sigma rules (or several, as in PATH)")
	}
	for _, dir := range filepath.SplitList(dirs) {
		generateAll(t, dir)
	}
}

func generateAll(t *testing.T, dir string) {
	t.Helper()
	files := corpus(t, dir)
	text := make(map[string]string)
	for _, f := range files {
		text[f.Name] = string(f.Data)
	}
	e, _ := Compile(files, Options{})
	e.quietOnNothing(t)
	fire, all := make(map[string]int), make(map[string]int)
	values, firing := 0, 0
	for id, r := range e.rules {
		if r.view == viewNone {
			continue
		}
		source := sourceOf(r, text[r.meta.Pos.File])
		all[source]++
		if e.fires(t, id, source) {
			fire[source]++
			v, f := e.eachValue(t, id)
			values, firing = values+v, firing+f
		}
	}
	for source, n := range all {
		t.Logf("%s: %d of %d fire exactly once", source, fire[source], n)
	}
	t.Logf("%d of the %d values that these rules look for make their rule fire", firing, values)
}

// fires makes a rule fire. What audit cannot answer it reports only: there is no event to be made.
func (e *Engine) fires(t *testing.T, id int, source string) bool {
	t.Helper()
	r, m := e.rules[id], generate(e, id, nil)
	switch {
	case m.fires:
	case r.view == viewNetwork && strings.HasSuffix(m.why, "is unanswerable"):
		t.Logf("%s: rule %s %q: %s", source, r.meta.ID, r.meta.Title, m.why)
	default:
		t.Errorf("%s: rule %s %q: %s\n%s", source, r.meta.ID, r.meta.Title, m.why, strings.Join(m.lines, "\n"))
	}
	return m.fires
}

// eachValue makes a rule fire by way of each of its values. One that its own filter always takes away is no failure: then
// there is no event to be made.
func (e *Engine) eachValue(t *testing.T, id int) (values, firing int) {
	t.Helper()
	r := e.rules[id]
	for _, via := range r.cond.positive(nil, true) {
		values++
		m, l := generate(e, id, via), e.leaves[via.id]
		switch {
		case m.fires:
			firing++
		case m.lines == nil:
			t.Logf("rule %s %q never fires by %s %q: %s", r.meta.ID, r.meta.Title, l.name, l.words, m.why)
		default:
			t.Errorf("rule %s %q: by %s %q: %s\n%s", r.meta.ID, r.meta.Title, l.name, l.words, m.why, strings.Join(m.lines, "\n"))
		}
	}
	return values, firing
}

// quietOnNothing holds the events to: what they have beside the values of a rule makes no rule fire.
func (e *Engine) quietOnNothing(t *testing.T) {
	t.Helper()
	var ways []func(*draft)
	for v := viewProcess; v < viewAuditd; v++ {
		ways = append(ways, func(d *draft) { d.whole(v) })
	}
	for _, kind := range []string{"SYSCALL", "EXECVE", "PATH", "USER_CMD"} {
		ways = append(ways, func(d *draft) { d.record(kind) })
	}
	for _, write := range ways {
		d := newDraft(newWish(e, nil, new(string)), viewNone)
		write(d)
		ev, err := read(d.lines)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range e.Eval(nil, ev) {
			t.Errorf("rule %s %q fires without its values\n%s", m.Rule.ID, m.Rule.Title, strings.Join(d.lines, "\n"))
		}
	}
}

var auditdLine = regexp.MustCompile(`(?m)^\s+service:\s*auditd\s*$`)

func sourceOf(r compiled, text string) string {
	for name, v := range categories {
		if v == r.view {
			return name
		}
	}
	if auditdLine.MatchString(text) {
		return "auditd"
	}
	return "keywords"
}
