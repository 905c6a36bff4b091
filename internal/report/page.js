// Text from the log enters this page through textContent only: nothing here makes markup of a string.
(function () {
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const alerts = data.alerts, rules = data.rules, levels = data.about.levels;
const rowHeight = 60, chunk = 20, bins = 120;
const $ = (id) => document.getElementById(id);

function make(tag, classes, text) {
	const e = document.createElement(tag);
	if (classes) e.className = classes;
	if (text !== undefined) e.textContent = text;
	return e;
}
function add(parent) {
	for (let i = 1; i < arguments.length; i++) if (arguments[i]) parent.appendChild(arguments[i]);
	return parent;
}
function segments(parent, list) {
	list.forEach((s, i) => { if (s) parent.appendChild(i % 2 ? make("mark", "", s) : document.createTextNode(s)); });
	return parent;
}
function clock(ms) { return new Date(ms).toISOString().slice(11, 23); }
function day(ms) { return new Date(ms).toISOString().slice(0, 10); }
function stamp(ms) { return day(ms) + " " + clock(ms) + " UTC"; }
const oneDay = alerts.length === 0 || day(alerts[0].t) === day(alerts[alerts.length - 1].t);
function brief(ms) { return oneDay ? clock(ms) : day(ms).slice(5) + " " + clock(ms).slice(0, 8); }
const plural = (n, what) => n.toLocaleString("en") + " " + what + (n === 1 ? "" : "s");

// What the text filter searches, made once for an alert when it is first asked.
function haystack(a) {
	if (a.hay === undefined) {
		const parts = [a.id, a.e, a.h || "", a.w.join(""), a.p || "", a.i];
		for (const r of a.r) parts.push(rules[r].title, rules[r].id, (rules[r].techniques || []).join(" "));
		for (const n of a.n || []) parts.push(n.x, n.c || "", n.u || "", String(n.p));
		for (const v of a.v || []) parts.push(v.v.join(""));
		for (const g of a.g || []) parts.push(g[0], g[1]);
		a.hay = parts.join("\n").toLowerCase();
	}
	return a.hay;
}

alerts.forEach((a, i) => { a.at = i; });
const byTime = alerts.slice().sort((a, b) => a.t - b.t || a.at - b.at);
const incidents = new Map();
for (const a of byTime) {
	const k = a.i || a.id;
	if (!incidents.has(k)) incidents.set(k, []);
	incidents.get(k).push(a);
}
const first = byTime.length ? byTime[0].t : 0;
const last = byTime.length ? byTime[byTime.length - 1].t : 0;
const span = Math.max(1, last - first + 1);

const state = { levels: levels.map(() => true), rule: -1, host: null, text: "", from: null, to: null, grouped: true, chosen: -1, key: null };
let rows = [];

// ---- what is shown

function passes(a) {
	return state.levels[a.l] && (state.rule < 0 || a.r.includes(state.rule)) && (state.host === null || (a.h || "") === state.host) &&
		(state.from === null || (a.t >= state.from && a.t <= state.to)) && state.words.every((w) => haystack(a).includes(w));
}
function select() {
	state.words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
	const passed = byTime.filter(passes);
	if (state.grouped) {
		const groups = new Map();
		for (const a of passed) {
			const k = a.i || a.id;
			if (!groups.has(k)) groups.set(k, { key: k, alerts: [] });
			groups.get(k).alerts.push(a);
		}
		rows = Array.from(groups.values());
	} else {
		rows = passed.map((a) => ({ key: a.id, alerts: [a] }));
	}
	for (const r of rows) r.worst = r.alerts.reduce((w, a) => (a.l > w.l ? a : w), r.alerts[0]);
	state.chosen = rows.findIndex((r) => r.key === state.key);
	const of = state.grouped ? incidents.size : alerts.length;
	const what = state.grouped ? " incident" : " alert";
	$("count").textContent = rows.length === of ? plural(of, what.trim()) : rows.length.toLocaleString("en") + " of " + plural(of, what.trim());
	$("spacer").style.height = rows.length * rowHeight + "px";
	drawList();
	drawBars(passed);
	if (state.chosen < 0) choose(rows.length ? 0 : -1);
	else drawDetail();
}

// ---- the list: only the rows that are on the screen exist

const drawn = new Map();
function drawList() {
	for (const e of drawn.values()) e.remove();
	drawn.clear();
	const old = $("list").querySelector(".empty");
	if (old) old.remove();
	if (!rows.length) $("list").appendChild(make("p", "empty", alerts.length ? "Nothing passes these filters." : "No alerts: no rule matched what was read."));
	scrolled();
}
function scrolled() {
	const list = $("list");
	const from = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 5);
	const to = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 5);
	for (const [i, e] of drawn) if (i < from || i >= to) { e.remove(); drawn.delete(i); }
	for (let i = from; i < to; i++) if (!drawn.has(i)) { const e = row(i); drawn.set(i, e); list.appendChild(e); }
}
function row(i) {
	const r = rows[i], a = r.worst;
	const e = make("div", "row l" + a.l);
	e.setAttribute("role", "option");
	e.setAttribute("aria-selected", String(i === state.chosen));
	e.style.top = i * rowHeight + "px";
	const line = make("div");
	add(line, make("strong", "", rules[a.r[0]].title), r.alerts.length > 1 ? make("span", "times", "×" + r.alerts.length) : null, make("time", "", brief(r.alerts[0].t)));
	add(e, line, make("code", "", (a.h ? a.h + "  " : "") + a.w.join("")));
	e.addEventListener("click", () => choose(i));
	return e;
}
function choose(i) {
	const old = drawn.get(state.chosen);
	if (old) old.setAttribute("aria-selected", "false");
	state.chosen = i;
	state.key = i < 0 ? null : rows[i].key;
	const e = drawn.get(i);
	if (e) e.setAttribute("aria-selected", "true");
	drawDetail();
}
function reveal(i) {
	const list = $("list"), top = i * rowHeight;
	if (top < list.scrollTop) list.scrollTop = top;
	else if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight;
	scrolled();
}

// ---- the timeline

const svg = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
function drawBars(passed) {
	const counts = Array.from({ length: bins }, () => levels.map(() => 0));
	for (const a of passed) counts[Math.min(bins - 1, Math.floor(((a.t - first) / span) * bins))][a.l]++;
	const most = Math.max(1, ...counts.map((c) => c.reduce((x, y) => x + y, 0)));
	const box = $("bars");
	box.setAttribute("viewBox", "0 0 " + bins + " 100");
	box.replaceChildren();
	counts.forEach((c, i) => {
		let y = 100;
		const sum = c.reduce((x, n) => x + n, 0);
		for (let l = levels.length - 1; l >= 0; l--) {
			if (!c[l]) continue;
			const height = Math.max((c[l] / most) * 100, 3);
			const r = svg("rect");
			r.setAttribute("x", i + 0.1); r.setAttribute("width", 0.8);
			r.setAttribute("y", y - height); r.setAttribute("height", height);
			r.setAttribute("class", "l" + l);
			r.style.fill = "var(--lc)";
			const t = svg("title");
			t.textContent = stamp(first + (i / bins) * span) + ": " + plural(sum, "alert");
			r.appendChild(t); box.appendChild(r);
			y -= height;
		}
	});
	$("window").textContent = state.from === null ? (alerts.length > 1 ? "drag to choose a time" : "") : brief(state.from) + " – " + brief(state.to);
	const brush = $("brush");
	brush.hidden = state.from === null;
	if (state.from !== null) {
		const at = (t) => box.offsetLeft + ((t - first) / span) * box.clientWidth;
		brush.style.left = at(state.from) + "px";
		brush.style.width = Math.max(2, at(state.to) - at(state.from)) + "px";
	}
}
function brushing() {
	const box = $("bars");
	let begun = null;
	const at = (e) => { const r = box.getBoundingClientRect(); return first + Math.min(1, Math.max(0, (e.clientX - r.left) / r.width)) * span; };
	box.addEventListener("pointerdown", (e) => { begun = at(e); box.setPointerCapture(e.pointerId); });
	box.addEventListener("pointerup", (e) => {
		if (begun === null) return;
		const end = at(e);
		if (Math.abs(end - begun) < span / 400) { const bin = Math.floor((end - first) / span * bins); state.from = first + bin * span / bins; state.to = state.from + span / bins; }
		else { state.from = Math.min(begun, end); state.to = Math.max(begun, end); }
		begun = null;
		select();
	});
	box.addEventListener("dblclick", () => { state.from = state.to = null; select(); });
}

// ---- one incident

function drawDetail() {
	const box = $("detail");
	box.replaceChildren();
	box.scrollTop = 0;
	const r = rows[state.chosen];
	if (!r) { box.appendChild(make("p", "empty", "Nothing is chosen.")); return; }
	const a = r.worst, m = rules[a.r[0]];
	const all = incidents.get(a.i || a.id);
	add(box, make("h2", "", m.title));
	const meta = add(make("p", "meta l" + a.l), make("span", "pill", levels[a.l]), make("span", "", stamp(a.t)));
	if (a.h) add(meta, make("span", "", "host " + a.h));
	if (m.techniques) add(meta, make("span", "", m.techniques.join(", ")));
	if (all.length > 1) add(meta, make("span", "", plural(all.length, "alert") + " in this incident"));
	add(box, meta);
	if (m.about) add(box, make("p", "about", m.about));
	if (all.some((x) => x.n)) add(box, make("h3", "", "Processes"), tree(all));
	add(box, make("h3", "", all.length > 1 ? "Alerts of the incident" : "Alert"));
	cards(box, all, 0, a);
	prose(box, "What to do", m.response);
	prose(box, "Harmless if", m["false"]);
	prose(box, "References", m.references);
}
function prose(box, title, list) {
	if (!list) return;
	const ul = make("ul", "side");
	for (const s of list) add(ul, make("li", "", s));
	add(box, make("h3", "", title), ul);
}

// tree joins what all alerts of an incident know of its processes.
function tree(all) {
	const nodes = new Map();
	const roots = [];
	for (const a of all) {
		let child = null;
		(a.n || []).forEach((p, depth) => {
			let n = nodes.get(p.k);
			if (!n) { n = { p: p, kids: [], alerts: [], parent: null }; nodes.set(p.k, n); }
			if (depth === 0) { n.alerts.push(a); n.p = p; }
			else if (!n.p.c && p.c) n.p = p;
			if (child && !child.parent && !above(n, child)) { child.parent = n; n.kids.push(child); }
			child = n;
		});
	}
	for (const n of nodes.values()) if (!n.parent) roots.push(n);
	const ul = make("ul", "tree");
	for (const n of roots) add(ul, branch(n, 0));
	return ul;
}
// above reports whether child is n or above it: a pid that came twice must not make a circle.
function above(n, child) {
	for (; n; n = n.parent) if (n === child) return true;
	return false;
}
function branch(n, depth) {
	const p = n.p, worst = n.alerts.reduce((w, a) => Math.max(w, a.l), -1);
	const e = make("div", "node" + (worst >= 0 ? " hot l" + worst : ""));
	const name = p.x ? p.x.slice(p.x.lastIndexOf("/") + 1) : "?";
	add(e, make("b", "", name), make("span", "pid", p.p >= 0 ? String(p.p) : ""));
	if (p.c) add(e, make("code", "", p.c));
	const notes = [];
	if (p.u && (!n.parent || n.parent.p.u !== p.u)) notes.push(p.u);
	if (p.s) notes.push(p.s === "unknown" ? "unknown" : "known by " + p.s);
	if (notes.length) add(e, make("i", "", notes.join(", ")));
	e.title = p.x + (p.c ? "\n" + p.c : "");
	if (worst >= 0) e.addEventListener("click", () => { const c = document.getElementById("a-" + n.alerts[0].id); if (c) c.scrollIntoView({ block: "nearest" }); });
	const li = add(make("li"), e);
	if (n.kids.length && depth < 64) {
		const ul = make("ul");
		for (const k of n.kids) add(ul, branch(k, depth + 1));
		add(li, ul);
	}
	return li;
}

function cards(box, all, from, chosen) {
	const before = box.querySelector(".more");
	for (const a of all.slice(from, from + chunk)) add(box, card(a, a === chosen && all.length > 1));
	if (before) before.remove();
	const rest = all.length - from - chunk;
	if (rest > 0) {
		const more = make("button", "more", "Show " + Math.min(rest, chunk) + " of " + rest + " more");
		more.addEventListener("click", () => { const at = more.nextSibling; const part = document.createDocumentFragment(); more.remove(); cards(part, all, from + chunk, chosen); box.insertBefore(part, at); });
		add(box, more);
	}
}
function card(a, chosen) {
	const e = make("section", "card l" + a.l + (chosen ? " chosen" : ""));
	e.id = "a-" + a.id;
	const head = add(make("header"), make("span", "pill", levels[a.l]), make("strong", "", rules[a.r[0]].title), make("time", "", brief(a.t)));
	add(e, head, segments(make("pre"), a.w));
	const facts = make("dl", "facts");
	const fact = (k, v, c) => { if (v) add(facts, make("dt", "", k), make("dd", c || "", v)); };
	const p = (a.n || [])[0];
	if (p) {
		fact("process", p.x + ", pid " + p.p, "mono");
		fact("user", p.u);
		fact("folder", p.d, "mono");
		fact("terminal", p.y, "mono");
	}
	fact("peer", a.p, "mono");
	fact("also", a.r.slice(1).map((r) => rules[r].title + " (" + levels[rules[r].level] + ")").join("; ") + (a.rm ? "; and " + a.rm + " more" : ""));
	for (const g of a.g || []) fact("in common", g[0] + " " + g[1], "mono");
	if (a.s) fact("events", a.s.join("; ") + (a.sm ? "; and " + a.sm + " more" : ""), "mono");
	fact("event", a.e + "  alert " + a.id, "mono");
	fact("rule", rules[a.r[0]].id + "  " + (rules[a.r[0]].place || ""), "mono");
	for (const x of a.x || []) fact("note", x, "warn");
	add(e, facts);
	if (a.v) add(e, evidence(a.v));
	return e;
}
function evidence(list) {
	const t = make("table"), head = make("tr");
	for (const h of ["evidence", "asked for", "found"]) add(head, make("th", "", h));
	add(t, head);
	for (const v of list) {
		const tr = make("tr");
		add(tr, add(make("td"), make("code", "", v.f)), add(make("td"), make("code", "", v.m || "")), add(make("td"), segments(make("code"), v.v)));
		add(t, tr);
	}
	return t;
}

// ---- filters

function levelButtons() {
	const counts = levels.map(() => 0);
	for (const a of alerts) counts[a.l]++;
	for (let l = levels.length - 1; l >= 0; l--) {
		if (!counts[l]) continue;
		const b = make("button", "l" + l);
		b.type = "button";
		b.setAttribute("aria-pressed", "true");
		add(b, make("span", "dot"), document.createTextNode(levels[l] + " "), make("b", "", counts[l].toLocaleString("en")));
		b.addEventListener("click", () => { state.levels[l] = !state.levels[l]; b.setAttribute("aria-pressed", String(state.levels[l])); select(); });
		$("levels").appendChild(b);
	}
}
function options(id, all, pairs) {
	const s = $(id);
	const o = make("option", "", all); o.value = "";
	s.appendChild(o);
	for (const [value, label] of pairs) { const e = make("option", "", label); e.value = value; s.appendChild(e); }
	s.hidden = pairs.length < 2;
}
function filters() {
	levelButtons();
	const counts = rules.map(() => 0), hosts = new Map();
	for (const a of alerts) {
		for (const r of a.r) counts[r]++;
		hosts.set(a.h || "", (hosts.get(a.h || "") || 0) + 1);
	}
	const names = Array.from(hosts.keys()).sort();
	options("rule", "All rules", rules.map((r, i) => [String(i), r.title + " (" + counts[i] + ")"]).sort((a, b) => (a[1] < b[1] ? -1 : 1)));
	options("host", "All hosts", names.map((h, i) => [String(i), (h || "this host") + " (" + hosts.get(h) + ")"]));
	$("rule").addEventListener("change", (e) => { state.rule = e.target.value === "" ? -1 : Number(e.target.value); select(); });
	$("host").addEventListener("change", (e) => { state.host = e.target.value === "" ? null : names[Number(e.target.value)]; select(); });
	let timer = 0;
	$("text").addEventListener("input", (e) => { clearTimeout(timer); timer = setTimeout(() => { state.text = e.target.value; select(); }, 120); });
	const group = (on) => { state.grouped = on; $("by-incident").setAttribute("aria-pressed", String(on)); $("by-alert").setAttribute("aria-pressed", String(!on)); };
	$("by-incident").addEventListener("click", () => { group(true); state.key = null; select(); });
	$("by-alert").addEventListener("click", () => { group(false); state.key = null; select(); });
	group(true);
	$("reset").addEventListener("click", () => {
		Object.assign(state, { levels: levels.map(() => true), rule: -1, host: null, text: "", from: null, to: null });
		for (const b of $("levels").children) b.setAttribute("aria-pressed", "true");
		$("rule").value = $("host").value = $("text").value = "";
		select();
	});
}

function headings() {
	const about = data.about;
	$("sources").textContent = "Report of " + (about.sources || []).join(", ");
	const figure = (k, v) => add($("figures"), add(make("div"), make("dt", "", k), make("dd", "", v)));
	const dropped = about.dropped.reduce((x, y) => x + y, 0);
	figure("records", about.records.toLocaleString("en"));
	figure("events", about.events.toLocaleString("en"));
	figure("alerts", (alerts.length + dropped).toLocaleString("en"));
	figure("incidents", (dropped ? "≥ " : "") + incidents.size.toLocaleString("en"));
	if (about.problems) { $("problems").hidden = false; $("problems").textContent = "Not everything was read: " + about.problems.join("\n"); }
	if (dropped) {
		$("dropped").hidden = false;
		$("dropped").textContent = "This page has room for " + plural(alerts.length, "alert") + ": left out are " +
			about.dropped.map((n, l) => (n ? n.toLocaleString("en") + " of level " + levels[l] : "")).filter(Boolean).reverse().join(", ") + ". auditpy scan --format json prints all.";
	}
	if (byTime.length) { $("from").textContent = stamp(first); $("to").textContent = stamp(last); }
	else $("timeline").hidden = true;
	const foot = make("footer", "", "auditpy " + about.version + ". Times are UTC. This page fetches nothing and sends nothing.");
	document.body.appendChild(foot);
}

headings();
filters();
brushing();
$("list").addEventListener("scroll", scrolled);
window.addEventListener("resize", () => { scrolled(); });
$("list").addEventListener("keydown", (e) => {
	const page = Math.max(1, Math.floor($("list").clientHeight / rowHeight));
	const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }[e.key];
	if (!step || !rows.length) return;
	e.preventDefault();
	const i = Math.min(rows.length - 1, Math.max(0, state.chosen + step));
	choose(i); reveal(i);
});
// #ALERT-ID chooses an alert: a link to it.
const wanted = byTime.find((a) => "#" + a.id === location.hash);
if (wanted) state.key = wanted.i || wanted.id;
select();
if (state.chosen > 0) reveal(state.chosen);
document.documentElement.dataset.ready = String(alerts.length);
})();
