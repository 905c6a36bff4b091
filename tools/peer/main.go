// Command peer reads an audit log with Elastic's go-libaudit, as Auditbeat does, and prints only what it counted. It
// exists to be timed beside auditpy (.ci/bench), so it does no work of its own that could be left out.
//
// What surprised us: parsing a line with auparse reads no more than its header, and the fields are first parsed when
// Data is called. Without that call a parser would be timed that parses nothing.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/elastic/go-libaudit/v2"
	"github.com/elastic/go-libaudit/v2/aucoalesce"
	"github.com/elastic/go-libaudit/v2/auparse"
)

// inFlight and hold are Auditbeat's defaults (auditbeat/module/auditd/config.go); 1,024 events gave the same counts
// on a log of 111 MB, in the same time.
const (
	inFlight = 50
	hold     = 2 * time.Second
)

func main() {
	parseOnly := flag.Bool("parse-only", false, "parse the fields of every record, and join nothing")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: peer [-parse-only] FILE")
		os.Exit(2)
	}
	c, err := read(flag.Arg(0), *parseOnly)
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer: error:", err)
		os.Exit(2)
	}
	fmt.Printf("records=%d unparsed=%d events=%d argv=%d\n", c.records, c.unparsed, c.events, c.argv)
}

// counts is what came out of a log. It is the Stream that joined events are given to.
type counts struct {
	records  int
	unparsed int // lines whose header, or with -parse-only whose fields, are refused
	events   int
	argv     int // events with every argument of an execution
}

func read(name string, parseOnly bool) (*counts, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := new(counts)
	if parseOnly {
		return c, c.each(f, c.parse)
	}
	r, err := libaudit.NewReassembler(inFlight, hold, c)
	if err != nil {
		return nil, err
	}
	if err := c.each(f, r.PushMessage); err != nil {
		return nil, err
	}
	return c, r.Close()
}

// each calls use for every line whose header parses.
func (c *counts) each(r io.Reader, use func(*auparse.AuditMessage)) error {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), 1<<20) // the longest line known is 8,694 bytes
	for s.Scan() {
		m, err := auparse.ParseLogLine(s.Text())
		if err != nil {
			c.unparsed++
			continue
		}
		c.records++
		use(m)
	}
	return s.Err()
}

func (c *counts) parse(m *auparse.AuditMessage) {
	if _, err := m.Data(); err != nil {
		c.unparsed++
	}
}

// ReassemblyComplete takes the records of one event.
func (c *counts) ReassemblyComplete(records []*auparse.AuditMessage) {
	c.events++
	e, err := aucoalesce.CoalesceMessages(records)
	if err == nil && len(e.Process.Args) > 0 {
		c.argv++
	}
}

// EventsLost has nothing to count: a late record makes it say 4,294,967,290.
func (c *counts) EventsLost(int) {}
