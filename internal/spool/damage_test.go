package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// unclean returns the only segment of a queue that holds frames and was never closed.
func unclean(t testing.TB, frames []string) []byte {
	t.Helper()
	dir := t.TempDir()
	appendAll(t, open(t, dir, Options{}), frames...)
	data, err := os.ReadFile(segments(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// with opens a queue whose only segment is data.
func with(t testing.TB, data []byte) (*Queue, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(laneSegment(t, dir), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, Options{}), dir
}

// laneSegment is the path of the first segment of the lowest lane, whose directory it makes.
func laneSegment(t testing.TB, dir string) string {
	t.Helper()
	lane := filepath.Join(dir, "0")
	if err := os.MkdirAll(lane, 0o700); err != nil {
		t.Fatal(err)
	}
	return segmentPath(lane, 1)
}

func kept(t testing.TB, dir string) (n int64) {
	t.Helper()
	return quarantine{dir: filepath.Join(dir, "quarantine")}.size()
}

// Cut anywhere, a segment opens and loses no more than the torn frame (RELIABILITY D7).
func TestD7TornTail(t *testing.T) {
	frames := numbered(6)
	data := unclean(t, frames)
	ends := []int{headerSize}
	for _, f := range frames {
		ends = append(ends, ends[len(ends)-1]+prefixSize+stampSize+len(f))
	}
	for cut := range data {
		q, dir := with(t, data[:cut])
		whole := max(0, len(ends)-1)
		for whole > 0 && ends[whole] > cut {
			whole--
		}
		var torn int64
		if cut < headerSize {
			torn = int64(cut)
		} else {
			torn = int64(cut - ends[whole])
		}
		if s := q.Stats(); int64(s.CorruptBytes) != torn || kept(t, dir) != torn || s.Corrupt != uint64(min(torn, 1)) {
			t.Errorf("cut at %d: %+v, %d bytes kept, want %d", cut, s, kept(t, dir), torn)
		}
		appendAll(t, q, "next")
		if got := drain(t, q); !slices.Equal(got, append(slices.Clone(frames[:whole]), "next")) {
			t.Errorf("cut at %d: got %q, want the first %d and the next", cut, got, whole)
		}
		conserved(t, q)
		q.Close()
	}
}

// One flipped bit costs at most one frame, and never makes a wrong one (RELIABILITY D8).
func TestD8BitFlips(t *testing.T) {
	frames := numbered(8)
	data := unclean(t, frames)
	for bit := 0; bit < len(data)*8; bit += 7 { // 7: all bytes, all bit numbers
		flipped := slices.Clone(data)
		flipped[bit/8] ^= 1 << (bit % 8)
		dir := t.TempDir()
		if err := os.WriteFile(laneSegment(t, dir), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		q := open(t, dir, Options{})
		s, got := q.Stats(), drain(t, q)
		if s.Corrupt != 1 || kept(t, dir) != int64(s.CorruptBytes) {
			t.Errorf("bit %d: %+v, %d bytes kept", bit, s, kept(t, dir))
		}
		want := len(frames) - 1
		if bit/8 < headerSize {
			want = len(frames)
		}
		if len(got) != want || slices.ContainsFunc(got, func(f string) bool { return !slices.Contains(frames, f) }) {
			t.Errorf("bit %d: got %q", bit, got)
		}
		q.Close()
	}
}

// Damage that comes after Open is found by Peek, and costs as little.
func TestD8DamageWhileOpen(t *testing.T) {
	frames := numbered(8)
	for at := headerSize; at < len(unclean(t, frames)); at += 5 {
		dir := t.TempDir()
		q := open(t, dir, Options{})
		appendAll(t, q, frames...)
		overwrite(t, segments(t, dir)[0], int64(at))
		if got := drain(t, q); len(got) != len(frames)-1 {
			t.Errorf("byte %d: got %d frames, want %d", at, len(got), len(frames)-1)
		}
		if s := q.Stats(); s.Lost != 1 || s.Corrupt != 1 || kept(t, dir) != int64(s.CorruptBytes) {
			t.Errorf("byte %d: %+v, %d bytes kept, want 1 lost", at, s, kept(t, dir))
		}
		conserved(t, q)
		q.Close()
	}
}

func overwrite(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x55
	if _, err := f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
}

// A segment that someone removes or cuts is counted and passed; what comes after is handed out.
func TestSegmentVanishes(t *testing.T) {
	for name, harm := range map[string]func(string) error{
		"removed":   os.Remove,
		"truncated": func(p string) error { return os.Truncate(p, 20) },
	} {
		dir, frames := t.TempDir(), numbered(60)
		q := open(t, dir, Options{SegmentBytes: 300})
		appendAll(t, q, frames...)
		segs := segments(t, dir)
		for _, i := range []int{2, len(segs) - 1} {
			if err := harm(segs[i]); err != nil {
				t.Fatal(err)
			}
		}
		appendErr := q.Append(0, []byte("after"))
		got := drain(t, q)
		s := q.Stats()
		if s.Corrupt != 2 || s.Lost == 0 || len(got)+int(s.Lost) != int(s.Appended) {
			t.Errorf("%s: append %v, %d handed out, %+v", name, appendErr, len(got), s)
		}
		appendAll(t, q, "later")
		if got := drain(t, q); !slices.Equal(got, []string{"later"}) {
			t.Errorf("%s: afterwards got %q", name, got)
		}
		conserved(t, q)
	}
}

func TestDamagedCursor(t *testing.T) {
	frames := numbered(10)
	for name, harm := range map[string]func([]byte) []byte{
		"missing": func([]byte) []byte { return nil },
		"short":   func(b []byte) []byte { return b[:40] },
		"noise":   func(b []byte) []byte { rand.NewChaCha8([32]byte{}).Read(b); return b },
		"zeros":   func(b []byte) []byte { clear(b); return b },
		"slot 0":  func(b []byte) []byte { b[9]++; return b },
		"slot 1":  func(b []byte) []byte { b[41]++; return b },
	} {
		dir := t.TempDir()
		q := open(t, dir, Options{})
		appendAll(t, q, frames...)
		for range 4 {
			q.Peek(t.Context())
			q.Ack()
		}
		q.Close()
		path := filepath.Join(dir, "0", "cursor")
		b, err := os.ReadFile(path)
		if err != nil || len(b) != 2*slotSize {
			t.Fatalf("cursor has %d bytes, %v", len(b), err)
		}
		if err := os.WriteFile(path, harm(b), 0o600); err != nil {
			t.Fatal(err)
		}
		q = open(t, dir, Options{})
		got := drain(t, q)
		if len(got) < 6 || !slices.Equal(got, frames[10-len(got):]) {
			t.Errorf("%s: got %q, want at least the last 6", name, got)
		}
	}
}

// What a later version wrote is refused and left as it is (RELIABILITY D16).
func TestD16LaterVersion(t *testing.T) {
	header := appendHeader(nil)
	header[8] = version + 1
	binary.LittleEndian.PutUint32(header[12:], crc32.Checksum(header[:12], castagnoli))
	slot := make([]byte, slotSize)
	slot[24] = version + 1
	binary.LittleEndian.PutUint32(slot[28:], crc32.Checksum(slot[:28], castagnoli))
	for name, data := range map[string][]byte{"0000000000000002.seg": header, "cursor": append(slot, slot...)} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		old := filepath.Join(dir, "0000000000000001.seg")
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.WriteFile(old, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrVersion) {
			t.Errorf("Open with a later %s = %v, want ErrVersion", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != string(data) {
			t.Errorf("%s was changed", name)
		}
		if _, err := os.Stat(old); err != nil {
			t.Errorf("Open that refuses has removed a segment: %v", err)
		}
	}
}

func TestQuarantineIsBounded(t *testing.T) {
	k := quarantine{dir: filepath.Join(t.TempDir(), "quarantine")}
	for i := range 20 {
		k.keep(1, int64(i), make([]byte, 1<<20))
	}
	if n := k.size(); n != maxQuarantine {
		t.Errorf("quarantine holds %d bytes, want %d", n, maxQuarantine)
	}
}

func TestScanBudget(t *testing.T) {
	// Every offset claims a frame of half the segment.
	data := make([]byte, 64<<10)
	for i := range data {
		data[i] = []byte{0, 128, 0, 0}[i%4]
	}
	l := scan(data, 0)
	if l.frames != 0 || len(l.bad) != 1 || l.bad[0] != (span{0, int64(len(data))}) {
		t.Errorf("scan = %+v, want all of it damaged", l)
	}
}

// FuzzScan checks that a scan accounts for each byte once, and that the frames it counts are sound.
func FuzzScan(f *testing.F) {
	f.Add([]byte("junk"), []byte("a frame"), []byte("more"))
	f.Add([]byte{}, []byte{}, []byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, before, payload, after []byte) {
		data := append(appendFrame(slices.Clone(before), payload), after...)
		l, off, frames := scan(data, 0), int64(0), 0
		for _, sp := range append(l.bad, span{int64(len(data)), int64(len(data))}) {
			for off < sp.from {
				n := frameSize(data[off:], sp.from-off)
				if n == 0 || !sound(data[off:off+n]) {
					t.Fatalf("no whole frame at %d of %x, %+v", off, data, l)
				}
				off, frames = off+n, frames+1
			}
			if off != sp.from || sp.from > sp.to {
				t.Fatalf("ranges overlap in %x: %+v", data, l)
			}
			off = sp.to
		}
		if frames != l.frames || frames == 0 && len(data) < 1<<10 {
			t.Fatalf("scan(%x) found %d frames, want %d and at least one", data, l.frames, frames)
		}
	})
}

// FuzzOpen checks that no segment keeps the queue from opening and working.
func FuzzOpen(f *testing.F) {
	f.Add(appendFrame(appendHeader(nil), []byte("hi")), []byte{})
	f.Add(appendFrame(appendHeader(nil), []byte("stamped hi")), []byte{})
	f.Fuzz(func(t *testing.T, seg, cursor []byte) {
		dir := t.TempDir()
		os.WriteFile(laneSegment(t, dir), seg, 0o600)
		os.WriteFile(filepath.Join(dir, "0", "cursor"), cursor, 0o600)
		q, err := Open(dir, Options{})
		if errors.Is(err, ErrVersion) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		appendAll(t, q, "next")
		if got := drain(t, q); got[len(got)-1] != "next" {
			t.Errorf("got %q", got)
		}
		conserved(t, q)
	})
}
