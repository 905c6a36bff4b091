package tamper

import "github.com/auditpy/auditpy/rules/rule"

// Dialect is that of the rules in this package: they are code, not text.
const Dialect = "auditpy"

// The rules. Their IDs are for good: operators filter by them. SwitchedOff is also what the kernel tells when it is asked.
var (
	SwitchedOff   = meta("auditpy-audit-off", rule.Critical, "Kernel auditing switched off", "T1562.012")
	ruleRemoved   = meta("auditpy-rule-removed", rule.Medium, "Audit rule removed", "T1562.012")
	typeExcluded  = meta("auditpy-type-excluded", rule.High, "Audit rule that excludes record types added", "T1562.012")
	limitLowered  = meta("auditpy-limit-lowered", rule.Medium, "Audit limit lowered, so that records are lost sooner", "T1562.012")
	countersReset = meta("auditpy-lost-reset", rule.Medium, "Kernel's count of lost records reset", "T1070")
	featureOff    = meta("auditpy-feature-off", rule.High, "Audit feature switched off", "T1562.012")
	daemonUnset   = meta("auditpy-auditd-unset", rule.Medium, "Kernel has no audit daemon any more", "T1562.012")
	daemonStopped = meta("auditpy-auditd-stopped", rule.Medium, "auditd stopped", "T1562.001")
	daemonCrashed = meta("auditpy-auditd-crashed", rule.High, "auditd started without having stopped: it crashed or was killed", "T1562.001")
	daemonFailed  = meta("auditpy-auditd-failed", rule.High, "auditd gave up, or reports an error", "T1562.001")
	daemonPaused  = meta("auditpy-auditd-resumed", rule.Medium, "auditd resumed: it had suspended logging", "T1562.001")
	daemonChanged = meta("auditpy-auditd-changed", rule.Low, "Configuration of auditd changed", "T1562.001")
	listenerSeen  = meta("auditpy-listener", rule.Medium, "Unexpected program listens to audit records", "T1040")
	serialBack    = meta("auditpy-serial-backwards", rule.High, "Serials run backwards: the log was edited, restored or spliced", "T1070.002")
	serialMissing = meta("auditpy-serials-missing", rule.Low, "Serials are missing: records were removed, filtered or lost", "T1070.002")
	clockBack     = meta("auditpy-clock-back", rule.Medium, "Clock of the host was set back", "T1070.006")
	namesForged   = meta("auditpy-forged-names", rule.Medium, "User-space record holds auditd's separator: its text forges the names of users", "T1036")
	nodeUnknown   = meta("auditpy-unknown-node", rule.Medium, "Record of a host that is not in the list of hosts", "T1036")
	partialEvents = meta("auditpy-partial-events", rule.Low, "Events without their SYSCALL record: records are lost", "T1562.012")
)

var rules []*rule.Meta

func meta(id string, l rule.Level, title, technique string) *rule.Meta {
	m := &rule.Meta{ID: id, Title: title, Author: "auditpy", Level: l, Dialect: Dialect, Techniques: []string{technique}}
	rules = append(rules, m)
	return m
}

// Rules returns all rules. They are immutable.
func Rules() []*rule.Meta { return rules }
