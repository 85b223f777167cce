package e2e

import (
	"bytes"
	"os"
	"testing"
)

// TestTheTwoCopiesOfAllowedHostsAreTheSame: localaws imports no module of ours, and the services import nothing of infra.
func TestTheTwoCopiesOfAllowedHostsAreTheSame(t *testing.T) {
	ours, err := os.ReadFile("../../../pkg/allowedhosts/allowedhosts.go")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile("../../localaws/internal/allowedhosts/allowedhosts.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(ours, theirs) {
		t.Error("pkg/allowedhosts and infra/localaws/internal/allowedhosts differ: change both")
	}
}
