// Package spool is a durable first-in-first-out queue of opaque frames on disk: what stands between
// the agent and sinks that are down.
//
// What surprised us: of five queue libraries none survived both a torn tail and a flipped bit; they
// refuse to open, or hand out wrong data. A spool must do neither. So damage is never an error here: the
// reader goes on at the next whole frame, counts the damage and keeps the damaged bytes.
//
// The invariant: once Append returns nil, the frame is handed out by Peek until Ack, over crashes and
// restarts, at least once, in order; unless Options.MaxBytes or MaxAge forces it out, which Stats counts. No bytes
// are handed out that were not appended, as far as a 32-bit checksum can tell. A checksum is not a
// signature: who may write to the directory may forge frames, so it belongs to the agent alone (0700).
//
// A frame has a priority, and what is forced out is the oldest of the lowest one. A log cannot give up a frame in its midst, so
// each priority has a lane of its own, and stamps keep the order between lanes.
//
// One goroutine peeks and acks; Append, Stats, Len and Close are for anyone.
//
// # Format, version 2
//
// All integers are little-endian; crc32c is the Castagnoli CRC. A directory holds:
//
//	0/ … 4/                 lanes, by priority; made when the first frame comes
//	cursor                  of version 1; now it only tells version 1 to keep away
//	quarantine/             damaged bytes, LANE-SEGMENT-OFFSET.bin
//	reserve                 room for a few more segments on a full disk
//
// and a lane:
//
//	0000000000000001.seg …  segments, by a number that only grows (16 hex digits)
//	cursor                  where reading goes on
//
// The directories are locked with flock(2). In version 1 there were no lanes: the directory was the only one. What it still holds
// is handed out first, and given up first.
//
// A segment is a 16-byte header, then frames up to the end of the file:
//
//	header = "auditpyq" | version u32 | crc32c u32 of the 12 bytes before
//	frame  = len u32 | crc32c u32 of (len bytes ‖ payload) | payload
//	payload = stamp u64 in nanoseconds since 1970, growing | what was appended; in version 1 without the stamp
//
// A segment is appended to by one Queue only; the next Open begins a new one. So a torn frame is
// always at the end of a segment. As an example, a segment with a frame whose payload is "hi":
//
//	00  61 75 64 69 74 70 79 71  02 00 00 00 b4 b7 52 e6   auditpyq, version 2, crc32c
//	10  02 00 00 00 59 72 5a 88  68 69                     length 2, crc32c, "hi"
//
// The cursor is two slots of 32 bytes, written in turn; the valid slot with the higher generation counts:
//
//	slot = generation u64 | segment u64 | offset u64 | version u32 | crc32c u32 of the 28 bytes before
//
// It is allocated at once, so that acking works on a full disk. It is written at each Ack and
// synced before a finished segment is unlinked and at Close: a power cut repeats frames, never skips them.
// If both slots are damaged, reading begins at the oldest segment.
package spool
