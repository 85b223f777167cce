package policy

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What a request is decided by is found by its service. Nothing that a look at every statement finds may be missing.
func TestEveryStatementThatNamesAnActionIsLookedAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		action := rapid.SampledFrom([]string{"*", "s3:*", "s3:Get*", "S3:GetObject", "kms:Decrypt", "sqs:Send?", "KMS:*"})
		var text []string
		for range rapid.IntRange(1, 6).Draw(t, "statements") {
			element := rapid.SampledFrom([]string{"Action", "Action", "NotAction"}).Draw(t, "element")
			actions := rapid.SliceOfN(action, 1, 3).Draw(t, "actions")
			text = append(text, fmt.Sprintf(`{"Effect":"Allow","%s":["%s"],"Resource":"*"}`, element, strings.Join(actions, `","`)))
		}
		p, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[`+strings.Join(text, ",")+`]}`), Identity)
		if err != nil {
			t.Fatal(err)
		}
		asked := rapid.SampledFrom([]string{"s3:GetObject", "S3:getobject", "\u017f3:GetObject", "kms:Decrypt", "\u212ams:Decrypt", "sqs:Send1", "iam:GetRole", "s3", ""}).Draw(t, "asked")
		var want, got []int
		for i := range p.statements {
			if p.statements[i].names(asked) {
				want = append(want, i)
			}
		}
		for _, i := range p.services.naming(serviceOf(asked)) {
			if p.statements[i].names(asked) {
				got = append(got, i)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%s is named by %v of %s, want %v", asked, got, text, want)
		}
	})
}
