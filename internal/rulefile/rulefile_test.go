package rulefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.yml": "b", "a.xml": "a", "note.txt": "n", "sub/c.YAML": "c", "big.yml": strings.Repeat("x", MaxBytes+1)} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "sub"), link); err != nil {
		t.Fatal(err)
	}
	if files, err := Read([]string{link}); len(files) != 1 || err != nil {
		t.Errorf("Read of a link to a folder = %v, %v", files, err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.yml"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := Read([]string{dir, filepath.Join(dir, "note.txt"), filepath.Join(dir, "none")})
	var got []string
	for _, f := range files {
		got = append(got, strings.TrimPrefix(f.Name, dir+"/")+"="+string(f.Data))
	}
	if want := []string{"a.xml=a", "b.yml=b", "sub/c.YAML=c", "note.txt=n"}; !slices.Equal(got, want) {
		t.Errorf("files = %q, want %q", got, want)
	}
	for _, want := range []string{"big.yml: over 1048576 bytes", "fifo.yml: not a regular file", "none: no such file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
}

// TestFolders: links to folders are followed, hidden names are passed over, and a circle is told and ends.
func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"rules/..2026_11/a.yml": "a", "rules/.git/x.yml": "x", "rules/.a.yml": "hidden", "more/b.yml": "b"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules := filepath.Join(dir, "rules")
	for link, to := range map[string]string{"..data": "..2026_11", "a.yml": "..data/a.yml", "linked": "../more", "up": ".."} { // the first two as a ConfigMap is mounted
		if err := os.Symlink(to, filepath.Join(rules, link)); err != nil {
			t.Fatal(err)
		}
	}
	for how, read := range map[string]func([]string) ([]rule.File, error){"Read": Read, "ReadTrusted": ReadTrusted} {
		files, err := read([]string{rules})
		var got []string
		for _, f := range files {
			got = append(got, strings.TrimPrefix(f.Name, rules+"/"))
		}
		if want := []string{"a.yml", "linked/b.yml", "up/more/b.yml"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", how, got, want)
		}
		if err == nil || strings.Count(err.Error(), "leads to a folder around it") != 1 {
			t.Errorf("%s: %v, want one error for the circle", how, err)
		}
	}
}

// TestLists: lists are found where Wazuh has them, beside the rules, and nowhere else.
func TestLists(t *testing.T) {
	dir := t.TempDir()
	const rules = `<group name="g"><rule><list field="a">etc/lists/audit-keys</list><list field="a"> etc/lists/sub/near.cdb </list>` +
		`<list field="a">beside</list><list field="a">etc/lists/none</list><list field="a">../secret</list><list field="a">/etc/passwd</list></rule></group>`
	for name, text := range map[string]string{
		"etc/rules/a.xml": rules, "etc/rules/b.xml": rules, "etc/lists/audit-keys": "k:v", "etc/rules/beside": "b", "etc/lists/sub/near": "n", "etc/secret": "s",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Read([]string{filepath.Join(dir, "etc", "rules")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		if f.List != "" {
			got = append(got, strings.TrimPrefix(f.Name, dir+"/")+" "+f.List+"="+string(f.Data))
		}
	}
	want := []string{"etc/lists/audit-keys etc/lists/audit-keys=k:v", "etc/lists/sub/near etc/lists/sub/near=n", "etc/rules/beside beside=b"}
	if !slices.Equal(got, want) {
		t.Errorf("lists %q, want %q", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "etc", "lists", "audit-keys"), []byte("k:v"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "etc", "lists", "audit-keys"), MaxListBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read([]string{filepath.Join(dir, "etc", "rules", "a.xml")}); err == nil || !strings.Contains(err.Error(), "audit-keys: over") {
		t.Errorf("a huge list: error %v", err)
	}
}
