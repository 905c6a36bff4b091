package sinktest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// read returns the next line, and what to do when it is taken; that is nil for what is no line.
func (r *Receiver) read(in *bufio.Reader, c net.Conn) (line string, done func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case r.o.RELP:
		return readRELP(in, c)
	case r.o.LineFeeds:
		line, err = in.ReadString('\n')
		return strings.TrimSuffix(line, "\n"), nothing, err
	}
	length, err := in.ReadString(' ')
	if err != nil {
		return "", nil, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
	if err != nil || n < 1 || n > 1<<20 || strings.HasPrefix(length, "0") {
		return "", nil, errFrame
	}
	b := make([]byte, n)
	_, err = io.ReadFull(in, b)
	return string(b), nothing, err
}

// readRELP answers what is no line itself.
func readRELP(in *bufio.Reader, c net.Conn) (line string, done func() error, err error) {
	var txn, n int
	var command string
	head, err := in.ReadString(' ')
	if err == nil {
		command, err = in.ReadString(' ')
	}
	if err != nil {
		return "", nil, err
	}
	for {
		b, err := in.ReadByte()
		if err != nil {
			return "", nil, err
		}
		if b < '0' || b > '9' {
			if n == 0 && b == '\n' {
				_ = in.UnreadByte() // no data: this is the end of the frame
			}
			break
		}
		n = 10*n + int(b-'0')
	}
	data := make([]byte, n+1)
	if _, err := io.ReadFull(in, data); err != nil || data[n] != '\n' {
		return "", nil, errFrame
	}
	if txn, err = strconv.Atoi(strings.TrimSpace(head)); err != nil {
		return "", nil, errFrame
	}
	answer := func(text string) error {
		_, err := fmt.Fprintf(c, "%d rsp %d %s\n", txn, len(text), text)
		return err
	}
	switch strings.TrimSpace(command) {
	case "open":
		return "", nil, answer("200 OK\nrelp_version=0\nrelp_software=sinktest\ncommands=syslog")
	case "syslog":
		return string(data[:n]), func() error { return answer("200 OK") }, nil
	case "close":
		_, err := fmt.Fprintf(c, "%d rsp 0\n0 serverclose 0\n", txn)
		return "", nil, err
	}
	return "", nil, errFrame
}
