// Command auditpy turns raw audit records into one complete, explained alert per execution.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes are a contract: scripts depend on them.
const (
	exitOK    = 0 // fine, or nothing found
	exitFound = 1 // scan: an alert; lint: a bad rule; doctor: a fault
	exitError = 2 // could not do it
)

func main() {
	boundMemory()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// errFound ends a command with exitFound and no words: the result is already on stdout.
var errFound = errors.New("found")

// hintError carries a line that tells what to do about it.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends even a read that blocks
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFound
	}
	printError(stderr, err)
	return exitError
}

// printError writes each of joined errors on a line of its own, with its hint.
func printError(w io.Writer, err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			printError(w, e)
		}
		return
	}
	fmt.Fprintf(w, "auditpy: error: %s\n", printable(err.Error()))
	var h *hintError
	if errors.As(err, &h) {
		fmt.Fprintf(w, "auditpy: hint: %s\n", h.hint)
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "auditpy",
		Short:         "One complete, explained alert per execution, from Linux audit records",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(runCommand(), scanCommand(), eventsCommand(), rulesCommand(), regexCommand(), doctorCommand(), configCommand(), versionCommand())
	return root
}
