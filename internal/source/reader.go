package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/auditpy/auditpy/internal/audit"
)

// sniffed is how much of a file is searched for NUL bytes, and proof how many bad lines in a row at its
// start make it no audit log: one clear error instead of thousands.
const (
	sniffed = 4 << 10
	proof   = 16
)

// Reader reads an archive to its end: plain text, gzip or zstd, told apart by their first bytes.
type Reader struct {
	cut   cutter
	r     io.Reader
	close []func() error
	begun bool
	held  []outcome // of the first lines, until one of them proved to be a record
	err   error     // why reading ended; io.EOF once it was returned
	file  *counted  // nil if it is no file
}

// stamp is in every record of a log.
var stamp = []byte("msg=audit(")

type outcome struct {
	rec audit.Record
	err error
}

// Open opens the file at name. Its records have a Mark.
func Open(name string) (*Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	c := &counted{r: f}
	r := NewReader(name, c)
	r.cut.marks, r.file = true, c
	r.close = append(r.close, f.Close)
	return r, nil
}

// NewReader reads from rd, which is called name in errors. Close does not close rd.
func NewReader(name string, rd io.Reader) *Reader {
	return &Reader{cut: cutter{lines: lines{name: name, numbered: true}}, r: rd}
}

// Next returns the next record: see Source. After the error that ended the file it returns io.EOF.
func (r *Reader) Next(ctx context.Context) (rec audit.Record, err error) {
	err = r.read(ctx, &rec)
	return rec, err
}

// read is Next without a copy of the record, which costs more than to find it.
func (r *Reader) read(ctx context.Context, rec *audit.Record) error {
	if !r.begun {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	if len(r.held) > 0 {
		o := r.held[0]
		r.held = r.held[1:]
		*rec = o.rec
		return o.err
	}
	return r.next(ctx, rec)
}

// begin finds out what the file is. It returns only the error of ctx.
func (r *Reader) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.begun = true
	if r.err = r.sniff(); r.err != nil {
		return nil
	}
	for len(r.held) < proof {
		var rec audit.Record
		err := r.next(context.WithoutCancel(ctx), &rec)
		r.held = append(r.held, outcome{rec, err})
		if !isLineError(err) {
			return nil
		}
	}
	if strings.Contains(r.cut.text, string(stamp)) {
		return nil // a bad beginning: a disk that lost power leaves such
	}
	reason := fmt.Sprintf("none of its first %d lines is a record; the first: %v", proof, r.held[0].err)
	r.held, r.err = nil, &NotAuditError{r.cut.name, reason}
	r.cut.text, r.cut.n, r.cut.done = "", 0, 0
	return nil
}

func isLineError(err error) bool {
	var le *LineError
	return errors.As(err, &le)
}

// sniff puts the decompressor in, and looks for NUL bytes, which no audit log begins with.
func (r *Reader) sniff() error {
	br := bufio.NewReaderSize(r.r, sniffed)
	head, err := br.Peek(4)
	if err != nil && err != io.EOF {
		return r.wrap(err)
	}
	rd, err := r.decompress(br, head)
	if err != nil {
		return r.wrap(err)
	}
	if rd != br {
		br = bufio.NewReaderSize(rd, sniffed)
	}
	r.r = br
	head, _ = br.Peek(sniffed) // an error stays, and is met again by the next read
	if i := bytes.IndexByte(head, 0); i >= 0 && !bytes.Contains(head, stamp) {
		return &NotAuditError{r.cut.name, fmt.Sprintf("binary data (NUL at byte %d)", i)}
	}
	return nil
}

func (r *Reader) decompress(br *bufio.Reader, head []byte) (io.Reader, error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}): // RFC 1952 §2.3.1
		return gzip.NewReader(br)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}): // RFC 8878 §3.1.1
		// One goroutine fewer to leak, and a bound for what a file may ask for: zstd --long=27.
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err == nil {
			r.close = append(r.close, func() error { d.Close(); return nil })
		}
		return d, err
	}
	return br, nil
}

// next puts the next record into rec, or says why there is none.
func (r *Reader) next(ctx context.Context, rec *audit.Record) error {
	for {
		if ok, err := r.cut.next(rec); ok || err != nil {
			return err
		}
		if r.err != nil && r.cut.pending() > 0 {
			r.cut.finish()
			continue
		}
		if err := r.err; err != nil {
			r.err = io.EOF
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.cut.fill(r.r.Read); err != nil {
			r.err = r.wrap(err)
		}
	}
}

// wrap names the file in err, once: an *os.PathError does so itself.
func (r *Reader) wrap(err error) error {
	var pe *os.PathError
	if err == io.EOF || errors.As(err, &pe) {
		return err
	}
	return fmt.Errorf("read %q: %w", r.cut.name, err)
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	var errs []error
	for i := len(r.close) - 1; i >= 0; i-- {
		errs = append(errs, r.close[i]())
	}
	r.close = nil
	return errors.Join(errs...)
}
