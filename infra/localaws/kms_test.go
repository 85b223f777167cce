package localaws_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const ownKeyAlone = `{"Version":"2012-10-17","Statement":[{"Sid":"OwnKey","Effect":"Allow","Action":["kms:Decrypt","kms:Encrypt"],
	"Resource":"arn:aws:kms:us-east-1:000000000000:key/*","Condition":{"StringEquals":{"aws:PrincipalTag/TenantID":"${aws:ResourceTag/TenantID}"}}}]}`

// startKeys is a localaws with a key per tenant, and the role NotesReader that uses a tenant's own key alone.
func startKeys(t *testing.T, tenants ...string) (l *localawstest.Local, ids map[string]string) {
	t.Helper()
	l = startNotes(t)
	roles, err := localaws.LoadRoles(notes, localaws.Values{Region: l.Region, Account: l.Account, Bucket: localawstest.Bucket})
	if err != nil {
		t.Fatal(err)
	}
	for i := range roles {
		if roles[i].Name == "NotesReader" {
			roles[i].Policies = append(roles[i].Policies, localaws.PolicyDocument{Name: "OwnKey", Document: []byte(ownKeyAlone)})
		}
	}
	l.PutRoles(t, roles...)
	client := kms.NewFromConfig(l.Config(localawstest.Root))
	ids = map[string]string{}
	for _, tenant := range tenants {
		out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []types.Tag{{TagKey: aws.String("TenantID"), TagValue: &tenant}}})
		if err != nil {
			t.Fatal(err)
		}
		ids[tenant] = *out.KeyMetadata.KeyId
	}
	return l, ids
}

func TestTenantsDecryptUnderTheirOwnKeyAlone(t *testing.T) {
	l, ids := startKeys(t, "acme", "beta")
	context := map[string]string{"document": "1001"}
	client := func(tenant string) *kms.Client { return kms.NewFromConfig(l.Config(sessionOf(t, l, tenant))) }
	encrypt := func(c *kms.Client, tenant string) ([]byte, error) {
		out, err := c.Encrypt(t.Context(), &kms.EncryptInput{KeyId: aws.String(ids[tenant]), Plaintext: []byte("of " + tenant), EncryptionContext: context})
		if err != nil {
			return nil, err
		}
		return out.CiphertextBlob, nil
	}
	acme, beta := client("acme"), client("beta")
	sealed, err := encrypt(beta, "beta")
	if err != nil {
		t.Fatalf("control: %v", err)
	}
	out, err := beta.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed, EncryptionContext: context})
	if err != nil || string(out.Plaintext) != "of beta" {
		t.Fatalf("control: %v", err)
	}
	_, err = acme.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed, EncryptionContext: context})
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
	if want := "kms:Decrypt on resource: arn:aws:kms:us-east-1:000000000000:key/" + ids["beta"] + " because no identity-based policy allows"; !strings.Contains(err.Error(), want) {
		t.Errorf("denied with %v, want %q", err, want)
	}
	_, err = encrypt(acme, "beta")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)

	entries := l.Entries(t)
	i := slices.IndexFunc(entries, func(e localaws.Entry) bool { return e.Action == "kms:Decrypt" && e.Decision == "deny" })
	if i < 0 {
		t.Fatal("the denial is not in the decision log")
	}
	for name, want := range map[string]string{
		"aws:ResourceTag/TenantID": "beta", "kms:EncryptionContext:document": "1001", "kms:EncryptionContextKeys": "document", "aws:ViaAWSService": "false",
	} {
		if got, _ := entries[i].Context.Get(name); len(got) != 1 || got[0] != want {
			t.Errorf("logged %s = %v, want %s", name, got, want)
		}
	}
	if want := "arn:aws:kms:us-east-1:000000000000:key/" + ids["beta"]; entries[i].Resource != want || len(entries[i].Misses) == 0 {
		t.Errorf("logged %+v, want a miss on %s", entries[i], want)
	}
	if log := l.Log(); strings.Contains(log, "of beta") {
		t.Error("a plaintext is in the decision log")
	}
}

func TestKeyPolicyThatDeniesIsNamedAsResourceBased(t *testing.T) {
	l, ids := startKeys(t, "acme")
	root, acme := kms.NewFromConfig(l.Config(localawstest.Root)), kms.NewFromConfig(l.Config(sessionOf(t, l, "acme")))
	asked := &kms.EncryptInput{KeyId: aws.String(ids["acme"]), Plaintext: []byte("x")}
	if _, err := acme.Encrypt(t.Context(), asked); err != nil {
		t.Fatalf("control: %v", err)
	}
	const statement = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"kms:*","Resource":"*"%s}`
	for text, document := range map[string]string{
		"because no resource-based policy allows the kms:Encrypt action": strings.Replace(statement, "%s", `,"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:root"}}`, 1),
		"with an explicit deny in a resource-based policy":               strings.Replace(statement, "%s", "", 1) + `,{"Effect":"Deny","Principal":"*","Action":"kms:Encrypt","Resource":"*"}`,
	} {
		if _, err := root.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{
			KeyId: aws.String(ids["acme"]), Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + document + `]}`),
		}); err != nil {
			t.Fatal(err)
		}
		_, err := acme.Encrypt(t.Context(), asked)
		localawstest.WantFailure(t, err, "AccessDeniedException", 400)
		if !strings.Contains(err.Error(), text) {
			t.Errorf("denied with %v, want %q", err, text)
		}
		entries := l.Entries(t)
		if why := entries[len(entries)-1].Why(); !strings.Contains(why, "policy of key") {
			t.Errorf("why: %s, want the key policy", why)
		}
	}
}

func TestKMSSpeaksJSON11Alone(t *testing.T) {
	l := localawstest.Start(t)
	ask := func(change func(*http.Request)) (int, string) {
		r := request(t, l, `{"NumberOfBytes":1}`, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", "TrentService.GenerateRandom")
			if change != nil {
				change(r)
			}
		})
		status, body := l.Do(t, r, []byte(`{"NumberOfBytes":1}`), localawstest.Root, "kms")
		return status, string(body)
	}
	if status, body := ask(nil); status != 200 || !strings.HasPrefix(body, `{"Plaintext":"`) {
		t.Fatalf("control: %d %s", status, body)
	}
	for name, change := range map[string]func(*http.Request){
		"json 1.0":       func(r *http.Request) { r.Header.Set("Content-Type", "application/x-amz-json-1.0") },
		"another target": func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GenerateRandom") },
		"a path":         func(r *http.Request) { r.URL.Path = "/x" },
		"a query":        func(r *http.Request) { r.URL.RawQuery = "a=b" },
	} {
		if status, body := ask(change); status != 400 || !strings.HasPrefix(body, `{"__type":"UnknownOperationException"`) {
			t.Errorf("%s: %d %s, want 400 UnknownOperationException", name, status, body)
		}
	}
	large := strings.Repeat(" ", 64<<10) + "{}"
	r := request(t, l, large, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "TrentService.GenerateRandom")
	})
	if status, body := l.Do(t, r, []byte(large), localawstest.Root, "kms"); status != 413 {
		t.Errorf("a body of %d bytes: %d %s, want 413", len(large), status, body)
	}
}
