package predicate

import (
	"hash/maphash"
	mathbits "math/bits"
)

// Memo remembers what was found out about a text, for audit events repeat themselves: the same programs, files and
// directories over and over. What is found is a list of numbers, often none.
//
// It grows to 4096 texts, and then forgets the oldest texts, or one whose place another takes. So whoever asks must be
// able to find out again; and an attacker who fills it gains nothing but the time that it saves. Texts are compared
// whole, so it never says what was found out about another. It has one owner at a time.
type Memo struct {
	seed  maphash.Seed
	slots []memoSlot // a power of two
	texts []byte     // a ring, as ids is
	ids   []int32
	// What was ever written to the rings, and what was passed over at their ends.
	textEnd, idEnd uint64
	puts           int
	room           int // bytes of text for each slot
}

// MemoKey is a text, in two parts, and what is asked about it.
type MemoKey struct {
	Question uint32
	A, B     string
	hash     uint64
}

type memoSlot struct {
	hash         uint64
	text, ids    uint64 // of the rings
	question     uint32
	sizeA, sizeB uint16
	found        uint16
}

const (
	fewSlots, mostSlots = 1 << 8, 1 << 12
	slotIDs             = 8 // numbers for each slot
	// maxMemoText bounds a text, in bytes, and maxMemoFound what was found: what is longer is not worth its place.
	maxMemoText  = 4096
	maxMemoFound = 256
)

// NewMemo returns an empty Memo for texts of about size bytes, a power of two.
func NewMemo(size int) *Memo {
	m := &Memo{seed: maphash.MakeSeed(), room: size}
	m.reset(fewSlots)
	return m
}

// reset forgets all. The rings are full of nothing, so that no slot is valid.
func (m *Memo) reset(slots int) {
	m.slots, m.texts, m.ids = make([]memoSlot, slots), make([]byte, slots*m.room), make([]int32, slots*slotIDs)
	m.textEnd, m.idEnd, m.puts = uint64(len(m.texts))+1, uint64(len(m.ids))+1, 0
}

// Key returns the key of a question about a text.
func (m *Memo) Key(question uint32, a, b string) MemoKey {
	h := maphash.String(m.seed, a) + uint64(question)*golden
	if b != "" {
		h ^= mathbits.RotateLeft64(maphash.String(m.seed, b), 32)
	}
	return MemoKey{question, a, b, h}
}

// Get returns what Put was given for k; false if that is not known, or no longer. The list is valid until the next Put.
func (m *Memo) Get(k MemoKey) (found []int32, ok bool) {
	at := k.hash & uint64(len(m.slots)-1)
	if found, ok = m.read(&m.slots[at], k); !ok {
		found, ok = m.read(&m.slots[at^1], k)
	}
	return found, ok
}

func (m *Memo) read(s *memoSlot, k MemoKey) (found []int32, ok bool) {
	if s.hash != k.hash || s.question != k.Question || m.textEnd-s.text > uint64(len(m.texts)) || m.idEnd-s.ids > uint64(len(m.ids)) {
		return nil, false
	}
	at := s.text & uint64(len(m.texts)-1)
	a, b := m.texts[at:at+uint64(s.sizeA)], m.texts[at+uint64(s.sizeA):at+uint64(s.sizeA)+uint64(s.sizeB)]
	if string(a) != k.A || string(b) != k.B {
		return nil, false
	}
	at = s.ids & uint64(len(m.ids)-1)
	return m.ids[at : at+uint64(s.found)], true
}

// Put remembers what was found out. It does nothing if that is too long.
func (m *Memo) Put(k MemoKey, found []int32) {
	if len(k.A)+len(k.B) > maxMemoText || len(found) > maxMemoFound {
		return
	}
	if m.puts++; m.puts > len(m.slots) && len(m.slots) < mostSlots {
		m.reset(4 * len(m.slots))
	}
	s := m.place(k.hash)
	*s = memoSlot{
		hash: k.hash, question: k.Question, sizeA: uint16(len(k.A)), sizeB: uint16(len(k.B)), found: uint16(len(found)),
		text: room(&m.textEnd, len(k.A)+len(k.B), len(m.texts)), ids: room(&m.idEnd, len(found), len(m.ids)),
	}
	texts := m.texts[s.text&uint64(len(m.texts)-1):]
	copy(texts[copy(texts, k.A):], k.B)
	copy(m.ids[s.ids&uint64(len(m.ids)-1):], found)
}

// place returns the slot for a text: of two that it may have, the one with the older text. With one alone, texts that come
// by turns put each other out: a tenth of all was then looked for again.
func (m *Memo) place(hash uint64) *memoSlot {
	at := hash & uint64(len(m.slots)-1)
	s, other := &m.slots[at], &m.slots[at^1]
	if s.hash != hash && (other.hash == hash || m.textEnd-other.text > m.textEnd-s.text) {
		return other
	}
	return s
}

// room takes n places in a row of a ring, and returns where they begin.
func room(end *uint64, n, size int) uint64 {
	at := *end
	if left := size - int(at)&(size-1); n > left {
		at += uint64(left)
	}
	*end = at + uint64(n)
	return at
}
