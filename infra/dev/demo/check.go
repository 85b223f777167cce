package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// report is what the self-check found.
type report struct {
	yellow, blue string // their ETAs of shipment 1001
	found        int    // of yellow's shipments by searchWords
	session      string // the ARN of yellow's session
	denials      []denial
}

// denial is what IAM refused to yellow's session.
type denial struct {
	what string // blue's
	code string
	why  string
}

// document is one that each tenant has of its shipment 1001.
const document = "bill-of-lading.pdf"

// firstETA asks for yellow's shipment 1001 and returns how long after the start of the demo it was answered.
func (d *demo) firstETA(ctx context.Context) (time.Duration, error) {
	if _, err := d.eta(ctx, "yellow"); err != nil {
		return 0, d.withLastDenial(err)
	}
	return time.Since(d.started), nil
}

// check sends the requests of the printed commands. Then it bypasses the application: it uses yellow's own session
// on the stores themselves.
func (d *demo) check(ctx context.Context) (report, error) {
	var r report
	var err error
	if r.yellow, err = d.eta(ctx, "yellow"); err != nil {
		return r, err
	}
	if r.blue, err = d.eta(ctx, "blue"); err != nil {
		return r, err
	}
	if r.yellow == r.blue {
		return r, fmt.Errorf("yellow and blue get the same ETA %s for shipment 1001: they are not kept apart", r.yellow)
	}
	if err := d.checkRefusals(ctx); err != nil {
		return r, err
	}
	if r.found, err = d.search(ctx, "yellow"); err != nil {
		return r, err
	}
	r.session, r.denials, err = d.checkIsolation(ctx)
	return r, err
}

func (d *demo) checkRefusals(ctx context.Context) error {
	blue, err := d.token(ctx, "blue")
	if err != nil {
		return err
	}
	foreign, foreignBody, err := d.get(ctx, d.etaURL("1002"), blue)
	if err != nil {
		return err
	}
	nobodys, nobodysBody, err := d.get(ctx, d.etaURL("9999"), blue)
	if err != nil {
		return err
	}
	if foreign != http.StatusNotFound || nobodys != http.StatusNotFound || foreignBody != nobodysBody {
		return fmt.Errorf("blue can tell yellow's shipment 1002 (%d %s) from one that nobody has (%d %s)", foreign, foreignBody, nobodys, nobodysBody)
	}
	if status, body, err := d.get(ctx, d.etaURL("1001"), ""); err != nil || status != http.StatusUnauthorized {
		return fmt.Errorf("without a token the answer is %d %s (%w), want 401", status, body, err)
	}
	return nil
}

// errNotIsolated says that a request was allowed that must be refused.
var errNotIsolated = errors.New("ISOLATION DOES NOT HOLD")

// store is one that the self-check asks for an object of a tenant, with yellow's session and without the application.
type store struct {
	what string // that is asked for
	code string // of IAM's denial
	ask  func(ctx context.Context, tenant string) (requestID string, found bool, err error)
}

// checkIsolation uses yellow's session credentials directly on each store: yellow's own is answered, and blue's is
// refused by IAM.
func (d *demo) checkIsolation(ctx context.Context) (session string, denials []denial, err error) {
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		return "", nil, err
	}
	ctx = tenant.NewContext(ctx, yellow)
	vending, session, err := d.vend(ctx)
	if err != nil {
		return "", nil, err
	}
	// Set on the clients, not on the configuration: see package tokenvending, "The trap".
	for _, s := range []store{d.tableStore(vending), d.bucketStore(vending), d.indexStore(vending)} {
		why, err := d.checkStore(ctx, s)
		if err != nil {
			return "", nil, err
		}
		denials = append(denials, denial{s.what, s.code, why})
	}
	return session, denials, nil
}

func (d *demo) checkStore(ctx context.Context, s store) (why string, err error) {
	_, found, err := s.ask(ctx, "yellow")
	if err != nil {
		return "", fmt.Errorf("isolation is not shown: yellow's session cannot read yellow's own %s: %w", s.what, err)
	}
	if !found {
		return "", fmt.Errorf("isolation is not shown: yellow's own %s is not there", s.what)
	}
	id, _, err := s.ask(ctx, "blue")
	var refusal smithy.APIError
	switch {
	case err == nil:
		why, err := d.whyDecided(id)
		return "", errors.Join(fmt.Errorf("%w: yellow's session read blue's %s:\n  %s", errNotIsolated, s.what, why), err)
	case !errors.As(err, &refusal) || refusal.ErrorCode() != s.code:
		return "", fmt.Errorf("isolation is not shown: blue's %s was refused, but not by IAM: %w", s.what, err)
	}
	return d.whyDecided(requestID(err))
}

// vend returns the sessions of tenants, vended as the tracking service vends them, and the ARN of that of ctx's tenant.
func (d *demo) vend(ctx context.Context) (*tokenvending.Machine, string, error) {
	token, err := os.ReadFile(d.tokenFile())
	if err != nil {
		return nil, "", err
	}
	task := endpointcreds.New(d.credentialsURL(), func(o *endpointcreds.Options) { o.AuthorizationToken = string(token) })
	vending, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(d.awsConfig(aws.NewCredentialsCache(task))), RoleARN: roleARN("TrackingAccessRole"),
		Instance: "self-check", Duration: 15 * time.Minute, Capacity: 1,
	})
	if err != nil {
		return nil, "", err
	}
	identity, err := sts.NewFromConfig(d.awsConfig(nil), func(o *sts.Options) { o.Credentials = vending }).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, "", fmt.Errorf("no session for yellow: %w", err)
	}
	return vending, aws.ToString(identity.Arn), nil
}

func (d *demo) tableStore(vending aws.CredentialsProvider) store {
	client := dynamodb.NewFromConfig(d.awsConfig(nil), func(o *dynamodb.Options) { o.Credentials = vending })
	return store{"shipment 1001", "AccessDeniedException", func(ctx context.Context, tenant string) (string, bool, error) {
		out, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: map[string]types.AttributeValue{
			"TenantID":   &types.AttributeValueMemberS{Value: tenant},
			"ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
		}})
		if err != nil {
			return "", false, err
		}
		return requestIDOf(out.ResultMetadata), len(out.Item) > 0, nil
	}}
}

func (d *demo) bucketStore(vending aws.CredentialsProvider) store {
	client := s3.NewFromConfig(d.awsConfig(nil), func(o *s3.Options) { o.Credentials, o.UsePathStyle = vending, true })
	return store{"document " + document, "AccessDenied", func(ctx context.Context, tenant string) (string, bool, error) {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(tenant + "/1001/" + document)})
		if err != nil {
			return "", false, err
		}
		return requestIDOf(out.ResultMetadata), true, out.Body.Close()
	}}
}

func (d *demo) indexStore(vending aws.CredentialsProvider) store {
	client := opensearch.Client{Endpoint: endpoint(d.LocalawsPort), Region: d.Region, Credentials: vending}
	return store{"search index", "AccessDeniedException", func(ctx context.Context, tenant string) (string, bool, error) {
		answer, err := client.Do(ctx, http.MethodGet, tenant+"-shipments/_search", []byte(`{"query":{"match":{"places":"rotterdam"}}}`))
		if err != nil {
			return "", false, err
		}
		return answer.RequestID, bytes.Contains(answer.Body, []byte(`"_index":"`+tenant)), nil
	}}
}

func (d *demo) etaURL(id string) string {
	return endpoint(d.ShipmentPort) + "/shipments/" + id + "/eta"
}

func (d *demo) token(ctx context.Context, tenantID string) (string, error) {
	return devissuer.Fetch(ctx, endpoint(d.IssuerPort), tenantID, "ana")
}

// eta returns the ETA of shipment 1001 as a user of the tenant gets it.
func (d *demo) eta(ctx context.Context, tenantID string) (string, error) {
	token, err := d.token(ctx, tenantID)
	if err != nil {
		return "", err
	}
	status, body, err := d.get(ctx, d.etaURL("1001"), token)
	if err != nil {
		return "", err
	}
	var answer struct {
		ETA string `json:"eta"`
	}
	if err := json.Unmarshal([]byte(body), &answer); status != http.StatusOK || err != nil || answer.ETA == "" {
		return "", fmt.Errorf("%s's ETA of shipment 1001 was answered %d %s", tenantID, status, body)
	}
	return answer.ETA, nil
}

// searchWords are those that the printed command looks for.
const searchWords = "hamburg+delayed"

func (d *demo) searchURL() string {
	return endpoint(d.ShipmentPort) + "/shipments/search?q=" + searchWords
}

// search returns how many shipments a user of the tenant finds. It waits until searches are served: the services are ready
// before that, once shipments are.
func (d *demo) search(ctx context.Context, tenantID string) (int, error) {
	token, err := d.token(ctx, tenantID)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		status, body, err := d.get(ctx, d.searchURL(), token)
		var answer struct{ Total int }
		switch {
		case err != nil:
			return 0, err
		case status == http.StatusServiceUnavailable && pause(ctx):
			continue
		}
		if err := json.Unmarshal([]byte(body), &answer); status != http.StatusOK || err != nil || answer.Total == 0 {
			return 0, fmt.Errorf("%s's search for %s was answered %d %s", tenantID, searchWords, status, body)
		}
		return answer.Total, nil
	}
}

// pause waits a moment, and returns false where ctx ends before.
func pause(ctx context.Context) bool {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *demo) get(ctx context.Context, url, token string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, string(b), err
}
