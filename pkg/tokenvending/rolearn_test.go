package tokenvending_test

import (
	"strings"
	"testing"

	"example.com/shiptrack/pkg/tokenvending"
)

func TestOnlyTheARNOfOneRoleIsAccepted(t *testing.T) {
	for _, text := range []string{
		"arn:aws:iam::000000000000:role/R", "arn:aws-us-gov:iam::123456789012:role/path/to/R", "arn:aws-cn:iam::123456789012:role/a+=,.@-_9",
		"arn:aws:iam::123456789012:role/" + strings.Repeat("r", 64),
	} {
		if err := tokenvending.CheckRoleARN(text); err != nil {
			t.Errorf("%v, want it accepted", err)
		}
	}
	for text, want := range map[string]string{
		"":                                 "not that of a role",
		"TrackingAccessRole":               "not that of a role",
		"arn:aws:iam::000000000000:user/u": "not that of a role",
		"arn:aws:iam::000000000000:role":   "not that of a role",
		"arn:aws:sts::000000000000:assumed-role/R/s":                "not that of a role",
		"arn:aws:iam::000000000000:role/":                           "name",
		"arn:aws:iam::000000000000:role/path/":                      "name",
		"arn:aws:iam::000000000000:role//R":                         "one / too many",
		"arn:aws:iam::000000000000:role/a//b":                       "one / too many",
		"arn:aws:iam::000000000000:role/" + strings.Repeat("r", 65): "name",
		"arn:aws:iam::000000000000:role/R:1":                        "name",
		"arn:aws:iam::000000000000:role/Ré":                         "name",
		"arn:aws:iam::0000:role/R":                                  "account of 12 digits",
		"arn:aws:iam:::role/R":                                      "account of 12 digits",
		"arn:aws:iam::00000000000a:role/R":                          "account of 12 digits",
		"arn:aws:iam:us-east-1:000000000000:role/R":                 "has a region",
		"arn::iam::000000000000:role/R":                             "partition",
		"arn:was:iam::000000000000:role/R":                          "partition",
		"arn:aws:iam::000000000000:role/Tracking Role":              "no blank",
		"arn:aws:iam::000000000000:role/Tracking*":                  "no wildcard",
		"arn:aws:iam::*:role/R":                                     "no wildcard",
		"arn:aws:iam::000000000000:role/R ":                         "no blank",
	} {
		if err := tokenvending.CheckRoleARN(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckRoleARN(%q) = %v, want an error with %q", text, err, want)
		}
	}
}
