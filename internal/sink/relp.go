package sink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
)

// RELP sends alerts as syslog lines over RELP, version 0, plain or under TLS: the peer acknowledges each line when it has taken it, so that
// the death of either side, or of what is between them, loses none. What was not acknowledged is sent again, and may
// arrive twice.
//
// Source: https://github.com/rsyslog/librelp/blob/master/doc/relp.html; what rsyslogd does is what counts.
type RELP struct {
	opts SyslogOptions
	line Encoding
	link *link // nil: no session
	r    *bufio.Reader
	txn  uint32 // of the last frame sent in this session
	buf  []byte
}

func newRELP(o SyslogOptions) *RELP { return &RELP{opts: o, line: o.encoding()} }

// Name returns "syslog", the network and the address.
func (s *RELP) Name() string { return s.opts.name() }

// Send sends all alerts and waits for the acknowledgements.
func (s *RELP) Send(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	if len(batch) == 0 {
		return 0, nil
	}
	if done, err = s.sendAll(ctx, batch); err == nil {
		return done, nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return done, fmt.Errorf("send to %s: %w", s.Name(), errors.Join(err, s.abort()))
}

func (s *RELP) sendAll(ctx context.Context, batch []alert.Envelope) (done int, err error) {
	if err := s.connect(ctx); err != nil {
		return 0, err
	}
	first := s.txn + 1
	s.buf = s.buf[:0]
	for i := range batch {
		s.txn++
		s.buf = appendRELP(s.buf, relpFrame{s.txn, "syslog", s.line.Append(nil, &batch[i], s.opts.MaxBytes)})
	}
	// Acknowledgements are read while we write: a peer whose buffers are full of them would read no more.
	writing := make(chan error, 1)
	go func() { writing <- s.link.write(ctx, s.buf) }()
	done, err = s.acks(ctx, first, len(batch))
	if err != nil {
		s.link.close()
	}
	return done, errors.Join(err, <-writing)
}

// acks reads the answers to n frames from transaction first on, and returns how many of the first are acknowledged.
func (s *RELP) acks(ctx context.Context, first uint32, n int) (done int, err error) {
	acked := make([]bool, n)
	for done < n {
		f, err := s.answer(ctx)
		if err != nil {
			return done, err
		}
		i := int(f.txn) - int(first)
		if i < 0 || i >= n || acked[i] {
			return done, fmt.Errorf("answer to transaction %d, which is not open", f.txn)
		}
		if err := f.ok(); err != nil {
			return done, err
		}
		for acked[i] = true; done < n && acked[done]; done++ {
		}
	}
	return done, nil
}

// answer reads one answer, within the timeout.
func (s *RELP) answer(ctx context.Context) (relpFrame, error) {
	conn := s.link.conn // the function may still run when the link is gone
	stop := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetReadDeadline(time.Now().Add(s.opts.Timeout)); err != nil {
		return relpFrame{}, err
	}
	if err := ctx.Err(); err != nil {
		return relpFrame{}, err
	}
	f, err := readRELP(s.r)
	if err == nil && f.command == "serverclose" {
		err = errors.New("the peer ends the session")
	} else if err == nil && f.command != "rsp" {
		err = fmt.Errorf("the peer sends %q", shorten(f.command, maxCommand))
	}
	return f, err
}

// maxBatch is more than any batch has alerts. A session whose numbers run out is followed by a new one.
const maxBatch = 1 << 20

const relpOffer = "relp_version=0\nrelp_software=auditpy\ncommands=syslog"

// connect opens a session, if there is none.
func (s *RELP) connect(ctx context.Context) error {
	if s.link != nil && s.txn < maxTxn-maxBatch {
		return nil
	}
	if err := s.abort(); err != nil {
		return err
	}
	l, err := dial(ctx, &s.opts)
	if err != nil {
		return err
	}
	s.link, s.r, s.txn = l, bufio.NewReader(l.conn), 1
	if err := l.write(ctx, appendRELP(nil, relpFrame{s.txn, "open", []byte(relpOffer)})); err != nil {
		return err
	}
	f, err := s.answer(ctx)
	if err != nil {
		return fmt.Errorf("open RELP session: %w", err)
	}
	if err := f.ok(); err != nil {
		return fmt.Errorf("open RELP session: %w", err)
	}
	return f.offers("syslog")
}

// ok reports an answer that is no acknowledgement.
func (f *relpFrame) ok() error {
	if string(f.data[:min(3, len(f.data))]) == "200" {
		return nil
	}
	return fmt.Errorf("the peer refuses: %q", shorten(string(f.data), 80))
}

// offers reports a peer that does not know command.
func (f *relpFrame) offers(command string) error {
	for line := range strings.Lines(string(f.data)) {
		if list, ok := strings.CutPrefix(strings.TrimSpace(line), "commands="); ok {
			for c := range strings.SplitSeq(list, ",") {
				if strings.TrimSpace(c) == command {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("open RELP session: the peer does not offer %q", command)
}

func (s *RELP) abort() error {
	if s.link == nil {
		return nil
	}
	err := s.link.close()
	s.link = nil
	return err
}

// Close ends the session.
func (s *RELP) Close() error {
	if s.link == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.txn++
	_ = s.link.write(ctx, appendRELP(nil, relpFrame{s.txn, "close", nil})) // a courtesy
	return s.abort()
}
