// Package procfs reads a process from /proc: one that started before the agent did, or that no audit
// record told of.
//
// What it tells is the process of now, not of the time of the record, and a process may write its own
// command line. So it only fills a parent that is missing, and the answer says where it came from.
package procfs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/event"
)

// FS is a mounted proc file system.
type FS struct {
	root string
	boot string
}

// New returns the proc file system mounted at root, usually "/proc". A service that sees only processes there is told
// the boot in its environment.
func New(root string) *FS {
	id, err := os.ReadFile(filepath.Join(root, "sys/kernel/random/boot_id"))
	if err != nil {
		id = []byte(os.Getenv("AUDITPY_BOOT_ID"))
	}
	return &FS{root, strings.ReplaceAll(strings.TrimSpace(string(id)), "-", "")} // systemd writes it without
}

// maxCommandLine bounds what is kept of a command line, in bytes.
const maxCommandLine = 64 << 10

// Boot identifies the running boot; "" if /proc does not tell.
func (fs *FS) Boot() string { return fs.boot }

// Process returns the process with this pid, or nil if there is none that can be read. Reading the
// executable of another user's process takes CAP_SYS_PTRACE; without it Exe is empty.
func (fs *FS) Process(pid int) *event.Process {
	dir := filepath.Join(fs.root, strconv.Itoa(pid))
	p := &event.Process{PID: pid, UID: -1, EUID: -1, GID: -1, EGID: -1, AUID: -1, Session: -1, Source: event.FromProc, Boot: fs.boot}
	if err := readStat(p, dir); err != nil {
		return nil
	}
	p.Exe, _ = os.Readlink(filepath.Join(dir, "exe"))
	p.CWD, _ = os.Readlink(filepath.Join(dir, "cwd"))
	if line, err := readCommandLine(filepath.Join(dir, "cmdline")); err == nil {
		p.Args, p.ArgsWhole = args(line)
		p.CommandLine = strings.Join(p.Args, " ")
	}
	if info, err := os.Stat(dir); err == nil {
		p.UID = owner(info)
	}
	if p.UID == 0 {
		p.User = "root"
	}
	p.Start.Msec = startTime(p.Ticks)
	return p
}

// readCommandLine reads no more than is kept: a process can give itself a command line of gigabytes (prctl(2),
// PR_SET_MM_MAP).
func readCommandLine(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxCommandLine+1))
}

// Start returns when the process started: in clock ticks since boot, 0 if there is no such process, and in Unix
// milliseconds.
func (fs *FS) Start(pid int) (ticks, msec int64) {
	var p event.Process
	if err := readStat(&p, filepath.Join(fs.root, strconv.Itoa(pid))); err != nil {
		return 0, 0
	}
	return p.Ticks, startTime(p.Ticks)
}

// All returns the processes that run now.
func (fs *FS) All() []*event.Process {
	dir, err := os.Open(fs.root)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var all []*event.Process
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p := fs.Process(pid); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// readStat reads comm, ppid and the start time from stat. See proc_pid_stat(5).
func readStat(p *event.Process, dir string) error {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return err
	}
	// comm stands in parentheses and may hold some itself, so the last one ends it.
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return errors.New("no command name in stat")
	}
	fields := strings.Fields(string(stat[end+1:])) // from field 3 on
	if len(fields) < 20 {
		return errors.New("short stat")
	}
	p.Comm = string(stat[open+1 : end])
	if p.PPID, err = strconv.Atoi(fields[1]); err != nil {
		return err
	}
	p.Ticks, err = strconv.ParseInt(fields[19], 10, 64)
	return err
}

// startTime turns clock ticks since boot, of which Linux shows user space 100 a second, into Unix milliseconds. It is
// exact to a second: /proc/stat has the time of boot, but a service may not see it.
func startTime(ticks int64) int64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return time.Now().UnixMilli() - int64(info.Uptime)*1000 + ticks*10
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
