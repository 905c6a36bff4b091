package main

import (
	"encoding/json"
	"io"
	"math"
	"syscall"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
)

// stats is the line that --stats ends with.
type stats struct {
	Records    uint64  `json:"records"`
	Events     uint64  `json:"events"`
	Execs      uint64  `json:"execs"`
	Alerts     uint64  `json:"alerts"`
	Bytes      int64   `json:"bytes"`
	Seconds    float64 `json:"seconds"`
	Lost       uint64  `json:"lost"`     // records dropped by a bound, or late
	Unparsed   uint64  `json:"unparsed"` // lines that were no record
	Expired    uint64  `json:"expired"`  // events that ended without their last record
	Evicted    uint64  `json:"evicted"`  // events that a bound ended
	Doubled    uint64  `json:"doubled"`  // records that came twice
	Gaps       uint64  `json:"gaps"`     // times that the source said it lost records
	PeakMemory int64   `json:"peak_memory"`
}

func printStats(w io.Writer, l *agent.Loop, in *input) {
	asm := l.Assembler.Stats()
	s := stats{
		Records: l.Stats.Records, Events: asm.Events, Execs: l.Stats.Execs, Alerts: l.Correlator.Stats().Alerts,
		Bytes: l.Stats.Bytes, Lost: asm.Dropped + asm.Late, Unparsed: l.Stats.Unparsed,
		Expired: asm.Expired, Evicted: asm.Evicted, Doubled: asm.Doubled, Gaps: l.Stats.Gaps,
		Seconds: math.Round(time.Since(in.started).Seconds()*1000) / 1000, PeakMemory: peakMemory(),
	}
	_ = json.NewEncoder(w).Encode(s) // stderr is for people: nothing to do if it is closed
}

// peakMemory is the largest resident size so far, in bytes.
func peakMemory() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss) * 1024 // Linux counts in KiB
}
