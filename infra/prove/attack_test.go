package prove

import (
	"context"
	"errors"
	"testing"

	"example.com/shiptrack/infra/iam"
)

func TestVerdicts(t *testing.T) {
	w := &World{canaries: map[string]string{attacker: "canary-yellow", victim: "canary-blue"}}
	denial := Answer{Status: 400, Code: "AccessDeniedException"}
	answered := Answer{Status: 200, Body: []byte("canary-yellow")}
	for name, tc := range map[string]struct {
		attempt, control Answer
		err              error
		want             Verdict
		denied, allowed  bool
	}{
		"denied beside an allowed control":   {denial, answered, nil, Holds, true, true},
		"answered":                           {answered, answered, nil, Leak, false, true},
		"denied, with another's canary":      {Answer{Status: 400, Code: denial.Code, Body: []byte("it is not canary-blue")}, answered, nil, Leak, false, true},
		"denied, with its own canary":        {Answer{Status: 400, Code: denial.Code, Body: []byte("canary-yellow")}, answered, nil, Holds, true, true},
		"failed with another error":          {Answer{Status: 400, Code: "ValidationException"}, answered, nil, Other, false, true},
		"failed without a code":              {Answer{Status: 500}, answered, nil, Other, false, true},
		"the control is denied too":          {denial, denial, nil, Refused, true, false},
		"the control fails otherwise":        {denial, Answer{Status: 400, Code: "ValidationException"}, nil, Refused, true, false},
		"the store has not what IAM allowed": {denial, Answer{Status: 400, Code: "UnknownOperationException"}, nil, Holds, true, true},
		"the store has not the parameter":    {denial, Answer{Status: 400, Code: "ValidationException", Message: "ScanFilter is not supported by this store: use FilterExpression"}, nil, Holds, true, true},
		"a request that could not be made":   {denial, answered, errors.New("no connection"), Broken, false, false},
		"IAM allows what the store has not":  {Answer{Status: 400, Code: "UnknownOperationException"}, answered, nil, Leak, false, true},
		"IAM allows what is not there":       {Answer{Status: 400, Code: "ResourceNotFoundException"}, answered, nil, Leak, false, true},
	} {
		a := &Attack{
			Codes:   []string{"AccessDeniedException"},
			Attempt: func(context.Context, *World) (Answer, error) { return tc.attempt, nil },
			Control: func(context.Context, *World) (Answer, error) { return tc.control, tc.err },
		}
		row := a.Run(t.Context(), w)
		if row.Verdict != tc.want || row.Denied() != tc.denied || row.ControlAllowed() != tc.allowed {
			t.Errorf("%s: %s, denied %t, control allowed %t; want %s, %t, %t", name, row.Verdict, row.Denied(), row.ControlAllowed(), tc.want, tc.denied, tc.allowed)
		}
		report := &Report{Policies: iam.Source{Name: "test"}, Rows: []Row{row}}
		if report.Holds() != (tc.want == Holds) {
			t.Errorf("%s: the report holds: %t", name, report.Holds())
		}
	}
	if (&Report{}).Holds() {
		t.Error("a report without an attack holds")
	}
}
