package tokenvending_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/tokenvending"
)

var credentialKey = regexp.MustCompile(`Credential=([^/]+)/`)

// keysOnTheWire returns the access keys with which the calls of yellow, blue and yellow again are signed by one
// client, made by wire from a loaded configuration.
func keysOnTheWire(t *testing.T, wire func(*testing.T, aws.CredentialsProvider, ...func(*config.LoadOptions) error) *sts.Client) []string {
	t.Helper()
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		match := credentialKey.FindStringSubmatch(r.Header.Get("Authorization"))
		keys = append(keys, match[1])
		_, _ = w.Write([]byte(`<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>`))
	}))
	defer server.Close()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	client := wire(t, newMachine(t, tokenvending.Config{STS: &fakeSTS{}}),
		config.WithRegion("us-east-1"), config.WithBaseEndpoint(server.URL))
	for _, id := range []string{"yellow", "blue", "yellow"} {
		if _, err := client.GetCallerIdentity(as(t, id), &sts.GetCallerIdentityInput{}); err != nil {
			t.Fatalf("call of %s: %v", id, err)
		}
	}
	return keys
}

// This is the wiring of the package's doc. (Any service client will do; this module has STS's.)
func TestOneClientSignsForEachTenantWithItsOwnKey(t *testing.T) {
	got := keysOnTheWire(t, func(t *testing.T, machine aws.CredentialsProvider, opts ...func(*config.LoadOptions) error) *sts.Client {
		opts = append(opts, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("base", "secret", "")))
		cfg, err := config.LoadDefaultConfig(t.Context(), opts...)
		if err != nil {
			t.Fatal(err)
		}
		return sts.NewFromConfig(cfg, func(o *sts.Options) { o.Credentials = machine })
	})
	if want := []string{"AKIA-yellow-1", "AKIA-blue-1", "AKIA-yellow-1"}; !slices.Equal(got, want) {
		t.Fatalf("calls of yellow, blue, yellow were signed with %v, want %v", got, want)
	}
}

// The trap, kept as a test so that the doc's warning stays true: the same calls through the wrong wiring.
func TestMachineAsCredentialsOfTheConfigurationLeaksAcrossTenants(t *testing.T) {
	got := keysOnTheWire(t, func(t *testing.T, machine aws.CredentialsProvider, opts ...func(*config.LoadOptions) error) *sts.Client {
		cfg, err := config.LoadDefaultConfig(t.Context(), append(opts, config.WithCredentialsProvider(machine))...)
		if err != nil {
			t.Fatal(err)
		}
		return sts.NewFromConfig(cfg)
	})
	if want := []string{"AKIA-yellow-1", "AKIA-yellow-1", "AKIA-yellow-1"}; !slices.Equal(got, want) {
		t.Fatalf("calls of yellow, blue, yellow were signed with %v; the doc says that all have the first key", got)
	}
}

func TestCallWithoutTenantSendsNothing(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent++ }))
	defer server.Close()
	machine := newMachine(t, tokenvending.Config{STS: &fakeSTS{}})
	client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: machine})
	if _, err := client.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{}); err == nil || sent != 0 {
		t.Fatalf("error %v after %d packets, want an error and none", err, sent)
	}
}

// A source of base credentials that refuses is not STS's word, though it answers in the form of an AWS error.
func TestRefusedBaseCredentialsAreNoDenial(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code":"AccessDenied","message":"no"}`))
	}))
	defer endpoint.Close()
	refused := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code></Error><RequestId>r-2</RequestId></ErrorResponse>`))
	}))
	defer refused.Close()
	for base, want := range map[aws.CredentialsProvider]tokenvending.Kind{
		endpointcreds.New(endpoint.URL): tokenvending.Unavailable,
		aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("base", "secret", "")): tokenvending.Denied, // by STS
	} {
		client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: aws.String(refused.URL), Credentials: base})
		wantError(t, newMachine(t, tokenvending.Config{STS: client}), as(t, "yellow"), want, false)
	}
}

// The SDK gives a request without an answer the form of a response with the status 0: an outage, not an alarm.
func TestUnreachableSTSIsNoDenial(t *testing.T) {
	refused := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	dropped := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	defer refused.Close()
	defer dropped.Close()
	for url, want := range map[string]tokenvending.Kind{
		closed.URL: tokenvending.Unavailable, dropped.URL: tokenvending.Unavailable, refused.URL: tokenvending.Denied,
	} {
		client := sts.New(sts.Options{
			Region: "us-east-1", BaseEndpoint: aws.String(url), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider("base", "secret", ""),
		})
		wantError(t, newMachine(t, tokenvending.Config{STS: client}), as(t, "yellow"), want, false)
	}
}
