package agent

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/sink"
	"github.com/auditpy/auditpy/internal/spool"
)

// outlet feeds one sink from a queue of its own, so that a sink that is down holds up no other.
type outlet struct {
	queue   *spool.Queue
	durable bool // what waits outlives the agent
	sink    sink.Sink
	log     *slog.Logger
	down    atomic.Bool // the last send failed
	drops   *drops
	notify  func(*alert.Notice) bool // tells all sinks; false if that failed
	proofs  *receipts                // of canaries; nil: none are kept
	waits   func()                   // if set, called while the spool cannot be written

	dropped   uint64        // alerts that the bounds of the queue cost, as logged; owned by append
	confessed confession    // owned by run
	notices   atomic.Uint64 // taken by the queue
	refused   atomic.Uint64 // alerts that were too large for it
	unkept    atomic.Uint64 // lines that the sink could not keep for the next process
}

const (
	// maxBatch and maxBatchBytes bound what is on its way to a sink and not acknowledged.
	maxBatch      = 64
	maxBatchBytes = 1 << 20
)

// append puts a frame into the queue. While that fails, as on a full disk, it waits: the audit log keeps what is
// not read yet. The error is that of a queue that cannot take the frame, or the last one when ctx ended.
func (o *outlet) append(ctx context.Context, priority int, frame []byte) error {
	for told := false; ; told = true {
		err := o.queue.Append(priority, frame)
		if err == nil && told {
			o.log.Info("spool is writable again", "sink", o.sink.Name())
		}
		o.tellDrops()
		if err == nil || errors.Is(err, spool.ErrTooLarge) || errors.Is(err, spool.ErrClosed) {
			return err
		}
		if !told {
			o.log.Error("spool not writable: reading waits", "sink", o.sink.Name(), "err", err)
		}
		if o.waits != nil {
			o.waits()
		}
		if !sleep(ctx, maxWait/10) {
			return err
		}
	}
}

// tellDrops logs that alerts were lost while they waited, at the first and then at each thousand. All are counted in the
// notice that follows.
func (o *outlet) tellDrops() {
	s := o.queue.Stats()
	if lost := s.Dropped + s.Lost; o.dropped == 0 && lost > 0 || lost >= o.dropped+1000 {
		o.log.Error("alerts dropped: the spool is full or damaged", "sink", o.sink.Name(), "dropped", lost)
		o.dropped = lost
	}
}

// run sends what the queue holds, in order, until ctx ends. A frame leaves the queue when it is sent.
func (o *outlet) run(ctx context.Context) {
	for {
		frames, err := o.next(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			o.log.Error("spool not readable", "sink", o.sink.Name(), "err", err)
			if !sleep(ctx, time.Second) {
				return
			}
			continue
		}
		if !o.deliver(ctx, o.parse(frames)) {
			return
		}
	}
}

// next returns the frames to send next, waiting for one. There are none if the sink has lost its peer, and should connect again.
func (o *outlet) next(ctx context.Context) ([][]byte, error) {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	if s, ok := o.sink.(interface{ Broken() <-chan struct{} }); ok {
		if broken := s.Broken(); broken != nil {
			go func() {
				select {
				case <-broken:
					cancel()
				case <-wait.Done():
				}
			}()
		}
	}
	frames, err := o.queue.PeekBatch(wait, maxBatch, maxBatchBytes)
	if err != nil && wait.Err() != nil {
		return nil, nil
	}
	return frames, err
}

// parse returns the alerts of the first frames. One that is nothing that we wrote is taken off the queue: skipping it is all that can
// be done.
func (o *outlet) parse(frames [][]byte) []alert.Envelope {
	var batch []alert.Envelope
	for _, frame := range frames {
		env, err := alert.ParseEnvelope(frame)
		if err == nil {
			batch = append(batch, env)
			continue
		}
		if len(batch) == 0 {
			o.log.Error("spooled alert not readable", "sink", o.sink.Name(), "err", err)
			o.ack(1)
		}
		break
	}
	return batch
}

func (o *outlet) ack(n int) {
	for range n {
		if err := o.queue.Ack(); err != nil {
			o.log.Error("alert sent but not taken off the spool", "sink", o.sink.Name(), "err", err)
		}
	}
}

// deliver sends a batch, again and again until all of it is sent; false if ctx ended first.
func (o *outlet) deliver(ctx context.Context, batch []alert.Envelope) bool {
	for wait := minWait; ; wait = min(2*wait, maxWait) {
		done, err := o.sink.Send(ctx, batch)
		o.ack(done)
		o.proofs.note(o.sink.Name(), batch[:done])
		batch = batch[done:]
		o.report(err)
		o.tellUnkept()
		o.confess(err == nil, false, time.Now())
		if err == nil {
			return true
		}
		if done > 0 {
			wait = minWait
		}
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// minWait and maxWait are the shortest and the longest time between two tries to reach a sink.
const (
	minWait = 100 * time.Millisecond
	maxWait = 4 * time.Second
)

// report logs when a sink goes down and when it comes back, not each try.
func (o *outlet) report(err error) {
	was := o.down.Swap(err != nil)
	switch {
	case err != nil && !was:
		o.log.Warn("sink is down: alerts wait", "sink", o.sink.Name(), "err", err)
	case err == nil && was:
		o.log.Info("sink is back", "sink", o.sink.Name(), "waiting", o.queue.Len())
	}
}

// tellUnkept logs, at the first, that a sink cannot keep what its peer may not have read.
func (o *outlet) tellUnkept() {
	s, ok := o.sink.(interface{ Unkept() (uint64, error) })
	if !ok {
		return
	}
	lines, err := s.Unkept()
	if was := o.unkept.Swap(lines); was == 0 && lines > 0 {
		o.log.Error("what the peer may not have read is in memory only: a kill of the agent loses it", "sink", o.sink.Name(), "err", err)
	}
}

// drain waits until all is sent, unless the sink is down or ctx ends.
func (o *outlet) drain(ctx context.Context) {
	for o.queue.Len() > 0 && !o.down.Load() && sleep(ctx, 5*time.Millisecond) {
	}
}

// sleep waits for d; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
