package main

import (
	"context"
	"os"

	sigmago "github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"
	kont "github.com/markuskont/go-sigma-rule-engine"
)

// engine is a peer with its rules.
type engine interface {
	rules() int  // that were loaded
	failed() int // of these, that said an error when they were asked
	eval(fields) (matches int)
}

// peers are the engines, in each of the ways that they can be called.
var peers = []struct {
	name string
	load func(files []string) engine
}{
	{"sigma-go, ForRules", loadBundle},
	{"sigma-go, ForRule of each", loadSingle},
	{"go-sigma-rule-engine, as it comes", func(files []string) engine { return loadKont(files, false) }},
	{"go-sigma-rule-engine, NoCollapseWS", func(files []string) engine { return loadKont(files, true) }},
}

func parseRules(files []string) (rules []sigmago.Rule) {
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // it counts as not loaded
		}
		if r, err := sigmago.ParseRule(data); err == nil {
			rules = append(rules, r)
		}
	}
	return rules
}

// single asks each rule by itself, as the README of sigma-go does.
type single struct {
	evaluators []*evaluator.RuleEvaluator
	bad        map[*evaluator.RuleEvaluator]bool
}

func loadSingle(files []string) engine {
	s := &single{bad: make(map[*evaluator.RuleEvaluator]bool)}
	for _, r := range parseRules(files) {
		s.evaluators = append(s.evaluators, evaluator.ForRule(r))
	}
	return s
}

func (s *single) rules() int  { return len(s.evaluators) }
func (s *single) failed() int { return len(s.bad) }

func (s *single) eval(ev fields) (n int) {
	for _, e := range s.evaluators {
		r, err := e.Matches(context.Background(), map[string]any(ev))
		if err != nil {
			s.bad[e] = true
		}
		if r.Match {
			n++
		}
	}
	return n
}

// bundle asks all rules together, after one search per field for all that they contain.
type bundle struct {
	evaluator.RuleEvaluatorBundle
	loaded, fewest int
}

func loadBundle(files []string) engine {
	rules := parseRules(files)
	return &bundle{evaluator.ForRules(rules), len(rules), len(rules)}
}

func (b *bundle) rules() int  { return b.loaded }
func (b *bundle) failed() int { return b.loaded - b.fewest }

func (b *bundle) eval(ev fields) (n int) {
	rs, _ := b.Matches(context.Background(), map[string]any(ev)) // it says no error, and leaves the rule out
	b.fewest = min(b.fewest, len(rs))
	for _, r := range rs {
		if r.Match {
			n++
		}
	}
	return n
}

// ruleset is go-sigma-rule-engine's. Its rules say no errors.
type ruleset struct{ kont.Ruleset }

// loadKont loads what NewRuleset would of these files.
func loadKont(files []string, noCollapseWS bool) engine {
	raw, _ := kont.NewRuleList(files, true, noCollapseWS) // its error tells of files that count as not loaded
	var r ruleset
	for _, h := range raw {
		if h.Multipart {
			continue
		}
		if tree, err := kont.NewTree(h); err == nil {
			r.Rules = append(r.Rules, tree)
		}
	}
	return &r
}

func (r *ruleset) rules() int  { return len(r.Rules) }
func (r *ruleset) failed() int { return 0 }

func (r *ruleset) eval(ev fields) int {
	rs, _ := r.EvalAll(ev)
	return len(rs)
}

// Keywords makes fields an Event of go-sigma-rule-engine. No rule of process_creation has keywords.
func (f fields) Keywords() ([]string, bool) { return nil, false }

// Select returns a field.
func (f fields) Select(name string) (any, bool) {
	v, ok := f[name]
	return v, ok
}
