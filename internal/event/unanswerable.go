package event

// Sysmon's fields are listed in https://github.com/trustedsec/SysmonCommunityGuide/blob/master/chapters/Sysmon.md.

// SigmaUnanswerable tells why no audit record can answer a field that rules of a category use: a rule that needs it
// never matches, and its author should hear so. It is not ok for a name that is not Sysmon's, or that is answered.
func SigmaUnanswerable(category, name string) (reason string, ok bool) {
	switch category {
	case "process_creation", "network_connection", "file_event":
	default:
		return "", false
	}
	if reason, ok = unanswerable[category][name]; !ok {
		reason, ok = unanswerable[""][name]
	}
	return reason, ok
}

const (
	noHash     = "audit records have no hash of a file"
	noResource = "an ELF file has no version resource"
	noHostname = "audit records have addresses and no host names"
	noPortName = "audit records have port numbers; their names are the matter of each host's /etc/services"
)

// unanswerable holds Sysmon's fields by category; "" is all of them.
var unanswerable = map[string]map[string]string{
	"": {
		"RuleName":         "it is the name of a rule in Sysmon's own configuration",
		"EventID":          "it is a number of a Windows log",
		"Channel":          "it is the name of a Windows log",
		"Provider_Name":    "it is the name of a Windows log",
		"IntegrityLevel":   "Linux has no integrity levels",
		"LogonGuid":        "Linux has no identity of a login but its session, TerminalSessionId",
		"FileVersion":      noResource,
		"Description":      noResource,
		"Product":          noResource,
		"Company":          noResource,
		"OriginalFileName": noResource,
		"Hashes":           noHash,
		"Imphash":          noHash,
		"imphash":          noHash,
		"md5":              noHash,
		"sha1":             noHash,
		"sha256":           noHash,
	},
	"network_connection": {
		"Protocol":            "the records of a connection do not tell the type of its socket",
		"SourceHostname":      noHostname,
		"DestinationHostname": noHostname,
		"SourcePortName":      noPortName,
		"DestinationPortName": noPortName,
	},
	"file_event": {
		"CreationUtcTime": "audit records do not tell when a file was made that is renamed now",
	},
}
