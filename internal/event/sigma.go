package event

import (
	"github.com/auditpy/auditpy/internal/audit"
)

// The views of Sigma's categories. Their fields are named as Sysmon names them.
// Source: https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md and the
// events 1, 3 and 11 of https://github.com/microsoft/SysmonForLinux, whose LogonId is a uid and whose
// TerminalSessionId is the session of the login.

// SigmaProcessCreation returns the getter of a field of Sigma's category process_creation, which sees each event
// that IsProcessCreation. It returns nil for a name it does not know.
func SigmaProcessCreation(name string) Getter {
	if get, ok := sigmaExec[name]; ok {
		return get
	}
	return sigmaProcess[name]
}

// SigmaNetworkConnection returns the getter of a field of Sigma's category network_connection, which sees each event
// that IsNetworkConnection. It returns nil for a name it does not know.
func SigmaNetworkConnection(name string) Getter {
	if get, ok := sigmaNetwork[name]; ok {
		return get
	}
	return sigmaProcess[name]
}

// SigmaFileEvent returns the getter of a field of Sigma's category file_event, which sees each event that
// IsFileEvent. It returns nil for a name it does not know.
func SigmaFileEvent(name string) Getter {
	if get, ok := sigmaFile[name]; ok {
		return get
	}
	return sigmaProcess[name]
}

// IsProcessCreation reports whether the event is a successful execve or execveat.
func (ev *Event) IsProcessCreation() bool { return ev.Exec != nil }

// IsNetworkConnection reports whether a process reached another, or was reached by it, over IPv4 or IPv6: connect and
// accept, and a datagram sent to an address. An address of another kind is none, nor is a call that failed, but for
// one that goes on by itself after it: see underWay.
func (ev *Event) IsNetworkConnection() bool {
	_, ok := ev.connection()
	return ok
}

// IsFileEvent reports whether a name came to be: of a new file or directory, or another name of an old one.
func (ev *Event) IsFileEvent() bool {
	for i := range ev.Records {
		if ev.isCreated(&ev.Records[i]) {
			return true
		}
	}
	return false
}

// sigmaProcess are the fields of the process that made the event: Sysmon has few of them in its other events, but
// rules ask for them there.
var sigmaProcess = map[string]Getter{
	"UtcTime":                text(utcTime),
	"Image":                  images(self),
	"CommandLine":            ownCommandLine,
	"CurrentDirectory":       text(ownCWD),
	"User":                   of(self, userName),
	"LogonId":                ownID(audit.CallUID, uid), // not the auid: rules look for a daemon that runs as 0
	"TerminalSessionId":      ownID(audit.CallSession, session),
	"ProcessId":              ownID(audit.CallPID, pid),
	"ProcessGuid":            of(self, (*Process).EntityID),
	"ParentProcessId":        parentID,
	"ParentProcessGuid":      of(parent, (*Process).EntityID),
	"ParentImage":            images(parent),
	"ParentCommandLine":      of(parent, commandLine),
	"ParentUser":             of(parent, userName),
	"GrandparentImage":       images(grandparent), // not Sysmon's but Aurora's, as the next
	"GrandparentCommandLine": of(grandparent, commandLine),
}

var sigmaNetwork = map[string]Getter{
	"Initiated":         text(initiated),
	"DestinationIp":     ofPeer(true, ip),
	"DestinationIsIpv6": ofPeer(true, isIPv6),
	"DestinationPort":   ofPeer(true, port),
	"SourceIp":          either(ofPeer(false, ip), text(loopbackSource)),
	"SourceIsIpv6":      ofPeer(false, isIPv6),
	"SourcePort":        ofPeer(false, port),
}

var sigmaFile = map[string]Getter{"TargetFilename": createdNames}

// utcTime is Sysmon's form.
func utcTime(ev *Event) string { return ev.Time().Format("2006-01-02 15:04:05.000") }

func initiated(ev *Event) string {
	c, ok := ev.connection()
	switch {
	case !ok:
		return ""
	case c.initiated:
		return "true"
	}
	return "false"
}

// loopbackSource is the address that the kernel gives the side that connects to a loopback address, unless it bound
// another one before: then too one of the same host. Rules tell local connections apart by it.
func loopbackSource(ev *Event) string {
	c, ok := ev.connection()
	switch {
	case !ok || !c.initiated || !c.peer.IP.IsLoopback():
		return ""
	case c.peer.IP.Is4():
		return "127.0.0.1"
	}
	return "::1"
}

// ofPeer makes a getter of the address on the other side, which is the destination of who initiated the connection
// and the source for who accepted it. Of our side no record tells.
func ofPeer(initiated bool, get func(audit.Address) string) Getter {
	return func(dst []string, ev *Event) []string {
		c, ok := ev.connection()
		if !ok || c.initiated != initiated {
			return dst
		}
		return appendText(dst, get(c.peer))
	}
}
