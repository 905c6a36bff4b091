package eql

import (
	"strconv"
	"time"
)

// query is a parsed query: an event query, a sequence or a sample.
type query struct {
	kind    queryKind
	by      []*expr
	maxSpan time.Duration // 0: none is given
	span    string        // MaxSpan as it is written
	terms   []term        // an event query has one
	until   *term
	pipes   []pipe
	pos     position
}

type queryKind uint8

const (
	eventQuery queryKind = iota
	sequenceQuery
	sampleQuery
)

// term is one filter: what stands in brackets, and what follows them.
type term struct {
	any      bool // of any category
	category string
	cond     *expr
	by       []*expr
	runs     int // how often it stands there; 0: nothing is written, which means once
	missing  bool
	pos      position
}

type pipe struct {
	name string
	n    *expr
	pos  position
}

// expr is a part of a condition.
type expr struct {
	op   op
	pos  position
	text string   // of a string, a number as it is written, a function's name
	path []string // of a field
	fold bool     // function~, in~, like~, regex~
	opt  bool     // ?field
	neg  bool     // not in
	kids []*expr  // of in and its like: first what is looked for
}

type op uint8

const (
	opNull op = iota
	opBool
	opInt
	opFloat
	opString
	opField
	opCall
	opNeg
	opAdd
	opSub
	opMul
	opDiv
	opMod
	opEqual
	opUnequal
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opIn
	opSeq // :
	opLike
	opRegex
	opNot
	opAnd
	opOr
)

var opNames = [...]string{
	opNeg: "-", opAdd: "+", opSub: "-", opMul: "*", opDiv: "/", opMod: "%", opEqual: "==", opUnequal: "!=", opLess: "<", opLessEqual: "<=",
	opGreater: ">", opGreaterEqual: ">=", opIn: "in", opSeq: ":", opLike: "like", opRegex: "regex", opNot: "not", opAnd: "and", opOr: "or",
}

func (x *expr) isLiteral() bool { return x.op <= opString }

func (x *expr) isTrue() bool { return x.op == opBool && x.text == "true" }

func (x *expr) isComparison() bool { return x.op >= opEqual && x.op <= opGreaterEqual }

func quote(s string) string { return strconv.Quote(s) }
