package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/snapshot"
	"github.com/auditpy/auditpy/internal/source"
)

// stateFile is where the position in the log survives a restart. It is small and written with each alert; what the agent
// remembers besides is in memoryFile, which is written now and then.
const stateFile = "cursor.json"

// state is what stateFile holds.
type state struct {
	// Version is 2. A file of version 1 has none: it has Done instead of Alerted.
	Version int           `json:"version"`
	Cursor  source.Cursor `json:"cursor"`
	// Alerted are the ids of the alerts that memoryFile does not know of, and of those that events after Cursor gave: a
	// restart raises them again.
	Alerted []string `json:"alerted,omitempty"`
	// Unseen: there was no log yet, so that all of it is news.
	Unseen bool `json:"unseen,omitempty"`
	// Done are the events after Cursor that alerted already.
	Done []audit.ID `json:"done,omitempty"`
}

const latestState = 2

// maxAlerted bounds Alerted.
const maxAlerted = 4096

// prepareState makes the state directory, or does without one: an agent that alerts now is better than one
// that waits for a disk.
func prepareState(cfg *config.Config, log *slog.Logger) {
	if cfg.StateDir == "" {
		return
	}
	if err := os.MkdirAll(cfg.StateDir, 0o700); err != nil {
		log.Warn("no state directory: a restart loses alerts that wait and begins at the end of the log", "err", err)
		cfg.StateDir = ""
	}
}

// loadState returns what was saved; the zero state if nothing was. The error of a file of a later version wraps
// snapshot.ErrVersion.
func loadState(dir string) (state, error) {
	var c state
	name := filepath.Join(dir, stateFile)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return state{}, fmt.Errorf("%s: %w", name, err)
	}
	if c.Version > latestState {
		return state{}, fmt.Errorf("%s: %w: version %d, want %d at most", name, snapshot.ErrVersion, c.Version, latestState)
	}
	return c, nil
}

func saveState(dir string, c state) error {
	c.Version = latestState
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return replaceFile(dir, stateFile, append(b, '\n'))
}

// replaceFile writes a file so that a crash leaves the old one or the new one whole.
func replaceFile(dir, name string, b []byte) error {
	tmp := filepath.Join(dir, name+".tmp")
	if err := writeSync(tmp, b); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

func writeSync(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
