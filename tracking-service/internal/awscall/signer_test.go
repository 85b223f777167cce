package awscall_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"example.com/shiptrack/tracking-service/internal/awscall"
)

func session(n int) aws.Credentials {
	return aws.Credentials{AccessKeyID: fmt.Sprintf("ASIA%016d", n), SecretAccessKey: fmt.Sprintf("%040d", n), SessionToken: strings.Repeat("t", 900)}
}

// authorization is what signer signs a request with.
func authorization(t *testing.T, signer dynamodb.HTTPSignerV4, session aws.Credentials) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:4566/", nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := signer.SignHTTP(t.Context(), session, r, strings.Repeat("a", 64), "dynamodb", "us-east-1", at); err != nil {
		t.Fatal(err)
	}
	return r.Header.Get("Authorization")
}

func TestEachSessionsSignatureIsItsOwn(t *testing.T) {
	signer := awscall.NewSigner()
	for range 2 {
		for n := range 2000 { // more than there are signers
			if got, want := authorization(t, signer, session(n)), authorization(t, v4.NewSigner(), session(n)); got != want {
				t.Fatalf("session %d: %s, want %s", n, got, want)
			}
		}
	}
}

// Two sessions in turn cost what one costs. The SDK's own signer is the control: it derives a key for each request.
func TestSessionsInTurnKeepTheirKeys(t *testing.T) {
	for name, tt := range map[string]struct {
		signer dynamodb.HTTPSignerV4
		keeps  bool
	}{"ours": {awscall.NewSigner(), true}, "the SDK's": {v4.NewSigner(), false}} {
		costs := func(sessions ...aws.Credentials) float64 {
			return testing.AllocsPerRun(100, func() {
				for _, s := range sessions {
					authorization(t, tt.signer, s)
				}
			})
		}
		one := costs(session(1), session(1))
		// Two sessions may have the same signer by chance; not as many as these.
		least := costs(session(1), session(2))
		for n := 3; n < 10; n++ {
			least = min(least, costs(session(1), session(n)))
		}
		if (least <= one) != tt.keeps {
			t.Errorf("%s: two sessions in turn cost %v allocations, and one %v", name, least, one)
		}
	}
}
