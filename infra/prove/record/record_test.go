package record_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/record"
)

// inProcess is a localaws that answers at most so many requests; then the credentials have expired.
func inProcess(t *testing.T, answers int) *iam.Client {
	t.Helper()
	cfg, closing, err := prove.InProcess("123456789012", "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closing(); err != nil {
			t.Error(err)
		}
	})
	cfg.HTTPClient = &expiring{cfg.HTTPClient, answers}
	return iam.NewFromConfig(cfg)
}

type expiring struct {
	behind aws.HTTPClient
	left   int
}

func (e *expiring) Do(r *http.Request) (*http.Response, error) {
	if e.left--; e.left < 0 {
		return &http.Response{StatusCode: http.StatusForbidden, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"))}, nil
	}
	return e.behind.Do(r)
}

func cases(t *testing.T) []record.Case {
	t.Helper()
	all, err := record.Cases()
	if err != nil || len(all) < 350 {
		t.Fatalf("%d cases, %v; want 350 or more", len(all), err)
	}
	return all
}

func TestRecordThatExpiredIsGoneOnWith(t *testing.T) {
	all, answers := cases(t), map[string]string{}
	err := record.Ask(t.Context(), inProcess(t, 7), all, answers)
	if err == nil || !strings.Contains(err.Error(), "ExpiredToken") || len(answers) != 7 {
		t.Fatalf("%d answers, %v; want 7, and that the credentials expired", len(answers), err)
	}
	if err := record.Ask(t.Context(), inProcess(t, len(all)-7), all, answers); err != nil || len(answers) != len(all) {
		t.Errorf("%d answers of %d, %v; want each case asked once", len(answers), len(all), err)
	}
	for _, want := range []string{"allowed", "implicitDeny", "explicitDeny", record.Malformed} {
		found := false
		for _, got := range answers {
			found = found || got == want
		}
		if !found {
			t.Errorf("no case is answered %s", want)
		}
	}
}

func TestFilesOfAnybodyAreReadOrRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"control":           {`{"format":1,"cases":{"a 1.1":"error A.B"},"attacks":{"sts/x":{"verdict":"WRONG DENIAL","attempt":{"status":403,"code":"AccessDenied"}}}}`, ""},
		"no cases":          {`{"format":1,"cases":null}`, "are null"},
		"no attacks":        {`{"format":1,"attacks":null}`, "are null"},
		"another format":    {`{"format":2}`, "its format is 2"},
		"escape in case":    {`{"format":1,"cases":{"a 1.1":"\u001b[2J"}}`, "no printable ASCII"},
		"escape in code":    {`{"format":1,"attacks":{"sts/x":{"control":{"code":"A\nB"}}}}`, "no printable ASCII"},
		"escape in verdict": {`{"format":1,"attacks":{"sts/x":{"verdict":"\u202e"}}}`, "no printable ASCII"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "answers.json")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := record.Read(path)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestPlantedDifferencesAreFound(t *testing.T) {
	all := cases(t)
	file := func() *record.File {
		f := record.New()
		if err := record.Ask(t.Context(), inProcess(t, len(all)), all, f.Cases); err != nil {
			t.Fatal(err)
		}
		f.Attacks["dynamodb/scan"] = record.Attack{Verdict: prove.Holds, Attempt: record.Answer{Status: 400, Code: "AccessDeniedException"}, Control: record.Answer{Status: 200}}
		return f
	}
	theirs, ours := file(), file()
	if c := record.Compare(theirs, ours, all); len(c.Lines) > 0 || c.Compared != len(all)+1 || c.Unknown != 0 {
		t.Fatalf("control: %+v", c)
	}
	theirs.Cases[all[0].ID] = "allowed by somebody"
	theirs.Cases["a page of another version 1.1"] = "allowed"
	theirs.Attacks["dynamodb/scan"] = record.Attack{Verdict: prove.Leak, Attempt: record.Answer{Status: 200}, Control: record.Answer{Status: 200}}
	var told bytes.Buffer
	if err := record.Compare(theirs, ours, all).Print(&told); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"simulator: " + all[0].ID + " (" + all[0].Says + "): the account says allowed by somebody, localaws " + ours.Cases[all[0].ID],
		"attack: dynamodb/scan: the attempt: the account says 200, localaws 400 AccessDeniedException", "attack: dynamodb/scan: the verdict: the account says LEAK, localaws holds",
		"3 differences; 1 answers are to what this version does not ask",
	} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("no %q in\n%s", want, &told)
		}
	}
}
