package trial

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// suites are Elasticsearch's own tests (x-pack/plugin/eql/qa of github.com/elastic/elasticsearch), in the folder that
// AUDITPY_EQL_CORPUS names.
var suites = []struct {
	queries, events string
	count           int
	options         Options
}{
	{"test_queries.active.toml", "endgame_test_data.json", 133, Options{Timestamp: "timestamp", Unit: "filetime", Tiebreaker: "serial_event_id", ID: "serial_event_id"}},
	{"additional_test_queries.toml", "endgame_test_data.json", 61, Options{Timestamp: "timestamp", Unit: "filetime", Tiebreaker: "serial_event_id", ID: "serial_event_id"}},
	{"test_extra.toml", "extra.json", 35, Options{Tiebreaker: "sequence", ID: "sequence"}},
	{"test_missing_events.toml", "missing-events.json", 26, Options{Tiebreaker: "sequence", ID: "sequence"}},
}

type conformanceCase struct {
	Name  string
	Query string
	Want  []int `toml:"expected_event_ids"`
}

func corpus(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("AUDITPY_EQL_CORPUS")
	if dir == "" {
		t.Skip("AUDITPY_EQL_CORPUS names no folder of Elasticsearch's tests; they are not part of the repository")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCorpusQueries(t *testing.T) {
	passed := 0
	for _, s := range suites {
		s.options.Category = "event_type"
		events, err := Read(bytes.NewReader(mapped(t, corpus(t, s.events))), s.options)
		if err != nil {
			t.Fatalf("%s: %v", s.events, err)
		}
		var doc struct{ Queries []conformanceCase }
		if err := toml.Unmarshal(corpus(t, s.queries), &doc); err != nil {
			t.Fatalf("%s: %v", s.queries, err)
		}
		if len(doc.Queries) != s.count {
			t.Errorf("%s has %d queries, want %d", s.queries, len(doc.Queries), s.count)
		}
		for _, c := range doc.Queries {
			if conforms(t, c, events, s.options) {
				passed++
			}
		}
	}
	if t.Logf("%d of 255 queries", passed); passed != 255 {
		t.Errorf("%d queries, want 255", passed)
	}
}

func conforms(t *testing.T, c conformanceCase, events []Event, o Options) bool {
	t.Helper()
	results, _, err := EQL(c.Query, events, o)
	if err != nil {
		t.Errorf("%s: %v\n%s", c.Name, err, c.Query)
		return false
	}
	got := []int{}
	for _, r := range results {
		for _, id := range r.Events {
			var n int
			if err := json.Unmarshal(id, &n); err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
	}
	want := slices.DeleteFunc(slices.Clone(c.Want), func(id int) bool { return id == -1 }) // which stands for no event
	if !reflect.DeepEqual(got, append([]int{}, want...)) {
		t.Errorf("%s: events %v, want %v\n%s", c.Name, got, want, c.Query)
		return false
	}
	return true
}

// mapped gives a field the value that the index of that suite has for null.
func mapped(t *testing.T, data []byte) []byte {
	t.Helper()
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	for _, object := range list {
		if v := object["optional_field_default_null"]; string(v) == "null" {
			object["optional_field_default_null"] = json.RawMessage(`"NULL"`)
		}
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var point = regexp.MustCompile(`(?:(\w+)\|)?([A-Z]+)(\d+)`)

// TestCorpusSeries: each row has the events of one step, and the number of an event is its time.
func TestCorpusSeries(t *testing.T) {
	var parts [][]string
	for _, part := range strings.Split(string(regexp.MustCompile(`(?m)^\s*//.*\n`).ReplaceAll(corpus(t, "sequences.series-spec"), nil)), "\n;") {
		parts = append(parts, strings.Split(strings.TrimSpace(part), "\n"))
	}
	passed := 0
	for i := 0; i+1 < len(parts); i += 2 {
		name, rows := parts[i][0], parts[i][1:]
		if got, want := series(t, rows), plain(parts[i+1]); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
			continue
		}
		passed++
	}
	t.Logf("%d of 25 series", passed)
	if passed != 25 {
		t.Errorf("%d series, want 25", passed)
	}
}

// plain are the events of each row, without the keys.
func plain(rows []string) (out []string) {
	for _, row := range rows {
		if ids := point.ReplaceAllString(strings.Join(strings.Fields(row), " "), "$2$3"); ids != "" {
			out = append(out, ids)
		}
	}
	return out
}

func series(t *testing.T, rows []string) (out []string) {
	t.Helper()
	var input bytes.Buffer
	query := "sequence by ?key"
	step := 0
	for _, row := range rows {
		if strings.TrimSpace(row) == "" {
			continue
		}
		query += fmt.Sprintf(" [step%d where true]", step)
		for _, m := range point.FindAllStringSubmatch(row, -1) {
			key := ""
			if m[1] != "" {
				key = fmt.Sprintf(`,"key":%q`, m[1])
			}
			fmt.Fprintf(&input, `{"@timestamp":%s,"event":{"category":"step%d"},"id":%q%s}`+"\n", m[3], step, m[2]+m[3], key)
		}
		step++
	}
	events, err := Read(&input, Options{ID: "id"})
	if err != nil {
		t.Fatal(err)
	}
	results, _, err := EQL(query, events, Options{})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	for _, r := range results {
		out = append(out, strings.NewReplacer(`"`, "", "[", "", "]", "").Replace(fmt.Sprintf("%s", r.Events)))
	}
	return out
}
