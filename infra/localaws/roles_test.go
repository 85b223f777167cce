package localaws

import (
	"testing"
	"testing/fstest"
)

func TestUnknownPlaceholderIsAnError(t *testing.T) {
	values := Values{Region: "eu-west-1", Account: "123456789012", Bucket: "shiptrack-data"}
	for _, tc := range []struct {
		text string
		good bool
	}{{`{"Resource":"<bucket>"}`, true}, {`{"Resource":"<domain>"}`, false}} {
		_, err := LoadRoles(fstest.MapFS{"Reader/trust.json": {Data: []byte(tc.text)}}, values)
		if (err == nil) != tc.good {
			t.Errorf("%s: %v", tc.text, err)
		}
	}
}

func TestRolesThatTrustEachOtherAreAnError(t *testing.T) {
	a := Role{Name: "A", Trust: []byte(`"arn:aws:iam::1:role/B"`)}
	b := Role{Name: "B", Trust: []byte(`"arn:aws:iam::1:role/A"`)}
	if _, err := ordered([]Role{a, b}); err == nil {
		t.Error("no error")
	}
}
