package wazuh

import (
	"time"
)

// definition is a rule as it is written.
type definition struct {
	src  *source
	off  int
	body *element
	base bool
	seq  int // in the order of the files

	id, level, maxSize, times int
	span, ignore              time.Duration
	noAlert, overwrite        bool
	noLog, global             bool
	hasTimes, hasSpan         bool

	groups        []string
	title         string
	techniques    []string
	references    []string
	doubt         bool // see onLimitAlert
	told          told
	tests         []use
	decoders      bool // it has no other tests than of decoders or categories
	sids          []ref
	ifGroups      []string
	ifLevel       int
	matched       int // if_matched_sid
	matchedAt     int
	matchedIn     *pattern // if_matched_group
	matchedGroups []string // the same as words
	same          []valueOf
	differ        []valueOf
	compareAt     int
	audit         bool // it looks at audit's own fields
	failed        bool
	place         int         // level by which it stands among its siblings
	order         int         // and its place in the files
	room          int         // for parents
	adopter       *definition // the last rule that has it among its parents
	parents       []*definition
	top           bool
	index         int32
	reachable     bool
	patternText   map[string]*joined
	never         *fault // why no audit event can match it
}

// told is what an alert tells of a rule in words that Wazuh has no element for.
type told struct {
	author, about            string
	falsePositives, response []string
}

// ref is an id as it is named.
type ref struct{ id, off int }
