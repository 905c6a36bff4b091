package regex

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// setting returns the number in an environment variable.
func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestOracle compares with libpcre2 on random expressions and subjects: AUDITPY_REGEX_PAIRS of them, from
// AUDITPY_REGEX_SEED on. PCRE2 runs without start optimization and without making runs possessive by itself, for 10.42
// loses matches by both; what it says of groups that are repeated {0} is set aside, for it takes a ^ in them for one of
// the expression.
func TestOracle(t *testing.T) {
	pairs := setting(t, "AUDITPY_REGEX_PAIRS", 100_000)
	r := rand.New(rand.NewPCG(uint64(setting(t, "AUDITPY_REGEX_SEED", 1)), 3))
	d := differ{t: t, oracle: newOracle(t)}
	const ahead = 256
	questions := make(chan question, ahead)
	go func() {
		defer close(questions)
		for sent := 0; sent < pairs; {
			q := randomQuestion(r)
			sent += len(q.subjects)
			d.oracle.ask(q)
			questions <- q
		}
		d.oracle.in.Flush()
	}()
	for q := range questions {
		d.compare(q)
	}
	t.Log(d.String())
}

func randomQuestion(r *rand.Rand) question {
	expr, flags := expression(r)
	q := question{expr: expr, flags: flags}
	for range 30 {
		s := ""
		if flags&UTF != 0 {
			s = textFor(r)
		} else {
			s = subjectFor(r, expr)
		}
		if r.IntN(10) == 0 {
			s = strings.Repeat(s, r.IntN(20)) + s[:len(s)/2]
		}
		if flags&UTF != 0 { // PCRE2 takes no other
			s = strings.ToValidUTF8(s, "")
		}
		q.subjects = append(q.subjects, s)
	}
	return q
}

// differ counts what it compares.
type differ struct {
	t       *testing.T
	oracle  *oracle
	scratch Scratch
	replies []reply

	exprs, refusedByBoth, refused, regular    int
	pairs, matches, undecided, limited, zeros int
	differences                               int
}

func (d *differ) String() string {
	return fmt.Sprintf("%d expressions (%d refused by both, %d by us alone, %d regular), %d pairs compared, %d match; not compared: %d undecided, %d over PCRE2's limits, %d with {0}; %d differences",
		d.exprs, d.refusedByBoth, d.refused, d.regular, d.pairs, d.matches, d.undecided, d.limited, d.zeros, d.differences)
}

// compare reads the replies to q and compares them.
func (d *differ) compare(q question) {
	replies, ok := d.oracle.replies(d.replies[:0], len(q.subjects))
	re, err := Compile(q.expr, Options{Flags: q.flags})
	d.exprs++
	switch {
	case !ok && err != nil:
		d.refusedByBoth++
		return
	case !ok:
		d.differ("Compile(%q, %b): PCRE2 refuses it", q.expr, q.flags)
		return
	case err != nil:
		d.refused++
		return
	}
	d.replies = replies
	if re.Regular() {
		d.regular++
	}
	d.scratch.machine.memory.eager = d.exprs%2 == 0
	for i, s := range q.subjects {
		d.subject(q, re, s, replies[i])
	}
}

func (d *differ) differ(format string, args ...any) {
	d.t.Errorf(format, args...)
	if d.differences++; d.differences >= 20 {
		d.t.FailNow()
	}
}

// subject compares what is said of one subject.
func (d *differ) subject(q question, re *Regexp, s string, want reply) {
	switch want.rc {
	case pcreMatchLimit, pcreDepthLimit, pcreHeapLimit:
		d.limited++
		return
	}
	offsets, found := re.Find(nil, s, &d.scratch)
	loop := found == Undecided && d.scratch.machine.failure == failLoop
	if want.rc == pcreRecurseLoop && !loop { // it may be that we do not try where nothing can begin
		d.limited++
		return
	}
	matched := re.Match(s, &d.scratch)
	yes, decided := false, false
	if re.program != nil {
		yes, decided = d.scratch.machine.search(re.program, s, DefaultLimit)
	}
	d.pairs++
	switch {
	case loop && want.rc == pcreRecurseLoop:
	case found == Undecided && !loop:
		d.undecided++
	case decided && yes != (want.rc > 0), found != matched, found == Yes != (want.rc > 0), found == Undecided:
		if want.rc == pcreNoMatch && strings.Contains(q.expr, "{0") {
			d.zeros++
			return
		}
		d.differ("Match(%q, %b, %q) = %v, %v (regular: %v), PCRE2: %d", q.expr, q.flags, s, matched, found, re.Regular(), want.rc)
	case found == Yes:
		d.matches++
		d.positions(q, re, s, offsets, want)
	}
}

func (d *differ) positions(q question, re *Regexp, s string, got []int, want reply) {
	if re.program == nil { // too large to find where
		return
	}
	for len(want.offsets) < len(got) {
		want.offsets = append(want.offsets, -1)
	}
	if !slices.Equal(got, want.offsets) {
		d.differ("Find(%q, %b, %q) = %v, PCRE2: %v", q.expr, q.flags, s, got, want.offsets)
	}
	needles := re.Required()
	for _, n := range needles {
		if stands(n, s) {
			return
		}
	}
	if len(needles) > 0 {
		d.differ("Required(%q, %b) = %q, not in %q, which matches", q.expr, q.flags, needles, s)
	}
}
