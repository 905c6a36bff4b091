package rulefile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/rule"
	"github.com/auditpy/auditpy/rules/wazuh"
)

// MaxListBytes bounds one list. Lists of addresses are long.
const MaxListBytes = 16 << 20

// readFunc reads a file of no more than most bytes.
type readFunc func(name string, most int64) (rule.File, error)

// lists reads the lists that the Wazuh rules among files name, once each. Wazuh names them from its home, as
// etc/lists/audit-keys; they are looked for from the folder of the rule file upwards, where etc/lists may be lists too, and
// beside the rule file. A list that is not there is no error here: the rules that name it cannot be compiled.
func lists(files []rule.File, read readFunc) (out []rule.File, err error) {
	var seen []string
	var errs []error
	for _, f := range files {
		if strings.ToLower(filepath.Ext(f.Name)) != ".xml" {
			continue
		}
		for _, name := range wazuh.Lists(f.Data) {
			if slices.Contains(seen, name) || !filepath.IsLocal(name) {
				continue
			}
			l, err := list(filepath.Dir(f.Name), name, read)
			errs = append(errs, err)
			if l != nil {
				seen, out = append(seen, name), append(out, *l)
			}
		}
	}
	return out, errors.Join(errs...)
}

// list reads a list, nil if it is nowhere.
func list(dir, name string, read readFunc) (*rule.File, error) {
	for _, at := range places(dir, name) {
		f, err := read(at, MaxListBytes)
		switch {
		case err == nil:
			f.List = name
			return &f, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, nil
}

func places(dir, name string) (out []string) {
	short, inLists := strings.CutPrefix(filepath.ToSlash(name), "etc/lists/")
	up := dir
	for range 3 {
		out = append(out, filepath.Join(up, name))
		if inLists {
			out = append(out, filepath.Join(up, "lists", short))
		}
		up = filepath.Join(up, "..")
	}
	return append(out, filepath.Join(dir, filepath.Base(name)))
}
