package eql

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// key is what the memory of an index knows an event by: what decides the values of some fields. Mostly it is less than those: the
// name of a process stands in the path of what it runs, and the command line has its arguments.
type key struct {
	self, parent kin
	rest         []int // fields that are known by their values
}

// kin are the key fields of one process.
type kin struct{ image, args []int }

func newKey(p *program, fields []int) (k key) {
	for _, f := range slices.Sorted(slices.Values(fields)) {
		name := p.fields[f].name
		of, rest := &k.self, strings.TrimPrefix(name, "process.")
		if suffix, ok := strings.CutPrefix(rest, "parent."); ok {
			of, rest = &k.parent, suffix
		}
		switch {
		case rest == name: // another's
			k.rest = append(k.rest, f)
		case rest == "executable" || rest == "name":
			of.image = append(of.image, f)
		case rest == "args" || rest == "command_line":
			of.args = append(of.args, f)
		default:
			k.rest = append(k.rest, f)
		}
	}
	return k
}

// digest is that of the event at hand.
func (k *key) digest(sc *scratch) predicate.Digest {
	d := sc.events.Digest()
	var parent *event.Process
	p := sc.ev.Process
	if p != nil {
		parent = p.Parent
	}
	k.self.addImage(&d, p, sc)
	switch x := sc.ev.Exec; {
	case x != nil:
		k.self.addArgs(&d, x.Args, x.CommandLine, sc)
	case p != nil:
		k.self.addArgs(&d, p.Args, p.CommandLine, sc)
	}
	k.parent.addImage(&d, parent, sc)
	if parent != nil {
		k.parent.addArgs(&d, parent.Args, parent.CommandLine, sc)
	}
	for _, f := range k.rest {
		d.Texts(sc.values(f))
	}
	return d
}

// What follows in a digest.
const (
	asValues = iota
	asPath
	asLine
)

func (k *kin) addImage(d *predicate.Digest, p *event.Process, sc *scratch) {
	switch {
	case len(k.image) == 0:
	case p != nil && strings.HasPrefix(p.Exe, "/"):
		d.Number(asPath)
		d.Text(p.Exe)
	default:
		addValues(d, k.image, sc)
	}
}

// addArgs adds arguments as one text, if they are one, and where they end.
func (k *kin) addArgs(d *predicate.Digest, args []string, line string, sc *scratch) {
	if len(k.args) == 0 {
		return
	}
	size := len(args) - 1
	for _, a := range args {
		size += len(a)
	}
	if size != len(line) || len(line) > 1<<16-1 {
		addValues(d, k.args, sc)
		return
	}
	d.Number(asLine)
	d.Text(line)
	ends := uint64(len(args))
	for i, a := range args {
		if ends = ends<<16 | uint64(len(a)); i%3 == 2 {
			d.Number(ends)
			ends = 0
		}
	}
	d.Number(ends)
}

func addValues(d *predicate.Digest, fields []int, sc *scratch) {
	d.Number(asValues)
	for _, f := range fields {
		d.Texts(sc.values(f))
	}
}
