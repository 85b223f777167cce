package tokenvending

import (
	"errors"
	"net/http"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// maxSkew is how far the clocks of a caller and of AWS may differ before AWS refuses signatures, less a minute for the
// way: AWS General Reference, "Signing AWS API requests", and the SDK's own threshold.
const maxSkew = 4 * time.Minute

// ClockSkew reports whether err is an answer of AWS that refuses a request because of this machine's clock, and not
// because of who asks: a signature or a token that had expired, or was not yet valid, by AWS's clock. It is true only
// where AWS says so, or where the answer's Date differs from our time by more than four minutes. ahead is by how much
// our clock is ahead of AWS's, negative where it is behind, 0 where the answer has no Date.
//
// The SDK corrects its signatures by itself after such an answer, so this is what is left where that did not help.
func ClockSkew(err error) (ahead time.Duration, ok bool) {
	var code smithy.APIError
	if !errors.As(err, &code) {
		return 0, false
	}
	ahead = aheadOf(err)
	isApart := ahead.Abs() > maxSkew
	switch code.ErrorCode() {
	case "RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed":
		return ahead, true
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		message := code.ErrorMessage()
		return ahead, isApart || strings.Contains(message, "Signature expired") || strings.Contains(message, "Signature not yet current")
	case "ExpiredToken", "ExpiredTokenException", "AuthFailure":
		return ahead, isApart
	}
	return 0, false
}

// aheadOf is our time less that of the answer in err, 0 where that has none.
func aheadOf(err error) time.Duration {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.Response == nil || answer.Response.Response == nil {
		return 0
	}
	date, err := http.ParseTime(answer.Response.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return time.Since(date).Round(time.Second)
}
