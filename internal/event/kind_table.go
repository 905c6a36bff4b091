package event

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/auditpy/auditpy/internal/audit"
)

var kinds = sync.OnceValue(makeKinds)

type kindTable struct {
	all         []Kind
	calls       map[string]KindID // of the call that worked; that of the one that failed is next
	records     map[audit.Type]KindID
	exec, other KindID
}

func makeKinds() *kindTable {
	t := &kindTable{calls: make(map[string]KindID), records: make(map[audit.Type]KindID)}
	t.add("", "", nil) // NoKind
	t.exec = t.add("execve", "exec", []words{executed})
	t.all[t.exec].decided["auditd.data.syscall"] = told{perhaps: []string{"execve", "execveat"}}
	t.other = t.add("", "other", []words{{}})
	delete(t.all[t.other].decided, "event.action") // it is the type
	t.all[t.other].decided["auditd.data.syscall"] = told{}
	t.all[t.other].Record = true
	t.call("", otherCall)
	for _, name := range slices.Sorted(maps.Keys(callWords)) {
		t.call(name, callWords[name])
	}
	for _, typ := range slices.Sorted(maps.Keys(recordWords)) {
		t.record(typ, recordWords[typ])
	}
	t.all[NoKind].decided = t.union("event.category", "event.type")
	return t
}

// union is what some kind has.
func (t *kindTable) union(fields ...string) map[string]told {
	all := make(map[string]told)
	for _, name := range fields {
		var u told
		for i := range t.all {
			u.perhaps = slices.Concat(u.perhaps, t.all[i].decided[name].always, t.all[i].decided[name].perhaps)
		}
		slices.Sort(u.perhaps)
		u.perhaps = slices.Compact(u.perhaps)
		all[name] = u
	}
	return all
}

func (t *kindTable) add(name, group string, variants []words) KindID {
	k := Kind{Name: name, Group: group, decided: make(map[string]told)}
	k.decide("event.category", variants, words.categories)
	k.decide("event.type", variants, func(w words) []string { return w.types })
	k.decide("event.action", variants, func(w words) []string { return slices.Concat(w.endpoint, w.actions) })
	t.all = append(t.all, k)
	return KindID(len(t.all) - 1)
}

// decide tells what a field has in all variants of a kind, and what only in some.
func (k *Kind) decide(field string, variants []words, get func(words) []string) {
	var s told
	for i, w := range variants {
		for _, v := range get(w) {
			switch {
			case v == "" || slices.Contains(s.always, v) || slices.Contains(s.perhaps, v):
			case i == 0 && !slices.ContainsFunc(variants, func(w words) bool { return !slices.Contains(get(w), v) }):
				s.always = append(s.always, v)
			default:
				s.perhaps = append(s.perhaps, v)
			}
		}
	}
	k.decided[field] = s
}

// call adds the kinds of a call that worked, and of one that failed.
func (t *kindTable) call(name string, w words) {
	group := w.category
	if name == "" {
		group = "call"
	}
	var worked, failed []words
	for _, v := range variants(name, w) {
		worked = append(worked, orName(v, name))
		failed = append(failed, orName(failure(v), name))
	}
	if strings.HasPrefix(name, "execve") {
		group = "exec"
		worked = append(worked, orName(failure(otherCall), name))
		failed = failed[1:]
	}
	if name == "connect" { // an attempt is one whatever comes of it
		failed = append(failed, worked...)
	}
	t.calls[name] = t.add(name, group, worked)
	t.add(name, group, failed)
	if strings.HasPrefix(name, "execve") { // its arguments were lost: what an execution needs is told of the other kind
		t.all[t.calls[name]].Group = ""
	}
	for id := t.calls[name]; int(id) < len(t.all); id++ {
		d := t.all[id].decided
		if name == "" { // the action is the name
			d["event.action"] = told{perhaps: audit.SyscallNames()}
			continue
		}
		d["auditd.data.syscall"] = told{always: one(name), perhaps: one("socketcall")}
	}
}

// variants are what ofCall makes of a call that worked.
func variants(name string, w words) []words {
	bare := w
	bare.endpoint = nil
	switch name {
	case "execve", "execveat", "clone":
		return []words{w, otherCall}
	case "open", "openat", "openat2":
		return []words{w, created}
	case "connect", "accept", "accept4":
		return []words{w, bare}
	}
	return []words{w}
}

func failure(w words) words {
	w.types, w.endpoint = info, nil
	return w
}

// orName has the call's name as its action, where neither vocabulary has a word.
func orName(w words, name string) words {
	if len(w.actions)+len(w.endpoint) == 0 {
		w.actions = one(name)
	}
	return w
}

func (t *kindTable) record(typ audit.Type, w words) {
	r := audit.Record{Type: typ}
	all := []words{w}
	group := w.category
	switch {
	case typ == avc:
		all = []words{apparmor, selinux}
	case typ == userLogin, typ == userAuth:
		more := w
		more.endpoint = []string{"ssh_login", "user_login"}
		all = append(all, more)
	}
	if group == "" {
		group = "other"
	}
	t.records[typ] = t.add(strings.ToLower(r.TypeName()), group, all)
	t.all[len(t.all)-1].Record = true
	t.all[len(t.all)-1].decided["auditd.data.syscall"] = told{}
}
