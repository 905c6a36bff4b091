package sigma

import (
	"runtime"

	"github.com/auditpy/auditpy/rules/rule"
)

// parsing is a document that is being parsed, or what keeps a file from it.
type parsing struct {
	file  int // index of its file
	chunk chunk
	node  *node // nil if the document is empty
	err   error
	done  chan struct{} // closed when node and err are set
}

// ahead parses the documents of files on all cores, a few before the one that is at hand, and returns them in their
// order: to read YAML is the larger half of the time that rules take to load. Whoever calls must take them all.
func ahead(files []rule.File) <-chan *parsing {
	workers := runtime.GOMAXPROCS(0)
	jobs, inOrder := make(chan *parsing), make(chan *parsing, 2*workers)
	for range workers {
		go func() {
			for p := range jobs {
				p.node, p.err = p.chunk.parse()
				close(p.done)
			}
		}()
	}
	go func() {
		defer close(inOrder)
		defer close(jobs)
		for i, f := range files {
			if len(f.Data) > maxFile {
				p := &parsing{file: i, err: errorAt(rule.Pos{File: f.Name}, "file is larger than %d bytes", maxFile), done: make(chan struct{})}
				close(p.done)
				inOrder <- p
				continue
			}
			for _, c := range split(f) {
				p := &parsing{file: i, chunk: c, done: make(chan struct{})}
				inOrder <- p
				jobs <- p
			}
		}
	}()
	return inOrder
}
