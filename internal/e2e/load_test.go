//go:build e2e

package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The lanes of the load run side by side. Whatever they leave behind holds standard output, so its end
// tells that all has ended. An execution with trap- in its arguments is one whose parent cannot be proved
// without fork records: its ppid is another process than the one that forked it, or has executed since.
var lanes = map[string]string{
	"shell1": shellLane, "shell2": shellLane, "orphans": orphanLane, "python": pythonLane, "namespaces": namespaceLane,
}

const shellLane = `#!/bin/bash
for i in {1..16}; do
	/bin/true plain
	(/bin/true subshell; :)
	( ( (/bin/true deep; :); :); :)
	x=$(/bin/echo substitution | /bin/cat)
	/bin/echo pipe | /bin/cat | (/bin/cat; :)
	/bin/true background & wait $!
	env nohup timeout 5 /bin/true chain
	sh -c '/bin/true first; exec /bin/true last'
	bash -c 'exec bash -c "exec env A=b sleep 0.01"'
	find /etc/hostname -exec /bin/true {} \;
	echo word | xargs /bin/true
done
`

const orphanLane = `#!/bin/bash
busy() { for ((j = 0; j < 1500; j++)); do :; done; }
for i in {1..12}; do
	( (sleep 0.02; exec /bin/true orphan) & )
	( (sleep 0.02; (/bin/true child of an orphan; :)) & )
	( setsid sh -c 'sleep 0.02; /bin/true daemon' & )
	setsid -f sh -c '/bin/true session; exec sleep 0.01'
	( env sh -c 'sleep 0.03; exec /bin/true executed again as an orphan' & )
	nohup sh -c '(/bin/true ignores hangup; :)' &
	bash -c 'for ((j = 0; j < 1500; j++)); do :; done & (for ((j = 0; j < 1500; j++)); do :; done; exec /bin/true trap-a: the parent executes meanwhile) & exec sleep 0.05' &
	( (busy; exec /bin/true trap-d: the parent first executes meanwhile) & exec sleep 0.05 ) &
	sleep 0.06
done
wait
`

const pythonLane = `#!/usr/bin/python3
import ctypes, os, platform, signal, subprocess, threading, time

def run(*words): subprocess.run(["/bin/true", *words])
def child(f):
    pid = os.fork()
    if pid == 0:
        try: f()
        finally: os._exit(0)
    return pid
def wait(*pids):
    for pid in pids: os.waitpid(pid, 0)
def true(*words): os.execv("/bin/true", ["true", *words])

for i in range(20):
    run("vfork")
    subprocess.run(["/bin/true", "fork"], preexec_fn=lambda: None)
    wait(os.posix_spawn("/bin/true", ["true", "spawn"], {}))

def tree(depth):
    wait(*[child(lambda: tree(depth - 1) if depth else true("leaf")) for _ in range(2)])
for i in range(3): tree(3)

def work():
    for i in range(5):
        subprocess.run(["sh", "-c", "(/bin/true of a thread; :)"])
        wait(child(lambda: true("forked by a thread")))
threads = [threading.Thread(target=work) for _ in range(6)]
for t in threads: t.start()
for t in threads: t.join()

def from_thread():
    threading.Thread(target=lambda: true("executed by a thread")).start()
    time.sleep(1)
for i in range(5): wait(child(from_thread))

def orphan():
    child(lambda: (time.sleep(.03), true("daemon of python")))
for i in range(10): wait(child(orphan))

def adopt():
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) # PR_SET_CHILD_SUBREAPER
    wait(child(lambda: child(lambda: (time.sleep(.02), true("trap-b: its ppid adopted it")))))
    wait(-1)
def adopter():
    os.execv("/usr/bin/python3", ["python3", "-c", "from os import *\nimport ctypes, time\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n"
        "if fork() == 0:\n if fork() == 0:\n  time.sleep(.02); execv('/bin/true', ['true', 'trap-b: its ppid adopted it'])\n _exit(0)\nwait(); wait()"])
for i in range(4): wait(child(adopt), child(adopter))

def sibling():
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    if ctypes.CDLL(None).syscall(number, 0x8000 | signal.SIGCHLD, 0, 0, 0, 0) == 0: # CLONE_PARENT
        true("trap-c: its ppid did not fork it")
for i in range(4): wait(child(sibling), -1)

# The number of a process that has ended, for one that executes nothing itself.
def again(pid):
    with open("/proc/sys/kernel/ns_last_pid", "w") as f: f.write(str(pid - 1))
    return child(lambda: wait(child(lambda: true("trap-e: its ppid was another process before"))))
if os.environ["REUSE"]:
    for i in range(20):
        pid = child(lambda: true("ends"))
        wait(pid)
        wait(again(pid))
`

// Numbers in the namespace are those that the host gives at the same time.
const namespaceLane = `#!/bin/bash
for i in {1..4}; do
	unshare --pid --fork --mount-proc bash -c '
		echo "$1" >/proc/sys/kernel/ns_last_pid
		for j in {1..6}; do
			/bin/true in a namespace
			(/bin/true subshell in a namespace; :)
			x=$(/bin/echo a | /bin/cat)
			( (sleep 0.02; exec /bin/true trap-b: adopted in a namespace) & )
		done
		unshare --pid --fork bash -c "/bin/true nested; (/bin/true nested subshell; :)"
		sleep 0.1' namespace "$(sh -c 'echo $(($$ + 20))')"
done
`

// load runs all lanes to the end of their last process, and returns the pid of their root. With reuse, numbers of
// processes are used again at once.
func load(t *testing.T, reuse string) int {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/bash\n"
	for name, text := range lanes {
		file := filepath.Join(dir, name)
		writeExecutable(t, file, text)
		script += file + " &\n"
	}
	root := filepath.Join(dir, "load")
	writeExecutable(t, root, script+"wait\n")
	c := exec.Command(root)
	c.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "REUSE=" + reuse}
	c.WaitDelay = 30 * time.Second
	stderr := new(buffer)
	c.Stdout, c.Stderr = new(buffer), stderr
	if err := c.Run(); err != nil || stderr.String() != "" {
		t.Fatalf("the load ended with %v: %s", err, stderr)
	}
	return c.Process.Pid
}
