package regex

// memory keeps what a search found to fail, so that it is not tried again: it makes an expression like (a+)+$ linear.
// It may forget.
type memory struct {
	runs  []runMemory
	table []uint64 // of choices: number of the search, instruction and position; zero: nothing
	used  bool
	eager bool // use it from the first step on
	round uint64
}

// runMemory is that of a run.
type runMemory struct {
	from, to             int32 // these bytes are of its set, and the one at to is not
	failedFrom, failedTo int32 // what follows fails at these positions
}

// fail notes that what follows the run fails at the positions between two, with them.
func (r *runMemory) fail(from, to int) {
	lo, hi := int32(from), int32(to)
	if lo > r.failedTo+1 || hi < r.failedFrom-1 {
		r.failedFrom, r.failedTo = lo, hi
		return
	}
	r.failedFrom, r.failedTo = min(r.failedFrom, lo), max(r.failedTo, hi)
}

const (
	tableBits = 16
	// useAfter is how many steps a search must take before choices are kept: most searches do not take so many.
	useAfter = 1 << 12
)

// reset forgets all.
func (y *memory) reset(runs int) {
	if cap(y.runs) < runs {
		y.runs = make([]runMemory, runs)
	}
	y.runs = y.runs[:runs]
	for i := range y.runs {
		y.runs[i] = runMemory{0, 0, -2, -3}
	}
	y.used = false
	if y.round++; y.round == 1<<15 {
		clear(y.table)
		y.round = 1
	}
}

// start makes the table ready.
func (y *memory) start() {
	if y.table == nil {
		y.table = make([]uint64, 1<<tableBits)
	}
	y.used = true
}

// key is not zero, as rounds begin at one.
func (y *memory) key(pc, pos int) (key, slot uint64) {
	key = y.round<<48 | uint64(pc)<<32 | uint64(pos)
	return key, (uint64(pos) + uint64(pc)*0x9e37) & (1<<tableBits - 1)
}

func (y *memory) has(pc, pos int) bool {
	key, slot := y.key(pc, pos)
	return y.table[slot] == key
}

func (y *memory) add(pc, pos int) {
	key, slot := y.key(pc, pos)
	y.table[slot] = key
}

// knownToFail reports whether a choice failed at this position before.
func (m *machine) knownToFail(in *inst, pc, pos int) bool {
	return in.memo && m.memory.used && m.memory.has(pc, pos)
}
