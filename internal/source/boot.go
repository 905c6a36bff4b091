package source

import (
	"cmp"
	"os"
	"strings"
)

// bootID returns the kernel's name of this boot, or "". A unit that hides /proc/sys (ProcSubset=pid) hands it in.
func bootID() string {
	b, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return cmp.Or(os.Getenv("AUDITPY_BOOT_ID"), strings.TrimSpace(string(b)))
}
