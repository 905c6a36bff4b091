package event

import "strconv"

// Getter appends the values of one field of ev to dst. It appends nothing if the event does not have
// the field. A field may have many values.
type Getter func(dst []string, ev *Event) []string

// SigmaProcessCreation returns the getter of a field of Sigma's category process_creation, which
// sees each successful execve or execveat as one event. It returns nil for a name it does not know.
// Names: https://sigmahq.io/docs/basics/log-sources.html, the Sysmon names.
func SigmaProcessCreation(name string) Getter {
	if get, ok := sigmaProcess[name]; ok {
		return get
	}
	return nil
}

var sigmaProcess = map[string]Getter{
	"Image":             ofProcess(func(p *Process) string { return p.Exe }),
	"CommandLine":       ofProcess(func(p *Process) string { return p.CommandLine }),
	"CurrentDirectory":  ofProcess(func(p *Process) string { return p.CWD }),
	"User":              ofProcess(func(p *Process) string { return p.User }),
	"LogonId":           ofProcess(func(p *Process) string { return number(p.UID) }),
	"ProcessId":         ofProcess(func(p *Process) string { return number(p.PID) }),
	"ProcessGuid":       ofProcess(func(p *Process) string { return p.EntityID() }),
	"ParentProcessId":   ofProcess(func(p *Process) string { return number(p.ParentPID()) }),
	"ParentImage":       ofParent(func(p *Process) string { return p.Exe }),
	"ParentCommandLine": ofParent(func(p *Process) string { return p.CommandLine }),
	"ParentProcessGuid": ofParent(func(p *Process) string { return p.EntityID() }),
	"ParentUser":        ofParent(func(p *Process) string { return p.User }),
}

func number(n int) string {
	if n < 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func ofProcess(get func(*Process) string) Getter {
	return func(dst []string, ev *Event) []string {
		if ev.Process == nil {
			return dst
		}
		if s := get(ev.Process); s != "" {
			dst = append(dst, s)
		}
		return dst
	}
}

func ofParent(get func(*Process) string) Getter {
	return func(dst []string, ev *Event) []string {
		if ev.Process == nil || ev.Process.Parent == nil {
			return dst
		}
		if s := get(ev.Process.Parent); s != "" {
			dst = append(dst, s)
		}
		return dst
	}
}
