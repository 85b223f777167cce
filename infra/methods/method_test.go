package methods

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestEachBuilderMakesOneAssumeRole(t *testing.T) {
	d := define(t, 1)[0]
	const generated = `{"Statement":[{"Action":["dynamodb:GetItem","dynamodb:BatchGetItem","dynamodb:Query"],"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["yellow"]},"Null":{"dynamodb:LeadingKeys":"false"}},` +
		`"Effect":"Allow","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData","Sid":"ReadOwnPartition"},` +
		`{"Action":["dynamodb:Scan","dynamodb:PartiQL*"],"Effect":"Deny","Resource":"*","Sid":"DenyWhatNamesNoKey"},` +
		`{"Action":"dynamodb:*","Effect":"Deny","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData/index/*","Sid":"DenyIndexes"}],"Version":"2012-10-17"}`
	for _, test := range []struct {
		method             Method
		role, policy, tags string
	}{
		{RBAC{}, "AccessReadShipments-yellow", "", `null`},
		{Generated{}, "AccessEveryTenant", generated, `null`},
		{ABAC{}, "AccessReadShipments", "", `[{"Key":"TenantID","Value":"yellow"}]`},
	} {
		in, err := test.method.Input("yellow", &d)
		if err != nil {
			t.Fatal(err)
		}
		tags, err := json.Marshal(in.Tags)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := *in.RoleArn, "arn:aws:iam::000000000000:role/"+test.role; got != want {
			t.Errorf("%s: role %s, want %s", test.method.Name(), got, want)
		}
		if got := aws.ToString(in.Policy); got != test.policy {
			t.Errorf("%s: policy %s, want %s", test.method.Name(), got, test.policy)
		}
		if string(tags) != test.tags || len(in.TransitiveTagKeys) != len(in.Tags) {
			t.Errorf("%s: tags %s, transitive %v, want %s", test.method.Name(), tags, in.TransitiveTagKeys, test.tags)
		}
		if got := *in.RoleSessionName; got != "yellow@methods" {
			t.Errorf("%s: session %s", test.method.Name(), got)
		}
	}
}

func TestATenantNeedsRolesUnderRBACAlone(t *testing.T) {
	definitions := define(t, MaxDefinitions)
	for _, test := range []struct {
		method Method
		want   string
	}{
		{RBAC{}, "AccessReadShipments-yellow AccessReadDocuments-yellow AccessSearch-yellow AccessWriteDocuments-yellow AccessWriteShipments-yellow"}, {Generated{}, ""}, {ABAC{}, ""},
	} {
		roles, err := test.method.OfTenant("yellow", definitions)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range roles {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: a tenant adds %q, want %q", test.method.Name(), got, test.want)
		}
	}
}

// The ABAC side of the comparison is the product itself.
func TestABACHasThePoliciesOfTheProduct(t *testing.T) {
	roles, err := ABAC{}.Shared(define(t, MaxDefinitions))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sources {
		text := string(roles[i].Policies[0].Document)
		if !strings.Contains(text, tagVariable) || strings.ContainsAny(text, "\n<>") {
			t.Errorf("%s is not %s/%s, filled and without white space: %s", s.name, s.role, s.policy, text)
		}
	}
}
