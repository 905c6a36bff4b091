// Package source hands out audit records from where they are: archives, a log that auditd writes and
// rotates, a pipe, the kernel's multicast group.
//
// What surprised us: an inode number is no identity (ext4 gives the one of a deleted log to the next),
// auditd writes a record of 4,096 bytes in two pieces, so half a line at the end of the file is
// normal, and the multicast group has no flow control: what does not fit the socket is gone.
//
// The invariant: a source hands out each record once and in the order it was written, or it says with
// a *GapError that it could not. Bad input never ends a source that can go on. A source has one owner:
// no method may run beside another.
package source

import (
	"context"
	"errors"
	"fmt"

	"github.com/auditpy/auditpy/internal/audit"
)

// Source hands out records.
type Source interface {
	// Next returns the next record, whose strings are valid until the next call of Next. Its errors:
	//   - io.EOF: the source has ended;
	//   - ErrIdle: a live source had nothing for its idle time; call again;
	//   - *LineError, holding an *audit.SyntaxError: one line is no record; call again;
	//   - *GapError: lines were lost or may have been; call again;
	//   - the error of ctx;
	//   - any other: the rest of this file cannot be read. The next call goes on with the next file,
	//     or returns io.EOF.
	Next(ctx context.Context) (audit.Record, error)
	// Close releases what the source holds. Next must not be called after it.
	Close() error
}

// ErrIdle is returned by a live source when nothing came for its idle time.
var ErrIdle = errors.New("source is idle")

// maxLine bounds a line. auditd cuts records at 8,970 bytes, so a longer line is no audit record.
const maxLine = 1 << 20

// chunk is how much is read at once. Larger chunks gained nothing in BenchmarkArchive.
const chunk = 256 << 10

// LineError is a line that is not an audit record.
type LineError struct {
	Source string // name of the file or stream
	Line   int64  // from 1; 0 if unknown
	Offset int64  // bytes before the line in the source
	Text   string // its first 512 bytes, as they are: escape before printing
	Err    error
}

func (e *LineError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: offset %d: %v", e.Source, e.Offset, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Source, e.Line, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }

// GapError says that records were lost, or may have been, before the next one.
type GapError struct {
	Source string
	Msg    string
	After  Stamp // of the last record before the gap; zero: not known
	Until  Stamp // of the first record after it; zero: not known, it may not be written yet
}

func (e *GapError) Error() string {
	s := e.Source + ": " + e.Msg
	if e.After != (Stamp{}) {
		s += " after " + e.After.String()
	}
	if e.Until != (Stamp{}) {
		s += " before " + e.Until.String()
	}
	return s
}

// Serials returns the first and the last serial that are missing; false if they are not known, or the gap is not within
// one boot.
func (e *GapError) Serials() (first, last uint64, ok bool) {
	if e.After == (Stamp{}) || e.Until == (Stamp{}) || e.Until.Serial <= e.After.Serial+1 {
		return 0, 0, false
	}
	return e.After.Serial + 1, e.Until.Serial - 1, true
}

// NotAuditError is a file that is not an audit log at all.
type NotAuditError struct {
	Source string
	Reason string
}

func (e *NotAuditError) Error() string {
	return fmt.Sprintf("read %q: not an audit log: %s", e.Source, e.Reason)
}
