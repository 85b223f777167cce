// Package iamtest puts Shiptrack's roles and policies into the localaws of a test.
package iamtest

import (
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// Load puts the roles of set in place.
func Load(t testing.TB, l *localawstest.Local, set iam.Set) {
	t.Helper()
	files, err := iam.Files(set)
	if err != nil {
		t.Fatal(err)
	}
	l.Load(t, files)
}
