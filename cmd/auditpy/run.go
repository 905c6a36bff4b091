package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/internal/agent"
	"github.com/auditpy/auditpy/internal/config"
	"github.com/auditpy/auditpy/internal/notify"
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
It ends on SIGTERM or SIGINT, and at the end of standard input. On SIGHUP it reads its configuration and rules anew; a broken set changes nothing.`,
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
			return runAgent(c, &cfg, &loader{file: file, kind: cfg.Source.Kind})
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

func runAgent(c *cobra.Command, cfg *config.Config, l *loader) error {
	signal.Ignore(syscall.SIGPIPE) // a reader of standard output that leaves is that sink's trouble only
	hup := make(chan os.Signal, 1) // one that waits is enough: it reads what is there then
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	first, err := l.rules(cfg)
	for _, d := range first.Diags {
		fmt.Fprintln(c.ErrOrStderr(), told(d))
	}
	if err != nil {
		return err
	}
	systemd, err := notify.FromEnvironment()
	level := new(slog.LevelVar)
	setLevel(level, cfg.Log.Level)
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	if err != nil {
		log.Warn("systemd not told", "err", err)
	}
	log.Info("auditpy starts", "version", version(), "rules", len(first.Rules.Rules()))
	err = agent.Run(c.Context(), cfg, agent.Options{
		Rules: first.Rules, RulesHash: first.Hash, Diags: first.Diags, Stdin: c.InOrStdin(), Stdout: c.OutOrStdout(), Log: log, Version: version(),
		Reload: hup, Load: l.load, SetLevel: func(name string) { setLevel(level, name) }, Systemd: systemd,
		Confine: func() string { return agent.Confine(cfg, l.file, log) },
	})
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

func setLevel(v *slog.LevelVar, name string) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		panic("auditpy: config let a log level through: " + name)
	}
	v.Set(l)
}

// withHint tells what to do instead where this host gives the agent nothing to read.
func withHint(err error) error {
	const instead = "auditpy scan FILE reads a log you have; auditpy scan --sample shows a real attack"
	switch {
	case errors.Is(err, source.ErrNoPermission):
		return &hintError{err, "run it as root, or as a service with CAP_AUDIT_READ and CAP_AUDIT_CONTROL. " + instead}
	case errors.Is(err, agent.ErrRunning):
		return &hintError{err, "one agent is enough for a host; another one needs a state_dir of its own"}
	case errors.Is(err, source.ErrNoAudit), errors.Is(err, agent.ErrNoSource):
		return &hintError{err, instead}
	case errors.Is(err, source.ErrImmutable):
		return &hintError{err, "load rules for execve and execveat at boot, or set source.install_rules to false"}
	}
	return err
}
