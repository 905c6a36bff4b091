package source

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/audit"
)

// soak is set by make soak: the sizes of a night instead of those of a commit.
var soak = os.Getenv("AUDITPY_SOAK") != ""

// size returns how much of a test is run: whole in a soak, less for a commit, and still less where it is slow.
func size(whole, commit int) int {
	switch {
	case soak && !raced:
		return whole
	case raced || testing.Short():
		return max(1, commit/10)
	}
	return commit
}

// auditd writes and rotates a log as auditd does, system call by system call (audit-userspace 4.x, src/auditd-event.c):
// fprintf through a buffer of 4,096 bytes, so that a long record takes several writes; for a rotation fchmod and fchown on the
// open file, fclose, the renames from the oldest down, and only then a new file that has its owner last.
type auditd struct {
	t       testing.TB
	path    string
	numLogs int           // 0: keep_logs, without a bound
	maxSize int64         // bytes after which it rotates; 0: never by itself
	gid     int           // log_group; -1: none
	window  time.Duration // between the new file and its group
	perSec  int           // lines a second; 0: as fast as it goes
	behind  func(a *auditd)

	f      *os.File
	size   int64
	next   int // number of the next line
	files  int
	inodes map[uint64]bool
	reused int // new files with the inode of an earlier one
	began  time.Time
}

func newAuditd(t testing.TB, dir string) *auditd {
	a := &auditd{t: t, path: filepath.Join(dir, "audit.log"), gid: -1, inodes: make(map[uint64]bool), began: time.Now()}
	a.open()
	t.Cleanup(func() { a.f.Close() })
	return a
}

func (a *auditd) must(err error) {
	if err != nil {
		a.t.Error(err)
	}
}

// open is open_audit_log: created with O_EXCL, closed, opened again; the group comes last.
func (a *auditd) open() {
	fd, err := os.OpenFile(a.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o640)
	a.must(err)
	a.must(fd.Close())
	a.f, err = os.OpenFile(a.path, os.O_WRONLY|os.O_APPEND, 0)
	a.must(err)
	if a.gid >= 0 {
		a.must(a.f.Chmod(0o640))
		time.Sleep(a.window)
		a.must(a.f.Chown(0, a.gid))
	} else {
		a.must(a.f.Chmod(0o600))
	}
	st, err := fstat(a.f)
	a.must(err)
	if a.inodes[st.ino] {
		a.reused++
	}
	a.inodes[st.ino] = true
	a.size = 0
	a.files++
}

func (a *auditd) rotate() {
	mode := os.FileMode(0o400)
	if a.gid >= 0 {
		mode = 0o440
	}
	a.must(a.f.Chmod(mode))
	if a.gid >= 0 {
		a.must(a.f.Chown(0, a.gid))
	}
	a.must(a.f.Close())
	if a.behind != nil {
		a.behind(a)
	}
	a.shift()
	a.must(os.Rename(a.path, a.name(1)))
	a.open()
}

func (a *auditd) name(n int) string { return a.path + "." + strconv.Itoa(n) }

// shift renames the rotated files; the oldest is overwritten.
func (a *auditd) shift() {
	last := a.files
	if a.numLogs > 0 && last > a.numLogs-1 {
		last = a.numLogs - 1
	}
	for n := last; n > 1; n-- {
		if err := os.Rename(a.name(n-1), a.name(n)); err != nil && !errors.Is(err, os.ErrNotExist) {
			a.must(err)
		}
	}
}

// copyTruncate is logrotate's: nothing is written between the copy and the truncation.
func (a *auditd) copyTruncate() {
	a.shift()
	b, err := os.ReadFile(a.path)
	a.must(err)
	a.must(os.WriteFile(a.name(1), b, 0o600))
	a.must(os.Truncate(a.path, 0))
	a.size = 0
	a.files++
}

// line writes the next line: 150 to 400 bytes, one of a hundred longer than the buffer.
func (a *auditd) line() {
	n := 150 + a.next*37%250
	if a.next%100 == 99 {
		n = 4200 + a.next*53%4000
	}
	a.write(numbered(a.next, n))
	a.next++
}

// write is fprintf to a line-buffered FILE of 4,096 bytes.
func (a *auditd) write(line string) {
	for part := range slices.Chunk([]byte(line), 4096) {
		n, err := a.f.Write(part)
		a.must(err)
		a.size += int64(n)
	}
}

// lines writes n lines at the rate and rotates after maxSize.
func (a *auditd) lines(n int) {
	for range n {
		a.line()
		if a.maxSize > 0 && a.size > a.maxSize {
			a.rotate()
		}
		if a.perSec > 0 && a.next%64 == 0 {
			due := a.began.Add(time.Duration(a.next) * time.Second / time.Duration(a.perSec))
			if d := time.Until(due); d > time.Millisecond {
				time.Sleep(d)
			}
		}
	}
}

// rotations writes until n rotations are done, and a few lines more.
func (a *auditd) rotations(n int) {
	for a.files <= n {
		a.lines(1)
	}
	a.lines(20)
}

// numbered returns line i of size bytes at least, with its own checksum.
func numbered(i, size int) string {
	line := strings.TrimSuffix(record(i, size-13), "\n")
	return fmt.Sprintf("%s crc=%08x\n", line, crc32.ChecksumIEEE([]byte(line[strings.IndexByte(line, '"'):])))
}

// whole reports whether a record is as numbered made it.
func whole(body string) bool {
	i := strings.LastIndex(body, " crc=")
	if i < 0 || !strings.HasPrefix(body, "cwd=") {
		return false
	}
	return fmt.Sprintf(" crc=%08x", crc32.ChecksumIEEE([]byte(body[len("cwd="):i]))) == body[i:]
}

// tally is what became of numbered lines.
type tally struct {
	Seen   map[int]int // how often each line came
	Torn   int
	Gaps   []string
	Errors []string
	gaps   []*GapError
}

func (y *tally) add(rec audit.Record, err error) {
	var gap *GapError
	switch {
	case errors.As(err, &gap):
		y.gaps, y.Gaps = append(y.gaps, gap), append(y.Gaps, err.Error())
	case err != nil:
		y.Errors = append(y.Errors, err.Error())
	case !whole(rec.Body):
		y.Torn++
	default:
		if y.Seen == nil {
			y.Seen = make(map[int]int)
		}
		y.Seen[int(rec.ID.Serial)-1]++
	}
}

// counts returns how many of the lines from to to are missing, and how often one came again.
func (y *tally) counts(from, to int) (lost, repeated int) {
	for i := from; i < to; i++ {
		if y.Seen[i] == 0 {
			lost++
		}
	}
	for _, n := range y.Seen {
		repeated += n - 1
	}
	return lost, repeated
}

// want fails unless lines 0 to n came once each.
func (y *tally) want(t testing.TB, n int) {
	t.Helper()
	lost, repeated := y.counts(0, n)
	t.Logf("%d lines: %d lost, %d repeated, %d torn, %d gaps", n, lost, repeated, y.Torn, len(y.Gaps))
	if lost+repeated+y.Torn+len(y.Gaps)+len(y.Errors) > 0 || len(y.Seen) != n {
		t.Errorf("%d lines, %d came: %d lost, %d repeated, %d torn; gaps %q, errors %q", n, len(y.Seen), lost, repeated, y.Torn, y.Gaps, y.Errors)
	}
}

// beside runs write beside a reader of the log, until the reader has nothing more to read.
func beside(t *testing.T, a *auditd, write func(), each func(n int64)) *tally {
	t.Helper()
	f := follow(t, a.path, FollowOptions{FromStart: true, Poll: 5 * time.Millisecond, Idle: 100 * time.Millisecond})
	done := make(chan struct{})
	go func() {
		defer close(done)
		write()
	}()
	y, seen := &tally{}, int64(0)
	for ended := false; ; {
		rec, err := f.Next(t.Context())
		if t.Context().Err() != nil {
			t.Fatal("no end")
		}
		if err != ErrIdle {
			y.add(rec, err)
			seen++
			if each != nil {
				each(seen)
			}
			continue
		}
		if ended {
			return y
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
}

// gate holds the writer's rotation until the reader is at most lines behind: what auditd removes unread is lost for
// any reader, and how fast this machine is must not decide a test.
func gate(a *auditd, lines int64) (each func(n int64)) {
	var seen atomic.Int64
	a.behind = func(a *auditd) {
		for deadline := time.Now().Add(30 * time.Second); int64(a.next)-seen.Load() > lines && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
	}
	return func(n int64) { seen.Store(n) }
}

// onExt4 reports whether a new file gets the inode number of one just removed.
func onExt4(dir string) bool {
	var st syscall.Statfs_t
	return syscall.Statfs(dir, &st) == nil && st.Type == 0xef53
}
