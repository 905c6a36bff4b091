package event

import (
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/snapshot"
)

// Save writes an event, with its process and that one's ancestors.
func (ev *Event) Save(w *snapshot.Writer) {
	w.ID(ev.ID)
	w.Bool(ev.Complete)
	w.Count(len(ev.Records))
	for i := range ev.Records {
		r := &ev.Records[i]
		w.Uint(uint64(r.Type))
		w.Text(r.Name)
		w.Text(r.Body)
		w.Text(r.Enriched)
	}
	w.Bool(ev.Exec != nil)
	if x := ev.Exec; x != nil {
		saveArgs(w, x.Args, x.CommandLine)
		w.Int(int64(x.Argc))
		w.Bool(x.Complete)
	}
	ev.Process.Save(w)
}

// Load reads an event. What is wrong with it shows in r.
func Load(r *snapshot.Reader) *Event {
	ev := &Event{ID: r.ID(), Complete: r.Bool()}
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		ev.Records = append(ev.Records, audit.Record{ID: ev.ID, Type: audit.Type(r.Uint()), Name: r.Text(), Body: r.Text(), Enriched: r.Text()})
	}
	if sc := ev.Find(audit.Syscall); sc != nil {
		ev.Call = new(audit.Call)
		ev.Call.Parse(sc.Body)
	}
	if r.Bool() {
		ev.Exec = new(Exec)
		ev.Exec.Args, ev.Exec.CommandLine = loadArgs(r)
		ev.Exec.Argc, ev.Exec.Complete = int(r.Int()), r.Bool()
	}
	ev.Process = LoadProcess(r)
	return ev
}

// maxAncestors bounds the processes that hang on one: the process tree keeps less.
const maxAncestors = 256

// Save writes a process with its ancestors; nil too.
func (p *Process) Save(w *snapshot.Writer) {
	w.Bool(p != nil)
	if p == nil {
		return
	}
	p.SaveAlone(w)
	p.Parent.Save(w)
	p.Previous.Save(w)
}

// LoadProcess reads a process with its ancestors; nil if there is none.
func LoadProcess(r *snapshot.Reader) *Process {
	left := maxAncestors
	return loadProcess(r, &left)
}

func loadProcess(r *snapshot.Reader, left *int) *Process {
	if !r.Bool() {
		return nil
	}
	if *left--; *left < 0 {
		r.Fail("too many ancestors")
		return nil
	}
	p := LoadAlone(r)
	p.Parent, p.Previous = loadProcess(r, left), loadProcess(r, left)
	return p
}

// SaveAlone writes a process without its Parent and Previous.
func (p *Process) SaveAlone(w *snapshot.Writer) {
	for _, n := range p.numbers() {
		w.Int(int64(*n))
	}
	for _, s := range p.texts() {
		w.Text(*s)
	}
	saveArgs(w, p.Args, p.CommandLine)
	w.Bool(p.ArgsWhole)
	w.ID(p.Start)
	w.ID(p.Image)
	w.Int(p.Ticks)
}

// LoadAlone reads what SaveAlone wrote.
func LoadAlone(r *snapshot.Reader) *Process {
	p := new(Process)
	for _, n := range p.numbers() {
		*n = int(r.Int())
	}
	for _, s := range p.texts() {
		*s = r.Text()
	}
	p.Args, p.CommandLine = loadArgs(r)
	p.ArgsWhole, p.Start, p.Image, p.Ticks = r.Bool(), r.ID(), r.ID(), r.Int()
	return p
}

func (p *Process) numbers() [8]*int {
	return [...]*int{&p.PID, &p.PPID, &p.UID, &p.EUID, &p.GID, &p.EGID, &p.AUID, &p.Session}
}

func (p *Process) texts() [10]*string {
	return [...]*string{&p.Node, &p.Exe, &p.Comm, &p.CWD, &p.TTY, &p.User, &p.EffectiveUser, &p.Group, (*string)(&p.Source), &p.Boot}
}

// saveArgs writes arguments and the command line, which is mostly the same once more.
func saveArgs(w *snapshot.Writer, args []string, line string) {
	w.Count(len(args))
	for _, a := range args {
		w.Text(a)
	}
	joined := joins(args, line)
	w.Bool(joined)
	if !joined {
		w.Text(line)
	}
}

func loadArgs(r *snapshot.Reader) (args []string, line string) {
	for n := r.Count(); n > 0 && r.Err() == nil; n-- {
		args = append(args, r.Text())
	}
	if !r.Bool() {
		return args, r.Text()
	}
	line = strings.Join(args, " ")
	start := 0
	for i, a := range args { // parts of the line
		args[i] = line[start : start+len(a)]
		start += len(a) + 1
	}
	return args, line
}

// joins reports whether the line is the arguments joined by one blank.
func joins(args []string, line string) bool {
	for i, a := range args {
		if i > 0 {
			if !strings.HasPrefix(line, " ") {
				return false
			}
			line = line[1:]
		}
		if !strings.HasPrefix(line, a) {
			return false
		}
		line = line[len(a):]
	}
	return line == ""
}
