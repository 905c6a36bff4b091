package rulefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
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
