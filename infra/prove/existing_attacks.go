package prove

import "strings"

// existing is a as it is carried out on what is there, or nil: it might change what is not the attacks' own, if it got through, or it
// needs what only a run makes that makes all. No control there is root's: a control shows that the session may do something of the kind.
func (a *Attack) existing() *Attack {
	group, _, _ := strings.Cut(a.Name, "/")
	switch {
	case a.Spoils == Roles || reachesFurther[a.Name]:
		return nil
	case group == "s3":
		if !a.onlyOwn {
			return nil
		}
	case group != "dynamodb" && group != "sts" && group != "signature", a.local, a.Spoils != Nothing:
		return nil
	}
	if a.Differs != asRoot {
		return a
	}
	there := *a
	there.Differs, there.Control = ownControl(group, a.by)
	return &there
}

// reachesFurther are attacks that would change rows or settings which are nobody's of the own tenants, if they got through.
var reachesFurther = map[string]bool{
	"dynamodb/tag": true, "dynamodb/seed-named-admin": true, "dynamodb/seed-wildcard-as-key": true, "dynamodb/seed-batch-named-admin": true,
	"dynamodb/seed-other-table": true, "dynamodb/seed-other-case": true,
}

// ownControl is something that the session may do, or that attacker's may where the caller may do nothing.
func ownControl(group, by string) (differs string, control Step) {
	get := operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}
	switch {
	case group == "s3" && (by == writer || by == seeder):
		return "it is PutObject into the own prefix under the own key", step(prefixWrites["put-object"].of(by, attacker))
	case group == "s3":
		return "it is GetObject of the own document", step(prefixReads["get-object"].of(by, attacker))
	case by == seeder:
		return "it is PutItem into the own partition", step(operation{"", "PutItem", planted}.of(by, attacker))
	case by == attacker:
		return "it is GetItem of the own row", step(get.of(by, attacker))
	}
	return "it is GetItem of the own row, by " + attacker + "'s session", step(get.of(attacker, attacker))
}

// adapted is a for the target.
func (t Target) adapted(a *Attack) *Attack {
	if t.Account != nil && t.Account.existing != nil {
		return a.existing()
	}
	return a
}
