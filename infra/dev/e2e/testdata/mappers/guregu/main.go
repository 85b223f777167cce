// A session of guregu/dynamo, which nobody here wrote. It prints a line for each step that it did; see ../../../mappers_test.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/guregu/dynamo/v2"
)

type parcel struct {
	Customer string   `dynamo:",hash"`
	Number   int      `dynamo:",range"`
	Place    string   `index:"Place-index,hash"`
	Weight   int      `localIndex:"Weight-index,range"`
	Labels   []string `dynamo:",set"`
}

type shipment struct {
	TenantID   string
	ShipmentID string
	Place      string
}

func main() {
	ctx := context.Background()
	if err := session(ctx, dynamo.New(config("AWS_"))); err != nil {
		fail(err)
	}
	if err := tenant(ctx, dynamo.New(config("TENANT_")).Table("TrackingData")); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// config has the credentials in variables with this prefix.
func config(prefix string) aws.Config {
	get := func(name string) string { return os.Getenv(prefix + name) }
	return aws.Config{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(get("ACCESS_KEY_ID"), get("SECRET_ACCESS_KEY"), get("SESSION_TOKEN")),
	}
}

// want prints the step where got is want.
func want(step string, got, want any, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", step, err)
	}
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		return fmt.Errorf("%s: got %s, want %s", step, g, w)
	}
	fmt.Println(step)
	return nil
}

func places(all []parcel) string {
	var names []string
	for _, p := range all {
		names = append(names, p.Place)
	}
	return strings.Join(names, " ")
}

func session(ctx context.Context, db *dynamo.DB) error {
	table := db.Table("GureguParcels")
	err := db.CreateTable(table.Name(), parcel{}).OnDemand(true).Wait(ctx)
	described, describeErr := table.Describe().Run(ctx)
	if err := want("create", described.Active(), true, errors.Join(err, describeErr)); err != nil {
		return err
	}
	first := parcel{Customer: "ana", Number: 1, Place: "Hamburg", Weight: 7, Labels: []string{"fragile"}}
	if err := want("put", nil, nil, table.Put(first).Run(ctx)); err != nil {
		return err
	}
	var got parcel
	err = table.Get("Customer", "ana").Range("Number", dynamo.Equal, 1).Consistent(true).One(ctx, &got)
	if err := want("get", got, first, err); err != nil {
		return err
	}
	for n, place := range []string{"Bremen", "Hamburg", "Bremen", "Kiel"} {
		if err := table.Put(parcel{Customer: "ana", Number: n + 2, Place: place, Weight: n, Labels: []string{"plain"}}).Run(ctx); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, *dynamo.DB, dynamo.Table) error{queries, updates, conditions, transactions, batches, pages, deletes} {
		if err := step(ctx, db, table); err != nil {
			return err
		}
	}
	return nil
}

// Get with a range key and a filter is a Query with KeyConditions and FilterExpression.
func queries(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	var all []parcel
	err := table.Get("Customer", "ana").Range("Number", dynamo.GreaterOrEqual, 2).Filter("'Place' = ?", "Bremen").All(ctx, &all)
	if err := want("query with filter", places(all), "Bremen Bremen", err); err != nil {
		return err
	}
	all = nil
	err = table.Get("Customer", "ana").Range("Number", dynamo.Between, 1, 3).Project("Place").Order(dynamo.Descending).All(ctx, &all)
	if err := want("query with projection", places(all), "Hamburg Bremen Hamburg", err); err != nil {
		return err
	}
	all = nil
	err = table.Get("Place", "Hamburg").Index("Place-index").All(ctx, &all)
	if err := want("query of an index", places(all), "Hamburg Hamburg", err); err != nil {
		return err
	}
	n, err := table.Get("Customer", "ana").Range("Weight", dynamo.Less, 3).Index("Weight-index").Count(ctx)
	if err := want("query of a local index", n, 3, err); err != nil {
		return err
	}
	all = nil
	err = table.Scan().Filter("contains('Labels', ?)", "fragile").All(ctx, &all)
	return want("scan with filter", places(all), "Hamburg", err)
}

func updates(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	var got parcel
	err := table.Update("Customer", "ana").Range("Number", 1).Set("Place", "Lübeck").Add("Weight", 3).AddStringsToSet("Labels", "late").
		If("'Weight' < ?", 10).Value(ctx, &got)
	return want("update", got, parcel{"ana", 1, "Lübeck", 10, []string{"fragile", "late"}}, err)
}

func conditions(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	err := table.Put(parcel{Customer: "ana", Number: 1}).If("attribute_not_exists('Customer')").Run(ctx)
	return want("condition that fails", dynamo.IsCondCheckFailed(err), true, nil)
}

func transactions(ctx context.Context, db *dynamo.DB, table dynamo.Table) error {
	err := db.WriteTx().Idempotent(true).
		Put(table.Put(parcel{Customer: "bo", Number: 1, Place: "Kiel", Labels: []string{"plain"}})).
		Update(table.Update("Customer", "ana").Range("Number", 1).Set("Place", "Hamburg")).
		Check(table.Check("Customer", "ana").Range("Number", 2).IfExists()).Run(ctx)
	if err := want("transaction", nil, nil, err); err != nil {
		return err
	}
	var ana, bo parcel
	err = db.GetTx().GetOne(table.Get("Customer", "ana").Range("Number", dynamo.Equal, 1), &ana).
		GetOne(table.Get("Customer", "bo").Range("Number", dynamo.Equal, 1), &bo).Run(ctx)
	if err := want("transaction that reads", ana.Place+" "+bo.Place, "Hamburg Kiel", err); err != nil {
		return err
	}
	err = db.WriteTx().Delete(table.Delete("Customer", "bo").Range("Number", 1)).
		Check(table.Check("Customer", "nobody").Range("Number", 1).IfExists()).Run(ctx)
	return want("transaction that fails", dynamo.IsCondCheckFailed(err), true, nil)
}

// More than a request takes: the client splits it.
func batches(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	var items []any
	var keys []dynamo.Keyed
	for n := range 30 {
		items = append(items, parcel{Customer: "cy", Number: n, Place: "Kiel", Weight: n, Labels: []string{"plain"}})
		keys = append(keys, dynamo.Keys{"cy", n})
	}
	n, err := table.Batch("Customer", "Number").Write().Put(items...).Run(ctx)
	if err := want("batch that writes", n, 30, err); err != nil {
		return err
	}
	var all []parcel
	err = table.Batch("Customer", "Number").Get(keys...).All(ctx, &all)
	return want("batch that reads", len(all), 30, err)
}

func pages(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	var sizes []int
	var from dynamo.PagingKey
	for {
		query := table.Get("Customer", "cy").Filter("'Weight' <> ?", 5).SearchLimit(12).StartFrom(from)
		var page []parcel
		next, err := query.AllWithLastEvaluatedKey(ctx, &page)
		if err != nil {
			return fmt.Errorf("pages: %w", err)
		}
		sizes = append(sizes, len(page))
		if from = next; from == nil {
			return want("pages", sizes, []int{11, 12, 6}, nil)
		}
	}
}

func deletes(ctx context.Context, _ *dynamo.DB, table dynamo.Table) error {
	var old, got parcel
	err := table.Delete("Customer", "bo").Range("Number", 1).OldValue(ctx, &old)
	if err := want("delete", old.Place, "Kiel", err); err != nil {
		return err
	}
	err = table.Get("Customer", "bo").Range("Number", dynamo.Equal, 1).One(ctx, &got)
	if err := want("nothing is left", errors.Is(err, dynamo.ErrNotFound), true, nil); err != nil {
		return err
	}
	return want("delete the table", nil, nil, table.DeleteTable().Wait(ctx))
}

// tenant is yellow, whose session the second credentials are of.
func tenant(ctx context.Context, table dynamo.Table) error {
	var all []shipment
	err := table.Get("TenantID", "yellow").Filter("begins_with('Place', ?)", "Ham").All(ctx, &all)
	if err := want("own rows", all, []shipment{{"yellow", "1001", "Hamburg"}}, err); err != nil {
		return err
	}
	err = table.Get("TenantID", "blue").All(ctx, &all)
	if err := want("another tenant's rows", codeOf(err), "AccessDeniedException", nil); err != nil {
		return err
	}
	err = table.Batch("TenantID", "ShipmentID").Get(dynamo.Keys{"yellow", "1001"}, dynamo.Keys{"blue", "1001"}).All(ctx, &all)
	if err := want("batch of both tenants", codeOf(err), "AccessDeniedException", nil); err != nil {
		return err
	}
	return want("write", codeOf(table.Put(shipment{"yellow", "1002", "Kiel"}).Run(ctx)), "AccessDeniedException", nil)
}

func codeOf(err error) string {
	var known smithy.APIError
	if errors.As(err, &known) {
		return known.ErrorCode()
	}
	return fmt.Sprint(err)
}
