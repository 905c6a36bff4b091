package sink

import (
	"bufio"
	"errors"
	"io"
	"strconv"
)

const (
	maxTxn     = 999_999_999 // RELP's bound: nine digits
	maxCommand = 32
	// maxAnswer bounds the data of a frame that a peer sends, in bytes. Answers have a line or three.
	maxAnswer = 64 << 10
)

// relpFrame is TXNR SP COMMAND SP DATALEN [SP DATA] LF.
type relpFrame struct {
	txn     uint32
	command string
	data    []byte
}

var errRELP = errors.New("not a RELP frame")

func appendRELP(dst []byte, f relpFrame) []byte {
	dst = append(strconv.AppendUint(dst, uint64(f.txn), 10), ' ')
	dst = append(append(dst, f.command...), ' ')
	dst = strconv.AppendInt(dst, int64(len(f.data)), 10)
	if len(f.data) > 0 {
		dst = append(append(dst, ' '), f.data...)
	}
	return append(dst, '\n')
}

// readRELP reads one frame, of which it trusts nothing.
func readRELP(r *bufio.Reader) (f relpFrame, err error) {
	txn, _, err := readNumber(r, maxTxn, ' ')
	if err != nil {
		return f, err
	}
	f.txn = uint32(txn)
	if f.command, err = readCommand(r); err != nil {
		return f, err
	}
	n, end, err := readNumber(r, maxAnswer, ' ', '\n')
	if err != nil || end == '\n' && n == 0 {
		return f, err
	}
	if end == '\n' {
		return f, errRELP
	}
	f.data = make([]byte, n)
	if _, err := io.ReadFull(r, f.data); err != nil {
		return f, err
	}
	if c, err := r.ReadByte(); err != nil || c != '\n' {
		return f, errors.Join(errRELP, err)
	}
	return f, nil
}

// readNumber reads digits up to and with one of ends.
func readNumber(r *bufio.Reader, most int, ends ...byte) (n int, end byte, err error) {
	for digits := 0; ; digits++ {
		c, err := r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		for _, e := range ends {
			if c == e && digits > 0 {
				return n, c, nil
			}
		}
		if c < '0' || c > '9' || digits >= 9 {
			return 0, 0, errRELP
		}
		if n = 10*n + int(c-'0'); n > most {
			return 0, 0, errRELP
		}
	}
}

func readCommand(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return "", err
		case c == ' ' && len(b) > 0:
			return string(b), nil
		case c <= ' ' || c > '~' || len(b) >= maxCommand:
			return "", errRELP
		}
		b = append(b, c)
	}
}
