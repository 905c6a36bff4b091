package event

import "strconv"

// sigmaExec are fields of our own for executions: the code that an interpreter was given on its command line; and what
// the standard streams are, and whom the process talked to. Sysmon has no such thing, and the kernel tells it to who
// records connect, accept and dup2.
var sigmaExec = map[string]Getter{
	"InlineCode": of(self, inlineCode),
	// InlineCodeBare is InlineCode without what stands in strings and comments.
	"InlineCodeBare": of(self, func(p *Process) string { return withoutStrings(inlineCode(p)) }),
	"PreviousImage":  images(previous),
	"StdinIp":        ofStream(0, peerIP),
	"StdinPort":      ofStream(0, peerPort),
	"StdinInitiated": ofStream(0, peerInitiated),
	"StdoutIp":       ofStream(1, peerIP),
	"StdoutPort":     ofStream(1, peerPort),
	"StdioShared":    ofStreams(self, shared),
	"PeerIp":         ofStreams(self, func(s *Streams) string { return peerIP(s.Peer) }),
	"PeerPort":       ofStreams(self, func(s *Streams) string { return peerPort(s.Peer) }),
	"PeerInitiated":  ofStreams(self, func(s *Streams) string { return peerInitiated(s.Peer) }),
	"ParentStdinIp":  ofStreams(parent, func(s *Streams) string { return peerIP(s.Std[0].Peer) }),
	"ParentPeerIp":   ofStreams(parent, func(s *Streams) string { return peerIP(s.Peer) }),
}

// ecsStreams are the same for EQL.
var ecsStreams = map[string]Getter{
	"auditpy.inline_code":      sigmaExec["InlineCode"],
	"auditpy.inline_code_bare": sigmaExec["InlineCodeBare"],
	"auditpy.stdin.ip":         sigmaExec["StdinIp"],
	"auditpy.stdin.port":       sigmaExec["StdinPort"],
	"auditpy.stdin.initiated":  sigmaExec["StdinInitiated"],
	"auditpy.stdout.ip":        sigmaExec["StdoutIp"],
	"auditpy.stdout.port":      sigmaExec["StdoutPort"],
	"auditpy.stdio.shared":     sigmaExec["StdioShared"],
	"auditpy.peer.ip":          sigmaExec["PeerIp"],
	"auditpy.peer.port":        sigmaExec["PeerPort"],
	"auditpy.peer.initiated":   sigmaExec["PeerInitiated"],
	"auditpy.parent.stdin.ip":  sigmaExec["ParentStdinIp"],
	"auditpy.parent.peer.ip":   sigmaExec["ParentPeerIp"],
	// What the parent was given on its command line.
	"auditpy.parent.inline_code": of(parent, inlineCode),
}

// wazuhStreams are the same for Wazuh's rules.
var wazuhStreams = map[string]Getter{
	"audit.inline_code":      sigmaExec["InlineCode"],
	"audit.inline_code_bare": sigmaExec["InlineCodeBare"],
	"audit.previous.exe":     sigmaExec["PreviousImage"],
	"audit.stdin.ip":         sigmaExec["StdinIp"],
	"audit.stdin.port":       sigmaExec["StdinPort"],
	"audit.stdin.initiated":  sigmaExec["StdinInitiated"],
	"audit.stdout.ip":        sigmaExec["StdoutIp"],
	"audit.stdout.port":      sigmaExec["StdoutPort"],
	"audit.stdio.shared":     sigmaExec["StdioShared"],
	"audit.peer.ip":          sigmaExec["PeerIp"],
	"audit.peer.port":        sigmaExec["PeerPort"],
	"audit.peer.initiated":   sigmaExec["PeerInitiated"],
}

// ofStreams makes a getter of the streams of a process; "" is absent.
func ofStreams(who relation, get func(*Streams) string) Getter {
	return func(dst []string, ev *Event) []string {
		p := who(ev)
		if p == nil || p.Streams == nil {
			return dst
		}
		return appendText(dst, get(p.Streams))
	}
}

func ofStream(n int, get func(Peer) string) Getter {
	return ofStreams(self, func(s *Streams) string { return get(s.Std[n].Peer) })
}

func shared(s *Streams) string {
	switch {
	case s.Shared():
		return "true"
	case s.Std[0].Copied && s.Std[1].Copied:
		return "false"
	}
	return "" // not known
}

func peerIP(p Peer) string {
	if !p.IsValid() {
		return ""
	}
	return p.Address.Addr().String()
}

func peerPort(p Peer) string {
	if !p.IsValid() {
		return ""
	}
	return strconv.Itoa(int(p.Address.Port()))
}

func peerInitiated(p Peer) string {
	switch {
	case !p.IsValid():
		return ""
	case p.Initiated:
		return "true"
	}
	return "false"
}
