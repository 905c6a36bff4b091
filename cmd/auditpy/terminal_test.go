package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

type halfway struct{}

func (halfway) Progress() (int64, int64) { return 55 << 20, 110 << 20 }

// TestProgress: the line comes now and then, and is gone before anything else is written.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, nil)
	if p.src != nil {
		t.Fatal("progress in what is no terminal")
	}
	for range 1000 {
		_ = p.event(nil)
	}
	p.clear()
	if b.Len() > 0 {
		t.Errorf("without a terminal: %q", b.String())
	}
	p.src, p.alerts, p.next = halfway{}, 3, time.Now()
	for range 1024 {
		_ = p.event(nil)
	}
	_, _ = io.WriteString(p, "auditpy: warning: x\n")
	want := "\r\x1b[Kreading: 50 % of 110 MB, 3 alerts\r\x1b[Kauditpy: warning: x\n"
	if got := b.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.clear()
	if strings.Count(b.String(), "\x1b") != 2 {
		t.Errorf("cleared twice: %q", b.String())
	}
}

func TestColors(t *testing.T) {
	for _, tt := range []struct {
		when, noColor, term string
		terminal, want      bool
	}{
		{"auto", "", "xterm", true, true}, {"auto", "", "xterm", false, false}, {"auto", "1", "xterm", true, false}, {"auto", "", "dumb", true, false},
		{"always", "1", "dumb", false, true}, {"never", "", "xterm", true, false},
	} {
		t.Setenv("NO_COLOR", tt.noColor)
		t.Setenv("TERM", tt.term)
		if got := colors(tt.when, tt.terminal); got != tt.want {
			t.Errorf("colors(%q, %v) = %v with NO_COLOR=%q TERM=%q", tt.when, tt.terminal, got, tt.noColor, tt.term)
		}
	}
}
