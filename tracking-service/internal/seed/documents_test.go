package seed

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// cabinet is an Archive that keeps what it is given, by tenant, shipment and name.
type cabinet map[string]string

func (c cabinet) Put(ctx context.Context, shipment tracking.ShipmentID, upload documents.Upload) (documents.Info, error) {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return documents.Info{}, err
	}
	content, err := io.ReadAll(upload.Body)
	if err == nil && (int64(len(content)) != upload.Size || upload.Type == "") {
		err = errors.New("the size or the type is wrong")
	}
	c[id.String()+"/"+shipment.String()+"/"+upload.Name.String()] = string(content)
	return documents.Info{}, err
}

func filed(t *testing.T, now time.Time) cabinet {
	t.Helper()
	all, progress := cabinet{}, strings.Builder{}
	if err := Run(t.Context(), Files(), Stores{table{}, all, catalogue{}}, now, &progress); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(progress.String(), "seeded yellow: 13 shipments, 5 documents\n") {
		t.Errorf("progress is %q", progress.String())
	}
	return all
}

func TestEachTenantHasTheDocumentsThatTheDemonstrationNames(t *testing.T) {
	all := filed(t, now)
	contents := map[string]bool{}
	for key, content := range all {
		owner, _, _ := strings.Cut(key, "/")
		isPDF := strings.HasSuffix(key, ".pdf") && strings.HasPrefix(content, "%PDF-") && strings.Contains(content, "("+owner+") Tj")
		if _, err := png.Decode(strings.NewReader(content)); !isPDF && err != nil {
			t.Errorf("%s is no document of its kind: %.40q", key, content)
		}
		if len(content) < 500 || len(content) > 8<<10 {
			t.Errorf("%s has %d bytes, want a few KB", key, len(content))
		}
		contents[content] = true
	}
	if len(contents) != len(all) {
		t.Errorf("%d documents have %d contents", len(all), len(contents))
	}
	for _, owner := range tenants {
		for _, name := range []string{"bill-of-lading.pdf", "customs-invoice.pdf"} {
			if all[owner+"/1001/"+name] == "" {
				t.Errorf("%s's 1001 has no %s", owner, name)
			}
		}
	}
	for key, owner := range map[string]string{"1002/bill-of-lading.pdf": "yellow", "2002/bill-of-lading.pdf": "blue"} {
		for _, name := range tenants {
			if (all[name+"/"+key] != "") != (name == owner) {
				t.Errorf("%s has %s: %t", name, key, name != owner)
			}
		}
	}
}

func TestDocumentsDoNotDependOnTheTime(t *testing.T) {
	first, again := filed(t, now), filed(t, now.Add(1000*time.Hour))
	if !maps.Equal(first, again) {
		t.Error("a later run stores other bytes")
	}
}

// A proof of delivery belongs to a shipment that was delivered.
func TestOnlyDeliveredShipmentsHaveAProofOfIt(t *testing.T) {
	all := seeded(t)
	proofs := 0
	for key := range filed(t, now) {
		parts := strings.Split(key, "/")
		eta, err := all[parts[0]][parts[1]].EstimateArrival()
		if err != nil {
			t.Fatal(err)
		}
		if parts[2] == "proof-of-delivery.png" {
			if proofs++; eta.Status != tracking.Delivered {
				t.Errorf("%s, which is %s", key, eta.Status)
			}
		}
	}
	if proofs == 0 {
		t.Error("no shipment has one")
	}
}

type full struct{ err error }

func (f full) Put(context.Context, tracking.ShipmentID, documents.Upload) (documents.Info, error) {
	return documents.Info{}, f.err
}

func TestErrorOfTheArchiveEndsTheRun(t *testing.T) {
	cause := errors.New("denied")
	var progress bytes.Buffer
	if err := Run(t.Context(), Files(), Stores{table{}, full{cause}, catalogue{}}, now, &progress); !errors.Is(err, cause) || !strings.Contains(err.Error(), "of 1001") || progress.Len() > 0 {
		t.Errorf("Run = %v with progress %q, want the archive's error and none", err, progress.String())
	}
	if got := slices.Sorted(maps.Keys(makers)); len(got) != 3 {
		t.Errorf("makers %v", got)
	}
}
