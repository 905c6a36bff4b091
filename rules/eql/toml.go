package eql

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/auditpy/auditpy/rules/rule"
)

// document is a rule file: its values, and where those of the table rule stand.
type document struct {
	file   rule.File
	values map[string]any
	table  int              // where the table rule begins; -1: there is none
	places map[string]place // of its keys; nil: nobody has asked yet
}

// place is a value as it is written.
type place struct {
	offset int
	raw    string
}

// maxFile bounds a rule file, in bytes: the largest that Elastic has published has 60 kB.
const maxFile = 1 << 20

// fileError is an error with its place in a file.
type fileError struct {
	pos rule.Pos
	msg string
}

func (e *fileError) Error() string { return e.pos.String() + ": " + e.msg }

// readTOML reads a rule file. The error is a *fileError.
func readTOML(f rule.File) (*document, error) {
	d := &document{file: f}
	switch {
	case len(f.Data) > maxFile:
		return nil, &fileError{rule.Pos{File: f.Name}, fmt.Sprintf("file is larger than %d bytes", maxFile)}
	case tooDeep(string(f.Data)):
		return nil, &fileError{rule.Pos{File: f.Name}, fmt.Sprintf("nested deeper than %d levels", maxNesting)}
	}
	if err := toml.Unmarshal(f.Data, &d.values); err != nil {
		pos := rule.Pos{File: f.Name}
		var de *toml.DecodeError
		if errors.As(err, &de) {
			pos.Line, pos.Col = de.Position()
		}
		return nil, &fileError{pos, strings.TrimPrefix(err.Error(), "toml: ")}
	}
	var p unstable.Parser
	d.table = d.find(&p)
	return d, nil
}

// find returns where the table rule begins, whose keys p reads next; -1 if there is none.
func (d *document) find(p *unstable.Parser) int {
	p.Reset(d.file.Data)
	for p.NextExpression() {
		if n := p.Expression(); n.Kind == unstable.Table || n.Kind == unstable.ArrayTable {
			if table, at := keyOf(n); table == "rule" {
				return at
			}
		}
	}
	return -1
}

// locate finds the places of what is in the table rule: the reader tells none, and to read the file twice takes as long again.
// So that is left to who has something to say of it.
func (d *document) locate() {
	var p unstable.Parser
	d.places = make(map[string]place)
	if d.find(&p) < 0 {
		return
	}
	for p.NextExpression() {
		n := p.Expression()
		if n.Kind == unstable.Table || n.Kind == unstable.ArrayTable {
			return
		}
		if n.Kind == unstable.KeyValue {
			name, at := keyOf(n)
			d.places[name] = valuePlace(&p, n, at)
		}
	}
}

// placeOf is where a key of the table rule has its value.
func (d *document) placeOf(key string) (place, bool) {
	if d.places == nil {
		d.locate()
	}
	at, ok := d.places[key]
	return at, ok
}

// keyOf returns a key, and where it begins.
func keyOf(n *unstable.Node) (name string, offset int) {
	var parts []string
	for it := n.Key(); it.Next(); {
		if len(parts) == 0 {
			offset = int(it.Node().Raw.Offset)
		}
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, "."), offset
}

func valuePlace(p *unstable.Parser, n *unstable.Node, key int) place {
	if v := n.Value(); v.Kind == unstable.String && v.Raw.Length > 0 {
		return place{int(v.Raw.Offset), string(p.Raw(v.Raw))}
	}
	return place{offset: key}
}

// pos is where a key of the table rule has its value; the table, if it has none.
func (d *document) pos(key string) rule.Pos {
	if at, ok := d.placeOf(key); ok {
		return d.at(at.offset)
	}
	return d.start()
}

// start is where the table rule begins.
func (d *document) start() rule.Pos {
	if d.table < 0 {
		return rule.Pos{File: d.file.Name}
	}
	return d.at(d.table)
}

func (d *document) at(offset int) rule.Pos {
	before := d.file.Data[:offset]
	return rule.Pos{File: d.file.Name, Line: bytes.Count(before, []byte("\n")) + 1, Col: offset - bytes.LastIndexByte(before, '\n')}
}

// within is where line and column of a text stand that is the value of a key. In a text with escapes only its beginning is
// known.
func (d *document) within(key string, line, col int) rule.Pos {
	p, _ := d.placeOf(key)
	open := 1
	if strings.HasPrefix(p.raw, `'''`) || strings.HasPrefix(p.raw, `"""`) {
		open = 3
	}
	if p.raw == "" || p.raw[0] == '"' && strings.Contains(p.raw, `\`) {
		return d.pos(key)
	}
	start := p.offset + open
	if rest := p.raw[open:]; open == 3 && strings.HasPrefix(strings.TrimPrefix(rest, "\r"), "\n") { // is no part of the text
		start += strings.Index(rest, "\n") + 1
	}
	pos := d.at(start)
	if line > 1 {
		return rule.Pos{File: pos.File, Line: pos.Line + line - 1, Col: col}
	}
	pos.Col += col - 1
	return pos
}
