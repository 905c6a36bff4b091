package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/internal/source"
)

// memoryFile holds what the agent remembers between two events: the windows of correlations, the machines of sequences, the
// ids of alerts, incidents and processes; and the place in the log to begin at with it.
//
// A restart goes back to that place. It reads again what came since, which gives the alerts that were raised since once more:
// those that stateFile names are not sent again. So the many alerts between two snapshots cost a small file each, and a kill
// at any time loses nothing and doubles nothing, but for an alert that was put on the spool and not yet into stateFile.
const memoryFile = "memory.state"

const (
	placeKind    = "auditpy memory\n"
	placeVersion = 1
)

// memory is what memoryFile holds, in use.
type memory struct {
	at         source.Cursor  // zero: nothing was saved, or the source has no places
	events     assemble.State // as of that place
	correlator *correlate.Correlator
	tree       *proctree.Tree
}

// recall returns what was saved; what cannot be read is begun anew. Its error is that of a file of a later version, which
// must not be overwritten.
func recall(cfg *config.Config, o Options, names proctree.Options) (*memory, error) {
	b, err := readMemory(cfg.StateDir)
	if err == nil && b != nil {
		var m *memory
		if m, err = decode(b, cfg, o, names); err == nil {
			return m, nil
		}
	}
	if errors.Is(err, snapshot.ErrVersion) {
		return nil, fmt.Errorf("%s: %w", filepath.Join(cfg.StateDir, memoryFile), err)
	}
	if err != nil {
		o.Log.Error("what was remembered is not readable: correlations and processes begin anew", "err", err)
	}
	tree, _ := liveTree(names, nil)
	return &memory{correlator: newCorrelator(cfg), tree: tree}, nil
}

func readMemory(dir string) ([]byte, error) {
	if dir == "" {
		return nil, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, memoryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

func newCorrelator(cfg *config.Config) *correlate.Correlator {
	return correlate.New(correlate.Options{
		MaxSeen: cfg.Limits.Alerted, IncidentWindow: cfg.Alerts.IncidentWindow, PerRule: cfg.Alerts.Group == "rule",
	})
}

func decode(b []byte, cfg *config.Config, o Options, names proctree.Options) (*memory, error) {
	m := &memory{correlator: newCorrelator(cfg)}
	r, b, err := snapshot.Open(b, placeKind, placeVersion)
	if err != nil {
		return nil, err
	}
	if m.load(r); r.Err() != nil {
		return nil, r.Err()
	}
	if b, err = m.correlator.LoadState(b, correlate.Rules{All: o.Rules.Rules(), Correlations: o.Rules.Correlations(), Sequences: o.Rules.Sequences()}); err != nil {
		return nil, err
	}
	m.tree, err = liveTree(names, b)
	return m, err
}

func (m *memory) load(r *snapshot.Reader) {
	m.at = source.Cursor{Dev: r.Uint(), Inode: r.Uint(), FirstLine: uint32(r.Size(math.MaxUint32)), Offset: r.Int()}
	m.events.Given = r.Uint()
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		m.events.Done = append(m.events.Done, r.ID())
	}
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		m.events.Clocks = append(m.events.Clocks, assemble.Clock{Node: r.Text(), Msec: r.Int()})
	}
	r.End()
}

// appendMemory appends all that l remembers, as of between two events, with the place of the oldest record that it needs.
func appendMemory(dst []byte, l *Loop, at source.Cursor) []byte {
	dst = snapshot.Append(dst, placeKind, placeVersion, func(w *snapshot.Writer) {
		w.Uint(at.Dev)
		w.Uint(at.Inode)
		w.Uint(uint64(at.FirstLine))
		w.Int(at.Offset)
		s := l.Assembler.State()
		w.Uint(s.Given)
		writeAll(w, s.Done, w.ID)
		writeAll(w, s.Clocks, func(c assemble.Clock) {
			w.Text(c.Node)
			w.Int(c.Msec)
		})
	})
	return l.Tree.AppendState(l.Correlator.AppendState(dst))
}

func writeAll[T any](w *snapshot.Writer, list []T, write func(T)) {
	w.Count(len(list))
	for _, v := range list {
		write(v)
	}
}
