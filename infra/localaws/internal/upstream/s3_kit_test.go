package upstream_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	bucket     = localawstest.Bucket
	protection = "X-Amz-Meta-Localaws-Protection"

	// ownDocuments lets a tenant use the objects under its own prefix, and its own key for them.
	ownDocuments = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],
	 "Resource":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"},
	{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:us-east-1:000000000000:key/*","Condition":{
	 "StringEquals":{"aws:PrincipalTag/TenantID":"${aws:ResourceTag/TenantID}","kms:ViaService":"s3.us-east-1.amazonaws.com"},
	 "StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"}}}]}`
)

// objects is a gateway in front of an S3, with a bucket, and with a key and a session for each of two tenants.
type objects struct {
	testing.TB
	gateway, behind *localawstest.Local // behind is nil where the upstream is none of localaws
	keys            map[string]string   // ARNs, by tenant
	sessions        map[string]localawstest.Credentials
}

// startObjects starts a gateway in front of an embedded S3.
func startObjects(t testing.TB) *objects {
	t.Helper()
	behind := localawstest.Start(t)
	o := objectsAt(t, behind.URL)
	o.behind = behind
	o.want(o.ask("PUT", "/"+bucket, "", localawstest.Root), 200, "")
	return o
}

// objectsAt starts a gateway in front of the S3 at an address, which has the bucket already.
func objectsAt(t testing.TB, at string) *objects {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	o := &objects{
		TB: t, gateway: localawstest.StartGateway(t, map[string]*url.URL{"s3": u}), keys: map[string]string{},
		sessions: map[string]localawstest.Credentials{"root": localawstest.Root},
	}
	o.putRoles(ownDocuments)
	client := kms.NewFromConfig(o.gateway.Config(localawstest.Root))
	for _, tenant := range []string{"yellow", "blue"} {
		out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: &tenant}}})
		if err != nil {
			t.Fatal(err)
		}
		o.keys[tenant], o.sessions[tenant] = *out.KeyMetadata.Arn, sessionOf(t, o.gateway, tenant)
	}
	return o
}

// putRoles gives the role of the tenants this policy and no other.
func (o *objects) putRoles(document string) {
	o.Helper()
	roles, err := localaws.LoadRoles(os.DirFS("../../localawstest/testdata/notes"), localaws.Values{Region: o.gateway.Region, Account: o.gateway.Account, Bucket: bucket})
	if err != nil {
		o.Fatal(err)
	}
	for i := range roles {
		if roles[i].Name == "NotesReader" {
			roles[i].Policies = []localaws.PolicyDocument{{Name: "OwnDocuments", Document: []byte(document)}}
		}
	}
	o.gateway.PutRoles(o, roles...)
}

// under are the headers of an object under a tenant's key.
func (o *objects) under(tenant string) []string {
	return []string{"X-Amz-Server-Side-Encryption", "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", o.keys[tenant]}
}

// putOwn stores an object of a tenant under its own key.
func (o *objects) putOwn(tenant, key, text string) answered {
	o.Helper()
	return o.ask("PUT", "/"+bucket+"/"+key, text, o.sessions[tenant], o.under(tenant)...)
}

// request makes a request of S3 for a target as it is to be sent: a path and a query.
func request(t testing.TB, at *localawstest.Local, method, target string, body io.Reader, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, at.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		t.Fatal(err)
	}
	r.URL.RawPath, r.URL.RawQuery = path, query
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// askAt sends a request to one of the two localaws.
func askAt(t testing.TB, at *localawstest.Local, method, target, text string, by localawstest.Credentials, headers ...string) answered {
	t.Helper()
	r := request(t, at, method, target, bytes.NewReader([]byte(text)), headers...)
	if text == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	if err := at.Sign(r, []byte(text), by, "s3"); err != nil {
		t.Fatal(err)
	}
	return sent(r)
}

// sent sends a signed request.
func sent(r *http.Request) answered {
	response, err := client.RoundTrip(r)
	if err != nil {
		return answered{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	a := answered{status: response.StatusCode, header: response.Header, body: string(text), err: err}
	var wrong struct{ Code string }
	if a.status >= http.StatusMultipleChoices && xml.Unmarshal(text, &wrong) == nil {
		a.code = wrong.Code
	}
	return a
}

// ask sends a request to the gateway.
func (o *objects) ask(method, target, text string, by localawstest.Credentials, headers ...string) answered {
	o.Helper()
	return askAt(o, o.gateway, method, target, text, by, headers...)
}

// askBehind sends a request to the S3 behind the gateway, as its root.
func (o *objects) askBehind(method, target, text string, headers ...string) answered {
	o.Helper()
	return askAt(o, o.behind, method, target, text, localawstest.Root, headers...)
}

func (o *objects) want(a answered, status int, code string) answered {
	o.Helper()
	a.want(o, status, code)
	return a
}

// holds wants a caller to read this text.
func (o *objects) holds(by, key, text string) {
	o.Helper()
	if got := o.ask("GET", "/"+bucket+"/"+key, "", o.sessions[by]); got.status != 200 || got.body != text || got.err != nil {
		o.Errorf("%s reads %q: got %d %.80q (%v), want %.80q", by, key, got.status, got.body, got.err, text)
	}
}

// isEmptyBehind wants the S3 behind the gateway to hold nothing under key.
func (o *objects) isEmptyBehind(key string) {
	o.Helper()
	o.want(o.askBehind("GET", "/"+bucket+"/"+key, ""), 404, "NoSuchKey")
}

// move gives the object to, in the upstream, what protects from, and its bytes too where it has none of its own.
func (o *objects) move(from, to string) {
	o.Helper()
	of := o.want(o.askBehind("GET", "/"+bucket+"/"+from, ""), 200, "")
	text := of.body
	if own := o.askBehind("GET", "/"+bucket+"/"+to, ""); own.status == 200 {
		text = own.body
	}
	o.want(o.askBehind("PUT", "/"+bucket+"/"+to, text, protection, of.header.Get(protection)), 200, "")
}
