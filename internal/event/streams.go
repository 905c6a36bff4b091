package event

import (
	"math"
	"net/netip"

	"github.com/auditpy/auditpy/internal/snapshot"
)

// Streams is what is known of a process's standard streams, and of whom it talks to: from connect and accept, and from
// the calls that copy descriptors, as far as audit rules record them. No record tells of a close, so a number may have
// been given out again since.
type Streams struct {
	Std [3]Stream // standard input, output and error
	// Peer is the newest connection that the process had when it executed what it runs; else that it has since.
	Peer Peer
}

// Stream is what a standard stream is a copy of.
type Stream struct {
	Copied bool
	From   int  // descriptor that it was copied from, if Copied
	Peer   Peer // the other side, if that is a connection
}

// Peer is the other side of a connection over IP. The zero Peer is none.
type Peer struct {
	Address   netip.AddrPort
	Initiated bool // by the process, which connected; else it accepted
}

// IsValid reports whether p is a peer.
func (p Peer) IsValid() bool { return p.Address.IsValid() }

// Shared reports whether standard input and output are one descriptor: a connection or a terminal, and no pipe.
func (s *Streams) Shared() bool {
	in, out := &s.Std[0], &s.Std[1]
	return in.Copied && out.Copied && in.From == out.From || in.Peer.IsValid() && in.Peer == out.Peer
}

func (s *Streams) save(w *snapshot.Writer) {
	w.Bool(s != nil)
	if s == nil {
		return
	}
	for i := range s.Std {
		w.Bool(s.Std[i].Copied)
		w.Count(s.Std[i].From)
		s.Std[i].Peer.Save(w)
	}
	s.Peer.Save(w)
}

func loadStreams(r *snapshot.Reader) *Streams {
	if !r.Bool() {
		return nil
	}
	s := new(Streams)
	for i := range s.Std {
		s.Std[i] = Stream{Copied: r.Bool(), From: r.Size(math.MaxInt32), Peer: LoadPeer(r)}
	}
	s.Peer = LoadPeer(r)
	return s
}

// Save writes p.
func (p Peer) Save(w *snapshot.Writer) {
	text := ""
	if p.IsValid() {
		text = p.Address.String()
	}
	w.Text(text)
	w.Bool(p.Initiated)
}

// LoadPeer reads what Save wrote.
func LoadPeer(r *snapshot.Reader) Peer {
	text, initiated := r.Text(), r.Bool()
	if text == "" {
		return Peer{Initiated: initiated}
	}
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		r.Fail("address")
	}
	return Peer{a, initiated}
}
