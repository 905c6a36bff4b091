package sink

import (
	"iter"
	"time"
)

// window keeps the last lines sent.
type window struct {
	most  int64 // bytes
	age   time.Duration
	sent  []sent // oldest first
	bytes int64
}

type sent struct {
	line []byte
	at   time.Time
}

func (w *window) add(line []byte, now time.Time) {
	w.sent = append(w.sent, sent{append([]byte(nil), line...), now})
	w.bytes += int64(len(line))
	w.trim(now)
}

func (w *window) trim(now time.Time) {
	for len(w.sent) > 0 && (w.bytes > w.most || now.Sub(w.sent[0].at) > w.age) {
		w.bytes -= int64(len(w.sent[0].line))
		w.sent[0].line = nil
		w.sent = w.sent[1:]
	}
}

// lines iterates over the lines that are young enough.
func (w *window) lines(now time.Time) iter.Seq[[]byte] {
	w.trim(now)
	return func(yield func([]byte) bool) {
		for _, s := range w.sent {
			if !yield(s.line) {
				return
			}
		}
	}
}
