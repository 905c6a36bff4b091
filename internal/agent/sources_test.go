package agent

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/builtin"
)

// TestSeveralSources: each attack is told by the log, by a plugin's socket and on standard input, by one of them later than by
// the others or not at all, over a restart: it alerts once.
func TestSeveralSources(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Source.Also = []string{"socket", "stdin"}
	cfg.Source.Socket = filepath.Join(t.TempDir(), "events")
	l, err := net.Listen("unix", cfg.Source.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	appendFile(t, log, "") // else its absence is waited for
	set, _ := rules.Load(builtin.Files())
	var got, want []string
	for life := range 3 {
		pr, pw, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r := &running{t: t, cancel: cancel, done: make(chan error, 1), out: new(lockedBuffer)}
		go func() {
			r.done <- Run(ctx, &cfg, Options{Rules: set, Stdin: pr, Stdout: r.out, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		}()
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			n := 10*life + i
			text := attack(n)
			want = append(want, fmt.Sprintf("n%04d", n))
			if i%4 != 0 {
				appendFile(t, log, text)
			}
			if i%4 != 1 {
				send(t, conn, text)
			}
			if i%4 != 2 {
				send(t, pw, text)
			}
		}
		wait(t, "the alerts", func() bool {
			for _, n := range want[10*life:] {
				if !strings.Contains(r.out.String(), n) {
					return false
				}
			}
			return true
		})
		r.stop()
		conn.Close()
		pw.Close()
		got = append(got, numbers(r.out.String())...)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("alerts = %q, want %q", got, want)
	}
}

func send(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// TestSourceBesides: a source to read besides that cannot be opened does not keep the agent from the first.
func TestSourceBesides(t *testing.T) {
	cfg, log := testConfig(t)
	cfg.Source.Kind, cfg.Source.Also = "stdin", []string{"file"}
	if err := os.Mkdir(log, 0o700); err != nil { // no log can be there
		t.Fatal(err)
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	set, _ := rules.Load(builtin.Files())
	out := new(lockedBuffer)
	done := make(chan error)
	go func() {
		done <- Run(t.Context(), &cfg, Options{Rules: set, Stdin: pr, Stdout: out, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	}()
	send(t, pw, attack(7))
	pw.Close()
	if err := <-done; err != nil || !strings.Contains(out.String(), "n0007") {
		t.Errorf("Run = %v, output %q", err, out)
	}
	cfg.Source.Kind, cfg.Source.Also = "file", []string{"stdin"}
	if err := Run(t.Context(), &cfg, Options{Rules: set, Stdin: strings.NewReader(""), Stdout: out, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}); err == nil {
		t.Error("Run without its first source: no error")
	}
}
