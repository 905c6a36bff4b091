package correlate

import "iter"

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

// all returns the keys that are remembered, the oldest first.
func (s *memory[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for i := range s.ring {
			k := s.ring[(s.next+i)%len(s.ring)]
			if !yield(k, s.m[k]) {
				return
			}
		}
	}
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
