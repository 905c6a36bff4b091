// Package depstest holds the import policy of the module, as a test.
//
// It parses the tree itself. With go list the test cache would not see which files the answer came
// from and would report a stale ok after a violation; files that a test opens are part of its cache key.
//
// The rules for files that end in _test.go are looser: they may import any package of the module
// except internal/agent and cmd/auditpy (a stage that needs the whole agent to be tested is not a
// stage), and the whole standard library. Third-party modules are held to the same owners, but for
// those that only tests use.
package depstest

// module is the import path of the root.
const module = "github.com/auditpy/auditpy"

// anything, as the only element of a row, allows every package of the module.
const anything = "*"

// mayImport says which packages of the module each package may import. Every package has a row, and
// every row a package. Dialects (rules/sigma and those to come) never import each other; correlate
// sees of rules/ only rules/rule, and rules/ sees nothing of correlate.
var mayImport = map[string][]string{
	"internal/text":      {},
	"internal/snapshot":  {"internal/audit"},
	"internal/audit":     {"internal/text"},
	"internal/spool":     {},
	"internal/config":    {"internal/trust"},
	"internal/confine":   {},
	"internal/depstest":  {},
	"internal/metrics":   {},
	"internal/names":     {},
	"internal/notify":    {},
	"internal/trust":     {},
	"packaging":          {},
	"internal/event":     {"internal/audit", "internal/snapshot", "internal/text"},
	"internal/source":    {"internal/audit", "internal/text"},
	"internal/rulefile":  {"internal/trust", "rules/rule", "rules/wazuh"},
	"internal/procfs":    {"internal/event"},
	"internal/alert":     {"internal/audit", "internal/event", "rules/rule"},
	"internal/sink":      {"internal/alert", "rules/rule"},
	"internal/sinktest":  {},
	"rules/rule":         {"internal/audit", "internal/event"},
	"rules/predicate":    {},
	"rules/regex":        {"rules/predicate"},
	"rules/sigma":        {"internal/audit", "internal/event", "rules/predicate", "rules/regex", "rules/rule"},
	"rules/eql":          {"internal/event", "rules/predicate", "rules/regex", "rules/rule"},
	"rules/wazuh":        {"internal/audit", "internal/event", "rules/predicate", "rules/regex", "rules/rule"},
	"rules/builtin":      {"rules/rule"},
	"rules":              {"internal/event", "rules/eql", "rules/rule", "rules/sigma", "rules/wazuh"},
	"correlate/assemble": {"internal/audit", "internal/event", "internal/text"},
	"correlate/proctree": {"internal/audit", "internal/event", "internal/snapshot", "internal/text"},
	"correlate":          {"internal/alert", "internal/audit", "internal/event", "internal/snapshot", "internal/text", "rules/rule"},
	"correlate/tamper":   {"internal/audit", "internal/event", "rules/rule"},
	"internal/coverage":  {"internal/audit", "internal/event", "rules/rule"},
	"internal/doctor":    {"internal/agent", "internal/audit", "internal/config", "internal/coverage", "internal/source", "internal/trust", "rules/rule"},
	"internal/trial":     {"correlate", "internal/alert", "internal/audit", "internal/event", "rules/eql", "rules/rule", "rules/sigma"},
	"internal/ruletest":  {"correlate", "correlate/assemble", "correlate/proctree", "internal/alert", "internal/audit", "internal/event", "rules", "rules/rule"},
	"internal/fidelity":  {"rules/rule"},
	"internal/report":    {"internal/alert", "internal/audit", "internal/event", "rules/regex", "rules/rule"},
	"internal/agent":     {anything},
	"internal/e2e":       {},
	"cmd/auditpy":        {anything},
}

// owners says which packages may import a third-party module: a library should be seen in one place. A module without a row fails, so that a new dependency is a decision.
var owners = map[string][]string{
	"github.com/elastic/go-libaudit":      {"internal/audit", "internal/coverage", "internal/doctor", "internal/source", "packaging"},
	"github.com/go-viper/mapstructure":    {"internal/config"},
	"github.com/goccy/go-yaml":            {"rules/sigma"},
	"github.com/klauspost/compress":       {"internal/source"},
	"github.com/nxadm/tail":               {"internal/source"},
	"github.com/spf13/cobra":              {"cmd/auditpy"},
	"github.com/spf13/viper":              {"internal/config"},
	"github.com/prometheus/client_golang": {"internal/metrics"},
	"go.yaml.in/yaml":                     {"internal/config"},
	"golang.org/x/sys":                    {"cmd/auditpy", "internal/agent", "internal/confine", "internal/notify", "internal/sink", "internal/trust"},
	"github.com/pelletier/go-toml":        {"internal/trial", "rules/eql"},
}

// testOnly are third-party modules that any test may use and nothing else.
var testOnly = []string{"github.com/google/go-cmp", "github.com/leodido/go-syslog", "github.com/rogpeppe/go-internal", "pgregory.net/rapid"}

// impure are the standard packages that a pure function of events has no use for: logs, files,
// sockets, chance. What is below one of them counts too, but for what is named in pureAfterAll.
var (
	impure       = []string{"crypto/rand", "log", "math/rand", "net", "os", "syscall", "unsafe"}
	pureAfterAll = []string{"net/netip", "net/url"}
)

// unsafely are the packages that import unsafe: for strings in memory that is used again, and for system calls that no
// library makes for all threads.
var unsafely = []string{"internal/text", "internal/confine"}

// clock are the functions of package time that read or wait for the wall clock. rules/ and correlate/
// know event time only.
var clock = []string{
	"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}
