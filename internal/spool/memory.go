package spool

import (
	"slices"
	"sync"
)

// memory is a store that does not outlive the process.
type memory struct {
	max int64

	mu     sync.Mutex
	frames [][]byte
	peeked []byte // handed out and not acked, even if it was forced out of frames; nil if none
	front  bool   // peeked is frames[0]
	st     Stats
}

func (m *memory) append(frames [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.ContainsFunc(frames, func(b []byte) bool { return size(b) > m.max }) {
		return ErrTooLarge
	}
	for _, b := range frames {
		for m.st.Bytes+size(b) > m.max {
			m.drop()
		}
		m.frames = append(m.frames, append([]byte{}, b...))
		m.st.Bytes += size(b)
		m.st.Frames++
		m.st.Appended++
	}
	return nil
}

func size(b []byte) int64 { return int64(len(b)) + prefixSize }

// drop forces the oldest frame out. One that is handed out is not lost: it may yet be acked.
func (m *memory) drop() {
	if !m.front {
		m.st.Dropped++
		m.st.Frames--
	}
	m.front = false
	m.shift()
}

func (m *memory) shift() {
	m.st.Bytes -= size(m.frames[0])
	m.frames[0] = nil
	m.frames = m.frames[1:]
}

func (m *memory) peek() ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peeked == nil && len(m.frames) > 0 {
		m.peeked, m.front = m.frames[0], true
	}
	return m.peeked, m.peeked != nil, nil
}

func (m *memory) ack() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peeked == nil {
		return errNoPeek
	}
	if m.front {
		m.shift()
	}
	m.peeked, m.front = nil, false
	m.st.Frames--
	m.st.Acked++
	return nil
}

func (m *memory) stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.st
}

func (m *memory) close() error { return nil }
