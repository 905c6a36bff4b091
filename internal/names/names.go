// Package names tells the names of users and groups on the host the agent runs on. Records in RAW format, and those
// from the kernel itself, have numbers only. It is for live records: the numbers of another host, or of last year's log,
// mean other people.
//
// A static program has no part in glibc's name service, so there are two sources: /etc/passwd and /etc/group, read by
// ourselves, and for ids not in them (LDAP, sssd, systemd's dynamic users) getent, the name service's own command.
// What surprised us:
//   - Ids come without end: who owns a range in /etc/subuid may run processes under 65,536 uids that nobody has a name
//     for. So getent runs at a bounded rate, and Stats tells what that cost.
//   - Each run of getent is itself an execution that the kernel audits, and it may connect to sssd or a directory. It makes
//     no loop: it has the agent's own ids, and an id is asked once for all its events.
//   - A directory's names are whatever someone typed. A name is taken only with its own id beside it, printable, and of
//     bounded length.
//   - Names belong to ids as the host sees them. A process in a user namespace gets a name it does not have inside, as in
//     auditd's ENRICHED records.
//
// The invariant: User and Group never wait for anybody, make no system call and do not allocate. What is not known yet
// is "", and known to a later call. No name of the name service is given for longer than Options.Positive, but for the
// time until Run looks again.
//
// One goroutine calls User and Group, and another Run; Stats is for anyone.
package names

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the bounds. The zero value works.
type Options struct {
	Root string // the directory in place of /, for tests: names and getent are looked for below it
	// Lookup asks the name service; nil: getent, or nobody where the host has none.
	Lookup Lookup

	Recheck  time.Duration // between two looks at whether the files changed, and at the age of answers; 0: 5 s
	Positive time.Duration // how long a name from the name service is good; it is asked again from half of it on; 0: 10 min
	Negative time.Duration // until an id without a name is asked again, or one whose lookup failed; 0: 1 min
	Timeout  time.Duration // for one lookup; 0: 2 s
	Pause    time.Duration // between the end of a lookup and the next; 0: 200 ms, so at most 5 in a second

	MaxBytes   int64 // read of one file; 0: 8 MiB
	MaxNames   int   // kept of one file; 0: 131,072
	MaxAnswers int   // of the name service that are kept, for users and groups each; 0: 4096
	MaxQueue   int   // ids waiting to be asked; 0: 64
}

// Lookup returns the name that the name service has for id, or "" if it says that there is none. The database is
// "passwd" or "group".
type Lookup func(ctx context.Context, database string, id uint32) (name string, err error)

// Users knows the names of users and groups.
type Users struct {
	o      Options
	wake   chan struct{} // has a value if the queue is not empty
	stamps [2]stamp      // of the files as last read; owned by New, then by Run

	// Written by New, then by Run; immutable, so that readers need no lock.
	tables [2]atomic.Pointer[table]

	// Guarded by mu.
	mu    sync.Mutex
	queue []query // its first is being asked
	stats Stats
}

// database is a table of the name service. Its name is that of the file in /etc, too.
type database int

const (
	passwd database = iota
	group
)

func (d database) String() string { return [...]string{"passwd", "group"}[d] }

type table struct {
	file    map[uint32]string
	answers map[uint32]answer
}

// answer is one of the name service. An empty name: it has none, or could not tell.
type answer struct {
	name    string
	due     bool      // to be asked again, at the next call
	again   time.Time // when it becomes due
	expires time.Time
}

type query struct {
	db database
	id uint32
}

// Stats count what names cost. All but Err only grow.
type Stats struct {
	Reads    uint64 // of a file
	Unread   uint64 // times that a file could not be read; the names read before stay
	Cut      uint64 // reads that MaxBytes or MaxNames ended early; the other ids are left to the name service
	BadLines uint64 // passed over

	Asked   uint64 // lookups
	Failed  uint64 // lookups that gave no answer, or one that cannot be
	Waited  uint64 // calls of User and Group that had no name since the answer was not there yet
	Dropped uint64 // those of them whose id found the queue full: what the bound on lookups cost
	Evicted uint64 // answers forgotten early, for MaxAnswers

	Err error // the last of Unread and Failed, or nil
}

// New returns the names in the files, which it reads. Files that cannot be read are told by Stats, and tried again by Run.
func New(o Options) *Users {
	o.defaults()
	u := &Users{o: o, wake: make(chan struct{}, 1), queue: make([]query, 0, o.MaxQueue)}
	for db := range u.tables {
		u.tables[db].Store(new(table))
		u.reload(database(db))
	}
	return u
}

func (o *Options) defaults() {
	if o.Root == "" {
		o.Root = "/"
	}
	if o.Lookup == nil {
		o.Lookup = getent(o.Root)
	}
	positive(&o.Recheck, 5*time.Second)
	positive(&o.Positive, 10*time.Minute)
	positive(&o.Negative, time.Minute)
	positive(&o.Timeout, 2*time.Second)
	positive(&o.Pause, 200*time.Millisecond)
	positive(&o.MaxBytes, 8<<20)
	positive(&o.MaxNames, 128<<10)
	positive(&o.MaxAnswers, 4096)
	positive(&o.MaxQueue, 64)
}

func positive[T ~int | ~int64](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// User returns the name of the user with this uid, or "" if it has none or none is known yet.
func (u *Users) User(uid int) string { return u.name(passwd, uid) }

// Group returns the name of the group with this gid, or "" if it has none or none is known yet.
func (u *Users) Group(gid int) string { return u.name(group, gid) }

func (u *Users) name(db database, id int) string {
	if uint64(id) >= math.MaxUint32 { // negative, or (uid_t)-1, which is "unset"
		return ""
	}
	t, key := u.tables[db].Load(), uint32(id)
	if name, ok := t.file[key]; ok {
		return name
	}
	a, ok := t.answers[key]
	if !ok || a.due {
		u.ask(query{db, key}, ok)
	}
	return a.name
}

// Stats returns the counts so far.
func (u *Users) Stats() Stats {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stats
}

// count changes the counts.
func (u *Users) count(change func(*Stats)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.stats)
}
