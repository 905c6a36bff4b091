// Package tamper finds events that blind the audit system or show that its log was changed: audit switched off, rules
// removed, auditd stopped or crashed, another listener, serials that run backwards or are missing.
//
// What surprised us: an event's time is taken when its system call began, so a time far behind the one before is normal (a
// blocking accept), and only many in a row mean that the clock was set back. Serials are missing for honest reasons too
// (exclude rules, rate limits), and are not missing when the kernel's backlog overflows: the serial is taken after that
// test. And a reboot makes serials begin again.
//
// It looks at events only, knows event time only, is bounded, and belongs to one goroutine. What it finds are matches, so that an
// event that the loaded rules match too still gives one alert.
package tamper

import (
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Options bound a Watch. Zero fields take the default in brackets.
type Options struct {
	// Listeners are the executables that may listen to the kernel's audit multicast group.
	Listeners []string
	// Disorder is how far a serial may be behind the newest one of its node: events of several processors, or of several
	// sources, come in another order than they happened in [1024].
	Disorder uint64
	// Nodes are the hosts whose records may come, besides the one without a name; none: any may.
	Nodes    []string
	MaxNodes int // nodes that are watched; those over it are not, and are counted [1024]
}

// Stats count what was found, and what was held back.
type Stats struct {
	Found      uint64 // matches returned
	HeldBack   uint64 // matches over the bound of each rule and node; the next one that is returned tells their number
	Missing    uint64 // serials that never came
	Backwards  uint64 // times that serials ran backwards
	SetBack    uint64 // times that a clock was set back
	Partial    uint64 // events without their SYSCALL record
	Boots      uint64 // times that serials began again, as after a boot
	OverNodes  uint64 // events of nodes over MaxNodes
	OfUnknown  uint64 // events of nodes that are not in Nodes
	ConfigSeen uint64 // changes of the audit configuration, harmless ones too
}

// Watch finds events that blind the audit system.
type Watch struct {
	o     Options
	nodes map[string]*node
	last  *node
	stats Stats
	found []rule.Match // of one event
}

// New returns a Watch that has seen nothing.
func New(o Options) *Watch {
	if o.Disorder == 0 {
		o.Disorder = 1024
	}
	if o.MaxNodes <= 0 {
		o.MaxNodes = 1024
	}
	return &Watch{o: o, nodes: make(map[string]*node)}
}

// Stats returns the counters.
func (w *Watch) Stats() Stats { return w.stats }

// Observe appends a match for each thing found about an event, in the order of Rules. It allocates nothing if it finds none.
func (w *Watch) Observe(dst []rule.Match, ev *event.Event) []rule.Match {
	n := w.node(ev.ID.Node)
	if n == nil {
		w.stats.OverNodes++
		return dst
	}
	w.found = w.found[:0]
	for i := range ev.Records {
		w.record(n, ev, &ev.Records[i])
	}
	if !daemon(ev) {
		w.serial(n, ev)
		w.partial(n, ev)
	}
	if n.unknown {
		w.stats.OfUnknown++
		w.find(nodeUnknown, "host.name", n.name)
	}
	alerts := len(dst) > 0
	for _, m := range w.found {
		// What alerts anyway says on each alert that its host is not known.
		if alerts && m.Rule == nodeUnknown || n.admit(&m, ev.ID.Msec) {
			w.stats.Found++
			dst = append(dst, m)
		} else {
			w.stats.HeldBack++
		}
	}
	return dst
}

func (w *Watch) node(name string) *node {
	if w.last != nil && w.last.name == name {
		return w.last
	}
	n := w.nodes[name]
	if n == nil {
		if len(w.nodes) >= w.o.MaxNodes {
			return nil
		}
		n = &node{name: strings.Clone(name)}
		n.unknown = name != "" && len(w.o.Nodes) > 0 && !slices.Contains(w.o.Nodes, name)
		w.nodes[n.name] = n
	}
	w.last = n
	return n
}

// find notes a match; the evidence is pairs of field and value.
func (w *Watch) find(of *rule.Meta, evidence ...string) {
	m := rule.Match{Rule: of}
	for i := 0; i+1 < len(evidence); i += 2 {
		m.Evidence = append(m.Evidence, rule.Evidence{Field: evidence[i], Value: strings.Clone(evidence[i+1]), Match: of.Title})
	}
	w.found = append(w.found, m)
}

// Types of records that this package looks into (include/uapi/linux/audit.h, and audit-records.h of audit-userspace).
const (
	daemonFirst   audit.Type = 1200
	daemonStart   audit.Type = 1200
	daemonEnd     audit.Type = 1201
	daemonAbort   audit.Type = 1202
	daemonConfig  audit.Type = 1203
	daemonResume  audit.Type = 1206
	daemonErr     audit.Type = 1209
	daemonLast    audit.Type = 1299
	configChange  audit.Type = 1305
	featureChange audit.Type = 1328
	eventListener audit.Type = 1335
	kernelType    audit.Type = 2000
	firstUser     audit.Type = 1100 // user space writes these, and those from firstUser2 on
	lastUser      audit.Type = 1199
	firstUser2    audit.Type = 2100
	lastUser2     audit.Type = 2999
)

// daemon reports an event of auditd itself, which numbers its events by chance.
func daemon(ev *event.Event) bool {
	return len(ev.Records) > 0 && ev.Records[0].Type >= daemonFirst && ev.Records[0].Type <= daemonLast
}

func (w *Watch) record(n *node, ev *event.Event, r *audit.Record) {
	switch r.Type {
	case daemonStart, daemonEnd, daemonAbort, daemonConfig, daemonResume, daemonErr:
		w.daemon(n, r)
	case configChange:
		w.stats.ConfigSeen++
		w.config(r)
	case featureChange:
		w.feature(r)
	case eventListener:
		w.listener(r)
	case kernelType, audit.SystemBoot:
		n.boot = recently
	}
	if ofUser(r.Type) && strings.Contains(r.Body, separator) {
		w.find(namesForged, "type", r.Type.String(), "pid", value(r, "pid"), "auid", value(r, "auid"), "exe", value(r, "exe"))
	}
}

// separator is what auditd puts between a record and the names it looked up. All its tools take the first one, so that text with one of its own
// names whom it likes; package audit takes the last.
const separator = "\x1d"

func ofUser(t audit.Type) bool {
	return t >= firstUser && t <= lastUser || t >= firstUser2 && t <= lastUser2
}

func (w *Watch) daemon(n *node, r *audit.Record) {
	switch r.Type {
	case daemonStart:
		n.boot = recently
		if n.running {
			w.find(daemonCrashed, "type", "DAEMON_START", "op", value(r, "op"))
		}
		n.running = true
	case daemonEnd:
		n.running = false
		w.find(daemonStopped, "type", "DAEMON_END", "auid", value(r, "auid"))
	case daemonAbort:
		n.running = false
		w.find(daemonFailed, "type", "DAEMON_ABORT", "op", value(r, "op"))
	case daemonErr:
		w.find(daemonFailed, "type", "DAEMON_ERR", "op", value(r, "op"))
	case daemonResume:
		w.find(daemonPaused, "type", "DAEMON_RESUME", "auid", value(r, "auid"))
	case daemonConfig:
		w.find(daemonChanged, "type", "DAEMON_CONFIG", "op", value(r, "op"))
	}
}

func value(r *audit.Record, key string) string {
	v, _ := r.Field(key)
	return v
}

// excludeList is the number of the filter list that keeps records of some types from being written
// (AUDIT_FILTER_EXCLUDE).
const excludeList = "5"

func (w *Watch) config(r *audit.Record) {
	op := strings.ReplaceAll(value(r, "op"), " ", "_") // "remove rule" before Linux 4.16
	switch {
	case op == "remove_rule":
		w.find(ruleRemoved, "op", op, "key", value(r, "key"), "list", value(r, "list"), "res", value(r, "res"))
	case op == "add_rule" && value(r, "list") == excludeList:
		w.find(typeExcluded, "op", op, "key", value(r, "key"), "list", excludeList, "res", value(r, "res"))
	}
	for _, s := range settings {
		if v, ok := r.Field(s.key); ok && s.worse(number(v), number(value(r, "old"))) {
			w.find(s.rule, s.key, v, "old", value(r, "old"), "res", value(r, "res"))
		}
	}
}

// settings are those of the kernel that can blind it, and which change of each does. Unknown numbers are -1.
var settings = []struct {
	key   string
	rule  *rule.Meta
	worse func(v, old int64) bool
}{
	{"audit_enabled", SwitchedOff, func(v, _ int64) bool { return v == 0 }},
	{"audit_pid", daemonUnset, func(v, old int64) bool { return v == 0 && old != 0 }},
	{"audit_backlog_limit", limitLowered, func(v, old int64) bool { return v < old }},
	{"audit_backlog_wait_time", limitLowered, func(v, old int64) bool { return v < old }},
	{"audit_rate_limit", limitLowered, func(v, old int64) bool { return v > 0 && (old <= 0 || v < old) }},
	{"audit_failure", limitLowered, func(v, old int64) bool { return v < old }},
	{"lost", countersReset, func(v, _ int64) bool { return v == 0 }},
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (w *Watch) feature(r *audit.Record) {
	if old, now := value(r, "old"), value(r, "new"); old == "1" && now == "0" {
		w.find(featureOff, "feature", value(r, "feature"), "old", old, "new", now)
	}
}

func (w *Watch) listener(r *audit.Record) {
	exe := value(r, "exe")
	if value(r, "op") != "connect" {
		return
	}
	for _, l := range w.o.Listeners {
		if l == exe {
			return
		}
	}
	w.find(listenerSeen, "exe", exe, "pid", value(r, "pid"), "uid", value(r, "uid"))
}
