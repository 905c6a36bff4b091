package sink

import (
	"bufio"
	"context"
	"net"
	"testing"
	"time"
)

// TestAnswerStopped: a session that is given up while its reading is stopped does no harm.
func TestAnswerStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 5000 {
		ours, theirs := net.Pipe()
		s := &RELP{link: &link{conn: ours}, r: bufio.NewReader(ours), opts: SyslogOptions{Timeout: time.Second}}
		if _, err := s.answer(ctx); err == nil {
			t.Fatal("an answer from nobody")
		}
		s.link = nil // as abort does
		ours.Close()
		theirs.Close()
	}
}
