package regex

// run matches a run of bytes, as many as its mode wants first.
func (m *machine) run(in *inst, pc, pos int) (next int, ok bool) {
	low, high := pos+int(in.min), len(m.subject)
	if in.max >= 0 {
		high = min(high, pos+int(in.max))
	}
	if low > len(m.subject) {
		return pos, false
	}
	if in.mode == lazy {
		if m.scan(in, pos, low) < low {
			return pos, false
		}
		return m.longer(in, pc, low, high)
	}
	if in.max < 0 {
		high = m.scanMemorized(in, pos)
	} else {
		high = m.scan(in, pos, high)
	}
	if high < low {
		return pos, false
	}
	if in.mode == possessive {
		return high, true
	}
	return m.shorter(in, pc, low, high)
}

// scan returns where the bytes of a run's set that begin at from end, at most to.
func (m *machine) scan(in *inst, from, to int) int {
	i, s, set := from, m.subject, in.set
	for i < to && set.has(s[i]) {
		i++
	}
	m.left -= (i - from) / bytesPerStep
	return i
}

// scanMemorized scans as far as there are bytes, but what the last scan of this run passed over only once.
func (m *machine) scanMemorized(in *inst, from int) int {
	r := &m.memory.runs[in.reg]
	if int(r.from) <= from && from < int(r.to) {
		return int(r.to)
	}
	to := m.scan(in, from, len(m.subject))
	r.from, r.to = int32(from), int32(to)
	return to
}

// shorter goes on at the last position from high down to low where what follows may match.
func (m *machine) shorter(in *inst, pc, low, high int) (next int, ok bool) {
	at := high
	r := &m.memory.runs[in.reg]
	if in.memo && int(r.failedFrom) <= at && at <= int(r.failedTo) {
		at = int(r.failedFrom) - 1
	}
	if in.next != nil && at >= low {
		from := at
		for at >= low && (at == len(m.subject) || !in.next.has(m.subject[at])) {
			at--
		}
		m.left -= (from - at) / bytesPerStep
		if in.memo && at < from {
			r.fail(at+1, from)
		}
	}
	if at < low {
		return 0, false
	}
	if at > low || in.memo {
		m.push(kGreedy, pc, int32(low), int32(at))
	}
	return at, true
}

// longer goes on at the first position from low to high where what follows may match; all bytes up to low are of the
// set.
func (m *machine) longer(in *inst, pc, low, high int) (next int, ok bool) {
	at := low
	r := &m.memory.runs[in.reg]
	if in.memo && int(r.failedFrom) <= at && at <= int(r.failedTo) {
		at = int(r.failedTo) + 1
	}
	if at > high || !m.passed(in, low, at) {
		return 0, false
	}
	if in.next != nil {
		from := at
		at, ok = m.seek(in, at, high)
		if in.memo && at > from {
			r.fail(from, at-1)
		}
		if !ok {
			return 0, false
		}
	}
	m.push(kLazy, pc, int32(at), int32(high))
	return at, true
}

// seek returns the first position from at to high where what follows a lazy run may match. Not ok: there is none; all
// before the position that is returned are no such.
func (m *machine) seek(in *inst, at, high int) (to int, ok bool) {
	from := at
	for at < len(m.subject) && !in.next.has(m.subject[at]) && at < high && in.set.has(m.subject[at]) {
		at++
	}
	m.left -= (at - from) / bytesPerStep
	m.passed(in, from, from)
	r := &m.memory.runs[in.reg]
	r.to = max(r.to, int32(at))
	if at == len(m.subject) || !in.next.has(m.subject[at]) {
		return at + 1, false
	}
	return at, true
}

// passed reports whether the bytes between from and to are of a lazy run's set. What it read once it need not again.
func (m *machine) passed(in *inst, from, to int) bool {
	r := &m.memory.runs[in.reg]
	if from < int(r.from) || from > int(r.to) {
		r.from, r.to = int32(from), int32(from)
	}
	if int(r.to) < to {
		r.to = int32(m.scan(in, int(r.to), to))
	}
	return to <= int(r.to)
}

// rerun comes back to a run: what followed at the position that was tried has failed.
func (m *machine) rerun(e trailEntry) (next int, ok bool) {
	pc := e.pc()
	in := &m.insts[pc]
	tried := int(e.a)
	if e.kind() == kGreedy {
		tried = int(e.b)
	}
	if in.memo {
		m.memory.runs[in.reg].fail(tried, tried)
	}
	if e.kind() == kGreedy {
		return m.shorter(in, pc, int(e.a), tried-1)
	}
	if tried == int(e.b) || tried == len(m.subject) || !in.set.has(m.subject[tried]) {
		return 0, false
	}
	return m.longer(in, pc, tried+1, int(e.b))
}
