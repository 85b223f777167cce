package dynamodb

import (
	"strings"
	"testing"
)

// createIndexed is a CreateTable of a table whose key is the first two of the attributes, each "name type".
func createIndexed(table string, attributes []string, locals string, globals ...string) string {
	var definitions []string
	for _, a := range attributes {
		name, kind, _ := strings.Cut(a, " ")
		definitions = append(definitions, `{"AttributeName":"`+name+`","AttributeType":"`+kind+`"}`)
	}
	body := `{"TableName":"` + table + `","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[` + strings.Join(definitions, ",") +
		`],` + keySchemaJSON(strings.Fields(attributes[0])[0], strings.Fields(attributes[1])[0])
	if locals != "" {
		body += `,"LocalSecondaryIndexes":[` + locals + `]`
	}
	if len(globals) > 0 {
		body += `,"GlobalSecondaryIndexes":[` + strings.Join(globals, ",") + `]`
	}
	return body + `}`
}

func keySchemaJSON(names ...string) string {
	var elements []string
	for i, name := range names {
		elements = append(elements, `{"AttributeName":"`+name+`","KeyType":"`+[]string{"HASH", "RANGE", "RANGE"}[i]+`"}`)
	}
	return `"KeySchema":[` + strings.Join(elements, ",") + `]`
}

// gsi is one index: ALL, KEYS_ONLY, or INCLUDE with the attributes that it names behind a colon.
func gsi(name, project string, keys ...string) string {
	kind, included, ok := strings.Cut(project, ":")
	projection := `{"ProjectionType":"` + kind + `"`
	if ok {
		projection += `,"NonKeyAttributes":["` + strings.ReplaceAll(included, " ", `","`) + `"]`
	}
	return `{"IndexName":"` + name + `",` + keySchemaJSON(keys...) + `,"Projection":` + projection + `}}`
}

var indexedAttributes = []string{"TenantID S", "ShipmentID S", "Carrier S", "Weight N", "Seal B"}

// newIndexed has TrackingData with an index of every kind.
func newIndexed(t testing.TB) *Service {
	t.Helper()
	s := newService(t)
	must(t, s, "CreateTable", createIndexed("TrackingData", indexedAttributes,
		gsi("LocalAll", "ALL", "TenantID", "Weight")+","+gsi("LocalKeys", "KEYS_ONLY", "TenantID", "Carrier")+","+
			gsi("LocalSome", "INCLUDE:Port", "TenantID", "Carrier"),
		gsi("ByCarrier", "ALL", "Carrier", "Weight"), gsi("CarrierKeys", "KEYS_ONLY", "Carrier"),
		gsi("SealSome", "INCLUDE:Port", "Seal", "Weight"), gsi("Swapped", "KEYS_ONLY", "ShipmentID", "TenantID")))
	must(t, s, "CreateTable", createBody("Other", "TenantID", "S", "ShipmentID", "S"))
	return s
}

// put puts an item of yellow or another tenant: "1001", then members in JSON.
func put(t testing.TB, s *Service, tenant, shipment, rest string) {
	t.Helper()
	must(t, s, "PutItem", putOf(tenant, shipment, rest))
}

func putOf(tenant, shipment, rest string) string {
	if rest != "" {
		rest = "," + rest
	}
	return `{"TableName":"TrackingData","Item":{"TenantID":{"S":"` + tenant + `"},"ShipmentID":{"S":"` + shipment + `"}` + rest + `}}`
}
