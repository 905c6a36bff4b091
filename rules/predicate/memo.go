package predicate

// Memo remembers what was found out about texts, for audit events repeat themselves: the same programs, files and
// directories over and over. What is found is a list of numbers, often none.
//
// It grows to 16,384 answers, and then forgets the oldest, or one whose place another takes. So whoever asks must be
// able to find out again; and an attacker who fills it gains nothing but the time that it saves. It keeps no texts, but
// their Digest. It has one owner at a time.
type Memo struct {
	keys  *[digestWords]uint64
	slots []memoSlot // a power of two
	ids   []int32    // a ring
	end   uint64     // what was ever written to the ring, and what was passed over at its end
	puts  int
}

type memoSlot struct {
	hi, lo   uint64
	at       uint64 // of the ring; the smaller, the older
	question uint32
	words    uint16
	found    uint16
}

const (
	fewSlots, mostSlots = 1 << 8, 1 << 14
	slotIDs             = 8 // numbers for each slot
	// maxMemoFound bounds what was found: what is longer is not worth its place.
	maxMemoFound = 256
)

// NewMemo returns an empty Memo.
func NewMemo() *Memo {
	m := &Memo{keys: newKeys()}
	m.reset(fewSlots)
	return m
}

// reset forgets all. The ring is full of nothing, so that no slot is valid.
func (m *Memo) reset(slots int) {
	m.slots, m.ids = make([]memoSlot, slots), make([]int32, slots*slotIDs)
	m.end, m.puts = uint64(len(m.ids))+1, 0
}

// Digest begins the digest of a list.
func (m *Memo) Digest() Digest { return Digest{keys: m.keys} }

// Get returns what Put was given for a question about d; false if that is not known, or no longer. The list is valid until
// the next Put.
func (m *Memo) Get(question uint32, d *Digest) (found []int32, ok bool) {
	at := m.home(question, d)
	s := &m.slots[at]
	if !m.is(s, question, d) {
		if s = &m.slots[at^1]; !m.is(s, question, d) {
			return nil, false
		}
	}
	from := s.at & uint64(len(m.ids)-1)
	return m.ids[from : from+uint64(s.found)], true
}

// home is the slot that a question about d has; it may have the one beside it too.
func (m *Memo) home(question uint32, d *Digest) uint64 {
	return ((d.lo^d.hi)*golden + uint64(question)*golden>>20) >> 40 & uint64(len(m.slots)-1)
}

func (m *Memo) is(s *memoSlot, question uint32, d *Digest) bool {
	return s.lo == d.lo && s.hi == d.hi && s.question == question && int(s.words) == d.words && m.end-s.at <= uint64(len(m.ids))
}

// Put remembers what was found out. It does nothing if the list or that is too long.
func (m *Memo) Put(question uint32, d *Digest, found []int32) {
	if d.words > digestWords || len(found) > maxMemoFound {
		return
	}
	if m.puts++; m.puts > len(m.slots) && len(m.slots) < mostSlots {
		m.reset(4 * len(m.slots))
	}
	s := m.place(question, d)
	*s = memoSlot{hi: d.hi, lo: d.lo, question: question, words: uint16(d.words), found: uint16(len(found)), at: m.room(len(found) + 1)}
	copy(m.ids[s.at&uint64(len(m.ids)-1):], found)
}

// place returns the slot for an answer: of two that it may have, the older one. With one alone, texts that come by turns put
// each other out: a tenth of all was then looked for again.
func (m *Memo) place(question uint32, d *Digest) *memoSlot {
	at := m.home(question, d)
	s, other := &m.slots[at], &m.slots[at^1]
	if !m.is(s, question, d) && (m.is(other, question, d) || other.at < s.at) {
		return other
	}
	return s
}

// room takes n places in a row of the ring, and returns where they begin.
func (m *Memo) room(n int) uint64 {
	at := m.end
	if left := len(m.ids) - int(at)&(len(m.ids)-1); n > left {
		at += uint64(left)
	}
	m.end = at + uint64(n)
	return at
}
