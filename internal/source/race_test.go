//go:build race

package source

// raced says that the race detector is on: ten times slower, so a tenth is run.
const raced = true
