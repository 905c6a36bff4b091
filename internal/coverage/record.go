package coverage

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// share is how much of something is recorded.
type share struct {
	fit   fit
	why   []string // what is missing, in words; empty if nothing is
	place bool     // all that is missing is files that no rule names
	undo  []string // rules that no other rule can outweigh
}

// taking is how a system call is recorded: what the rules that leave some of it out hang on, and whether the last word is that of
// a rule that leaves all of it out, or of none.
type taking struct {
	share
	holes    [][]filter
	silenced bool
	open     bool
}

// Options say what is known of the host.
type Options struct {
	// Own are executables that a rule may leave out: auditpy's own.
	Own []string
	// Native: there are no 32-bit programs here.
	Native bool
}

// kernel is audit rules, and what was asked of them before.
type kernel struct {
	rules List
	o     Options
	known map[string]share
}

// capability tells how much of one is recorded.
func (k *kernel) capability(c *capability) share {
	if s, ok := k.known[c.name]; ok {
		return s
	}
	s := k.calls(c)
	for _, t := range c.records {
		s = s.less(k.filtered(listExclude, &facts{values: map[uint32]span{fieldType: is(int64(t))}}, t.String()+" records"))
	}
	s = s.less(k.filtered(listTask, &facts{}, "processes"))
	k.known[c.name] = s
	return s
}

// less takes what another share leaves out away from one.
func (s share) less(t share) share {
	if t.fit == always {
		return s
	}
	return share{min(s.fit, t.fit), append(slices.Clip(s.why), t.why...), s.place && t.place, append(slices.Clip(s.undo), t.undo...)}
}

// calls is the share of all calls of a capability together.
func (k *kernel) calls(c *capability) share {
	s := share{place: true}
	full, some, n := 0, 0, 0
	whys := newReasons(c)
	for i := range c.calls {
		if c.calls[i].compat && k.o.Native {
			continue
		}
		n++
		one := k.call(&c.calls[i])
		switch one.fit {
		case always:
			full++
			continue
		case sometimes:
			some++
		}
		s.place = s.place && one.place
		whys.add(&c.calls[i], one.why)
	}
	s.why = whys.told(k.o.Native)
	switch {
	case full == n && n > 0:
		s.fit = always
	case full+some > 0:
		s.fit = sometimes
	}
	return s
}

func (c *call) String() string {
	if c.compat {
		return c.name + " of 32-bit programs"
	}
	return c.name
}

// call tells how much of a system call is recorded: the first rule that fits decides. Why has %s for the call.
func (k *kernel) call(c *call) taking {
	var parts [][]filter
	var t taking
	for i := range k.rules {
		r := &k.rules[i]
		if r.list != listExit || !r.names(c.number) {
			continue
		}
		fit, rest := r.fits(&c.facts)
		switch {
		case fit == never || r.never && k.own(rest):
		case fit == sometimes && r.never && slices.ContainsFunc(parts, func(p []filter) bool { return within(p, rest) }):
		case fit == sometimes && r.never:
			t.holes = append(t.holes, rest)
			t.why = append(t.why, "%s is left out where "+escaped(words(rest)+": "+r.Text))
		case fit == sometimes:
			if parts = append(parts, rest); together(parts, &c.facts) {
				return t.closed()
			}
		case r.never:
			t.silenced = true
			return t.partly(parts, "%s is silenced by "+escaped(r.Text))
		default:
			return t.closed()
		}
	}
	t.open = true
	return t.partly(parts, "no audit rule records %s")
}

// within reports whether each of some filters is one of others: what passes those passes these.
func within(some, others []filter) bool {
	return !slices.ContainsFunc(some, func(f filter) bool { return !slices.Contains(others, f) })
}

func escaped(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// closed is the taking whose last rule takes all that is left.
func (t taking) closed() taking {
	t.fit = fitOf(len(t.holes) == 0, true)
	return t
}

// partly is the taking of rules that record only some.
func (t taking) partly(parts [][]filter, none string) taking {
	if len(parts) == 0 {
		t.why = append(t.why, none)
		return t
	}
	t.fit, t.place = sometimes, len(t.holes) == 0
	var only []string
	for _, p := range parts {
		only = append(only, words(p))
		t.place = t.place && slices.ContainsFunc(p, func(f filter) bool { return isPlace(f.field) })
	}
	slices.Sort(only)
	if only = slices.Compact(only); len(only) > 4 {
		only = append(only[:4], "…")
	}
	t.why = append(t.why, "%s is recorded only where "+escaped(strings.Join(only, ", or ")))
	return t
}

// fits tells whether the rule fits the events in question, and which of its filters that hangs on.
func (r *Rule) fits(k *facts) (fit, []filter) {
	var rest []filter
	for _, f := range r.filters {
		switch f.fits(k) {
		case never:
			return never, nil
		case sometimes:
			rest = append(rest, f)
		}
	}
	if len(rest) > 0 {
		return sometimes, rest
	}
	return always, nil
}

// own reports whether filters leave out nothing but auditpy itself.
func (k *kernel) own(rest []filter) bool {
	return slices.ContainsFunc(rest, func(f filter) bool {
		return f.field == fieldExe && f.op == opEqual && slices.Contains(k.o.Own, f.text)
	})
}

// together reports whether rules that hang on one filter each, on the same field, leave nothing out: uid=0 and uid>0.
func together(parts [][]filter, k *facts) bool {
	byField := make(map[uint32][]span)
	for _, p := range parts {
		if len(p) == 1 {
			s, _ := p[0].spans()
			byField[p[0].field] = append(byField[p[0].field], s...)
		}
	}
	for field, spans := range byField {
		if covers(spans, k.domain(field)) {
			return true
		}
	}
	return false
}

func words(filters []filter) string {
	var all []string
	for _, f := range filters {
		all = append(all, f.String())
	}
	return strings.Join(all, " ")
}

// filtered tells what rules of a list that only takes away leave: task (of processes) and exclude (of records).
func (k *kernel) filtered(list uint32, about *facts, what string) share {
	s := share{fit: always}
	for i := range k.rules {
		r := &k.rules[i]
		if r.list != list || list != listExclude && !r.never {
			continue
		}
		fit, rest := r.fits(about)
		switch {
		case fit == never || fit == sometimes && k.own(rest):
			continue
		case fit == sometimes:
			s.fit = min(s.fit, sometimes)
			s.why = append(s.why, what+" are left out where "+words(rest)+": "+r.Text)
		default:
			s.fit = never
			s.why = append(s.why, what+" are left out by "+r.Text)
		}
		s.undo = append(s.undo, r.Text)
	}
	return s
}

// record tells whether a type of records that no system call makes is kept.
func (k *kernel) record(name string) share {
	t, _ := audit.ParseType(name)
	about := &facts{values: map[uint32]span{fieldType: is(int64(t))}}
	s := k.filtered(listExclude, about, name+" records")
	if t >= 1100 && t < 1200 || t >= 2100 {
		s = s.less(k.filtered(listUser, about, name+" records"))
	}
	return s
}

// key tells whether a rule whose key will do records anything: one behind a rule that fits always never does.
func (k *kernel) key(will func(string) bool) bool {
	for i := range k.rules {
		r := &k.rules[i]
		if r.list == listExit && !r.never && slices.ContainsFunc(r.keys, will) && k.reached(i) {
			return true
		}
	}
	return false
}

// reached reports whether a rule is asked about some system call.
func (k *kernel) reached(at int) bool {
	r := &k.rules[at]
	native, compat := audit.Arches()
	for _, arch := range []uint32{native, compat} {
		about := &facts{values: map[uint32]span{fieldArch: is(int64(arch))}}
		if fit, _ := r.fits(about); fit == never {
			continue
		}
		for number := range 32 * maskWords {
			if r.names(number) && !slices.ContainsFunc(k.rules[:at], func(o Rule) bool {
				fit, _ := o.fits(about)
				return o.list == listExit && o.names(number) && fit == always
			}) {
				return true
			}
		}
	}
	return false
}
