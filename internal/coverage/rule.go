package coverage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/elastic/go-libaudit/v2/rule"
	"github.com/elastic/go-libaudit/v2/rule/flags"
)

// Rule is one audit rule, as the kernel has it.
type Rule struct {
	Text string // as auditctl takes it

	list    uint32
	never   bool
	mask    [maskWords]uint32 // of system calls by number
	filters []filter
	keys    []string
	wire    []byte
}

// List is audit rules in the kernel's order: within one of its lists the first that fits decides.
type List []Rule

// The lists of the kernel, and what a rule is made of. Source: include/uapi/linux/audit.h.
const (
	listUser    = 0
	listTask    = 1
	listExit    = 4
	listExclude = 5
	prepend     = 0x10

	maskWords = 64
	maxFields = 64
	header    = 4 * (3 + maskWords + 3*maxFields + 1)
)

// Decode reads a rule as AUDIT_LIST_RULES gives it.
//
// The library prints rules, but it refuses those with a field, a list or a system call that it does not know, and then
// nothing is known of the rule. What decides here is numbers only, so they are read as they are.
func Decode(wire []byte) (Rule, error) {
	if len(wire) < header {
		return Rule{}, fmt.Errorf("decode audit rule: %d bytes, want %d or more", len(wire), header)
	}
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(wire[4*i:]) }
	r := Rule{list: word(0) &^ prepend, never: word(1) == 0, wire: bytes.TrimRight(wire, "\x00")}
	count, text := int(word(2)), wire[header:]
	if size := word(header/4 - 1); int64(size) <= int64(len(text)) {
		text = text[:size]
	}
	if count > maxFields {
		return Rule{}, fmt.Errorf("decode audit rule: %d fields, want at most %d", count, maxFields)
	}
	for i := range r.mask {
		r.mask[i] = word(3 + i)
	}
	for i := range count {
		f := filter{field: word(3 + maskWords + i), value: word(3 + maskWords + maxFields + i), op: word(3 + maskWords + 2*maxFields + i)}
		if isText(f.field) {
			if int64(f.value) > int64(len(text)) {
				return Rule{}, errors.New("decode audit rule: a text goes over the end")
			}
			f.text, text = string(text[:f.value]), text[f.value:]
		}
		if f.field == fieldKey {
			r.keys = append(r.keys, strings.Split(f.text, "\x01")...)
			continue
		}
		r.filters = append(r.filters, f)
	}
	r.Text = r.print(wire)
	return r, nil
}

// print is the rule as auditctl takes it, or for one that the library does not know its own words.
func (r *Rule) print(wire []byte) string {
	if text, err := rule.ToCommandLine(wire, false); err == nil {
		return strings.ReplaceAll(text, "\x01", " -F key=")
	}
	action := "always"
	if r.never {
		action = "never"
	}
	words := []string{"-a", action + "," + listName(r.list)}
	for _, f := range r.filters {
		words = append(words, "-F", f.String())
	}
	for _, k := range r.keys {
		words = append(words, "-F", "key="+k)
	}
	return strings.Join(words, " ")
}

func listName(list uint32) string {
	names := [...]string{"user", "task", "entry", "watch", "exit", "exclude", "filesystem", "io_uring"}
	if list < uint32(len(names)) {
		return names[list]
	}
	return fmt.Sprint(list)
}

// Load does to the list what auditctl -R does with a file of rules: it adds, prepends and deletes. The error names each line
// that is not understood, and the others are taken.
func (l List) Load(text string) (List, error) {
	var errs []error
	n := 0
	for line := range strings.Lines(text) {
		n++
		var err error
		if l, err = l.line(strings.TrimSpace(line)); err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
		}
	}
	return l, errors.Join(errs...)
}

func (l List) line(line string) (List, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "-a", "-A", "-w":
	case "-d", "-W":
		line = "-" + map[string]string{"-d": "a ", "-W": "w "}[word] + rest
	case "-D":
		return nil, nil
	default: // a comment, or what is no rule: -b, -e, -f, --backlog_wait_time
		if line == "" || line[0] == '#' || line[0] == '-' || line == "No rules" {
			return l, nil
		}
		return l, fmt.Errorf("%.40q is no audit rule", line)
	}
	parsed, err := flags.Parse(line)
	if err != nil {
		return l, err
	}
	wire, err := rule.Build(parsed)
	if err != nil {
		return l, err
	}
	r, err := Decode(wire)
	if err != nil {
		return l, err
	}
	switch word {
	case "-d", "-W":
		return l.without(r)
	case "-A":
		return slices.Insert(slices.Clone(l), 0, r), nil
	}
	return append(slices.Clip(l), r), nil
}

func (l List) without(r Rule) (List, error) {
	i := slices.IndexFunc(l, func(o Rule) bool { return bytes.Equal(o.wire, r.wire) })
	if i < 0 {
		return l, fmt.Errorf("no rule %s to delete", r.Text)
	}
	return slices.Delete(slices.Clone(l), i, i+1), nil
}

// names reports whether the rule is about a system call of a number.
func (r *Rule) names(number int) bool {
	return number >= 0 && number < 32*maskWords && r.mask[number/32]&(1<<(number%32)) != 0
}
