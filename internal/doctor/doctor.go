// Package doctor examines a host on which auditpy runs, or should: what keeps alerts from being raised or from arriving, and
// what to do about it.
//
// What surprised us: nearly all that goes wrong is silent. A kernel without rules, a rule that another one silences, a log
// that only root may read, a receiver that nobody listens to: each looks like a quiet day. So what cannot be looked at is said
// to be unknown, with the reason, and never to be well.
//
// Nothing is changed and nothing is sent, but by Canary, which runs a harmless command. Which detections are blind is decided
// by package coverage; here is only what asks the host.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/coverage"
	"github.com/auditpy/auditpy/internal/source"
	"github.com/auditpy/auditpy/rules/rule"
)

// Status is what a check found.
type Status uint8

// The statuses.
const (
	OK      Status = iota
	Warning        // it works, and something should be seen to
	Unknown        // it could not be looked at
	Fault          // alerts are not raised, or do not arrive
)

var statusNames = [...]string{"ok", "warning", "cannot look", "fault"}

func (s Status) String() string { return statusNames[s] }

// MarshalText is String.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	What   string `json:"what"`         // one line: what was found
	Do     string `json:"do,omitempty"` // one line: what to do about it
}

// Detection is one that audit rules leave blind, or partly so.
type Detection struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Level   string   `json:"level"`
	Dialect string   `json:"dialect"`
	Status  string   `json:"status"` // of package coverage
	Needs   []string `json:"needs"`
	Why     []string `json:"why"`
}

// Report is the result.
type Report struct {
	Status     Status      `json:"status"` // the worst of the checks
	Checks     []Check     `json:"checks"`
	Detections []Detection `json:"detections"`
	Fix        string      `json:"fix,omitempty"` // a file of audit rules; empty if there is nothing to mend
}

// Options are what is looked at. The functions are those of the host unless they are set.
type Options struct {
	Config     *config.Config
	ConfigFile string // empty: there is none, and the defaults hold
	Detections []*rule.Meta
	Diags      []rule.Diag // of the rules

	Now     func() time.Time
	Kernel  func() (source.KernelStatus, error)
	Rules   func() ([][]byte, error)
	Running func(stateDir string) (pid int, err error)
	// Listed are audit rules as auditctl -l prints them, to be judged instead of those of the kernel; nil: none are.
	Listed *string
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Kernel == nil {
		o.Kernel = source.Status
	}
	if o.Rules == nil {
		o.Rules = source.AuditRules
	}
	if o.Running == nil {
		o.Running = agent.Running
	}
	return o
}

// examination is a report in the making.
type examination struct {
	Report
	o      Options
	ctx    context.Context // of one call of Examine
	kernel *source.KernelStatus
	agent  int // its pid; 0: none runs
}

// Examine looks at everything. With Options.Listed it looks at these rules and at the detections only.
func Examine(ctx context.Context, o Options) *Report {
	x := &examination{o: o.withDefaults(), ctx: ctx}
	x.Checks, x.Detections = []Check{}, []Detection{}
	if o.Listed == nil {
		x.configuration()
		x.auditing()
		x.running()
		x.log()
		x.state()
	}
	x.detections()
	if o.Listed == nil {
		x.sinks()
	}
	return &x.Report
}

func (x *examination) add(c Check) {
	x.Checks = append(x.Checks, c)
	x.Status = max(x.Status, c.Status)
}

func (x *examination) ok(name, what string)          { x.add(Check{name, OK, what, ""}) }
func (x *examination) warn(name, what, do string)    { x.add(Check{name, Warning, what, do}) }
func (x *examination) fault(name, what, do string)   { x.add(Check{name, Fault, what, do}) }
func (x *examination) unknown(name, what, do string) { x.add(Check{name, Unknown, what, do}) }

// cannotLook tells that something is unknown for want of rights.
func (x *examination) cannotLook(name string, err error) {
	do := ""
	if errors.Is(err, source.ErrNoPermission) || errors.Is(err, fs.ErrPermission) {
		do = "run auditpy doctor as root"
	}
	x.unknown(name, err.Error(), do)
}

// AppendJSON appends the report as one document, with a newline at its end.
func (r *Report) AppendJSON(dst []byte) ([]byte, error) {
	b, err := json.MarshalIndent(r, "", "  ")
	return append(append(dst, b...), '\n'), err
}

// blind returns the report's form of a verdict.
func blind(v *coverage.Verdict) Detection {
	m := v.Rule
	return Detection{m.ID, m.Title, m.Level.String(), m.Dialect, v.Status.String(), m.Needs, v.Why}
}
