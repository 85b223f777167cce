package dynamodb

import (
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/policy"
)

// decide says what the policy document answers to a session of yellow.
func decide(t *testing.T, s *Service, document, operation, body string) string {
	t.Helper()
	call, err := read(s, operation, body)
	if err != nil {
		t.Fatal(err)
	}
	document = strings.NewReplacer("<region>", testRegion, "<account-id>", testAccount).Replace(document)
	compiled, err := policy.Parse([]byte(document), policy.Identity)
	if err != nil {
		t.Fatal(err)
	}
	policies := policy.Policies{Identity: []policy.Named{{Name: "tested", Policy: compiled}}}
	for _, p := range call.Permissions {
		p.Context.Set("aws:PrincipalTag/TenantID", "yellow")
		if policies.Decide(&policy.Request{Action: p.Action, Resource: p.Resource, Context: p.Context}).Effect != policy.Allow {
			return denied
		}
	}
	return "allowed"
}

// The control is the policy without its statement about indexes, and with them as a resource.
func TestAPolicyThatDeniesIndexesHolds(t *testing.T) {
	const resource = `"Resource": "arn:aws:dynamodb:<region>:<account-id>:table/TrackingData`
	const hardened = `{"Version": "2012-10-17", "Statement": [
    {
      "Effect": "Allow",
      "Action": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
      "Resource": "arn:aws:dynamodb:<region>:<account-id>:table/TrackingData",
      "Condition": {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/TenantID}"]},
        "Null": {"dynamodb:LeadingKeys": "false", "aws:PrincipalTag/TenantID": "false"}
      }
    },
    {
      "Effect": "Deny",
      "Action": "dynamodb:*",
      "Resource": "arn:aws:dynamodb:<region>:<account-id>:table/TrackingData/index/*"
    }
  ]}`
	allowing := strings.Replace(hardened, resource+`",`, resource+`*",`, 1) // the first is that of the Allow
	merelyAllowing := strings.Replace(allowing, `"Effect": "Deny",
      "Action": "dynamodb:*"`, `"Effect": "Allow",
      "Action": "dynamodb:ListTables"`, 1)
	if allowing == hardened || merelyAllowing == allowing {
		t.Fatal("the policy is not as this test knows it")
	}
	s := newIndexed(t)
	carriedBy := func(index, value string) string {
		return query + `"IndexName":"` + index + `","KeyConditionExpression":"Carrier = :k","ExpressionAttributeValues":{":k":{"S":"` + value + `"}}}`
	}
	for _, row := range []struct{ what, document, body, want string }{
		{"the table", hardened, query + keyCond + `}`, "allowed"},
		{"a local index", hardened, indexQuery("LocalAll", `}`), denied},
		{"a global index", hardened, carriedBy("ByCarrier", "yellow"), denied},
		{"indexes allowed and denied", allowing, indexQuery("LocalAll", `}`), denied},
		{"a local index, allowed", merelyAllowing, indexQuery("LocalAll", `}`), "allowed"},
		{"its other tenant", merelyAllowing, strings.Replace(indexQuery("LocalAll", `}`), `"yellow"`, `"blue"`, 1), denied},
		{"a global index, allowed", merelyAllowing, carriedBy("ByCarrier", "yellow"), "allowed"},
		{"its other partition", merelyAllowing, carriedBy("ByCarrier", "blue"), denied},
		{"a global index by the table's key", merelyAllowing, strings.Replace(indexQuery("LocalAll", `}`), "LocalAll", "ByCarrier", 1), denied},
		{"an index that is not there", merelyAllowing, carriedBy("Nope", "yellow"), denied},
	} {
		if got := decide(t, s, row.document, "Query", row.body); got != row.want {
			t.Errorf("%s: got %s, want %s: %s", row.what, got, row.want, row.body)
		}
	}
	if got := decide(t, s, merelyAllowing, "Scan", query+`"IndexName":"ByCarrier"}`); got != denied {
		t.Errorf("a Scan of an index: got %s, want %s", got, denied)
	}
}

func TestARequestOnAnIndexHasTheIndexsResourceAndKeys(t *testing.T) {
	s := newIndexed(t)
	for _, row := range []struct{ operation, body, want string }{
		{"Query", indexQuery("ByCarrier", `}`), "Query table/TrackingData/index/ByCarrier [fast]"},
		{"Query", indexQuery("LocalKeys", `}`), "Query table/TrackingData/index/LocalKeys [yellow]"},
		{"Query", strings.Replace(indexQuery("LocalKeys", `}`), "LocalKeys", "ByCarrier", 1), "Query table/TrackingData/index/ByCarrier ?"},
		{"Query", indexQuery("Nope", `}`), "Query table/TrackingData/index/Nope ?"},
		{"Scan", query + `"IndexName":"ByCarrier"}`, "Scan table/TrackingData/index/ByCarrier -"},
	} {
		call, err := read(s, row.operation, row.body)
		if err != nil {
			t.Fatal(err)
		}
		if got := facts(call.Permissions[0]); got != row.want || len(call.Permissions) != 1 {
			t.Errorf("got %s of %d, want %s: %s", got, len(call.Permissions), row.want, row.body)
		}
	}
}

// A request that was authorized by one index's key must not be answered from another of its name.
func TestARequestIsNotAnsweredFromAnotherIndexOfTheName(t *testing.T) {
	s := newIndexed(t)
	put(t, s, "yellow", "1", `"Carrier":{"S":"fast"},"Weight":{"N":"1"},"Port":{"S":"fast"}`)
	again := func(key string) {
		must(t, s, "UpdateTable", `{"TableName":"TrackingData","GlobalSecondaryIndexUpdates":[{"Delete":{"IndexName":"ByCarrier"}}]}`)
		must(t, s, "UpdateTable", createLate("ByCarrier", "ALL", key))
	}
	call, err := read(s, "Query", indexQuery("ByCarrier", `}`))
	if err != nil {
		t.Fatal(err)
	}
	again("Port")
	_, err = call.Answer(t.Context())
	wantCode(t, err, invalid, "The table does not have the specified index: ByCarrier", "a Query that was read before")
	again("Carrier")
	if got := ask(t, s, "Query", indexQuery("ByCarrier", `}`)).Count; got != 1 {
		t.Errorf("control: got %d items, want 1", got)
	}
}

// partitionOf is the attribute that a request reads by: the table's partition key, or that of the index.
func partitionOf(body string) string {
	for _, index := range []string{"ByCarrier", "CarrierKeys"} {
		if strings.Contains(body, `"IndexName":"`+index+`"`) {
			return "Carrier"
		}
	}
	return "TenantID"
}
