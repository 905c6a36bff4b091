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
	store *store // nil: it ends with the process
}

type sent struct {
	line []byte
	at   time.Time
}

func (w *window) add(line []byte, now time.Time) {
	if w.store != nil {
		w.store.add(line, now)
	}
	w.sent = append(w.sent, sent{append([]byte(nil), line...), now})
	w.bytes += int64(len(line))
	w.trim(now, w.age)
}

// trim drops what is too much, and what is older than age.
func (w *window) trim(now time.Time, age time.Duration) {
	for len(w.sent) > 0 && (w.bytes > w.most || now.Sub(w.sent[0].at) > age) {
		w.bytes -= int64(len(w.sent[0].line))
		w.sent[0].line = nil
		w.sent = w.sent[1:]
	}
}

// lines iterates over the lines that are young enough.
func (w *window) lines(now time.Time) iter.Seq[[]byte] {
	w.trim(now, w.age)
	return func(yield func([]byte) bool) {
		for _, s := range w.sent {
			if !yield(s.line) {
				return
			}
		}
	}
}

// recall takes the lines of a process that was killed.
func (w *window) recall(now time.Time) {
	for _, s := range w.store.load() {
		w.sent = append(w.sent, s)
		w.bytes += int64(len(s.line))
	}
	w.trim(now, w.age)
}

// forget drops all lines: the peer has read them.
func (w *window) forget() {
	w.sent, w.bytes = nil, 0
	if w.store != nil {
		w.store.clear()
	}
}

func (w *window) close() error {
	if w.store == nil {
		return nil
	}
	return w.store.close()
}
