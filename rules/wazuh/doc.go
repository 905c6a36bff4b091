// Package wazuh compiles the XML rules of Wazuh 4 and finds the one rule that an event comes down to.
//
// What surprised us: rules are a tree, and an event takes the first way through it that leads anywhere: a rule without
// children of its own to match can hide all that come behind it. Wazuh sees pieces of events where we see whole ones, so
// what it tells apart by decoder may be one event here; and it never looks into arguments that the kernel writes in hex.
// So full_log is looked at as it was logged and as it was meant, audit.type is that of any record, a rule without
// parents is asked before those of audit's own tree, and a rule that only groups others stands back for other groups.
//
// What is not supported is refused with its place, never ignored: a rule that means less than it says would look like
// safety. Numbers of lines count in the file as the author knows it.
//
// An Engine does not change after Compile and may be used by many goroutines. Eval has no clock, no I/O and no state
// that an event leaves behind: what depends on earlier events is left open in the Plan of a match.
package wazuh
