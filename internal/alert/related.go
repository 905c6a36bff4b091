package alert

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
)

// maxRelated bounds related in JSON, in bytes: names of hosts and ids of rules may be long.
const maxRelated = 48 << 10

// related lists the events of a correlation, and counts those that are not listed.
func (o *object) related(a *Alert) {
	if len(a.Related) == 0 {
		return
	}
	start, listed := len(o.b), 0
	o.open("related", '[')
	for i := range a.Related {
		if len(o.b)-start > maxRelated {
			break
		}
		o.relate(&a.Related[i])
		listed++
	}
	o.close(']')
	if more := len(a.Related) - listed + a.Unlisted; more > 0 {
		o.num("related_unlisted", int64(more))
	}
}

// correlation tells what the events have in common.
func (o *object) correlation(a *Alert) {
	if len(a.Group) == 0 {
		return
	}
	o.open("correlation", '{')
	o.open("group", '[')
	for _, v := range a.Group {
		o.item()
		o.str("field", v.Field)
		o.str("value", clip(v.Value))
		o.close('}')
	}
	o.close(']')
	o.close('}')
}

func (o *object) relate(r *Related) {
	o.item()
	o.str("node", r.ID.Node)
	o.key("@timestamp")
	o.b = append(appendTime(append(o.b, '"'), r.ID.Msec), '"')
	o.key("sequence")
	o.b = strconv.AppendUint(o.b, r.ID.Serial, 10)
	o.str("rule", r.Rule.ID)
	o.str("what", r.What)
	o.evidence(r.Evidence)
	o.close('}')
}

// describeGroup tells what the events of a correlation have in common.
func describeGroup(group []Value) string {
	var b strings.Builder
	for i, v := range group {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Escape(v.Field) + " " + quote(clip(v.Value)))
	}
	return b.String()
}

// maxSerials bounds the serials in text; JSON has more.
const maxSerials = 32

// describeRelated counts the events of a correlation and names their serials, each once: an event may match many rules.
func describeRelated(a *Alert) string {
	var b strings.Builder
	seen := make(map[audit.ID]bool)
	for _, r := range a.Related {
		if seen[r.ID] {
			continue
		}
		if seen[r.ID] = true; len(seen) <= maxSerials {
			b.WriteByte(' ')
			b.WriteString(strconv.FormatUint(r.ID.Serial, 10))
		}
	}
	events := len(seen) + a.Unlisted
	if more := events - min(len(seen), maxSerials); more > 0 {
		b.WriteString(" and " + strconv.Itoa(more) + " more")
	}
	return strconv.Itoa(events) + plural(events) + b.String()
}

func plural(n int) string {
	if n == 1 {
		return " event: serials"
	}
	return " events: serials"
}
