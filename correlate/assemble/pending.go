package assemble

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/internal/text"
)

// pending is an open event, in the list of its node, and the memory of all that belongs to it.
type pending struct {
	ev     event.Event
	stamp  stamp
	node   *node
	opened int64  // node.newest when it was opened
	number uint64 // of the record that opened it
	mark   uint64
	bytes  int
	mapped bool // it is in Assembler.open
	closed bool // it waits for those before it
	over   bool // a bound dropped a record
	tail   tail // of what was too much
	torn   bool // a record may have been cut
	ended  bool // the record that comes last has come
	single bool // a record that comes alone
	called bool // call is taken apart
	joined bool // args are joined
	tries  int  // joins while records were still awaited
	paths  int  // PATH records
	cwd    bool // there is a CWD record
	saddr  bool // there is a SOCKADDR record

	call audit.Call
	argv audit.Argv
	args audit.Args
	exec event.Exec
	text text.Arena
	line text.Arena // of the arguments joined

	in           *queue
	prev, next   *pending // in it
	older, newer *pending // in the list of all
}

// keepText bounds the memory that a pending keeps for the next event, and keepRecords that of its list of records
// and arguments: few events are larger.
const (
	keepText    = 32 << 10
	keepRecords = 64
	keepArgs    = 1024
)

// fresh returns a pending to fill.
func (a *Assembler) fresh() *pending {
	n := len(a.free)
	if n == 0 {
		return new(pending)
	}
	p := a.free[n-1]
	a.free = a.free[:n-1]
	return p
}

// reuse takes back the events that were handed out.
func (a *Assembler) reuse() {
	for i, p := range a.returned {
		if len(a.free) < maxFree {
			p.reset()
			a.free = append(a.free, p)
		}
		a.returned[i] = nil
	}
	a.returned = a.returned[:0]
}

// maxFree bounds what is kept for use again: more are open only while something is wrong.
const maxFree = 512

func (p *pending) reset() {
	records, list := p.ev.Records, p.args.List
	clear(records)
	clear(list)
	if cap(records) > keepRecords {
		records = nil
	}
	if cap(list) > keepArgs {
		list = nil
	}
	p.argv.Reset()
	p.text.Reset(keepText)
	p.line.Reset(keepText)
	*p = pending{argv: p.argv, text: p.text, line: p.line}
	p.ev.Records, p.args.List = records[:0], list[:0]
}

// has reports whether the record came before: where two sources feed one stream. Only the last records are
// looked at, since a long event must not cost the square of its length.
func (p *pending) has(r *audit.Record) bool {
	const far = 64
	rs := p.ev.Records
	for i := len(rs) - 1; i >= max(0, len(rs)-far); i-- {
		if rs[i].Type == r.Type && rs[i].Name == r.Name && (rs[i].Body == r.Body && !rs[i].Torn || r.Torn && strings.HasPrefix(rs[i].Body, r.Body)) {
			return true
		}
	}
	return false
}

// mend takes a record in the place of one that was cut off within it: a copy of a log may end in the middle of a record that
// the log has whole.
func (p *pending) mend(r *audit.Record) bool {
	i := 0
	for ; i < len(p.ev.Records); i++ {
		if t := &p.ev.Records[i]; t.Torn && t.Type == r.Type && t.Name == r.Name && strings.HasPrefix(r.Body, t.Body) {
			break
		}
	}
	if i == len(p.ev.Records) {
		return false
	}
	p.ev.Records[i] = p.own(r)
	p.torn, p.called, p.joined, p.tries, p.paths = false, false, false, 0, 0
	p.argv.Reset()
	for i := range p.ev.Records {
		p.torn = p.torn || p.ev.Records[i].Torn
		p.learn(&p.ev.Records[i])
	}
	return true
}

// own returns a copy of a record.
func (p *pending) own(r *audit.Record) audit.Record {
	return audit.Record{
		ID: p.ev.ID, Type: r.Type, Mark: r.Mark, Name: p.text.Add(r.Name), Body: p.text.Add(r.Body), Enriched: p.text.Add(r.Enriched), Torn: r.Torn,
	}
}

func (p *pending) add(r *audit.Record) {
	p.ev.Records = append(p.ev.Records, p.own(r))
	p.learn(&p.ev.Records[len(p.ev.Records)-1])
	if r.Torn {
		p.tear()
	}
}

// tear notes that a record was cut off. If its file is a copy the log comes after it, from its begin: the event then waits until
// that has come to where it was opened, however far its clock is set back for that, and keeps up no other.
func (p *pending) tear() {
	p.torn = true
	if p.in == &p.node.calls {
		p.in.remove(p)
		p.prev, p.next = nil, nil
		p.node.loose.insert(p)
	}
}

// learn takes apart what a record tells of the event.
func (p *pending) learn(own *audit.Record) {
	switch own.Type {
	case audit.Syscall:
		if !p.called {
			p.call.Parse(own.Body)
			p.called = true
			p.order()
		}
	case audit.Execve:
		p.argv.Add(own.Body)
		p.joined = false
	case audit.Path:
		p.paths++
	case audit.CWD:
		p.cwd = true
	case audit.Sockaddr:
		p.saddr = true
	default:
		p.single = own.Type.Single()
	}
	p.ended = p.ended || last(own.Type) && !own.Torn // it may come whole
}

// last reports whether an event ends with a record of this type.
func last(t audit.Type) bool { return t == audit.Proctitle || t.Single() }

// finished reports whether the event is whole. In all system call events of a log file PROCTITLE was seen to be the
// last; on netlink EOE follows it. Should another be late all the same, the event waits for what it says it has: the
// paths that items= counts, the arguments of an execution, the address of a connect.
func (p *pending) finished() bool { return p.ended && (p.over || p.whole()) }

func (p *pending) whole() bool {
	if !p.called {
		return p.single
	}
	if items := p.call.Num(audit.CallItems); items > 0 && (p.paths < items || !p.cwd) {
		return false
	}
	if p.argv.Len() > 0 {
		return p.tryJoin() && p.args.Complete
	}
	switch p.call.Name() {
	case "execve", "execveat":
		return !p.call.Success()
	case "connect", "bind":
		return p.saddr || p.call.Failed()
	}
	return true
}

// maxTries bounds how often a long command line is joined in vain; after that only the close of the event joins it.
const maxTries = 8

func (p *pending) tryJoin() bool {
	if p.joined {
		return true
	}
	if p.tries >= maxTries {
		return false
	}
	p.tries++
	p.join()
	return true
}

func (p *pending) join() {
	if !p.joined {
		p.line.Reset(keepText)
		p.args = p.argv.Join(&p.line, p.args.List)
		p.joined = true
	}
}

// finish fills in what the event's records say together.
func (p *pending) finish() {
	p.addTail()
	if p.argv.Len() > 0 {
		p.join()
	}
	p.ev.Complete = p.ended && !p.over && !p.torn && p.whole()
	if p.called {
		p.ev.Call = &p.call
	}
	if p.executed() {
		p.exec = event.Exec{Args: p.args.List, CommandLine: p.args.Line, Argc: p.args.Argc, Complete: p.args.Complete && !p.torn}
		p.ev.Exec = &p.exec
	}
}

// executed reports whether the event is an execution. Its EXECVE records may be lost: then nothing is known of its
// arguments.
func (p *pending) executed() bool {
	if p.argv.Len() > 0 {
		return !p.called || !p.call.Failed()
	}
	p.args = audit.Args{Argc: -1, List: p.args.List[:0]}
	return p.called && p.call.Success() && (p.call.Name() == "execve" || p.call.Name() == "execveat")
}
