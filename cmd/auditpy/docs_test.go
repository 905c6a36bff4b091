package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestExamples runs the commands in README.md and docs/*.md, and compares what they print with what stands there. The commands stand in
// blocks of ```console behind "$ "; files that they read stand in blocks behind <!-- file: NAME -->. In what is printed … stands for
// anything, alone on a line for any lines. A command that stands elsewhere must have <!-- not run: why --> before it.
func TestExamples(t *testing.T) {
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	run := 0
	for _, name := range append(names, "../../README.md") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, b := range blocks(string(data)) {
				run += b.run(t)
			}
		})
	}
	if run < 15 {
		t.Errorf("%d commands run: are they marked otherwise now?", run)
	}
}

// block is what stands between two fences, or is indented by four columns.
type block struct {
	line    int
	lang    string
	comment string // the HTML comment before it
	text    string
}

var comment = regexp.MustCompile(`^<!-- (.*) -->$`)

func blocks(doc string) (out []block) {
	var b *block
	said, fenced := "", false
	n := 0
	for line := range strings.Lines(doc) {
		n++
		text := strings.TrimSuffix(line, "\n")
		fence, isFence := strings.CutPrefix(text, "```")
		switch {
		case isFence && fenced:
			fenced, b = false, nil
		case isFence:
			out = append(out, block{line: n, lang: fence, comment: said})
			b, fenced, said = &out[len(out)-1], true, ""
		case fenced:
			b.text += line
		case strings.HasPrefix(text, "    "):
			if b == nil {
				out = append(out, block{line: n - 1, comment: said})
				b = &out[len(out)-1]
			}
			b.text += line
		case comment.MatchString(text):
			said = comment.FindStringSubmatch(text)[1]
		case text != "":
			b, said = nil, ""
		}
	}
	return out
}

var command = regexp.MustCompile(`^\s*(\$ |# |sudo )*(auditpy|go run \./cmd/auditpy) `)

// run runs the commands of a block, or makes the file that it is, and returns how many it ran.
func (b block) run(t *testing.T) (n int) {
	if name, ok := strings.CutPrefix(b.comment, "file: "); ok {
		if !filepath.IsLocal(name) {
			t.Fatalf("line %d: file %q", b.line, name)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(b.text), 0o644); err != nil {
			t.Fatal(err)
		}
		return 0
	}
	if b.lang != "console" {
		for line := range strings.Lines(b.text) {
			if command.MatchString(line) && !strings.HasPrefix(b.comment, "not run: ") {
				t.Errorf("line %d: a command that no test runs: write ```console, or <!-- not run: why -->: %s", b.line, line)
			}
		}
		return 0
	}
	for _, part := range strings.Split("\n"+b.text, "\n$ ")[1:] {
		line, want, _ := strings.Cut(part, "\n")
		b.try(t, line, want)
		n++
	}
	return n
}

func (b block) try(t *testing.T, line, want string) {
	args, ok := strings.CutPrefix(strings.Replace(line, "go run ./cmd/auditpy", "auditpy", 1), "auditpy ")
	if !ok {
		t.Errorf("line %d: %q is no command of auditpy's", b.line, line)
		return
	}
	var out bytes.Buffer // as in a terminal, both together
	code := run(words(args), strings.NewReader(""), &out, &out)
	if code == exitError {
		t.Errorf("line %d: %s: exit status %d: %s", b.line, line, code, out.String())
	}
	if want = strings.TrimRight(want, "\n"); want != "" && !like(want).MatchString(strings.TrimRight(out.String(), "\n")) {
		t.Errorf("line %d: %s prints\n%s\nwant\n%s", b.line, line, out.String(), want)
	}
}

// like makes an expression of what stands in a document.
func like(want string) *regexp.Regexp {
	var lines []string
	for _, line := range strings.Split(want, "\n") {
		if line == "…" {
			lines = append(lines, `(?s:.*)`)
			continue
		}
		lines = append(lines, strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*"))
	}
	return regexp.MustCompile("^" + strings.Join(lines, "\n") + "$")
}

// words splits a command line at blanks, but for what is between quotes.
func words(line string) (out []string) {
	for _, w := range regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(line, -1) {
		out = append(out, strings.Trim(w, `'"`))
	}
	return out
}

func TestBlocks(t *testing.T) {
	doc := "text\n\n<!-- file: a b -->\n\n```yaml\nx: 1\n```\n\n    auditpy scan\n    more\n\ntext\n<!-- not run: why -->\n\n    auditpy run\n"
	var got []string
	for _, b := range blocks(doc) {
		got = append(got, fmt.Sprintf("%d %s %s %q", b.line, b.lang, b.comment, b.text))
	}
	want := []string{`5 yaml file: a b "x: 1\n"`, `8   "    auditpy scan\n    more\n"`, `14  not run: why "    auditpy run\n"`}
	if !slices.Equal(got, want) {
		t.Errorf("blocks = %q, want %q", got, want)
	}
	for _, tt := range []struct {
		want, got string
		ok        bool
	}{
		{"a\n…\nb", "a\nx\ny\nb", true}, {"a\n…", "a\n", true}, {"a … c", "a b c", true}, {"a … c", "a b d", false}, {"a.c", "abc", false}, {"a", "a\nb", false},
	} {
		if like(tt.want).MatchString(tt.got) != tt.ok {
			t.Errorf("%q is like %q: %v", tt.got, tt.want, !tt.ok)
		}
	}
}
