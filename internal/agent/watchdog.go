package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/auditpy/auditpy/internal/source"
)

// feed tells systemd that the agent is alive, as long as the loop goes on: twice in each period, and only if the loop asked for
// a record since the last time. A timer that feeds a watchdog says only that the timer works. It runs until ctx ends.
func (s *supervisor) feed(ctx context.Context) {
	if s.o.Systemd.Watchdog == 0 {
		return
	}
	t := time.NewTicker(s.o.Systemd.Watchdog / 2)
	defer t.Stop()
	for last := uint64(0); ; {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		now := s.turns.Load()
		if now == last {
			s.log.Error("the loop does not go on: systemd will restart the agent")
			continue
		}
		last = now
		s.systemd(s.o.Systemd.Alive())
	}
}

// maxSilence is how long the ledger may be without a new one while the agent is well: the loop publishes one each tick.
const maxSilence = 10 * time.Second

// healthy says why the agent is not well, or nil. It is for anyone. A sink that is down is no reason: its alerts wait.
func (s *supervisor) healthy() error {
	g := s.latest.Load()
	if g == nil {
		return errors.New("starting")
	}
	var errs []error
	if silence := s.now().wall.Sub(g.at); silence > maxSilence {
		errs = append(errs, fmt.Errorf("the loop has not gone on for %s", silence.Round(time.Second)))
	}
	if g.blind {
		errs = append(errs, errors.New("auditing is blind: the heartbeat is not recorded"))
	}
	if g.unreadable {
		errs = append(errs, errors.New("the audit log cannot be read"))
	}
	if g.kernel != nil && g.kernel.Enabled == 0 {
		errs = append(errs, errors.New("auditing is switched off in the kernel"))
	}
	return errors.Join(errs...)
}

// askEvery is how often the kernel is asked for its counters.
const askEvery = 10 * time.Second

// asking asks the kernel for what it lost, until ctx ends or it turns out that it does not tell: that takes CAP_AUDIT_CONTROL,
// which the service does not have.
func (s *supervisor) asking(ctx context.Context) {
	ask := s.o.kernelStatus
	if ask == nil {
		ask = source.Status
	}
	for {
		status, err := ask()
		if errors.Is(err, source.ErrNoPermission) || errors.Is(err, source.ErrNoAudit) {
			return
		}
		if err != nil {
			s.log.Debug("kernel not asked", "err", err)
		}
		s.asked.Store(&kernelAnswer{status, err})
		if !sleep(ctx, askEvery) {
			return
		}
	}
}
