package names

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// service is a name service that remembers what it was asked.
type service struct {
	asked []query
	names map[query]string
	err   error
	takes time.Duration
}

func (s *service) lookup(ctx context.Context, db string, id uint32) (string, error) {
	q := query{passwd, id}
	if db == group.String() {
		q.db = group
	}
	s.asked = append(s.asked, q)
	select {
	case <-time.After(s.takes):
		return s.names[q], s.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// bubble runs f with names whose name service is s. Run runs meanwhile.
func bubble(t *testing.T, o Options, s *service, f func(u *Users)) {
	t.Helper()
	o.Root = host(t, users, groups)
	o.Lookup = s.lookup
	synctest.Test(t, func(t *testing.T) {
		u := New(o)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- u.Run(ctx) }()
		f(u)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v, want the error of its context", err)
		}
	})
}

// after lets time pass, with all that happens in it.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAsk(t *testing.T) {
	s := &service{names: map[query]string{{passwd, 5000}: "carol", {group, 5000}: "staff"}, takes: 50 * time.Millisecond}
	bubble(t, Options{}, s, func(u *Users) {
		for range 100 {
			if got := u.User(5000); got != "" {
				t.Fatalf("User(5000) = %q before anybody was asked", got)
			}
		}
		u.Group(5000)
		u.User(5001)
		u.User(1000)
		after(time.Second)
		if u.User(5000) != "carol" || u.Group(5000) != "staff" || u.User(5001) != "" || u.Group(5001) != "" {
			t.Errorf("names = %q, %q, %q, %q", u.User(5000), u.Group(5000), u.User(5001), u.Group(5001))
		}
		after(time.Second)
		want := []query{{passwd, 5000}, {group, 5000}, {passwd, 5001}, {group, 5001}}
		if !slices.Equal(s.asked, want) {
			t.Errorf("asked %v, want %v", s.asked, want)
		}
		if st := u.Stats(); st.Asked != 4 || st.Failed != 0 || st.Dropped != 0 || st.Waited < 103 {
			t.Errorf("Stats() = %+v", st)
		}
	})
}

// TestAge: how often one id is asked that is used every second, and what is said of it.
func TestAge(t *testing.T) {
	down := errors.New("server down")
	carol := map[query]string{{passwd, 5000}: "carol"}
	for _, tt := range []struct {
		what  string
		first service       // what answers the first lookup
		then  service       // and all others
		span  time.Duration // how long it is used
		asked int
		named int // of its seconds, how many have a name
	}{
		{"a name", service{names: carol}, service{names: carol}, 4 * time.Minute, 1, 239},
		{"a name for long", service{names: carol}, service{names: carol}, 9 * time.Minute, 2, 539},
		{"a name for longer", service{names: carol}, service{names: carol}, 19 * time.Minute, 4, 1139},
		{"no name", service{}, service{}, 50 * time.Second, 1, 0},
		{"no name for long", service{}, service{}, 150 * time.Second, 3, 0},
		{"a name soon", service{}, service{names: carol}, 2 * time.Minute, 2, 59},
		{"a name no more", service{names: carol}, service{}, 330 * time.Second, 2, 300},
		{"down", service{err: down}, service{err: down}, 50 * time.Second, 1, 0},
		{"down for long", service{err: down}, service{err: down}, 150 * time.Second, 3, 0},
		{"down soon", service{names: carol}, service{err: down}, 9 * time.Minute, 5, 539},
		{"down for good", service{names: carol}, service{err: down}, 20 * time.Minute, 16, 599},
		{"too slow", service{names: carol, takes: 3 * time.Second}, service{names: carol}, 2 * time.Minute, 2, 54},
	} {
		t.Run(tt.what, func(t *testing.T) {
			s := tt.first
			bubble(t, Options{}, &s, func(u *Users) {
				named := 0
				for range int(tt.span / time.Second) {
					if u.User(5000) != "" {
						named++
					}
					after(time.Second)
					if len(s.asked) > 0 {
						s.names, s.err, s.takes = tt.then.names, tt.then.err, tt.then.takes
					}
				}
				if len(s.asked) != tt.asked || named != tt.named {
					t.Errorf("asked %d times, %d seconds with a name; want %d, %d", len(s.asked), named, tt.asked, tt.named)
				}
			})
		})
	}
}

// TestFlood: ids without end cost a bounded number of lookups, and no name that is known.
func TestFlood(t *testing.T) {
	s := &service{names: map[query]string{{passwd, 5000}: "carol"}}
	bubble(t, Options{}, s, func(u *Users) {
		u.User(5000)
		after(time.Second)
		more := flood(u)
		const seconds = 1200
		for i := range seconds {
			for range 1000 {
				more()
			}
			if got := u.User(5000); got != "carol" {
				t.Fatalf("User(5000) = %q after %d s", got, i)
			}
			after(time.Second)
		}
		st := u.Stats()
		if st.Asked < 4*seconds || st.Asked > 5*seconds+10 || st.Dropped < 990*seconds || len(u.queue) > u.o.MaxQueue {
			t.Errorf("queue %d, %+v", len(u.queue), st)
		}
		if n := len(u.tables[passwd].Load().answers); n > 5*65+10 { // those of one Negative and one Recheck
			t.Errorf("%d answers kept", n)
		}
	})
}

func TestEvict(t *testing.T) {
	s := &service{names: map[query]string{{passwd, 1}: "a", {passwd, 2}: "b", {passwd, 3}: "c", {passwd, 4}: "d"}}
	bubble(t, Options{MaxAnswers: 3}, s, func(u *Users) {
		for id := 1; id <= 4; id++ {
			u.User(id)
			after(time.Second)
		}
		if u.User(4) != "d" || u.User(3) != "c" || u.User(2) != "b" || u.User(1) != "" || u.Stats().Evicted != 1 {
			t.Errorf("names = %q, %q, %q, %q; %+v", u.User(4), u.User(3), u.User(2), u.User(1), u.Stats())
		}
	})
}

// TestNewUser: who was just added is found in the file, without a lookup, sooner than Recheck.
func TestNewUser(t *testing.T) {
	s := &service{}
	bubble(t, Options{Recheck: time.Hour}, s, func(u *Users) {
		write(t, u.o.Root, "passwd", users+"bob:x:1001:1001::/:\n")
		u.User(1001)
		after(time.Second)
		if got := u.User(1001); got != "bob" || len(s.asked) != 0 {
			t.Errorf("User(1001) = %q, asked %v", got, s.asked)
		}
	})
}

// TestEnd: Run ends at once, in the middle of a lookup, and another Run goes on.
func TestEnd(t *testing.T) {
	s := &service{names: map[query]string{{passwd, 5000}: "carol"}, takes: time.Second}
	synctest.Test(t, func(t *testing.T) {
		u := New(Options{Root: t.TempDir(), Lookup: s.lookup})
		for _, tt := range []struct {
			runs time.Duration
			want string
		}{{500 * time.Millisecond, ""}, {1500 * time.Millisecond, "carol"}} {
			u.User(5000)
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), tt.runs)
			if err := u.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != tt.runs {
				t.Errorf("Run = %v after %v", err, time.Since(began))
			}
			cancel()
			if got := u.User(5000); got != tt.want {
				t.Errorf("User(5000) = %q, want %q", got, tt.want)
			}
		}
	})
}
