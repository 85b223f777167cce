package tokenvending_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
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

// stsAt is STS whose clock is ahead of ours: it refuses signatures that are five minutes off, and ends sessions by its
// own clock.
func stsAt(ahead time.Duration) *sts.Client {
	answer := func(status int, body string) *http.Response {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Date": {time.Now().Add(ahead).UTC().Format(http.TimeFormat)}},
			Body: io.NopCloser(strings.NewReader(body)),
		}
	}
	return sts.New(sts.Options{
		Region: "us-east-1", Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("base", "secret", "")),
		HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
			signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
			if apart := time.Now().Add(ahead).Sub(signed); err != nil || apart.Abs() > 5*time.Minute {
				return answer(403, `<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired: it is too old</Message></Error></ErrorResponse>`), nil
			}
			end := time.Now().Add(ahead + time.Hour).UTC().Format(time.RFC3339)
			return answer(200, `<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>`+yellowARN+`</Arn></AssumedRoleUser><Credentials><AccessKeyId>AKIA-yellow</AccessKeyId>`+
				`<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>`+end+`</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`), nil
		}),
	})
}

// With the SDK's own client: it corrects its signatures by STS's clock. A clock that is behind then costs nothing, and one
// that is ahead is told.
func TestClockOfTheSDKsClient(t *testing.T) {
	for ahead, kind := range map[time.Duration]tokenvending.Kind{0: 0, time.Hour: 0, -time.Hour: tokenvending.ClockSkewed, -2 * time.Hour: tokenvending.ClockSkewed} {
		synctest.Test(t, func(t *testing.T) {
			machine := newMachine(t, tokenvending.Config{STS: stsAt(ahead)})
			if kind == 0 {
				wantKey(t, machine, as(t, "yellow"), "AKIA-yellow")
				return
			}
			wantError(t, machine, as(t, "yellow"), kind, false)
		})
	}
}
