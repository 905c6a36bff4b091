package regex

// program is a tree as instructions for the backtracker. It does not change after it is made.
type program struct {
	insts  []inst
	groups int
	utf    bool
	first  *set // a match begins with one of these bytes; nil: with any, or none
	begins bool // a match begins where the search does

	regs     int // how many registers there are
	runs     int // how many runs have a memory of their own
	marks    []string
	hasThen  bool
	hasSkip  bool // (*SKIP:name)
	memorize bool // that a choice failed at a position says that it always will
}

// opcode tells instructions apart. Where one goes on is the next instruction unless it says otherwise.
type opcode uint8

const (
	iMatch opcode = iota
	iFail
	iByte      // the byte x
	iSet       // a byte of set
	iRun       // from min to max bytes of set; reg is its memory
	iJump      // to x
	iSplit     // to x; if that fails to y
	iSave      // reg becomes the position
	iLoop      // if the position is still reg: on. Else as iSplit
	iClose     // group x is what is between reg and here; or the end of a call of it
	iAssert    // where assert x holds
	iBackref   // what one of refs matched
	iAtomic    // reg becomes the height of the trail
	iAtomicEnd // forgets what was put on the trail since
	iLook      // as iAtomic. If what follows, up to its iLookEnd, fails: to y, if it is not zero
	iLookEnd   // back to where the look began; from a negated condition to y
	iBack      // x bytes back
	iGroupSet  // to y unless one of refs is set
	iInside    // to y unless in a call of one of refs; x: of any
	iCall      // group y, whose instructions begin at x
	iKeep      // the match begins here
	iAccept    // the end of the innermost call or of the match
	iCloseOpen // as iClose, for (*ACCEPT)
	iVerb      // fails as verb says if what follows does
	iAlternate // alternatives begin, which end at y; only if there is a (*THEN)
)

// inst is an instruction.
type inst struct {
	op       opcode
	mode     mode // of iRun and iLoop
	verb     verb // of iVerb; of iLookEnd: verbAccept, if it is reached by that
	negate   bool // of iLook and iLookEnd
	cond     bool // of those: of a conditional group
	open     bool // of iLookEnd: it keeps what was put on the trail; of iSplit: the alternatives of such a lookaround
	fold     bool // of iBackref
	memo     bool // a failure at a position may be kept in memory
	branch   bool // of iSplit: between alternatives that may have a (*THEN)
	x, y     int32
	reg      int32
	min, max int32
	set      *set
	next     *set // of iRun: what follows is one of these bytes; nil: not known
	refs     []int
}

// Registers: two for each group, group zero being the match; where groups that are open began; those of loops and of
// atomic groups; how many groups there are up to the last that is set; and the innermost call, as a height of the
// trail.
func startReg(group int) int32 { return int32(2 * group) }

func (p *program) openReg(group int) int32 { return int32(2*p.groups + 1 + group) }

func (p *program) topReg() int32 { return int32(p.regs - 2) }

func (p *program) frameReg() int32 { return int32(p.regs - 1) }

// putAside is how many places of the trail the registers take that a call puts aside.
func (p *program) putAside() int { return (p.regs - 1 - firstAside + 1) / 2 }

// callSteps is what a call takes, and its end again: it copies registers.
func (p *program) callSteps() int { return 4 + p.putAside()/4 }

// firstAside is the first register that a call puts aside: those of the match itself, which \K sets, stay.
const firstAside = 2
