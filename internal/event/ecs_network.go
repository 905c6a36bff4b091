package event

import (
	"net/netip"

	"github.com/auditpy/auditpy/internal/audit"
)

// Networks in ECS. Source: https://www.elastic.co/docs/reference/ecs/ecs-network and ecs-destination, ecs-source.

var ecsNetwork = map[string]Getter{
	"destination.ip":      ofSide(destination, ip),
	"destination.address": ofSide(destination, ip),
	"destination.port":    ofSide(destination, port),
	"source.ip":           either(ofSide(source, ip), text(loginAddress)),
	"source.address":      either(ofSide(source, ip), text(loginAddress)),
	"source.port":         either(ofSide(source, port), saidID("rport")),
	"network.direction":   text(direction),
	"network.type":        ofAddress(networkType),
}

// side is which side of a connection the address in the record is.
type side int

const (
	neither side = iota // ours: bind, getsockname
	destination
	source
)

// direction is of a network only: a socket of this host leads nowhere.
func direction(ev *Event) string {
	if _, ok := ev.IPAddress(); !ok {
		return ""
	}
	return [...]string{neither: "", destination: "egress", source: "ingress"}[ev.side()]
}

// side is told by the call. A call that failed has one too: it was to be that.
func (ev *Event) side() side {
	if ev.Find(audit.Sockaddr) == nil {
		return neither
	}
	switch ev.call() {
	case "connect", "sendto", "sendmsg", "sendmmsg":
		return destination
	case "accept", "accept4", "recvfrom", "recvmsg", "recvmmsg":
		return source
	}
	return neither
}

func ofSide(s side, get func(audit.Address) string) Getter {
	return text(func(ev *Event) string {
		if ev.side() != s {
			return ""
		}
		a, _ := ev.Address()
		return get(a)
	})
}

// loginAddress is where a login came from, as the program says. What is no address is a name, or "?".
func loginAddress(ev *Event) string {
	addr, ok := ev.inner("addr")
	if !ok {
		return ""
	}
	if _, err := netip.ParseAddr(addr); err != nil {
		return ""
	}
	return addr
}

func networkType(a audit.Address) string {
	if !a.IP.IsValid() {
		return ""
	}
	if a.IP.Is4() {
		return "ipv4"
	}
	return "ipv6"
}
