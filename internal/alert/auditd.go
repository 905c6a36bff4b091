package alert

import (
	"slices"
	"strconv"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
)

// auditd writes what the records say, under auditbeat's names.
func (o *object) auditd(ev *event.Event) {
	o.key("sequence")
	o.b = strconv.AppendUint(o.b, ev.ID.Serial, 10)
	o.str("node", ev.ID.Node)
	if p := ev.Process; p != nil {
		o.id("session", p.Session)
	}
	o.recordTypes(ev)
	o.group("data", func() {
		if ev.Call != nil {
			o.call(ev.Call)
		} else {
			o.fields(ev)
		}
	})
	if ev.Exec == nil { // those of an execution are its program and the loader
		o.paths(ev)
	}
}

// recordTypes lists the types in order, a run of the same type once.
func (o *object) recordTypes(ev *event.Event) {
	o.open("record_types", '[')
	for i := range ev.Records {
		r := &ev.Records[i]
		if i > 0 && r.Type == ev.Records[i-1].Type {
			continue
		}
		if o.comma {
			o.b = append(o.b, ',')
		}
		o.b, o.comma = appendString(o.b, r.TypeName()), true
	}
	o.close(']')
}

func (o *object) call(c *audit.Call) {
	o.str("arch", audit.ArchName(c.Arch()))
	o.str("syscall", callName(c))
	o.str("success", c.Raw(audit.CallSuccess))
	if name := audit.ErrnoName(c.Exit()); name != "" {
		o.str("exit", name)
	} else {
		o.str("exit", c.Raw(audit.CallExit))
	}
	for f, name := range [...]string{"a0", "a1", "a2", "a3"} {
		o.str(name, c.Raw(audit.CallA0+audit.CallField(f)))
	}
	o.str("ppid", c.Raw(audit.CallPPID))
	o.keys(c)
}

// callName is the number where the tables know no name.
func callName(c *audit.Call) string {
	if name := c.Name(); name != "" {
		return name
	}
	return c.Raw(audit.CallNumber)
}

// keys writes the keys of the audit rules that asked for the record.
func (o *object) keys(c *audit.Call) {
	if c.Raw(audit.CallKey) == "(null)" || !c.Has(audit.CallKey) {
		return
	}
	keys := make([]string, 0, 4)
	for k := range audit.Keys(c.Text(audit.CallKey)) {
		keys = append(keys, k)
	}
	switch len(keys) {
	case 0:
	case 1:
		o.str("key", keys[0])
	default:
		o.strs("key", keys)
	}
}

// fields writes what the records of an event without a system call say: their own fields, and of those that user
// space sent the ones that are none of these. What user space says overrides nothing.
func (o *object) fields(ev *event.Event) {
	var seen []string
	put := func(f audit.Field) bool {
		if !slices.Contains(seen, f.Key) && len(seen) < maxFields {
			seen = append(seen, f.Key)
			o.name(f.Key)
			o.b = appendString(o.b, f.Decode())
		}
		return true
	}
	for i := range ev.Records {
		if ev.Records[i].Type != audit.Proctitle {
			ev.Records[i].Fields(put)
		}
	}
	for i := range ev.Records {
		ev.Records[i].InnerFields(put)
	}
}

// maxFields bounds the fields of one event: user space may send thousands.
const maxFields = 64

// name is key for a name that is not ours.
func (o *object) name(k string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(appendString(o.b, k), ':')
}

// paths lists the files of a system call.
func (o *object) paths(ev *event.Event) {
	if ev.Find(audit.Path) == nil {
		return
	}
	o.open("paths", '[')
	for i := range ev.Records {
		r := &ev.Records[i]
		if r.Type != audit.Path {
			continue
		}
		o.item()
		for _, k := range [...]string{"name", "nametype", "inode", "mode", "ouid", "ogid"} {
			v, _ := r.Field(k)
			o.str(k, v)
		}
		o.close('}')
	}
	o.close(']')
}
