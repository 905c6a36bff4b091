package proctree

import (
	"fmt"

	"github.com/auditpy/auditpy/internal/snapshot"
)

// What survives a restart: the processes, as of between two events. Processes of a host that has booted since its records
// tell are left out, and those of this host if it has booted since the state was written.

const (
	stateKind    = "auditpy processes\n"
	stateVersion = 1
)

// AppendState appends all processes. It takes no more than about what Max and MaxBytes allow.
func (t *Tree) AppendState(dst []byte) []byte {
	return snapshot.Append(dst, stateKind, stateVersion, func(w *snapshot.Writer) {
		s := &saver{Writer: w, tree: t, nodes: make(map[*node]int), lives: make(map[*life]int)}
		s.Text(t.boot())
		s.hosts()
		s.processes()
		s.entries()
	})
}

// boot is that of this host, "" if it is not asked.
func (t *Tree) boot() string {
	if t.opts.Proc == nil {
		return ""
	}
	return t.opts.Proc.Boot()
}

// LoadState takes what AppendState wrote at the begin of b into a Tree that has seen nothing, and returns what is behind
// it. After an error, one that wraps snapshot.ErrVersion or snapshot.ErrCorrupt, the Tree is of no use.
func (t *Tree) LoadState(b []byte) (rest []byte, err error) {
	r, rest, err := snapshot.Open(b, stateKind, stateVersion)
	if err != nil {
		return nil, err
	}
	l := &loader{Reader: r, tree: t}
	boot := l.Text()
	l.hosts()
	l.processes()
	l.entries()
	if l.End(); l.Err() != nil {
		return nil, fmt.Errorf("read state of processes: %w", l.Err())
	}
	if now := t.boot(); boot != "" && now != "" && boot != now {
		h := t.hosts[""]
		*h = host{name: h.name, number: t.number()}
	}
	t.bound()
	return rest, nil
}
