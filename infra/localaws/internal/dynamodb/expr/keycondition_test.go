package expr

import (
	"slices"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"pgregory.net/rapid"
)

var keyValues = map[string]attr.Value{
	":t": attr.String("yellow"), ":u": attr.String("blue"), ":a": attr.String("1000"), ":b": attr.String("2000"), ":n": attr.Int(5),
}

func keyCondition(t testing.TB, src string) ([]KeyTerm, error) {
	t.Helper()
	p, err := NewPlaceholders(map[string]string{"#pk": "TenantID", "#sk": "ShipmentID", "#dotted": "Tenant.ID"}, keyValues)
	if err != nil {
		t.Fatal(err)
	}
	return ParseKeyCondition(src, p)
}

func TestKeyConditionReportsEveryTerm(t *testing.T) {
	yellow, a, b := keyValues[":t"], keyValues[":a"], keyValues[":b"]
	tenant := KeyTerm{"TenantID", Equal, []attr.Value{yellow}}
	for _, tc := range []struct {
		src  string
		want []KeyTerm
	}{
		{"TenantID = :t", []KeyTerm{tenant}},
		{":t = #pk", []KeyTerm{tenant}},
		{"(#pk) = (:t)", []KeyTerm{tenant}},
		{"#dotted = :t", []KeyTerm{{"Tenant.ID", Equal, []attr.Value{yellow}}}},
		{"tenantid = :t", []KeyTerm{{"tenantid", Equal, []attr.Value{yellow}}}},
		{"#pk = :t AND begins_with(#sk, :a)", []KeyTerm{tenant, {"ShipmentID", BeginsWith, []attr.Value{a}}}},
		{"#sk BETWEEN :a AND :b AND #pk = :t", []KeyTerm{{"ShipmentID", Between, []attr.Value{a, b}}, tenant}},
		{"(#pk = :t) and (#sk < :a)", []KeyTerm{tenant, {"ShipmentID", Less, []attr.Value{a}}}},
		{"#pk = :t and #sk <= :a", []KeyTerm{tenant, {"ShipmentID", LessOrEqual, []attr.Value{a}}}},
		{"#pk = :t and #sk > :a", []KeyTerm{tenant, {"ShipmentID", Greater, []attr.Value{a}}}},
		{"#pk = :t and #sk >= :a", []KeyTerm{tenant, {"ShipmentID", GreaterOrEqual, []attr.Value{a}}}},
		{"#pk = :t and :a < #sk", []KeyTerm{tenant, {"ShipmentID", Greater, []attr.Value{a}}}},
		{"#pk = :t and :a >= #sk", []KeyTerm{tenant, {"ShipmentID", LessOrEqual, []attr.Value{a}}}},
		{"a = :t AND (b = :a AND c = :b)", []KeyTerm{{"a", Equal, []attr.Value{yellow}}, {"b", Equal, []attr.Value{a}}, {"c", Equal, []attr.Value{b}}}},
		{"#pk > :t", []KeyTerm{{"TenantID", Greater, []attr.Value{yellow}}}},
	} {
		got, err := keyCondition(t, tc.src)
		if err != nil || !slices.EqualFunc(got, tc.want, equalTerms) {
			t.Errorf("%q: got %v, %v\nwant %v", tc.src, got, err, tc.want)
		}
	}
}

func equalTerms(a, b KeyTerm) bool {
	return a.Attribute == b.Attribute && a.Op == b.Op && slices.EqualFunc(a.Values, b.Values, attr.Value.Equal)
}

// A request that could reach a second partition must not be read as one that names only the first.
func TestKeyConditionOnTwoPartitionsIsRefused(t *testing.T) {
	const twice = "KeyConditionExpressions must only contain one condition per key"
	const operator = "Invalid operator used in KeyConditionExpression: "
	for _, tc := range []struct{ refused, control, message string }{
		{"#pk = :t AND #pk = :u", "#pk = :t AND #sk = :u", twice},
		{"#pk = :t AND TenantID = :u", "#pk = :t AND tenantID = :u", twice},
		{"#pk = :t AND :u = #pk", "#pk = :t AND :u = #sk", twice},
		{"#pk = :t AND (#sk = :a AND #pk = :u)", "#pk = :t AND (#sk = :a AND b = :u)", twice},
		{"#pk = :t AND #pk BETWEEN :a AND :b", "#pk = :t AND #sk BETWEEN :a AND :b", twice},
		{"#pk = :t OR #pk = :u", "#pk = :t AND #sk = :u", operator + "OR"},
		{"#pk = :t AND (#sk = :a OR #pk = :u)", "#pk = :t AND (#sk = :a)", operator + "OR"},
		{"NOT #pk = :t", "#pk = :t", operator + "NOT"},
		{"NOT NOT #pk = :t OR #pk = :u", "NOT NOT #pk = :t AND #sk = :u", operator + "OR"},
		{"#pk <> :t", "#pk = :t", operator + "<>"},
		{"#pk IN (:t, :u)", "#pk = :t", operator + "IN"},
		{"attribute_exists(#pk)", "begins_with(#pk, :t)", operator + "attribute_exists"},
		{"attribute_not_exists(#pk)", "#pk = :t", operator + "attribute_not_exists"},
		{"attribute_type(#pk, :S)", "#pk = :t", ""},
		{"contains(#pk, :t)", "begins_with(#pk, :t)", operator + "contains"},
		{"#pk = #sk", "#pk = :t", "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"},
		{":t = :t", "#pk = :t", "Invalid condition in KeyConditionExpression: No key attribute specified"},
		{"size(#pk) = :n", "#pk = :n", "KeyConditionExpressions cannot contain nested operations"},
		{"begins_with(:t, #pk)", "begins_with(#pk, :t)", "Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand"},
		{":t BETWEEN #pk AND :u", "#pk BETWEEN :u AND :t", "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand"},
	} {
		got, err := keyCondition(t, tc.refused)
		if err == nil || tc.message != "" && err.Error() != tc.message {
			t.Errorf("%q: got %v, %v\nwant %s", tc.refused, got, err, tc.message)
		}
		if _, err := keyCondition(t, tc.control); err != nil {
			t.Errorf("control %q: %v", tc.control, err)
		}
	}
}

// Values are data: whatever text a value or a name holds, the terms are the same.
func TestKeyConditionTakesValuesLiterally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := attr.String(rapid.String().Draw(t, "value"))
		name := rapid.StringN(1, 20, 200).Draw(t, "name")
		p, err := NewPlaceholders(map[string]string{"#pk": name}, map[string]attr.Value{":t": value})
		if err != nil {
			t.Fatal(err)
		}
		terms, err := ParseKeyCondition("#pk = :t", p)
		if err != nil || len(terms) != 1 || !equalTerms(terms[0], KeyTerm{name, Equal, []attr.Value{value}}) {
			t.Fatalf("%q = %q: got %v, %v", name, value.Text(), terms, err)
		}
	})
}
