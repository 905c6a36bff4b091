// Package coverage tells which detections the kernel's audit rules leave blind, and the audit rules that mend it.
//
// What surprised us: to look for a rule of the right system call is not enough. In each of the kernel's lists the first rule
// that fits decides, so a "never" before it silences it; a rule for arch=b64 says nothing of 32-bit programs on the same host,
// whose calls have other numbers; auid!=unset, which hardening guides have in each rule, leaves out all that services do; a
// rule of the list "exclude" takes away single types of records; and one of the list "task" all of a process.
//
// So an audit rule is taken as the kernel has it: numbers in a mask, and filters over what is known of the events in question
// (an execution that a detection sees has succeeded, so success=1 restricts nothing).
//
// The invariant: a detection is blind only if no event that it could hold for can be recorded. Nothing here asks the kernel,
// reads a file or knows the time: the same rules give the same answer.
package coverage
