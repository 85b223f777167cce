package policy

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestExplainNamesWhatFailedAndOnWhichValues(t *testing.T) {
	scan := getItem("yellow", "yellow")
	scan.Action = "dynamodb:Scan"
	otherTable := getItem("yellow", "yellow")
	otherTable.Resource = table + "2"
	// Without guards beside it, so that one condition fails alone.
	unguarded := documentOf("2012-10-17", `"Sid":"OwnNotes","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Query"],"Resource":"`+table+
		`","Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"${aws:PrincipalTag/TenantID}"}}`)
	pictures := documentOf("2012-10-17", `"Sid":"OwnPictures","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::pictures/${aws:PrincipalTag/TenantID}/*"`)
	notes := read(t, notesFile)
	tests := []struct {
		name, document string
		r              *Request
		want           []string
	}{
		{"another key", notes, getItem("yellow", "blue"), []string{
			"Role/Policy OwnNotes (Allow) did not apply: ForAllValues:StringEquals dynamodb:LeadingKeys wants [yellow], the request has [blue]",
			"Role/Policy NoIndexes (Deny) did not apply: Resource wants [" + table + "/index/*], the request has [" + table + "]",
		}},
		{"absent key", notes, &Request{Action: "dynamodb:Query", Resource: table, Context: values{tagKey: "yellow"}.context()}, []string{
			"Role/Policy OwnNotes (Allow) did not apply: Null dynamodb:LeadingKeys wants [false], the request does not have it",
			"Role/Policy NoIndexes (Deny) did not apply: Resource wants [" + table + "/index/*], the request has [" + table + "]",
		}},
		{"unknown key", unguarded, &Request{Action: "dynamodb:Query", Resource: table, Context: values{leading: nil}.context()}, []string{
			"Role/Policy OwnNotes (Allow) did not apply: Condition cannot be decided on dynamodb:LeadingKeys",
		}},
		{"another table", unguarded, otherTable, []string{
			"Role/Policy OwnNotes (Allow) did not apply: Resource wants [" + table + "], the request has [" + table + "2]",
		}},
		{"variable in the resource", pictures, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::pictures/blue/1", Context: values{tagKey: "yellow"}.context()}, []string{
			"Role/Policy OwnPictures (Allow) did not apply: " +
				"Resource wants [arn:aws:s3:::pictures/yellow/*], the request has [arn:aws:s3:::pictures/blue/1]",
		}},
		{"variable without value", pictures, &Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::pictures/blue/1"}, []string{
			"Role/Policy OwnPictures (Allow) did not apply: " +
				"Resource wants [arn:aws:s3:::pictures/${aws:PrincipalTag/TenantID}/*], the request has [arn:aws:s3:::pictures/blue/1]",
		}},
		{"variable whose default is empty", documentOf("2012-10-17", `"Sid":"Own","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/Team":"${aws:PrincipalTag/TenantID, ''}"}}`),
			&Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::pictures/1", Context: values{"aws:PrincipalTag/Team": "red"}.context()},
			[]string{"Role/Policy Own (Allow) did not apply: StringEquals aws:PrincipalTag/Team wants [], the request has [red]"}},
		{"action that no statement names", unguarded, scan, nil},
		{"all apply", unguarded, getItem("yellow", "yellow"), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, miss := range identityOf(t, test.document).Explain(test.r) {
				got = append(got, miss.String())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Explain(%s):\n%q\nwant\n%q", test.r.Action, got, test.want)
			}
		})
	}
}

func TestExplainTellsAbsentFromEmpty(t *testing.T) {
	p := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"a:k":["x","${a:v}"]}}`))
	want := Miss{Statement: Statement{Policy: "Role/Policy"}, Effect: Allow, Element: "Condition ForAnyValue:StringEquals a:k", Want: []string{"x", "y"}}
	got := p.Explain(&Request{Action: "a:b", Resource: "*", Context: values{"a:v": "y"}.context()})
	if !reflect.DeepEqual(got, []Miss{want}) {
		t.Errorf("absent: %+v, want %+v", got, want)
	}
	want.Got = []string{}
	got = p.Explain(&Request{Action: "a:b", Resource: "*", Context: values{"a:v": "y", "a:k": []string{}}.context()})
	if !reflect.DeepEqual(got, []Miss{want}) {
		t.Errorf("empty: %+v, want %+v", got, want)
	}
}

func TestExplainTrustNamesThePrincipal(t *testing.T) {
	trust := trustOf(t, `{"AWS":["`+roleARN+`"],"Service":"ec2.amazonaws.com"}`)
	got := ExplainTrust(trust, identityOf(t, otherAllowed), assume(nil))
	want := []Miss{
		{Statement: Statement{Policy: "Role/trust", Sid: "Trusted"}, Effect: Allow, Element: "Principal",
			Want: []string{roleARN, "ec2.amazonaws.com"}, Got: []string{serviceSession, serviceRole}},
		{Statement: Statement{Policy: "Role/Policy"}, Effect: Allow, Element: "Resource",
			Want: []string{"arn:aws:iam::000000000000:role/Other"}, Got: []string{roleARN}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ExplainTrust = %+v, want %+v", got, want)
	}
	if got := ExplainTrust(trustOf(t, `{"AWS":"*"}`), Policies{}, assume(nil)); got != nil {
		t.Errorf("ExplainTrust of a caller that is trusted = %+v, want none", got)
	}
}

func TestExplainSaysWhereValuesDoNotFitTheOperator(t *testing.T) {
	p := identityOf(t, documentOf("2012-10-17", `"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"NumericLessThan":{"a:k":10}}`))
	misses := p.Explain(&Request{Action: "a:b", Resource: "*", Context: values{"a:k": "ten"}.context()})
	want := "Role/Policy statement 0 (Allow) did not apply: NumericLessThan a:k wants [10], and cannot be decided on [ten]"
	if len(misses) != 1 || misses[0].String() != want {
		t.Errorf("Explain = %v, want %s", misses, want)
	}
}

func TestOneEvaluationDecidesAndExplains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		own := parseStatements(t, current, drawStatements(t)...)
		own.Session = parseStatements(t, current, drawStatements(t)...).Identity
		resource, r := drawResource(t), drawRequest(t)
		before := []Miss{{Element: "of another request"}}
		check := func(what string, want Decision, wantMisses []Miss, got Decision, misses []Miss) {
			if want.Effect == Allow {
				wantMisses = nil
			}
			if got != want || !reflect.DeepEqual(misses, append(slices.Clone(before), wantMisses...)) {
				t.Fatalf("%s %s:\n%+v %v\nwant\n%+v %v", what, show(r), got, misses, want, wantMisses)
			}
		}
		d, misses := own.DecideExplained(before, r)
		check("identity", own.Decide(r), own.Explain(r), d, misses)
		d, misses = DecideResourceExplained(before, resource, account, own, r)
		check("resource", DecideResource(resource, account, own, r), ExplainResource(resource, own, r), d, misses)
		d, misses = DecideKeyExplained(before, resource, own, r)
		check("key", DecideKey(resource, own, r), ExplainResource(resource, own, r), d, misses)
		d, misses = DecideTrustExplained(before, resource, own, r)
		check("trust", DecideTrust(resource, own, r), ExplainTrust(resource, own, r), d, misses)
	})
}

func TestExplanationTakesNoMemoryOfItsOwnButForTexts(t *testing.T) {
	p := fileOf(t, notesFile)
	var room [4]Miss
	for want, r := range map[float64]*Request{0: getItem("yellow", "yellow"), 1: getItem("yellow", "blue")} {
		if got := testing.AllocsPerRun(100, func() { p.DecideExplained(room[:0], r) }); got != want {
			t.Errorf("%s: %v allocations, want %v", show(r), got, want)
		}
	}
}
