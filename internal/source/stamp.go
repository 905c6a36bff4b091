package source

import (
	"bytes"
	"io"
	"os"

	"github.com/auditpy/auditpy/internal/audit"
)

// stampSpan is how far a record is looked for: seven times auditd's longest.
const stampSpan = 64 << 10

// stampBefore returns the stamp of the last record that ends at off or before; false if there is none nearby.
func stampBefore(fd *os.File, off int64) (Stamp, bool) {
	start := max(0, off-stampSpan)
	b := readAt(fd, start, int(off-start))
	for len(b) > 0 {
		b = bytes.TrimSuffix(b, []byte("\n"))
		i := bytes.LastIndexByte(b, '\n') + 1
		if st, ok := stampOf(b[i:]); ok && (i > 0 || start == 0) {
			return st, true
		}
		b = b[:i]
	}
	return Stamp{}, false
}

// stampNewest returns the latest stamp at the end of a file; false if there is none. The last record need not have it: a
// record has the time at which its system call began, and accept may wait for hours.
func stampNewest(fd *os.File, size int64) (newest Stamp, ok bool) {
	start := max(0, size-stampSpan)
	for line := range bytes.Lines(readAt(fd, start, int(size-start))) {
		if st, is := stampOf(bytes.TrimSuffix(line, []byte("\n"))); is {
			ok = true
			if st.after(newest) {
				newest = st
			}
		}
	}
	return newest, ok
}

// stampAfter returns the stamp of the first record of a file; false if there is none nearby.
func stampAfter(fd *os.File) (Stamp, bool) {
	for line := range bytes.Lines(readAt(fd, 0, stampSpan)) {
		if st, ok := stampOf(bytes.TrimSuffix(line, []byte("\n"))); ok {
			return st, true
		}
	}
	return Stamp{}, false
}

// readAt reads what there is: a file that cannot be read has no stamps, and the next real read tells why.
func readAt(fd *os.File, off int64, size int) []byte {
	b := make([]byte, size)
	n, err := fd.ReadAt(b, off)
	if err != nil && err != io.EOF {
		return nil
	}
	return b[:n]
}

// stampOf reads the stamp of a line. DAEMON records count their serials on their own.
func stampOf(line []byte) (Stamp, bool) {
	r, err := audit.ParseLine(string(line))
	if err != nil || r.Type.Daemon() {
		return Stamp{}, false
	}
	return Stamp{r.ID.Msec, r.ID.Serial}, true
}
