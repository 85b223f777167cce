package policy

import (
	"slices"
	"strings"
)

// services says which statements of a policy may name an action of a service. A role may have 300 statements; a request concerns
// those of one service.
type services struct {
	of    map[string][]int // by the service's prefix in lower case: indexes of statements, in their order
	other []int            // for every other service
}

func servicesOf(statements []statement) services {
	all := services{of: map[string][]int{}}
	named := make([][]string, len(statements))
	for i := range statements {
		named[i] = statements[i].services()
		for _, service := range named[i] {
			all.of[service] = nil
		}
	}
	for i, services := range named {
		if services == nil {
			all.other = append(all.other, i)
		}
		for service, indexes := range all.of {
			if services == nil || slices.Contains(services, service) {
				all.of[service] = append(indexes, i)
			}
		}
	}
	return all
}

// serviceOf is what naming is asked for of an action. Several policies decide one request.
func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return strings.ToLower(service)
}

// naming returns the indexes of the statements that may name an action of a service.
func (s *services) naming(service string) []int {
	if indexes, ok := s.of[service]; ok {
		return indexes
	}
	return s.other
}

// services are those of which s may name an action; nil: any.
func (s *statement) services() []string {
	if s.notAction {
		return nil
	}
	var all []string
	for i := range s.actions {
		service, _, found := strings.Cut(s.actions[i].source, ":")
		if !found { // it is "*": a prefix has no wildcards
			return nil
		}
		all = append(all, strings.ToLower(service))
	}
	return all
}
