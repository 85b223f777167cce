package localawstest

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-json-experiment/json"
)

// RoleARN is the ARN of a role of the account.
func (l *Local) RoleARN(name string) string { return "arn:aws:iam::" + l.Account + ":role/" + name }

// RoleCredentials returns the credentials that a task started in role gets, as the compute service hands
// them out. It fails the test where the role does not trust ecs-tasks.amazonaws.com.
func (l *Local) RoleCredentials(t testing.TB, role, session string) Credentials {
	t.Helper()
	query := url.Values{"role": {role}, "session": {session}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/_localaws/role-credentials?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := l.Do(t, r, nil, Root, "localaws")
	if status != http.StatusOK {
		t.Fatalf("credentials of role %s: %d %s", role, status, body)
	}
	var c Credentials
	if err := json.Unmarshal(body, &c); err != nil {
		t.Fatalf("credentials of role %s: %v", role, err)
	}
	return c
}

// AssumeRole assumes a role with the credentials given. The error is that of the AWS SDK.
func (l *Local) AssumeRole(t testing.TB, by Credentials, in *sts.AssumeRoleInput) (Credentials, error) {
	t.Helper()
	out, err := sts.NewFromConfig(l.Config(by)).AssumeRole(t.Context(), in)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{
		AccessKeyID:     aws.ToString(out.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(out.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(out.Credentials.SessionToken),
	}, nil
}

// Session returns a session of role with tags, each of them transitive, and fails the test where the trust policy
// does not allow it. AssumeRole has every parameter, and returns the error.
func (l *Local) Session(t testing.TB, by Credentials, role, name string, tags map[string]string) Credentials {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: aws.String(l.RoleARN(role)), RoleSessionName: &name}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(tags[key])})
		in.TransitiveTagKeys = append(in.TransitiveTagKeys, key)
	}
	c, err := l.AssumeRole(t, by, in)
	if err != nil {
		t.Fatalf("session of role %s with the tags %v: %v", role, tags, err)
	}
	return c
}

// Failure returns the code and status of an AWS error, empty and 0 where there was none.
func Failure(err error) (code string, status int) {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		status = e.HTTPStatusCode()
	}
	return code, status
}

// WantFailure fails the test where err is not the AWS error with this code and status.
func WantFailure(t testing.TB, err error, code string, status int) {
	t.Helper()
	gotCode, gotStatus := Failure(err)
	if gotCode != code || gotStatus != status {
		t.Errorf("got %q with status %d (%v), want %q with status %d", gotCode, gotStatus, err, code, status)
	}
}

var authorizationID = regexp.MustCompile(`\. For complete details, call the GetRequestAuthorizationDetails API with the following authorization id: [0-9a-z]+`)

// WithoutAuthorizationID is the text of a denial without its end, which differs from one denial to the next.
func WithoutAuthorizationID(text string) string { return authorizationID.ReplaceAllString(text, "") }
