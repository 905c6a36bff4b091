package sigma

import (
	"slices"
	"strings"

	"github.com/auditpy/auditpy/internal/event"
)

// windowsPaths lets a rule for Windows that an override has evaluated here find the programs that it means: besides its
// path an executable has the value that it would have there, C:\usr\bin\python3.exe. Whoever writes an override asks for
// that; no rule for Linux ever sees it.
func windowsPaths(name string, get event.Getter) event.Getter {
	if get == nil || name != "Image" && name != "ParentImage" {
		return get
	}
	return func(dst []string, ev *event.Event) []string {
		start := len(dst)
		dst = get(dst, ev)
		for _, path := range slices.Clone(dst[start:]) {
			dst = append(dst, "C:"+strings.ReplaceAll(path, "/", `\`)+".exe")
		}
		return dst
	}
}
