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
	"github.com/auditpy/auditpy/internal/source"
)

// stateFile is where the position in the log survives a restart.
const stateFile = "cursor.json"

// state is what stateFile holds.
type state struct {
	Cursor source.Cursor `json:"cursor"`
	// Done are the events after Cursor that alerted already: Cursor is the place of the oldest open event, and those
	// that were opened after it and closed are read again.
	Done []audit.ID `json:"done,omitempty"`
}

// maxDone bounds Done. There are as many only if an event stayed open while thousands alerted.
const maxDone = 4096

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

// loadState returns what was saved; the zero state if nothing was.
func loadState(dir string) (state, error) {
	var c state
	b, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return state{}, fmt.Errorf("%s: %w", filepath.Join(dir, stateFile), err)
	}
	return c, nil
}

// saveState replaces what was saved, so that a crash leaves the old one or the new one whole.
func saveState(dir string, c state) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, stateFile+".tmp")
	if err := writeSync(tmp, append(b, '\n')); err != nil {
		return err
	}
	if err := os.Rename(tmp, filepath.Join(dir, stateFile)); err != nil {
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
