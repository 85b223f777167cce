package localaws_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// clientOf reaches l by another name, as a browser does whose resolver was told that the name is 127.0.0.1.
func clientOf(l *localawstest.Local, name string) aws.Config {
	address := strings.TrimPrefix(l.URL, "http://")
	_, port, _ := net.SplitHostPort(address)
	config := l.Config(localawstest.Root)
	config.BaseEndpoint = aws.String("http://" + name + ":" + port)
	config.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}}}
	return config
}

func TestASignedRequestWithAForeignHostIsRefused(t *testing.T) {
	l := localawstest.Start(t)
	for service, ask := range map[string]func(aws.Config) error{
		"dynamodb": func(c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).ListTables(t.Context(), nil)
			return err
		},
		"iam": func(c aws.Config) error { _, err := iam.NewFromConfig(c).ListRoles(t.Context(), nil); return err },
		"sts": func(c aws.Config) error {
			_, err := sts.NewFromConfig(c).GetCallerIdentity(t.Context(), nil)
			return err
		},
	} {
		for _, host := range []string{"localhost", "bucket.localhost", "localhost.localstack.cloud", service + ".us-east-1.amazonaws.com"} {
			if err := ask(clientOf(l, host)); err != nil {
				t.Errorf("control: %s by the name %s: %v", service, host, err)
			}
		}
		for _, host := range []string{"evil.example", "localhost.evil.example", "localaws", "2130706433"} {
			localawstest.WantFailure(t, ask(clientOf(l, host)), "MisdirectedRequest", 421)
			refused(t, l, "MisdirectedRequest")
		}
	}
}

// send asks for path with a Host, and returns the status.
func send(t *testing.T, l *localawstest.Local, path, host string, signed bool) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	if signed {
		status, body := l.Do(t, r, nil, localawstest.Root, "localaws")
		return status, string(body)
	}
	status, body := localawstest.Send(t, r)
	return status, string(body)
}

func TestLocalawsOwnRoutesRefuseAForeignHost(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	for path, signed := range map[string]bool{
		"/_localaws/health": false, "/_localaws/ready": false, "/_localaws/role-credentials?role=NotesService": true,
		"/_localaws/decisions?request=x": true,
	} {
		if status, body := send(t, l, path, "localhost", signed); status == http.StatusMisdirectedRequest {
			t.Errorf("control: %s: got %d %s", path, status, body)
		}
		status, body := send(t, l, path, "evil.example", signed)
		if status != http.StatusMisdirectedRequest || !strings.HasPrefix(body, `{"code":"MisdirectedRequest","message":"`) {
			t.Errorf("%s with a foreign Host: got %d %s, want 421 in the form of localaws' own routes", path, status, body)
		}
		refused(t, l, "MisdirectedRequest")
	}
}

// TestAForeignHostIsNotLogged: the page chooses it, and it may be long.
func TestAForeignHostIsNotLogged(t *testing.T) {
	l := localawstest.Start(t)
	l.ResetLog()
	if status, body := send(t, l, "/", strings.Repeat("evil-", 20_000)+"example", false); status != http.StatusMisdirectedRequest || strings.Contains(body, "evil-") {
		t.Fatalf("got %d %.200s, want 421 without the name", status, body)
	}
	if line := l.Log(); strings.Count(line, "\n") != 1 || len(line) > 1024 || strings.Contains(line, "evil-") {
		t.Errorf("logged %d bytes, want one line of at most 1024 without the name: %.2000s", len(line), line)
	}
}

func TestANameThatNoHostHasCannotBeAllowed(t *testing.T) {
	if s, err := localaws.New(localaws.Config{Data: t.TempDir(), AllowedHosts: []string{"localaws:4566"}}); err == nil {
		_ = s.Close()
		t.Error("localaws:4566 is taken for the name of a host")
	}
}
