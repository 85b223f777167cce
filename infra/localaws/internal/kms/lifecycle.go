package kms

import (
	"strconv"
	"time"
)

// named reads an operation that names a key by its id or ARN and says no more.
func (r *reading) named() (*target, error) {
	var in struct{ KeyId string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey(r.req.Operation, t)
	return t, nil
}

func readEnableKey(r *reading) (answer, error)  { return r.setEnabled(true) }
func readDisableKey(r *reading) (answer, error) { return r.setEnabled(false) }

func (r *reading) setEnabled(enabled bool) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		return nil, r.change(t, func(k *key) error {
			k.Enabled = enabled
			return k.notPending(t.arn)
		})
	}, nil
}

// Days between ScheduleKeyDeletion and the deletion.
const (
	minWindow = 7
	maxWindow = 30
)

func readScheduleKeyDeletion(r *reading) (answer, error) {
	var in struct {
		KeyId               string
		PendingWindowInDays *int
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	days := maxWindow
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < minWindow || days > maxWindow {
		return nil, validation("PendingWindowInDays should be between %d and %d, but it is %d", minWindow, maxWindow, days)
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	keys := r.onKey("ScheduleKeyDeletion", t)
	keys.Set("kms:ScheduleKeyDeletionPendingWindowInDays", strconv.Itoa(days))
	return func() (any, error) {
		deletion := r.req.Now.UTC().Add(time.Duration(days) * 24 * time.Hour)
		err := r.change(t, func(k *key) error {
			if err := k.notPending(t.arn); err != nil {
				return err
			}
			k.Deletion = deletion
			return nil
		})
		return struct {
			KeyId               string
			DeletionDate        float64
			KeyState            string
			PendingWindowInDays int
		}{t.arn, seconds(deletion), "PendingDeletion", days}, err
	}, nil
}

// readCancelKeyDeletion: the key is disabled then, whatever it was before.
func readCancelKeyDeletion(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		err := r.change(t, func(k *key) error {
			if !k.pending() {
				return invalidState("%s is not pending deletion.", t.arn)
			}
			k.Deletion, k.Enabled = time.Time{}, false
			return nil
		})
		return struct{ KeyId string }{t.arn}, err
	}, nil
}
