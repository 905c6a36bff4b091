package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/fidelity"
	"github.com/auditpy/auditpy/internal/rulefile"
	"github.com/auditpy/auditpy/rules"
	"github.com/auditpy/auditpy/rules/rule"
)

type importFlags struct {
	to, format, config string
	all                bool
}

func rulesImportCommand() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import [flags] PATH...",
		Short: "Tell how much of Sigma's, Elastic's or Wazuh's rules works here, and copy what does",
		Long: `Import reads rules at PATH, files or folders of any of the three dialects, and tells which work, which lose something (a field that
audit records do not have, an option that is not supported), and which cannot work and why. With --to it copies each file of which a
rule works to a folder, under its name from PATH on; it never writes over another file. Exit status: 0 done, 2 something failed.`,
		Example: "  auditpy rules import sigma/rules/linux\n  auditpy rules import --to /etc/auditpy/rules.d sigma/rules/linux",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return f.run(c, args) },
	}
	addRulesConfigFlag(c, &f.config)
	c.Flags().StringVar(&f.to, "to", "", "copy the files of which a rule works to `folder`")
	c.Flags().StringVar(&f.format, "format", "text", "output `format`: text, or json with each rule")
	c.Flags().BoolVar(&f.all, "all", false, "list in text each rule that loses something or cannot work")
	return c
}

func (f *importFlags) run(c *cobra.Command, args []string) error {
	if f.format != "text" && f.format != "json" {
		return fmt.Errorf("--format %q: want text or json", f.format)
	}
	o, err := ruleOptions(f.config)
	if err != nil {
		return err
	}
	files, readErr := rulefile.Read(args)
	set, diags := rules.LoadOptions(files, o)
	r := fidelity.Of(files, listed(set), diags)
	if err := f.print(c.OutOrStdout(), r); err != nil {
		return errors.Join(readErr, err)
	}
	if f.to == "" {
		return readErr
	}
	n, err := f.copy(args, files, r)
	fmt.Fprintf(c.ErrOrStderr(), "auditpy: %d of %d files are in %s\n", n, len(files), printable(f.to))
	return errors.Join(readErr, err)
}

func (f *importFlags) print(w io.Writer, r *fidelity.Report) error {
	if f.format == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%d rules in %d files: %d work, %d lose something, %d cannot work\n", r.Total, r.Files, r.Works, r.Degraded, r.Cannot)
	title := map[fidelity.Status]string{fidelity.Cannot: "cannot work", fidelity.Degraded: "lose something"}
	last := fidelity.Works
	for _, reason := range r.Reasons {
		if reason.Status != last {
			last = reason.Status
			fmt.Fprintf(out, "%s:\n", title[last])
		}
		fmt.Fprintf(out, "%5d  %s\n       first: %s\n", reason.Count, clip(printable(reason.Reason), mostTold), printable(reason.At))
	}
	if f.all {
		printRules(out, r.Rules)
	}
	return out.Flush()
}

func printRules(out io.Writer, all []fidelity.Rule) {
	for _, one := range all {
		for _, reason := range one.Reasons {
			at := rule.Pos{File: one.File, Line: one.Line}
			fmt.Fprintf(out, "%s: %s: %s\n", printable(at.String()), one.Status, clip(printable(reason), mostTold))
		}
	}
}

// copy copies each file of which a rule works, and the lists that Wazuh rules name.
func (f *importFlags) copy(args []string, files []rule.File, r *fidelity.Report) (n int, err error) {
	wanted := make(map[string]bool)
	for _, one := range r.Rules {
		wanted[one.File] = wanted[one.File] || one.Status != fidelity.Cannot
	}
	for _, file := range files {
		if file.List == "" && !wanted[file.Name] {
			continue
		}
		if e := put(filepath.Join(f.to, target(args, file)), file.Data); e != nil {
			err = errors.Join(err, e)
			continue
		}
		n++
	}
	return n, err
}

// target is the name of a file below the folder: that from the path on which it was found. Of several paths each has a folder. A list
// from elsewhere goes where Wazuh rules are looked for one.
func target(args []string, file rule.File) string {
	for _, arg := range args {
		rel, err := filepath.Rel(arg, file.Name)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if rel == "." {
			rel = filepath.Base(file.Name)
		} else if len(args) > 1 {
			rel = filepath.Join(filepath.Base(filepath.Clean(arg)), rel)
		}
		return rel
	}
	return filepath.Join("lists", filepath.Base(file.Name))
}

// put writes a file that is not there yet. The same content is there already: nothing to do.
func put(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		old, rerr := os.ReadFile(name)
		if rerr == nil && bytes.Equal(old, data) {
			return nil
		}
		return &hintError{fmt.Errorf("copy to %s: another file is there", name), "choose an empty folder, or remove the file"}
	}
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	if err = errors.Join(err, w.Close()); err != nil { // half a rule is another rule
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
