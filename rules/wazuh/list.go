package wazuh

import (
	"net/netip"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// list is a CDB list in its text form: a key a line, or key:value.
// Source: https://documentation.wazuh.com/current/user-manual/ruleset/cdb-list.html.
type list struct {
	values map[string]string
	keys   []string // in the order of the file
}

// lookup is what is asked of a list.
type lookup uint8

const (
	matchKey lookup = iota
	notMatchKey
	matchKeyValue
	addressMatchKey
	notAddressMatchKey
	addressMatchKeyValue
)

var lookups = map[string]lookup{
	"match_key": matchKey, "not_match_key": notMatchKey, "match_key_value": matchKeyValue, "address_match_key": addressMatchKey,
	"not_address_match_key": notAddressMatchKey, "address_match_key_value": addressMatchKeyValue,
}

// parseList reads a list. A key with a colon, such as an address of IPv6, stands in quotes. The first line of a key counts.
func parseList(text string) *list {
	l := &list{values: make(map[string]string)}
	for line := range strings.Lines(text) {
		key, value := splitLine(strings.Trim(line, blanks))
		if key == "" {
			continue
		}
		if _, ok := l.values[key]; !ok {
			l.values[key] = value
			l.keys = append(l.keys, key)
		}
	}
	return l
}

func splitLine(line string) (key, value string) {
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		if key, after, ok := strings.Cut(rest, `"`); ok {
			return key, unquote(strings.TrimPrefix(after, ":"))
		}
	}
	key, value, _ = strings.Cut(line, ":")
	return key, unquote(value)
}

func unquote(s string) string {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// find returns what a list says of a key; for addresses also of a network that has it, cut at its dots: 10.1. has
// 10.1.2.3. So Wazuh's search for addresses.
func (l *list) find(key string, address bool) (string, bool) {
	if v, ok := l.values[key]; ok || !address {
		return v, ok
	}
	if ip, err := netip.ParseAddr(key); err == nil {
		if v, ok := l.network(ip); ok {
			return v, true
		}
	}
	for i := strings.LastIndexAny(key, ".:"); i >= 0; i = strings.LastIndexAny(key[:i], ".:") {
		if v, ok := l.values[key[:i+1]]; ok {
			return v, true
		}
	}
	return "", false
}

// network looks for networks in the form 10.1.0.0/16, the longest first.
func (l *list) network(ip netip.Addr) (string, bool) {
	var buf [64]byte
	for bits := ip.BitLen(); bits >= 0; bits-- {
		p, err := ip.Prefix(bits)
		if err != nil {
			return "", false
		}
		if v, ok := l.values[string(p.AppendTo(buf[:0]))]; ok {
			return v, true
		}
	}
	return "", false
}

func (l *leaf) listed(v string, sc *scratch) answer {
	said, found := l.list.find(v, l.as >= addressMatchKey)
	switch {
	case l.as == notMatchKey || l.as == notAddressMatchKey:
		return truth(!found)
	case !found || l.value == nil:
		return truth(found)
	}
	return l.value.holds(said, &sc.regex)
}

// maxListNeedles bounds the keys that tell whether a rule need be asked: a list of thousands is asked itself.
const maxListNeedles = 64

func (l *leaf) listNeedles() (out []predicate.Needle) {
	if l.as != matchKey && l.as != matchKeyValue {
		return nil
	}
	for _, key := range l.list.keys {
		if l.as == matchKeyValue && l.value != nil && l.value.holds(l.list.values[key], nil) == no {
			continue
		}
		out = append(out, predicate.Needle{Text: key, Place: predicate.Whole})
		if len(out) > maxListNeedles {
			return nil
		}
	}
	return out
}
