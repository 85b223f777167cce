package policyset

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestEachFormatTellsTheRefutation holds that each format has the place, the story, the replay and the guard.
func TestEachFormatTellsTheRefutation(t *testing.T) {
	r := check(t, "testdata/sources/roles")
	for format, wants := range map[string][]string{
		"text":     {"REFUTED  testdata/sources/roles/Reader/Objects.json:4:5 Own\n", "can read acme's objects", "sent as a signed request", "missing: a tag without delimiters", "Vendor assumes Reader with the session tag org=acme/eu"},
		"json":     {`"file": "testdata/sources/roles/Reader/Objects.json"`, `"line": 4`, `"column": 5`, `"replayAllowed": true`, `"missingGuard"`},
		"junit":    {`failures="1"`, `classname="Reader"`, "acme&#39;s objects", "missing: a tag without delimiters"},
		"markdown": {"| `Reader` | S3 | REFUTED |", "`s3:GetObject arn:aws:s3:::files/acme/eu/`", "**a tag without delimiters**"},
		"github":   {"::error file=testdata/sources/roles/Reader/Objects.json,line=4,col=5,title=tenants are not kept apart::a session of acme/eu can read", "%0Amissing: "},
	} {
		var out bytes.Buffer
		if err := r.Write(&out, format); err != nil {
			t.Fatal(err)
		}
		contains(t, out.String(), wants...)
		switch format {
		case "json":
			var back Report
			if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Verdict != r.Verdict {
				t.Errorf("%v, %+v", err, back)
			}
		case "junit":
			var back suite
			if err := xml.Unmarshal(out.Bytes(), &back); err != nil || back.Tests != len(r.Findings) {
				t.Errorf("%v, %+v", err, back)
			}
		}
	}
	if err := r.Write(&bytes.Buffer{}, "yaml"); err == nil {
		t.Error("yaml is written")
	}
	if got := escaped("50% a,b:c\n", true); got != "50%25 a%2Cb%3Ac%0A" || strings.Contains(escaped("a,b", false), "%") {
		t.Error(got)
	}
}
