package doctor

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/auditpy/auditpy/internal/coverage"
)

// Package is where the packages put the program, which the shipped audit rules spare.
const Package = "/usr/bin/auditpy"

// FixFile is where the fix goes: the name is the last in the order of augenrules.
const FixFile = "/etc/audit/rules.d/zz-auditpy-doctor.rules"

// detections judges the detections by the kernel's audit rules.
func (x *examination) detections() {
	rules, ok := x.rules()
	if !ok {
		x.unknown("detections", fmt.Sprintf("which of %d detections are blind is not known without the audit rules", len(x.o.Detections)), "")
		return
	}
	o := x.coverage()
	verdicts := coverage.Judge(x.o.Detections, rules, o)
	counts := make(map[coverage.Status]int)
	for i := range verdicts {
		v := &verdicts[i]
		if counts[v.Status]++; v.Status != coverage.Sighted {
			x.Detections = append(x.Detections, blind(v))
		}
	}
	x.told(counts, len(verdicts))
	if fix := coverage.Mend(verdicts, rules, o); !fix.Empty() || len(fix.Left) > 0 {
		x.Fix = fix.Text(Package)
	}
}

func (x *examination) told(counts map[coverage.Status]int, all int) {
	if n := counts[coverage.Unrelated]; n > 0 {
		x.warn("rules", fmt.Sprintf("%d of %d detections can never hold: no audit record tells what they ask for", n, all), "auditpy rules lint names them; they cost nothing")
	}
	blind, narrowed := counts[coverage.Blind], counts[coverage.Narrowed]
	if blind+narrowed == 0 {
		x.ok("detections", fmt.Sprintf("%d detections can hold with the audit rules that are loaded", all-counts[coverage.Unrelated]))
		return
	}
	x.fault("detections", fmt.Sprintf("%d of %d detections are blind and %d see only part, since audit rules are missing", blind, all, narrowed),
		"auditpy doctor --fix > "+FixFile+" && augenrules --load")
}

// rules returns the audit rules in the kernel's order.
func (x *examination) rules() (coverage.List, bool) {
	if x.o.Listed != nil {
		l, err := coverage.List(nil).Load(*x.o.Listed)
		if err != nil {
			x.warn("audit rules", "lines that are not understood are left out: "+oneLine(err), "compare with auditctl -l")
		}
		return l, true
	}
	wires, err := x.o.Rules()
	if err != nil {
		x.cannotLook("audit rules", err)
		return nil, false
	}
	var l coverage.List
	var errs []error
	for _, w := range wires {
		r, err := coverage.Decode(w)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		l = append(l, r)
	}
	switch {
	case len(errs) > 0:
		x.unknown("audit rules", oneLine(errors.Join(errs...)), "")
		return nil, false
	case len(l) == 0:
		x.fault("audit rules", "no audit rule is loaded: no system call is recorded", "augenrules --load; the package installs /etc/audit/rules.d/40-auditpy.rules")
	default:
		x.ok("audit rules", fmt.Sprintf("%d are loaded", len(l)))
	}
	return l, true
}

// coverage says what is known of the host. Auditpy itself may be left out, wherever it is.
func (x *examination) coverage() coverage.Options {
	o := coverage.Options{Own: []string{Package}, Native: !compat()}
	if exe, err := os.Executable(); err == nil && !slices.Contains(o.Own, exe) {
		o.Own = append(o.Own, exe)
	}
	return o
}
