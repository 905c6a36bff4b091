package rule

import (
	"cmp"
	"slices"
	"strings"
)

// Signal is one thing that audit rules must record so that a rule can hold: any one of its atoms will do. One without atoms
// is what no audit record tells.
type Signal []Atom

// Atom names something that can be recorded:
//
//   - exec, connect, accept, stdio (descriptors that become standard streams) and create (names that come to be), which are
//     several system calls; argv, which is exec with its arguments, and told as exec;
//   - file and network: any system call of that ECS category; any: any at all;
//   - another name in lower case: that system call;
//   - a name in upper case: that type of records, which no system call makes;
//   - key=…: what an audit rule with such a key records.
type Atom struct {
	Name string
	Key  func(key string) bool // of key=…: whether a key will do
}

// Is returns what is met by any of names.
func Is(names ...string) []Signal {
	s := make(Signal, len(names))
	for i, n := range names {
		s[i].Name = n
	}
	return []Signal{s.sorted()}
}

// Unrecorded is what no audit record tells. Nothing, the need that is always met, is nil.
func Unrecorded() []Signal { return []Signal{{}} }

// Has reports whether an atom of a name would do.
func (s Signal) Has(name string) bool {
	return slices.ContainsFunc(s, func(a Atom) bool { return a.Name == name })
}

func (s Signal) sorted() Signal {
	slices.SortFunc(s, func(a, b Atom) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(s, func(a, b Atom) bool { return a.Name == b.Name })
}

// String is the atoms with bars between, or as many of them as a person reads.
func (s Signal) String() string {
	const most = 3
	var names []string
	for _, a := range s {
		if a.Name == "argv" {
			a.Name = "exec"
		}
		if names = append(names, a.Name); len(names) == most && len(s) > most+1 {
			names = append(names, "…")
			break
		}
	}
	if len(names) == 0 {
		return "unrecorded"
	}
	return strings.Join(names, "|")
}

// maxSignals bounds what is remembered of a rule, and maxAtoms one part of it. Over them needs are forgotten: a rule is then
// said to need less than it does, never more.
const (
	maxSignals = 24
	maxAtoms   = 512
)

// Both is what must be recorded so that two conditions can hold together.
func Both(a, b []Signal) []Signal {
	return shortened(append(slices.Clip(a), b...))
}

// Either is what must be recorded so that one of two conditions can hold.
func Either(a, b []Signal) (out []Signal) {
	for _, s := range a {
		for _, t := range b {
			if joined := append(slices.Clone(s), t...).sorted(); len(joined) <= maxAtoms {
				out = append(out, joined)
			}
		}
	}
	return shortened(out)
}

// shortened drops each signal that another one implies, and those over the bound. What no record tells implies all.
func shortened(all []Signal) (out []Signal) {
	slices.SortStableFunc(all, func(a, b Signal) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a.text(), b.text())) })
	for _, s := range all {
		if len(out) < maxSignals && !slices.ContainsFunc(out, func(t Signal) bool { return t.within(s) }) {
			out = append(out, s)
		}
	}
	return out
}

func (s Signal) text() string {
	var b strings.Builder
	for _, a := range s {
		b.WriteString(a.Name)
		b.WriteByte('|')
	}
	return b.String()
}

// within reports whether each atom of s is one of t: whatever meets s meets t.
func (s Signal) within(t Signal) bool {
	return !slices.ContainsFunc(s, func(a Atom) bool { return !t.Has(a.Name) && (a.Name != "argv" || !t.Has("exec")) })
}

// Words are signals as people read them: see Meta.Needs.
func Words(signals []Signal) (words []string) {
	for _, s := range signals {
		words = append(words, s.String())
	}
	return words
}

// OfCall is the atom of a system call: of several where one is as good as the other.
func OfCall(name string) string {
	switch name {
	case "execve", "execveat":
		return "exec"
	case "accept4":
		return "accept"
	}
	return name
}

// OfType is the atom of what makes the kernel write a type of records. Executions write PATH too, of programs only.
func OfType(name string) string {
	switch name {
	case "SYSCALL", "CWD", "PROCTITLE":
		return "any"
	case "EXECVE":
		return "argv"
	case "PATH":
		return "file"
	case "SOCKADDR":
		return "network"
	}
	return name
}

// OfField is what audit rules must record, besides that an execution is, for a field that tells its arguments, what a standard
// stream is or whom a process talked to; nil for all other fields. Names are those of Sigma or ECS; can tells whether the
// field may have a value.
func OfField(field string, can func(value string) bool) []Signal {
	switch strings.ToLower(strings.NewReplacer("auditpy.", "", ".", "", "_", "").Replace(field)) {
	case "commandline", "inlinecode", "inlinecodebare", "parentcommandline", "grandparentcommandline",
		"processargs", "processargscount", "processcommandline", "processparentargs", "processparentcommandline":
		return Is("argv")
	case "stdinip", "stdinport", "stdoutip", "stdoutport", "parentstdinip":
		return Both(Is("accept", "connect"), Is("stdio"))
	case "stdininitiated":
		return Both(initiated(can), Is("stdio"))
	case "stdioshared":
		return Is("stdio")
	case "peerip", "peerport", "parentpeerip":
		return Is("accept", "connect")
	case "peerinitiated":
		return initiated(can)
	}
	return nil
}

func initiated(can func(string) bool) []Signal {
	var names []string
	if can("true") {
		names = append(names, "connect")
	}
	if can("false") {
		names = append(names, "accept")
	}
	return Is(names...)
}
