package wazuh

import "strings"

func isNameStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }

func isName(c byte) bool {
	return isNameStart(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':'
}

func isBlank(c byte) bool { return strings.IndexByte(blanks, c) >= 0 }

// name returns the end of the name that begins at i.
func (s *scanner) name(i int) int {
	for i < len(s.src) && isName(s.src[i]) {
		i++
	}
	return i
}

// isTag reports whether a tag begins here and not a < that stands for itself.
func (s *scanner) isTag() bool {
	i := s.name(s.at + 1)
	return i == len(s.src) || isBlank(s.src[i]) || s.src[i] == '/' || s.src[i] == '>'
}

// blank passes over blanks.
func (s *scanner) blank() {
	for s.at < len(s.src) && isBlank(s.src[s.at]) {
		s.at++
	}
}

func (s *scanner) openTag() {
	e := &element{off: s.at}
	end := s.name(s.at + 1)
	e.name = strings.ToLower(s.src[s.at+1 : end])
	s.at = end
	closed := s.attributes(e)
	s.leave(e)
	if s.count++; s.count > maxElements || len(s.open) >= maxDepth {
		s.blame(faultAt(e.off, "<%s>: elements nested deeper than %d, or more than %d of them", e.name, maxDepth, maxElements))
		return
	}
	if len(s.open) == 0 {
		s.roots = append(s.roots, e)
	} else {
		s.top().kids = append(s.top().kids, e)
	}
	if s.open = append(s.open, e); closed {
		s.pop(nil)
	}
}

// leave closes what a new element shows to be left open: no rule is in a rule, and no group with a name in a group.
func (s *scanner) leave(e *element) {
	level := -1
	for i, o := range s.open {
		if e.name == "rule" && o.name == "rule" || e.name == "group" && o.name == "rule" && e.attr("name") != nil {
			level = i
			break
		}
	}
	if level < 0 {
		return
	}
	if e.name == "group" {
		level = 0
	}
	for len(s.open) > level {
		s.pop(faultAt(s.top().off, "<%s> is not closed before the next <%s>", s.top().name, e.name))
	}
}

func (s *scanner) closeTag() {
	off := s.at
	end := s.name(s.at + 2)
	name := strings.ToLower(s.src[s.at+2 : end])
	s.at = end
	if s.blank(); s.at < len(s.src) && s.src[s.at] == '>' {
		s.at++
	}
	level := len(s.open) - 1
	for level >= 0 && s.open[level].name != name {
		level--
	}
	if level < 0 {
		s.blame(faultAt(off, "</%s> closes nothing", name))
		return
	}
	for len(s.open) > level+1 {
		s.pop(faultAt(s.top().off, "<%s> is not closed", s.top().name))
	}
	s.pop(nil)
}

// attributes reads up to the end of the tag, and reports whether it closes its element too.
func (s *scanner) attributes(e *element) (closed bool) {
	for {
		s.blank()
		switch {
		case s.at == len(s.src) || s.src[s.at] == '<':
			e.blame(faultAt(e.off, "<%s has no >", e.name))
			return s.at == len(s.src)
		case s.src[s.at] == '>':
			s.at++
			return false
		case strings.HasPrefix(s.src[s.at:], "/>"):
			s.at += 2
			return true
		case isNameStart(s.src[s.at]):
			s.attribute(e)
		default:
			e.blame(faultAt(s.at, "<%s: an attribute is name=\"value\"", e.name))
			s.at++
		}
	}
}

func (s *scanner) attribute(e *element) {
	a := attribute{off: s.at}
	end := s.name(s.at)
	a.name = strings.ToLower(s.src[s.at:end])
	s.at = end
	s.blank()
	if s.at == len(s.src) || s.src[s.at] != '=' {
		e.blame(faultAt(a.off, "attribute %s has no value", a.name))
		return
	}
	s.at++
	s.blank()
	if s.at == len(s.src) || s.src[s.at] != '"' && s.src[s.at] != '\'' {
		e.blame(faultAt(a.off, "the value of attribute %s is not in quotes", a.name))
		return
	}
	n := strings.IndexByte(s.src[s.at+1:], s.src[s.at])
	if n < 0 {
		e.blame(faultAt(a.off, "the value of attribute %s has no end", a.name))
		s.at++
		return
	}
	var b builder
	b.decode(s.src[s.at+1:s.at+1+n], s.at+1)
	a.text = b.text()
	s.at += n + 2
	switch {
	case e.attr(a.name) != nil:
		e.blame(faultAt(a.off, "attribute %s is given twice", a.name))
	case len(e.attrs) == maxAttrs:
		e.blame(faultAt(a.off, "more than %d attributes", maxAttrs))
	default:
		e.attrs = append(e.attrs, a)
	}
}
