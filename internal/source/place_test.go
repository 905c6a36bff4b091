package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// TestPlace asks for each record of three files, one of them compressed and one empty, where it stands.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	first, empty, second := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c.gz")
	line := "type=USER msg=audit(%d.000:%d): pid=1\n"
	one := fmt.Sprintf("\nno record\n"+line+line, 1, 10, 2, 11)
	two := fmt.Sprintf(line+"\n\n"+line, 3, 12, 4, 13)
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = io.WriteString(w, two)
	_ = w.Close()
	for name, data := range map[string][]byte{first: []byte(one), empty: nil, second: z.Bytes()} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src, errs := Files([]string{second, empty, first})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got []string
	for {
		rec, err := src.Next(context.Background())
		if err == io.EOF {
			break
		}
		if isLineError(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, place(t, src, rec.Mark, rec.ID.Serial))
	}
	want := []string{"a:3 10", "a:4 11", "c.gz:1 12", "c.gz:4 13"}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("places %q, want %q", got, want)
	}
	done, total := src.(Progress).Progress()
	if size := int64(len(one) + z.Len()); done != size || total != size {
		t.Errorf("Progress() = %d, %d at the end, want %d twice", done, total, size)
	}
	if _, _, ok := src.(Places).Place(0); ok {
		t.Error("Place(0) is somewhere")
	}
}

func place(t *testing.T, src Source, mark, serial uint64) string {
	t.Helper()
	name, at, ok := src.(Places).Place(mark)
	if !ok {
		t.Fatalf("Place(%d) is nowhere", mark)
	}
	lines, err := LinesAt(name, []int64{at})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s:%d %d", filepath.Base(name), lines[0], serial)
}

func TestLinesAtBehindTheEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(name, []byte("x\ny\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if lines, err := LinesAt(name, []int64{0, 2, 9}); err == nil || len(lines) != 2 || lines[1] != 2 {
		t.Errorf("LinesAt = %v, %v; want lines 1 and 2 and an error", lines, err)
	}
}
