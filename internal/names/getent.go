package names

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// getent returns the Lookup that runs usr/bin/getent below root, or nil if there is none.
func getent(root string) Lookup {
	path := filepath.Join(root, "usr/bin/getent")
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return nil
	}
	return func(ctx context.Context, database string, id uint32) (string, error) {
		name, err := run(ctx, path, database, id)
		if err != nil {
			return "", fmt.Errorf("look up %s %d: %w", database, id, err)
		}
		return name, nil
	}
}

// notFound is getent's exit status for a key that is not in the database. See getent(1).
const notFound = 2

func run(ctx context.Context, path, database string, id uint32) (string, error) {
	var out start
	cmd := command(ctx, path, database, strconv.FormatUint(uint64(id), 10))
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == notFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(out, []byte("\n"))
	got, name, ok := parseLine(line)
	if !ok || got != id {
		return "", fmt.Errorf("%q is no answer", line[:min(len(line), 80)])
	}
	return name, nil
}

// command is path with nothing of the agent's environment. Where getent is a script (musl) what it started ends with it,
// hence the process group.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 100 * time.Millisecond // for one that left the group and holds the pipe
	return cmd
}

// start keeps the first maxLine bytes written to it.
type start []byte

func (s *start) Write(p []byte) (int, error) {
	*s = append(*s, p[:min(len(p), maxLine-len(*s))]...)
	return len(p), nil
}
