package agent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/auditpy/auditpy/correlate"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

// Loaded is a configuration and its rules, read anew.
type Loaded struct {
	Config config.Config
	Rules  *rules.Set
	Hash   string      // of the rules
	Diags  []rule.Diag // what is wrong with them
}

// reloadCounts count reloads.
type reloadCounts struct {
	done  uint64
	pause time.Duration // of the loop, at the last one
}

// change is a set of rules on its way to the loop.
type change struct {
	*Loaded
	done chan struct{} // closed when the loop has it
}

// reloading takes requests to reload until ctx ends. A new set that is broken changes nothing, and that is an alert.
func (s *supervisor) reloading(ctx context.Context) {
	known := s.o.Diags
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.o.Reload:
		}
		s.systemd(s.o.Systemd.Reloading())
		if next, err := s.load(known); err != nil {
			s.refuse(err)
		} else {
			known = next.Diags
			s.give(ctx, next)
		}
		s.systemd(s.o.Systemd.Ready(s.status()))
	}
}

func (s *supervisor) systemd(err error) {
	if err != nil {
		s.log.Warn("systemd not told", "err", err)
	}
}

// load reads all anew. Its error says what is broken now and was not before: of a set with bad rules the others are used, as
// at the start, but a change that makes a rule bad is refused as a whole.
func (s *supervisor) load(known []rule.Diag) (*Loaded, error) {
	next, err := s.o.Load()
	if err != nil {
		return nil, err
	}
	if len(next.Rules.Rules()) == 0 {
		return nil, errors.New("no rule loads")
	}
	was := make(map[string]bool)
	for _, d := range known {
		was[d.Pos.File+"\x00"+d.Msg] = true
	}
	var errs []error
	for _, d := range next.Diags {
		if d.Fatal && !was[d.Pos.File+"\x00"+d.Msg] {
			errs = append(errs, errors.New(d.String()))
		}
	}
	return next, errors.Join(errs...)
}

// maxReason bounds what an alert says of a broken set, in bytes.
const maxReason = 2000

func (s *supervisor) refuse(err error) {
	why := strings.ToValidUTF8(err.Error(), "?")
	s.log.Error(reloadRefused.title, "err", why)
	if len(why) > maxReason {
		why = strings.ToValidUTF8(why[:maxReason], "") + "..."
	}
	s.refusals.Add(1)
	if s.cfg.Health.Alerts {
		s.post(reloadRefused.notice(s.now().wall, map[string]any{"reason": why}))
	}
}

// give hands a set to the loop, and waits until it has taken it.
func (s *supervisor) give(ctx context.Context, next *Loaded) {
	c := &change{next, make(chan struct{})}
	s.pending.Store(c)
	s.wake.Store(true)
	select {
	case <-c.done:
	case <-ctx.Done():
	}
}

// change takes a new set of rules, if there is one. What was remembered for rules that did not change stays.
func (s *supervisor) change() {
	c := s.pending.Swap(nil)
	if c == nil {
		return
	}
	defer close(c.done)
	begun := s.now()
	l := s.loop
	l.Correlator.Rebind(correlatorOptions(&c.Config), memoryRules(c.Rules))
	l.Rules = c.Rules
	fixed := fixedKeys(&s.cfg, &c.Config)
	s.cfg.Rules, s.cfg.Alerts, s.cfg.Log = c.Config.Rules, c.Config.Alerts, c.Config.Log
	s.o.RulesHash = c.Hash
	if s.o.SetLevel != nil {
		s.o.SetLevel(c.Config.Log.Level)
	}
	now := s.now()
	s.reloads.done++
	s.reloads.pause = now.mono - begun.mono
	about := map[string]any{"rules": len(c.Rules.Rules()), "rules_hash": c.Hash, "pause": s.reloads.pause.String()}
	if len(fixed) > 0 {
		about["takes_a_restart"] = fixed
	}
	s.tell(rulesReloaded, now, about)
}

func memoryRules(set *rules.Set) correlate.Rules {
	return correlate.Rules{All: set.Rules(), Correlations: set.Correlations(), Sequences: set.Sequences(), Frequencies: set.Frequencies()}
}

// fixedKeys returns the parts of the configuration that differ and that only a restart changes.
func fixedKeys(was, now *config.Config) (keys []string) {
	v, w := reflect.ValueOf(*was), reflect.ValueOf(*now)
	for i := range v.NumField() {
		switch f := v.Type().Field(i); f.Name {
		case "Rules", "Alerts", "Log":
		default:
			if !reflect.DeepEqual(v.Field(i).Interface(), w.Field(i).Interface()) {
				keys = append(keys, f.Tag.Get("mapstructure"))
			}
		}
	}
	return keys
}

// status is one line for people.
func (s *supervisor) status() string {
	g := s.latest.Load()
	if g == nil {
		return "starting"
	}
	return fmt.Sprintf("%d rules, %d records, %d alerts", g.rules, g.loop.Records, g.raised)
}
