package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

const (
	logTail     = 64 << 10         // bytes in which the newest record is looked for
	ahead       = 10 * time.Second // of the clock, over which the clock was set
	longSilence = time.Hour
)

// log looks at the log that auditd writes, if that is what is read.
func (x *examination) log() {
	kind, path := x.o.Config.Source.Kind, x.o.Config.Source.File
	if kind != "file" && (kind != "auto" || x.kernel != nil && x.kernel.PID == 0) {
		return
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && kind == "auto" && x.kernel == nil:
		x.unknown("log", "there is none, and whether auditd runs is not known", "run auditpy doctor as root")
		return
	case errors.Is(err, fs.ErrNotExist):
		x.fault("log", err.Error(), "see log_file and write_logs in /etc/audit/auditd.conf, and source.file in the configuration")
		return
	case err != nil:
		x.cannotLook("log", err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		x.cannotLook("log", err)
		return
	}
	x.protected(path, info)
	x.readable(path)
	x.clock(f, info.Size())
}

// protected: whoever writes the log forges it, and whoever reads it reads passwords at times.
func (x *examination) protected(path string, info fs.FileInfo) {
	uid, mode := ownerOf(info), info.Mode().Perm()
	switch {
	case uid != 0 || mode&0o022 != 0:
		x.fault("log", fmt.Sprintf("%s (mode %04o, of uid %d) can be written by others than root", path, mode, uid), "chown root "+path+"; chmod g-w,o-rwx "+path)
	case mode&0o007 != 0:
		x.warn("log", fmt.Sprintf("%s (mode %04o) can be read by all: it holds command lines", path, mode), "chmod o-rwx "+path)
	default:
		x.ok("log", path)
	}
}

// readable tells whether the agent that runs may read the log: what root may says nothing of it.
func (x *examination) readable(path string) {
	if x.agent == 0 {
		return
	}
	who, err := identityOf(x.agent)
	if err != nil {
		x.cannotLook("log access", err)
		return
	}
	if why := who.barred(path); why != "" {
		x.fault("log access", fmt.Sprintf("auditpy (pid %d) may not read %s: %s", x.agent, path, why),
			"set log_group in /etc/audit/auditd.conf to adm, or add the drop-in /usr/share/doc/auditpy/examples/read-log-of-root.conf")
		return
	}
	x.ok("log access", fmt.Sprintf("auditpy (pid %d) may read it", x.agent))
}

// clock compares the newest record with the clock.
func (x *examination) clock(f *os.File, size int64) {
	newest, err := newestRecord(f, size)
	now := x.o.Now()
	switch age := now.Sub(newest); {
	case err != nil:
		x.cannotLook("clock", err)
	case newest.IsZero():
		x.warn("clock", "no record in the log yet", "auditpy doctor --canary makes one")
	case age < -ahead:
		x.fault("clock", fmt.Sprintf("the newest record is %s ahead of the clock: the clock was set back", (-age).Round(time.Second)), "timedatectl status; records of both times are out of order")
	case age > longSilence:
		x.warn("clock", fmt.Sprintf("the newest record is %s old", age.Round(time.Minute)), "auditpy doctor --canary tells whether anything is recorded")
	default:
		x.ok("clock", fmt.Sprintf("the newest record is %s old", max(age, 0).Round(time.Second)))
	}
}

// newestRecord returns the time of the last record of a log; zero if there is none.
func newestRecord(f io.ReaderAt, size int64) (time.Time, error) {
	buf := make([]byte, min(size, logTail))
	n, err := f.ReadAt(buf, size-int64(len(buf)))
	if err != nil && !errors.Is(err, io.EOF) {
		return time.Time{}, err
	}
	var newest int64
	for line := range bytes.Lines(buf[:n]) {
		if rec, err := audit.ParseLine(string(bytes.TrimSuffix(line, []byte("\n")))); err == nil {
			newest = max(newest, rec.ID.Msec)
		}
	}
	if newest == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(newest), nil
}
