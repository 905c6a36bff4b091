// Package rules loads rule files of all dialects and evaluates them on one event.
//
// It is the only package that knows which dialects there are; they know nothing of each other. A Set
// does not change after Load and may be used by many goroutines.
package rules

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/auditpy/auditpy/internal/event"
	"github.com/auditpy/auditpy/rules/eql"
	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/sigma"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// Set is all loaded rules.
type Set struct {
	sigma *sigma.Engine
	eql   *eql.Engine
	wazuh *wazuh.Engine
	// shipped are the Wazuh rules that come with the program: see rule.File.
	shipped *wazuh.Engine
}

// Options are what rules ask of the configuration. The zero value works.
type Options struct {
	Placeholders map[string][]string // what %name% of a Sigma rule with the modifier expand stands for
	Sources      []Override          // Sigma rules of other log sources that are to be evaluated here
	Zone         *time.Location      // of the times of day and days of the week in Wazuh rules; nil: UTC
}

// Override says that Sigma rules of one log source are to be evaluated as if they were of another.
type Override = sigma.Override

// Source is a log source of Sigma.
type Source = sigma.Source

// Load compiles files, each in the dialect its extension names. A bad rule or file is left out, with
// a fatal Diag, and never hinders the others. The diags are sorted by position.
func Load(files []rule.File) (*Set, []rule.Diag) { return LoadOptions(files, Options{}) }

// LoadOptions is Load for rules that ask something of the configuration.
func LoadOptions(files []rule.File, o Options) (*Set, []rule.Diag) {
	var sigmas, elastics, wazuhs, shipped []rule.File
	var diags []rule.Diag
	for _, f := range files {
		switch ext := strings.ToLower(path.Ext(f.Name)); {
		case f.Shipped && ext == ".xml":
			shipped = append(shipped, f)
		case f.List != "" || ext == ".xml":
			wazuhs = append(wazuhs, f)
		case ext == ".yml" || ext == ".yaml":
			sigmas = append(sigmas, f)
		case ext == ".toml":
			elastics = append(elastics, f)
		default:
			diags = append(diags, rule.Diag{Pos: rule.Pos{File: f.Name}, Fatal: true, Msg: refusal})
		}
	}
	set := &Set{}
	var ofSigma, ofEQL, ofWazuh, ofShipped []rule.Diag
	set.sigma, ofSigma = sigma.Compile(sigmas, sigma.Options{Placeholders: o.Placeholders, Sources: o.Sources})
	set.eql, ofEQL = eql.Compile(elastics)
	set.wazuh, ofWazuh = wazuh.Compile(wazuhs, wazuh.Options{Zone: o.Zone})
	set.shipped, ofShipped = wazuh.Compile(shipped, wazuh.Options{Zone: o.Zone})
	diags = slices.Concat(diags, ofSigma, ofEQL, ofWazuh, ofShipped)
	slices.SortStableFunc(diags, func(a, b rule.Diag) int { return a.Pos.Compare(b.Pos) })
	return set, diags
}

// refusal says why a file is of no dialect.
const refusal = "not a rule file: Sigma rules end in .yml or .yaml, Elastic's in .toml, Wazuh's in .xml"

// Eval appends a Match for each rule that holds for ev, or that ev is a part of. It allocates nothing if none does.
func (s *Set) Eval(dst []rule.Match, ev *event.Event) []rule.Match {
	return s.shipped.Eval(s.wazuh.Eval(s.eql.Eval(s.sigma.Eval(dst, ev), ev), ev), ev)
}

// Undecided appends the tests whose regular expressions were undecided since Load. It may be called while Eval runs.
func (s *Set) Undecided(dst []rule.Undecided) []rule.Undecided {
	return s.shipped.Undecided(s.wazuh.Undecided(s.eql.Undecided(s.sigma.Undecided(dst))))
}

// Rules returns all rules, in the order of their files within a dialect.
func (s *Set) Rules() []*rule.Meta {
	return slices.Concat(s.sigma.Rules(), s.eql.Rules(), s.wazuh.Rules(), s.shipped.Rules())
}

// Correlations returns all correlations, in the order of their files within a dialect.
func (s *Set) Correlations() []*rule.Correlation { return s.sigma.Correlations() }

// Sequences returns all sequences and samples, in the order of their files.
func (s *Set) Sequences() []*rule.Sequence { return s.eql.Sequences() }

// Frequencies returns all rules that fire at the n-th match within a time.
func (s *Set) Frequencies() []*rule.Frequency {
	return slices.Concat(s.wazuh.Frequencies(), s.shipped.Frequencies())
}

// Explain says, test by test, why the rule with an id does or does not hold for ev; false if there is no such rule.
func (s *Set) Explain(id string, ev *event.Event) (rule.Explanation, bool) {
	if x, ok := s.sigma.Explain(id, ev); ok {
		return x, true
	}
	if x, ok := s.eql.Explain(id, ev); ok {
		return x, true
	}
	if x, ok := s.wazuh.Explain(id, ev); ok {
		return x, true
	}
	return s.shipped.Explain(id, ev)
}
