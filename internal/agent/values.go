package agent

import (
	"fmt"

	"github.com/auditpy/auditpy/internal/metrics"
)

// The metrics. Their names are documented in docs/operating.md, which a test holds to this list.
var (
	mBuild      = gauge("auditpy_build_info", "Always 1; the version is its label.", "version")
	mRules      = gauge("auditpy_rules", "Rules loaded.")
	mReloads    = counter("auditpy_reloads_total", "Reloads of rules and configuration, by their result.", "result")
	mPause      = gauge("auditpy_reload_pause_seconds", "How long reading waited for the last reload.")
	mRecords    = counter("auditpy_records_total", "Audit records read.")
	mBytes      = counter("auditpy_record_bytes_total", "Bytes of their fields.")
	mEvents     = counter("auditpy_events_total", "Events that the records made.")
	mExecs      = counter("auditpy_executions_total", "Events that are executions.")
	mOpen       = gauge("auditpy_open_events", "Events whose records are still awaited.")
	mUnfinished = counter("auditpy_events_unfinished_total", "Events closed before their last record came, by what closed them.", "reason")
	mApart      = counter("auditpy_records_apart_total", "Records that went into no event, by the reason: end (the end of an event), late, doubled, dropped (over the bounds of an event).", "reason")
	mLost       = counter("auditpy_lost_total", "What was lost, by where: kernel (records; where it tells), gaps (times that a source lost records), unparsed (lines that are no record).", "where")
	mSuspect    = counter("auditpy_suspicions_total", "Signs of tampering or loss in the records: missing serials, serials that run backwards, clocks set back, events without their system call.", "sign")
	mMatches    = counter("auditpy_matches_total", "Matches of rules, by what became of them: alert, folded (into the alert of the same event), silent (for correlations only), repeated (alerted before), unmet (its rule did not match often enough yet).", "became")
	mAlerts     = counter("auditpy_alerts_total", "Alerts given to the sinks.")
	mOwn        = counter("auditpy_own_alerts_total", "Alerts of auditpy about itself.")
	mHeld       = counter("auditpy_throttled_total", "Matches held back because their rule matched too often in a minute.")
	mWindows    = gauge("auditpy_correlation_windows", "Windows of correlations and keys of sequences that are open.")
	mWinBytes   = gauge("auditpy_correlation_bytes", "What they take, about.")
	mEvicted    = counter("auditpy_correlation_evictions_total", "Windows, matches and keys given up for a bound.")
	mProcesses  = gauge("auditpy_processes", "Processes remembered.")
	mProcLost   = counter("auditpy_processes_evicted_total", "Processes forgotten for a bound.")
	mLag        = gauge("auditpy_tail_lag_bytes", "Bytes of the log that were not read yet.")
	mBlind      = gauge("auditpy_blind", "1 if the heartbeat is not recorded.")
	mBeat       = gauge("auditpy_heartbeat_timestamp_seconds", "When the heartbeat was last recorded; 0 if never.")
	mKernelOn   = gauge("auditpy_kernel_audit_enabled", "What the kernel says: 0 off, 1 on, 2 locked. Only where it tells.")
	mBacklog    = gauge("auditpy_kernel_backlog", "Records that wait in the kernel. Only where it tells.")
	mTurn       = gauge("auditpy_loop_timestamp_seconds", "When the loop last looked after itself.")
	mSent       = counter("auditpy_sink_sent_total", "Alerts that a sink took.", "sink")
	mDropped    = counter("auditpy_sink_dropped_total", "Alerts that the bounds of a sink's spool cost.", "sink")
	mDamaged    = counter("auditpy_sink_damaged_total", "Alerts lost to damage in a sink's spool.", "sink")
	mUnkept     = counter("auditpy_sink_unkept_total", "Lines sent over TCP or TLS that could not be kept on disk for the next process to send again.", "sink")
	mWaiting    = gauge("auditpy_sink_waiting", "Alerts that wait for a sink.", "sink")
	mSpool      = gauge("auditpy_sink_spool_bytes", "What they take on disk or in memory.", "sink")
	mUp         = gauge("auditpy_sink_up", "0 if the last try to reach a sink failed.", "sink")
)

// descs are all metrics, in the order of the list above.
var descs []*metrics.Desc

func counter(name, help string, labels ...string) *metrics.Desc {
	return desc(metrics.Desc{Name: name, Help: help, Kind: metrics.Counter, Labels: labels})
}

func gauge(name, help string, labels ...string) *metrics.Desc {
	return desc(metrics.Desc{Name: name, Help: help, Kind: metrics.Gauge, Labels: labels})
}

func desc(d metrics.Desc) *metrics.Desc {
	descs = append(descs, &d)
	return &d
}

// values collects the values of metrics.
type values []metrics.Value

func (v *values) add(d *metrics.Desc, n float64, labels ...string) {
	*v = append(*v, metrics.Value{Of: d, Labels: labels, Value: n})
}

func (v *values) count(d *metrics.Desc, n uint64, labels ...string) { v.add(d, float64(n), labels...) }

// values returns the ledger as metrics. It is for anyone.
func (s *supervisor) values() []metrics.Value {
	g := s.latest.Load()
	if g == nil {
		return nil
	}
	var v values
	v.add(mBuild, 1, s.o.Version)
	v.count(mReloads, g.reloads.done, "done")
	v.count(mReloads, s.refusals.Load(), "refused")
	v.add(mPause, g.reloads.pause.Seconds())
	g.input(&v)
	g.decisions(&v)
	g.sight(&v)
	for i := range g.sinks {
		g.sinks[i].values(&v)
	}
	return v
}

func (g *ledger) input(v *values) {
	a := &g.assembled
	v.add(mRules, float64(g.rules))
	v.count(mRecords, g.loop.Records)
	v.add(mBytes, float64(g.loop.Bytes))
	v.count(mEvents, a.Events)
	v.count(mExecs, g.loop.Execs)
	v.add(mOpen, float64(g.open))
	v.count(mUnfinished, a.Expired, "expired")
	v.count(mUnfinished, a.Evicted, "evicted")
	v.count(mApart, g.ends, "end")
	v.count(mApart, a.Late, "late")
	v.count(mApart, a.Doubled, "doubled")
	v.count(mApart, a.Dropped, "dropped")
	v.count(mLost, g.kernelLost, "kernel")
	v.count(mLost, g.loop.Gaps, "gaps")
	v.count(mLost, g.loop.Unparsed, "unparsed")
}

func (g *ledger) decisions(v *values) {
	c, t := &g.correlated, &g.tampering
	v.count(mMatches, c.Alerts-c.Correlated-c.Sequences, "alert")
	v.count(mMatches, c.Folded, "folded")
	v.count(mMatches, c.Silent, "silent")
	v.count(mMatches, c.Repeated, "repeated")
	v.count(mMatches, c.Unmet, "unmet")
	v.count(mAlerts, g.raised)
	v.count(mOwn, g.notices)
	v.count(mHeld, t.HeldBack)
	v.add(mWindows, float64(c.Groups+c.Keys))
	v.add(mWinBytes, float64(c.WindowBytes+c.SequenceBytes))
	v.count(mEvicted, c.OverGroups+c.OverPerGroup+c.OverBytes+c.OverKeys+c.OverSequenceBytes+c.OverWaiting+c.OverPending)
	v.add(mProcesses, float64(g.tree.Processes))
	v.count(mProcLost, g.tree.Evicted)
	v.count(mSuspect, t.Missing, "missing_serials")
	v.count(mSuspect, t.Backwards, "serials_backwards")
	v.count(mSuspect, t.SetBack, "clock_set_back")
	v.count(mSuspect, t.Partial, "partial_events")
}

func (g *ledger) sight(v *values) {
	v.add(mLag, float64(g.lag))
	v.add(mTurn, float64(g.at.UnixMilli())/1000)
	blind, beat := 0.0, 0.0
	if g.blind {
		blind = 1
	}
	if !g.beat.IsZero() {
		beat = float64(g.beat.UnixMilli()) / 1000
	}
	v.add(mBlind, blind)
	v.add(mBeat, beat)
	if g.kernel != nil {
		v.add(mKernelOn, float64(g.kernel.Enabled))
		v.add(mBacklog, float64(g.kernel.Backlog))
	}
}

func (k *sinkLedger) values(v *values) {
	v.count(mSent, k.Acked, k.name)
	v.count(mDropped, k.Dropped+k.refused, k.name)
	v.count(mDamaged, k.Lost, k.name)
	v.count(mUnkept, k.unkept, k.name)
	v.add(mWaiting, float64(k.Frames), k.name)
	v.add(mSpool, float64(k.Bytes), k.name)
	up := 0.0
	if k.up {
		up = 1
	}
	v.add(mUp, up, k.name)
}

// listenMetrics opens what serves them; nil if nothing is to.
func (s *supervisor) listenMetrics() (*metrics.Server, error) {
	if s.cfg.Health.Listen == "" {
		return nil, nil
	}
	m, err := metrics.Listen(metrics.Options{
		Address: s.cfg.Health.Listen, Descs: descs, Values: s.values, Healthy: s.healthy, Log: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("health.listen: %w", err)
	}
	s.log.Info("metrics", "address", m.Addr().String())
	return m, nil
}
