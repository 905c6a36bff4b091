//go:build race

package builtin_test

// slower is how much slower the race detector may make a rule.
const slower = 30
