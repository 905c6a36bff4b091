package sigma

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/auditpy/auditpy/rules/rule"
)

const (
	maxFile  = 1 << 20 // bytes of one rule file
	maxDepth = 64      // nesting of a document, and of a condition
)

// inputError is what is wrong with a rule, and where.
type inputError struct {
	pos rule.Pos
	msg string
}

func (e *inputError) Error() string { return e.pos.String() + ": " + e.msg }

func errorAt(pos rule.Pos, format string, args ...any) error {
	return &inputError{pos, fmt.Sprintf(format, args...)}
}

// chunk is the text of one YAML document and its place in the file.
type chunk struct {
	text string
	file string
	skip int // lines before it
}

// lineBreaks makes the three line breaks of YAML one, as its §5.4 asks: so all count lines alike.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// split cuts a file at its document markers. "---" at the start of a line is a marker wherever it
// stands, also inside of a quoted text (YAML 1.2.2 §9.1.2), so this needs no parser, and a document
// with a syntax error cannot hide the ones after it.
func split(f rule.File) []chunk {
	text := strings.TrimPrefix(string(f.Data), "\ufeff")
	if strings.Contains(text, "\r") {
		text = lineBreaks.Replace(text)
	}
	var out []chunk
	begin, line, start := 0, 0, 0
	for off := 0; off < len(text); line++ {
		end := len(text)
		if i := strings.IndexByte(text[off:], '\n'); i >= 0 {
			end = off + i + 1
		}
		if off > begin && isMarker(text[off:end]) {
			out = append(out, chunk{text[begin:off], f.Name, start})
			begin, start = off, line
		}
		off = end
	}
	return append(out, chunk{text[begin:], f.Name, start})
}

func isMarker(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n"))
}

// parse returns the document, or nil if it is empty. The error is an *inputError.
func (c chunk) parse() (n *node, err error) {
	defer func() {
		// The YAML parser is not ours; no rule file may stop the agent.
		if p := recover(); p != nil {
			n, err = nil, errorAt(c.at(nil), "the YAML parser cannot read this document: %v", p)
		}
	}()
	if !utf8.ValidString(c.text) {
		return nil, errorAt(c.badUTF8(), "not UTF-8")
	}
	tokens := lexer.Tokenize(c.text)
	if err := c.screen(tokens); err != nil {
		return nil, err
	}
	f, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, c.syntaxError(err)
	}
	return c.single(f)
}

// single returns the one document of f.
func (c chunk) single(f *ast.File) (*node, error) {
	var found *node
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue
		}
		n, err := c.convert(doc.Body, 0)
		if err != nil {
			return nil, err
		}
		if n.kind == nullNode {
			continue
		}
		if found != nil {
			return nil, errorAt(n.pos, `a document after "..." must begin with "---"`)
		}
		found = n
	}
	return found, nil
}

func (c chunk) at(p *token.Position) rule.Pos {
	if p == nil {
		return rule.Pos{File: c.file, Line: c.skip + 1, Col: 1}
	}
	return rule.Pos{File: c.file, Line: c.skip + p.Line, Col: max(p.Column, 1)}
}

func (c chunk) badUTF8() rule.Pos {
	i := 0
	for i < len(c.text) {
		r, n := utf8.DecodeRuneInString(c.text[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	before := c.text[:i]
	line := strings.LastIndexByte(before, '\n') + 1
	return rule.Pos{File: c.file, Line: c.skip + strings.Count(before, "\n") + 1, Col: i - line + 1}
}

func (c chunk) syntaxError(err error) error {
	var se *yaml.SyntaxError
	if errors.As(err, &se) && se.Token != nil {
		return errorAt(c.at(se.Token.Position), "YAML: %s", se.Message)
	}
	msg, _, _ := strings.Cut(err.Error(), "\n")
	return errorAt(c.at(nil), "YAML: %s", msg)
}

// screen refuses what a rule has no need of and what could cost more than the file's size: an alias
// can stand for any amount of text, and the parser recurses.
func (c chunk) screen(tokens token.Tokens) error {
	var open []int // columns of open block collections
	flow, line := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType:
			return errorAt(c.at(t.Position), "YAML anchors, aliases, merge keys and tags are not accepted in rules")
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			open = push(open, t.Position.Column)
		default:
			if t.Position.Line != line && flow == 0 {
				open = push(open, t.Position.Column)
			}
		}
		line = t.Position.Line
		if len(open)+flow > maxDepth {
			return errorAt(c.at(t.Position), "nested deeper than %d levels", maxDepth)
		}
	}
	return nil
}

// push adds a collection that begins at col, which ends all that began there or further right.
func push(open []int, col int) []int {
	for len(open) > 0 && open[len(open)-1] >= col {
		open = open[:len(open)-1]
	}
	return append(open, col)
}
