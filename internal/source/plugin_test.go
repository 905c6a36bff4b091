package source

import (
	"context"
	"fmt"
	"io"
	"os"
	ossignal "os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/tamper"
	"github.com/auditpy/auditpy/internal/event"
)

// pluginJob is auditd's plugin: it reads standard input to its end and reports how many serials never came.
func pluginJob(job) error {
	ossignal.Ignore(syscall.SIGHUP) // auditd sends it when it is told to reload
	fmt.Println("ready")
	s := NewStream("stdin", os.Stdin, 0)
	watch, asm := tamper.New(tamper.Options{}), assemble.New(assemble.Options{})
	observe := func(evs []*event.Event) {
		for _, ev := range evs {
			watch.Observe(nil, ev)
		}
	}
	records, bad := 0, 0
	for {
		rec, err := s.Next(context.Background())
		if err == io.EOF {
			observe(asm.Flush(nil))
			fmt.Println(records, bad, watch.Stats().Missing)
			return nil
		}
		if err != nil {
			bad++
			continue
		}
		records++
		observe(asm.Add(nil, rec))
	}
}

// dispatcher is auditd's: a queue of 2,000 records, and what does not fit is dropped.
type dispatcher struct {
	queue   chan string
	next    int
	dropped int
	done    chan struct{}
}

func newDispatcher(w io.Writer) *dispatcher {
	d := &dispatcher{queue: make(chan string, 2000), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		for line := range d.queue {
			_, _ = io.WriteString(w, line)
		}
	}()
	return d
}

// send queues n records of an event each: alone, so that each that is dropped is a serial.
func (d *dispatcher) send(n int) {
	for range n {
		select {
		case d.queue <- fmt.Sprintf("type=USER_CMD msg=audit(%d.%03d:%d): pid=1 uid=0 msg='op=%s'\n", 1700000000+d.next/1000, d.next%1000, d.next+1, strings.Repeat("x", d.next%300)):
		default:
			d.dropped++
		}
		d.next++
	}
}

// TestI13Plugin: the plugin is stopped until auditd's queue and the pipe are full, hears SIGHUP, and reads half a line at the
// end. What was dropped is counted to the record.
func TestI13Plugin(t *testing.T) {
	pause := time.Duration(size(3000, 100)) * time.Millisecond
	for range size(10, 10) { // restarts
		p := start(t, job{Kind: "plugin"}, -1)
		d := newDispatcher(p.stdin)
		d.send(500)
		waitFor(t, func() bool { return p.told() == 1 })
		signalChild(p, syscall.SIGHUP)
		signalChild(p, syscall.SIGSTOP)
		for d.dropped < 1000 {
			d.send(500)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(pause)
		signalChild(p, syscall.SIGCONT)
		waitFor(t, func() bool { return len(d.queue) == 0 })
		d.send(100)
		d.queue <- "type=USER_CMD msg=audit(17000"
		close(d.queue)
		<-d.done
		p.end()
		want := fmt.Sprintf("%d 1 %d", d.next-d.dropped, d.dropped)
		if len(p.lines) != 2 || p.lines[1] != want {
			t.Fatalf("records, bad lines and missing serials %q, want %q", p.lines, want)
		}
	}
}

func signalChild(p *process, s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}
