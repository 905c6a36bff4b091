package sigma

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// chain is what the modifiers of one item ask for. Their order matters for encodings only.
type chain struct {
	names    []string // as written
	op       string   // "", contains, startswith, endswith, re, cidr, exists, fieldref, lt, lte, gt, gte
	flags    string   // of re
	encoding []string
	all, neq bool
	cased    bool
	windash  bool
}

var operators = []string{"contains", "startswith", "endswith", "re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte"}

var encodings = []string{"base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"}

var regexpFlags = map[string]string{
	"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s",
}

// unsupported are modifiers of the specification that this engine cannot answer.
var unsupported = []string{"expand", "minute", "hour", "day", "week", "month", "year"}

// parseKey splits "Field|mod|mod".
func parseKey(key *node) (field string, ch chain, err error) {
	field, rest, _ := strings.Cut(key.text, "|")
	if rest == "" && field != key.text {
		return "", ch, errorAt(key.inside(len(field)), "no modifier after the |")
	}
	off := len(field) + 1
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "|")
		if err := ch.add(name, key.inside(off)); err != nil {
			return "", ch, err
		}
		off += len(name) + 1
	}
	return field, ch, ch.check(key.pos)
}

func (ch *chain) add(name string, pos rule.Pos) error {
	ch.names = append(ch.names, name)
	flag, isFlag := regexpFlags[name]
	switch {
	case slices.Contains(operators, name):
		if ch.op != "" {
			return errorAt(pos, "modifier %q excludes the modifier %q before it", name, ch.op)
		}
		ch.op = name
	case slices.Contains(encodings, name):
		ch.encoding = append(ch.encoding, name)
	case isFlag && ch.op != "re":
		return errorAt(pos, "modifier %q must follow re", name)
	case isFlag:
		ch.flags += flag
	case name == "all":
		ch.all = true
	case name == "neq":
		ch.neq = true
	case name == "cased":
		ch.cased = true
	case name == "windash":
		ch.windash = true
	case slices.Contains(unsupported, name):
		return errorAt(pos, "modifier %q is not supported yet", name)
	default:
		return errorAt(pos, "unknown modifier %q", name)
	}
	return nil
}

// check refuses modifiers that say nothing together.
func (ch *chain) check(pos rule.Pos) error {
	text := ch.op == "" || ch.op == "contains" || ch.op == "startswith" || ch.op == "endswith"
	switch {
	case ch.op == "exists" && len(ch.names) > 1:
		return errorAt(pos, "modifier \"exists\" must stand alone")
	case !text && (ch.windash || len(ch.encoding) > 0):
		return errorAt(pos, "modifier %q cannot be combined with windash or an encoding", ch.op)
	case !text && ch.op != "fieldref" && ch.cased:
		return errorAt(pos, "modifier \"cased\" has no meaning with %q", ch.op)
	case ch.windash && len(ch.encoding) > 0:
		return errorAt(pos, "modifier \"windash\" cannot be combined with an encoding")
	}
	return nil
}
