package rule

import (
	"time"

	"github.com/auditpy/auditpy/internal/event"
)

// Sequence is a rule over several events: its steps come one after another, or, in a sample, in any order. Which of its
// terms an event satisfies, and with which keys, is decided by the dialect when the event matches (see Stage), so that
// whoever keeps the sequences knows no fields.
type Sequence struct {
	Meta  *Meta
	Terms []Term
	// Steps are indices in Terms, in the order in which the events must come; a term with runs stands there as often. At
	// least one is not Missing, and there are at most MaxSteps. Of a sample the order means nothing, and none is Missing.
	Steps []int
	Until int // index in Terms: such an event ends all that is unfinished of its key; -1: none
	// MaxSpan is the most time from the first event to the last one, both included; it must be there if a step is Missing.
	// 0 is no bound but that of memory: meant for batches, a stream needs one. A sample that was found is not looked for
	// again with the same key for MaxSpan.
	MaxSpan time.Duration
	Sample  bool
	Silent  bool // its alerts are not raised
	// Evidence, if it is not nil, appends to dst why ev, an event that satisfies a term or a copy of it, does; valid as long as ev.
	// Most events of a term never become part of a sequence, so it is asked late. Nil: Stage.Evidence tells.
	Evidence func(dst []Evidence, term int, ev *event.Event) []Evidence
	// Keys, if it is not nil, tells the keys of such an event as Stage.Keys does, in the memory of dst; false if the stage is to be
	// left out. They are valid as long as ev. It is asked late too.
	Keys func(dst [][]Key, term int, ev *event.Event) (keys [][]Key, ok bool)
}

// MaxSteps bounds the steps of a sequence: an alert names all its events.
const MaxSteps = 256

// MaxKeys bounds the values of one key field of an event that are taken; a dialect may leave out what comes after one more.
const MaxKeys = 64

// Term is one filter of a sequence.
type Term struct {
	By      []string // names of the key fields: those of the sequence, then its own; as many in each term
	Missing bool     // no event may satisfy it: between the steps beside it; before the first, after the last within MaxSpan
	// Unread are the parts of an event that Evidence and Keys do not read: a copy that they are asked about may lack them.
	Unread event.Parts
}

// Stage says that an event satisfies one term of a sequence. A Match has one for each such term, in any order.
type Stage struct {
	Of   *Sequence
	Term int // index in Of.Terms
	// Keys are the values of each field of Term.By, for one partial sequence for each combination of them. The stage is left
	// out where a field has no value, unless the field is optional: then its one value is null. Of.Keys tells them, if it is there.
	Keys     [][]Key
	Evidence []Evidence // of this term, unless Of.Evidence tells
}

// Grow appends a Match without anything, but for the memory of the stages of one that lay in dst before: so whoever passes
// the same slice for each event needs no new one. Its stages are to be added with AddStage.
func Grow(dst []Match) []Match {
	if len(dst) == cap(dst) {
		return append(dst, Match{})
	}
	dst = dst[:len(dst)+1]
	m := &dst[len(dst)-1]
	*m = Match{Stages: m.Stages[:0]}
	return dst
}

// AddStage adds a stage without keys, but for the memory of some.
func (m *Match) AddStage(of *Sequence, term int) *Stage {
	if len(m.Stages) < cap(m.Stages) {
		m.Stages = m.Stages[:len(m.Stages)+1]
	} else {
		m.Stages = append(m.Stages, Stage{})
	}
	st := &m.Stages[len(m.Stages)-1]
	*st = Stage{Of: of, Term: term, Keys: st.Keys[:0]}
	return st
}

// Key is one value of a key field. Values of different fields compare by their text; null equals null only.
type Key struct {
	Text string
	Null bool
}

// Pipe stands behind a query and leaves some of its results: the first N, or the last N. On a stream it means nothing.
type Pipe struct {
	Tail bool
	N    int
}
