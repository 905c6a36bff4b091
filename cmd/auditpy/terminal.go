package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/source"
)

// isTerminal reports whether a person reads w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// columns is the width of a terminal, 0 if it is not known.
func columns(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// colors decides as https://no-color.org asks for.
func colors(when string, onTerminal bool) bool {
	if when != "auto" {
		return when == "always"
	}
	return onTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// progress shows on a terminal how far a long scan is, on a line that goes away; elsewhere it shows nothing. What is written to it goes
// through to standard error.
type progress struct {
	w      io.Writer
	src    source.Progress // nil: nothing is shown
	alerts int
	events int
	next   time.Time
	shown  bool
}

// A scan that takes less than patience shows no progress; then it is shown this often.
const (
	patience = 500 * time.Millisecond
	often    = 100 * time.Millisecond
)

func newProgress(w io.Writer, src source.Source) *progress {
	p := &progress{w: w, next: time.Now().Add(patience)}
	if s, ok := src.(source.Progress); ok && isTerminal(w) {
		p.src = s
	}
	return p
}

// event is the loop's OnEvent. The clock is asked for one event in 256.
func (p *progress) event(*event.Event) error {
	if p.events++; p.src == nil || p.events%256 != 0 {
		return nil
	}
	if now := time.Now(); now.After(p.next) {
		p.next = now.Add(often)
		p.show()
	}
	return nil
}

func (p *progress) show() {
	done, total := p.src.Progress()
	percent := int64(100)
	if total > 0 {
		percent = min(100*done/total, 100)
	}
	p.shown = true
	fmt.Fprintf(p.w, "\r\x1b[Kreading: %d %% of %d MB, %d alerts", percent, total>>20, p.alerts)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		p.shown = false
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *progress) Write(b []byte) (int, error) {
	p.clear()
	return p.w.Write(b)
}
