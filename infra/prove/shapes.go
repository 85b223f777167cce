package prove

// shapes are the bodies of the operations on items.
var shapes map[string]func(*generator) object

func init() {
	shapes = map[string]func(*generator) object{
		"GetItem": func(g *generator) object { return g.read(object{"TableName": g.table(), "Key": g.key()}) },
		"PutItem": func(g *generator) object {
			return g.condition(g.sometimes(4, object{"TableName": g.table(), "Item": g.item()}, object{"ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "INDEXES"}))
		},
		"DeleteItem": func(g *generator) object {
			return g.condition(g.sometimes(2, object{"TableName": g.table(), "Key": g.key()}, object{"ReturnValues": "ALL_OLD"}))
		},
		"UpdateItem": (*generator).update,
		"Query":      (*generator).query,
		"Scan": func(g *generator) object {
			return g.sometimes(4, object{"TableName": g.table()}, object{"IndexName": "~table-index~", "Limit": 1, "Select": "COUNT", "Segment": 0, "TotalSegments": 2, "ExclusiveStartKey": g.key(),
				"ScanFilter": object{"~partition~": object{"ComparisonOperator": "EQ", "AttributeValueList": []object{g.value(g.tenant())}}}})
		},
		"BatchGetItem": func(g *generator) object {
			requests := object{g.table(): g.read(object{"Keys": several(g, g.key)})}
			if g.odd(10) {
				requests[g.table()] = object{"Keys": several(g, g.key)}
			}
			return object{"RequestItems": requests}
		},
		"BatchWriteItem": func(g *generator) object {
			return object{"RequestItems": object{g.table(): several(g, func() object {
				if g.one(3) {
					return object{"DeleteRequest": object{"Key": g.key()}}
				}
				return object{"PutRequest": object{"Item": g.item()}}
			})}}
		},
		"TransactGetItems": func(g *generator) object {
			return object{"TransactItems": several(g, func() object { return object{"Get": object{"TableName": g.table(), "Key": g.key()}} })}
		},
		"TransactWriteItems": func(g *generator) object {
			kind := pick(g, 0, 1, 2, 3, 3, 3, 4) // of all items; with 4, each has its own
			return object{"TransactItems": several(g, func() object {
				if kind < 4 {
					return g.transactWrite(kind)
				}
				return g.transactWrite(g.IntN(4))
			})}
		},
		"ExecuteStatement": func(g *generator) object {
			return g.sometimes(4, object{"Statement": g.statement()}, object{"Limit": 1, "ConsistentRead": true, "Parameters": []object{g.value(g.tenant())}})
		},
		"BatchExecuteStatement": func(g *generator) object {
			return object{"Statements": several(g, func() object { return object{"Statement": g.statement()} })}
		},
		"ExecuteTransaction": func(g *generator) object {
			return object{"TransactStatements": several(g, func() object { return object{"Statement": g.statement()} })}
		},
	}
}

// read adds what reads of items may have.
func (g *generator) read(body object) object {
	g.sometimes(5, body, object{"ConsistentRead": true})
	if g.one(4) {
		body["ProjectionExpression"], body["ExpressionAttributeNames"] = "#c, ~sort~", object{"#c": pick(g, "Canary", "~partition~")}
	} else if g.one(10) {
		body["AttributesToGet"] = []string{"Canary"}
	}
	return body
}

func (g *generator) update() object {
	body := object{"TableName": g.table(), "Key": g.key(), "ReturnValues": pick(g, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD")}
	if g.one(8) {
		body["AttributeUpdates"] = object{"Note": object{"Action": "PUT", "Value": object{"S": "x"}}}
		return body
	}
	body["UpdateExpression"] = pick(g, "SET Note = :v", "SET Canary = :v", "SET Note = if_not_exists(Canary, :v)", "SET ~partition~ = :v")
	body["ExpressionAttributeValues"] = object{":v": object{"S": "planted"}}
	return g.condition(body)
}

func (g *generator) query() object {
	body := g.sometimes(6, object{"TableName": g.table()}, object{"Limit": 1, "Select": "COUNT", "ScanIndexForward": false, "ConsistentRead": true, "ReturnConsumedCapacity": "TOTAL"})
	if g.odd(6) {
		body["IndexName"] = "~table-index~"
	}
	if g.one(4) {
		body["ExclusiveStartKey"] = g.key()
	}
	if g.odd(8) {
		body["KeyConditions"] = object{"~partition~": object{"ComparisonOperator": pick(g, "EQ", "EQ", "GE", "BEGINS_WITH"), "AttributeValueList": several(g, func() object { return g.value(g.tenant()) })}}
		return body
	}
	values := object{":t": g.value(g.tenant())}
	body["ExpressionAttributeValues"] = values
	body["KeyConditionExpression"] = "~partition~ = :t"
	if g.tame {
		return body
	}
	body["KeyConditionExpression"] = pick(g, "~partition~ = :t", ":t = ~partition~", "~partition~ > :t", "begins_with(~partition~, :t)", "#k = :t",
		"~partition~ = :t AND ~sort~ > :s", "~sort~ = :s AND ~partition~ = :t", "~partition~ = :t AND begins_with(~sort~, :s)", "~partition~ = :t AND ~partition~ = :s", "~partition~ = :t OR ~partition~ = :s", "~sort~ = :s")
	condition, _ := body["KeyConditionExpression"].(string)
	if condition == "#k = :t" {
		body["ExpressionAttributeNames"] = object{"#k": pick(g, "~partition~", "~partition~", "~sort~")}
	}
	for i := range len(condition) - 1 {
		if condition[i:i+2] == ":s" {
			values[":s"] = g.value(pick(g, "0", "of", g.tenant()))
		}
	}
	if g.one(5) {
		body["FilterExpression"] = pick(g, "attribute_exists(Canary)", "attribute_not_exists(Canary)", "size(Canary) > size(~sort~)")
	}
	return body
}

func (g *generator) transactWrite(kind int) object {
	target := object{"TableName": g.table()}
	switch kind {
	case 0:
		target["Item"] = g.item()
		return object{"Put": g.condition(target)}
	case 1:
		target["Key"] = g.key()
		return object{"Delete": g.condition(target)}
	case 2:
		target["Key"], target["UpdateExpression"], target["ExpressionAttributeValues"] = g.key(), "SET Note = :v", object{":v": object{"S": "planted"}}
		return object{"Update": target}
	}
	target["Key"], target["ConditionExpression"] = g.key(), pick(g, "attribute_exists(~partition~)", "attribute_not_exists(~partition~)")
	return object{"ConditionCheck": target}
}
