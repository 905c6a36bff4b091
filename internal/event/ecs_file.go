package event

import (
	"path"
	"strings"
)

// Files in ECS (https://www.elastic.co/docs/reference/ecs/ecs-file): the one file that an event is about. All names that came to be are in Sigma's TargetFilename.

var ecsFile = map[string]Getter{
	"file.path":                   text(filePath),
	"file.name":                   text(func(ev *Event) string { return base(filePath(ev)) }),
	"file.directory":              text(func(ev *Event) string { return dirOf(filePath(ev)) }),
	"file.extension":              text(func(ev *Event) string { return extension(filePath(ev)) }),
	"file.inode":                  ofTarget("inode"),
	"file.device":                 ofTarget("dev"),
	"file.mode":                   text(fileMode),
	"file.uid":                    ofTarget("ouid"),
	"file.gid":                    ofTarget("ogid"),
	"file.owner":                  ofTargetName("OUID"),
	"file.group":                  ofTargetName("OGID"),
	"file.Ext.original.path":      text(originalPath),
	"file.Ext.original.name":      text(func(ev *Event) string { return base(originalPath(ev)) }),
	"file.Ext.original.extension": text(func(ev *Event) string { return extension(originalPath(ev)) }),
}

func filePath(ev *Event) string {
	if r := ev.target(); r != nil {
		return ev.pathName(r)
	}
	return ""
}

// originalPath is what a file was called before a rename: the first item that went. One more goes if the new name
// was another file's.
func originalPath(ev *Event) string {
	if !isRename(ev.SyscallName()) {
		return ""
	}
	if r := ev.item("DELETE"); r != nil {
		return ev.pathName(r)
	}
	return ""
}

func isRename(call string) bool { return call == "rename" || call == "renameat" || call == "renameat2" }

func base(name string) string {
	if name == "" {
		return ""
	}
	return path.Base(name)
}

// dirOf is "" for a relative name: its directory is not known.
func dirOf(name string) string {
	if name == "" || name[0] != '/' {
		return ""
	}
	return path.Dir(name)
}

// extension is what follows the last dot of the name.
func extension(name string) string { return strings.TrimPrefix(path.Ext(name), ".") }

func ofTarget(key string) Getter {
	return text(func(ev *Event) string {
		if r := ev.target(); r != nil {
			value, _ := r.Field(key)
			return value
		}
		return ""
	})
}

func ofTargetName(key string) Getter {
	return text(func(ev *Event) string {
		if r := ev.target(); r != nil {
			value, _ := r.EnrichedField(key)
			return knownName(value)
		}
		return ""
	})
}

// fileMode is the permissions, as ECS has them: four octal digits. The record has the type of the file before them.
func fileMode(ev *Event) string {
	mode := first(ofTarget("mode"), ev)
	return mode[max(0, len(mode)-4):]
}
