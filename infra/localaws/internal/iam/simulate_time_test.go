package iam

import (
	"context"
	"errors"
	"testing"

	"example.com/shiptrack/infra/localaws/policy"
)

func TestSimulationEndsWhenItsCallerHasGone(t *testing.T) {
	s := &simulation{context: new(policy.Context), actions: []string{"s3:GetObject"}, resources: []string{"*"}}
	if _, err := s.answer(t.Context(), page{size: 100}); err != nil {
		t.Errorf("control: %v", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.answer(gone, page{size: 100}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
