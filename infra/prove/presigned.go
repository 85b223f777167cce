package prove

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// presigned are attacks with URLs that hold a signature. Some systems take such a URL as proof of who made it.
func presigned() []*Attack {
	var all []*Attack
	add := func(name, does string, at time.Duration, change func(*http.Request)) {
		all = append(all, &Attack{
			Name: "signature/presigned-" + name, Does: "a presigned GetCallerIdentity " + does, Differs: "it is as it was signed", Layer: Signature,
			Codes:   []string{"SignatureDoesNotMatch", "InvalidClientTokenId", "ExpiredTokenException", "AccessDenied", "IncompleteSignature", "MissingAuthenticationToken"},
			Attempt: presign(at, change), Control: presign(0, func(*http.Request) {}),
		})
	}
	replaced := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	add("verb", "sent by POST", 0, func(r *http.Request) { r.Method = http.MethodPost })
	add("action", "that asks for a session instead", 0, replaced("Action=GetCallerIdentity", "Action=GetSessionToken"))
	add("expiry", "whose time was made longer", 0, replaced("X-Amz-Expires=60", "X-Amz-Expires=86400"))
	add("expired", "a minute after the 15 minutes that STS gives it, whatever it says", -16*time.Minute, func(*http.Request) {})
	add("host-unsigned", "without host among its signed headers", 0, replaced("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="))
	return all
}

// presign sends a URL that was signed for a minute, at from now.
func presign(at time.Duration, change func(*http.Request)) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		to := w.at(request{service: "sts"})
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.url+"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60", http.NoBody)
		if err != nil {
			return Answer{}, err
		}
		nothing := sha256.Sum256(nil)
		signed, _, err := v4.NewSigner().PresignHTTP(ctx, w.callers[attacker], r, hex.EncodeToString(nothing[:]), "sts", to.region, time.Now().Add(at))
		if err != nil {
			return Answer{}, err
		}
		if r, err = http.NewRequestWithContext(ctx, http.MethodGet, signed, http.NoBody); err != nil {
			return Answer{}, err
		}
		change(r)
		return w.exchange(r)
	}
}
