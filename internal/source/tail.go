package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/nxadm/tail"

	"github.com/auditpy/auditpy/internal/audit"
)

// Tail follows one file for a person who watches it, with nxadm/tail: from its start, and under its name if another file
// takes it.
//
// It is not for the agent: across a rotation nxadm/tail was measured to lose lines, and it ends the process where a stat of
// the file fails. Follow loses nothing.
type Tail struct {
	t    *tail.Tail
	name string
	idle time.Duration
}

// OpenTail begins to follow the file, or named pipe: nxadm/tail spins at the end of a pipe, so that is a Stream, which lasts
// beyond its writers. Next returns ErrIdle when nothing came for idle; 0 is never.
func OpenTail(name string, idle time.Duration) (Source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() == fs.ModeNamedPipe {
		return openPipe(name, idle)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("follow %q: neither a file nor a named pipe", name)
	}
	t, err := tail.TailFile(name, tail.Config{
		Follow: true, ReOpen: true, MustExist: true, CompleteLines: true, Logger: tail.DiscardingLogger,
	})
	if err != nil {
		return nil, fmt.Errorf("follow %q: %w", name, err)
	}
	return &Tail{t, name, idle}, nil
}

// openPipe opens a named pipe for writing too: so it has a writer always, and no end.
func openPipe(name string, idle time.Duration) (Source, error) {
	f, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return NewStream(name, f, idle), nil
}

// Next returns the next record: see Source. Records have no Mark.
func (t *Tail) Next(ctx context.Context) (audit.Record, error) {
	var idle <-chan time.Time
	if t.idle > 0 {
		idle = time.After(t.idle)
	}
	for {
		select {
		case line, ok := <-t.t.Lines:
			if !ok {
				return audit.Record{}, t.end()
			}
			if strings.TrimSpace(line.Text) == "" {
				continue
			}
			return t.parse(line)
		case <-idle:
			return audit.Record{}, ErrIdle
		case <-ctx.Done():
			return audit.Record{}, ctx.Err()
		}
	}
}

func (t *Tail) parse(line *tail.Line) (rec audit.Record, err error) {
	if line.Err != nil {
		return rec, &LineError{Source: t.name, Line: int64(line.Num), Err: line.Err}
	}
	if err := parse(&rec, line.Text, false); err != nil {
		text := line.Text[:min(len(line.Text), 512)]
		return audit.Record{}, &LineError{Source: t.name, Line: int64(line.Num), Text: text, Err: err}
	}
	return rec, nil
}

func (t *Tail) end() error {
	if err := t.t.Err(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("follow %q: %w", t.name, err)
	}
	return io.EOF
}

// Close stops to follow.
func (t *Tail) Close() error {
	err := t.t.Stop()
	t.t.Cleanup()
	return err
}
