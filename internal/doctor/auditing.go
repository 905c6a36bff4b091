package doctor

import (
	"errors"
	"fmt"

	"github.com/auditpy/auditpy/internal/source"
)

// fewRecords is under the backlog that auditd ships (-b 8192): bursts of executions overran 64, the kernel's own.
const fewRecords = 8192

// auditing asks the kernel what it says of its auditing.
func (x *examination) auditing() {
	k, err := x.o.Kernel()
	if errors.Is(err, source.ErrNoAudit) {
		x.fault("auditing", err.Error(), "run auditpy on the host itself, with a kernel that has CONFIG_AUDIT")
		return
	}
	if err != nil {
		x.cannotLook("auditing", err)
		return
	}
	x.kernel = &k
	if k.Enabled == 0 {
		x.fault("auditing", "the kernel's auditing is off: nothing is recorded", "auditctl -e 1, and remove -e 0 from /etc/audit/rules.d")
	} else {
		x.ok("auditing", "the kernel's auditing is on")
	}
	x.daemon(&k)
	if k.Enabled == 2 {
		x.ok("lock", "the audit rules are locked until the next boot")
	} else {
		x.ok("lock", "the audit rules are not locked (-e 2): root can change them, which is an alert")
	}
	x.losses(&k)
}

func (x *examination) daemon(k *source.KernelStatus) {
	kind := x.o.Config.Source.Kind
	switch {
	case k.PID != 0:
		x.ok("auditd", fmt.Sprintf("an audit daemon takes the records: pid %d", k.PID))
	case kind == "auto" || kind == "netlink":
		x.warn("auditd", "no audit daemon runs: what is recorded while auditpy does not run is lost", "apt install auditd, or systemctl start auditd")
	default:
		x.fault("auditd", "no audit daemon takes the records of source.kind "+kind, "systemctl start auditd")
	}
}

func (x *examination) losses(k *source.KernelStatus) {
	if k.Lost > 0 {
		x.warn("lost", fmt.Sprintf("the kernel threw %d records away since it was booted or the count was reset", k.Lost),
			fmt.Sprintf("raise the backlog (-b %d in /etc/audit/rules.d), then auditctl --reset-lost", 2*max(k.BacklogLimit, fewRecords)))
	} else {
		x.ok("lost", "the kernel lost no record")
	}
	switch {
	case k.BacklogLimit < fewRecords:
		x.warn("backlog", fmt.Sprintf("the kernel keeps %d records at most for a daemon that is busy", k.BacklogLimit), fmt.Sprintf("-b %d in /etc/audit/rules.d", fewRecords))
	case k.Backlog > k.BacklogLimit/2:
		x.warn("backlog", fmt.Sprintf("%d records of %d wait in the kernel", k.Backlog, k.BacklogLimit), "see what auditd waits for: a disk, a plugin")
	default:
		x.ok("backlog", fmt.Sprintf("%d records of %d wait in the kernel", k.Backlog, k.BacklogLimit))
	}
	if k.RateLimit > 0 {
		x.warn("rate", fmt.Sprintf("the kernel throws away what is more than %d records a second", k.RateLimit), "-r 0 in /etc/audit/rules.d")
	}
}
