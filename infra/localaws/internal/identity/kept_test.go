package identity

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/policy"
)

// A token that was opened before is held to the time, to its key, and to the account as it is now.
func TestKeptSessionIsHeldToTheAccountAsItIs(t *testing.T) {
	now := time.Unix(1700000000, 0)
	for name, test := range map[string]struct {
		change func(*Edit)
		after  time.Duration
		want   error
		effect policy.Effect
	}{
		"nothing changes":     {change: func(*Edit) {}, effect: policy.Allow},
		"another role comes":  {change: func(e *Edit) { r := testRole(); r.Name = "Other"; e.PutRole(r) }, effect: policy.Allow},
		"its time is over":    {change: func(*Edit) {}, after: time.Hour, want: ErrExpired},
		"the role is removed": {change: func(e *Edit) { e.RemoveRole("Access") }, want: ErrUnknownKey},
		"the role is made anew": {
			change: func(e *Edit) { e.RemoveRole("Access"); e.PutRole(testRole()) }, want: ErrUnknownKey,
		},
		"the policy denies": {change: func(e *Edit) {
			r := e.Role("Access").Clone()
			r.Inline[0].Text = strings.Replace(testAllow, "Allow", "Deny", 1)
			e.PutRole(r)
		}, effect: policy.ExplicitDeny},
	} {
		sessions, directory := newTestSessions(t)
		c, err := sessions.Issue(grant(directory, now))
		if err != nil {
			t.Fatal(err)
		}
		before, secret, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now)
		if err != nil || !reflect.DeepEqual(secret, sigv4.NewSecret(c.SecretAccessKey)) || sessions.opener.kept.Len() != 1 {
			t.Fatalf("at first: %v, %v; %d kept", before, err, sessions.opener.kept.Len())
		}
		if err := directory.Update(func(e *Edit) error { test.change(e); return nil }); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			p, secret, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now.Add(test.after))
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
			if err != nil {
				continue
			}
			effect := p.Policies.Decide(&policy.Request{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:x:1:table/T", Context: new(policy.Context)}).Effect
			if effect != test.effect || !reflect.DeepEqual(secret, sigv4.NewSecret(c.SecretAccessKey)) {
				t.Errorf("%s: %v, want %v", name, effect, test.effect)
			}
		}
		if kept := sessions.opener.kept.Len(); kept != 1 && test.want == nil || kept != 0 && test.want != nil {
			t.Errorf("%s: %d sessions are kept", name, kept)
		}
	}
}

func TestKeptTokenWithAnotherKeyIsRefused(t *testing.T) {
	sessions, directory := newTestSessions(t)
	now := time.Now()
	var both [2]*Credentials
	for i := range both {
		c, err := sessions.Issue(grant(directory, now))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now); err != nil {
			t.Fatal(err)
		}
		both[i] = c
	}
	for name, token := range map[string]string{
		"another session's": both[1].SessionToken, "none": "", "longer": both[0].SessionToken + "AAAA", "cut": both[0].SessionToken[4:],
	} {
		if _, _, err := sessions.Resolve(both[0].AccessKeyID, token, now); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("the token is %s: %v, want ErrUnknownKey", name, err)
		}
	}
}

// Who sends tokens that localaws did not seal, or many, makes it keep no more.
func TestKeptSessionsAreBounded(t *testing.T) {
	sessions, directory := newTestSessions(t)
	now := time.Now()
	for i := range keptSessions + 10 {
		if _, _, err := sessions.Resolve("ASIA", fmt.Sprint("forged", i), now); !errors.Is(err, ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if kept := sessions.opener.kept.Len(); kept != 0 {
		t.Errorf("%d forged tokens are kept", kept)
	}
	for range keptSessions + 10 {
		c, err := sessions.Issue(grant(directory, now))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := sessions.Resolve(c.AccessKeyID, c.SessionToken, now); err != nil {
			t.Fatal(err)
		}
	}
	if kept := sessions.opener.kept.Len(); kept != keptSessions {
		t.Errorf("%d sessions are kept, want %d", kept, keptSessions)
	}
}
