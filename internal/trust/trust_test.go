package trust

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tree makes a directory that is safe, to be spoilt.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	must(t, os.MkdirAll(dir+"/etc/rules.d", 0o755))
	must(t, os.WriteFile(dir+"/etc/rules.d/a.yml", []byte("text"), 0o644))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bad is one way to spoil a tree.
type bad struct {
	name  string
	root  bool // only root can make it
	spoil func(dir string) error
	open  string // below the tree
	at    string // the file at fault, below the tree
	why   string
}

const other = 65533 // a uid that is neither root nor, we trust, the one of the test

func chmod(path string, mode os.FileMode) func(string) error {
	return func(dir string) error { return os.Chmod(dir+path, mode) }
}

func sysChmod(path string, mode uint32) func(string) error {
	return func(dir string) error { return syscall.Chmod(dir+path, mode) }
}

func chown(path string, uid, gid int) func(string) error {
	return func(dir string) error { return os.Lchown(dir+path, uid, gid) }
}

func replace(path string, with func(name string) error) func(string) error {
	return func(dir string) error { return errors.Join(os.RemoveAll(dir+path), with(dir+path)) }
}

// link puts a symbolic link to target at path; %s in it is the tree.
func link(path, target string) func(string) error {
	return func(dir string) error {
		return errors.Join(os.RemoveAll(dir+path), os.Symlink(strings.ReplaceAll(target, "%s", dir), dir+path))
	}
}

func all(fs ...func(string) error) func(string) error {
	return func(dir string) error {
		for _, f := range fs {
			if err := f(dir); err != nil {
				return err
			}
		}
		return nil
	}
}

const rule = "/etc/rules.d/a.yml"

var files = []bad{
	{"group may write", false, chmod(rule, 0o664), rule, rule, "the group may write it (mode 0664)"},
	{"others may write", false, chmod(rule, 0o646), rule, rule, "others may write it (mode 0646)"},
	{"all may write", false, chmod(rule, 0o666), rule, rule, "others may write it (mode 0666)"},
	{"all may do all", false, chmod(rule, 0o777), rule, rule, "others may write it (mode 0777)"},
	{"others may only write", false, chmod(rule, 0o602), rule, rule, "others may write it (mode 0602)"},
	{"setuid and group", false, sysChmod(rule, 0o4664), rule, rule, "the group may write it (mode 4664)"},
	{"sticky file", false, sysChmod(rule, 0o1646), rule, rule, "others may write it (mode 1646)"},
	{"folder: group", false, chmod("/etc/rules.d", 0o775), rule, "/etc/rules.d", "the group may write it (mode 0775)"},
	{"folder: others", false, chmod("/etc/rules.d", 0o757), rule, "/etc/rules.d", "others may write it (mode 0757)"},
	{"folder: all", false, chmod("/etc/rules.d", 0o777), rule, "/etc/rules.d", "others may write it (mode 0777)"},
	{"folder: setgid and group", false, sysChmod("/etc/rules.d", 0o2775), rule, "/etc/rules.d", "the group may write it (mode 2775)"},
	{"folder above: group", false, chmod("/etc", 0o770), rule, "/etc", "the group may write it (mode 0770)"},
	{"folder above: others", false, chmod("/etc", 0o703), rule, "/etc", "others may write it (mode 0703)"},
	{"top: group", false, chmod("", 0o775), rule, "", "the group may write it (mode 0775)"},
	{"top: all", false, chmod("", 0o777), rule, "", "others may write it (mode 0777)"},
	{"fifo", false, replace(rule, func(n string) error { return syscall.Mkfifo(n, 0o600) }), rule, rule, "not a regular file"},
	{"socket", false, replace(rule, mksock), rule, rule, "not a regular file"},
	{"directory", false, replace(rule, func(n string) error { return os.Mkdir(n, 0o755) }), rule, rule, "not a regular file"},
	{"device", true, replace(rule, func(n string) error { return syscall.Mknod(n, syscall.S_IFCHR|0o600, 1<<8|3) }), rule, rule, "not a regular file"},
	{"block device", true, replace(rule, func(n string) error { return syscall.Mknod(n, syscall.S_IFBLK|0o600, 7<<8) }), rule, rule, "not a regular file"},
	{"dangling link", false, link(rule, "%s/none"), rule, "/none", "no such file"},
	{"link to itself", false, link(rule, "a.yml"), rule, rule, "too many levels"},
	{"links in a circle", false, all(link("/etc/rules.d/b.yml", "a.yml"), link(rule, "b.yml")), rule, rule, "too many levels"},
	{"link to what the group may write", false, all(chmod(rule, 0o664), link("/etc/l", "rules.d/a.yml")), "/etc/l", rule, "the group may write it"},
	{"link through what all may write", false, all(chmod("/etc/rules.d", 0o777), link("/l", "%s/etc/rules.d/a.yml")), "/l", "/etc/rules.d", "others may write it"},
	{"link to a fifo", false, all(replace("/f", func(n string) error { return syscall.Mkfifo(n, 0o600) }), link(rule, "%s/f")), rule, rule, "not a regular file"},
	{"link to a device", false, link(rule, "/dev/null"), rule, "", "refused: "},
	{"folder behind a link, group", false, all(chmod("/etc/rules.d", 0o775), link("/r", "etc/rules.d")), "/r/a.yml", "/etc/rules.d", "the group may write it"},
	{"link up and down", false, all(chmod("/etc/rules.d", 0o775), link("/up", "etc/rules.d/..")), "/up/rules.d/a.yml", "/etc/rules.d", "the group may write it"},
	{"file as folder", false, func(string) error { return nil }, rule + "/x", rule + "/x", "not a directory"},
	{"none", false, func(string) error { return nil }, "/etc/none", "/etc/none", "no such file"},
	{"of another", true, chown(rule, other, other), rule, rule, "belongs to uid 65533: chown root"},
	{"folder of another", true, chown("/etc/rules.d", other, other), rule, "/etc/rules.d", "belongs to uid 65533"},
	{"folder above of another", true, chown("/etc", other, 0), rule, "/etc", "belongs to uid 65533"},
	{"top of another", true, chown("", other, 0), rule, "", "belongs to uid 65533"},
	{"link of another", true, all(link("/etc/l", "%s"+rule), chown("/etc/l", other, other)), "/etc/l", "/etc/l", "belongs to uid 65533"},
	{"link to what is of another", true, all(chown(rule, other, other), link("/etc/l", "rules.d/a.yml")), "/etc/l", rule, "belongs to uid 65533"},
	{"of another in a sticky folder", true, all(sysChmod("/etc/rules.d", 0o1777), chown(rule, other, other)), rule, rule, "belongs to uid 65533"},
	{"sticky folder of another", true, all(sysChmod("/etc/rules.d", 0o1777), chown("/etc/rules.d", other, 0)), rule, "/etc/rules.d", "belongs to uid 65533"},
	{"link of another in a sticky folder", true, all(sysChmod("/etc/rules.d", 0o1777), link("/etc/rules.d/l", "a.yml"), chown("/etc/rules.d/l", other, 0)), "/etc/rules.d/l", "/etc/rules.d/l", "belongs to uid 65533"},
}

func mksock(name string) error { return syscall.Mknod(name, syscall.S_IFSOCK|0o600, 0) }

// TestRefused: each of 40 bad files is refused, with the file at fault and the reason. Some only root can make.
func TestRefused(t *testing.T) {
	if len(files) < 40 {
		t.Errorf("%d cases, want 40", len(files))
	}
	for _, tt := range files {
		if tt.root && os.Geteuid() != 0 {
			continue
		}
		dir := tree(t)
		must(t, tt.spoil(dir))
		f, err := Open(dir + tt.open)
		if err == nil {
			f.Close()
			t.Errorf("%s: opened", tt.name)
			continue
		}
		if text := err.Error(); !strings.Contains(text, tt.why) || tt.at != "" && !strings.Contains(text, dir+tt.at+": ") {
			t.Errorf("%s: error %q, want %q at %q", tt.name, text, tt.why, dir+tt.at)
		}
	}
}

func TestTrusted(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(string) error
		open  string
	}{
		{"as it is", func(string) error { return nil }, rule},
		{"read by all", chmod(rule, 0o444), rule},
		{"own link", link("/etc/l", "rules.d/a.yml"), "/etc/l"},
		{"own absolute link", link("/etc/l", "%s"+rule), "/etc/l"},
		{"own link to a folder", link("/etc/l", "../etc//./rules.d/"), "/etc/l/a.yml"},
		{"own file in a sticky folder", sysChmod("/etc/rules.d", 0o1777), rule},
		{"dots", func(string) error { return nil }, "/etc/../etc/./rules.d//a.yml"},
	} {
		dir := tree(t)
		must(t, tt.spoil(dir))
		b, err := ReadFile(dir+tt.open, 4)
		if err != nil || string(b) != "text" {
			t.Errorf("%s: %q, %v", tt.name, b, err)
		}
	}
}

func TestReadFileBound(t *testing.T) {
	dir := tree(t)
	var refused *Error
	if b, err := ReadFile(dir+rule, 3); !errors.As(err, &refused) {
		t.Errorf("over the bound: %q, %v", b, err)
	}
	t.Chdir(dir)
	if b, err := ReadFile("etc/rules.d/a.yml", 99); err != nil || string(b) != "text" {
		t.Errorf("relative: %q, %v", b, err)
	}
	for _, path := range []string{"", "a\x00b"} {
		if _, err := ReadFile(path, 9); err == nil {
			t.Errorf("path %q: no error", path)
		}
	}
}

func TestDir(t *testing.T) {
	dir := tree(t)
	f, err := Dir(dir + "/etc")
	must(t, err)
	names, err := f.Readdirnames(0)
	if err != nil || len(names) != 1 || names[0] != "rules.d" {
		t.Errorf("names = %q, %v", names, err)
	}
	f.Close()
	if _, err := Dir(dir + rule); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
	p, err := Private(dir)
	must(t, err)
	p.Close()
	if os.Geteuid() == 0 {
		must(t, os.Chown(dir+"/etc", other, 0))
		if _, err := Private(dir + "/etc"); err == nil || !strings.Contains(err.Error(), "belongs to uid 65533") {
			t.Errorf("of another: %v", err)
		}
	}
}

// TestNoLeak: no descriptor is left open by refusals.
func TestNoLeak(t *testing.T) {
	dir := tree(t)
	must(t, os.Chmod(dir+rule, 0o666))
	must(t, os.Symlink("rules.d/a.yml", dir+"/etc/l"))
	before := descriptors(t)
	for range 50 {
		if _, err := Open(dir + "/etc/l"); err == nil {
			t.Fatal("opened")
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	f, err := os.Open("/proc/self/fd")
	must(t, err)
	defer f.Close()
	names, err := f.Readdirnames(0)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return len(names)
}
