package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// Terminal prints alerts for a person who sits in front of one: the paragraph of alert.AppendText with the process tree in it, and in
// colours. What is printed is printable already, so colours are the only escapes in it.
type Terminal struct {
	Color bool
	Tree  bool
	Width int // columns that a line of the tree may take; 0: 120
}

// Escapes of ECMA-48, SGR.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

var levelColors = [...]string{rule.Informational: "\x1b[2m", rule.Low: "\x1b[34m", rule.Medium: "\x1b[33m", rule.High: "\x1b[31m", rule.Critical: "\x1b[1;35m"}

// Append appends the alert.
func (t Terminal) Append(dst []byte, a *alert.Alert) []byte {
	if !t.Color && !t.Tree {
		return a.AppendText(dst)
	}
	tree := t.Tree && len(ancestors(a.Event.Process)) > 1
	head, rest, _ := bytes.Cut(a.AppendText(nil), []byte("\n"))
	dst = append(t.head(dst, string(head), a.Level), '\n')
	for line := range bytes.Lines(rest) {
		if tree && bytes.HasPrefix(line, []byte("  tree ")) { // the same in one line
			continue
		}
		if tree && bytes.HasPrefix(line, []byte("  event ")) {
			dst = t.tree(dst, a)
		}
		dst = t.line(dst, string(line))
	}
	return dst
}

// head paints the level and the title: what stands behind the time.
func (t Terminal) head(dst []byte, head string, level rule.Level) []byte {
	at, rest, ok := strings.Cut(head, " ")
	if !t.Color || !ok {
		return append(dst, head...)
	}
	return append(dst, dim+at+reset+" "+levelColors[level]+bold+rest+reset...)
}

// line dims the name of a field: it stands in the first ten columns, behind two blanks.
func (t Terminal) line(dst []byte, line string) []byte {
	const names = 10
	if !t.Color || len(line) <= names || !strings.HasPrefix(line, "  ") || line[names] != ' ' || strings.TrimSpace(line[:names]) == "" {
		return append(dst, line...)
	}
	return append(dst, dim+line[:names]+reset+line[names:]...)
}

// maxDepth bounds the processes of a tree, from the one that did it upwards.
const maxDepth = 12

// tree prints the ancestors of the process of an alert, the farthest first.
func (t Terminal) tree(dst []byte, a *alert.Alert) []byte {
	chain := ancestors(a.Event.Process)
	for i, p := range chain {
		name := "        "
		if i == 0 {
			name = "tree    "
		}
		branch := ""
		if i > 0 {
			branch = strings.Repeat("   ", i-1) + "└─ "
		}
		line := t.fit(branch + node(p))
		if t.Color && i == len(chain)-1 {
			line = levelColors[a.Level] + line + reset
		}
		if t.Color {
			name = dim + name + reset
		}
		dst = fmt.Appendf(dst, "  %s %s\n", name, line)
	}
	return dst
}

func ancestors(p *event.Process) (chain []*event.Process) {
	for ; p != nil && len(chain) < maxDepth; p = p.Parent {
		chain = append([]*event.Process{p}, chain...)
	}
	return chain
}

func node(p *event.Process) string {
	exe := p.Exe
	if exe == "" {
		exe = "?"
	}
	s := fmt.Sprintf("%d %s", p.PID, alert.Escape(exe))
	if len(p.Args) > 0 {
		s += ": " + alert.CommandLine(p.Args)
	}
	return s
}

// fit cuts a line to the width of the terminal.
func (t Terminal) fit(line string) string {
	width := t.Width
	if width == 0 {
		width = 120
	}
	width = max(width-11, 20) // the name of the field
	n := 0
	for i := range line {
		if n++; n == width && i < len(line)-1 {
			return line[:i] + "…"
		}
	}
	return line
}
