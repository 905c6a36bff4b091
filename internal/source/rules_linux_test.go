package source

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	libaudit "github.com/elastic/go-libaudit/v2"
)

// fakeControl is the kernel's rule list.
type fakeControl struct {
	status  libaudit.AuditStatus
	rules   [][]byte
	sticky  bool // deletes nothing, as a locked kernel
	addErr  error
	adds    int // until addErr
	err     error
	changes int // of enabled
}

func (c *fakeControl) GetStatus() (*libaudit.AuditStatus, error) { s := c.status; return &s, c.err }
func (c *fakeControl) GetRules() ([][]byte, error)               { return c.rules, c.err }
func (c *fakeControl) Close() error                              { return nil }

func (c *fakeControl) AddRule(r []byte) error {
	if c.adds--; c.adds < 0 && c.addErr != nil {
		return c.addErr
	}
	c.rules = append(c.rules, append(slices.Clone(r), 0, 0)) // the kernel pads otherwise
	return nil
}

func (c *fakeControl) DeleteRule(r []byte) error {
	if !c.sticky {
		c.rules = slices.DeleteFunc(c.rules, func(x []byte) bool { return bytes.HasPrefix(x, bytes.TrimRight(r, "\x00")) })
	}
	return nil
}

func (c *fakeControl) SetEnabled(on bool, _ libaudit.WaitMode) error {
	c.changes++
	c.status.Enabled = 0
	if on {
		c.status.Enabled = 1
	}
	return nil
}

func (c *fakeControl) open() (control, error) { return c, nil }

func TestInstall(t *testing.T) {
	c := &fakeControl{rules: [][]byte{[]byte("other")}}
	r, err := install(c.open)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Added(); !slices.Equal(got, execRules()) || c.status.Enabled != 1 || !r.Enabled() {
		t.Errorf("added %q, status %+v; want %q and enabled", got, c.status, execRules())
	}
	second, err := install(c.open)
	if err != nil || len(second.Added()) > 0 || second.Enabled() {
		t.Errorf("second: added %q, enabled %v (%v); want nothing", second.Added(), second.Enabled(), err)
	}
	if err := second.Remove(); err != nil || len(c.rules) != 1+len(execRules()) {
		t.Errorf("Remove of nothing: %v, %d rules left", err, len(c.rules))
	}
	for range 2 {
		if err := r.Remove(); err != nil || len(c.rules) != 1 || c.status.Enabled != 0 || c.changes != 2 {
			t.Errorf("Remove: %v, %d rules left, status %+v, %d changes", err, len(c.rules), c.status, c.changes)
		}
	}
}

func TestInstallErrors(t *testing.T) {
	tests := []struct {
		name string
		c    fakeControl
		want error
	}{
		{"no permission", fakeControl{err: syscall.EPERM}, ErrNoPermission},
		{"no audit", fakeControl{err: syscall.ECONNREFUSED}, ErrNoAudit},
		{"locked", fakeControl{status: libaudit.AuditStatus{Enabled: 2}}, ErrImmutable},
		{"refused", fakeControl{addErr: syscall.ENOSPC}, syscall.ENOSPC},
		{"second refused", fakeControl{addErr: syscall.ENOSPC, adds: 1}, syscall.ENOSPC},
	}
	for _, tt := range tests {
		if _, err := install(tt.c.open); !errors.Is(err, tt.want) || len(tt.c.rules) > 0 || tt.c.changes > 0 {
			t.Errorf("%s: %v, %d rules left; want %v, none", tt.name, err, len(tt.c.rules), tt.want)
		}
	}
	_, err := install(func() (control, error) { return nil, syscall.EPROTONOSUPPORT })
	if !errors.Is(err, ErrNoAudit) {
		t.Errorf("no socket: %v, want ErrNoAudit", err)
	}
}

func TestInstallTolerates(t *testing.T) {
	for _, err := range []error{errors.New("rule exists"), syscall.EINVAL} {
		c := &fakeControl{addErr: err, adds: 1, status: libaudit.AuditStatus{Enabled: 1}}
		r, err := install(c.open)
		if err != nil || len(r.Added()) != 1 || r.Enabled() {
			t.Errorf("added %q (%v), want the first rule", r.Added(), err)
		}
	}
}

func TestRemove(t *testing.T) {
	c := &fakeControl{}
	r, err := install(c.open)
	if err != nil {
		t.Fatal(err)
	}
	c.status.PID, c.sticky = 4711, true // an audit daemon has come, and keeps the rules
	if err := r.Remove(); err == nil || !strings.Contains(err.Error(), "kept it") || c.status.Enabled != 1 {
		t.Errorf("Remove = %v with status %+v, want an error and audit on", err, c.status)
	}
	c.sticky = false
	if err := r.Remove(); err != nil || len(c.rules) > 0 {
		t.Errorf("second Remove = %v, %d rules left", err, len(c.rules))
	}
}
