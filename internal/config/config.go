// Package config turns config.yaml into one struct, strictly: an unknown key, a wrong type or a duration
// without a unit is an error that names file, line and key, and all errors are told at once.
//
// What surprised us: viper folds the case of keys, takes "1" for a number and 1 for a string, and drops what
// it does not know. So the file is checked against the struct first, and viper only decodes it.
package config

import "time"

// DefaultRules is the folder for a host's own rules. It may be missing.
const DefaultRules = "/etc/auditpy/rules.d"

// Config is the configuration of the agent. config.yaml in the repository shows every key with its default.
type Config struct {
	Source   Source `mapstructure:"source"`
	Rules    Rules  `mapstructure:"rules"`
	Alerts   Alerts `mapstructure:"alerts"`
	Limits   Limits `mapstructure:"limits"`
	StateDir string `mapstructure:"state_dir"` // what survives a restart; empty: nothing does
	Spool    Spool  `mapstructure:"spool"`
	Sinks    Sinks  `mapstructure:"sinks"`
	Log      Log    `mapstructure:"log"`

	Health     Health     `mapstructure:"health"`
	Privileges Privileges `mapstructure:"privileges"`
}

// Source is where records come from.
type Source struct {
	// Kind auto is file where an audit daemon runs, else netlink.
	Kind string `mapstructure:"kind" enum:"auto file netlink stdin socket"`
	// Also are sources to read besides: an event that several tell alerts once. One that cannot be opened is told, and
	// the others are read.
	Also   []string `mapstructure:"also" enum:"file netlink stdin socket"`
	File   string   `mapstructure:"file"`   // the log that auditd writes
	Socket string   `mapstructure:"socket"` // of auditd's plugin af_unix, with format = string
	// From says where to begin in the log without a saved position.
	From string `mapstructure:"from" enum:"end start"`
	// InstallRules adds the rules for execve that the kernel lacks, until the agent stops. Netlink only:
	// where auditd runs, its rules are the administrator's.
	InstallRules bool `mapstructure:"install_rules"`
}

// Rules are what to look for.
type Rules struct {
	Builtin bool     `mapstructure:"builtin"` // the rules that come with auditpy
	Paths   []string `mapstructure:"paths"`   // files and folders
	// Placeholders are the values of %name% in Sigma rules that use the modifier expand.
	Placeholders []Placeholder `mapstructure:"placeholders"`
	// LogSources let Sigma rules of other log sources be evaluated on audit events. The first that fits is taken.
	LogSources []LogSource `mapstructure:"log_sources"`
}

// Placeholder is a name that rules ask for, and what it stands for here.
type Placeholder struct {
	Name   string   `mapstructure:"name"`
	Values []string `mapstructure:"values"`
}

// LogSource says that rules of log source From are evaluated as if they were of To. What is empty in From fits all; what
// is empty in To stays as the rule has it, but for a service that From names, which is dropped.
type LogSource struct {
	From SigmaSource `mapstructure:"from"`
	To   SigmaSource `mapstructure:"to"`
}

// SigmaSource is a log source as a Sigma rule writes it.
type SigmaSource struct {
	Product  string `mapstructure:"product"`
	Category string `mapstructure:"category"`
	Service  string `mapstructure:"service"`
}

// Alerts says what becomes one alert.
type Alerts struct {
	Group          string        `mapstructure:"group" enum:"event rule"` // one alert per event, or per rule and event
	IncidentWindow time.Duration `mapstructure:"incident_window"`         // event time between two alerts of one incident
}

// Limits bound the memory of the agent.
type Limits struct {
	OpenEvents      int           `mapstructure:"open_events"`
	RecordsPerEvent int           `mapstructure:"records_per_event"`
	BytesPerEvent   Size          `mapstructure:"bytes_per_event"`
	Processes       int           `mapstructure:"processes"`
	Alerted         int           `mapstructure:"alerted"` // alert ids remembered
	Hold            time.Duration `mapstructure:"hold"`    // after which an unfinished event is closed
}

// Spool is the queue of each sink: on disk, but for that of standard output, which is in memory.
type Spool struct {
	MaxBytes Size          `mapstructure:"max_bytes" min:"16MiB"` // over it the oldest alerts of the lowest level are dropped
	MaxAge   time.Duration `mapstructure:"max_age"`               // alerts that waited longer are dropped
}

// Sinks are where alerts go. Each has a queue of its own: one that is down holds up no other.
type Sinks struct {
	Stdout  Stdout    `mapstructure:"stdout"`
	File    File      `mapstructure:"file"`
	Syslog  Syslog    `mapstructure:"syslog"`
	Forward []Forward `mapstructure:"forward"`
}

// Stdout prints alerts.
type Stdout struct {
	Enabled bool   `mapstructure:"enabled"`
	Format  string `mapstructure:"format" enum:"text json ocsf asim cef"`
}

// File writes alerts to a file.
type File struct {
	Enabled  bool   `mapstructure:"enabled"`
	Path     string `mapstructure:"path"`
	Format   string `mapstructure:"format" enum:"json ocsf asim cef text"`
	MaxBytes Size   `mapstructure:"max_bytes" zero:"ok"` // over it the file is renamed; 0: never
	Keep     int    `mapstructure:"keep"`                // renamed files that stay
	Sync     bool   `mapstructure:"sync"`                // an alert is written when the disk has it
}

// Syslog is the syslog of this host, or any other.
type Syslog struct {
	Enabled     bool `mapstructure:"enabled"`
	Destination `mapstructure:",squash"`
}

// Forward is one more place that syslog lines go to.
type Forward struct {
	Name        string `mapstructure:"name"` // of its queue in the state directory
	Destination `mapstructure:",squash"`
}

// Destination says where syslog lines go and how. In the items of a list, what is left out has the default of sinks.syslog.
type Destination struct {
	Network  string `mapstructure:"network" enum:"unix udp tcp tls relp relp+tls"`
	Address  string `mapstructure:"address"` // path of a socket, or host:port
	Protocol string `mapstructure:"protocol" enum:"rfc5424 rfc3164"`
	Format   string `mapstructure:"format" enum:"json ocsf asim cef text"`
	Facility string `mapstructure:"facility" enum:"user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7"`
	MaxBytes Size   `mapstructure:"max_bytes" zero:"ok"` // of one line; 0: 1180 for udp, else 8192
	// Framing is how lines end on tcp and tls.
	Framing string `mapstructure:"framing" enum:"octet-counting lf"`
	// ReplayBytes is how much of what the peer's kernel took is sent again on a new tcp or tls connection.
	ReplayBytes Size          `mapstructure:"replay_bytes"`
	Timeout     time.Duration `mapstructure:"timeout"` // of a connect and a handshake, and of a peer that takes nothing
	// AllowPlaintext lets alerts leave this host unencrypted.
	AllowPlaintext bool `mapstructure:"allow_plaintext"`
	TLS            TLS  `mapstructure:"tls"`
}

// TLS says whom to trust and who we are, on tls and relp+tls. Files are PEM, and read at each connect.
type TLS struct {
	CAFile     string   `mapstructure:"ca_file"`     // empty: the authorities of the system
	CertFile   string   `mapstructure:"cert_file"`   // ours; empty: none
	KeyFile    string   `mapstructure:"key_file"`    // of cert_file
	ServerName string   `mapstructure:"server_name"` // that the peer must be; empty: the host of the address
	Pins       []string `mapstructure:"pins"`        // SHA-256 of public keys, of which the peer's must be one
}

// Log is what the agent says of itself on standard error.
type Log struct {
	Level string `mapstructure:"level" enum:"debug info warn error"`
}

// local is the syslog of this host.
var local = Destination{
	Network: "unix", Address: "/dev/log", Protocol: "rfc5424", Format: "json", Facility: "authpriv", Framing: "octet-counting",
	ReplayBytes: 8 << 20, Timeout: 10 * time.Second, TLS: TLS{Pins: []string{}},
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Source: Source{Kind: "auto", Also: []string{}, File: "/var/log/audit/audit.log", Socket: "/var/run/audispd_events", From: "end", InstallRules: true},
		Rules:  Rules{Builtin: true, Paths: []string{DefaultRules}, Placeholders: []Placeholder{}, LogSources: []LogSource{}},
		Alerts: Alerts{Group: "event", IncidentWindow: 10 * time.Minute},
		Limits: Limits{
			OpenEvents: 4096, RecordsPerEvent: 4096, BytesPerEvent: 4 << 20, Processes: 65536, Alerted: 65536, Hold: 2 * time.Second,
		},
		StateDir: "/var/lib/auditpy",
		Spool:    Spool{MaxBytes: 64 << 20, MaxAge: 30 * 24 * time.Hour},
		Sinks: Sinks{
			Stdout:  Stdout{Enabled: true, Format: "text"},
			File:    File{Path: "/var/log/auditpy/alerts.json", Format: "json", MaxBytes: 100 << 20, Keep: 5, Sync: true},
			Syslog:  Syslog{Enabled: true, Destination: local},
			Forward: []Forward{},
		},
		Log: Log{Level: "info"}, Health: defaultHealth, Privileges: Privileges{Drop: true, Landlock: "auto"},
	}
}
