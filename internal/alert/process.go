package alert

import (
	"strconv"

	"github.com/auditpy/auditpy/internal/event"
)

// appendProcess appends the lines about a process and its ancestors.
func appendProcess(dst []byte, p *event.Process) []byte {
	dst = append(appendDescription(appendLabel(dst, "process"), p), '\n')
	if was := before(p); was != nil {
		dst = append(appendEscaped(appendLabel(dst, "before"), was.Exe), ": "...)
		dst = append(appendCommandLine(dst, was.Args), '\n')
	}
	dst = append(appendParent(appendLabel(dst, "parent"), p), '\n')
	if p.Parent != nil {
		dst = append(appendTree(appendLabel(dst, "tree"), p), '\n')
	}
	return dst
}

func appendDescription(dst []byte, p *event.Process) []byte {
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

func appendParent(dst []byte, p *event.Process) []byte {
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
