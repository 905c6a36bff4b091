package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/auditpy/auditpy/internal/audit"
)

func compressed(t *testing.T, kind, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if kind == "zstd" {
		var err error
		if w, err = zstd.NewWriter(&b); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReader(t *testing.T) {
	text := records(0, 5000)
	for name, data := range map[string][]byte{
		"plain": []byte(text), "gzip": compressed(t, "gzip", text), "zstd": compressed(t, "zstd", text),
		"two gzip members": append(compressed(t, "gzip", records(0, 7)), compressed(t, "gzip", records(7, 5000))...),
		"no last newline":  []byte(strings.TrimSuffix(text, "\n")),
		"blank lines":      []byte("\n \n" + strings.ReplaceAll(text, "\n", "\n\n")),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(write(t, t.TempDir(), "audit.log", string(data)))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			readAll(t, r).want(t, 0, 5000)
		})
	}
}

func TestReaderSmallReads(t *testing.T) {
	readAll(t, NewReader("in", iotest.OneByteReader(strings.NewReader(records(0, 50))))).want(t, 0, 50)
	readAll(t, NewReader("in", iotest.DataErrReader(strings.NewReader(strings.TrimSuffix(records(0, 50), "\n"))))).want(t, 0, 50)
}

func TestReaderEmpty(t *testing.T) {
	readAll(t, NewReader("in", strings.NewReader(""))).want(t, 0, 0)
}

func TestReaderBadLines(t *testing.T) {
	good := record(0, 100)
	tests := []struct {
		name, text  string
		records     int
		line, off   int64
		want, begin string
	}{
		{"first", "garbage\n" + good, 1, 1, 0, `in:1: byte 0: no "type="`, "garbage"},
		{"middle", good + "\ntype=CWD msg=audit(x)\n" + good, 2, 3, int64(len(good)) + 1, "in:3: byte 19", "type=CWD msg=audit(x)"},
		{"torn", good + "type=SYSCALL msg=audit(17000", 1, 2, int64(len(good)), "in:2: torn line: byte 28", "type=SYSCALL msg"},
		{"long", good + strings.Repeat("y", 3<<20) + "\n" + good, 2, 2, int64(len(good)), "in:2: byte 1048576: line longer", "yyyy"},
		{"just too long", good + strings.Repeat("y", maxLine+1) + "\n" + good, 2, 2, int64(len(good)), "in:2: byte 1048576: line longer", "yyyy"},
		{"long at the end", good + strings.Repeat("y", 3<<20), 1, 2, int64(len(good)), "in:2: byte 1048576: line longer", "yyyy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := readAll(t, NewReader("in", strings.NewReader(tt.text)))
			if len(res.got) != tt.records || len(res.lines) != 1 || len(res.other) > 0 {
				t.Fatalf("%d records, line errors %v, others %v; want %d and one line error", len(res.got), res.lines, res.other, tt.records)
			}
			e := res.lines[0]
			var se *audit.SyntaxError
			if e.Line != tt.line || e.Offset != tt.off || !strings.HasPrefix(e.Error(), tt.want) || !strings.HasPrefix(e.Text, tt.begin) ||
				len(e.Text) > 512 || !errors.As(e, &se) {
				t.Errorf("%#v prints %q; want line %d, offset %d, %q", e, e, tt.line, tt.off, tt.want)
			}
		})
	}
}

func TestReaderNotAudit(t *testing.T) {
	for name, text := range map[string]string{
		"binary": "\x7fELF\x02\x01\x01\x00\x00\x00" + strings.Repeat("\x00\n", 5000),
		"text":   strings.Repeat("Nov 21 14:00:00 host sshd[1]: Accepted\n", 5000),
	} {
		res := readAll(t, NewReader(name, strings.NewReader(text)))
		var na *NotAuditError
		if len(res.other) != 1 || !errors.As(res.other[0], &na) || len(res.lines)+len(res.got) > 0 {
			t.Errorf("%s: %d records, %d line errors, others %v; want one NotAuditError", name, len(res.got), len(res.lines), res.other)
		}
	}
	res := readAll(t, NewReader("in", strings.NewReader(strings.Repeat("x\n", 15)+records(0, 3))))
	if len(res.got) != 3 || len(res.lines) != 15 || len(res.other) > 0 {
		t.Errorf("15 bad lines before 3 records: %d records, %d line errors, others %v", len(res.got), len(res.lines), res.other)
	}
}

func TestReaderTruncated(t *testing.T) {
	text := records(0, 20000)
	for _, kind := range []string{"gzip", "zstd"} {
		data := compressed(t, kind, text)
		res := readAll(t, NewReader("audit.log.gz", bytes.NewReader(data[:len(data)*9/10])))
		if len(res.got) < 1000 || len(res.other) != 1 || !errors.Is(res.other[0], io.ErrUnexpectedEOF) ||
			!strings.Contains(res.other[0].Error(), "audit.log.gz") {
			t.Errorf("%s: %d records, errors %v; want what is readable, then io.ErrUnexpectedEOF", kind, len(res.got), res.other)
		}
	}
	data := compressed(t, "gzip", text)
	data[len(data)/2] ^= 0xff
	if res := readAll(t, NewReader("x", bytes.NewReader(data))); len(res.other) != 1 {
		t.Errorf("damaged gzip: errors %v, want one", res.other)
	}
}

func TestReaderContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := NewReader("in", strings.NewReader("x")).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next = %v, want context.Canceled", err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	names := []string{
		write(t, dir, "audit.log", records(3000, 4000)),
		write(t, dir, "empty", ""),
		write(t, dir, "audit.log.1", "torn\n"+records(2000, 3000)),
		dir + "/missing",
		write(t, dir, "binary", "\x00\x01\x02"),
		write(t, dir, "audit.log.3.gz", string(compressed(t, "gzip", records(0, 1000)))),
		write(t, dir, "audit.log.2", records(1000, 2000)),
		dir,
		dir + "/audit.log", // named twice
	}
	s, errs := Files(names)
	if len(errs) != 3 {
		t.Errorf("errors %v, want three: missing, binary, a directory", errs)
	}
	res := readAll(t, s)
	if len(res.lines) != 1 || res.lines[0].Source != names[2] {
		t.Errorf("line errors %v, want the torn one", res.lines)
	}
	res.lines = nil
	res.want(t, 0, 4000)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// FuzzReader holds that whatever stands in a file, reading ends, offsets grow, and no line is in two
// outcomes.
func FuzzReader(f *testing.F) {
	f.Add([]byte(records(0, 3)))
	f.Add([]byte("x\n\n" + record(1, 100) + "type=CWD"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := NewReader("in", bytes.NewReader(data))
		r.cut.marks = true
		defer r.Close()
		res := readAll(t, r)
		for i := 1; i < len(res.marks); i++ {
			if res.marks[i] <= res.marks[i-1] {
				t.Fatalf("mark %d after %d", res.marks[i], res.marks[i-1])
			}
		}
		plain := !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) && !bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd})
		if n := len(res.got) + len(res.lines); plain && n > bytes.Count(data, []byte("\n"))+1 {
			t.Fatalf("%d outcomes of %d lines", n, bytes.Count(data, []byte("\n"))+1)
		}
	})
}

// TestBadBeginning: a disk that lost power leaves zeros, or lines without an end, before good records.
func TestBadBeginning(t *testing.T) {
	for name, head := range map[string]string{"zeros": strings.Repeat("\x00", 900) + "\n", "bad lines": strings.Repeat("xxx\n", 40)} {
		r := NewReader("in", strings.NewReader(head+records(0, 50)))
		if res := readAll(t, r); len(res.got) != 50 || len(res.other) != 0 {
			t.Errorf("%s: %d records, errors %v", name, len(res.got), res.other)
		}
	}
}
