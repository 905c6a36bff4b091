package rulefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReadTrusted: what others may write is refused, with the file and the reason, and the rest is read, in the order of Read.
func TestReadTrusted(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{
		"a.xml": 0o644, "b.yml": 0o664, "note.txt": 0o666, "sub/c.YAML": 0o600, "open/d.yml": 0o600, "z.yml": 0o444, "big.yml": 0o600,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text := name
		if name == "big.yml" {
			text = strings.Repeat("x", MaxBytes+1)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Chmod(dir+"/open", 0o777), os.Symlink("../z.yml", dir+"/sub/link.yml"), os.Symlink("..", dir+"/sub/up"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := ReadTrusted([]string{dir, dir + "/none"})
	var got []string
	for _, f := range files {
		got = append(got, strings.TrimPrefix(f.Name, dir+"/")+"="+string(f.Data))
	}
	if want := []string{"a.xml=a.xml", "sub/c.YAML=sub/c.YAML", "sub/link.yml=z.yml", "z.yml=z.yml"}; !slices.Equal(got, want) {
		t.Errorf("files = %q, want %q", got, want)
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	for _, want := range []string{
		dir + "/b.yml: refused: the group may write it (mode 0664)", dir + "/open: refused: others may write it (mode 0777)",
		dir + "/big.yml: refused: over 1048576 bytes", dir + "/sub/up: leads to a folder around it", "none: no such file",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("error = %v, want %q in it", err, want)
		}
	}
	if n := strings.Count(text, "\n") + 1; n != 5 {
		t.Errorf("%d errors, want 5: %v", n, err)
	}
}
