package dynamo_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/dynamo"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

const table = "TrackingData"

// startAWS starts localaws with the hardened roles and the table.
func startAWS(t *testing.T) *localawstest.Local {
	t.Helper()
	local := localawstest.Start(t)
	iamtest.Load(t, local, iam.Hardened)
	if err := provision.Table(t.Context(), local.Config(localawstest.Root), table); err != nil {
		t.Fatal(err)
	}
	return local
}

// open returns a store that runs as taskRole and assumes accessRole for each tenant, wired as the service wires it.
func open(t *testing.T, local *localawstest.Local, taskRole, accessRole string) (*dynamo.Store, *awscalltest.Trail) {
	t.Helper()
	cfg := local.Config(local.RoleCredentials(t, taskRole, "task"))
	machine, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(cfg), RoleARN: local.RoleARN(accessRole), Instance: "test", Capacity: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	trail := &awscalltest.Trail{}
	store, err := dynamo.New(dynamo.Config{AWS: cfg, Vending: machine, Table: table, Audit: trail})
	if err != nil {
		t.Fatal(err)
	}
	return store, trail
}

func reader(t *testing.T, local *localawstest.Local) (*dynamo.Store, *awscalltest.Trail) {
	t.Helper()
	return open(t, local, "TrackingServiceRole", "TrackingAccessRole")
}

// seed writes shipments with the ids for the tenant.
func seed(t *testing.T, local *localawstest.Local, owner string, texts ...string) {
	t.Helper()
	store, _ := open(t, local, "TrackingSeedTaskRole", "TrackingSeedRole")
	var shipments []tracking.Shipment
	for _, text := range texts {
		s := shipment(t, text)
		s.CarrierBookingReference = owner
		shipments = append(shipments, s)
	}
	if err := store.Put(awscalltest.As(t, owner), shipments); err != nil {
		t.Fatal(err)
	}
}

func TestTenantsAreKeptApartByIAM(t *testing.T) {
	local := startAWS(t)
	seed(t, local, "yellow", "1001", "1002")
	seed(t, local, "blue", "1001", "2002")
	store, _ := reader(t, local)
	for _, owner := range []string{"yellow", "blue", "yellow"} {
		got, err := store.Get(awscalltest.As(t, owner), shipmentID(t, "1001"))
		if err != nil || got.CarrierBookingReference != owner {
			t.Errorf("1001 as %s = %q, %v, want its own", owner, got.CarrierBookingReference, err)
		}
	}
	_, err := store.Get(awscalltest.As(t, "blue"), shipmentID(t, "1002"))
	awscalltest.WantKind(t, err, problem.NotFound)
	found, err := store.BatchGet(awscalltest.As(t, "blue"), shipmentIDs(t, "1001", "1002", "2002"))
	if err != nil || len(found) != 2 {
		t.Errorf("batch as blue = %q, %v, want its own two", ids(found), err)
	}
	page, next, err := store.List(awscalltest.As(t, "yellow"), 10, tracking.ShipmentID{})
	if err != nil || ids(page) != "1001 1002" || !next.IsZero() {
		t.Errorf("list as yellow = %q, next %q, %v", ids(page), next, err)
	}
}

func TestConcurrentTenantsReadTheirOwnRows(t *testing.T) {
	local := startAWS(t)
	owners := []string{"yellow", "blue", "green"}
	for _, owner := range owners {
		seed(t, local, owner, "1001")
	}
	store, _ := reader(t, local)
	var wg sync.WaitGroup
	for i := range 60 {
		owner := owners[i%len(owners)]
		wg.Go(func() {
			got, err := store.Get(awscalltest.As(t, owner), shipmentID(t, "1001"))
			if err != nil || got.CarrierBookingReference != owner {
				t.Errorf("1001 as %s = %q, %v", owner, got.CarrierBookingReference, err)
			}
		})
	}
	wg.Wait()
}

func TestPagesFollowEachOtherWithoutGapOrRepetition(t *testing.T) {
	local := startAWS(t)
	var texts []string
	for i := range 30 {
		texts = append(texts, fmt.Sprintf("s%02d", i))
	}
	seed(t, local, "yellow", texts...)
	seed(t, local, "blue", "s99")
	store, _ := reader(t, local)
	for _, limit := range []int{1, 7, 10, 30, 100} {
		var got []string
		after := tracking.ShipmentID{}
		for {
			page, next, err := store.List(awscalltest.As(t, "yellow"), limit, after)
			if err != nil || len(page) > limit || len(page) == 0 {
				t.Fatalf("limit %d after %q: %d shipments, %v", limit, after, len(page), err)
			}
			got = append(got, ids(page))
			if after = next; next.IsZero() {
				break
			}
		}
		if strings.Join(got, " ") != strings.Join(texts, " ") {
			t.Errorf("limit %d: pages %q, want all thirty once", limit, got)
		}
	}
}

func TestReadingRoleCannotWrite(t *testing.T) {
	local := startAWS(t)
	seed(t, local, "yellow", "1001") // control: the seed role can
	store, trail := reader(t, local)
	awscalltest.WantKind(t, store.Put(awscalltest.As(t, "yellow"), []tracking.Shipment{shipment(t, "1001")}), problem.Denied)
	record := trail.Last(t)
	if record.Decision != audit.Deny || record.Action != "dynamodb:BatchWriteItem" || record.AWSRequestID == "" ||
		!strings.Contains(record.Reason, "AccessDeniedException") {
		t.Errorf("audited %+v, want a denial with AWS's request id", record)
	}
	entries := local.Entries(t)
	if last := entries[len(entries)-1]; last.RequestID != record.AWSRequestID {
		t.Errorf("the audit record has request id %s, AWS's log %s", record.AWSRequestID, last.RequestID)
	}
	seeder, _ := open(t, local, "TrackingSeedTaskRole", "TrackingSeedRole")
	_, err := seeder.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Denied)
}

func TestRoleThatMayNotAssumeIsDenied(t *testing.T) {
	local := startAWS(t)
	store, trail := open(t, local, "TrackingServiceRole", "TrackingSeedRole") // which trusts another role
	_, err := store.Get(awscalltest.As(t, "yellow"), shipmentID(t, "1001"))
	awscalltest.WantKind(t, err, problem.Denied)
	if got := trail.Last(t).Decision; got != audit.Deny {
		t.Errorf("audited as %q, want %q", got, audit.Deny)
	}
}

// TestOneTenantsSessionCannotReadAnothersKey asks for blue's key with the credentials that the machine vends to yellow.
// It bypasses the store's own scoping, so that only IAM can deny the request.
func TestOneTenantsSessionCannotReadAnothersKey(t *testing.T) {
	local := startAWS(t)
	seed(t, local, "yellow", "1001")
	seed(t, local, "blue", "1001")
	cfg := local.Config(local.RoleCredentials(t, "TrackingServiceRole", "task"))
	machine, err := tokenvending.New(tokenvending.Config{
		STS: sts.NewFromConfig(cfg), RoleARN: local.RoleARN("TrackingAccessRole"), Instance: "test", Capacity: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.Credentials = machine })
	get := func(ctx context.Context, owner string) error {
		_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: owner}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
		}})
		return err
	}
	if err := get(awscalltest.As(t, "yellow"), "yellow"); err != nil {
		t.Errorf("yellow's own key: %v", err)
	}
	localawstest.WantFailure(t, get(awscalltest.As(t, "yellow"), "blue"), "AccessDeniedException", 400)
	if err := get(awscalltest.As(t, "blue"), "blue"); err != nil {
		t.Errorf("blue's own key: %v", err)
	}
}

func BenchmarkGetWithoutNetwork(b *testing.B) {
	store, _ := newStore(b, always(200, `{"Item":`+row("yellow", "1001")+`}`), fakeSTS{})
	ctx, id := awscalltest.As(b, "yellow"), shipmentID(b, "1001")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Get(ctx, id); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCapacityUnitsOfEachAnswerAreRecorded: rows of less than 4 KB cost half a unit each to read, and of less than 1 KB one to
// write (DynamoDB Developer Guide, "DynamoDB read and write operations").
func TestCapacityUnitsOfEachAnswerAreRecorded(t *testing.T) {
	local := startAWS(t)
	seed(t, local, "yellow", "1001", "1002", "1003")
	store, trail := reader(t, local)
	yellow := awscalltest.As(t, "yellow")
	for name, read := range map[string]struct {
		ask  func() error
		want float64
	}{
		"dynamodb:GetItem":      {func() error { _, err := store.Get(yellow, shipmentID(t, "1001")); return err }, 0.5},
		"dynamodb:BatchGetItem": {func() error { _, err := store.BatchGet(yellow, shipmentIDs(t, "1001", "1002", "1003")); return err }, 1.5},
		"dynamodb:Query":        {func() error { _, _, err := store.List(yellow, 10, tracking.ShipmentID{}); return err }, 0.5},
	} {
		if err := read.ask(); err != nil {
			t.Fatal(err)
		}
		if got := trail.Last(t); got.Action != name || got.Units != read.want {
			t.Errorf("%s cost %v units, want %v", got.Action, got.Units, read.want)
		}
	}
	writer, written := open(t, local, "TrackingSeedTaskRole", "TrackingSeedRole")
	if err := writer.Put(yellow, []tracking.Shipment{shipment(t, "1004"), shipment(t, "1005")}); err != nil {
		t.Fatal(err)
	}
	if got := written.Last(t); got.Units != 2 {
		t.Errorf("two rows cost %v units to write, want 2", got.Units)
	}
}
