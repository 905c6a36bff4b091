package agent

import (
	"slices"
	"time"

	"github.com/auditpy/auditpy/internal/source"
)

// cadence is when a snapshot is taken: a restart reads again what came since, and stateFile names the alerts since.
type cadence struct {
	every  time.Duration
	bytes  int64 // of log
	alerts int
}

var seldom = cadence{30 * time.Second, 16 << 20, 512}

// taken is when the last snapshot was taken, and what had been read then.
type taken struct {
	at      time.Time
	records uint64
	bytes   int64
	place   source.Cursor
	size    int
}

// alerted remembers an alert until no restart would raise it again.
func (in *input) alerted(id string, mark uint64) {
	if in.dir == "" {
		return
	}
	if len(in.raised) >= maxAlerted {
		in.raised = slices.Delete(in.raised, 0, 1)
	}
	in.raised = append(in.raised, raised{id, mark})
	in.since++
}

// save keeps the position of the oldest record still needed, and now and then all that l remembers. An error is no reason to
// stop alerting: it costs repeated alerts after a crash, with the same ids.
func (in *input) save(l *Loop, mark uint64) error {
	if in.dir == "" {
		return nil
	}
	if in.isDue(l, mark) {
		in.snapshot(l, mark)
	}
	if in.file == nil && len(in.raised) == 0 && len(in.saved.Alerted) == 0 {
		return nil
	}
	c := state{Version: latestState, Cursor: in.cursor(mark), Alerted: in.ids()}
	if in.file == nil {
		c.Cursor = in.saved.Cursor // for when the log is followed again
	}
	c.Unseen = in.file != nil && in.file.Absent()
	if in.file != nil && c.Cursor == (source.Cursor{}) && !c.Unseen || c.Unseen == in.saved.Unseen && c.Cursor == in.saved.Cursor && slices.Equal(c.Alerted, in.saved.Alerted) {
		return nil
	}
	if in.tell("position not saved", saveState(in.dir, c)) {
		in.saved = c
	}
	return nil
}

// begin saves the place to begin at before anything is read: what comes after the first start is news to the next one, even if this one is
// killed at once.
func (in *input) begin(l *Loop) {
	if in.file != nil && in.saved.Cursor == (source.Cursor{}) {
		_ = in.save(l, 0)
	}
}

// remember takes a last snapshot.
func (in *input) remember(l *Loop) {
	if in.dir != "" {
		mark, _ := l.Assembler.LowWater()
		in.snapshot(l, mark)
		_ = in.save(l, mark)
	}
}

func (in *input) isDue(l *Loop, mark uint64) bool {
	if in.last.place == (source.Cursor{}) && in.cursor(mark) != in.last.place { // the log was not there
		return true
	}
	if in.last.at.IsZero() || in.since >= in.cadence.alerts || l.Stats.Bytes-in.last.bytes >= in.cadence.bytes {
		return true
	}
	return l.Stats.Records != in.last.records && time.Since(in.last.at) >= in.cadence.every
}

// snapshot writes memoryFile.
func (in *input) snapshot(l *Loop, mark uint64) {
	at := in.cursor(mark)
	b := appendMemory(make([]byte, 0, in.last.size), l, at)
	in.last = taken{time.Now(), l.Stats.Records, l.Stats.Bytes, at, len(b)}
	in.since = 0 // if it fails too: it is not tried with each alert
	if !in.tell("memory not saved", replaceFile(in.dir, memoryFile, b)) {
		return
	}
	in.raised = slices.DeleteFunc(in.raised, func(r raised) bool { return mark == 0 || r.mark < mark })
}

// cursor returns the place of a mark; zero if the source has no places.
func (in *input) cursor(mark uint64) source.Cursor {
	if in.file == nil {
		return source.Cursor{}
	}
	return in.file.Cursor(mark)
}

func (in *input) ids() (ids []string) {
	for _, r := range in.raised {
		ids = append(ids, r.id)
	}
	return ids
}

// tell logs what could not be saved, the first time only, and reports whether it was saved.
func (in *input) tell(what string, err error) bool {
	if err != nil && !in.broken {
		in.log.Error(what, "err", err)
	}
	in.broken = err != nil
	return err == nil
}
