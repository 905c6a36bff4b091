package correlate

import (
	"container/heap"
	"crypto/sha256"
	"encoding/hex"
	"math"

	"github.com/auditpy/auditpy/rules/rule"
)

// windowOf returns the window of a group, opened if need be; nil if it would be closed already.
func (s *windows) windowOf(d *definition, group []string, x *contribution) *window {
	s.key = appendKey(s.key[:0], group)
	w := d.windows[string(s.key)]
	for w != nil && w.outdated(x) {
		s.step(w)
		s.key = appendKey(s.key[:0], group)
		w = d.windows[string(s.key)]
	}
	if w == nil && x.ID.Msec+d.span+d.delay >= x.now {
		w = s.open(d, x.node)
	}
	return w
}

// outdated reports whether the window is of a time before the clock was set back, and the match is of the time after.
func (w *window) outdated(x *contribution) bool {
	return w.clock == x.node && w.epoch != x.node.epoch && x.ID.Msec < w.latest-w.of.span-w.of.delay
}

// open opens the window of s.key.
func (s *windows) open(d *definition, n *clock) *window {
	for s.count >= s.opts.MaxGroups {
		s.stats.OverGroups++
		s.evict(s.oldest.win)
	}
	s.clocks.number++
	key := string(s.key)
	w := &window{of: d, key: key, group: groupOf(key), clock: n, epoch: n.epoch, latest: math.MinInt64}
	w.seat = seat{due: math.MaxInt64, number: s.clocks.number, win: w}
	w.reset()
	d.windows[key] = w
	heap.Push(&n.due, &w.seat)
	s.link(&w.seat)
	s.count++
	s.account(w, windowSize+len(key)+16*len(w.group)+8*len(w.counts))
	return w
}

// reset makes a window hold nothing.
func (w *window) reset() {
	w.entries, w.store, w.nums, w.values, w.total, w.inexact = nil, nil, nil, nil, 0, 0
	w.final, w.kept, w.reported = nil, 0, false
	w.counts = make([]int, len(w.of.Refs))
	if w.of.Kind == rule.ValueCount {
		w.values = make(map[string]int)
	}
}

// maxValue bounds a value of a group, and one that is counted, in bytes. A longer one is known by its hash.
const maxValue = 128

func compact(v string) string {
	if len(v) <= maxValue {
		return v
	}
	sum := sha256.Sum256([]byte(v))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// appendKey joins the values of a group: each with its length, which fits a byte, before it.
func appendKey(dst []byte, group []string) []byte {
	for _, v := range group {
		v = compact(v)
		dst = append(append(dst, byte(len(v))), v...)
	}
	return dst
}

// groupOf is the inverse of appendKey.
func groupOf(key string) []string {
	var group []string
	for key != "" {
		n := 1 + int(key[0])
		group, key = append(group, key[1:n]), key[n:]
	}
	return group
}
