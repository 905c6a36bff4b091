// Package e2e tests the whole program on a real host: kernel audit, auditd and rsyslog. Its tests have the
// build tag e2e, need root, and own the one audit subsystem of the machine while they run: .ci/e2e
// installs what they need and starts them.
package e2e
