// Package procfs reads a process from /proc: one that started before the agent did, or that no audit
// record told of.
//
// What it tells is the process of now, not of the time of the record, and a process may write its own
// command line. So it only fills a parent that is missing, and the answer says where it came from.
package procfs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/event"
)

// FS is a mounted proc file system.
type FS struct{ root string }

// New returns the proc file system mounted at root, usually "/proc".
func New(root string) FS { return FS{root} }

// maxCommandLine bounds what is kept of a command line, in bytes.
const maxCommandLine = 64 << 10

// Process returns the process with this pid, or nil if there is none that can be read. Reading the
// executable of another user's process takes CAP_SYS_PTRACE; without it Exe is empty.
func (fs FS) Process(pid int) *event.Process {
	dir := filepath.Join(fs.root, strconv.Itoa(pid))
	p := &event.Process{PID: pid, UID: -1, EUID: -1, AUID: -1, Session: -1, Source: event.FromProc}
	started, err := readStat(p, dir)
	if err != nil {
		return nil
	}
	p.Exe, _ = os.Readlink(filepath.Join(dir, "exe"))
	p.CWD, _ = os.Readlink(filepath.Join(dir, "cwd"))
	if line, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil {
		p.Args, p.ArgsWhole = args(line)
		p.CommandLine = strings.Join(p.Args, " ")
	}
	if info, err := os.Stat(dir); err == nil {
		p.UID = owner(info)
	}
	if p.UID == 0 {
		p.User = "root"
	}
	p.Start.Msec = startTime(started)
	sum := sha256.Sum256(fmt.Appendf(nil, "proc\x00%d\x00%d", pid, started))
	p.EntityID = hex.EncodeToString(sum[:8])
	return p
}

// readStat reads comm, ppid and the start time, in clock ticks since boot, from stat. See proc_pid_stat(5).
func readStat(p *event.Process, dir string) (started int64, err error) {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return 0, err
	}
	// comm stands in parentheses and may hold some itself, so the last one ends it.
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return 0, errors.New("no command name in stat")
	}
	fields := strings.Fields(string(stat[end+1:])) // from field 3 on
	if len(fields) < 20 {
		return 0, errors.New("short stat")
	}
	p.Comm = string(stat[open+1 : end])
	if p.PPID, err = strconv.Atoi(fields[1]); err != nil {
		return 0, err
	}
	return strconv.ParseInt(fields[19], 10, 64)
}

// startTime turns clock ticks since boot, of which Linux shows user space 100 a second, into Unix milliseconds. It is
// exact to a second: /proc/stat has the time of boot, but a service may not see it.
func startTime(ticks int64) int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return time.Now().UnixMilli() - info.Uptime*1000 + ticks*10
}

// args splits a command line: NUL ends each argument. A process that wrote its own title may leave none.
func args(line []byte) (_ []string, whole bool) {
	if len(line) == 0 {
		return nil, false
	}
	whole = len(line) <= maxCommandLine
	line = bytes.TrimSuffix(line[:min(len(line), maxCommandLine)], []byte{0})
	return strings.Split(string(line), "\x00"), whole
}
