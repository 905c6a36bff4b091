package proctree

import "iter"

// pids are the entries by their keys, those of neighbours together: the kernel gives pids out in order, so what is asked for next
// is near what was asked for last. In a map of single entries each question was one to cold memory.
type pids struct {
	pages map[key]*page // by key, without its last bits
	count int           // entries
	last  *page         // asked for last
	at    key           // of last
}

// page is the entries whose keys differ in the last bits only.
type page struct {
	entries [pageEntries]*entry
	used    int
}

const (
	pageBits    = 4
	pageEntries = 1 << pageBits
	// pageSize is what a page costs with its place in the map, in bytes.
	pageSize = 192
)

func newPids() pids { return pids{pages: make(map[key]*page)} }

// page returns that of a key; nil if it has none.
func (p *pids) page(k key) *page {
	at := k >> pageBits
	if p.last == nil || p.at != at {
		p.last, p.at = p.pages[at], at
	}
	return p.last
}

func (p *pids) get(k key) *entry {
	if g := p.page(k); g != nil {
		return g.entries[k%pageEntries]
	}
	return nil
}

// put adds an entry that is not there, and returns by how much that takes more memory.
func (p *pids) put(k key, e *entry) (grown int) {
	g := p.page(k)
	if g == nil {
		g, grown = new(page), pageSize
		p.pages[k>>pageBits], p.last = g, g
	}
	g.entries[k%pageEntries] = e
	g.used++
	p.count++
	return grown
}

// remove is the inverse of put.
func (p *pids) remove(k key) (shrunk int) {
	g := p.page(k)
	g.entries[k%pageEntries] = nil
	g.used--
	p.count--
	if g.used > 0 {
		return 0
	}
	delete(p.pages, k>>pageBits)
	p.last = nil
	return pageSize
}

// all yields the entries in no order.
func (p *pids) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, g := range p.pages {
			for _, e := range g.entries {
				if e != nil && !yield(e) {
					return
				}
			}
		}
	}
}
