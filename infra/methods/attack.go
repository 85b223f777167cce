package methods

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// request is one request with a session of own, for what is another's; the control is for own's.
type request struct {
	name, definition string
	send             func(ctx context.Context, c aws.Config, own, other string) error
}

// requests are those of each definition.
var requests = []request{
	{"GetItem", "ReadShipments", func(ctx context.Context, c aws.Config, _, other string) error {
		_, err := dynamodb.NewFromConfig(c).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: keyOf(other)})
		return err
	}},
	{"BatchGetItem of both", "ReadShipments", func(ctx context.Context, c aws.Config, own, other string) error {
		keys := []map[string]dynamodbtypes.AttributeValue{keyOf(own)}
		if other != own { // no key may stand there twice
			keys = append(keys, keyOf(other))
		}
		_, err := dynamodb.NewFromConfig(c).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]dynamodbtypes.KeysAndAttributes{table: {Keys: keys}}})
		return err
	}},
	{"Query", "ReadShipments", func(ctx context.Context, c aws.Config, _, other string) error {
		_, err := dynamodb.NewFromConfig(c).Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(table), KeyConditionExpression: aws.String("TenantID = :t"),
			ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{":t": &dynamodbtypes.AttributeValueMemberS{Value: other}},
		})
		return err
	}},
	{"GetObject", "ReadDocuments", func(ctx context.Context, c aws.Config, _, other string) error {
		out, err := objects(c).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: objectOf(other)})
		if err == nil {
			err = out.Body.Close()
		}
		return err
	}},
	{"ListObjectsV2", "ReadDocuments", func(ctx context.Context, c aws.Config, _, other string) error {
		_, err := objects(c).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(other + "/")})
		return err
	}},
	{"search", "Search", func(ctx context.Context, c aws.Config, _, other string) error { return search(ctx, c, other) }},
	{"PutObject", "WriteDocuments", func(ctx context.Context, c aws.Config, _, other string) error { return putObject(ctx, c, other) }},
	{"PutItem", "WriteShipments", func(ctx context.Context, c aws.Config, _, other string) error { return putItem(ctx, c, other) }},
}

// The tenants of the attacks: two strangers, and two of which one's id begins with the other's.
const (
	yellow, blue = "yellow", "blue"
	acme, acmeEU = "acme", "acme-eu"
)

var cast = []string{yellow, blue, acme, acmeEU}

// pairs are who attacks whom.
var pairs = [][2]string{{yellow, blue}, {acme, acmeEU}, {acmeEU, acme}}

// Outcome is how many requests for another tenant's data were answered.
type Outcome struct {
	Case     string
	Sessions int // that STS gave
	Tried    int // requests
	Through  []string
	Controls int // of the same requests for the own tenant's data, those that were answered
}

// outcome sends every request of every pair with the sessions that asking gives. A request without a session is denied by STS.
func (w *World) outcome(ctx context.Context, c asking) (Outcome, error) {
	o := Outcome{Case: c.name}
	for _, pair := range pairs {
		for i := range w.definitions {
			d := &w.definitions[i]
			if err := o.attack(ctx, w, c, pair[0], pair[1], d); err != nil {
				return o, fmt.Errorf("%s: %s against %s, %s: %w", c.name, pair[0], pair[1], d.Name, err)
			}
		}
	}
	return o, nil
}

// attack sends the requests of one definition.
func (o *Outcome) attack(ctx context.Context, w *World, c asking, own, other string, d *Definition) error {
	in, err := c.ask(w.method, own, other, d)
	if err != nil {
		return err
	}
	session, _, err := w.Session(ctx, in)
	refused, err := isRefusal(err, noSession)
	if err != nil {
		return err
	}
	if !refused {
		o.Sessions++
	}
	for _, r := range requests {
		if r.definition != d.Name {
			continue
		}
		o.Tried++
		if refused {
			continue
		}
		if err := o.try(ctx, session, r, own, other); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outcome) try(ctx context.Context, session aws.Config, r request, own, other string) error {
	denied, err := isRefusal(r.send(ctx, session, own, other), denials)
	if err != nil {
		return err
	}
	if !denied {
		o.Through = append(o.Through, fmt.Sprintf("%s by %s of %s", r.name, own, other))
	}
	if denied, err = isRefusal(r.send(ctx, session, own, own), denials); err == nil && !denied {
		o.Controls++
	}
	return err
}

// The codes by which STS gives no session, and by which a store's request is denied. "ValidationError" is for a name that no role and no tag has.
var (
	noSession = []string{"AccessDenied", "ValidationError"}
	denials   = []string{"AccessDenied", "AccessDeniedException"}
)

// isRefusal tells a refusal from success and from what went wrong.
func isRefusal(err error, codes []string) (bool, error) {
	if e, ok := errors.AsType[smithy.APIError](err); ok && slices.Contains(codes, e.ErrorCode()) {
		return true, nil
	}
	return false, err
}
