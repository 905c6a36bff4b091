package alert

import (
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// AppendText appends the alert as a paragraph for people, with a newline at its end. Text from the log
// is escaped: it never reaches a terminal raw.
func (a *Alert) AppendText(dst []byte) []byte {
	ev, lead := a.Event, a.Rules[0]
	dst = append(appendTime(dst, ev.ID.Msec), ' ')
	dst = append(appendUpper(dst, a.Level.String()), ' ')
	dst = append(appendEscaped(dst, lead.Title), '\n')
	dst = append(appendStory(appendLabel(dst, "story"), ev), '\n')
	if ev.Exec != nil {
		dst = append(append(appendCommandLine(appendLabel(dst, "command"), ev.Exec.Args), missing(ev.Exec)...), '\n')
	} else {
		dst = append(appendAbout(appendEscaped(appendLabel(dst, "action"), action(ev)), ev), '\n')
	}
	if ev.Process != nil {
		dst = appendProcess(dst, ev.Process)
	}
	dst = a.appendEvidence(dst)
	for _, r := range a.Rules[1:] {
		dst = append(appendEscaped(appendLabel(dst, "also"), r.Title), " ("...)
		dst = append(append(dst, r.Level.String()...), ")\n"...)
	}
	if len(a.Group) > 0 {
		dst = append(append(appendLabel(dst, "group"), describeGroup(a.Group)...), '\n')
	}
	dst = a.appendSteps(dst)
	for _, do := range lead.Response {
		dst = append(appendEscaped(appendLabel(dst, "do"), do), '\n')
	}
	return append(a.appendWhere(appendLabel(dst, "event")), '\n')
}

// appendLabel begins a line.
func appendLabel(dst []byte, name string) []byte {
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

// AppendEventText appends an event as one line for people, without a newline.
func AppendEventText(dst []byte, ev *event.Event) []byte {
	dst = append(appendTime(dst, ev.ID.Msec), ' ')
	dst = append(strconv.AppendUint(dst, ev.ID.Serial, 10), ' ')
	dst = append(dst, action(ev)...)
	if ev.Process != nil {
		dst = appendDescription(append(dst, ' '), ev.Process)
	}
	if ev.Exec != nil {
		dst = append(appendCommandLine(append(dst, ": "...), ev.Exec.Args), missing(ev.Exec)...)
	}
	return dst
}

// appendAbout appends the address or the file that an event is about.
func appendAbout(dst []byte, ev *event.Event) []byte {
	if addr, ok := ev.IPAddress(); ok {
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
