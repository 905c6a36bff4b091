package sink

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/sinktest"
)

// FuzzRELP: what is read is what was written, and whatever a peer sends is read or refused within bounds.
func FuzzRELP(f *testing.F) {
	f.Add([]byte("1 rsp 6 200 OK\n"), uint32(7), []byte("line\nof\x00data"))
	f.Add([]byte("0 serverclose 0\n"), uint32(999999999), []byte{})
	f.Add([]byte("1 rsp 99999999999 x"), uint32(0), []byte("x"))
	f.Fuzz(func(t *testing.T, peer []byte, txn uint32, data []byte) {
		want := relpFrame{txn % (maxTxn + 1), "syslog", data[:min(len(data), maxAnswer)]}
		got, err := readRELP(bufio.NewReader(bytes.NewReader(appendRELP(nil, want))))
		if err != nil || got.txn != want.txn || got.command != want.command || !bytes.Equal(got.data, want.data) {
			t.Fatalf("readRELP of %+v = %+v, %v", want, got, err)
		}
		r := bufio.NewReader(bytes.NewReader(peer))
		for {
			f, err := readRELP(r)
			if err != nil {
				break
			}
			if len(f.data) > maxAnswer || len(f.command) > maxCommand || f.txn > maxTxn {
				t.Fatalf("readRELP(%q) = %+v: beyond the bounds", peer, f)
			}
		}
	})
}

// script is a peer that sends a fixed answer to each frame it reads.
func script(t *testing.T, answers ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for _, a := range answers {
					if _, err := readRELP(r); err != nil {
						return
					}
					io.WriteString(c, a)
				}
				io.Copy(io.Discard, c)
			}()
		}
	}()
	return l.Addr().String()
}

const opened = "1 rsp 35 200 OK\nrelp_version=0\ncommands=syslog\n"

// What a peer does not acknowledge is not done, and what it sends beside the protocol ends the session.
func TestRELPRefusals(t *testing.T) {
	good := strings.Replace(opened, "35", fmt.Sprint(len(opened)-len("1 rsp 35 ")-1), 1)
	for name, tt := range map[string]struct {
		answers []string
		done    int
		want    string
	}{
		"refuses the session":     {[]string{"1 rsp 9 500 go on\n"}, 0, `refuses: "500 go on"`},
		"offers nothing":          {[]string{"1 rsp 6 200 OK\n"}, 0, `does not offer "syslog"`},
		"another transaction":     {[]string{"9 rsp 6 200 OK\n"}, 0, `does not offer`},
		"speaks something else":   {[]string{"220 ready ESMTP\n"}, 0, "not a RELP frame"},
		"refuses the second":      {[]string{good, "2 rsp 6 200 OK\n", "3 rsp 8 500 full\n"}, 1, "500 full"},
		"acknowledges backwards":  {[]string{good, "4 rsp 6 200 OK\n", "3 rsp 6 200 OK\n", "4 rsp 6 200 OK\n"}, 0, "transaction 4, which is not open"},
		"acknowledges the future": {[]string{good, "2 rsp 6 200 OK\n", "77 rsp 6 200 OK\n"}, 1, "transaction 77"},
		"ends":                    {[]string{good, "2 rsp 6 200 OK\n0 serverclose 0\n"}, 1, "ends the session"},
		"is a client":             {[]string{good, "2 syslog 1 x\n"}, 0, `sends "syslog"`},
		"has an endless command":  {[]string{strings.Repeat("1 x", 99)}, 0, "not a RELP frame"},
		"is silent":               {[]string{good, "2 rsp 6 200 OK\n"}, 1, "timeout"},
	} {
		s := sinkOf(t, SyslogOptions{Network: "relp", Address: script(t, tt.answers...), Timeout: 200 * time.Millisecond})
		done, err := s.Send(t.Context(), batch(0, 3))
		if done != tt.done || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("a peer that %s: Send = %d, %v, want %d and %q", name, done, err, tt.done, tt.want)
		}
	}
}

// Acknowledgements may come in any order.
func TestRELPAnyOrder(t *testing.T) {
	good := strings.Replace(opened, "35", fmt.Sprint(len(opened)-len("1 rsp 35 ")-1), 1)
	s := sinkOf(t, SyslogOptions{Network: "relp", Address: script(t, good, "4 rsp 6 200 OK\n", "2 rsp 6 200 OK\n", "3 rsp 6 200 OK\n")})
	sendBatch(t, s, batch(0, 3))
}

// When the numbers of a session run out, a new one begins.
func TestRELPNumbersRunOut(t *testing.T) {
	r := receiver(t, sinktest.Options{RELP: true})
	s := sinkOf(t, SyslogOptions{Network: "relp", Address: r.Addr()}).(*RELP)
	sendBatch(t, s, batch(0, 3))
	s.txn = maxTxn - 5
	sendBatch(t, s, batch(3, 20))
	if s.txn > 100 || r.Len() != 20 {
		t.Errorf("transaction %d, %d lines, want a new session and 20", s.txn, r.Len())
	}
}

// A Send that is given up at any moment leaves nothing behind that touches the link it had.
func TestRELPGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // whoever connects is hung up on at once
	must(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	s := sinkOf(t, SyslogOptions{Network: "relp", Address: l.Addr().String()})
	for i := range 3000 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%300)*time.Microsecond)
		if _, err := s.Send(ctx, batch(0, 1)); err == nil {
			t.Fatal("an alert was sent to nobody")
		}
		cancel()
	}
}
