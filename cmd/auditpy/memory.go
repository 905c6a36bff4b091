package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// room is what the program needs besides its rules. Events and processes lie in memory that is used again, so there is
// little garbage, and the collector need not run before that room is full. It ran ten times while the process table
// filled, and took a fifth of the time to read a log of 100 MB.
const room = 40 << 20

// roomOfRules is what it takes besides to ask them: what was found out about texts, and alerts. With 16 MB of it the collector
// took a tenth of the time to read a log of 440 MB.
const roomOfRules = 32 << 20

// roomOfSequences is what the events of sequences take besides: with Elastic's rules 67 MB lived, at a bound of 67, so that
// the collector took half of the time to read a log of 440 MB.
const roomOfSequences = 56 << 20

func roomOf(set *rules.Set) int64 {
	if len(set.Sequences()) > 0 {
		return roomOfRules + roomOfSequences
	}
	return roomOfRules
}

// roomToLoad is what rules may take while they are read, for each byte of their files: what is made of YAML and TOML is
// many times as large, and most of it is garbage soon. With the bound for a program without rules the collector took four
// fifths of the time to load 25,000 rules.
const roomToLoad = 32

// loadWithRoom is rules.LoadOptions with room for what rules are made of. Room is how much the bound is to grow for what was loaded.
func loadWithRoom(files []rule.File, o rules.Options) (set *rules.Set, diags []rule.Diag, room int64) {
	if os.Getenv("GOMEMLIMIT") != "" {
		set, diags = rules.LoadOptions(files, o)
		return set, diags, 0
	}
	size := int64(0)
	for i := range files {
		size += int64(len(files[i].Data))
	}
	before := living()
	addRoom(roomToLoad * size)
	set, diags = rules.LoadOptions(files, o)
	addRoom(-roomToLoad * size)
	return set, diags, 2*max(0, living()-before) + roomOf(set)
}

// living is what is not garbage, in bytes.
func living() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// addRoom moves the bound of memory, if it is ours.
func addRoom(size int64) {
	if bound := debug.SetMemoryLimit(-1); os.Getenv("GOMEMLIMIT") == "" && bound < math.MaxInt64 {
		debug.SetMemoryLimit(bound + size)
	}
}

// boundMemory bounds what the collector lets the program grow to: room, to which comes what rules take and need. It runs
// when the heap is five times what lives, or near the bound. GOMEMLIMIT and GOGC in the environment count for more.
func boundMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(room + 2*living())
	}
}
