package theorem

import (
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

var (
	principalARN = fold("aws:PrincipalArn")
	userName     = fold("aws:username")
	userID       = fold("aws:userid")
)

// principal says what condition keys are of each session of r: the ARN of its role, not its own; no name of a user; and the unique id of the
// role with the session's name. See the IAM User Guide, "AWS global condition context keys", and "IAM identifiers" for unique ids.
func (s *situation) principal(p *prover, r *Role) {
	if r.Anyone {
		return
	}
	s.base[principalARN], s.base[userName], s.base[userID] = p.exactly(p.arnOf(r)), &automaton{}, p.userIDs()
	s.always = map[string]bool{principalARN: true, userID: true}
}

// elsewhere tells where policies of r name, by aws:PrincipalArn, a role that is called as r in another account, partition or path. A folder of
// policies says nothing of these three, so it may be r itself.
func (p *prover) elsewhere(r *Role, at func(string) *Finding) {
	if p.owned.Administrative[r.Name] != "" {
		return
	}
	own := p.exactly(p.arnOf(r))
	others := or(p.ownedARN("arn:*:iam::*:role/"+r.Name), p.ownedARN("arn:*:iam::*:role/*/"+r.Name))
	for _, c := range clausesOf(r.permissions()...) {
		for i := range c.Conditions {
			condition := &c.Conditions[i]
			if fold(condition.Key) != principalARN || condition.Null {
				continue
			}
			named := p.automaton(testOf(condition))
			if named != nil && named.and(own).isEmpty() && !named.and(others).isEmpty() {
				at(unknownStore).open(c.at, "aws:PrincipalArn of its sessions is taken to be %s, and the condition names a role called %s elsewhere: write that ARN, or another role's name", p.arnOf(r), r.Name)
			}
		}
	}
}

// userIDs are the user ids of sessions: AROA and capital letters and digits, and the session's name.
func (p *prover) userIDs() *automaton {
	capital := p.where(func(r rune) bool { return 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' })
	r := reading{alphabet: p.alphabet, values: map[string]*automaton{"id": p.some(capital, false), "name": p.some(p.where(isSessionName), false)}}
	return r.text([]policy.Part{{Text: "AROA"}, {Kind: policy.Variable, Key: "id"}, {Text: ":"}, {Kind: policy.Variable, Key: "name"}}, exact)
}

// identify puts the name of a session into the user id of a request, where it has one.
func identify(values map[string][]string, name string) {
	if id, _, ok := strings.Cut(first(values[userID]), ":"); ok {
		values[userID] = []string{id + ":" + name}
	}
}

// names are those that the session of a request may have: any, and else the one that its user id has.
func names(values map[string][]string) []string {
	if _, name, ok := strings.Cut(first(values[userID]), ":"); ok {
		return []string{"", name}
	}
	return []string{""}
}
