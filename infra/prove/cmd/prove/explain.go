package main

import (
	"errors"
	"fmt"
	"strings"

	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

type explain struct {
	Policies  string   `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to ask, as for run."`
	Principal string   `required:"" placeholder:"ARN" help:"The role, or a session of it."`
	Tag       []string `sep:"none" placeholder:"KEY=VALUE" help:"Session tag of the principal; may be given more than once."`
	Action    string   `required:"" placeholder:"ACTION" help:"Such as dynamodb:GetItem."`
	Resource  string   `required:"" placeholder:"ARN" help:"ARN of the resource; for sts:AssumeRole the role."`
	Context   []string `sep:"none" placeholder:"KEY=VALUE" help:"Further condition key; given twice, it has two values."`
}

// Help is printed below the flags.
func (explain) Help() string {
	return `The exit code is 0 if the request is allowed, and 1 if it is denied.`
}

// Run is called by kong.
func (e explain) Run(std streams) error {
	source, err := policies(e.Policies, std.err)
	if err != nil {
		return err
	}
	names, _, err := attack{Policies: e.Policies}.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	roles, err := names.Load(source)
	if err != nil {
		return command.Misconfigured(err)
	}
	q := prove.Question{Principal: e.Principal, Action: e.Action, Resource: e.Resource}
	if q.Tags, err = pairs("--tag", e.Tag); err != nil {
		return err
	}
	if q.Context, err = pairs("--context", e.Context); err != nil {
		return err
	}
	allowed, err := prove.Explain(std.out, roles, q)
	if err != nil {
		return command.Misconfigured(err)
	}
	if !allowed {
		return errors.New("denied")
	}
	return nil
}

func pairs(flag string, texts []string) ([]prove.KeyValue, error) {
	var all []prove.KeyValue
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, command.Misconfigured(fmt.Errorf("%s %q: want KEY=VALUE", flag, text))
		}
		all = append(all, prove.KeyValue{Key: key, Value: value})
	}
	return all, nil
}
