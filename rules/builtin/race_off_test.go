//go:build !race

package builtin_test

// slower is how much slower a test may be than what it promises.
const slower = 1
