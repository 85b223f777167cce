package kms

import "strconv"

// Days between two rotations (KMS API Reference, EnableKeyRotation).
const (
	minRotation     = 90
	defaultRotation = 365
	maxRotation     = 2560
)

// readEnableKeyRotation keeps the setting alone: localaws rotates no key, so a key has its first material for good.
func readEnableKeyRotation(r *reading) (answer, error) {
	var in struct {
		KeyId                string
		RotationPeriodInDays *int
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	days := defaultRotation
	keys := r.onKey("EnableKeyRotation", t)
	if in.RotationPeriodInDays != nil {
		days = *in.RotationPeriodInDays
		keys.Set("kms:RotationPeriodInDays", strconv.Itoa(days))
	}
	if days < minRotation || days > maxRotation {
		return nil, validation("RotationPeriodInDays should be between %d and %d, but it is %d", minRotation, maxRotation, days)
	}
	return r.setRotation(t, days), nil
}

func readDisableKeyRotation(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return r.setRotation(t, 0), nil
}

func (r *reading) setRotation(t *target, days int) answer {
	return func() (any, error) {
		return nil, r.change(t, func(k *key) error {
			k.Rotation = days
			return k.usable(t.arn)
		})
	}
}

// readGetKeyRotationStatus: a key that is pending deletion is not rotated, but has its setting again once the deletion is cancelled. The
// answer has no date of the next rotation: there is none.
func readGetKeyRotationStatus(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		out := struct {
			KeyId                string
			KeyRotationEnabled   bool
			RotationPeriodInDays int `json:",omitzero"`
		}{KeyId: t.arn}
		if !t.pending() {
			out.KeyRotationEnabled, out.RotationPeriodInDays = t.Rotation > 0, t.Rotation
		}
		return out, nil
	}, nil
}
