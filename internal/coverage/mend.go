package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// FixKey is the key of the audit rules that mend.
const FixKey = "auditpy_fix"

// Fix is audit rules that bring detections back.
type Fix struct {
	// Undo are lines that delete what no other rule outweighs.
	Undo []string
	// Add are rules to be put before all others (-A) or behind them (-a).
	Add []string
	// Keep are loaded rules, without -a, that must stay before those of Add: their keys are asked for.
	Keep []string
	// Left are the detections that no rule can be told for: they ask for files or keys that only their author knows.
	Left []Verdict
}

// Mend returns the least that brings back all that verdicts found missing.
func Mend(verdicts []Verdict, rules List, o Options) Fix {
	m := &mender{k: &kernel{rules: rules, o: o, known: make(map[string]share)}}
	var f Fix
	for i := range verdicts {
		v := &verdicts[i]
		if v.Status != Narrowed && v.Status != Blind {
			continue
		}
		told := false
		for _, l := range v.lacks {
			if l.capability != nil {
				m.add(l)
				told = true
			}
		}
		for _, u := range v.undo {
			if line := "-d " + strings.TrimPrefix(u, "-a "); !slices.Contains(f.Undo, line) {
				f.Undo = append(f.Undo, line)
			}
			told = true
		}
		if !told {
			f.Left = append(f.Left, *v)
		}
	}
	for i := range m.lines {
		f.Add = append(f.Add, m.lines[i].String())
	}
	f.keep(verdicts, m.k)
	return f
}

// keep finds the rules whose keys detections ask for, and which the new rules would come before.
func (f *Fix) keep(verdicts []Verdict, k *kernel) {
	mended, err := slices.Clone(k.rules).Load(f.Text(""))
	if err != nil { // then they are all kept: rather a rule twice than none
		mended = nil
	}
	after := &kernel{rules: mended, o: k.o, known: make(map[string]share)}
	for i := range verdicts {
		for _, s := range verdicts[i].Rule.Signals {
			if len(s) != 1 || s[0].Key == nil || !k.key(s[0].Key) || after.key(s[0].Key) {
				continue
			}
			for j := range k.rules {
				if r := &k.rules[j]; slices.ContainsFunc(r.keys, s[0].Key) && strings.HasPrefix(r.Text, "-a always,exit") {
					if rest := strings.TrimPrefix(r.Text, "-a "); !slices.Contains(f.Keep, rest) {
						f.Keep = append(f.Keep, rest)
					}
				}
			}
		}
	}
}

type mender struct {
	k     *kernel
	lines []line
}

// line is one audit rule.
type line struct {
	of     string // the capability
	first  bool   // it must come before what is loaded
	compat bool
	names  []string
	extra  string
	keys   []string
}

func (l *line) String() string {
	action, arch := "-a", "b64"
	if l.first {
		action = "-A"
	}
	if l.compat {
		arch = "b32"
	}
	words := []string{action, "always,exit -F arch=" + arch, "-S " + strings.Join(l.names, ",")}
	if l.extra != "" {
		words = append(words, l.extra)
	}
	for _, k := range l.keys {
		words = append(words, "-F key="+k)
	}
	return strings.Join(words, " ")
}

// add adds rules for the calls of which something is missing: before a rule that leaves it out, for just what it leaves out;
// else behind all others, so that the keys of those still count. With a key it adds all calls, and before all others: the key
// that counts is that of the first rule that fits.
func (m *mender) add(l lack) {
	for i := range l.capability.calls {
		c := &l.capability.calls[i]
		if c.compat && m.k.o.Native {
			continue
		}
		t := m.k.call(c)
		if l.key != "" || t.silenced {
			m.put(l, c, line{first: true, extra: c.extra})
			continue
		}
		for _, h := range t.holes {
			m.put(l, c, line{first: true, extra: strings.TrimSpace(c.extra + " " + asFilters(h))})
		}
		if t.open && !t.place {
			m.put(l, c, line{extra: c.extra})
		}
	}
}

// asFilters are filters as auditctl takes them; none for those that it has another form for, so that too much is recorded
// rather than too little.
func asFilters(filters []filter) string {
	var all []string
	for _, f := range filters {
		if _, known := fieldNames[f.field]; known && f.field != fieldCompare {
			all = append(all, "-F "+f.String())
		}
	}
	return strings.Join(all, " ")
}

// put puts a call into the rule that it belongs to.
func (m *mender) put(l lack, c *call, as line) {
	as.of, as.compat = l.capability.words, c.compat
	at := slices.IndexFunc(m.lines, func(o line) bool {
		return o.of == as.of && o.first == as.first && o.compat == as.compat && o.extra == as.extra
	})
	if at < 0 {
		at = len(m.lines)
		m.lines = append(m.lines, as)
	}
	o, key := &m.lines[at], cmp.Or(l.key, FixKey)
	if !slices.Contains(o.names, c.name) {
		o.names = append(o.names, c.name)
	}
	if !slices.Contains(o.keys, key) {
		o.keys = append(o.keys, key)
	}
}

// Empty reports whether there is nothing to mend, or nothing that can be told.
func (f *Fix) Empty() bool { return len(f.Undo)+len(f.Add) == 0 }

const fixHead = `## Made by auditpy doctor --fix: the audit rules that its detections lack.
##
## augenrules joins the files of /etc/audit/rules.d in the order of their names, and this one must be the last: it puts rules
## before those that are loaded (-A), behind them (-a), or deletes one (-d). It may also be loaded now, with auditctl -R.
`

// Text is a file for the end of /etc/audit/rules.d. What spares auditpy itself comes before what records.
func (f *Fix) Text(own string) string {
	var b strings.Builder
	b.WriteString(fixHead)
	if len(f.Undo) > 0 {
		b.WriteString("\n## These only take away, and no rule outweighs them. Better delete them where they are loaded from, and these lines then.\n")
	}
	for _, line := range f.Undo {
		fmt.Fprintln(&b, line)
	}
	if len(f.Add) > 0 {
		b.WriteByte('\n')
	}
	for _, line := range f.Add {
		fmt.Fprintln(&b, line)
	}
	for _, line := range f.Keep {
		fmt.Fprintf(&b, "-d %s\n-A %s\n", line, line)
	}
	if calls := f.calls(); len(calls) > 0 && own != "" {
		fmt.Fprintf(&b, "-A never,exit -F arch=b64 -S %s -F exe=%s -F key=auditpy_self\n", strings.Join(calls, ","), own)
	}
	for i := range f.Left {
		v := &f.Left[i]
		fmt.Fprintf(&b, "\n## Not mended: %s (%s): %s\n", oneLine(v.Rule.Title), oneLine(v.Rule.ID), oneLine(strings.Join(v.Why, "; ")))
	}
	return b.String()
}

// calls are the calls of the 64-bit rules, for what is never recorded of auditpy itself.
func (f *Fix) calls() (names []string) {
	for _, l := range f.Add {
		if _, rest, ok := strings.Cut(l, "arch=b64 -S "); ok {
			list, _, _ := strings.Cut(rest, " ")
			names = append(names, strings.Split(list, ",")...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// oneLine keeps a rule's own words from becoming a line of audit rules.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, s)
}
