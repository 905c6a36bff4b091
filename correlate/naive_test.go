package correlate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/auditpy/auditpy/internal/alert"
	"github.com/auditpy/auditpy/internal/audit"
	"github.com/auditpy/auditpy/rules/rule"
)

// naive says what windows say, slowly: it keeps all matches for ever, and works everything out anew each time.
type naive struct {
	newest                 map[string]int64
	groups                 []*naiveGroup
	known                  []*rule.Correlation
	opened                 int
	seen                   map[string]bool
	order                  map[*naiveMatch]int // in which they came
	fired                  []string
	late, doubled, noValue uint64
}

type naiveGroup struct {
	of       *rule.Correlation
	group    []string
	number   int
	all      []*naiveMatch // as they came
	waiting  []*naiveMatch
	reported []*naiveMatch
}

type naiveMatch struct {
	entry
	related []alert.Related
}

func newNaive() *naive {
	return &naive{newest: make(map[string]int64), seen: make(map[string]bool), order: make(map[*naiveMatch]int)}
}

func (v *naive) observe(id audit.ID, ms []rule.Match) {
	v.newest[id.Node] = max(v.newest[id.Node], id.Msec)
	v.run(id.Node, v.newest[id.Node])
	for _, m := range ms {
		for _, p := range m.Parts {
			v.know(p.Of)
			x := &naiveMatch{entry{ID: id, Ref: p.Ref, Rule: m.Rule}, []alert.Related{{ID: id, Rule: m.Rule}}}
			if !naiveValue(x, &p) {
				v.noValue++
				continue
			}
			v.feed(p.Of, p.Group, x, v.newest[id.Node])
		}
	}
}

func naiveValue(x *naiveMatch, p *rule.Part) bool {
	switch p.Of.Kind {
	case rule.EventCount, rule.Temporal, rule.Ordered:
		return true
	case rule.ValueCount:
		x.Value = p.Value
		return p.Has
	}
	f, err := strconv.ParseFloat(p.Value, 64)
	x.Num = f
	return p.Has && err == nil && f-f == 0
}

func (v *naive) know(c *rule.Correlation) {
	if !slices.Contains(v.known, c) {
		v.known = append(v.known, c)
	}
	for _, l := range c.Outer {
		v.know(l.To)
	}
}

func naiveCloses(c *rule.Correlation) bool {
	if c.Kind == rule.Temporal || c.Kind == rule.Ordered {
		return c.Expr != nil && naiveDenies(c.Expr, 0)
	}
	return slices.ContainsFunc(c.Bounds, func(b rule.Bound) bool { return !strings.HasPrefix(b.Op, "gt") })
}

func naiveDenies(e *rule.Expr, nots int) bool {
	if e.Op == "not" {
		nots++
	}
	return e.Op == "" && nots%2 == 1 || slices.ContainsFunc(e.Kids, func(k *rule.Expr) bool { return naiveDenies(k, nots) })
}

func (v *naive) delay(c *rule.Correlation) int64 {
	var most int64
	for _, in := range v.known {
		for _, l := range in.Outer {
			if l.To == c {
				d := v.delay(in)
				if naiveCloses(in) {
					d += in.Span.Milliseconds()
				}
				most = max(most, d)
			}
		}
	}
	return most
}

// due returns when the next thing happens in a group, and whether that is a match which waited.
func (v *naive) due(g *naiveGroup) (int64, *naiveMatch) {
	first := slices.MinFunc(append(g.waiting, &naiveMatch{entry: entry{ID: audit.ID{Msec: math.MaxInt64 / 2}}}), byTime)
	release, closing := first.ID.Msec+v.delay(g.of), int64(math.MaxInt64)
	if es := g.window(); len(es) > 0 {
		closing = es[len(es)-1].ID.Msec + g.of.Span.Milliseconds() + v.delay(g.of)
	}
	if release <= closing {
		return release, first
	}
	return closing, nil
}

func byTime(a, b *naiveMatch) int { return cmp.Compare(a.ID.Msec, b.ID.Msec) }

// window returns the matches of the span before the newest.
func (g *naiveGroup) window() []*naiveMatch {
	es := slices.Clone(g.all)
	slices.SortStableFunc(es, byTime)
	return slices.DeleteFunc(es, func(x *naiveMatch) bool { return es[len(es)-1].ID.Msec-x.ID.Msec > g.of.Span.Milliseconds() })
}

// node is that of the newest match, the last of equal ones.
func (g *naiveGroup) node(order map[*naiveMatch]int) string {
	var best *naiveMatch
	for _, x := range append(slices.Clone(g.all), g.waiting...) {
		if best == nil || x.ID.Msec > best.ID.Msec || x.ID.Msec == best.ID.Msec && order[x] > order[best] {
			best = x
		}
	}
	return best.ID.Node
}

// run lets happen all that is due before a time on a node.
func (v *naive) run(node string, before int64) {
	for {
		var next *naiveGroup
		var at int64
		for _, g := range v.groups {
			due, _ := v.due(g)
			if (node == "*" || g.node(v.order) == node) && due < before && (next == nil || due < at || due == at && g.number < next.number) {
				next, at = g, due
			}
		}
		if next == nil {
			return
		}
		v.step(next, at)
	}
}

func (v *naive) step(g *naiveGroup, now int64) {
	if _, x := v.due(g); x != nil {
		g.waiting = slices.DeleteFunc(g.waiting, func(y *naiveMatch) bool { return x == y })
		v.take(g, x, now)
		return
	}
	es := g.window()
	g.all, g.reported = nil, nil
	if len(g.waiting) == 0 {
		v.groups = slices.DeleteFunc(v.groups, func(h *naiveGroup) bool { return g == h })
	}
	if naiveCloses(g.of) {
		if es = naiveHolds(g.of, es); es != nil {
			v.fire(g, es, now)
		}
	}
}

func (v *naive) feed(c *rule.Correlation, group []string, x *naiveMatch, now int64) {
	delay := v.delay(c)
	i := slices.IndexFunc(v.groups, func(g *naiveGroup) bool { return g.of == c && slices.Equal(g.group, group) })
	if i < 0 {
		if x.ID.Msec+c.Span.Milliseconds()+delay < now {
			v.late++
			return
		}
		i, v.opened = len(v.groups), v.opened+1
		v.groups = append(v.groups, &naiveGroup{of: c, group: group, number: v.opened})
	}
	g := v.groups[i]
	v.order[x] = len(v.order)
	if delay == 0 || x.ID.Msec+delay < now {
		v.take(g, x, now)
	} else if slices.ContainsFunc(g.waiting, func(y *naiveMatch) bool { return y.same(&x.entry) }) {
		v.doubled++
	} else {
		g.waiting = append(g.waiting, x)
	}
}

func (v *naive) take(g *naiveGroup, x *naiveMatch, now int64) {
	es := g.window()
	if len(es) > 0 && es[len(es)-1].ID.Msec-x.ID.Msec > g.of.Span.Milliseconds() {
		v.late++
		return
	}
	if slices.ContainsFunc(es, func(y *naiveMatch) bool { return y.same(&x.entry) }) {
		v.doubled++
		return
	}
	g.all = append(g.all, x)
	es = g.window()
	mute := slices.ContainsFunc(es, func(y *naiveMatch) bool { return slices.Contains(g.reported, y) })
	if naiveCloses(g.of) || mute {
		return
	}
	if es = naiveHolds(g.of, es); es != nil {
		g.reported = append(g.reported, es...)
		v.fire(g, es, now)
	}
}

func (v *naive) fire(g *naiveGroup, es []*naiveMatch, now int64) {
	var related []alert.Related
	for _, x := range es {
		for _, r := range x.related {
			if !slices.ContainsFunc(related, func(q alert.Related) bool { return q.ID == r.ID && q.Rule == r.Rule }) {
				related = append(related, r)
			}
		}
	}
	slices.SortStableFunc(related, func(a, b alert.Related) int { return cmp.Compare(a.ID.Msec, b.ID.Msec) })
	last := es[len(es)-1].ID
	id := fmt.Sprint(g.of.Meta.ID, g.group, related[0].ID)
	if !v.seen[id] {
		v.seen[id] = true
		v.fired = append(v.fired, describeFiring(g.of.Meta.ID, last.Msec, related))
	}
	for _, l := range g.of.Outer {
		if l.To.Kind == rule.EventCount || l.To.Kind == rule.Temporal || l.To.Kind == rule.Ordered {
			if slices.Contains(l.Group, -1) {
				continue
			}
			var group []string
			for _, i := range l.Group {
				group = append(group, g.group[i])
			}
			v.feed(l.To, group, &naiveMatch{entry{ID: last, Ref: l.Ref, Rule: g.of.Meta}, related}, now)
		}
	}
}

func describeFiring(id string, msec int64, related []alert.Related) string {
	var b strings.Builder
	fmt.Fprint(&b, id, "@", msec, ":")
	for _, r := range related {
		fmt.Fprintf(&b, " %s%d@%d/%s", r.ID.Node, r.ID.Serial, r.ID.Msec, r.Rule.ID)
	}
	return b.String()
}

func naiveHolds(c *rule.Correlation, es []*naiveMatch) []*naiveMatch {
	present := func(ref int) bool { return slices.ContainsFunc(es, func(x *naiveMatch) bool { return x.Ref == ref }) }
	switch c.Kind {
	case rule.Temporal:
		if !naiveTruth(c, c.Expr, present, present, false) {
			return nil
		}
		return es
	case rule.Ordered:
		return naiveChain(c, es, present)
	}
	for _, b := range c.Bounds {
		f := naiveMeasure(c, es)
		if ok := map[string]bool{"gt": f > b.Value, "gte": f >= b.Value, "lt": f < b.Value, "lte": f <= b.Value, "eq": f == b.Value, "neq": f != b.Value}[b.Op]; !ok {
			return nil
		}
	}
	return es
}

func naiveTruth(c *rule.Correlation, e *rule.Expr, chosen, present func(int) bool, denied bool) bool {
	if e == nil {
		for i := range c.Refs {
			if !chosen(i) {
				return false
			}
		}
		return true
	}
	n := 0
	for _, k := range e.Kids {
		if naiveTruth(c, k, chosen, present, denied != (e.Op == "not")) {
			n++
		}
	}
	switch {
	case e.Op == "not":
		return n == 0
	case e.Op == "and":
		return n == len(e.Kids)
	case e.Op == "or":
		return n > 0
	case denied:
		return present(e.Ref)
	}
	return chosen(e.Ref)
}

// naiveChain tries every way to choose a match, or none, for each rule.
func naiveChain(c *rule.Correlation, es []*naiveMatch, present func(int) bool) []*naiveMatch {
	picks := make([]*naiveMatch, len(c.Refs))
	var try func(ref int) bool
	try = func(ref int) bool {
		if ref == len(picks) {
			return naiveTruth(c, c.Expr, func(i int) bool { return picks[i] != nil }, present, false)
		}
		for _, x := range es {
			if x.Ref != ref || !naiveGranted(c.Expr, ref, false) || !follows(x, picks[:ref]) {
				continue
			}
			if picks[ref] = x; try(ref + 1) {
				return true
			}
		}
		picks[ref] = nil
		return try(ref + 1)
	}
	if !try(0) {
		return nil
	}
	if picks = slices.DeleteFunc(picks, func(x *naiveMatch) bool { return x == nil }); len(picks) == 0 {
		return es
	}
	return picks
}

func naiveGranted(e *rule.Expr, ref int, denied bool) bool {
	return e == nil || e.Op == "" && e.Ref == ref && !denied ||
		slices.ContainsFunc(e.Kids, func(k *rule.Expr) bool { return naiveGranted(k, ref, denied != (e.Op == "not")) })
}

func follows(x *naiveMatch, picks []*naiveMatch) bool {
	for _, y := range picks {
		if y != nil && (y.ID.Msec > x.ID.Msec || y.ID == x.ID && y.Rule == x.Rule) {
			return false
		}
	}
	return true
}

func naiveMeasure(c *rule.Correlation, es []*naiveMatch) float64 {
	values, sum := map[string]bool{}, 0.0
	var nums []float64
	for _, x := range es {
		values[x.Value] = true
		sum += x.Num
		nums = append(nums, x.Num)
	}
	slices.Sort(nums)
	switch c.Kind {
	case rule.ValueCount:
		return float64(len(values))
	case rule.ValueSum:
		return sum
	case rule.ValueAvg:
		return sum / float64(len(es))
	case rule.ValuePercentile:
		return naiveRank(nums, c.Percentile)
	case rule.ValueMedian:
		return (nums[(len(nums)-1)/2] + nums[len(nums)/2]) / 2
	}
	return float64(len(es))
}

// naiveRank walks along the values to the share of the way that p is.
func naiveRank(nums []float64, p float64) float64 {
	way := p / 100 * float64(len(nums)-1)
	i := 0
	for ; way >= 1; way-- {
		i++
	}
	if way == 0 {
		return nums[i]
	}
	return nums[i] + way*(nums[i+1]-nums[i])
}
