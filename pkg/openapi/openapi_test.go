package openapi_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/openapi"
	"example.com/shiptrack/pkg/trackingapi"
)

const referring = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /things/{shipmentId}:
    parameters:
      - $ref: 'other/openapi.yaml#/components/parameters/ShipmentId'
    get:
      operationId: GetThing
      tags: [things]
      responses:
        '200':
          description: yes
          content:
            application/json:
              schema: {$ref: 'other/openapi.yaml#/components/schemas/Shipment'}
`

func TestReferencesBecomePartOfTheDocument(t *testing.T) {
	c, err := openapi.New(openapi.Config{
		Document:   []byte(referring),
		References: map[string][]byte{"other/openapi.yaml": trackingapi.Document()},
	})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(whole), "other/openapi.yaml") {
		t.Errorf("the document still refers to another one:\n%s", whole)
	}
	alone, err := openapi.New(openapi.Config{Document: whole})
	if err != nil {
		t.Fatalf("the document is not valid by itself: %v\n%s", err, whole)
	}
	if got := alone.OperationIDs("things"); !slices.Equal(got, []string{"GetThing"}) {
		t.Errorf("operations %v, want GetThing", got)
	}
	// The parameter stands at the path, not at the operation: it counts all the same.
	if err := alone.CheckRequest("GetThing", get("/things/-"), func(string) string { return "-" }); err == nil {
		t.Error("the parameter of the path is not checked")
	}
	if err := alone.CheckRequest("GetThing", get("/things/1001"), func(string) string { return "1001" }); err != nil {
		t.Errorf("a good request: %v", err)
	}
}

func TestDocumentThatIsNotWholeIsRefused(t *testing.T) {
	for name, document := range map[string]string{
		"a reference that was not given": referring,
		"not OpenAPI":                    `swagger: "2.0"`,
		"not YAML":                       "\x00",
		"an unresolved component":        strings.ReplaceAll(referring, "other/openapi.yaml", ""),
	} {
		if _, err := openapi.New(openapi.Config{Document: []byte(document)}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOperationsAreFoundByTag(t *testing.T) {
	got := slices.Sorted(slices.Values(rules(t).OperationIDs("shipments")))
	if want := []string{"GetShipment", "GetShippingETA", "ListShipments", "SearchShipments"}; !slices.Equal(got, want) {
		t.Errorf("operations tagged shipments: %v, want %v", got, want)
	}
}

const excluding = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /things:
    get:
      operationId: ListThings
      parameters:
        - {name: ids, in: query, schema: {type: string}, x-excludes: EXCLUDED}
        - {name: limit, in: query, schema: {type: integer}}
        - {name: X-Limit, in: header, schema: {type: integer}}
      responses: {'200': {description: yes}}
`

// A constraint with a spelling mistake would have no effect, so it is refused.
func TestExclusionsNameParametersOfTheOperation(t *testing.T) {
	for excluded, ok := range map[string]bool{
		"[limit]": true, "[limits]": false, "[limit, cursor]": false, "limit": false, "[ids]": false, "[X-Limit]": false, "[1]": false,
	} {
		c, err := openapi.New(openapi.Config{Document: []byte(strings.Replace(excluding, "EXCLUDED", excluded, 1))})
		if (err == nil) != ok {
			t.Errorf("x-excludes: %s: %v, want ok = %v", excluded, err, ok)
		}
		if err == nil && c.CheckRequest("ListThings", get("/things?ids=a&limit=5"), nil) == nil {
			t.Error("ids beside limit is valid")
		}
	}
}

func TestTheDocumentHasIdsAloneOrAPage(t *testing.T) {
	c, err := openapi.New(openapi.Config{Document: trackingapi.Document()})
	if err != nil {
		t.Fatal(err)
	}
	for target, ok := range map[string]bool{
		"/shipments?ids=1001": true, "/shipments?limit=5&cursor=abc": true,
		"/shipments?ids=1001&limit=5": false, "/shipments?cursor=abc&ids=1001": false,
	} {
		if err := c.CheckRequest("ListShipments", get(target), nil); (err == nil) != ok {
			t.Errorf("%s: %v, want valid = %v", target, err, ok)
		}
	}
}
