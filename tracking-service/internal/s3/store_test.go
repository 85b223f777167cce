package s3_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/s3/s3test"
)

// put stores a document and returns what Put says.
func (k kit) put(t *testing.T, ctx context.Context, shipment, name, content string) (documents.Info, error) {
	t.Helper()
	// Of the reader's methods the store may use Read alone: a stream from a client has no other.
	body := struct{ io.Reader }{strings.NewReader(content)}
	return k.Put(ctx, shipmentID(t, shipment), documents.Upload{Name: named(t, name), Type: documents.PDF, Size: int64(len(content)), Body: body})
}

// content opens a document and reads it.
func (k kit) content(t *testing.T, ctx context.Context, shipment, name string, section *documents.Section) string {
	t.Helper()
	found, err := k.Find(ctx, shipmentID(t, shipment), named(t, name))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := k.Open(ctx, shipmentID(t, shipment), found, section)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Body.Close()
	read, err := io.ReadAll(opened.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(read)
}

func TestDocumentIsStoredUnderTheTenantsPrefixAndKeyAndRead(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	info, err := k.put(t, yellow, "1001", "pod.pdf", "%PDF-1.7 content")
	if err != nil || info.ETag == "" || info.Size != 16 || info.Type != documents.PDF {
		t.Fatalf("Put = %+v, %v", info, err)
	}
	id, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	put := k.bucket.Last(t)
	for name, want := range map[string]string{
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": keyalias.Of(id),
		"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "false", "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
		"Content-Type": "application/pdf", "If-None-Match": "",
	} {
		if got := put.Header.Get(name); got != want {
			t.Errorf("the put has %s: %q, want %q", name, got, want)
		}
	}
	if put.Target != "/documents/yellow/1001/pod.pdf?x-id=PutObject" || put.Length != 16 || put.AccessKey != "WRITEROLEYELLOW" {
		t.Errorf("put as %s: %s, %d bytes", put.AccessKey, put.Target, put.Length)
	}
	if got := k.trail.Last(t); got.Action != "s3:PutObject" || got.Resource != "documents/yellow/1001/pod.pdf" || got.Decision != audit.Allow ||
		got.Session != "arn:aws:sts::000000000000:assumed-role/TrackingWriteRole/yellow@test" || got.AWSRequestID == "" {
		t.Errorf("audited %+v", got)
	}
	if got := k.content(t, yellow, "1001", "pod.pdf", nil); got != "%PDF-1.7 content" {
		t.Errorf("read %q", got)
	}
	if get := k.bucket.Last(t); get.AccessKey != "ACCESSROLEYELLOW" || get.Header.Get("Range") != "" || get.Header.Get("If-Match") != info.ETag {
		t.Errorf("read by %+v", get)
	}
	if got := k.content(t, yellow, "1001", "pod.pdf", &documents.Section{First: 5, Last: 7}); got != "1.7" {
		t.Errorf("the section is %q", got)
	}
}

func TestEachTenantHasItsOwnDocuments(t *testing.T) {
	k := newKit(t)
	for _, owner := range []string{"yellow", "blue"} {
		if _, err := k.put(t, awscalltest.As(t, owner), "1001", "pod.pdf", "of "+owner); err != nil {
			t.Fatal(err)
		}
	}
	for _, owner := range []string{"yellow", "blue", "yellow"} {
		if got := k.content(t, awscalltest.As(t, owner), "1001", "pod.pdf", nil); got != "of "+owner {
			t.Errorf("%s reads %q", owner, got)
		}
		if got := k.bucket.Last(t); got.AccessKey != "ACCESSROLE"+strings.ToUpper(owner) || !strings.HasPrefix(got.Target, "/documents/"+owner+"/") {
			t.Errorf("%s reads %s with %s", owner, got.Target, got.AccessKey)
		}
	}
	before := len(k.bucket.Calls())
	if _, err := k.Find(t.Context(), shipmentID(t, "1001"), named(t, "pod.pdf")); err == nil || len(k.bucket.Calls()) != before {
		t.Errorf("without a tenant: %v, %d calls", err, len(k.bucket.Calls())-before)
	}
}

func TestListHasTheShipmentsDocumentsAlone(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	for _, name := range []string{"pod.PNG", "bill-of-lading.pdf", "notes"} {
		if _, err := k.put(t, yellow, "1001", name, "x"); err != nil {
			t.Fatal(err)
		}
	}
	k.bucket.Put("yellow/1001/a/b", s3test.Object{Content: "put by other means", Type: "text/html"})
	k.bucket.Put("yellow/1001/", s3test.Object{Content: "", Type: "application/x-directory"})
	k.bucket.Put("yellow/10011/other.pdf", s3test.Object{Content: "of another shipment", Type: "application/pdf"})
	list, more, err := k.List(yellow, shipmentID(t, "1001"))
	var names []string
	for _, info := range list {
		names = append(names, info.Name.String()+" "+string(info.Type))
		if info.Size != 1 || info.ETag == "" || info.Modified.Year() != 2026 {
			t.Errorf("listed %+v", info)
		}
	}
	if got := strings.Join(names, ", "); err != nil || more || got != "bill-of-lading.pdf application/pdf, notes , pod.PNG image/png" {
		t.Errorf("listed %q, more %t, %v", got, more, err)
	}
	if got := k.bucket.Last(t).Target; !strings.Contains(got, "prefix=yellow%2F1001%2F") {
		t.Errorf("asked for %s", got)
	}
	if list, _, err := k.List(yellow, shipmentID(t, "1002")); err != nil || len(list) != 0 {
		t.Errorf("of a shipment without documents: %v, %v", list, err)
	}
}

// S3 answers the GetObject of a missing key with 403 to this role, so it must not be asked.
func TestMissingDocumentIsNotFoundByTheList(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	k.bucket.Put("yellow/1001/pod.pdf.old", s3test.Object{Content: "x", Type: "application/pdf"})
	k.bucket.Put("blue/1001/pod.pdf", s3test.Object{Content: "x", Type: "application/pdf"})
	_, err := k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf"))
	awscalltest.WantKind(t, err, problem.NotFound)
	if got := k.trail.Last(t); got.Decision != audit.Allow || got.Action != "s3:ListBucket" || len(k.bucket.Calls()) != 1 {
		t.Errorf("audited %+v after %d calls, want one allowed list", got, len(k.bucket.Calls()))
	}
	if _, err := k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf.old")); err != nil {
		t.Errorf("the control: %v", err)
	}
}

func TestKeyOfAnotherTenantIsRefusedAndAnAlarm(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	for key, decision := range map[string]audit.Decision{"blue/1001/pod.pdf": audit.Deny, "yellow-eu/1001/pod.pdf": audit.Deny, "yellow/1002/pod.pdf": audit.Failed} {
		k.bucket.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<ListBucketResult><Contents><Key>"+key+"</Key></Contents></ListBucketResult>")
		})
		_, _, err := k.List(yellow, shipmentID(t, "1001"))
		awscalltest.WantKind(t, err, problem.Internal)
		if got := k.trail.Last(t); got.Decision != decision {
			t.Errorf("%s: audited %+v, want %s", key, got, decision)
		}
	}
}

func TestOpenOfAnotherContentThanWasFoundIsRefused(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	if _, err := k.put(t, yellow, "1001", "pod.pdf", "first"); err != nil {
		t.Fatal(err)
	}
	found, err := k.Find(yellow, shipmentID(t, "1001"), named(t, "pod.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.put(t, yellow, "1001", "pod.pdf", "second"); err != nil {
		t.Fatal(err)
	}
	_, err = k.Open(yellow, shipmentID(t, "1001"), found, nil)
	awscalltest.WantKind(t, err, problem.PreconditionFailed)
	if !errors.Is(err, documents.ErrReplaced) || k.trail.Last(t).Decision != audit.Allow {
		t.Errorf("%v, audited %+v; want ErrReplaced, no alarm", err, k.trail.Last(t))
	}
}

func TestTypeThatNoDocumentHasIsNotShown(t *testing.T) {
	k, yellow := newKit(t), awscalltest.As(t, "yellow")
	k.bucket.Put("yellow/1001/page.pdf", s3test.Object{Content: "<script>", Type: "text/html"})
	found, err := k.Find(yellow, shipmentID(t, "1001"), named(t, "page.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := k.Open(yellow, shipmentID(t, "1001"), found, nil)
	if err != nil || opened.Type != "" {
		t.Fatalf("opened %+v, %v; want no type", opened.Info, err)
	}
	opened.Body.Close()
}
