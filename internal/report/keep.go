package report

import (
	"cmp"
	"slices"

	"github.com/auditpy/auditpy/rules/rule"
)

// Bounds of a page: what a browser opens in a second or two.
const (
	MaxAlerts = 20_000
	MaxBytes  = 32 << 20 // of their JSON
)

// kept holds the worst alerts: over its bounds it drops the newest of the lowest level, for what came first is nearer to how it began.
type kept struct {
	alerts, bytes int // bounds
	levels        [rule.Critical + 1][]encoded
	n, size, seq  int
	dropped       [rule.Critical + 1]int
}

type encoded struct {
	seq   int // in the order they came
	data  []byte
	place Place
}

func (k *kept) add(level rule.Level, data []byte, at Place) {
	k.seq++
	k.levels[level] = append(k.levels[level], encoded{k.seq, data, at})
	k.n++
	k.size += len(data)
	for k.n > k.alerts || k.size > k.bytes {
		k.drop()
	}
}

func (k *kept) drop() {
	for level := range k.levels {
		all := k.levels[level]
		if len(all) == 0 {
			continue
		}
		last := all[len(all)-1]
		all[len(all)-1] = encoded{}
		k.levels[level] = all[:len(all)-1]
		k.n--
		k.size -= len(last.data)
		k.dropped[level]++
		return
	}
}

// all returns what is kept, in the order it came.
func (k *kept) all() []encoded {
	out := slices.Concat(k.levels[:]...)
	slices.SortFunc(out, func(a, b encoded) int { return cmp.Compare(a.seq, b.seq) })
	return out
}

// left is how many were dropped.
func (k *kept) left() (n int) {
	for _, d := range k.dropped {
		n += d
	}
	return n
}
