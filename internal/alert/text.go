package alert

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/auditpy/auditpy/internal/event"
)

// AppendText appends the alert as a paragraph for people, with a newline at its end. Text from the log
// is escaped: it never reaches a terminal raw.
func (a *Alert) AppendText(dst []byte) []byte {
	ev, lead := a.Event, a.Rules[0]
	dst = fmt.Appendf(dst, "%s %s %s\n", ev.Time().Format(timeFormat), strings.ToUpper(a.Level.String()), Escape(lead.Title))
	dst = appendField(dst, "story", story(ev))
	if ev.Exec != nil {
		dst = appendField(dst, "command", CommandLine(ev.Exec.Args)+missing(ev.Exec))
	} else {
		dst = appendField(dst, "action", Escape(action(ev))+about(ev))
	}
	if p := ev.Process; p != nil {
		dst = appendField(dst, "process", describe(p))
		if was := before(p); was != "" {
			dst = appendField(dst, "before", was)
		}
		dst = appendField(dst, "parent", describeParent(p))
		if p.Parent != nil {
			dst = appendField(dst, "tree", tree(p))
		}
	}
	dst = a.appendEvidence(dst)
	for _, r := range a.Rules[1:] {
		dst = appendField(dst, "also", fmt.Sprintf("%s (%s)", Escape(r.Title), r.Level))
	}
	if len(a.Group) > 0 {
		dst = appendField(dst, "group", describeGroup(a.Group))
	}
	dst = a.appendSteps(dst)
	for _, do := range lead.Response {
		dst = appendField(dst, "do", Escape(do))
	}
	return appendField(dst, "event", where(a))
}

func appendField(dst []byte, name, text string) []byte {
	return fmt.Appendf(dst, "  %-8s %s\n", name, text)
}

func missing(x *event.Exec) string {
	if x.Complete {
		return ""
	}
	return "  [arguments incomplete]"
}

func where(a *Alert) string {
	id := a.Event.ID
	s := fmt.Sprintf("%d.%03d:%d", id.Msec/1000, id.Msec%1000, id.Serial)
	if id.Node != "" {
		s = Escape(id.Node) + " " + s
	}
	s += ", alert " + a.ID
	if a.Incident.Count > 1 {
		s += fmt.Sprintf(", no. %d of incident %s", a.Incident.Count, a.Incident.ID)
	}
	return s
}

func describe(p *event.Process) string {
	s := fmt.Sprintf("pid %d %s", p.PID, Escape(p.Exe))
	switch {
	case p.User != "":
		s += ", user " + Escape(p.User)
	case p.UID >= 0:
		s += fmt.Sprintf(", uid %d", p.UID)
	}
	if p.CWD != "" {
		s += ", in " + Escape(p.CWD)
	}
	if p.TTY != "" {
		s += ", on " + Escape(p.TTY)
	}
	return s
}

func describeParent(p *event.Process) string {
	if p.Parent == nil {
		return fmt.Sprintf("pid %d, unknown", p.PPID)
	}
	s := fmt.Sprintf("pid %d %s", p.PPID, Escape(p.Parent.Exe))
	if len(p.Parent.Args) > 0 {
		s += ": " + CommandLine(p.Parent.Args)
	}
	return s
}

// maxText bounds a command line in text, in bytes; JSON has all of it.
const maxText = 2000

// CommandLine shows arguments as a shell would take them, escaped, and cut if very long.
func CommandLine(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if room := maxText - b.Len(); len(arg) > room {
			cut := arg[:max(room, 0)]
			fmt.Fprintf(&b, "%s...[+%d bytes]", quote(cut), len(strings.Join(args[i:], " "))-len(cut))
			break
		}
		b.WriteString(quote(arg))
	}
	return b.String()
}

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"

func quote(arg string) string {
	if arg != "" && strings.Trim(arg, plain) == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(Escape(arg), "'", `'\''`) + "'"
}

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
	dst = fmt.Appendf(dst, "%s %d %s", ev.Time().Format(timeFormat), ev.ID.Serial, action(ev))
	if ev.Process != nil {
		dst = append(append(dst, ' '), describe(ev.Process)...)
	}
	if ev.Exec != nil {
		dst = append(append(dst, ": "...), CommandLine(ev.Exec.Args)+missing(ev.Exec)...)
	}
	return dst
}

// about is the address or the file that an event is about.
func about(ev *event.Event) string {
	if addr, ok := ev.Address(); ok && addr.IP.IsValid() {
		return fmt.Sprintf(" %s port %d", addr.IP, addr.Port)
	}
	var buf [4]string
	if paths := filePath(buf[:0], ev); len(paths) > 0 {
		return " " + Escape(clip(paths[0]))
	}
	return ""
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
