package theorem

import (
	"fmt"
	"slices"
	"strings"
)

// noResource is the resource of actions that have none, such as s3:ListAllMyBuckets: IAM asks for them on "*". An ownership file that lists
// such actions under this ARN says which those are: what it names there and under no other ARN is never asked for with an ARN, and
// what it names under an ARN alone is always. A name with wildcards says nothing of that kind.
const noResource = "*"

// checkActions refuses an Access whose actions are not of r's service or, where r is of no resource, name no service.
func (r *Resource) checkActions(a *Access) error {
	for _, name := range a.Actions {
		service, _, ok := strings.Cut(name, ":")
		switch {
		case r.ARN != noResource && (!ok || !strings.EqualFold(service, r.service())):
			return fmt.Errorf("%s: action %q is none of %s", r.ARN, name, r.service())
		case !ok || service == "" || strings.ContainsAny(service, "*?"):
			return fmt.Errorf("%s: action %q names no service before its colon", r.ARN, name)
		}
	}
	if r.ARN == noResource && a.Key == "" && strings.Contains(a.Owner, hole) {
		return fmt.Errorf(`%s: no ARN tells the owner %q, and there is no "key"`, r.ARN, a.Owner)
	}
	return nil
}

// Bare reports whether o lists actions that have no resource.
func (o *Ownership) Bare() bool {
	return slices.ContainsFunc(o.Stores, func(s Store) bool {
		return slices.ContainsFunc(s.Resources, func(r Resource) bool { return r.ARN == noResource })
	})
}

// resourceless reads which actions have a resource. Without a resource "*" nothing is said.
func (p *prover) resourceless() {
	p.bare, p.placed, p.lists = &automaton{}, &automaton{}, p.owned.Bare()
	var bare, placed []string
	for _, s := range p.owned.Stores {
		for i := range s.Resources {
			r := &s.Resources[i]
			for _, a := range r.Access {
				for _, name := range a.Actions {
					switch {
					case strings.ContainsAny(name, "*?"):
					case r.ARN == noResource:
						bare = append(bare, name)
					default:
						placed = append(placed, name)
					}
				}
			}
		}
	}
	if p.lists {
		both := p.names(bare).and(p.names(placed)).not(p.all)
		p.bare, p.placed = p.names(bare).and(both), p.names(placed).and(both)
	}
}

// withARN is actions less those that have no resource.
func (p *prover) withARN(actions *automaton) *automaton { return actions.and(p.bare.not(p.all)) }

// listed adds the kinds of access of a resource "*", and takes their actions from p.unlisted.
func (p *prover) listed(all []kind, store string, r *Resource) []kind {
	star := p.exactly(noResource)
	for i := range r.Access {
		named := p.names(r.Access[i].Actions)
		all = append(all, kind{store, r.ARN, &r.Access[i], p.unlisted.and(named), star})
		p.unlisted = p.unlisted.and(named.not(p.all))
	}
	return all
}

// strange adds the obligations of requests for a service of which the ownership file knows nothing: for ARNs, and for none.
func (p *prover) strange(all []*obligation, r *Role, allows, denies []placed, service string, arns *automaton) []*obligation {
	o := func(arn string) *obligation {
		return &obligation{prover: p, role: r, store: unknownStore, arn: arn, allows: allows, denies: denies}
	}
	actions := p.names([]string{service + ":*"})
	bare := actions
	if p.lists {
		bare = actions.and(p.unlisted).and(p.placed.not(p.all))
	}
	all = p.add(all, o(""), p.withARN(actions), arns)
	return p.add(all, o(noResource), bare, p.exactly(noResource))
}
