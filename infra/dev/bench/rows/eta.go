package rows

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/devissuer"
	"example.com/shiptrack/infra/dev/provision"
)

// The fixed load: distinct tokens over tenants.
const (
	tokens  = 1000
	tenants = 30
)

// etas asks a demo whose services run as bin has them.
func etas(bin func(context.Context, *stage) (string, error), args ...string) contender {
	return func(ctx context.Context, s *stage) (*load.Load, string, error) {
		folder, err := bin(ctx, s)
		if err != nil {
			return nil, "", err
		}
		d, err := s.demoWith(ctx, folder, args...)
		if err != nil {
			return nil, "", err
		}
		requests, err := d.requests(ctx)
		if err != nil {
			return nil, "", err
		}
		asked, err := load.New("127.0.0.1:"+d.ports["SHIPMENT_PORT"], requests)
		return asked, "", err
	}
}

// requests gives each tenant yellow's rows, and makes a request for each token.
func (d *demo) requests(ctx context.Context) ([]load.Request, error) {
	if err := d.copyRows(ctx); err != nil {
		return nil, err
	}
	var all []load.Request
	for i := range tokens {
		token, err := devissuer.Fetch(ctx, "http://127.0.0.1:"+d.ports["ISSUER_PORT"], tenantNamed(i%tenants), fmt.Sprintf("user-%d", i))
		if err != nil {
			return nil, err
		}
		all = append(all, load.Request{Method: http.MethodGet, Path: "/shipments/1001/eta", Header: http.Header{"Authorization": {"Bearer " + token}}})
	}
	return all, nil
}

func tenantNamed(i int) string { return fmt.Sprintf("bench-%02d", i) }

func (d *demo) localaws() string { return "http://127.0.0.1:" + d.ports["LOCALAWS_PORT"] }

// root signs as the root of localaws. Emulators take its key too.
func root(endpoint string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// copyRows is root's: the tenants of the bench have no seed.
func (d *demo) copyRows(ctx context.Context) error { return d.copyRowsTo(ctx, d.localaws()) }

// copyRowsTo gives each tenant of the bench yellow's rows at endpoint.
func (d *demo) copyRowsTo(ctx context.Context, endpoint string) error {
	client := dynamodb.NewFromConfig(root(endpoint))
	yellow, err := dynamodb.NewFromConfig(root(d.localaws())).Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(provision.TableName), KeyConditionExpression: aws.String("TenantID = :t"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":t": &types.AttributeValueMemberS{Value: "yellow"}},
	})
	if err != nil {
		return err
	}
	for i := range tenants {
		for _, row := range yellow.Items {
			row["TenantID"] = &types.AttributeValueMemberS{Value: tenantNamed(i)}
			if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(provision.TableName), Item: row}); err != nil {
				return err
			}
		}
	}
	return nil
}

// product is what make build made.
func product(_ context.Context, s *stage) (string, error) { return s.place.Bin, nil }

// anew is the product without kept tokens.
func anew(_ context.Context, s *stage) (string, error) {
	scripts := map[string]string{}
	for _, service := range []string{"tracking-service", "shipment-service"} {
		scripts[service] = "OIDC_KEPT_TOKENS=0 exec " + quote(filepath.Join(s.place.Bin, service)) + ` "$@"`
	}
	return s.wrap("anew", scripts)
}

// variant is the product but for the credentials of the tracking service's stores, which its bench build takes elsewhere.
func variant(name string) func(context.Context, *stage) (string, error) {
	return func(ctx context.Context, s *stage) (string, error) {
		built, err := s.build(ctx, "tracking-service.bench", "./tracking-service/cmd/tracking-service", "test", "-c", "-tags", "bench")
		if err != nil {
			return "", err
		}
		environment := "BENCH_VARIANT=" + name + " BENCH_STS_DELAY=" + stsDelay.String()
		return s.wrap(name, map[string]string{"tracking-service": fmt.Sprintf(`case "$1" in
serve) %s exec %s "$@";;
*) exec %s "$@";;
esac`, environment, quote(built), quote(filepath.Join(s.place.Bin, "tracking-service")))})
	}
}

// stsDelay is how far away STS is, for the build that asks it at each request.
const stsDelay = 20 * time.Millisecond

// wrap returns a folder with the binaries, some of them scripts.
func (s *stage) wrap(name string, scripts map[string]string) (string, error) {
	folder := filepath.Join(s.place.Work, "bin-"+name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	for _, binary := range []string{"localaws", "devissuer", "provision", "tracking-service", "shipment-service"} {
		where := filepath.Join(folder, binary)
		script, ok := scripts[binary]
		if !ok {
			if err := os.Symlink(filepath.Join(s.place.Bin, binary), where); err != nil {
				return "", err
			}
			continue
		}
		if err := os.WriteFile(where, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// quote is a shell's word.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// floor is two echo hops and one signed GetItem, over the product's own localaws.
func floor(ctx context.Context, s *stage) (*load.Load, string, error) {
	d, err := s.demoWith(ctx, s.place.Bin)
	if err != nil {
		return nil, "", err
	}
	requests, err := d.requests(ctx)
	if err != nil {
		return nil, "", err
	}
	if _, err := s.build(ctx, "floor", "./infra/dev/bench/cmd/floor", "build"); err != nil {
		return nil, "", err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, "", err
	}
	f := s.fleet(s.place.Work)
	environment := []string{"PATH=" + os.Getenv("PATH"), "GOGC=400"} // as the demo's services have it
	front, store := "127.0.0.1:"+ports[0], "127.0.0.1:"+ports[1]
	if err := f.Start("floor-store", "floor", environment, "store", store, "http://127.0.0.1:"+d.ports["LOCALAWS_PORT"]); err != nil {
		return nil, "", err
	}
	if err := f.Start("floor-front", "floor", environment, "front", front, "http://"+store); err != nil {
		return nil, "", err
	}
	if err := await(ctx, "http://"+front+requests[0].Path); err != nil {
		return nil, "", err
	}
	asked, err := load.New(front, requests)
	return asked, "", err
}

// await returns when url is answered 200.
func await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not answered: %w", url, ctx.Err())
		case <-tick.C:
		}
	}
}
