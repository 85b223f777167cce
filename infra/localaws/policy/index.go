package policy

import (
	"math/bits"
	"slices"
	"strings"
)

// mostCompared bounds the work for an index, in comparisons of an action with an entry of Action, and its size: Parse takes documents
// of outsiders. What is beyond it is compared at each request. A role's 200 statements of one action each are within it.
const mostCompared = 1 << 16

// index says which statements of a policy name an action. A role may have 300 statements; a request concerns a few of them.
type index struct {
	// listings is a hash table of the services and of the actions that the statements spell: "dynamodb", "dynamodb:GetItem".
	listings []listing
	initials uint64 // has a bit for the first letters of each service: spares most searches for one that is not there
	other    []int  // the statements that may name an action of any other service
}

// listing is an entry of an index; an empty one has no statements. Case does not count in its text.
type listing struct {
	text       string
	hash       uint32
	exact      bool  // it is an action, and statements are those that name it; else a service, and they may name one of its actions
	statements []int // in their order
}

// action is that of a request, with what it is found by. Several policies decide one request.
type action struct {
	text     string
	hash     uint32
	initials uint64
}

func newAction(text string) action { return action{text, foldHash(text), initials(text)} }

// initials returns a bit for the first two letters of an action; none where it has not so many, as no action of a policy has.
func initials(action string) uint64 {
	if len(action) < 2 {
		return 0
	}
	return 1 << ((lowerASCII(action[0])<<1 ^ lowerASCII(action[1])) % 64)
}

// naming returns the statements that may name a; where exact is set they do.
func (x *index) naming(a *action) (statements []int, exact bool) {
	if x.initials&a.initials == 0 {
		return x.other, false
	}
	l := x.find(a.text, a.hash)
	if l.statements == nil {
		service := serviceOf(a.text)
		l = x.find(service, foldHash(service))
	}
	if l.statements == nil {
		return x.other, false
	}
	return l.statements, l.exact
}

// find returns the listing of text, or the empty one where it would be.
func (x *index) find(text string, hash uint32) *listing {
	last := uint32(len(x.listings) - 1)
	for i := hash & last; ; i = (i + 1) & last {
		l := &x.listings[i]
		if l.statements == nil || l.hash == hash && (l.text == text || equalFoldASCII(l.text, text)) {
			return l
		}
	}
}

func newIndex(statements []statement) index {
	b := indexBuilder{statements: statements, at: map[string]int{}}
	b.spellServices()
	if len(b.other)*len(b.listings) > mostCompared {
		return index{other: allOf(statements)} // each service would list each statement that names any
	}
	b.addServices()
	b.addActions()
	x := index{other: b.other, initials: b.initials}
	if len(b.listings) > 0 {
		x.listings = make([]listing, 1<<bits.Len(uint(2*len(b.listings)))) // at most half full: find meets an empty listing soon
	}
	for _, l := range b.listings {
		*x.find(l.text, l.hash) = l
	}
	return x
}

// indexBuilder collects the listings of an index.
type indexBuilder struct {
	statements []statement
	listings   []listing
	at         map[string]int // where a text stands in listings, by the text in lower case
	other      []int
	initials   uint64
}

func (b *indexBuilder) listing(text string) *listing {
	lower := strings.ToLower(text)
	at, ok := b.at[lower]
	if !ok {
		at = len(b.listings)
		b.at[lower], b.listings = at, append(b.listings, listing{text: text, hash: foldHash(text)})
	}
	return &b.listings[at]
}

// spellServices makes the listings of services, and finds the statements that may name any service.
func (b *indexBuilder) spellServices() {
	for i := range b.statements {
		s := &b.statements[i]
		if s.namesAnyService() {
			b.other = append(b.other, i)
			continue
		}
		for j := range s.actions {
			b.listing(serviceOf(s.actions[j].source))
			b.initials |= initials(s.actions[j].source)
		}
	}
}

func (b *indexBuilder) addServices() {
	for i := range b.statements {
		s := &b.statements[i]
		if s.namesAnyService() {
			for j := range b.listings {
				b.listings[j].add(i)
			}
			continue
		}
		for j := range s.actions {
			b.listing(serviceOf(s.actions[j].source)).add(i)
		}
	}
}

// addActions adds the actions that are spelled without wildcards.
func (b *indexBuilder) addActions() {
	left := mostCompared
	for i := range b.statements {
		s := &b.statements[i]
		if s.namesAnyService() {
			continue
		}
		for j := range s.actions {
			text := s.actions[j].source
			if _, added := b.at[strings.ToLower(text)]; added || !s.actions[j].literal {
				continue
			}
			naming := listing{text: text, hash: foldHash(text), exact: true}
			for _, k := range b.listing(serviceOf(text)).statements {
				if k != i {
					left -= len(b.statements[k].actions)
				}
				if left < 0 {
					return
				}
				if k == i || b.statements[k].names(text) {
					naming.add(k)
				}
			}
			*b.listing(text) = naming
		}
	}
}

func (l *listing) add(statement int) {
	if n := len(l.statements); n == 0 || l.statements[n-1] != statement {
		l.statements = append(l.statements, statement)
	}
}

func allOf(statements []statement) []int {
	all := make([]int, len(statements))
	for i := range all {
		all[i] = i
	}
	return all
}

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return service
}

// namesAnyService reports whether s may name actions of services that it does not spell.
func (s *statement) namesAnyService() bool {
	return s.notAction || slices.ContainsFunc(s.actions, func(p pattern) bool {
		return !strings.Contains(p.source, ":") // it is "*": a prefix has no wildcards
	})
}
