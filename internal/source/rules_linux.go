package source

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"syscall"

	libaudit "github.com/elastic/go-libaudit/v2"
	"github.com/elastic/go-libaudit/v2/rule"
	"github.com/elastic/go-libaudit/v2/rule/flags"
)

// execRules returns what must be audited to see every execution: both ABIs, or a 32-bit program
// executes unseen.
func execRules() []string {
	const form = "-a always,exit -F arch=%s -S execve,execveat -F key=auditpy"
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		return []string{fmt.Sprintf(form, "b64"), fmt.Sprintf(form, "b32")}
	}
	return []string{fmt.Sprintf(form, "b64")}
}

// control is what the kernel is asked for; *libaudit.AuditClient is one.
type control interface {
	GetStatus() (*libaudit.AuditStatus, error)
	GetRules() ([][]byte, error)
	AddRule(rule []byte) error
	DeleteRule(rule []byte) error
	SetEnabled(enabled bool, wm libaudit.WaitMode) error
	Close() error
}

// InstalledRules are the audit rules that InstallExecRules added.
type InstalledRules struct {
	open    func() (control, error)
	added   []installed
	enabled bool // audit was off, and was switched on
}

type installed struct {
	text string
	wire []byte
}

// InstallExecRules makes the kernel audit execve and execveat: it adds the rules that are not loaded
// yet and switches audit on if it is off. Remove undoes exactly that. After a kill -9 the rules stay,
// and the next InstallExecRules finds them loaded and leaves them so.
//
// The error wraps ErrNoPermission, ErrNoAudit or ErrImmutable if that is the reason. It needs
// CAP_AUDIT_CONTROL. The kernel is never told a pid: it keeps the audit daemon it has.
func InstallExecRules() (*InstalledRules, error) {
	return install(func() (control, error) {
		c, err := libaudit.NewAuditClient(nil)
		if err != nil {
			return nil, err
		}
		return c, nil
	})
}

func install(open func() (control, error)) (*InstalledRules, error) {
	c, err := open()
	if err != nil {
		return nil, auditError("open audit socket", err)
	}
	defer c.Close()
	r := &InstalledRules{open: open}
	if err := r.install(c); err != nil {
		return nil, errors.Join(err, r.remove(c))
	}
	return r, nil
}

func (r *InstalledRules) install(c control) error {
	status, err := c.GetStatus()
	if err != nil {
		return auditError("read audit status", err)
	}
	missing, err := missingRules(c)
	if err != nil {
		return err
	}
	if len(missing) > 0 && status.Enabled == 2 {
		return fmt.Errorf("add audit rules: %w", ErrImmutable)
	}
	for _, m := range missing {
		err := c.AddRule(m.wire)
		if harmless(m, err) {
			continue
		}
		if err != nil {
			return auditError(fmt.Sprintf("add audit rule %q", m.text), err)
		}
		r.added = append(r.added, m)
	}
	if status.Enabled != 0 {
		return nil
	}
	if err := c.SetEnabled(true, libaudit.WaitForReply); err != nil {
		return auditError("enable audit", err)
	}
	r.enabled = true
	return nil
}

// harmless reports errors after which nothing is missing: somebody else added the rule meanwhile (the
// library keeps no errno of that), or a kernel without 32-bit programs refuses their rule.
func harmless(m installed, err error) bool {
	if err == nil {
		return false
	}
	return err.Error() == "rule exists" || m.text != execRules()[0] && errors.Is(err, syscall.EINVAL)
}

// missingRules returns the rules for executions that the kernel has not loaded.
func missingRules(c control) ([]installed, error) {
	loaded, err := c.GetRules()
	if err != nil {
		return nil, auditError("list audit rules", err)
	}
	var missing []installed
	for _, text := range execRules() {
		wire, err := build(text)
		if err != nil {
			return nil, fmt.Errorf("build audit rule %q: %w", text, err)
		}
		if !contains(loaded, wire) {
			missing = append(missing, installed{text, wire})
		}
	}
	return missing, nil
}

func build(text string) ([]byte, error) {
	parsed, err := flags.Parse(text)
	if err != nil {
		return nil, err
	}
	return rule.Build(parsed)
}

// contains compares without the padding at the end, which kernel and library differ in.
func contains(rules [][]byte, wire []byte) bool {
	wire = bytes.TrimRight(wire, "\x00")
	for _, r := range rules {
		if bytes.Equal(bytes.TrimRight(r, "\x00"), wire) {
			return true
		}
	}
	return false
}

// Added returns each rule that was added, as auditctl takes it.
func (r *InstalledRules) Added() []string {
	var texts []string
	for _, a := range r.added {
		texts = append(texts, a.text)
	}
	return texts
}

// Enabled reports whether audit was off and was switched on.
func (r *InstalledRules) Enabled() bool { return r.enabled }

// Remove deletes the rules that were added and switches audit off if it was off before. A rule that
// somebody else deleted is no error, and audit stays on if an audit daemon has come to need it. What
// could not be undone is tried again by the next call.
func (r *InstalledRules) Remove() error {
	if len(r.added) == 0 && !r.enabled {
		return nil
	}
	c, err := r.open()
	if err != nil {
		return auditError("open audit socket", err)
	}
	defer c.Close()
	return r.remove(c)
}

func (r *InstalledRules) remove(c control) error {
	return errors.Join(r.deleteRules(c), r.disable(c))
}

// deleteRules looks at the list again, since DeleteRule does not report the kernel's refusal.
func (r *InstalledRules) deleteRules(c control) error {
	if len(r.added) == 0 {
		return nil
	}
	for _, a := range r.added {
		if err := c.DeleteRule(a.wire); err != nil {
			return auditError(fmt.Sprintf("delete audit rule %q", a.text), err)
		}
	}
	loaded, err := c.GetRules()
	if err != nil {
		return auditError("list audit rules", err)
	}
	var left []installed
	var errs []error
	for _, a := range r.added {
		if contains(loaded, a.wire) {
			left = append(left, a)
			errs = append(errs, fmt.Errorf("delete audit rule %q: the kernel kept it", a.text))
		}
	}
	r.added = left
	return errors.Join(errs...)
}

func (r *InstalledRules) disable(c control) error {
	if !r.enabled {
		return nil
	}
	status, err := c.GetStatus()
	if err != nil {
		return auditError("read audit status", err)
	}
	if status.PID == 0 {
		if err := c.SetEnabled(false, libaudit.WaitForReply); err != nil {
			return auditError("disable audit", err)
		}
	}
	r.enabled = false
	return nil
}
