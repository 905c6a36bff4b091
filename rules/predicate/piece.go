package predicate

import "strings"

// piece is a literal to look for in a value. It is located by its rarest byte: command lines are long, and that is
// looked for many bytes at a time.
type piece struct {
	text    string // in lower case, if letters match in either
	at      int    // of the rarest byte
	low, up byte   // that byte
}

func newPiece(text string) piece {
	p := piece{text: text}
	for i := range len(text) {
		if plenty[text[i]] < plenty[text[p.at]] {
			p.at = i
		}
	}
	if text != "" {
		p.low = text[p.at]
		p.up = p.low
		if p.low >= 'a' && p.low <= 'z' {
			p.up = p.low - ('a' - 'A')
		}
	}
	return p
}

// indexFold returns where s has the text in either case first, or -1.
func (p *piece) indexFold(s string) int {
	n := len(p.text)
	switch {
	case n == 0:
		return 0
	case len(s) < n:
		return -1
	}
	places := s[p.at : len(s)-n+1+p.at]
	l, u := nextByte(places, 0, p.low), len(places)
	if p.up != p.low {
		u = nextByte(places, 0, p.up)
	}
	for misses := 0; ; misses++ {
		i := min(l, u)
		switch {
		case i == len(places):
			return -1
		case equalASCII(s[i:i+n], p.text):
			return i
		case misses > few+i/sparse:
			return p.crowded(s, i+1)
		case i == l:
			l = nextByte(places, i+1, p.low)
		default:
			u = nextByte(places, i+1, p.up)
		}
	}
}

// A value that has the rarest byte at more than one of sparse places is read byte by byte: that is faster there.
const few, sparse = 8, 8

// nextByte returns where s has b next, from an offset on, or its length.
func nextByte(s string, from int, b byte) int {
	if i := strings.IndexByte(s[from:], b); i >= 0 {
		return from + i
	}
	return len(s)
}

// crowded is indexFold from an offset on, byte by byte. It asks for the last byte first: words of command lines differ
// there more often than in a leading / or -.
func (p *piece) crowded(s string, from int) int {
	n := len(p.text)
	last := p.text[n-1]
	for end := from + n - 1; end < len(s); end++ {
		if lower[s[end]] == last && equalASCII(s[end+1-n:end], p.text[:n-1]) {
			return end + 1 - n
		}
	}
	return -1
}

// cut takes literals with runs between them for pieces; first and last: the pattern also begins and ends with a run.
func (p *Pattern) cut(parts []Part, first, last bool) {
	var pieces []piece
	for i, part := range parts {
		if part.Kind != Literal {
			if i%2 == 0 || part.Kind != Run {
				return
			}
			continue
		}
		text, ok := p.simple(part.Text)
		if !ok {
			return
		}
		pieces = append(pieces, newPiece(text))
	}
	if first {
		pieces = append([]piece{{}}, pieces...)
	}
	if last {
		pieces = append(pieces, piece{})
	}
	p.how, p.pieces = between, pieces
}

// matchPieces finds the first piece at the begin, the last at the end, and each of the others as far left as can be.
func (p *Pattern) matchPieces(s string) bool {
	head, tail := &p.pieces[0], &p.pieces[len(p.pieces)-1]
	if len(s) < len(head.text)+len(tail.text) || !p.equal(s[:len(head.text)], head.text) || !p.equal(s[len(s)-len(tail.text):], tail.text) {
		return false
	}
	s = s[len(head.text) : len(s)-len(tail.text)]
	for i := 1; i < len(p.pieces)-1; i++ {
		piece := &p.pieces[i]
		at := p.index(s, piece)
		if at < 0 {
			return false
		}
		s = s[at+len(piece.text):]
	}
	return true
}

// equal compares texts of the same length.
func (p *Pattern) equal(s, text string) bool {
	if p.fold {
		return equalASCII(s, text)
	}
	return s == text
}

func (p *Pattern) index(s string, of *piece) int {
	if p.fold {
		return of.indexFold(s)
	}
	return strings.Index(s, of.text)
}
