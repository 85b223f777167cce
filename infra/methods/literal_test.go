package methods

import (
	"strings"
	"testing"
)

func TestAPolicyWithTheTenantInPlaceOfTheTag(t *testing.T) {
	for _, test := range []struct{ name, statement, literal, everyone string }{
		{"a resource", `{"Resource":"a/${aws:PrincipalTag/TenantID}/*"}`, `{"Resource":"a/yellow/*"}`, `{"Resource":"a/*/*"}`},
		{"resources", `{"Resource":["a/${aws:PrincipalTag/TenantID}","b"]}`, `{"Resource":["a/yellow","b"]}`, `{"Resource":["a/*","b"]}`},
		{"a list of values", `{"Resource":"*","Condition":{"StringEquals":{"k":["${aws:PrincipalTag/TenantID}"],"l":"x"}}}`,
			`{"Condition":{"StringEquals":{"k":["yellow"],"l":"x"}},"Resource":"*"}`, `{"Condition":{"StringEquals":{"l":"x"}},"Resource":"*"}`},
		{"the tag of a key", `{"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"${aws:ResourceTag/TenantID}"}}}`,
			`{"Condition":{"StringEquals":{"aws:ResourceTag/TenantID":"yellow"}},"Resource":"*"}`, `{"Resource":"*"}`},
		{"that there is a tag", `{"Resource":"*","Condition":{"Null":{"aws:PrincipalTag/TenantID":"false"}}}`, `{"Resource":"*"}`, `{"Resource":"*"}`},
		{"that there is a tag and a key", `{"Resource":"*","Condition":{"Null":{"aws:PrincipalTag/TenantID":"false","k":"false"}}}`,
			`{"Condition":{"Null":{"k":"false"}},"Resource":"*"}`, `{"Condition":{"Null":{"k":"false"}},"Resource":"*"}`},
	} {
		d := Definition{Name: test.name, policy: []byte(`{"Statement":[` + test.statement + `]}`)}
		check := func(got []byte, err error, want string) {
			t.Helper()
			if want = `{"Statement":[` + want + `]}`; err != nil || string(got) != want {
				t.Errorf("%s: %s %v, want %s", test.name, got, err, want)
			}
		}
		got, err := d.literal("yellow")
		check(got, err, test.literal)
		got, err = d.everyone()
		check(got, err, test.everyone)
	}
}

// What is not understood is not left standing: a session without a tag would not be what the policy speaks of.
func TestATagThatCannotBeWrittenOutIsRefused(t *testing.T) {
	d := Definition{Name: "x", policy: []byte(`{"Statement":[{"Resource":"a/${aws:PrincipalTag/Team}/*"}]}`)}
	if text, err := d.literal("yellow"); err == nil || !strings.Contains(err.Error(), "Team") {
		t.Errorf("%s %v, want an error that names it", text, err)
	}
}
