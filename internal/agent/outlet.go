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

	dropped uint64 // alerts that the bound of the queue cost, as told; owned by append
}

// append puts a frame into the queue. While that fails, as on a full disk, it waits: the audit log keeps what is
// not read yet. The error is that of a queue that cannot take the frame, or the last one when ctx ended.
func (o *outlet) append(ctx context.Context, frame []byte) error {
	for told := false; ; told = true {
		err := o.queue.Append(frame)
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
		if !sleep(ctx, maxWait/10) {
			return err
		}
	}
}

// tellDrops logs alerts that were lost while they waited: none is lost in silence.
func (o *outlet) tellDrops() {
	s := o.queue.Stats()
	if lost := s.Dropped + s.Lost; lost > o.dropped {
		o.log.Error("alerts dropped: the spool is full or damaged", "sink", o.sink.Name(), "dropped", lost)
		o.dropped = lost
	}
}

// run sends what the queue holds, in order, until ctx ends. A frame leaves the queue when it is sent.
func (o *outlet) run(ctx context.Context) {
	for {
		frame, err := o.queue.Peek(ctx)
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
		if !o.deliver(ctx, frame) {
			return
		}
		if err := o.queue.Ack(); err != nil {
			o.log.Error("alert sent but not taken off the spool", "sink", o.sink.Name(), "err", err)
		}
	}
}

// deliver sends one frame, again and again until it is sent; false if ctx ended first.
func (o *outlet) deliver(ctx context.Context, frame []byte) bool {
	env, err := alert.ParseEnvelope(frame)
	if err != nil { // nothing that we wrote: skipping it is all that can be done
		o.log.Error("spooled alert not readable", "sink", o.sink.Name(), "err", err)
		return true
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, maxWait) {
		err := o.sink.Send(ctx, &env)
		o.report(err)
		if err == nil {
			return true
		}
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// maxWait is the longest time between two tries to reach a sink.
const maxWait = 10 * time.Second

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
