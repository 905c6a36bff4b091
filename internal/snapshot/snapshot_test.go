package snapshot

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/internal/audit"
)

const kind = "test\n"

func sample() []byte {
	return Append([]byte("before"), kind, 2, func(w *Writer) {
		w.Uint(math.MaxUint64)
		w.Int(math.MinInt64)
		w.Bool(true)
		w.Float(-0.5)
		w.Text("\x00\xff")
		w.ID(audit.ID{Node: "web", Msec: -1, Serial: 7})
		w.ID(audit.ID{Node: "web", Msec: 1})
		w.Part(func() { w.Text("passed over") })
		w.Part(func() { w.Count(3) })
	})[len("before"):]
}

func TestFrame(t *testing.T) {
	r, rest, err := Open(append(sample(), "rest"...), kind, 2)
	if err != nil || string(rest) != "rest" || r.Version != 2 {
		t.Fatalf("Open: %q, %v", rest, err)
	}
	if a, b, c, d, e := r.Uint(), r.Int(), r.Bool(), r.Float(), r.Text(); a != math.MaxUint64 || b != math.MinInt64 || !c || d != -0.5 || e != "\x00\xff" {
		t.Errorf("read %d %d %v %v %q", a, b, c, d, e)
	}
	if id, next := r.ID(), r.ID(); id != (audit.ID{Node: "web", Msec: -1, Serial: 7}) || next != (audit.ID{Node: "web", Msec: 1}) {
		t.Errorf("read %v and %v", id, next)
	}
	r.Part()
	p := r.Part()
	if n := p.Size(3); n != 3 || p.Err() != nil || r.Err() != nil {
		t.Errorf("part %d, %v, %v", n, p.Err(), r.Err())
	}
	r.End()
	if r.Err() != nil {
		t.Error(r.Err())
	}
}

// TestDamage: no cut and no changed bit goes unnoticed.
func TestDamage(t *testing.T) {
	whole := sample()
	for n := range whole {
		if _, _, err := Open(whole[:n], kind, 2); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for bit := range 8 * len(whole) {
		b := slices.Clone(whole)
		b[bit/8] ^= 1 << (bit % 8)
		if _, _, err := Open(b, kind, math.MaxUint32); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	if _, _, err := Open(whole, "other", 2); !errors.Is(err, ErrCorrupt) {
		t.Error("a frame of another kind is taken")
	}
}

func TestVersions(t *testing.T) {
	if _, _, err := Open(sample(), kind, 1); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "version 2, want 1") {
		t.Errorf("later version: %v", err)
	}
	if r, _, err := Open(sample(), kind, 3); err != nil || r.Version != 2 {
		t.Errorf("earlier version: %v", err)
	}
}

func TestReaderFails(t *testing.T) {
	for name, read := range map[string]func(*Reader){
		"text":   func(r *Reader) { r.Text() },
		"count":  func(r *Reader) { r.Count() },
		"size":   func(r *Reader) { r.Size(9) },
		"index":  func(r *Reader) { r.Index(0) },
		"bool":   func(r *Reader) { r.Bool() },
		"float":  func(r *Reader) { r.Float() },
		"part":   func(r *Reader) { r.Part() },
		"number": func(r *Reader) { r.Uint(); r.Uint() },
		"end":    func(r *Reader) { r.End() },
		"id":     func(r *Reader) { r.ID() },
	} {
		r := &Reader{b: []byte{200, 1}}
		if read(r); !errors.Is(r.Err(), ErrCorrupt) {
			t.Errorf("%s: no error", name)
		}
		if r.Uint() != 0 || r.Int() != 0 || r.Text() != "" || r.Bool() || r.Float() != 0 || r.ID() != (audit.ID{}) || r.Part().Err() == nil {
			t.Errorf("%s: more was read after an error", name)
		}
	}
}
