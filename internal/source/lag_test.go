package source

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestLag(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.log")
	const record = "type=USER_CMD msg=audit(1795250000.000:N): pid=1 uid=0\n"
	write := func(n int) { // each file is another
		t.Helper()
		if err := os.WriteFile(name, []byte(strings.Repeat(strings.Replace(record, "N", strconv.Itoa(n), 1), n)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(3)
	f, err := Follow(name, FollowOptions{FromStart: true, Poll: 1, Idle: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	check := func(want int) {
		t.Helper()
		if lag, err := f.Lag(); err != nil || lag != int64(want*len(record)) {
			t.Errorf("lag = %d, %v, want %d records of %d bytes", lag, err, want, len(record))
		}
	}
	next := func(n int) {
		t.Helper()
		for range n {
			if _, err := f.Next(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	next(1)
	next(2)
	check(0)
	for i, n := range []string{name + ".2", name + ".1"} {
		if err := os.Rename(name, n); err != nil {
			t.Fatal(err)
		}
		write(5 + i)
	}
	check(5 + 6)
	next(5)
	check(6)
	next(6)
	check(0)
}
