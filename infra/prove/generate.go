package prove

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
)

// crowd are the tenants that have rows. A random request names keys of two to five of them; one has an id that begins with
// the attacker's.
var crowd = []string{attacker, victim, "green", "red", "violet", attacker + "-eu", twin, longerTwin, suspended, active, revoked, renewed}

// generator makes requests: all operations, all shapes of keys. One in three is tame: it has only the attacker's own keys, so
// that it is allowed.
type generator struct {
	*rand.Rand
	tame bool
}

type object = map[string]any

func pick[T any](g *generator, all ...T) T { return all[g.IntN(len(all))] }

// one reports true once in n.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// odd is one, and never in a request that is tame.
func (g *generator) odd(n int) bool { return g.one(n) && !g.tame }

func (g *generator) request() request {
	g.tame = g.one(3)
	switch g.IntN(16) {
	case 0, 1, 2, 3:
		return g.onObject()
	case 4:
		return g.onIndex()
	}
	by, operation := g.caller(), pick(g, common...)
	switch {
	case g.tame && by == seeder, by == seeder && !g.one(3):
		operation = pick(g, "PutItem", "BatchWriteItem")
	case g.tame:
		operation = pick(g, "GetItem", "Query", "BatchGetItem")
	case g.one(10):
		operation = pick(g, every...)
	}
	text, err := json.Marshal(g.body(operation))
	if err != nil {
		panic(err) // maps, lists and texts
	}
	return request{by: by, operation: operation, body: g.garbled(string(text))}
}

func (g *generator) caller() string {
	switch n := g.IntN(20); {
	case n == 0 && !g.tame:
		return pick(g, untagged, emptied, loose)
	case n == 1 && !g.tame:
		return pick(g, service, seedTask, other)
	case n < 6:
		return seeder
	}
	return attacker
}

var (
	common = []string{"GetItem", "GetItem", "Query", "Query", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem",
		"TransactGetItems", "TransactWriteItems", "Scan", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}
	every = localaws.DynamoDBOperations()
)

// garbled breaks one body in thirty: a member twice, text after the end, or the end cut off.
func (g *generator) garbled(body string) string {
	if !g.odd(30) {
		return body
	}
	switch g.IntN(4) {
	case 0:
		return body + body
	case 1:
		return body[:g.IntN(len(body))]
	case 2:
		return strings.Replace(body, `"S":"yellow"`, `"S":"yellow","S":"blue"`, 1)
	}
	return strings.Replace(body, `"~partition~"`, `"~partition-escaped~"`, 1)
}

func (g *generator) tenant() string {
	if g.tame || g.one(2) {
		return attacker
	}
	if g.one(2) {
		return pick(g, crowd...)
	}
	return pick(g, "Yellow", "yellow2", "yello", "*", "yellow*", "y?llow", "${aws:PrincipalTag/~tag~}", "", " yellow", "yellow ", "yеllow", "Admin")
}

func (g *generator) shipment() string {
	return pick(g, "1001", "1001", "of-yellow", "of-blue", "of-green", "nobodys", "new-1", "new-2")
}

// value is an attribute value: a string mostly, and sometimes another type that looks like it.
func (g *generator) value(text string) object {
	if g.tame {
		return object{"S": text}
	}
	switch g.IntN(40) {
	case 0:
		return object{"B": "Ymx1ZQ=="}
	case 1:
		return object{"N": "1"}
	case 2:
		return object{"SS": []string{attacker, text}}
	case 3:
		return object{"L": []object{{"S": text}}}
	case 4:
		return object{"S": text, "N": "1"}
	case 5:
		return object{"NULL": true}
	}
	return object{"S": text}
}

func (g *generator) key() object {
	k := object{"~partition~": g.value(g.tenant()), "~sort~": g.value(g.shipment())}
	if g.tame {
		return k
	}
	switch g.IntN(40) {
	case 0:
		delete(k, pick(g, "~partition~", "~sort~"))
	case 1:
		k["~partition-other-case~"] = object{"S": victim}
	case 2:
		k["Status"] = object{"S": "x"}
	}
	return k
}

func (g *generator) item() object {
	item := g.key()
	for _, name := range []string{"Status", "Note", "Canary"} {
		if g.one(2) {
			item[name] = pick(g, object{"S": "planted"}, object{"N": "1"}, object{"M": object{"~partition~": object{"S": victim}}})
		}
	}
	return item
}

func (g *generator) table() string {
	if !g.odd(12) {
		return table
	}
	return pick(g, arn, "Billing", "~table-other-case~", "~table~/index/~table-index~", arn+"/index/~table-index~", "Nothing", "")
}

// body makes the body of a request: the members that its operation needs, and sometimes more.
func (g *generator) body(operation string) object {
	if shape, ok := shapes[operation]; ok {
		return shape(g)
	}
	body := object{}
	for _, name := range []string{"TableName", "ResourceArn", "TableArn", "StreamArn", "BackupArn", "IndexName", "Tags", "TagKeys", "Policy"} {
		if g.one(2) {
			body[name] = pick(g, g.table(), arn, arn+"/stream/2026-01-01T00:00:00.000", "x")
		}
	}
	if g.one(2) {
		body["TableName"] = g.table()
	}
	return body
}

// sometimes adds members, each once in n.
func (g *generator) sometimes(n int, body, more object) object {
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if g.one(n) {
			body[name] = more[name]
		}
	}
	return body
}

// several returns one to four of what make makes.
func several[T any](g *generator, make func() T) []T {
	var all []T
	for range 1 + g.IntN(4) {
		all = append(all, make())
	}
	return all
}

// values are the members of expressions, all used or none: unused names and values are refused.
func (g *generator) condition(body object) object {
	if !g.one(3) {
		return body
	}
	body["ConditionExpression"] = pick(g, "attribute_exists(~partition~)", "attribute_not_exists(~partition~)", "attribute_exists(Canary)", "~sort~ = ~partition~", "size(Canary) > size(~partition~)")
	body["ReturnValuesOnConditionCheckFailure"] = pick(g, "ALL_OLD", "NONE")
	return body
}

func (g *generator) statement() string {
	return fmt.Sprintf(pick(g,
		`SELECT * FROM "~table~" WHERE ~partition~ = '%[1]s'`, `SELECT * FROM ~table~ WHERE ~partition~ = '%[1]s' AND ~sort~ = '%[2]s'`, `SELECT Canary FROM "~table~"`,
		`SELECT * FROM ~table~ WHERE ~partition~ IN ['yellow','%[1]s']`, `SELECT * FROM "~table~"."~table-index~" WHERE ~partition~ = '%[1]s'`, `SELECT * FROM ~table~ WHERE ~partition~ = '%[1]s' OR ~sort~ = '%[2]s'`,
		`UPDATE ~table~ SET Note = 'x' WHERE ~partition~ = '%[1]s' AND ~sort~ = '%[2]s'`, `DELETE FROM ~table~ WHERE ~partition~ = '%[1]s' AND ~sort~ = '%[2]s'`,
		`INSERT INTO ~table~ VALUE {'~partition~':'%[1]s','~sort~':'%[2]s'}`, `EXISTS(SELECT * FROM ~table~ WHERE ~partition~ = '%[1]s' AND ~sort~ = '%[2]s')`), g.tenant(), g.shipment())
}
