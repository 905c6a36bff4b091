package source

import libaudit "github.com/elastic/go-libaudit/v2"

// DaemonPID returns the pid of the audit daemon that the kernel sends its records to; 0 if there is none.
// It needs CAP_AUDIT_CONTROL. The error wraps ErrNoPermission or ErrNoAudit if that is the reason.
func DaemonPID() (uint32, error) {
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return 0, auditError("open audit socket", err)
	}
	defer c.Close()
	status, err := c.GetStatus()
	if err != nil {
		return 0, auditError("read audit status", err)
	}
	return status.PID, nil
}

// AuditRules returns the audit rules that the kernel has loaded, in its order, as AUDIT_LIST_RULES gives them. It needs
// CAP_AUDIT_CONTROL; the error wraps ErrNoPermission or ErrNoAudit if that is the reason.
func AuditRules() ([][]byte, error) {
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return nil, auditError("open audit socket", err)
	}
	defer c.Close()
	rules, err := c.GetRules()
	if err != nil {
		return nil, auditError("list audit rules", err)
	}
	return rules, nil
}
