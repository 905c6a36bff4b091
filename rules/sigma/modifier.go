package sigma

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
)

// chain is what the modifiers of one item ask for. Their order matters for encodings, re and fieldref only.
type chain struct {
	names    []string // as written
	op       string   // "", contains, startswith, endswith, re, cidr, exists, fieldref, lt, lte, gt, gte
	how      string   // of re and fieldref: "", contains, startswith, endswith
	part     timePart
	flags    string // of re
	encoding []string
	all, neq bool
	cased    bool
	windash  bool
	expand   bool
}

// maxEncodings bounds a chain: base64offset triples the texts, and wide doubles them.
const maxEncodings = 4

var operators = []string{"contains", "startswith", "endswith", "re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte"}

var encodings = []string{"base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"}

var regexpFlags = map[string]string{
	"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s",
}

// parseKey splits "Field|mod|mod".
func parseKey(key *node) (field string, ch chain, err error) {
	field, rest, more := strings.Cut(key.text, "|")
	for off := len(field) + 1; more; {
		var name string
		name, rest, more = strings.Cut(rest, "|")
		if name == "" {
			return "", ch, errorAt(key.inside(off-1), "no modifier after the |")
		}
		if err := ch.add(name, key.inside(off)); err != nil {
			return "", ch, err
		}
		off += len(name) + 1
	}
	return field, ch, ch.check(field, key.pos)
}

func (ch *chain) add(name string, pos rule.Pos) error {
	ch.names = append(ch.names, name)
	flag, isFlag := regexpFlags[name]
	switch {
	case (ch.op == "re" || ch.op == "fieldref") && ch.how == "" && slices.Contains(operators[:3], name):
		ch.how = name
	case slices.Contains(operators, name):
		if ch.op != "" {
			return errorAt(pos, "modifier %q excludes the modifier %q before it", name, ch.op)
		}
		ch.op = name
	case slices.Contains(encodings, name):
		if len(ch.encoding) == maxEncodings {
			return errorAt(pos, "more than %d encodings", maxEncodings)
		}
		ch.encoding = append(ch.encoding, name)
	case timeParts[name] != noPart && ch.part != noPart:
		return errorAt(pos, "modifier %q excludes another part of the time before it", name)
	case timeParts[name] != noPart:
		ch.part = timeParts[name]
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
	case name == "expand":
		ch.expand = true
	default:
		return errorAt(pos, "unknown modifier %q", name)
	}
	return nil
}

// check refuses modifiers that say nothing together.
func (ch *chain) check(field string, pos rule.Pos) error {
	text := ch.op == "" || ch.op == "contains" || ch.op == "startswith" || ch.op == "endswith"
	encoded := ch.windash || len(ch.encoding) > 0
	compares := ch.op == "lt" || ch.op == "lte" || ch.op == "gt" || ch.op == "gte"
	switch {
	case ch.op == "exists" && len(ch.names) > 1:
		return errorAt(pos, "modifier \"exists\" must stand alone")
	case !text && encoded:
		return errorAt(pos, "modifier %q cannot be combined with windash or an encoding", ch.op)
	case !text && ch.op != "fieldref" && ch.cased:
		return errorAt(pos, "modifier \"cased\" has no meaning with %q", ch.op)
	case ch.part != noPart && (ch.op != "" && !compares || encoded || ch.cased || ch.expand):
		return errorAt(pos, "a part of the time can only be combined with lt, lte, gt, gte, neq and all")
	case ch.expand && !text && ch.op != "re" && ch.op != "cidr":
		return errorAt(pos, "modifier \"expand\" has no meaning with %q", ch.op)
	case field == "" && (!text && ch.op != "re" || ch.part != noPart):
		return errorAt(pos, "a keyword has no field: %s has no meaning", strings.Join(ch.names, "|"))
	}
	return nil
}
