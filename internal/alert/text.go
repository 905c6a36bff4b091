package alert

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/event"
)

// AppendText appends the alert as a paragraph for people, with a newline at its end. Text from the log
// is escaped: it never reaches a terminal raw.
func (a *Alert) AppendText(dst []byte) []byte {
	ev, lead := a.Event, a.Rules[0]
	dst = append(appendTime(dst, ev.ID.Msec), ' ')
	dst = append(appendUpper(dst, a.Level.String()), ' ')
	dst = append(appendEscaped(dst, lead.Title), '\n')
	dst = append(appendStory(label(dst, "story"), ev), '\n')
	if ev.Exec != nil {
		dst = append(append(appendCommandLine(label(dst, "command"), ev.Exec.Args), missing(ev.Exec)...), '\n')
	} else {
		dst = append(appendAbout(appendEscaped(label(dst, "action"), action(ev)), ev), '\n')
	}
	if ev.Process != nil {
		dst = appendProcess(dst, ev.Process)
	}
	dst = a.appendEvidence(dst)
	for _, r := range a.Rules[1:] {
		dst = append(appendEscaped(label(dst, "also"), r.Title), " ("...)
		dst = append(append(dst, r.Level.String()...), ")\n"...)
	}
	if len(a.Group) > 0 {
		dst = append(append(label(dst, "group"), describeGroup(a.Group)...), '\n')
	}
	dst = a.appendSteps(dst)
	for _, do := range lead.Response {
		dst = append(appendEscaped(label(dst, "do"), do), '\n')
	}
	return append(a.appendWhere(label(dst, "event")), '\n')
}

// label begins a line.
func label(dst []byte, name string) []byte {
	const blanks = "         "
	return append(append(append(dst, "  "...), name...), blanks[min(len(name), len(blanks)-1):]...)
}

func appendUpper(dst []byte, word string) []byte {
	for i := range len(word) {
		c := word[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func missing(x *event.Exec) string {
	if x.Complete {
		return ""
	}
	return "  [arguments incomplete]"
}

func (a *Alert) appendWhere(dst []byte) []byte {
	id := a.Event.ID
	if id.Node != "" {
		dst = append(appendEscaped(dst, id.Node), ' ')
	}
	dst = append(strconv.AppendInt(dst, id.Msec/1000, 10), '.')
	dst = append(digits(dst, id.Msec%1000, 3), ':')
	dst = strconv.AppendUint(dst, id.Serial, 10)
	dst = append(append(dst, ", alert "...), a.ID...)
	if a.Incident.Count > 1 {
		dst = strconv.AppendInt(append(dst, ", no. "...), int64(a.Incident.Count), 10)
		dst = append(append(dst, " of incident "...), a.Incident.ID...)
	}
	return dst
}

// appendProcess appends the lines about a process and its ancestors.
func appendProcess(dst []byte, p *event.Process) []byte {
	dst = append(describe(label(dst, "process"), p), '\n')
	if was := before(p); was != nil {
		dst = append(appendEscaped(label(dst, "before"), was.Exe), ": "...)
		dst = append(appendCommandLine(dst, was.Args), '\n')
	}
	dst = append(describeParent(label(dst, "parent"), p), '\n')
	if p.Parent != nil {
		dst = append(appendTree(label(dst, "tree"), p), '\n')
	}
	return dst
}

func describe(dst []byte, p *event.Process) []byte {
	dst = append(strconv.AppendInt(append(dst, "pid "...), int64(p.PID), 10), ' ')
	dst = appendEscaped(dst, p.Exe)
	switch {
	case p.User != "":
		dst = appendEscaped(append(dst, ", user "...), p.User)
	case p.UID >= 0:
		dst = strconv.AppendInt(append(dst, ", uid "...), int64(p.UID), 10)
	}
	if p.CWD != "" {
		dst = appendEscaped(append(dst, ", in "...), p.CWD)
	}
	if p.TTY != "" {
		dst = appendEscaped(append(dst, ", on "...), p.TTY)
	}
	return dst
}

func describeParent(dst []byte, p *event.Process) []byte {
	dst = strconv.AppendInt(append(dst, "pid "...), int64(p.PPID), 10)
	if p.Parent == nil {
		return append(dst, ", unknown"...)
	}
	dst = appendEscaped(append(dst, ' '), p.Parent.Exe)
	if len(p.Parent.Args) > 0 {
		dst = appendCommandLine(append(dst, ": "...), p.Parent.Args)
	}
	return dst
}

// maxText bounds a command line in text, in bytes; JSON has all of it.
const maxText = 2000

// CommandLine shows arguments as a shell would take them, escaped, and cut if very long.
func CommandLine(args []string) string { return string(appendCommandLine(nil, args)) }

func appendCommandLine(dst []byte, args []string) []byte {
	start := len(dst)
	for i, arg := range args {
		if i > 0 {
			dst = append(dst, ' ')
		}
		if room := maxText - (len(dst) - start); len(arg) > room {
			cut := arg[:max(room, 0)]
			return fmt.Appendf(appendQuoted(dst, cut), "...[+%d bytes]", len(strings.Join(args[i:], " "))-len(cut))
		}
		dst = appendQuoted(dst, arg)
	}
	return dst
}

// plain are the characters that no shell and no reader takes for more than themselves.
var plain = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_") {
		set[c] = true
	}
	return set
}()

func isPlain(s string) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return s != ""
}

func quote(arg string) string { return string(appendQuoted(nil, arg)) }

func appendQuoted(dst []byte, arg string) []byte {
	if isPlain(arg) {
		return append(dst, arg...)
	}
	return append(append(append(dst, '\''), strings.ReplaceAll(Escape(arg), "'", `'\''`)...), '\'')
}

func appendEscaped(dst []byte, s string) []byte { return append(dst, Escape(s)...) }

// Escape replaces what a terminal or a log viewer could act on: control characters, bytes that are not
// UTF-8, line separators and characters that change the direction of text.
func Escape(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func clean(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// AppendEventText appends an event as one line for people, without a newline.
func AppendEventText(dst []byte, ev *event.Event) []byte {
	dst = append(appendTime(dst, ev.ID.Msec), ' ')
	dst = append(strconv.AppendUint(dst, ev.ID.Serial, 10), ' ')
	dst = append(dst, action(ev)...)
	if ev.Process != nil {
		dst = describe(append(dst, ' '), ev.Process)
	}
	if ev.Exec != nil {
		dst = append(appendCommandLine(append(dst, ": "...), ev.Exec.Args), missing(ev.Exec)...)
	}
	return dst
}

// appendAbout appends the address or the file that an event is about.
func appendAbout(dst []byte, ev *event.Event) []byte {
	if addr, ok := ev.Address(); ok && addr.IP.IsValid() {
		dst = addr.IP.AppendTo(append(dst, ' '))
		return strconv.AppendUint(append(dst, " port "...), uint64(addr.Port), 10)
	}
	var buf [4]string
	if paths := filePath(buf[:0], ev); len(paths) > 0 {
		return appendEscaped(append(dst, ' '), clip(paths[0]))
	}
	return dst
}

var filePath = event.ECS("file.path")

// action is what an event did in the word of the system call or record, whatever it is called elsewhere.
func action(ev *event.Event) string {
	if ev.Exec != nil {
		return "executed"
	}
	if name := ev.SyscallName(); name != "" {
		return name
	}
	if len(ev.Records) > 0 {
		return strings.ToLower(ev.Records[0].TypeName())
	}
	return ""
}
