package source

import libaudit "github.com/elastic/go-libaudit/v2"

// KernelStatus is what the kernel says of its auditing.
type KernelStatus struct {
	Enabled      uint32 // 0 off, 1 on, 2 on and locked until the next boot
	PID          uint32 // of the audit daemon; 0: there is none
	Lost         uint32 // records thrown away since boot, or since somebody reset it
	Backlog      uint32 // records that wait for the daemon
	BacklogLimit uint32
	RateLimit    uint32
	Failure      uint32
}

// Status asks the kernel. It needs CAP_AUDIT_CONTROL; the error wraps ErrNoPermission or ErrNoAudit if that is the reason.
//
// It only asks (AUDIT_GET): the kernel is never told a pid, and the socket is closed again at once, so this process never
// becomes the audit daemon.
func Status() (KernelStatus, error) {
	c, err := libaudit.NewAuditClient(nil)
	if err != nil {
		return KernelStatus{}, auditError("open audit socket", err)
	}
	defer c.Close()
	s, err := c.GetStatus()
	if err != nil {
		return KernelStatus{}, auditError("read audit status", err)
	}
	return KernelStatus{s.Enabled, s.PID, s.Lost, s.Backlog, s.BacklogLimit, s.RateLimit, s.Failure}, nil
}
