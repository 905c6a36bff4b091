package main

import "github.com/spf13/cobra"

func configCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "config",
		Short: "Check the configuration and print it, defaults included",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(file)
			if err != nil {
				return err
			}
			_, err = c.OutOrStdout().Write(cfg.AppendYAML(nil))
			return err
		},
	}
	addConfigFlag(c, &file)
	return c
}

func addConfigFlag(c *cobra.Command, file *string) {
	c.Flags().StringVarP(file, "config", "c", "", "configuration `file` (default "+defaultConfig+", if it is there)")
}

func addRulesConfigFlag(c *cobra.Command, file *string) {
	c.Flags().StringVarP(file, "config", "c", "", "take rules.placeholders and rules.log_sources from this configuration `file`")
}
