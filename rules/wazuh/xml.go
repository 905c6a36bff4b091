package wazuh

import (
	"fmt"
	"strings"
)

// element is one element of a rule file.
type element struct {
	name  string // lower case
	off   int    // of its <
	attrs []attribute
	text  text // its own, without that of its elements
	kids  []*element
	built builder // of text, while it is open
	fault *fault  // what is wrong with how it is written
}

type attribute struct {
	name string // lower case
	off  int
	text text
}

// fault is what is wrong with a file, and where.
type fault struct {
	off int
	msg string
}

func faultAt(off int, format string, args ...any) *fault {
	return &fault{off, fmt.Sprintf(format, args...)}
}

// attr returns an attribute, nil if there is none.
func (e *element) attr(name string) *attribute {
	for i := range e.attrs {
		if e.attrs[i].name == name {
			return &e.attrs[i]
		}
	}
	return nil
}

// Bounds of a file: it is not always its reader's own.
const (
	maxFile     = 16 << 20
	maxDepth    = 16
	maxElements = 1 << 20
	maxAttrs    = 32
)

// scanner reads what people write as XML in rule files: several roots, text between them, & and < that stand for
// themselves, comments that end in !>. What is wrong stays with the element where it is wrong, and the scanner goes on
// behind it: one bad rule must not take the others with it.
type scanner struct {
	src    string
	at     int
	open   []*element
	roots  []*element
	faults []*fault // outside of all elements
	count  int
	// Where the next ends of comments are, or the end of the file: a search from each comment anew would be quadratic.
	dashes, bang int
}

// scan returns the elements of a file, and what is wrong outside of them.
func scan(src string) ([]*element, []*fault) {
	s := &scanner{src: src}
	for s.at < len(s.src) {
		i := strings.IndexByte(s.src[s.at:], '<')
		if i < 0 {
			s.content(len(s.src))
			break
		}
		s.content(s.at + i)
		s.markup()
	}
	for len(s.open) > 0 {
		s.pop(faultAt(s.top().off, "<%s> is not closed", s.top().name))
	}
	return s.roots, s.faults
}

func (s *scanner) top() *element { return s.open[len(s.open)-1] }

// pop closes the innermost element.
func (s *scanner) pop(f *fault) {
	e := s.top()
	e.blame(f)
	e.text, e.built = e.built.text(), builder{}
	s.open = s.open[:len(s.open)-1]
}

// blame keeps the first fault of an element.
func (e *element) blame(f *fault) {
	if e.fault == nil {
		e.fault = f
	}
}

// blame puts a fault where the scanner is.
func (s *scanner) blame(f *fault) {
	if len(s.open) > 0 {
		s.top().blame(f)
	} else {
		s.faults = append(s.faults, f)
	}
}

// content takes the text up to end.
func (s *scanner) content(end int) {
	if len(s.open) > 0 {
		s.top().built.decode(s.src[s.at:end], s.at)
	}
	s.at = end
}

// literal takes n bytes as text, whatever they are.
func (s *scanner) literal(n int) {
	if len(s.open) > 0 {
		s.top().built.add(s.src[s.at:s.at+n], s.at, false)
	}
	s.at += n
}

// markup takes what begins with <.
func (s *scanner) markup() {
	rest := s.src[s.at:]
	switch {
	case s.escaped() || s.inPattern():
		s.literal(1)
	case strings.HasPrefix(rest, "<![CDATA["):
		s.cdata()
	case strings.HasPrefix(rest, doctype):
		s.doctype()
	case strings.HasPrefix(rest, "<!"):
		s.comment()
	case strings.HasPrefix(rest, "<?"):
		s.skip("?>", "processing instruction")
	case strings.HasPrefix(rest, "</") && len(rest) > 2 && isNameStart(rest[2]):
		s.closeTag()
	case len(rest) > 1 && isNameStart(rest[1]) && s.isTag():
		s.openTag()
	default:
		s.literal(1)
	}
}

// escaped reports whether a backslash, itself not escaped, stands before: \< is a literal.
func (s *scanner) escaped() bool {
	n := 0
	for n < s.at && s.src[s.at-1-n] == '\\' {
		n++
	}
	return n%2 == 1 && len(s.open) > 0
}

// inPattern reports whether < belongs to a group of a regular expression, as in (?<name>…) or (?<!…): nobody opens an
// element or a comment behind (?.
func (s *scanner) inPattern() bool {
	return len(s.open) > 0 && strings.HasSuffix(s.src[:s.at], "(?")
}

// comment passes over a comment, which ends in --> or in !>.
func (s *scanner) comment() {
	from := s.at + len("<!")
	s.dashes, s.bang = s.next(s.dashes, from, "-->"), s.next(s.bang, from, "!>")
	switch {
	case s.dashes == len(s.src) && s.bang == len(s.src):
		s.blame(faultAt(s.at, "comment is not closed"))
		s.at = len(s.src)
	case s.bang < s.dashes:
		s.at = s.bang + len("!>")
	default:
		s.at = s.dashes + len("-->")
	}
}

// next returns where sub is next, from from on: known, if it is there.
func (s *scanner) next(known, from int, sub string) int {
	if known >= from {
		return known
	}
	if i := strings.Index(s.src[from:], sub); i >= 0 {
		return from + i
	}
	return len(s.src)
}

func (s *scanner) skip(end, what string) {
	i := strings.Index(s.src[s.at:], end)
	if i < 0 {
		s.blame(faultAt(s.at, "%s is not closed", what))
		s.at = len(s.src)
		return
	}
	s.at += i + len(end)
}

const doctype = "<!DOCTYPE"

// doctype refuses a document type and the entities that it may define, and passes over it. For Wazuh it is the begin of a
// comment, which would take all rules behind it along.
func (s *scanner) doctype() {
	s.blame(faultAt(s.at, "DOCTYPE is not accepted: rules have no document type and no entities of their own"))
	end := ">"
	if rest := s.src[s.at:]; strings.Contains(rest[:strings.Index(rest+">", ">")], "[") {
		end = "]>"
	}
	s.skip(end, "DOCTYPE")
}

func (s *scanner) cdata() {
	const begin, end = "<![CDATA[", "]]>"
	n := strings.Index(s.src[s.at:], end)
	if n < 0 {
		s.blame(faultAt(s.at, "CDATA is not closed"))
		s.at = len(s.src)
		return
	}
	s.at += len(begin)
	s.literal(n - len(begin))
	s.at += len(end)
}
