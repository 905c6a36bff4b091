package coverage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// Status is what the audit rules leave of a detection.
type Status uint8

// The statuses, the worst last.
const (
	Sighted   Status = iota // it sees all that it is about
	Watching                // it sees the files that audit rules name, and no others
	Narrowed                // some of what it is about is not recorded
	Blind                   // it cannot hold: audit rules record nothing of it
	Unrelated               // it can never hold: no audit record tells what it asks for
)

var statusNames = [...]string{"sighted", "watching", "narrowed", "blind", "unrelated"}

func (s Status) String() string { return statusNames[s] }

// Verdict is what the audit rules leave of one detection.
type Verdict struct {
	Rule   *rule.Meta
	Status Status
	Why    []string // what is missing, a line each; empty if nothing is

	lacks []lack
	undo  []string
}

// lack is something that is not recorded as a detection needs it.
type lack struct {
	capability *capability // nil: no audit rule can be told
	key        string      // that the audit rule must have; "": any
}

// Judge tells of each detection what audit rules leave of it, in the order of the detections.
func Judge(detections []*rule.Meta, rules List, o Options) []Verdict {
	k := &kernel{rules: rules, o: o, known: make(map[string]share)}
	var all []Verdict
	for _, m := range detections {
		all = append(all, k.judge(m))
	}
	return all
}

func (k *kernel) judge(m *rule.Meta) Verdict {
	v := Verdict{Rule: m}
	var key string
	var first *capability
	for _, s := range m.Signals {
		if len(s) == 0 {
			return Verdict{Rule: m, Status: Unrelated, Why: []string{"no audit record tells what it asks for"}}
		}
		got, lacks := k.signal(s)
		for _, l := range lacks {
			key = cmp.Or(key, l.key)
		}
		if c := ofSignal(s); first == nil {
			first = c
		}
		if got.fit != always {
			v.add(got)
			v.lacks = append(v.lacks, lacks...)
		}
	}
	v.keyed(key, first)
	return v
}

// ofSignal is the capability by which a signal is best met; nil if there is none that rules can be told for.
func ofSignal(s rule.Signal) *capability {
	a := preferred(s)[0]
	if a.Key != nil || isShort(a.Name) || strings.ToUpper(a.Name) == a.Name {
		return nil
	}
	c := capabilityOf(a.Name)
	return &c
}

// isShort reports whether an atom stands for a whole category of calls.
func isShort(name string) bool { return name == "file" || name == "network" || name == "any" }

// keyed gives a key that is missing to the rules of what the detection needs besides.
func (v *Verdict) keyed(key string, first *capability) {
	if key == "" || first == nil {
		return
	}
	v.lacks = slices.DeleteFunc(v.lacks, func(l lack) bool { return l.capability == nil })
	if len(v.lacks) == 0 {
		v.lacks = []lack{{capability: first}}
	}
	for i := range v.lacks {
		v.lacks[i].key = key
	}
}

func (v *Verdict) add(s share) {
	status := Narrowed
	switch {
	case s.fit == never:
		status = Blind
	case s.place:
		status = Watching
	}
	v.Status = max(v.Status, status)
	for _, w := range s.why {
		if !slices.Contains(v.Why, w) {
			v.Why = append(v.Why, w)
		}
	}
	v.undo = append(v.undo, s.undo...)
}

// signal tells how much is recorded of what meets a signal. One alternative is enough, but of those that audit rules are
// shipped for each that is missing is something that the detection does not see.
func (k *kernel) signal(s rule.Signal) (share, []lack) {
	all := preferred(s)
	most, lacks := k.atom(all[0])
	for _, a := range all[1:] {
		got, lack := k.atom(a)
		switch {
		case shippedFor(a.Name) && got.fit != most.fit:
			most = share{sometimes, append(slices.Clip(most.why), got.why...), most.place && got.place, append(slices.Clip(most.undo), got.undo...)}
			lacks = append(lacks, lack...)
		case got.fit > most.fit:
			most, lacks = got, lack
		}
	}
	if most.fit == never && len(s) > 1 {
		most.why = []string{"no audit rule records any of " + s.String()}
	}
	return most, lacks
}

// preferred are the atoms with those first that audit rules are shipped for.
func preferred(s rule.Signal) rule.Signal {
	rank := func(a rule.Atom) int {
		if i := slices.Index(shipped, a.Name); i >= 0 {
			return i
		}
		return len(shipped)
	}
	s = slices.Clone(s)
	slices.SortStableFunc(s, func(a, b rule.Atom) int { return rank(a) - rank(b) })
	return s
}

// shipped are the capabilities that audit rules are shipped for, the cheapest first; and create.
var shipped = []string{"argv", "exec", "connect", "accept", "stdio", "create"}

func shippedFor(name string) bool { return slices.Contains(shipped, name) }

// maxKey is the kernel's AUDIT_MAX_KEY_LEN: of all keys of a rule together.
const maxKey = 256

// isKey reports whether a text may be written into a rule as a key. It comes from whoever wrote a detection: a blank would
// begin another field there, and a line end another rule.
func isKey(s string) bool {
	return s != "" && len(s) < maxKey && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\#", r) })
}

// atom tells how much of an atom is recorded, and what is to be mended if that is not all.
func (k *kernel) atom(a rule.Atom) (share, []lack) {
	switch {
	case a.Key != nil:
		if k.key(a.Key) {
			return share{fit: always}, nil
		}
		name := strings.TrimPrefix(a.Name, "key=")
		l := lack{}
		if a.Key(name) && isKey(name) {
			l.key = name
		}
		return share{why: []string{"no audit rule that is asked has the key " + name}}, []lack{l}
	case a.Name == "file" || a.Name == "network":
		return k.any(callsOf(a.Name), a.Name), []lack{{}}
	case a.Name == "any":
		return k.anything(), []lack{{}}
	case strings.ToUpper(a.Name) == a.Name:
		return k.record(a.Name), []lack{{}}
	}
	c := capabilityOf(a.Name)
	if s := k.capability(&c); s.fit != always {
		return s, []lack{{capability: &c}}
	}
	return share{fit: always}, nil
}

// any is the share of that call of which most is recorded.
func (k *kernel) any(names []string, what string) (most share) {
	for _, name := range names {
		c := capabilityOf(name)
		if got := k.capability(&c); got.fit > most.fit || got.fit == most.fit && got.place && !most.place {
			most = got
		}
	}
	if most.fit == never {
		most.why = []string{"no audit rule records calls on " + map[string]string{"file": "files", "network": "sockets"}[what]}
	}
	return most
}

// anything tells whether any system call is recorded.
func (k *kernel) anything() share {
	if !slices.ContainsFunc(k.rules, func(r Rule) bool { return r.list == listExit && !r.never }) {
		return share{why: []string{"no audit rule records any system call"}}
	}
	return share{fit: always}.less(k.filtered(listTask, &facts{}, "processes"))
}
