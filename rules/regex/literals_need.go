package regex

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/auditpy/auditpy/rules/predicate"
)

// exact returns the texts if a match is one of them.
func (l *literals) exact() (texts []string, ok bool) {
	texts = []string{""}
	for _, p := range l.parts {
		if p.barrier != noBarrier || len(texts)*len(p.texts) > maxNeedles {
			return nil, false
		}
		if texts = cross(texts, p.texts); len(slices.MaxFunc(texts, byLength)) > 2*longEnough {
			return nil, false // repeats of repeats would grow without end
		}
	}
	return distinct(texts), true
}

func byLength(a, b string) int { return len(a) - len(b) }

func cross(heads, tails []string) []string {
	all := make([]string, 0, len(heads)*len(tails))
	for _, h := range heads {
		for _, t := range tails {
			all = append(all, h+t)
		}
	}
	return all
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// need returns the best condition; of score zero if there is none.
func (l *literals) need() need {
	all := literals{best: l.best}
	for i := 0; i < len(l.parts); i++ {
		first := i
		for i < len(l.parts) && l.parts[i].barrier == noBarrier {
			i++
		}
		starts := first > 0 && l.parts[first-1].barrier == beginning
		ends := i < len(l.parts) && l.parts[i].barrier == end
		all.block(joined(l.parts[first:i]), starts, ends)
	}
	return all.best
}

// joined makes one part of neighbours that are one text each.
func joined(parts []part) (all [][]string) {
	for i := 0; i < len(parts); i++ {
		var b strings.Builder
		for ; i < len(parts) && len(parts[i].texts) == 1; i++ {
			b.WriteString(parts[i].texts[0])
		}
		if b.Len() > 0 {
			all = append(all, []string{b.String()})
		}
		if i < len(parts) {
			all = append(all, parts[i].texts)
		}
	}
	return all
}

// block considers each run of parts that has few texts.
func (l *literals) block(parts [][]string, starts, ends bool) {
	for i := range parts {
		texts := []string{""}
		for j := i; j < len(parts) && len(texts)*len(parts[j]) <= maxNeedles && len(texts[0]) < longEnough; j++ {
			texts = cross(texts, parts[j])
			l.consider(rate(needles(texts, placeOf(starts && i == 0, ends && j == len(parts)-1))))
		}
	}
}

func placeOf(starts, ends bool) predicate.Place {
	switch {
	case starts && ends:
		return predicate.Whole
	case starts:
		return predicate.AtStart
	case ends:
		return predicate.AtEnd
	}
	return predicate.Anywhere
}

func needles(texts []string, at predicate.Place) (all []predicate.Needle) {
	for _, t := range texts {
		all = append(all, predicate.Needle{Text: t, Place: at})
	}
	return all
}

// rate leaves out what another needle implies, and scores the rest: a letter more makes a text about 16 times rarer,
// and a place is worth two letters.
func rate(all []predicate.Needle) need {
	all = slices.DeleteFunc(slices.Clone(all), func(n predicate.Needle) bool { return implied(n, all) })
	slices.SortFunc(all, func(a, b predicate.Needle) int { return strings.Compare(a.Text, b.Text) })
	all = slices.Compact(all)
	if len(all) == 0 || len(all) > maxNeedles {
		return need{}
	}
	shortest := longEnough
	for _, n := range all {
		if n.Text == "" {
			return need{}
		}
		rare := len(n.Text)
		if n.Place != predicate.Anywhere {
			rare += 2
		}
		shortest = min(shortest, rare)
	}
	return need{all, 4*shortest - bits.Len(uint(len(all)-1))}
}

// implied reports whether one of all is a smaller part of n, and may stand anywhere.
func implied(n predicate.Needle, all []predicate.Needle) bool {
	return slices.ContainsFunc(all, func(o predicate.Needle) bool {
		return o.Place == predicate.Anywhere && o != n && strings.Contains(n.Text, o.Text)
	})
}
