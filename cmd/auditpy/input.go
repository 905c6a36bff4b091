package main

import (
	"bytes"
	"context"
	_ "embed" // the sample capture
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/names"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules"
)

// sample is a capture of our own from a real auditd: see testdata/README.md.
//
//go:embed sample.log.gz
var sample []byte

// input is what scan and events read, and what of it could not be read.
type input struct {
	src     source.Source
	live    bool // it does not end by itself, and its processes are this host's
	stderr  io.Writer
	errs    []error
	shown   int // bad lines told
	started time.Time
	users   *names.Users
}

// maxShown bounds the bad lines that are told one by one.
const maxShown = 10

func newInput(c *cobra.Command) *input {
	return &input{stderr: c.ErrOrStderr(), started: time.Now()}
}

func openInput(c *cobra.Command, args []string, useSample bool) (*input, error) {
	in := newInput(c)
	switch {
	case useSample && len(args) > 0:
		return nil, errors.New("--sample takes no FILE")
	case useSample:
		in.src = source.NewReader("sample", bytes.NewReader(sample))
	case len(args) == 0:
		return nil, &hintError{errors.New("no FILE to read"), "auditpy " + c.Name() + " /var/log/audit/audit.log*, or - for standard input"}
	case len(args) == 1 && args[0] == "-":
		in.src = source.NewReader("stdin", c.InOrStdin())
	case slices.Contains(args, netlinkFile):
		return nil, errors.New(netlinkFile + " can only be read by events, and alone")
	case slices.Contains(args, "-"):
		return nil, errors.New("- cannot be read together with files")
	default:
		in.src, in.errs = source.Files(args)
	}
	return in, nil
}

// loop returns the stages: for a batch without a clock and without /proc.
func (in *input) loop(set *rules.Set, o correlate.Options) *agent.Loop {
	l := &agent.Loop{
		Source:     in.src,
		Assembler:  assemble.New(assemble.Options{}),
		Rules:      set,
		Correlator: correlate.New(o),
		OnBad:      in.bad,
	}
	if in.live {
		l.Idle, l.Hold = idle, hold
		in.users = names.New(names.Options{})
		l.Tree = agent.LiveTree(proctree.Options{User: in.users.User, Group: in.users.Group})
	} else {
		l.Tree = proctree.New(proctree.Options{})
	}
	return l
}

// run runs l. A scan that was interrupted is no whole scan: it must not end as if nothing was found.
func (in *input) run(ctx context.Context, l *agent.Loop) error {
	if in.live {
		return in.runLive(ctx, l)
	}
	if err := l.Run(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.New("interrupted: not everything was read")
	}
	return nil
}

// bad tells of a line that is no record, and goes on.
func (in *input) bad(err error) error {
	var line *source.LineError
	if !errors.As(err, &line) {
		in.errs = append(in.errs, err)
		return nil
	}
	if in.shown++; in.shown <= maxShown {
		fmt.Fprintf(in.stderr, "auditpy: warning: %s\n", printable(err.Error()))
	}
	return nil
}

// err returns what could not be read, after telling how many bad lines were passed over.
func (in *input) err() error {
	if in.shown > maxShown {
		fmt.Fprintf(in.stderr, "auditpy: warning: %d more lines were no audit records\n", in.shown-maxShown)
	}
	return errors.Join(in.errs...)
}

// printable keeps text from files and logs from acting on the terminal.
func printable(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = alert.Escape(lines[i])
	}
	return strings.Join(lines, "\n")
}
