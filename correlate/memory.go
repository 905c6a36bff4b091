package correlate

// memory is a map that keeps the last max keys put.
type memory[V any] struct {
	m    map[string]V
	ring []string
	next int
}

func newMemory[V any](max int) memory[V] {
	return memory[V]{m: make(map[string]V), ring: make([]string, 0, max)}
}

func (s *memory[V]) get(k string) (V, bool) {
	v, ok := s.m[k]
	return v, ok
}

func (s *memory[V]) put(k string, v V) {
	if _, ok := s.m[k]; !ok {
		s.remember(k)
	}
	s.m[k] = v
}

// remember takes the place of the oldest key when full.
func (s *memory[V]) remember(k string) {
	if len(s.ring) < cap(s.ring) {
		s.ring = append(s.ring, k)
		return
	}
	delete(s.m, s.ring[s.next])
	s.ring[s.next] = k
	s.next = (s.next + 1) % len(s.ring)
}
