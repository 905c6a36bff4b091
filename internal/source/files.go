package source

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/auditpy/auditpy/internal/audit"
)

// sequence reads files one after another.
type sequence struct {
	names []string // not begun yet
	cur   *Reader  // nil between files
	base  uint64

	begun []begun
	total int64 // bytes of all files, as they lie on the disk
	past  int64 // of these, of the files before cur
}

// begun is where a file that was begun has its place among the marks.
type begun struct {
	name string
	base uint64
}

// Files reads several files in the order of their first records' times and serials, so audit.log*
// in any order reads oldest first. One file is read to its end before the next is begun: logs of
// several hosts that overlap in time are not merged, since events join by node and ID in any order.
//
// Each file that cannot be opened, or is no audit log, has an error in the list; the others are read.
// A file without a single record is read last, for what its lines have wrong.
func Files(names []string) (Source, []error) {
	var errs []error
	var opened []opening
	for _, name := range names {
		info, err := os.Stat(name)
		if err == nil && slices.ContainsFunc(opened, func(o opening) bool { return os.SameFile(o.info, info) }) {
			continue // named twice: its events are read once
		}
		o, err := peek(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		o.info = info
		opened = append(opened, o)
	}
	slices.SortStableFunc(opened, compareOpenings)
	s := &sequence{}
	for _, o := range opened {
		s.names = append(s.names, o.name)
		s.total += o.info.Size()
	}
	return s, errs
}

// opening is where a file begins.
type opening struct {
	name  string
	id    audit.ID
	known bool
	info  os.FileInfo
}

func compareOpenings(a, b opening) int {
	if a.known != b.known {
		if a.known {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.id.Msec, b.id.Msec), cmp.Compare(a.id.Serial, b.id.Serial))
}

// peek reads the file as far as its first record, and closes it again: a whole archive of logs
// would need too many descriptors.
func peek(name string) (opening, error) {
	r, err := Open(name)
	if err != nil {
		return opening{}, err
	}
	defer r.Close()
	for {
		rec, err := r.Next(context.Background())
		if isLineError(err) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return opening{name: name}, nil
		}
		return opening{name: name, id: audit.ID{Msec: rec.ID.Msec, Serial: rec.ID.Serial}, known: true}, err
	}
}

// Next returns the next record of the file being read, or the first of the next file.
func (s *sequence) Next(ctx context.Context) (rec audit.Record, err error) {
	for {
		if s.cur == nil {
			if err := s.open(); err != nil {
				return rec, err
			}
		}
		if err := s.cur.read(ctx, &rec); err != io.EOF {
			return rec, err
		}
		s.base += uint64(s.cur.cut.off)
		if err := s.Close(); err != nil {
			return rec, err
		}
	}
}

func (s *sequence) open() error {
	if len(s.names) == 0 {
		return io.EOF
	}
	r, err := Open(s.names[0])
	s.names = s.names[1:]
	if err != nil {
		return err
	}
	r.cut.base = s.base
	s.begun = append(s.begun, begun{r.cut.name, s.base})
	s.cur = r
	return nil
}

// Close closes the file being read.
func (s *sequence) Close() error {
	if s.cur == nil {
		return nil
	}
	s.past += s.cur.Consumed()
	err := s.cur.Close()
	s.cur = nil
	return err
}
