package event

// ecsLineage are the processes that a process comes from. A sequence that is joined by who connected on one side, and by
// the lineage on the other, holds however many programs are between the two.
var ecsLineage = map[string]Getter{
	"process.Ext.ancestry":         ancestry, // the endpoint's: the parent is the first
	"auditpy.lineage":              lineage,  // ours: the process itself is the first
	"auditpy.ancestors.executable": beyondParent,
}

// maxTold bounds the ancestors that a field tells: the endpoint tells twenty.
const maxTold = 20

func ancestry(dst []string, ev *Event) []string { return appendEntities(dst, parent(ev)) }

func lineage(dst []string, ev *Event) []string {
	if ev.Process == nil {
		return dst
	}
	return appendEntities(append(dst, ev.Process.EntityID()), ev.Process.Parent)
}

func appendEntities(dst []string, p *Process) []string {
	for n := 0; p != nil && n < maxTold; n++ {
		dst = append(dst, p.EntityID())
		p = p.Parent
	}
	return dst
}

// ancestorImages are the executables of all ancestors, the parent's first.
func ancestorImages(dst []string, ev *Event) []string { return appendImages(dst, parent(ev)) }

// beyondParent is without the parent, as alerts have it.
func beyondParent(dst []string, ev *Event) []string { return appendImages(dst, grandparent(ev)) }

func appendImages(dst []string, p *Process) []string {
	for n := 0; p != nil && n < maxTold; n++ {
		if p.Exe != "" && p.Exe != null {
			dst = appendImage(dst, p.Exe)
		}
		p = p.Parent
	}
	return dst
}
