package names

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script makes a getent of this shell text below a new root, and returns the root.
func script(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	path := filepath.Join(root, "usr/bin/getent")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestGetent(t *testing.T) {
	t.Setenv("AUDITPY_SECRET", "x")
	for _, tt := range []struct {
		script, name string
		fails        bool
	}{
		{script: `echo "carol:*:5000:5000::/:"`, name: "carol"},
		{script: `printf "carol:*:5000:"`, name: "carol"},
		{script: `[ "$#" = 2 ] && echo "$1:*:$2:"`, name: "passwd"},
		{script: `echo "carol:*:5000:"; echo "dave:*:5000:"`, name: "carol"},
		{script: `echo "$AUDITPY_SECRET$HOME.:*:5000:"`, name: "."},
		{script: `echo "$PWD:*:5000:"`, name: "/"},
		{script: `read x && echo "$x:*:5000:"; exit 2`, name: ""}, // nothing to read
		{script: `echo "staff:*:5000:$(printf '%100000s' '' | tr ' ' a)"`, name: "staff"},
		{script: `exit 2`, name: ""},
		{script: `exit 1`, fails: true},
		{script: `exit 0`, fails: true},
		{script: `kill -9 $$`, fails: true},
		{script: `echo "carol:*:5000:"; exit 1`, fails: true},
		{script: `echo "carol:*:5001:"`, fails: true},
		{script: `echo "carol"`, fails: true},
		{script: `printf "car\033[2Jol:*:5000:\n"`, fails: true},
		{script: `echo "$(printf '%300s' '' | tr ' ' a):*:5000:"`, fails: true},
		{script: `echo; echo "carol:*:5000:"`, fails: true},
	} {
		name, err := getent(script(t, tt.script))(t.Context(), "passwd", 5000)
		if name != tt.name || (err != nil) != tt.fails {
			t.Errorf("getent %s: %q, %v, want %q", tt.script, name, err, tt.name)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "look up passwd 5000: ") {
			t.Errorf("error = %v", err)
		}
	}
}

// TestGetentHangs: one that does not end is ended, with all that it started; so is one that does not stop talking.
func TestGetentHangs(t *testing.T) {
	for _, text := range []string{
		`echo "carol:*:5000:"; sleep 3600 & echo $! >"$0.child"; wait`,
		`sleep 3600 & echo $! >"$0.child"; while :; do echo "carol:*:5000:"; done`,
	} {
		root := script(t, text)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		began := time.Now()
		name, err := getent(root)(ctx, "passwd", 5000)
		cancel()
		if name != "" || err == nil || time.Since(began) > time.Minute {
			t.Errorf("getent %s: %q, %v after %v", text, name, err, time.Since(began))
		}
		gone(t, filepath.Join(root, "usr/bin/getent.child"))
	}
}

// gone fails if the process whose pid is in file lives on.
func gone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stat := filepath.Join("/proc", strings.TrimSpace(string(text)), "stat")
	for deadline := time.Now().Add(10 * time.Second); ; {
		b, err := os.ReadFile(stat) // a zombie is nobody's concern but init's
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) || strings.Contains(string(b), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still there: %s %v", stat, b, err)
		}
	}
}

func TestNoGetent(t *testing.T) {
	root := script(t, "exit 2")
	path := filepath.Join(root, "usr/bin/getent")
	if getent(root) == nil {
		t.Error("a getent was not found")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if getent(root) != nil || getent(t.TempDir()) != nil {
		t.Error("a getent that cannot be run was found")
	}
}

// TestHost asks the name service of this host about the one user that every host has.
func TestHost(t *testing.T) {
	lookup := getent("/")
	if lookup == nil {
		t.Skip("no getent on this host")
	}
	for _, db := range []string{"passwd", "group"} {
		if name, err := lookup(t.Context(), db, 0); name != "root" || err != nil {
			t.Errorf("%s 0: %q, %v", db, name, err)
		}
		if name, err := lookup(t.Context(), db, 3_999_999_999); name != "" || err != nil {
			t.Errorf("%s 3999999999: %q, %v", db, name, err)
		}
	}
	if got := New(Options{}).User(0); got != "root" {
		t.Errorf("User(0) = %q", got)
	}
}
