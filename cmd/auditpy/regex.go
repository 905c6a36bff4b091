package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/auditpy/auditpy/rules/regex"
)

func regexCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "regex",
		Short: "Try regular expressions of PCRE2: JSON lines in, JSON lines out",
		Long: `Regex reads from standard input one JSON object a line: "pattern" and "subject", or "pattern_b64" and "subject_b64" for
bytes that are not UTF-8, "flags" (letters of i m s x n U as in Perl, u: UTF), and "id", which is given back.

It writes for each, at once, an object with "ok"; false with "error" if the pattern or the flags are refused. Else
"matched"; if so "start" and "end" in bytes, and "groups": for each group its start and end, or null. "limit" is true
if the search took too many steps: then "matched" is not known, or where.`,
		Example: `  echo '{"pattern":"b(a)*","subject":"xbaa","flags":"i"}' | auditpy regex`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			t := tries{limit: limit, out: bufio.NewWriter(c.OutOrStdout())}
			return t.run(bufio.NewReaderSize(c.InOrStdin(), 1<<16))
		},
	}
	c.Flags().IntVar(&limit, "limit", regex.DefaultLimit, "`steps` that one search may take")
	return c
}

// tries answers requests.
type tries struct {
	limit   int
	out     *bufio.Writer
	scratch regex.Scratch
	last    request // whose expression is re
	re      *expression
}

// expression is one that was compiled, or why it was not.
type expression struct {
	*regex.Regexp
	err error
}

type request struct {
	ID         json.RawMessage `json:"id"`
	Pattern    *string         `json:"pattern"`
	Subject    *string         `json:"subject"`
	PatternB64 []byte          `json:"pattern_b64"`
	SubjectB64 []byte          `json:"subject_b64"`
	Flags      string          `json:"flags"`
}

type response struct {
	ID      json.RawMessage `json:"id,omitempty"`
	OK      bool            `json:"ok"`
	Error   string          `json:"error,omitempty"`
	Matched *bool           `json:"matched,omitempty"`
	Start   *int            `json:"start,omitempty"`
	End     *int            `json:"end,omitempty"`
	Groups  []*[2]int       `json:"groups,omitzero"`
	Limit   bool            `json:"limit,omitempty"`
}

// maxRequest bounds a line.
const maxRequest = 16 << 20

// run answers line by line: who asks may wait for each answer.
func (t *tries) run(in *bufio.Reader) error {
	enc := json.NewEncoder(t.out)
	enc.SetEscapeHTML(false)
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !errors.Is(err, errLineTooLong) {
			return fmt.Errorf("read standard input: %w", err)
		}
		if err == nil && len(line) == 0 {
			continue
		}
		if err := enc.Encode(t.answer(line, err)); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
		if err := t.out.Flush(); err != nil {
			return fmt.Errorf("write standard output: %w", err)
		}
	}
}

var errLineTooLong = fmt.Errorf("line too long: at most %d bytes", maxRequest)

// readLine reads a line without its end. Of one that is too long it keeps nothing.
func readLine(in *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxRequest; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0 && !long):
			return nil, err
		case long:
			return nil, errLineTooLong
		}
		for n := len(line); n > 0 && (line[n-1] == '\n' || line[n-1] == '\r'); n-- {
			line = line[:n-1]
		}
		return line, nil
	}
}

func (t *tries) answer(line []byte, err error) response {
	var q request
	if err == nil {
		err = json.Unmarshal(line, &q)
	}
	pattern, errPattern := given("pattern", q.Pattern, q.PatternB64)
	subject, errSubject := given("subject", q.Subject, q.SubjectB64)
	for _, e := range []error{err, errPattern, errSubject} {
		if e != nil {
			return response{ID: q.ID, Error: e.Error()}
		}
	}
	if t.re == nil || q.Flags != t.last.Flags || pattern != *t.last.Pattern {
		t.last, t.re = request{Pattern: &pattern, Flags: q.Flags}, compile(pattern, q.Flags, t.limit)
	}
	if t.re.err != nil {
		return response{ID: q.ID, Error: t.re.err.Error()}
	}
	r := t.find(subject)
	r.ID = q.ID
	return r
}

// given returns what was given as text or as bytes.
func given(name string, text *string, bytes []byte) (string, error) {
	switch {
	case text != nil && bytes != nil:
		return "", fmt.Errorf("both %s and %s_b64", name, name)
	case text != nil:
		return *text, nil
	case bytes != nil:
		return string(bytes), nil
	}
	return "", fmt.Errorf("neither %s nor %s_b64", name, name)
}

func compile(pattern, letters string, limit int) *expression {
	flags, ok := regex.ParseFlags(letters)
	if !ok {
		return &expression{err: fmt.Errorf("unknown flags %q: they are of i m s x n U u", letters)}
	}
	re, err := regex.Compile(pattern, regex.Options{Flags: flags, Limit: limit})
	return &expression{re, err}
}

func (t *tries) find(subject string) response {
	offsets, a := t.re.Find(nil, subject, &t.scratch)
	matched := a == regex.Yes
	r := response{OK: true, Matched: &matched, Limit: a == regex.Undecided || matched && offsets == nil}
	if offsets == nil {
		return r
	}
	r.Start, r.End, r.Groups = &offsets[0], &offsets[1], []*[2]int{}
	for i := 2; i < len(offsets); i += 2 {
		if offsets[i] < 0 {
			r.Groups = append(r.Groups, nil)
			continue
		}
		r.Groups = append(r.Groups, &[2]int{offsets[i], offsets[i+1]})
	}
	return r
}
