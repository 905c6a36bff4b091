package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/internal/ruletest"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

type testFlags struct {
	rules   []string
	config  string
	verbose bool

	options rules.Options
	out     *bufio.Writer
	tests   int
	logs    int
	failed  int
}

func rulesTestCommand() *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use:   "test [flags] PATH...",
		Short: "Hold rules to their tests: audit records in, alerts expected",
		Long: `Test reads tests (.txtar) at PATH, files or folders. A test is text with files in it, each behind a line "-- NAME --":

  fires.log       audit records: each execution in them must raise an alert
  fires-NAME.log  a story in which exactly one alert must be raised
  quiet-NAME.log  records that must raise none; quiet.log too
  NAME.alerts     the alerts that NAME.log must raise, one a line: serial, level, ids of rules (the leading one first, commas between)
  NAME.yml        the rule; or .toml or .xml. Without any it is the rule file beside the test that is called as it is

Exit status: 0 all hold, 1 one does not, and why is told, 2 a test could not be read.`,
		Example: "  auditpy rules test rules/builtin/sigma\n  auditpy rules test --rules my-rules/ my-tests/",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	addRulesConfigFlag(c, &f.config)
	c.Flags().StringArrayVar(&f.rules, "rules", nil, "rule `file or folder` for all tests, besides those of each; may be given again")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "name tests that hold too")
	return c
}

func (f *testFlags) run(c *cobra.Command, args []string) (err error) {
	if f.options, err = ruleOptions(f.config); err != nil {
		return err
	}
	names, err := archives(args)
	f.out = bufio.NewWriter(c.OutOrStdout())
	for _, name := range names {
		err = errors.Join(err, f.file(name))
	}
	if err := f.out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "auditpy: %d tests, %d logs, %d failed\n", f.tests, f.logs, f.failed)
	if err == nil && f.failed > 0 {
		return errFound
	}
	return err
}

// archives are the tests at paths. A path without any is an error: silence would look as if all held.
func archives(paths []string) (out []string, err error) {
	for _, p := range paths {
		found := 0
		werr := filepath.WalkDir(p, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.IsDir() && (name == p || filepath.Ext(name) == ".txtar") {
				out, found = append(out, name), found+1
			}
			return nil
		})
		if werr == nil && found == 0 {
			werr = fmt.Errorf("no test (.txtar) in %s", p)
		}
		err = errors.Join(err, werr)
	}
	return out, err
}

// maxTest bounds a test, in bytes.
const maxTest = 64 << 20

func (f *testFlags) file(name string) error {
	data, err := rulefile.ReadFile(name, maxTest)
	if err != nil {
		return fmt.Errorf("read test: %w", err)
	}
	test, err := ruletest.Parse(name, data)
	if err != nil {
		return err
	}
	set, diags, err := f.load(test)
	if err != nil {
		return err
	}
	f.tests++
	f.logs += len(test.Logs)
	failures := test.Run(set)
	for _, d := range diags {
		fmt.Fprintln(f.out, told(d))
	}
	bad := slices.ContainsFunc(diags, func(d rule.Diag) bool { return d.Fatal })
	for _, x := range failures {
		f.tell(set, x)
	}
	switch {
	case bad || len(failures) > 0:
		f.failed++
		fmt.Fprintf(f.out, "FAIL  %s: %d of %d logs\n", printable(name), len(failures), len(test.Logs))
	case f.verbose:
		fmt.Fprintf(f.out, "ok    %s: %d logs%s\n", printable(name), len(test.Logs), onesided(test))
	}
	return nil
}

// load loads the rules that a test is of.
func (f *testFlags) load(test *ruletest.Test) (*rules.Set, []rule.Diag, error) {
	paths := slices.Clone(f.rules)
	if len(test.Rules) == 0 {
		paths = append(paths, beside(test.Name)...)
	}
	if len(paths) == 0 && len(test.Rules) == 0 {
		return nil, nil, &hintError{fmt.Errorf("test %s has no rule", test.Name), "a rule beside it that is called as it is, one in it (-- NAME.yml --), or --rules"}
	}
	files, err := rulefile.Read(paths)
	if err != nil {
		return nil, nil, err
	}
	set, diags := rules.LoadOptions(append(files, test.Rules...), f.options)
	return set, diags, nil
}

func beside(name string) (out []string) {
	base := strings.TrimSuffix(name, filepath.Ext(name))
	for _, ext := range []string{".yml", ".yaml", ".toml", ".xml"} {
		if _, err := os.Stat(base + ext); err == nil {
			out = append(out, base+ext)
		}
	}
	return out
}

// onesided remarks on a test that shows half of what a rule does.
func onesided(test *ruletest.Test) string {
	quiet, loud := false, false
	for _, l := range test.Logs {
		no := l.Kind == ruletest.Quiet || l.Kind == ruletest.Exact && len(l.Want) == 0
		quiet, loud = quiet || no, loud || !no
	}
	switch {
	case !quiet:
		return " (none in which the rule must be quiet)"
	case !loud:
		return " (none in which the rule must fire)"
	}
	return ""
}

// tell tells of a failure: what was expected, what came, and why.
func (f *testFlags) tell(set *rules.Set, x ruletest.Failure) {
	fmt.Fprintln(f.out, printable(x.String()))
	f.list("want", x.Want)
	f.list("got", x.Got)
	if x.Event == nil || x.Rule == "" {
		return
	}
	why, ok := set.Explain(x.Rule, x.Event)
	if !ok {
		return
	}
	fmt.Fprintf(f.out, "  why   rule %s, event %d:\n", printable(x.Rule), x.Event.ID.Serial)
	if len(why.Rows) == 0 {
		fmt.Fprintf(f.out, "        the rule's log source does not see this event\n")
	}
	_ = writeExplanation(indented{f.out}, x.Event, why) // the writer keeps its error
}

func (f *testFlags) list(what string, lines []string) {
	const most = 20
	if len(lines) == 0 && what == "got" {
		lines = []string{"nothing"}
	}
	for i, l := range lines {
		if i == most {
			fmt.Fprintf(f.out, "        and %d more\n", len(lines)-most)
			return
		}
		fmt.Fprintf(f.out, "  %-5s %s\n", what, clip(printable(l), mostTold))
		what = ""
	}
}

// indented writes lines further in. What it is given ends with a line.
type indented struct{ w io.Writer }

func (i indented) Write(b []byte) (int, error) {
	if _, err := i.w.Write([]byte("        ")); err != nil {
		return 0, err
	}
	return i.w.Write(b)
}
