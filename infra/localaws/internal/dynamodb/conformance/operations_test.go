//go:build upstreams

package conformance

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

func drawRequest(t *rapid.T, indexed bool) request {
	switch rapid.IntRange(0, 15).Draw(t, "operation") {
	case 0, 1, 2:
		return single(t, "PutItem")
	case 3, 4, 5:
		return single(t, "UpdateItem")
	case 6:
		return single(t, "DeleteItem")
	case 7:
		return single(t, "GetItem")
	case 8, 9, 10:
		return query(t, indexed)
	case 11:
		return scan(t, indexed)
	case 12:
		return batchGet(t)
	case 13:
		return batchWrite(t)
	case 14:
		return transactGet(t)
	}
	return transactWrite(t)
}

func capacity(t *rapid.T, m map[string]string) {
	if rarely(t, 4) {
		m["ReturnConsumedCapacity"] = `"TOTAL"`
	}
}

func single(t *rapid.T, operation string) request {
	m := change(t, operation)
	capacity(t, m)
	switch operation {
	case "PutItem", "DeleteItem":
		if rarely(t, 3) {
			m["ReturnValues"] = pick(t, `"ALL_OLD"`, `"NONE"`, `"ALL_OLD"`, `"UPDATED_NEW"`)
		}
	case "UpdateItem":
		if !rarely(t, 3) {
			m["ReturnValues"] = pick(t, `"ALL_OLD"`, `"ALL_NEW"`, `"UPDATED_OLD"`, `"UPDATED_NEW"`, `"NONE"`)
		}
	}
	return request{operation: operation, body: object(m)}
}

// change holds what an operation on one item, and the same in a transaction, says of it.
func change(t *rapid.T, operation string) map[string]string {
	m := map[string]string{"TableName": `"$T"`}
	x := newExpressions(t)
	switch operation {
	case "PutItem":
		m["Item"] = item(t)
	case "UpdateItem":
		m["Key"] = object(key(t))
		update := x.update()
		m["UpdateExpression"] = spoiled(t, update)
		if !strings.Contains(update, "SET ") && !strings.Contains(update, "ADD ") {
			// DynamoDB Local would make an item where there is none, and the tables would differ from then on.
			m["ConditionExpression"] = `"attribute_exists(P)"`
		}
	case "GetItem":
		m["Key"] = object(key(t))
		if rarely(t, 2) {
			m["ProjectionExpression"] = spoiled(t, x.projection())
		}
		return x.close(m)
	default:
		m["Key"] = object(key(t))
	}
	if m["ConditionExpression"] == "" && (operation == "ConditionCheck" || rarely(t, 3)) {
		m["ConditionExpression"] = spoiled(t, x.condition(2))
		if rarely(t, 3) {
			m["ReturnValuesOnConditionCheckFailure"] = `"ALL_OLD"`
		}
	}
	return x.close(m)
}

func query(t *rapid.T, indexed bool) request {
	m := map[string]string{"TableName": `"$T"`}
	x := newExpressions(t)
	index := ""
	if indexed {
		index = pick(t, "", "", "ByC", "ByC", "Keys", "ByW")
	}
	partition, sort, of := "P", "R", []string{"a", "b", "none"}
	switch index {
	case "ByC":
		partition, sort, of = "c", "w", []string{"red", "blue"}
	case "Keys":
		partition, sort, of = "c", "", []string{"red", "blue"}
	case "ByW":
		sort = "w"
	}
	condition := partition + " = " + x.value(`{"S":"`+pick(t, of...)+`"}`)
	if sort != "" && rarely(t, 2) {
		v := func() string { return x.value(`{"N":"` + pick(t, "1", "2", "3", "5", "-7", "10", "2.5") + `"}`) }
		term := sort + " " + pick(t, "=", "<", "<=", ">", ">=", "<>") + " " + v()
		if rarely(t, 4) {
			term = sort + " BETWEEN " + v() + " AND " + v()
		}
		condition = pick(t, condition+" AND "+term, term+" AND "+condition)
	}
	m["KeyConditionExpression"] = spoiled(t, condition)
	if index != "" {
		m["IndexName"] = `"` + index + `"`
	}
	if rarely(t, 3) {
		m["ScanIndexForward"] = "false"
	}
	page(t, x, m)
	return request{operation: "Query", body: object(x.close(m)), unordered: index != ""}
}

func scan(t *rapid.T, indexed bool) request {
	m := map[string]string{"TableName": `"$T"`}
	x := newExpressions(t)
	if indexed && rarely(t, 3) {
		m["IndexName"] = pick(t, `"ByC"`, `"Keys"`, `"ByW"`)
	}
	page(t, x, m)
	return request{operation: "Scan", body: object(x.close(m)), unordered: true}
}

// page draws what Query and Scan have in common.
func page(t *rapid.T, x *expressions, m map[string]string) {
	capacity(t, m)
	if rarely(t, 3) {
		m["FilterExpression"] = spoiled(t, x.condition(1))
	}
	switch pick(t, 0, 0, 0, 1, 2, 3) {
	case 1:
		m["ProjectionExpression"] = spoiled(t, x.projection())
	case 2:
		m["Select"] = `"COUNT"`
	case 3:
		m["Select"] = pick(t, `"ALL_ATTRIBUTES"`, `"ALL_PROJECTED_ATTRIBUTES"`, `"SPECIFIC_ATTRIBUTES"`)
	}
	if rarely(t, 2) {
		m["Limit"] = pick(t, "1", "2", "3", "5")
	}
}

func batchGet(t *rapid.T) request {
	keys := make([]string, rapid.IntRange(1, 4).Draw(t, "keys"))
	for i := range keys {
		keys[i] = object(key(t))
	}
	x := newExpressions(t)
	m := map[string]string{"Keys": "[" + strings.Join(keys, ",") + "]"}
	if rarely(t, 3) {
		m["ProjectionExpression"] = spoiled(t, x.projection())
	}
	return request{operation: "BatchGetItem", body: `{"RequestItems":{"$T":` + object(x.close(m)) + `}}`, unordered: true}
}

func batchWrite(t *rapid.T) request {
	writes := make([]string, rapid.IntRange(1, 4).Draw(t, "writes"))
	for i := range writes {
		if rarely(t, 3) {
			writes[i] = `{"DeleteRequest":{"Key":` + object(key(t)) + `}}`
		} else {
			writes[i] = `{"PutRequest":{"Item":` + item(t) + `}}`
		}
	}
	return request{operation: "BatchWriteItem", body: `{"RequestItems":{"$T":[` + strings.Join(writes, ",") + `]}}`}
}

func transactGet(t *rapid.T) request {
	gets := make([]string, rapid.IntRange(1, 3).Draw(t, "gets"))
	for i := range gets {
		gets[i] = `{"Get":` + object(change(t, "GetItem")) + `}`
	}
	return request{operation: "TransactGetItems", body: `{"TransactItems":[` + strings.Join(gets, ",") + `]}`}
}

func transactWrite(t *rapid.T) request {
	writes := make([]string, rapid.IntRange(1, 3).Draw(t, "writes"))
	for i := range writes {
		action := pick(t, "Put", "Put", "Update", "Update", "Delete", "ConditionCheck")
		operation := action
		if action != "ConditionCheck" {
			operation += "Item"
		}
		writes[i] = fmt.Sprintf(`{"%s":%s}`, action, object(change(t, operation)))
	}
	return request{operation: "TransactWriteItems", body: `{"TransactItems":[` + strings.Join(writes, ",") + `]}`}
}
