// Package audit is the grammar of one audit record: a line of audit.log or a netlink payload.
//
// What surprised us: quotes, not looks, tell text from hex; text between msg=' and the closing
// quote comes from user space and can hold anything, a whole forged record too; and DAEMON records
// count their serials on their own. So a record's type and identity come only from the fixed
// position at the start of the line, and fields inside msg='…' never mix with the kernel's own.
//
// Everything here is a pure function of one record. Strings returned are parts of the line given,
// or fresh where hex had to be decoded; nothing is kept. So they live as long as the line: see package text.
package audit

import (
	"fmt"
	"strings"
)

// ID is the identity of an event: all records with one ID belong together. Serials restart at boot,
// so the time is part of it; hosts share a log, so the node is.
type ID struct {
	Node   string // node= prefix; empty on a standalone host
	Msec   int64  // Unix milliseconds, taken at syscall entry
	Serial uint64 // taken at syscall exit
}

// Record is one audit record. Its strings share memory with the line or payload it came from.
type Record struct {
	ID   ID
	Type Type
	// Mark is the position in the source: it grows with every record and is 0 where the source
	// cannot be read again (a pipe, netlink).
	Mark uint64
	Name string // of an Unlisted type, as it was logged
	Torn bool   // the end of its line was missing: more may have followed
	Body string // text after the header, unmodified
	// Enriched is what auditd appended in ENRICHED format after the last 0x1D byte: names for the
	// numbers in Body. For display: text in a user-space record can forge it.
	Enriched string
}

// SyntaxError tells why a line or payload is not an audit record. The reader may go on after it.
type SyntaxError struct {
	Offset int // bytes from the start of the line
	Msg    string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset, e.Msg) }

// maxNode is the longest name of a host, in bytes (limits.h, HOST_NAME_MAX is 64; RFC 1035 allows 255). Names of nodes
// are kept for long.
const maxNode = 255

// ParseLine parses one line of audit.log, RAW or ENRICHED, with or without node=, without its
// newline. The error is a *SyntaxError.
func ParseLine(line string) (Record, error) {
	var r Record
	err := r.Parse(line)
	return r, err
}

// Parse makes r the record that ParseLine returns. After an error r is the zero Record.
func (r *Record) Parse(line string) error {
	*r = Record{}
	err := r.parse(line)
	if err != nil {
		*r = Record{}
	}
	return err
}

func (r *Record) parse(line string) error {
	rest := line
	if after, ok := strings.CutPrefix(rest, "node="); ok {
		node, tail, ok := strings.Cut(after, " ")
		if !ok || node == "" {
			return &SyntaxError{len("node="), "no blank after the node name"}
		}
		if len(node) > maxNode {
			return &SyntaxError{len("node=") + maxNode, "node name over 255 bytes"}
		}
		r.ID.Node, rest = node, tail
	}
	name, ok := strings.CutPrefix(rest, "type=")
	if !ok {
		return &SyntaxError{len(line) - len(rest), `no "type="`}
	}
	name, rest, ok = strings.Cut(name, " ")
	if !ok {
		return &SyntaxError{len(line) - len(name), "no blank after the type"}
	}
	if r.Type, ok = ParseType(name); r.Type == Unlisted {
		r.Name = name
	}
	if !ok {
		return &SyntaxError{len(line) - len(rest) - 1 - len(name), fmt.Sprintf("unknown type %.40q", name)}
	}
	stamp, ok := strings.CutPrefix(rest, "msg=")
	if !ok {
		return &SyntaxError{len(line) - len(rest), `no "msg="`}
	}
	if err := r.parseStamped(stamp, len(line)-len(stamp)); err != nil {
		return err
	}
	r.enrich()
	return nil
}

// enrich splits off what auditd appended. The kernel closes the quote of msg='…' as the last byte of a record, so what ends
// with that quote has nothing appended: there a separator is text that a program sent.
func (r *Record) enrich() {
	body, enriched := cutEnriched(r.Body)
	if strings.HasSuffix(enriched, "'") && !r.Type.isCall() && innerStart(body) >= 0 {
		return
	}
	r.Body, r.Enriched = body, enriched
}

// ParseNetlink parses a netlink payload, which has no type= and msg= before its time stamp: the type
// is in the netlink header. The error is a *SyntaxError.
func ParseNetlink(t Type, payload string) (Record, error) {
	r := Record{Type: t}
	if t == Unlisted {
		r.Name = "UNKNOWN[65535]"
	}
	if err := r.parseStamped(strings.TrimRight(payload, "\x00\n"), 0); err != nil {
		return Record{}, err
	}
	return r, nil // the kernel looks up no names: a separator is text
}

// TypeName returns the name of the record's type as auditd logs it.
func (r *Record) TypeName() string {
	if r.Type == Unlisted {
		return r.Name
	}
	return r.Type.String()
}

// parseStamped parses "audit(SEC.MSEC:SERIAL): body". off is where s starts in the line.
func (r *Record) parseStamped(s string, off int) error {
	n, ok := r.ID.parseStamp(s)
	if !ok {
		return &SyntaxError{off + n, fmt.Sprintf("bad time stamp, want audit(SEC.MSEC:SERIAL) (node %.40q)", r.ID.Node)}
	}
	r.Body = strings.TrimPrefix(s[n:], " ")
	return nil
}

// separator is what auditd puts before the names it looked up.
const separator = 0x1d

// cutEnriched splits at the last separator. auditd appends its part last, so the last one is its own; an earlier one
// is text that a user-space program sent. Searched from the front: strings.LastIndexByte looks at one byte at a time.
func cutEnriched(s string) (body, enriched string) {
	i := strings.IndexByte(s, separator)
	if i < 0 {
		return s, ""
	}
	for {
		next := strings.IndexByte(s[i+1:], separator)
		if next < 0 {
			return s[:i], s[i+1:]
		}
		i += 1 + next
	}
}

// parseStamp reads "audit(SEC.MSEC:SERIAL):" and returns its length, or how far it got.
func (id *ID) parseStamp(s string) (n int, ok bool) {
	const open = "audit("
	if !strings.HasPrefix(s, open) {
		return 0, false
	}
	sec, n, ok := digits(s, len(open), 11) // 11 digits of seconds fit an int64 of milliseconds
	if !ok || !at(s, n, '.') {
		return n, false
	}
	msec, end, ok := digits(s, n+1, 3)
	if !ok || end != n+4 || !at(s, end, ':') {
		return end, false
	}
	serial, n, ok := digits(s, end+1, 19) // 19 digits cannot overflow a uint64
	if !ok || !at(s, n, ')') || !at(s, n+1, ':') {
		return n, false
	}
	id.Msec, id.Serial = int64(sec*1000+msec), serial
	return n + 2, true
}

func at(s string, i int, c byte) bool { return i < len(s) && s[i] == c }

// digits reads 1 to max decimal digits at i.
func digits(s string, i, max int) (v uint64, end int, ok bool) {
	start := i
	for i < len(s) && i-start < max && s[i] >= '0' && s[i] <= '9' {
		v = v*10 + uint64(s[i]-'0')
		i++
	}
	return v, i, i > start
}

// AppendLine appends the record in the form of audit.log, without a newline: ParseLine's inverse.
func (r *Record) AppendLine(dst []byte) []byte {
	if r.ID.Node != "" {
		dst = fmt.Appendf(dst, "node=%s ", r.ID.Node)
	}
	dst = fmt.Appendf(dst, "type=%s msg=audit(%d.%03d:%d): %s", r.TypeName(), r.ID.Msec/1000, r.ID.Msec%1000, r.ID.Serial, r.Body)
	if r.Enriched != "" {
		dst = append(append(dst, 0x1d), r.Enriched...)
	}
	return dst
}
