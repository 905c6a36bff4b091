package event

import (
	"path"
	"strings"
)

// inlineCode is the program that an interpreter was given on its command line, as python3 -c CODE: not any text there
// that looks like one. "" if there is none.
func inlineCode(p *Process) string {
	file, args := interpreted(p)
	if file == "" {
		return ""
	}
	name := strings.TrimRight(path.Base(file), "0123456789.")
	if name = strings.TrimPrefix(name, "platform-"); strings.HasPrefix(name, "python") || strings.HasPrefix(name, "pypy") {
		return pythonCode(args)
	}
	switch name {
	case "perl", "ruby", "lua", "luajit", "node", "nodejs":
		return codeAfter(args, "-e", "-E", "--eval", "-p", "--print")
	case "awk", "gawk", "mawk":
		return awkCode(args)
	case "php", "php-cgi":
		return codeAfter(args, "-r", "--run")
	}
	return ""
}

// interpreted is the path of what runs, and its arguments: that of the executable, whatever argv[0] says; what ld.so was
// told to run, if it was.
func interpreted(p *Process) (file string, args []string) {
	if len(p.Args) == 0 {
		return "", nil
	}
	base := path.Base(p.Exe)
	if !strings.HasPrefix(base, "ld-") && !strings.HasPrefix(base, "ld.") {
		return p.Exe, p.Args[1:]
	}
	for i, a := range p.Args[1:] {
		if !strings.HasPrefix(a, "-") {
			return a, p.Args[2+i:]
		}
	}
	return "", nil
}

// pythonCode reads options as the interpreter does: https://docs.python.org/3/using/cmdline.html.
func pythonCode(args []string) string {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--check-hash-based-pycs" {
			i++
			continue
		}
		if len(a) < 2 || a[0] != '-' {
			return ""
		}
		if a[1] == '-' {
			continue
		}
		at := strings.IndexAny(a[1:], "cmWXQ") + 1 // each of them takes what follows
		switch {
		case at == 0:
			continue
		case a[at] == 'm':
			return moduleCode(append([]string{a[at+1:]}, args[i+1:]...))
		case a[at] == 'c' && at+1 < len(a):
			return a[at+1:]
		case a[at] == 'c' && i+1 < len(args):
			return args[i+1]
		case at+1 == len(a):
			i++
		}
	}
	return ""
}

// moduleCode is the code that a module of the standard library is given to run; of others that is not known.
func moduleCode(args []string) string {
	if args[0] == "" {
		args = args[1:]
	}
	if len(args) > 0 && args[0] == "timeit" {
		return strings.Join(args[1:], "\n")
	}
	return ""
}

func codeAfter(args []string, options ...string) string {
	for i, a := range args {
		if len(a) == 0 || a[0] != '-' {
			return ""
		}
		for _, o := range options {
			if a == o && i+1 < len(args) {
				return args[i+1]
			}
			if code, ok := strings.CutPrefix(a, o); ok && len(o) == 2 && code != "" {
				return code
			}
		}
	}
	return ""
}

// awkCode is the first argument that is no option, if no file has the code.
func awkCode(args []string) string {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-F" || a == "-v":
			i++
		case strings.HasPrefix(a, "-f") || strings.HasPrefix(a, "--file") || strings.HasPrefix(a, "-E"):
			return ""
		case !strings.HasPrefix(a, "-") || a == "-":
			return a
		}
	}
	return ""
}

// withoutStrings returns code of Python without what stands in its strings and comments: what is only said there is not
// done. Other languages quote alike.
func withoutStrings(code string) string {
	var out strings.Builder
	for i := 0; i < len(code); {
		switch c := code[i]; c {
		case '#':
			if n := strings.IndexByte(code[i:], '\n'); n >= 0 {
				i += n
				continue
			}
			return out.String()
		case '\'', '"':
			i += quotedLen(code[i:])
			out.WriteByte(c)
			out.WriteByte(c)
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.String()
}

// quotedLen is the length of the string that code begins with, its quotes included.
func quotedLen(code string) int {
	quote := code[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(code, triple) {
		quote = triple
	}
	for i := len(quote); i < len(code); i++ {
		if code[i] == '\\' {
			i++
		} else if strings.HasPrefix(code[i:], quote) {
			return i + len(quote)
		}
	}
	return len(code)
}
