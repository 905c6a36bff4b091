// Command regexpeer asks regular expressions about subjects with package regexp and with regexp2, and prints what it
// measured: a line per engine, of columns with tabs between them. It exists to be compared with auditpy
// (.ci/regexbench). It is a module of its own, so that what the engines need is needed by nothing else.
//
// What surprised us: regexp2's timeout is told by a clock that ticks each 100 ms unless one says otherwise.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

const usage = "usage: regexpeer patterns PATTERNS.jsonl COUNT LINES | regexpeer attacks ATTACKS.jsonl"

func main() {
	var err error
	switch {
	case len(os.Args) == 5 && os.Args[1] == "patterns":
		err = patterns(os.Args[2], os.Args[3], os.Args[4])
	case len(os.Args) == 3 && os.Args[1] == "attacks":
		err = attacks(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "regexpeer: error:", err)
		os.Exit(2)
	}
}

// item is a line of a file: an expression, and the subject of an attack.
type item struct {
	Name    string `json:"name"`
	Pattern string `json:"pattern"`
	Flags   string `json:"flags"`
	Subject string `json:"subject"`
}

func readItems(name string) (all []item, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		var i item
		if err := json.Unmarshal([]byte(line), &i); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, i)
	}
	return all, nil
}

// patterns asks the first count expressions of a file about each line of another, as often as makes a tenth of a
// second at least.
func patterns(file, count, linesFile string) error {
	all, err := readItems(file)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > len(all) {
		return fmt.Errorf("count %q: there are %d patterns", count, len(all))
	}
	text, err := os.ReadFile(linesFile)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, p := range peers {
		measure(p, all[:n], lines)
	}
	return nil
}

func measure(p peer, all []item, lines []string) {
	begin := time.Now()
	engines := load(p, all)
	loaded := time.Since(begin)
	matches := 0
	ask := func() {
		for _, line := range lines {
			for _, e := range engines {
				if yes, _ := e.match(line); yes {
					matches++
				}
			}
		}
	}
	ask()
	once, rounds := matches, 0
	before := mallocs()
	begin = time.Now()
	for time.Since(begin) < 100*time.Millisecond {
		ask()
		rounds++
	}
	took, asked := time.Since(begin), float64(rounds*len(lines))
	fmt.Printf("%s\t%d\t%d\t%d\t%.0f\t%.1f\t%.1f\n", p.name, len(all), len(engines), once, float64(took.Nanoseconds())/asked,
		float64(mallocs()-before)/asked, float64(loaded.Microseconds())/1000)
}

func load(p peer, all []item) (engines []engine) {
	for _, i := range all {
		if e, err := p.compile(i.Pattern, i.Flags); err == nil {
			engines = append(engines, e)
		}
	}
	return engines
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// attacks asks each expression of a file about the subject beside it, once to warm up and once for the time.
func attacks(file string) error {
	all, err := readItems(file)
	if err != nil {
		return err
	}
	for _, i := range all {
		for _, p := range peers {
			e, err := p.compile(i.Pattern, i.Flags)
			if err != nil {
				fmt.Printf("%s\t%s\trefused\t0\n", i.Name, p.name)
				continue
			}
			e.match(i.Subject)
			begin := time.Now()
			yes, decided := e.match(i.Subject)
			fmt.Printf("%s\t%s\t%s\t%d\n", i.Name, p.name, answer(yes, decided), time.Since(begin).Nanoseconds())
		}
	}
	return nil
}

func answer(yes, decided bool) string {
	switch {
	case !decided:
		return "undecided"
	case yes:
		return "yes"
	}
	return "no"
}
