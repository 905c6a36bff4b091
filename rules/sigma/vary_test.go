package sigma

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/auditpy/auditpy/rules/rule"
)

// varied returns the files and times-1 variants of each.
func varied(files []rule.File, times int) []rule.File {
	all := slices.Clone(files)
	for k := 1; k < times; k++ {
		for _, f := range files {
			all = append(all, rule.File{Name: fmt.Sprintf("%s.%d", f.Name, k), Data: vary(f.Data, k)})
		}
	}
	return all
}

// plain are fields whose values decide which events a rule is asked about, so variants keep them: a rule for records
// of type FCNEQ would cost nothing and prove nothing.
var plain = map[string]bool{"type": true, "syscall": true, "SYSCALL": true, "success": true, "Initiated": true, "User": true}

var (
	idLine    = regexp.MustCompile(`^(id: *\S+)(\S{4})\s*$`)
	titleLine = regexp.MustCompile(`^title: .*`)
	fieldLine = regexp.MustCompile(`^(\s+(?:- )?['"]?([A-Za-z_][\w.-]*)((?:\|\w+)*)['"]?:)(.*)$`)
	valueLine = regexp.MustCompile(`^(\s+-)( .*)$`)
)

// vary returns the k-th variant of a rule: another id and title, and in the values of its detection other letters, by
// a permutation of the alphabet that is the k-th of all runs. Lengths, wildcards, digits and punctuation stay, so a
// variant asks as much of an event as the rule does, of other words.
func vary(data []byte, k int) []byte {
	letters := permutation(k)
	lines := strings.Split(string(data), "\n")
	inside, field, modifiers := false, "", ""
	for i, line := range lines {
		if line != "" && line[0] != ' ' && line[0] != '#' && line[0] != '-' {
			inside = strings.HasPrefix(line, "detection:")
		}
		switch m := fieldLine.FindStringSubmatch(line); {
		case idLine.MatchString(line):
			lines[i] = idLine.ReplaceAllString(line, fmt.Sprintf("${1}%04x", k))
		case titleLine.MatchString(line):
			lines[i] = fmt.Sprintf("%s %d", line, k)
		case !inside:
		case m != nil:
			field, modifiers = m[2], m[3]
			lines[i] = m[1] + otherWords(m[4], letters, field, modifiers)
		default:
			if m := valueLine.FindStringSubmatch(line); m != nil {
				lines[i] = m[1] + otherWords(m[2], letters, field, modifiers)
			}
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// permutation returns the alphabet in another order.
func permutation(k int) []byte {
	letters := []byte("abcdefghijklmnopqrstuvwxyz")
	r := rand.New(rand.NewPCG(4, uint64(k)))
	r.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	return letters
}

// words in a regular expression are letters in a row outside of brackets and escapes: other letters are its syntax.
var wordsOfRegexp = regexp.MustCompile(`\\.|\[[^]]*\]|\(\?\w*:?|[A-Za-z]{3,}`)

func otherWords(value string, letters []byte, field, modifiers string) string {
	text := strings.TrimSpace(value)
	switch {
	case field == "condition", field == "timeframe", plain[field], text == "null", strings.Contains(modifiers, "|cidr"):
		return value
	case strings.HasPrefix(modifiers, "|re"):
		return wordsOfRegexp.ReplaceAllStringFunc(value, func(s string) string {
			if strings.ContainsAny(s, `\[(`) {
				return s
			}
			return permute(s, letters)
		})
	}
	return permute(value, letters)
}

// permute replaces letters, but not the one after a backslash.
func permute(s string, letters []byte) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case i > 0 && s[i-1] == '\\':
		case 'a' <= c && c <= 'z':
			b[i] = letters[c-'a']
		case 'A' <= c && c <= 'Z':
			b[i] = letters[c-'A'] - 'a' + 'A'
		}
	}
	return string(b)
}

func TestVary(t *testing.T) {
	const text = `title: A title
id: 12345678-1234-1234-1234-123456789abc
logsource: {product: linux, category: process_creation}
detection:
  sel:
    - Image|endswith: '/curl'
      User: root
    - CommandLine|re: '\sab+c{2}wget[a-z]+'
    - ParentImage:
        - null
        - 'sh -X '
  condition: sel
level: low
`
	got := string(vary([]byte(text), 7))
	p := func(s string) string { return permute(s, permutation(7)) }
	for _, want := range []string{
		"title: A title 7\n", "id: 12345678-1234-1234-1234-123456780007\n", "category: process_creation}\n",
		"Image|endswith: '" + p("/curl") + "'\n", "User: root\n", `'\sab+c{2}` + p("wget") + "[a-z]+'\n",
		"- '" + p("sh -X") + " '\n", "- null\n", "condition: sel\n", "level: low\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("vary(…, 7) has not %q:\n%s", want, got)
		}
	}
	if e, diags := Compile(varied([]rule.File{{Name: "a.yml", Data: []byte(text)}}, 10), Options{}); len(e.Rules()) != 10 {
		t.Errorf("Compile(varied(…, 10)) = %d rules, %v, want 10", len(e.Rules()), diags)
	}
}
