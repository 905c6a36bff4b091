package sigma

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/auditpy/auditpy/correlate/assemble"
	"github.com/auditpy/auditpy/correlate/proctree"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/rule"
)

// executions is how much of the log is kept in memory: the events up to this one of its executions. .ci/sigmabench
// gives the peers the same.
const executions = 20000

// BenchmarkEvents evaluates published rules on the events of a real log: an operation is one event. The rules come
// once, and with 9 and 99 variants of themselves (vary). Under rules=process_creation are what the peers of
// .ci/sigmabench are given as well: rules of that category, and executions.
//
// Quiet events match nothing. Events are in memory and far from each other, so the processor has to fetch each: the
// figures hold no work of parsing and joining, but the cost of a cold cache.
func BenchmarkEvents(b *testing.B) {
	dir, log := os.Getenv("AUDITPY_SIGMA_CORPUS"), os.Getenv("AUDITPY_LOG")
	if dir == "" || log == "" {
		b.Skip("AUDITPY_SIGMA_CORPUS and AUDITPY_LOG do not name a folder with Sigma rules and an audit log: see .ci/sigmabench")
	}
	files, evs := corpus(b, dir), logEvents(b, log)
	execs := slices.DeleteFunc(slices.Clone(evs), func(ev *event.Event) bool { return !ev.IsProcessCreation() })
	creation := slices.DeleteFunc(slices.Clone(files), func(f rule.File) bool { return !processCreation(f.Data) })
	for _, times := range []int{1, 10, 100} {
		name := "x" + strconv.Itoa(times)
		b.Run("rules=process_creation/"+name, func(b *testing.B) { benchEngine(b, varied(creation, times), execs) })
		b.Run("rules=all/"+name, func(b *testing.B) { benchEngine(b, varied(files, times), evs) })
	}
}

// benchEngine compiles the files and times all events, and those that match nothing.
func benchEngine(b *testing.B, files []rule.File, evs []*event.Event) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the program does
	before, begin := heap(), time.Now()
	e, diags := Compile(files, Options{})
	load := time.Since(begin)
	size := heap() - before
	refused := make(map[string]bool) // files: one may have several errors
	for _, d := range diags {
		if d.Fatal {
			refused[d.Pos.File] = true
		}
	}
	var quiet []*event.Event
	matches := 0
	for _, ev := range evs {
		n := len(e.Eval(nil, ev))
		matches += n
		if n == 0 {
			quiet = append(quiet, ev)
		}
	}
	report := func(b *testing.B, evs []*event.Event, matches int) {
		benchEval(b, e, evs)
		b.ReportMetric(float64(len(evs)), "events")
		b.ReportMetric(float64(len(e.Rules())), "rules")
		b.ReportMetric(float64(len(refused)), "refused")
		b.ReportMetric(float64(matches), "matches")
		b.ReportMetric(float64(load)/1e6, "load-ms")
		b.ReportMetric(float64(size)/1e6, "heap-MB")
	}
	b.Run("events=all", func(b *testing.B) { report(b, evs, matches) })
	b.Run("events=quiet", func(b *testing.B) { report(b, quiet, 0) })
	b.Run("events=made", func(b *testing.B) { benchMade(b, e, files, quiet) })
}

// benchMade times events that were looked at just before, by an engine of its own: as in an agent, where each was put together
// just before.
func benchMade(b *testing.B, e *Engine, files []rule.File, evs []*event.Event) {
	const together = 32
	if len(evs) < together {
		b.Skip("too few events")
	}
	other, _ := Compile(files, Options{})
	var dst []rule.Match
	var took time.Duration
	count := 0
	for i := 0; b.Loop(); i += together {
		if i+together > len(evs) {
			i = 0
		}
		for _, ev := range evs[i : i+together] {
			dst = other.Eval(dst[:0], ev)
		}
		begin := time.Now()
		for _, ev := range evs[i : i+together] {
			dst = e.Eval(dst[:0], ev)
		}
		took += time.Since(begin)
		count += together
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(count), "ns/made")
}

func benchEval(b *testing.B, e *Engine, evs []*event.Event) {
	if len(evs) == 0 {
		b.Skip("no event of this kind in the log")
	}
	var dst []rule.Match
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i == len(evs) {
			i = 0
		}
		dst = e.Eval(dst[:0], evs[i])
	}
}

// heap is what is in use after a collection, in bytes.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// logEvents returns the events of a log, with their processes, up to the last of executions.
func logEvents(b testing.TB, log string) (evs []*event.Event) {
	f, err := os.Open(log)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	a, tree := assemble.New(assemble.Options{}), proctree.New(proctree.Options{})
	execs := 0
	keep := func(closed []*event.Event) {
		for _, ev := range closed {
			tree.Annotate(ev)
			if execs < executions {
				evs = append(evs, ev.Clone())
			}
			if ev.Exec != nil {
				execs++
			}
		}
	}
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() && execs < executions {
		if r, err := audit.ParseLine(s.Text()); err == nil {
			keep(a.Add(nil, r))
		}
	}
	keep(a.Flush(nil))
	if s.Err() != nil || len(evs) == 0 {
		b.Fatalf("read log %q: %d events, %v", log, len(evs), s.Err())
	}
	return evs
}
