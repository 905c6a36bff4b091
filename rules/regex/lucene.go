package regex

// CompileLucene reads an expression in Lucene's syntax with all its operators, as EQL's regex has it; with fold, ASCII
// letters match in either case. It matches the whole of a value or not. A character is one of Unicode; in a value that is
// not UTF-8, where Elasticsearch sees replacement characters, . and [^...] are a byte outside of ASCII, so that a stray
// byte hides nothing.
//
// It returns an *Error if the expression is not Lucene's, if it is too large, and where Lucene takes for a character what
// looks like an operator without operand. Of o, Limit counts.
func CompileLucene(expr string, fold bool, o Options) (*Regexp, error) {
	chars, err := parseLucene(expr, fold, false)
	if err != nil {
		return nil, err
	}
	bytes, err := parseLucene(expr, fold, true)
	if err != nil {
		return nil, err
	}
	re := &Regexp{expr: expr, limit: o.Limit, whole: true, names: make([]string, 1), needles: either(required(chars), required(bytes))}
	if re.limit == 0 {
		re.limit = DefaultLimit
	}
	if re.chars, err = newDFA(chars, true); err == nil {
		re.dfa, err = newDFA(bytes, false)
	}
	if err != nil {
		return nil, &Error{Msg: "expression is " + err.Error()}
	}
	return re, nil
}
