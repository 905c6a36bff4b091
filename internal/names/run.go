package names

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Run reads the files again when they changed, and asks the name service for what User and Group did not know, one at
// a time, until ctx ends. It returns the error of ctx and no other.
func (u *Users) Run(ctx context.Context) error {
	tick := time.NewTicker(u.o.Recheck)
	defer tick.Stop()
	var wake <-chan struct{} = u.wake
	var rested <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			u.recheck(time.Now())
		case <-wake:
			u.serve(ctx)
			wake, rested = nil, time.After(u.o.Pause)
		case <-rested:
			wake = u.wake
		}
	}
}

func (u *Users) recheck(now time.Time) {
	for db := range u.tables {
		u.reload(database(db))
		if t := *u.tables[db].Load(); len(t.answers) > 0 {
			t.answers = aged(t.answers, now)
			u.tables[db].Store(&t)
		}
	}
}

// aged returns the answers that are still good, and marks those that become due. So User needs no clock: to read it would
// cost more than all the rest of it.
func aged(old map[uint32]answer, now time.Time) map[uint32]answer {
	good := make(map[uint32]answer, len(old))
	for id, a := range old {
		if now.Before(a.expires) {
			a.due = a.due || a.name != "" && !now.Before(a.again)
			good[id] = a
		}
	}
	return good
}

// ask puts q into the queue. A quarter of it is for names known and to be asked again: a flood of unknown ids does not
// make them expire.
func (u *Users) ask(q query, known bool) {
	if u.o.Lookup == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	room := u.o.MaxQueue
	if !known {
		u.stats.Waited++
		room -= room / 4
	}
	switch {
	case slices.Contains(u.queue, q):
	case len(u.queue) < room:
		u.queue = append(u.queue, q)
		u.signal()
	case !known:
		u.stats.Dropped++
	}
}

// signal wakes Run if there is work. The caller holds mu.
func (u *Users) signal() {
	if len(u.queue) == 0 {
		return
	}
	select {
	case u.wake <- struct{}{}:
	default: // told already
	}
}

// serve answers the first of the queue. It stays there until the answer is out: no call in between queues it again.
func (u *Users) serve(ctx context.Context) {
	u.mu.Lock()
	q := u.queue[0]
	u.mu.Unlock()
	u.reload(q.db) // a new user's first commands are often sooner than Recheck, and two stats cheaper than a getent
	if _, ok := u.tables[q.db].Load().file[q.id]; !ok {
		u.lookup(ctx, q)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.queue = slices.Delete(u.queue, 0, 1)
	u.signal()
}

func (u *Users) lookup(ctx context.Context, q query) {
	timed, cancel := context.WithTimeout(ctx, u.o.Timeout)
	defer cancel()
	name, err := u.o.Lookup(timed, q.db.String(), q.id)
	if ctx.Err() != nil {
		return // the agent ends: that says nothing about the id
	}
	u.put(q, u.judge(u.tables[q.db].Load().answers[q.id], name, err))
	u.count(func(s *Stats) {
		s.Asked++
		if err != nil {
			s.Failed++
			s.Err = err
		}
	})
}

// judge returns the answer to keep. A name service that is down takes no name away before its time.
func (u *Users) judge(old answer, name string, err error) answer {
	now := time.Now()
	switch {
	case err != nil && old.name != "":
		return answer{name: old.name, again: now.Add(u.o.Negative), expires: old.expires}
	case err != nil || name == "":
		return answer{expires: now.Add(u.o.Negative)}
	default:
		return answer{name: name, again: now.Add(u.o.Positive / 2), expires: now.Add(u.o.Positive)}
	}
}

// put publishes an answer, in place of the one that would expire first if there are too many. All are copied, but no
// more often than there are lookups.
func (u *Users) put(q query, a answer) {
	t := *u.tables[q.db].Load()
	answers := make(map[uint32]answer, len(t.answers)+1)
	maps.Copy(answers, t.answers)
	delete(answers, q.id)
	if len(answers) >= u.o.MaxAnswers {
		delete(answers, first(answers))
		u.count(func(s *Stats) { s.Evicted++ })
	}
	answers[q.id] = a
	t.answers = answers
	u.tables[q.db].Store(&t)
}

// first returns the id whose answer expires first, of several the smallest.
func first(answers map[uint32]answer) uint32 {
	ids := slices.Collect(maps.Keys(answers))
	return slices.MinFunc(ids, func(a, b uint32) int {
		if c := answers[a].expires.Compare(answers[b].expires); c != 0 {
			return c
		}
		return int(int64(a) - int64(b))
	})
}
