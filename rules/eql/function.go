package eql

import "strings"

// function is a built-in function.
// Source: https://www.elastic.co/docs/reference/query-languages/eql/eql-function-ref.
type function struct {
	name     string
	required string // types of the arguments: s text, n number, b boolean, a any
	optional string
	more     bool // the last one may be repeated
	folds    bool // takes a ~
	lenient  bool // only the first argument being null makes the result null
	result   class
	eval     func(args []value, fold bool) value
}

// functions by their names in lower case: Elastic's own rules write cidrmatch.
var functions = byName(
	function{name: "add", required: "nn", result: numbers, eval: arithmeticOf(opAdd)},
	function{name: "subtract", required: "nn", result: numbers, eval: arithmeticOf(opSub)},
	function{name: "multiply", required: "nn", result: numbers, eval: arithmeticOf(opMul)},
	function{name: "divide", required: "nn", result: numbers, eval: arithmeticOf(opDiv)},
	function{name: "modulo", required: "nn", result: numbers, eval: arithmeticOf(opMod)},
	function{name: "between", required: "sss", optional: "b", folds: true, result: texts, eval: between},
	function{name: "cidrMatch", required: "ss", more: true, result: booleans}, // has a node of its own
	function{name: "concat", required: "a", more: true, result: texts, eval: concat},
	function{name: "endsWith", required: "ss", folds: true, result: booleans, eval: endsWith},
	function{name: "indexOf", required: "ss", optional: "n", folds: true, result: numbers, eval: indexOf},
	function{name: "length", required: "s", result: numbers, eval: length},
	function{name: "number", required: "s", optional: "n", lenient: true, result: numbers, eval: toNumber},
	function{name: "startsWith", required: "ss", folds: true, result: booleans, eval: startsWith},
	function{name: "string", required: "a", result: texts, eval: toString},
	function{name: "stringContains", required: "ss", folds: true, result: booleans, eval: stringContains},
	function{name: "substring", required: "sn", optional: "n", result: texts, eval: substring},
)

func byName(list ...function) map[string]*function {
	m := make(map[string]*function)
	for i := range list {
		m[strings.ToLower(list[i].name)] = &list[i]
	}
	return m
}

// foreign are functions of Endgame EQL and what Elasticsearch has instead.
var foreign = map[string]string{
	"wildcard":      `write field : ("a*", "b*"), or like with regard to case`,
	"match":         `write field regex~ "…"`,
	"matchlite":     `write field regex~ "…"`,
	"arraycontains": `write field : "…": any of its values may be equal`,
	"arraysearch":   `a comparison holds if any value of a field passes`,
	"arraycount":    `Elasticsearch has no counting of values`,
	"safe":          `a comparison with what is absent is no error`,
}

// callNode is a function with its arguments.
type callNode struct {
	f    *function
	fold bool
	args []node
}

func (n callNode) eval(sc *scratch) value {
	base := len(sc.args)
	defer func() { sc.args = sc.args[:base] }()
	for i, a := range n.args {
		v := a.eval(sc)
		if v.kind == nullKind && (i == 0 || !n.f.lenient) {
			return null
		}
		sc.args = append(sc.args, v)
	}
	return n.f.eval(sc.args[base:], n.fold)
}

func arithmeticOf(o op) func([]value, bool) value {
	return func(args []value, _ bool) value { return calculate(o, number(args[0]), number(args[1])) }
}

func (f *function) max() int {
	if f.more {
		return maxQuery
	}
	return len(f.required) + len(f.optional)
}

// wants returns the type of an argument.
func (f *function) wants(i int) byte {
	all := f.required + f.optional
	return all[min(i, len(all)-1)]
}
