package prove

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// requestFor makes what q is about, and returns q as it is sent, with the resource that it is then decided on. The error is unsendable where
// q cannot be sent.
func (w *World) requestFor(ctx context.Context, q *theorem.Request) (request, string, error) {
	segments := strings.SplitN(q.Resource, ":", 6)
	if len(segments) != 6 {
		return request{}, "", unsendable("no request that localaws serves is for the resource " + q.Resource)
	}
	service, action, _ := strings.Cut(q.Action, ":")
	if segments[1] = "aws"; segments[2] != "s3" {
		segments[3], segments[4] = region, account
	}
	here := strings.Join(segments, ":")
	switch {
	case isAssumeRole(q):
		return onRole(q)
	case !strings.EqualFold(service, segments[2]):
	case segments[2] == "dynamodb":
		return w.onTable(ctx, q, action, here, segments[5])
	case segments[2] == "s3":
		sent, err := w.onObjects(ctx, q, action, segments[5])
		return sent, here, err
	case segments[2] == "kms":
		return w.onKey(ctx, q, action, segments[5])
	case segments[2] == "es":
		sent, err := w.onDomain(ctx, action, q.Resource)
		return sent, here, err
	}
	return request{}, "", unsendable(fmt.Sprintf("localaws serves no %s on %s", q.Action, q.Resource))
}

// globals sets the global condition keys that are a matter of the connection.
func globals(q *theorem.Request) func(*http.Request) {
	return func(r *http.Request) {
		if ip := one(q, "aws:sourceip"); ip != "" {
			r.RemoteAddr = ip + ":443"
		}
		if agent := one(q, "aws:useragent"); agent != "" {
			r.Header.Set("User-Agent", agent)
		}
		if one(q, "aws:securetransport") == "true" {
			r.TLS = new(tls.ConnectionState)
		}
	}
}

// one is the value of a condition key, by its name in small letters; empty where there is none.
func one(q *theorem.Request, key string) string {
	if values := q.Context[key]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// named are the condition keys that begin with prefix, without it.
func named(q *theorem.Request, prefix string) map[string]string {
	all := map[string]string{}
	for key := range q.Context {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			all[rest] = one(q, key)
		}
	}
	return all
}

// seed has root send a request. An error is that of a service, other than that the thing is there already.
func (w *World) seed(ctx context.Context, q request) (Answer, error) {
	q.by = root
	a, err := w.send(ctx, q)
	if err == nil && !a.ok() && !slices.Contains([]string{"BucketAlreadyOwnedByYou", "ResourceNotFoundException", "resource_already_exists_exception"}, a.Code) {
		err = unsendable(fmt.Sprintf("what the request is about cannot be made: %s %s", a.Code, a.Message))
	}
	return a, err
}

func isAssumeRole(q *theorem.Request) bool { return strings.EqualFold(q.Action, "sts:AssumeRole") }

// onRole is an AssumeRole.
func onRole(q *theorem.Request) (request, string, error) {
	_, role, _ := strings.Cut(q.Resource, ":role/")
	s := &theorem.Session{Role: role, Name: one(q, "sts:rolesessionname"), Tags: map[string]string{}, Transitive: q.Context["sts:transitivetagkeys"]}
	for _, key := range q.Context["aws:tagkeys"] {
		s.Tags[key] = one(q, "aws:requesttag/"+strings.ToLower(key))
	}
	return assumption{asTenant, parameters(s)}.request(), roleARN(role), nil
}

// DynamoDB

// partition is the key of the tables that are made.
const partition = "OwnerID"

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// nameable is a name as tables and indexes may have it: a short one is made longer.
func nameable(name string) (string, error) {
	if len(name) < 3 {
		name += "any"
	}
	if !tableName.MatchString(name) {
		return "", unsendable(fmt.Sprintf("no table or index can be called %q", name))
	}
	return name, nil
}

// onTable is a request for a table or an index.
func (w *World) onTable(ctx context.Context, q *theorem.Request, action, here, resource string) (sent request, on string, err error) {
	kind, rest, _ := strings.Cut(resource, "/")
	table, index, ofIndex := strings.Cut(rest, "/index/")
	if kind != "table" || strings.Contains(table, "/") {
		return sent, "", unsendable("no item is in " + q.Resource)
	}
	if table, err = nameable(table); err != nil {
		return sent, "", err
	}
	on = strings.TrimSuffix(here, resource) + "table/" + table
	if ofIndex {
		if index, err = nameable(index); err != nil {
			return sent, "", err
		}
		on += "/index/" + index
	}
	i := slices.IndexFunc(localaws.DynamoDBOperations(), func(name string) bool { return strings.EqualFold(name, action) })
	operation := action
	if i >= 0 {
		operation = localaws.DynamoDBOperations()[i]
	}
	keys := q.Context["dynamodb:leadingkeys"]
	body, operation, err := itemRequest(operation, table, index, keys)
	if err != nil {
		return sent, "", err
	}
	for name, member := range map[string]string{"select": "Select", "returnvalues": "ReturnValues", "returnconsumedcapacity": "ReturnConsumedCapacity"} {
		if value := one(q, "dynamodb:"+name); value != "" {
			body[member] = value
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return sent, "", err
	}
	return request{service: "dynamodb", operation: operation, body: string(text)}, on, w.makeTable(ctx, table, index, keys)
}

// makeTable makes a table with an index, where one is named, and a row of each key.
func (w *World) makeTable(ctx context.Context, table, index string, keys []string) error {
	schema := []object{{"AttributeName": partition, "KeyType": "HASH"}}
	made := object{
		"TableName": table, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema,
		"AttributeDefinitions": []object{{"AttributeName": partition, "AttributeType": "S"}},
	}
	if index != "" {
		made["GlobalSecondaryIndexes"] = []object{{"IndexName": index, "KeySchema": schema, "Projection": object{"ProjectionType": "ALL"}}}
	}
	steps := []request{tableRequest("DeleteTable", object{"TableName": table}), tableRequest("CreateTable", made)}
	for _, key := range keys {
		if key != "" {
			steps = append(steps, tableRequest("PutItem", object{"TableName": table, "Item": ownedBy(key)}))
		}
	}
	for _, step := range steps {
		if _, err := w.seed(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func tableRequest(operation string, body object) request {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps, lists and texts
	}
	return request{service: "dynamodb", operation: operation, body: string(text)}
}

func ownedBy(key string) object { return object{partition: object{"S": key}} }

// somebody is the owner of a request that has to name one and does not say which.
const somebody = "somebody"

// itemRequest is the body of a request for the items with keys, and the operation of DynamoDB that needs the permission.
func itemRequest(action, table, index string, keys []string) (object, string, error) {
	if len(keys) == 0 {
		keys = []string{somebody}
	}
	var owners []object
	for _, key := range keys {
		owners = append(owners, ownedBy(key))
	}
	body := object{"TableName": table}
	switch action {
	case "BatchGetItem":
		return object{"RequestItems": object{table: object{"Keys": owners}}}, action, nil
	case "BatchWriteItem":
		var puts []object
		for _, item := range owners {
			puts = append(puts, object{"PutRequest": object{"Item": item}})
		}
		return object{"RequestItems": object{table: puts}}, action, nil
	case "Scan":
		if index != "" {
			body["IndexName"] = index
		}
		return body, action, nil
	}
	if statement := partiQL(action, table, index, keys[0]); statement != "" {
		return object{"Statement": statement}, "ExecuteStatement", nil
	}
	if len(keys) > 1 {
		return nil, "", unsendable(fmt.Sprintf("a %s names one key, and the request %d", action, len(keys)))
	}
	switch action {
	case "GetItem", "DeleteItem":
		body["Key"] = owners[0]
	case "UpdateItem":
		body["Key"], body["UpdateExpression"] = owners[0], "SET Note = :n"
		body["ExpressionAttributeValues"] = object{":n": object{"S": "replayed"}}
	case "PutItem":
		body["Item"] = owners[0]
	case "ConditionCheckItem":
		check := object{"TableName": table, "Key": owners[0], "ConditionExpression": "attribute_exists(" + partition + ")"}
		return object{"TransactItems": []object{{"ConditionCheck": check}}}, "TransactWriteItems", nil
	case "Query":
		if index != "" {
			body["IndexName"] = index
		}
		body["KeyConditionExpression"], body["ExpressionAttributeNames"] = "#o = :o", object{"#o": partition}
		body["ExpressionAttributeValues"] = object{":o": owners[0][partition]}
	default: // whatever names a resource
		arn := "arn:aws:dynamodb:" + region + ":" + account + ":table/" + table
		maps.Copy(body, object{"TableArn": arn, "ResourceArn": arn, "SourceTableName": table, "GlobalTableName": table, "IndexName": index})
		if index == "" {
			delete(body, "IndexName")
		}
	}
	return body, action, nil
}

// partiQL is a statement that needs action; empty where none does.
func partiQL(action, table, index, key string) string {
	from, value := `"`+table+`"`, "'"+strings.ReplaceAll(key, "'", "''")+"'"
	if index != "" {
		from += `."` + index + `"`
	}
	where := " WHERE " + partition + " = " + value
	switch action {
	case "PartiQLSelect":
		return "SELECT * FROM " + from + where
	case "PartiQLInsert":
		return "INSERT INTO " + from + " VALUE {'" + partition + "':" + value + "}"
	case "PartiQLUpdate":
		return "UPDATE " + from + " SET Note = 'replayed'" + where
	case "PartiQLDelete":
		return "DELETE FROM " + from + where
	}
	return ""
}
