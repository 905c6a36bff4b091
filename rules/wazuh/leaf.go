package wazuh

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/predicate"
)

// leaf is one test, asked once of an event whichever rules ask it.
type leaf struct {
	kind  leafKind
	field int32  // in Engine.fields, or fullLog
	name  string // of the field, in the words of the rule
	words string // what is asked of it, in the words of the rule

	re    *pattern // of isText
	exact string   // of isExact
	list  *list    // of isListed
	as    lookup
	value *pattern       // of isListed: what the list must say; nil: anything
	nets  []netip.Prefix // of isNet
	types []audit.Type   // of isDecoded; none: any
	span  clockSpan      // of isTime
	days  [7]bool        // of isDay, from Sunday
	size  int            // of isLong, in bytes
}

type leafKind uint8

const (
	isNever   leafKind = iota // no audit event can pass
	isText                    // re matches a value
	isExact                   // a value is exact
	isListed                  // a value stands in list
	isNet                     // a value is in one of nets
	isDecoded                 // the event has a record of one of types
	isTime                    // the event is of that time of day
	isDay                     // the event is of one of days
	isLong                    // the event has size bytes or more
)

// fullLog is the field of the whole text.
const fullLog int32 = -1

// answer is what a test says. Of an absent field there is nothing to say: the contrary does not hold either.
type answer uint8

const (
	unasked answer = iota
	no
	yes
	absent
	undecided
)

func (l *leaf) holds(sc *scratch) answer {
	switch l.kind {
	case isDecoded:
		return truth(len(l.types) == 0 || hasType(sc.ev, l.types))
	case isTime:
		return truth(l.span.holds(sc.local()))
	case isDay:
		return truth(l.days[sc.local().Weekday()])
	case isLong:
		return truth(len(sc.text()[0]) >= l.size)
	case isNever:
		return absent
	}
	values := sc.values(l.field)
	if len(values) == 0 {
		return absent
	}
	out := no
	for _, v := range values {
		switch a := l.one(v, sc); a {
		case yes:
			return yes
		case undecided:
			out = undecided
		}
	}
	return out
}

// one asks one value.
func (l *leaf) one(v string, sc *scratch) answer {
	switch l.kind {
	case isText:
		return l.re.match(v, &sc.regex)
	case isExact:
		return truth(v == l.exact)
	case isListed:
		return l.listed(v, sc)
	}
	return truth(l.inNets(v))
}

func (l *leaf) inNets(v string) bool {
	ip, err := netip.ParseAddr(v)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	for _, n := range l.nets {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}

func hasType(ev *event.Event, types []audit.Type) bool {
	for i := range ev.Records {
		for _, t := range types {
			if ev.Records[i].Type == t {
				return true
			}
		}
	}
	return false
}

// key is the same for equal tests.
func (l *leaf) key() string {
	return strconv.Itoa(int(l.kind)) + " " + strconv.Itoa(int(l.field)) + " " + l.words
}

// says is the test in words.
func (l *leaf) says(negate bool) string {
	not := ""
	if negate {
		not = "not "
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s%s", l.name, not, l.words))
}

// needles are literals of which a value has one if the test holds; nil: it is not known.
func (l *leaf) needles() []predicate.Needle {
	switch l.kind {
	case isText:
		return l.re.needles()
	case isExact:
		if l.exact != "" {
			return []predicate.Needle{{Text: l.exact, Place: predicate.Whole}}
		}
	case isListed:
		return l.listNeedles()
	}
	return nil
}
