package tokenvending_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/pkg/tokenvending"
)

// dated is a refusal whose answer says that it is now by AWS's clock; without a date where that is zero.
func dated(code, message string, now time.Time) error {
	header := http.Header{}
	if !now.IsZero() {
		header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusForbidden, Header: header}},
		Err:      &smithy.GenericAPIError{Code: code, Message: message},
	}}
}

func TestClockThatIsAnHourOffIsToldFromARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const expired = "Signature expired: 20260301T120000Z is now earlier than 20260301T125500Z (20260301T130000Z - 5 min.)"
		now := time.Now()
		for _, test := range []struct {
			err   error
			ahead time.Duration
			isOff bool
		}{
			{dated("SignatureDoesNotMatch", "does not match", now.Add(time.Hour)), -time.Hour, true},
			{dated("InvalidSignatureException", "does not match", now.Add(-time.Hour)), time.Hour, true},
			{dated("SignatureDoesNotMatch", expired, time.Time{}), 0, true},
			{dated("InvalidSignatureException", "Signature not yet current: a is still later than b", time.Time{}), 0, true},
			{dated("RequestTimeTooSkewed", "", now.Add(time.Hour)), -time.Hour, true},
			{dated("RequestExpired", "", time.Time{}), 0, true},
			{dated("ExpiredToken", "", now.Add(-time.Hour)), time.Hour, true},
			{dated("ExpiredTokenException", "", now), 0, false},
			{dated("SignatureDoesNotMatch", "does not match", now.Add(3*time.Minute)), 0, false},
			{dated("SignatureDoesNotMatch", "does not match", time.Time{}), 0, false},
			{dated("AccessDenied", "", now.Add(time.Hour)), 0, false}, // a clock denies nobody: this stays an alarm
			{errors.New("no answer"), 0, false},
		} {
			ahead, isOff := tokenvending.ClockSkew(test.err)
			if isOff != test.isOff || isOff && ahead != test.ahead {
				t.Errorf("%v: %v, %t, want %v, %t", test.err, ahead, isOff, test.ahead, test.isOff)
			}
			fake := &fakeSTS{}
			fake.fail(test.err)
			_, err := newMachine(t, tokenvending.Config{STS: fake}).Retrieve(as(t, "yellow"))
			var failed *tokenvending.Error
			if !errors.As(err, &failed) || (failed.Kind == tokenvending.ClockSkewed) != test.isOff {
				t.Errorf("Retrieve = %v, want a skewed clock: %t", err, test.isOff)
			}
		}
	})
}

// The SDK corrects its signatures by AWS's clock, so STS may answer while our clock is an hour ahead: the session is then
// at its end by our clock as soon as it is vended.
func TestSessionThatIsAtItsEndAtOnceIsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeSTS{falsify: func(_ string, out *sts.AssumeRoleOutput) {
			out.Credentials.Expiration = aws.Time(out.Credentials.Expiration.Add(-time.Hour))
		}}
		machine := newMachine(t, tokenvending.Config{STS: fake})
		wantError(t, machine, as(t, "yellow"), tokenvending.ClockSkewed, false)
		if _, err := machine.Retrieve(as(t, "yellow")); !strings.Contains(err.Error(), "1h0m0s behind ours: check this machine's clock") {
			t.Errorf("the error does not tell the clock: %v", err)
		}
	})
}
