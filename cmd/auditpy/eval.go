package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/internal/trial"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

type evalFlags struct {
	eql    string
	rules  []string
	events string
	wazuh  bool
	config string
	trial.Options
	loading rules.Options
}

func rulesEvalCommand() *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:   "eval (--eql QUERY --events FILE | --rules PATH --events FILE | --rules PATH --wazuh-lines [FILE])",
		Short: "Evaluate rules on events in JSON, of any origin",
		Long: `Eval reads events, JSON objects one a line or in a list, with nested names or names with dots, puts them in the order of their
times, and prints {"rule":…,"events":[ids]} for each result: for a sequence the ids of its events, in their order. Exit status: 0 done,
whatever was found, 2 something failed. A Sigma rule is evaluated on each event, whatever its log source: the events are taken to be of it.

With --wazuh-lines it reads events as Wazuh's collector joins them, one a line, from FILE (or --events FILE) or from standard input, and prints for each the id
and the level of the Wazuh rule that it comes down to, 0 0 if there is none.`,
		Example: `  auditpy rules eval --eql 'process where process.name == "nc"' --events events.jsonl
  auditpy rules eval --eql "$(cat query.eql)" --events data.json --category-field event_type --timestamp-field timestamp --timestamp-unit filetime`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	addRulesConfigFlag(c, &f.config)
	c.Flags().BoolVar(&f.wazuh, "wazuh-lines", false, "the events are audit records of an event joined to a line, for Wazuh rules")
	c.Flags().StringVar(&f.eql, "eql", "", "one EQL `query`; the pipes head and tail work here")
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "rule `file or folder`: Sigma rules in .yml, Elastic's in .toml, or with --wazuh-lines Wazuh's in .xml; may be given again")
	c.Flags().StringVar(&f.events, "events", "", "`file` with the events; - is standard input")
	c.Flags().StringVar(&f.Category, "category-field", "event.category", "`field` that EQL compares with what stands before where")
	c.Flags().StringVar(&f.Timestamp, "timestamp-field", "@timestamp", "`field` with the time of an event")
	c.Flags().StringVar(&f.Unit, "timestamp-unit", "rfc3339", "how it is written: "+strings.Join(trial.Units, ", ")+"; a plain number is milliseconds where rfc3339 is said")
	c.Flags().StringVar(&f.Tiebreaker, "tiebreaker-field", "", "`field` that orders events of the same time (default: as they are read)")
	c.Flags().StringVar(&f.ID, "id-field", "", "`field` that names an event in the results (default, and where an event has none: its number in the input, from 1)")
	return c
}

func (f *evalFlags) check(args []string) error {
	switch {
	case len(args) > 0 && !f.wazuh:
		return &hintError{fmt.Errorf("unexpected %q", args[0]), "--events names the file with the events"}
	case len(args) > 0 && f.events != "":
		return errors.New("--events and a FILE: one of them")
	case f.eql == "" && len(f.rules) == 0:
		return &hintError{errors.New("nothing to evaluate"), "--eql takes a query, --rules a file or folder"}
	case f.eql != "" && len(f.rules) > 0:
		return errors.New("--eql and --rules: one of them")
	case f.wazuh && f.eql != "":
		return errors.New("--eql and --wazuh-lines: one of them")
	case f.events == "" && !f.wazuh:
		return &hintError{errors.New("no events"), "--events names a file of JSON lines, or - for standard input"}
	case !slices.Contains(trial.Units, f.Unit):
		return fmt.Errorf("--timestamp-unit %q: want one of %s", f.Unit, strings.Join(trial.Units, ", "))
	}
	return nil
}

func (f *evalFlags) run(c *cobra.Command, args []string) (err error) {
	if err := f.check(args); err != nil {
		return err
	}
	if len(args) > 0 {
		f.events = args[0]
	}
	if f.loading, err = ruleOptions(f.config); err != nil {
		return err
	}
	f.Placeholders = f.loading.Placeholders
	if f.wazuh {
		in, done, err := f.openEvents(c.InOrStdin())
		if err != nil {
			return err
		}
		return errors.Join(f.wazuhLines(in, c.OutOrStdout(), c.ErrOrStderr()), done())
	}
	events, err := f.read(c.InOrStdin())
	if err != nil {
		return fmt.Errorf("read events %s: %w", f.events, err)
	}
	results, err := f.evaluate(c.ErrOrStderr(), events)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(c.OutOrStdout())
	enc := json.NewEncoder(out)
	for _, r := range results {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (f *evalFlags) read(stdin io.Reader) ([]trial.Event, error) {
	if f.events == "-" {
		return trial.Read(stdin, f.Options)
	}
	file, err := os.Open(f.events)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer file.Close()
	return trial.Read(file, f.Options)
}

func (f *evalFlags) evaluate(w io.Writer, events []trial.Event) ([]trial.Result, error) {
	if f.eql == "" {
		return f.evaluateFiles(w, events)
	}
	results, warnings, err := trial.EQL(f.eql, events, f.Options)
	if err != nil {
		return nil, fmt.Errorf("--eql: %w", err)
	}
	for _, warning := range warnings {
		pos := rule.Pos{File: "query", Line: warning.Line, Col: warning.Col}
		fmt.Fprintln(w, told(rule.Diag{Pos: pos, Msg: warning.Msg}))
	}
	return results, nil
}

// evaluateFiles tells what is wrong with rules, and evaluates the others.
func (f *evalFlags) evaluateFiles(w io.Writer, events []trial.Event) ([]trial.Result, error) {
	files, err := rulefile.Read(f.rules)
	if err != nil {
		return nil, err
	}
	engine, diags := trial.Detections(files, events, f.Options)
	refused := 0
	for _, d := range diags {
		fmt.Fprintln(w, told(d))
		if d.Fatal {
			refused++
		}
	}
	if refused > 0 && engine.Len() == 0 {
		return nil, errors.New("no rule loads: nothing to evaluate")
	}
	return trial.Run(engine, events), nil
}
