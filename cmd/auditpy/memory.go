package main

import (
	"os"
	"runtime"
	"runtime/debug"

	"github.com/auditpy/auditpy/rules"
)

// room is what the program needs besides its rules. Events and processes lie in memory that is used again, so there is
// little garbage, and the collector need not run before that room is full. It ran ten times while the process table
// filled, and took a fifth of the time to read a log of 100 MB.
const room = 40 << 20

// roomOfSequences is what the events of sequences take besides: with Elastic's rules 67 MB lived, at a bound of 67, so that
// the collector took half of the time to read a log of 440 MB.
const roomOfSequences = 56 << 20

func sequencesRoom(set *rules.Set) int64 {
	if len(set.Sequences()) > 0 {
		return roomOfSequences
	}
	return 0
}

// boundMemory bounds what the collector lets the program grow to: room, that of sequences, and what the rules took. It runs
// when the heap is five times what lives, or near the bound. GOMEMLIMIT and GOGC in the environment count for more.
func boundMemory(sequences int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(room + 2*int64(m.HeapAlloc) + sequences)
}
