package spool

import "sync"

// memory is a lane that does not outlive the process.
type memory struct {
	room func(need int64) error

	mu     sync.Mutex
	frames [][]byte // not handed out
	handed [][]byte // handed out and not acked; they count as frames, and not as bytes: nobody can drop them
	st     Stats
}

func (m *memory) append(frames [][]byte) (done int, err error) {
	for _, b := range frames {
		if err := m.room(size(b)); err != nil {
			return done, err
		}
		m.mu.Lock()
		m.frames = append(m.frames, append([]byte{}, b...))
		m.st.Bytes += size(b)
		m.st.Frames++
		m.st.Appended++
		m.mu.Unlock()
		done++
	}
	return done, nil
}

func size(b []byte) int64 { return int64(len(b)) + prefixSize }

func (m *memory) dropOldest(tell func([]byte)) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.frames) == 0 {
		return false, nil
	}
	tell(m.shift())
	m.st.Dropped++
	m.st.Frames--
	return true, nil
}

func (m *memory) shift() []byte {
	b := m.frames[0]
	m.st.Bytes -= size(b)
	m.frames[0] = nil
	m.frames = m.frames[1:]
	return b
}

func (m *memory) expired(t uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.frames) > 0 && stamp(m.frames[0]) < t
}

func (m *memory) at(i int) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i >= len(m.handed) && len(m.frames) > 0 {
		m.handed = append(m.handed, m.shift())
	}
	if i >= len(m.handed) {
		return nil, false, nil
	}
	return m.handed[i], true, nil
}

func (m *memory) ack() error { return m.release(&m.st.Acked) }

func (m *memory) expire() error { return m.release(&m.st.Dropped) }

func (m *memory) release(counter *uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.handed) == 0 {
		return errNoPeek
	}
	m.handed[0] = nil
	m.handed = m.handed[1:]
	m.st.Frames--
	*counter++
	return nil
}

func (m *memory) stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.st
}

func (m *memory) close() error { return nil }
