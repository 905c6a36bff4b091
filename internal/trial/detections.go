package trial

import (
	"path"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/eql"
	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/sigma"
)

// Detections compiles the rules in files, Sigma's and Elastic's, for events that Read has put in order. Sigma's log sources
// are not looked at: the events are taken to be what each rule asks for.
func Detections(files []rule.File, events []Event, o Options) (Set, []rule.Diag) {
	var sigmas, elastics []rule.File
	var diags []rule.Diag
	for _, f := range files {
		switch strings.ToLower(path.Ext(f.Name)) {
		case ".yml", ".yaml":
			sigmas = append(sigmas, f)
		case ".toml":
			elastics = append(elastics, f)
		default:
			diags = append(diags, rule.Diag{Pos: rule.Pos{File: f.Name}, Fatal: true, Msg: "not a rule for events in JSON: Sigma rules end in .yml or .yaml, Elastic's in .toml"})
		}
	}
	s, ofSigma := sigma.Compile(sigmas, sigma.Options{Placeholders: o.Placeholders, Documents: true})
	e, ofEQL := eql.CompileSchema(elastics, newSchema(events, o.withDefaults()))
	return Set{s, e}, slices.Concat(diags, ofSigma, ofEQL)
}

// Set is the rules of both dialects.
type Set struct {
	sigma *sigma.Engine
	eql   *eql.Engine
}

// EvalFields asks all rules.
func (b Set) EvalFields(dst []rule.Match, f rule.Fields) []rule.Match {
	return b.eql.EvalFields(b.sigma.EvalFields(dst, f), f)
}

// Len returns how many rules, correlations and sequences there are.
func (b Set) Len() int {
	return len(b.sigma.Rules()) + len(b.sigma.Correlations()) + len(b.eql.Rules()) + len(b.eql.Sequences())
}
