package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const bucket = localawstest.Bucket

// ownDocuments lets a tenant read, write and delete under its own prefix, list it, and use its own key through S3 for its own objects.
const ownDocuments = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"},
	{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::localaws-test",
	 "Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/TenantID}/*"},"Null":{"s3:prefix":"false"}}},
	{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:us-east-1:000000000000:key/*","Condition":{
	 "StringEquals":{"aws:PrincipalTag/TenantID":"${aws:ResourceTag/TenantID}","kms:ViaService":"s3.us-east-1.amazonaws.com"},
	 "StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"}}}]}`

func s3Client(l *localawstest.Local) *s3.Client { return (&kit{l: l}).client(localawstest.Root) }

// kit is a localaws with a bucket, and a key and a session per tenant.
type kit struct {
	testing.TB
	l    *localawstest.Local
	root *s3.Client
	keys map[string]string // ids, by tenant
}

func newKit(t testing.TB, tenants ...string) *kit {
	t.Helper()
	k := &kit{TB: t, l: localawstest.Start(t), keys: map[string]string{}}
	k.root = s3Client(k.l)
	k.putRoles(ownDocuments)
	if _, err := k.root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range tenants {
		out, err := k.kms(localawstest.Root).CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: &tenant}}})
		if err != nil {
			t.Fatal(err)
		}
		k.keys[tenant] = *out.KeyMetadata.KeyId
	}
	return k
}

// putRoles gives the role of the tenants this policy and no other.
func (k *kit) putRoles(document string) {
	k.Helper()
	roles, err := localaws.LoadRoles(os.DirFS("../../localawstest/testdata/notes"), localaws.Values{Region: k.l.Region, Account: k.l.Account, Bucket: bucket})
	if err != nil {
		k.Fatal(err)
	}
	for i := range roles {
		if roles[i].Name == "NotesReader" {
			roles[i].Policies = []localaws.PolicyDocument{{Name: "OwnDocuments", Document: []byte(document)}}
		}
	}
	k.l.PutRoles(k, roles...)
}

func (k *kit) session(tenant string) localawstest.Credentials {
	k.Helper()
	return k.l.Session(k, k.l.RoleCredentials(k, "NotesService", "task"), "NotesReader", tenant+"@test", map[string]string{"TenantID": tenant})
}

func (k *kit) client(c localawstest.Credentials) *s3.Client {
	return s3.NewFromConfig(k.l.Config(c), func(o *s3.Options) {
		o.UsePathStyle = true
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported // as a loaded configuration has it
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
	})
}

func (k *kit) tenant(tenant string) *s3.Client {
	k.Helper()
	return k.client(k.session(tenant))
}

func (k *kit) kms(c localawstest.Credentials) *kms.Client { return kms.NewFromConfig(k.l.Config(c)) }

// put stores text under the store's own key.
func (k *kit) put(c *s3.Client, key, text string) error {
	_, err := c.PutObject(k.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	return err
}

// putUnder stores text under a KMS key.
func (k *kit) putUnder(c *s3.Client, kmsKey, key, text string) error {
	_, err := c.PutObject(k.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &kmsKey,
	})
	return err
}

func (k *kit) get(c *s3.Client, key string) (string, error) {
	out, err := c.GetObject(k.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return "", err
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	return string(text), err
}

// holds wants root to read text under key.
func (k *kit) holds(key, text string) {
	k.Helper()
	if got, err := k.get(k.root, key); err != nil || got != text {
		k.Errorf("%q holds %.40q, %v; want %.40q", key, got, err, text)
	}
}

// isMissing wants root not to find key.
func (k *kit) isMissing(key string) {
	k.Helper()
	_, err := k.get(k.root, key)
	localawstest.WantFailure(k, err, "NoSuchKey", 404)
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("control: %v", err)
	}
}

func (k *kit) denied(err error, words string) {
	k.Helper()
	localawstest.WantFailure(k, err, "AccessDenied", 403)
	if err == nil || !strings.Contains(err.Error(), words) {
		k.Errorf("denied with %v, want %q", err, words)
	}
}

// answer is an answer as it comes.
type answer struct {
	status int
	header http.Header
	body   string
}

// request makes a request for a raw target: a path as it is to be sent, and a query.
func (k *kit) request(method, target, body string) *http.Request {
	k.Helper()
	r, err := http.NewRequestWithContext(k.Context(), method, k.l.URL, bytes.NewReader([]byte(body)))
	if err != nil {
		k.Fatal(err)
	}
	path, query, _ := strings.Cut(target, "?")
	if r.URL.Path, err = url.PathUnescape(path); err != nil {
		k.Fatal(err)
	}
	r.URL.RawPath, r.URL.RawQuery = path, query
	if body == "" {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	return r
}

// send signs r by hand, unless it is signed already, and sends it.
func (k *kit) send(r *http.Request, body string, c localawstest.Credentials) answer {
	k.Helper()
	if r.Header.Get("Authorization") == "" && c != (localawstest.Credentials{}) {
		if err := k.l.Sign(r, []byte(body), c, "s3"); err != nil {
			k.Fatal(err)
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		k.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		k.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// ask sends a request for target, signed by c.
func (k *kit) ask(method, target, body string, c localawstest.Credentials, headers ...string) answer {
	k.Helper()
	r := k.request(method, target, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return k.send(r, body, c)
}

func (k *kit) wants(a answer, status int, code string) {
	k.Helper()
	if a.status != status || code != "" && !strings.Contains(a.body, "<Code>"+code+"</Code>") {
		k.Errorf("got %d %.300s, want %d %s", a.status, a.body, status, code)
	}
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// signWord signs r over a word such as UNSIGNED-PAYLOAD in place of its body's hash, with the SDK's signer.
func (k *kit) signWord(r *http.Request, word string, c localawstest.Credentials) {
	k.Helper()
	k.signWordFor(r, word, c, "s3")
}

func (k *kit) signWordFor(r *http.Request, word string, c localawstest.Credentials, service string) {
	k.Helper()
	r.Header.Set("X-Amz-Content-Sha256", word)
	length := r.ContentLength
	r.ContentLength = -1 // not signed: the body may be put in later
	err := v4.NewSigner().SignHTTP(k.Context(), awsCredentials(c), r, word, service, k.l.Region, k.l.Now(), func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if r.ContentLength = length; err != nil {
		k.Fatal(err)
	}
}

func crc32Of(text string) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}
