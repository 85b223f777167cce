//go:build clients

package terraform_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestTerraformRefusesTheWrongAccount(t *testing.T) {
	r, _ := onLocalaws(t)
	r.refused([]string{"AWS account ID not allowed: 000000000000"}, "plan", "-var=account_id=111111111111")
}

// TestTerraformRefusesATenantInDefaultTags: the tags of the provider reach the roles as well.
func TestTerraformRefusesATenantInDefaultTags(t *testing.T) {
	r, _ := onLocalaws(t)
	r.refused([]string{"would have the tag TenantID"}, "plan", isolation, `-var=default_tags={tenantid = "yellow"}`)
}

// TestTerraformTakesOverARoleWithOtherTrust: it changes no role that it did not make, until it is told that the role is its own.
func TestTerraformTakesOverARoleWithOtherTrust(t *testing.T) {
	r, l := onLocalaws(t)
	c := iam.NewFromConfig(l.Config(localawstest.Root))
	if _, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("TrackingServiceRole"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`)}); err != nil {
		t.Fatal(err)
	}
	r.refused([]string{"EntityAlreadyExists", `aws_iam_role.task["TrackingServiceRole"]`}, "apply", "-auto-approve", isolation)
	r.run("import", `module.isolation.aws_iam_role.task["TrackingServiceRole"]`, "TrackingServiceRole")
	r.differs(`aws_iam_role.task["TrackingServiceRole"] will be updated in-place`)
	r.apply(isolation) // the rest of what was half applied, too
	wantTrust(t, c, "TrackingServiceRole")
}

// faulty is an endpoint in front of localaws that answers in its place where fault says so.
func faulty(t *testing.T, fault func(w http.ResponseWriter, service string) bool) (*root, *localawstest.Local) {
	t.Helper()
	l := localawstest.Start(t)
	target, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which is signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Authorization: AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...
		scope := strings.Split(r.Header.Get("Authorization"), "/")
		if len(scope) > 3 && fault(w, scope[3]) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return newRoot(t, localawsRoot, "TF_VAR_endpoint="+server.URL), l
}

// refuse answers as the Query protocol does.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"))
}

// TestTerraformWaitsForAThrottledIAM: each fourth request is throttled, and the apply succeeds all the same.
func TestTerraformWaitsForAThrottledIAM(t *testing.T) {
	var asked, throttled atomic.Int64
	r, _ := faulty(t, func(w http.ResponseWriter, service string) bool {
		if service != "iam" || asked.Add(1)%4 != 0 {
			return false
		}
		throttled.Add(1)
		refuse(w, http.StatusBadRequest, "Throttling", "Rate exceeded")
		return true
	})
	r.apply(isolation)
	if throttled.Load() == 0 {
		t.Error("nothing was throttled")
	}
}

// TestTerraformFinishesAfterCredentialsExpired: what was half applied is finished by the same command.
func TestTerraformFinishesAfterCredentialsExpired(t *testing.T) {
	var asked, expired atomic.Int64
	var renewed atomic.Bool
	r, _ := faulty(t, func(w http.ResponseWriter, service string) bool {
		if service != "iam" || asked.Add(1) < 12 || renewed.Load() {
			return false
		}
		expired.Add(1)
		refuse(w, http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
		return true
	})
	r.refused([]string{"ExpiredToken: The security token included in the request is expired"}, "apply", "-auto-approve", isolation)
	if made := r.run("show"); !strings.Contains(made, "aws_iam_role.task") {
		t.Errorf("nothing was applied before the credentials expired: %s", made)
	}
	renewed.Store(true)
	r.apply(isolation)
}
