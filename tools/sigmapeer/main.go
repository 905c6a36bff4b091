// Command sigmapeer evaluates Sigma rules on events with the two Sigma engines that there are for Go, and prints what
// it measured: a line per engine, of columns with tabs between them (result.print). It exists to be compared with
// auditpy (.ci/sigmabench). It is a module of its own, so that what the engines need is needed by nothing else.
//
// What surprised us: ForRules of sigma-go v0.6.6 builds an automaton for each field, and then asks each rule with the
// comparators of that rule, which do not know of it (RuleEvaluatorBundle.Matches, RuleEvaluator.matches). So it is no
// faster than ForRule.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: sigmapeer RULES EVENTS.jsonl")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sigmapeer: error:", err)
		os.Exit(2)
	}
}

func run(rules, events string) error {
	files, err := readRules(rules)
	if err != nil {
		return err
	}
	evs, err := readEvents(events)
	if err != nil {
		return err
	}
	for _, p := range peers {
		measure(p.load, files, evs).print(p.name, len(files), len(evs))
	}
	return nil
}

var (
	category = regexp.MustCompile(`(?m)^\s+category:\s*process_creation\s*$`)
	linux    = regexp.MustCompile(`(?m)^\s+product:\s*linux\s*$`)
)

// readRules returns the files below dir that hold a process_creation rule for Linux, in the order of their paths.
func readRules(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		if category.Match(data) && linux.Match(data) {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("read rules %q: no process_creation rule", dir)
	}
	return files, err
}

// fields is an event. A field that is absent has no key. Values are strings in an interface, as both engines take
// them: to make an interface of a string for each test would be an allocation that is not theirs.
type fields map[string]any

func readEvents(name string) (evs []fields, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for line := 1; s.Scan(); line++ {
		var flat map[string]string
		if err := json.Unmarshal(s.Bytes(), &flat); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		ev := make(fields, len(flat))
		for k, v := range flat {
			ev[k] = v
		}
		evs = append(evs, ev)
	}
	if s.Err() == nil && len(evs) == 0 {
		return nil, fmt.Errorf("read events %q: none", name)
	}
	return evs, s.Err()
}

// result is what an engine took.
type result struct {
	rules, failed, matches, quiet int
	all, silent                   time.Duration // on all events, and on the quiet ones, which match nothing
	allocs                        uint64
	load                          time.Duration
	heap                          uint64 // bytes that the loaded rules hold
}

func measure(load func([]string) engine, files []string, evs []fields) (r result) {
	before, begin := memory(), time.Now()
	e := load(files)
	r.load = time.Since(begin)
	after := memory()
	r.heap, r.rules = after.HeapAlloc-before.HeapAlloc, e.rules()
	for _, ev := range evs {
		r.event(e, ev)
	}
	r.allocs, r.failed = memory().Mallocs-after.Mallocs, e.failed()
	return r
}

// event reads the clock twice, which is below a hundredth of what an engine takes.
func (r *result) event(e engine, ev fields) {
	begin := time.Now()
	n := e.eval(ev)
	took := time.Since(begin)
	r.all += took
	r.matches += n
	if n == 0 {
		r.quiet++
		r.silent += took
	}
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

func (r result) print(name string, files, events int) {
	perEvent := func(n float64, events int) float64 { return n / float64(max(events, 1)) }
	fmt.Printf("%s\t%d\t%d\t%d\t%d\t%d\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.0f\n", name, files, r.rules, r.failed, events,
		r.matches, perEvent(float64(r.all), events), perEvent(float64(r.silent), r.quiet),
		perEvent(float64(r.allocs), events), float64(r.load)/1e6, float64(r.heap)/1e6, float64(events)/r.all.Seconds())
}
