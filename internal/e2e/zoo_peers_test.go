//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// zoo is who waits for the zoo's processes: an attacker, who counts the shells that he got, and services for the others.
type zoo struct {
	tcp, tcp6, udp, upgrade string // ports of the attacker
	web, lines              string // ports of services
	shells                  atomic.Int32
}

func newZoo(t *testing.T) *zoo {
	z := &zoo{}
	z.tcp, z.tcp6 = z.listen(t, "127.0.0.1:0", z.shell), z.listen(t, "[::1]:0", z.shell)
	z.upgrade = z.listen(t, "127.0.0.1:0", z.upgradedShell)
	z.lines = z.listen(t, "127.0.0.1:0", answerLines)
	z.udp = z.listenUDP(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sh") {
			fmt.Fprintln(w, "echo installing; true | cat")
			return
		}
		fmt.Fprintln(w, "fine")
	}))
	t.Cleanup(web.Close)
	z.web = port(web.Listener.Addr())
	return z
}

func port(a net.Addr) string {
	_, p, _ := net.SplitHostPort(a.String())
	return p
}

func (z *zoo) listen(t *testing.T, address string, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(15 * time.Second))
				serve(c)
			}()
		}
	}()
	return port(l.Addr())
}

// ask is what an attacker types. Only a shell can give the answer: an echo has the question.
const ask, answer = "echo zoo-$((40+2))\n", "zoo-42"

func (z *zoo) shell(c net.Conn) {
	fmt.Fprint(c, ask)
	if z.answered(c) {
		fmt.Fprint(c, "exit\n")
		drainConn(c)
	}
}

// upgradedShell makes a terminal of a bare shell first.
func (z *zoo) upgradedShell(c net.Conn) {
	fmt.Fprint(c, "python3 -c 'import pty;pty.spawn(\"/bin/bash\")'\n")
	time.Sleep(time.Second)
	fmt.Fprint(c, ask)
	if z.answered(c) {
		fmt.Fprint(c, "exit\n")
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(c, "exit\n")
		drainConn(c)
	}
}

func (z *zoo) answered(c net.Conn) bool {
	var got []byte
	for buf := make([]byte, 1024); ; {
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		if strings.Contains(string(got), answer) {
			z.shells.Add(1)
			return true
		}
		if err != nil {
			return false
		}
	}
}

func drainConn(c net.Conn) {
	for buf := make([]byte, 1024); ; {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

func (z *zoo) listenUDP(t *testing.T) string {
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	go func() {
		for buf := make([]byte, 2048); ; {
			n, from, err := p.ReadFrom(buf)
			if err != nil {
				return
			}
			if strings.Contains(string(buf[:n]), answer) {
				z.shells.Add(1)
				p.WriteTo([]byte("exit\n"), from)
			} else if n == 1 {
				p.WriteTo([]byte(ask), from)
			}
		}
	}()
	return port(p.LocalAddr())
}

// dial is the attacker who comes to a shell that waits.
func (z *zoo) dial(port int, stop chan bool) {
	for {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.SetDeadline(time.Now().Add(15 * time.Second))
			z.shell(c)
			c.Close()
			return
		}
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func answerLines(c net.Conn) {
	for s := bufio.NewScanner(c); s.Scan(); {
		fmt.Fprintln(c, "ok")
	}
}
