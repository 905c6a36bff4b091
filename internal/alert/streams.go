package alert

import "github.com/auditpy/auditpy/internal/event"

// talksTo is the connection that a program was started on, or that its process had just before.
func talksTo(ev *event.Event) (p event.Peer, stdin bool) {
	if ev.Exec == nil || ev.Process == nil || ev.Process.Streams == nil {
		return event.Peer{}, false
	}
	if in := ev.Process.Streams.Std[0].Peer; in.IsValid() {
		return in, true
	}
	return ev.Process.Streams.Peer, false
}

// stream tells it as a connection of the event.
func (o *object) stream(ev *event.Event) {
	p, _ := talksTo(ev)
	if !p.IsValid() {
		return
	}
	side := "source"
	if p.Initiated {
		side = "destination"
	}
	o.open(side, '{')
	o.str("ip", p.Address.Addr().String())
	o.num("port", int64(p.Address.Port()))
	o.close('}')
}

// describePeer tells it to people; "" if there is none.
func describePeer(ev *event.Event) string {
	p, stdin := talksTo(ev)
	if !p.IsValid() {
		return ""
	}
	how := "connected to " + p.Address.String()
	if !p.Initiated {
		how = "accepted from " + p.Address.String()
	}
	if stdin {
		how += ": standard input is that connection"
	}
	return how
}
