package api_test

import (
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/api"
)

// FuzzForm: every parameter is read once, or it is named as one that nobody read.
func FuzzForm(f *testing.F) {
	f.Add("Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A000000000000%3Arole%2FA&Tags.member.1.Key=a&Tags.member.1.Value=b")
	f.Add("Names.member.1=a&Names.member.2=b&Names.member.4=d&Names=")
	f.Add("a=%zz&b=%41&c=+&=&&d")
	f.Add("Tags.member.18446744073709551617.Key=a")
	f.Fuzz(func(t *testing.T, text string) {
		var form *api.Form
		var tags int
		var err error
		alloctest.Bound(t, len(text), func() {
			if form, err = api.ParseForm(text); err != nil {
				return
			}
			read, _ := api.ReadTags(form, "InvalidInput")
			tags = len(read)
			form.List("Names")
		})
		if err != nil {
			return
		}
		if tags > 50 {
			t.Errorf("%q has %d tags", text, tags)
		}
		for _, name := range form.Unread() {
			if !form.Has(name) {
				t.Errorf("%q: the parameter %q is unread and not there", text, name)
			}
			form.Take(name)
		}
		if err := form.CheckRead(); err != nil {
			t.Errorf("%q: %v, want nothing left", text, err)
		}
	})
}
