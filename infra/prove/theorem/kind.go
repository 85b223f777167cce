package theorem

import (
	"slices"
	"strings"
)

// unknownStore is where what the ownership file does not know is told.
const unknownStore = "unknown"

// kind is a kind of access, with the requests that are of it: those of no kind before it.
type kind struct {
	store, arn    string
	access        *Access
	actions, arns *automaton
}

// kinds are those of the ownership file, in one alphabet.
type kinds struct {
	known    []kind     // of access
	unknown  *automaton // ARNs of no kind
	lists    bool       // whether the ownership file says which actions have no resource
	unlisted *automaton // actions that it does not list there
	bare     *automaton // actions that never have a resource
	placed   *automaton // actions that always have one
}

// readKinds reads the ownership file.
func (p *prover) readKinds() *kinds {
	p.kinds = &kinds{unlisted: p.anything()}
	p.resourceless()
	var all []kind
	unknown := p.anything()
	for _, store := range p.owned.Stores {
		for i := range store.Resources {
			r := &store.Resources[i]
			if r.ARN == noResource {
				all = p.listed(all, store.Name, r)
				continue
			}
			arns := p.ownedARN(r.ARN).and(p.arnsOf(r.service()))
			free := arns.and(unknown)
			unknown = unknown.and(arns.not(p.all))
			rest := p.withARN(p.names([]string{r.service() + ":*"}))
			for j := range r.Access {
				a := &r.Access[j]
				named := p.names(a.Actions)
				all = append(all, kind{store.Name, r.ARN, a, rest.and(named), free})
				rest = rest.and(named.not(p.all))
			}
			all = append(all, kind{store.Name, r.ARN, &Access{Owner: everybody}, rest, free})
		}
	}
	p.known = slices.DeleteFunc(all, func(k kind) bool { return k.access.Owner == nobody || k.actions.isEmpty() || k.arns.isEmpty() })
	p.unknown = unknown
	return p.kinds
}

// services are those that the first of allows names; STS is not among them: what its actions give is composed (see assumes).
func services(allows []placed) []string {
	return slices.DeleteFunc(allServices(&allows[0]), func(service string) bool { return service == "sts" })
}

// allServices are those that c names.
func allServices(c *placed) []string {
	if c.NotAction {
		return []string{"*"}
	}
	var all []string
	for _, t := range c.Actions {
		service, _, _ := strings.Cut(strings.ToLower(t.Source), ":")
		if !slices.Contains(all, service) {
			all = append(all, service)
		}
	}
	return all
}
