package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/source"
)

// defaultConfig is read if it is there; a file that is named must be there.
const defaultConfig = "/etc/auditpy/config.yaml"

func runCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "run [flags] [-]",
		Short: "Run the agent: follow the audit records of this host and send alerts",
		Long: `Run follows the log of auditd, or reads the kernel itself where no auditd runs, and sends an alert for each
event that rules match. With - it reads records from standard input, as an audisp plugin does.
It ends on SIGTERM or SIGINT, and at the end of standard input.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(file)
			if err != nil {
				return err
			}
			if len(args) == 1 {
				if args[0] != "-" {
					return &hintError{fmt.Errorf("run %q: only - can be given", args[0]), "auditpy scan " + args[0] + " reads a file to its end; source.file in the configuration names the log to follow"}
				}
				cfg.Source.Kind = "stdin"
			}
			return runAgent(c, &cfg)
		},
	}
	addConfigFlag(c, &file)
	return c
}

func loadConfig(file string) (config.Config, error) {
	if file == "" {
		if _, err := os.Stat(defaultConfig); errors.Is(err, os.ErrNotExist) {
			return config.Default(), nil
		}
		file = defaultConfig
	}
	return config.Load(file)
}

func runAgent(c *cobra.Command, cfg *config.Config) error {
	if cfg.Source.Kind == "stdin" {
		signal.Ignore(syscall.SIGHUP) // auditd sends it to its plugins when it is told to reload
	}
	signal.Ignore(syscall.SIGPIPE) // a reader of standard output that leaves is that sink's trouble only
	set, err := loadRules(c.ErrOrStderr(), ruleSource{existing(cfg), cfg.Rules.Builtin, optionsOf(cfg)})
	if err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "auditpy: warning: %s\n", printable(err.Error()))
	}
	if len(set.Rules()) == 0 {
		return errors.New("no rule loads: nothing to look for")
	}
	log := newLog(c.ErrOrStderr(), cfg.Log.Level)
	log.Info("auditpy starts", "version", version(), "rules", len(set.Rules()))
	err = agent.Run(c.Context(), cfg, agent.Options{Rules: set, Stdin: c.InOrStdin(), Stdout: c.OutOrStdout(), Log: log, Version: version()})
	return withHint(err)
}

// existing leaves out the folder for the user's own rules where nobody made it.
func existing(cfg *config.Config) []string {
	var paths []string
	for _, p := range cfg.Rules.Paths {
		if _, err := os.Stat(p); p == config.DefaultRules && errors.Is(err, os.ErrNotExist) {
			continue
		}
		paths = append(paths, p)
	}
	return paths
}

func newLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		panic("auditpy: config let a log level through: " + level)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

// withHint tells what to do instead where this host gives the agent nothing to read.
func withHint(err error) error {
	const instead = "auditpy scan FILE reads a log you have; auditpy scan --sample shows a real attack"
	switch {
	case errors.Is(err, source.ErrNoPermission):
		return &hintError{err, "run it as root, or as a service with CAP_AUDIT_READ and CAP_AUDIT_CONTROL. " + instead}
	case errors.Is(err, source.ErrNoAudit), errors.Is(err, agent.ErrNoSource):
		return &hintError{err, instead}
	case errors.Is(err, source.ErrImmutable):
		return &hintError{err, "load rules for execve and execveat at boot, or set source.install_rules to false"}
	}
	return err
}
