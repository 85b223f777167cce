package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// report is what the self-check found.
type report struct {
	yellow, blue string // their ETAs of shipment 1001
	session      string // the ARN of yellow's session
	denial       string // why blue's key was refused
}

// firstETA asks for yellow's shipment 1001 and returns how long after the start of the demo it was answered.
func (d *demo) firstETA(ctx context.Context) (time.Duration, error) {
	if _, err := d.eta(ctx, "yellow"); err != nil {
		return 0, d.withLastDenial(err)
	}
	return time.Since(d.started), nil
}

// check sends the requests of the printed commands. Then it bypasses the application: it uses yellow's own session
// on the table itself.
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
	r.session, r.denial, err = d.checkIsolation(ctx)
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

// checkIsolation uses yellow's session credentials directly against the table: yellow's key must be answered,
// and blue's refused by IAM.
func (d *demo) checkIsolation(ctx context.Context) (session, denial string, err error) {
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		return "", "", err
	}
	ctx = tenant.NewContext(ctx, yellow)
	client, session, err := d.sessionClient(ctx)
	if err != nil {
		return "", "", err
	}
	own, err := client.GetItem(ctx, getItem("yellow"))
	if err != nil {
		return "", "", fmt.Errorf("isolation is not shown: yellow's session cannot read yellow's own key: %w", err)
	}
	if len(own.Item) == 0 {
		return "", "", errors.New("isolation is not shown: yellow's own shipment 1001 is not in the table")
	}
	foreign, err := client.GetItem(ctx, getItem("blue"))
	var refusal smithy.APIError
	switch {
	case err == nil:
		why, err := d.whyDecided(requestIDOf(foreign.ResultMetadata))
		return "", "", errors.Join(fmt.Errorf("%w: yellow's session read blue's partition key:\n  %s", errNotIsolated, why), err)
	case !errors.As(err, &refusal) || refusal.ErrorCode() != "AccessDeniedException":
		return "", "", fmt.Errorf("isolation is not shown: blue's key was refused, but not by IAM: %w", err)
	}
	denial, err = d.whyDecided(requestID(err))
	return session, denial, err
}

// sessionClient returns a client that signs with the session of ctx's tenant, vended as the tracking service
// vends it.
func (d *demo) sessionClient(ctx context.Context) (*dynamodb.Client, string, error) {
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
	// Set on the clients, not on the configuration: see package tokenvending, "The trap".
	cfg := d.awsConfig(nil)
	identity, err := sts.NewFromConfig(cfg, func(o *sts.Options) { o.Credentials = vending }).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, "", fmt.Errorf("no session for yellow: %w", err)
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Credentials = vending })
	return client, aws.ToString(identity.Arn), nil
}

func getItem(partition string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: aws.String(table), Key: map[string]types.AttributeValue{
		"TenantID":   &types.AttributeValueMemberS{Value: partition},
		"ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
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
