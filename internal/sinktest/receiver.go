// Package sinktest has receivers of syslog that can be killed, slow, or deaf, for the tests of what sends to them.
//
// What surprised us: a receiver that closes its connection politely loses nothing and tests nothing. Kill does what the
// kernel does when a process is killed: what was not read is gone, and the sender gets a reset.
//
// The invariant: Lines has what a receiver had taken before it died, and nothing else. For tests only.
package sinktest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Options say how a Receiver behaves. The zero value reads lines with octet counting over TCP.
type Options struct {
	LineFeeds  bool          // lines end in line feeds
	RELP       bool          // and are acknowledged
	TLS        *tls.Config   // nil: none
	Delay      time.Duration // before each line
	ReadBuffer int           // of the kernel, in bytes; 0: its default
	// Take, if set, is called with each line, and decides whether it is taken: false is the death of the connection after the
	// line was read.
	Take func(line string) bool
	// Key, if set, tells which lines are the same, for Distinct.
	Key func(line string) string
}

// Receiver takes syslog lines at a port of this host.
type Receiver struct {
	o    Options
	addr string

	mu     sync.Mutex
	l      net.Listener
	conns  map[*net.TCPConn]bool
	lines  []string
	keys   map[string]bool
	deaf   chan struct{} // not nil: nobody reads until it is closed
	active sync.WaitGroup
}

// Listen returns a receiver at address; "127.0.0.1:0" chooses a port.
func Listen(address string, o Options) (*Receiver, error) {
	r := &Receiver{o: o, addr: address, conns: make(map[*net.TCPConn]bool), keys: make(map[string]bool)}
	return r, r.Start()
}

// Addr returns the address, the same after each Start.
func (r *Receiver) Addr() string { return r.addr }

// Start begins to listen, after Kill again.
func (r *Receiver) Start() error {
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.l, r.addr = l, l.Addr().String()
	r.mu.Unlock()
	r.active.Go(func() { r.accept(l) })
	return nil
}

func (r *Receiver) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		tcp := c.(*net.TCPConn)
		if r.o.ReadBuffer > 0 {
			_ = tcp.SetReadBuffer(r.o.ReadBuffer)
		}
		r.mu.Lock()
		if r.l != l { // killed meanwhile
			reset(tcp)
		} else {
			r.conns[tcp] = true
			r.active.Go(func() { r.serve(tcp) })
		}
		r.mu.Unlock()
	}
}

// reset closes c as the kernel does for a process that is killed with bytes unread.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// Kill closes all, and waits until it is so. What was not read is lost.
func (r *Receiver) Kill() {
	r.mu.Lock()
	if r.l != nil {
		_ = r.l.Close()
		r.l = nil
	}
	for c := range r.conns {
		reset(c)
	}
	clear(r.conns)
	r.mu.Unlock()
	r.Continue() // who is stopped dies, too
	r.active.Wait()
}

// Stop makes the receiver deaf, as SIGSTOP does: connections are made, and nobody reads. Continue ends it.
func (r *Receiver) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deaf = make(chan struct{})
}

// Continue ends what Stop began.
func (r *Receiver) Continue() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.deaf != nil {
		close(r.deaf)
		r.deaf = nil
	}
}

func (r *Receiver) listen() {
	r.mu.Lock()
	deaf := r.deaf
	r.mu.Unlock()
	if deaf != nil {
		<-deaf
	}
}

// Lines returns what was taken so far, in order.
func (r *Receiver) Lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}

// Len returns the number of lines taken so far.
func (r *Receiver) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines)
}

// Distinct returns the number of different lines taken so far.
func (r *Receiver) Distinct() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys)
}

func (r *Receiver) serve(tcp *net.TCPConn) {
	end := reset
	defer func() {
		r.mu.Lock()
		delete(r.conns, tcp)
		r.mu.Unlock()
		end(tcp)
	}()
	r.listen()
	var c net.Conn = tcp
	if r.o.TLS != nil {
		c = tls.Server(tcp, r.o.TLS)
	}
	in := bufio.NewReader(deafReader{c, r})
	for n := 1; ; n++ {
		line, done, err := r.read(in, c)
		if err == io.EOF { // the sender closed its side, and all is read
			end = func(c *net.TCPConn) { _ = c.Close() }
		}
		if err != nil {
			return
		}
		if done == nil { // no line: the session
			continue
		}
		if r.o.Delay > 0 && n%16 == 0 {
			time.Sleep(r.o.Delay)
		}
		if !r.take(tcp, line) || done() != nil {
			return
		}
	}
}

// take keeps line, unless the receiver is dead.
func (r *Receiver) take(c *net.TCPConn, line string) bool {
	if r.o.Take != nil && !r.o.Take(line) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.conns[c] {
		return false
	}
	r.lines = append(r.lines, line)
	if r.o.Key != nil {
		r.keys[r.o.Key(line)] = true
	}
	return true
}

// deafReader reads nothing while the receiver is stopped.
type deafReader struct {
	net.Conn
	r *Receiver
}

func (d deafReader) Read(b []byte) (int, error) {
	d.r.listen()
	return d.Conn.Read(b)
}

var errFrame = errors.New("sinktest: not a frame")
