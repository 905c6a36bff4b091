package agent

import (
	"time"

	"github.com/auditpy/auditpy/correlate/tamper"
	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// ownRule is what one of the agent's own alerts is about: what no event tells.
type ownRule struct {
	id    string
	level rule.Level
	title string
}

// The agent's own rules. Their IDs are for good: operators filter by them. Those that an event tells are in package tamper.
var (
	agentStarted   = &ownRule{"auditpy-started", rule.Informational, "auditpy started"}
	agentStopped   = &ownRule{"auditpy-stopped", rule.Low, "auditpy stopped"}
	rulesReloaded  = &ownRule{"auditpy-reloaded", rule.Informational, "auditpy reloaded its rules"}
	reloadRefused  = &ownRule{"auditpy-reload-refused", rule.Medium, "auditpy keeps its rules: the new ones are broken"}
	recordsLost    = &ownRule{"auditpy-records-lost", rule.High, "Audit records were lost"}
	alertsLost     = &ownRule{"auditpy-alerts-lost", rule.Critical, "Alerts were lost: they were too large for a spool"}
	inputDamaged   = &ownRule{"auditpy-input-damaged", rule.Low, "Audit input holds what is no record, or more hosts than are told apart"}
	auditBlind     = &ownRule{"auditpy-blind", rule.Critical, "Auditing is blind: the heartbeat of auditpy was not recorded"}
	auditSighted   = &ownRule{"auditpy-sighted", rule.Low, "Auditing works again: the heartbeat of auditpy was recorded"}
	auditSwitched  = &ownRule{tamper.SwitchedOff.ID, tamper.SwitchedOff.Level, tamper.SwitchedOff.Title}
	logUnreadable  = &ownRule{"auditpy-log-unreadable", rule.High, "Audit log cannot be read"}
	logReadable    = &ownRule{"auditpy-log-readable", rule.Low, "Audit log can be read again"}
	logExposed     = &ownRule{"auditpy-log-exposed", rule.High, "Audit log changed its owner, mode or protection"}
	tailLags       = &ownRule{"auditpy-tail-lag", rule.Medium, "auditpy is far behind the audit log: what is rotated away is lost"}
	testsUndecided = &ownRule{"auditpy-undecided", rule.Medium, "Regular expressions took too many steps: what their rules look for may have been hidden"}
	clockStepped   = &ownRule{"auditpy-clock-stepped", rule.Medium, "Clock of the host was set, or the host was suspended"}
)

// notice returns an alert about the agent itself. About may be nil.
func (r *ownRule) notice(now time.Time, about map[string]any) *alert.Notice {
	if about == nil {
		about = map[string]any{}
	}
	return &alert.Notice{Rule: r.id, Title: r.title, Level: r.level, Time: now, About: about}
}

// moment is a time on both clocks: the wall clock may be set, the other only grows.
type moment struct {
	wall time.Time
	mono time.Duration
}

// clockOf returns a clock that begins now.
func clockOf() func() moment {
	start := time.Now()
	return func() moment {
		now := time.Now()
		return moment{now.Round(0), now.Sub(start)}
	}
}
