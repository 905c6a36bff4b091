package source

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStream(t *testing.T) {
	text := "bad\n" + records(0, 3000) + "type=SYSCALL msg=aud"
	s := NewStream("stdin", strings.NewReader(text), 0)
	defer s.Close()
	r := readAll(t, s)
	if len(r.lines) != 2 || r.lines[0].Line != 1 || r.lines[1].Line != 3002 || r.marks[2999] != 0 {
		t.Errorf("line errors %v, want lines 1 and 3002; marks %d, want 0", r.lines, r.marks[2999])
	}
	r.lines = nil
	r.want(t, 0, 3000)
	if _, err := s.Next(context.Background()); err != io.EOF {
		t.Errorf("Next at the end = %v, want io.EOF again", err)
	}
}

func TestStreamIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pr, pw := io.Pipe()
		s := NewStream("stdin", pr, time.Second)
		start := time.Now()
		if _, err := s.Next(t.Context()); err != ErrIdle || time.Since(start) != time.Second {
			t.Errorf("Next = %v after %v, want ErrIdle after 1s", err, time.Since(start))
		}
		go io.WriteString(pw, record(0, 100)[:50])
		if _, err := s.Next(t.Context()); err != ErrIdle {
			t.Errorf("Next with half a line = %v, want ErrIdle", err)
		}
		go io.WriteString(pw, record(0, 100)[50:])
		if rec, err := s.Next(t.Context()); err != nil || rec.ID.Serial != 1 {
			t.Errorf("Next = %v, %v, want record 1", rec, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Next = %v, want context.Canceled", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-s.done
	})
}

// endless has the same record for ever.
type endless struct{ line string }

func (e endless) Read(p []byte) (int, error) {
	n := copy(p, e.line)
	return n, nil
}

// TestStreamBounded reads nothing while the writer goes on.
func TestStreamBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStream("stdin", endless{record(0, 1000)}, 0)
		synctest.Wait() // the reader goroutine is blocked: its memory is full
		if n := s.ahead.Len(); n > streamBuffer || n < streamBuffer-1000 {
			t.Errorf("%d bytes read ahead, want %d", n, streamBuffer)
		}
		if _, err := s.Next(t.Context()); err != nil {
			t.Error(err)
		}
		s.Close()
		<-s.done
	})
}

func TestStreamPipeClose(t *testing.T) {
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pw.Close()
	s := NewStream("stdin", pr, 0)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	<-s.done
}
