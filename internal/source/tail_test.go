package source

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestTail(t *testing.T) {
	name := write(t, t.TempDir(), "audit.log", records(0, 3)+"bad\n\n")
	s, err := OpenTail(name, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := &result{}
	read := func(n int) {
		for range n {
			rec, err := s.Next(t.Context())
			r.add(rec, err)
		}
	}
	read(4)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	half := record(3, 200)
	for _, part := range []string{half[:50], half[50:]} {
		if _, err := f.WriteString(part); err != nil {
			t.Fatal(err)
		}
	}
	read(1)
	if len(r.lines) != 1 || r.lines[0].Line != 4 {
		t.Errorf("line errors %v, want one in line 4", r.lines)
	}
	r.lines = nil
	r.want(t, 0, 4)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTailPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenTail(name, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r := &result{}
	for i := range 3 { // each another writer
		w, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(record(i, 200)); err != nil {
			t.Fatal(err)
		}
		w.Close()
		rec, err := s.Next(t.Context())
		r.add(rec, err)
	}
	r.want(t, 0, 3)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTailRefuses(t *testing.T) {
	for _, name := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none"), os.DevNull} {
		if s, err := OpenTail(name, 0); err == nil {
			s.Close()
			t.Errorf("OpenTail(%q): no error", name)
		}
	}
}
