package kms

import (
	"example.com/shiptrack/infra/localaws/internal/api"
)

// Use is one use of a key that another AWS service asks for in its caller's name, as S3 does for an object (S3 User Guide, "Protecting data
// with server-side encryption using AWS KMS keys").
type Use struct {
	// Permission is what the caller needs on the key. It must be allowed before anything else is asked of the Use.
	Permission api.Permission
	target     *target
	context    encryptionContext
}

// Use resolves a key for a caller of another service, such as s3. action is GenerateDataKey or Decrypt, context the encryption context that
// the service sets. An error is a NotFoundException.
func (s *Service) Use(req *api.Request, service, action, keyID string, context map[string]string) (*Use, error) {
	r := &reading{req: req, store: s.store}
	t, err := r.key("keyId", keyID)
	if err != nil {
		return nil, err
	}
	if err := r.cryptographic(action, t, context); err != nil {
		return nil, err
	}
	u := &Use{Permission: r.permissions[0], target: t, context: context}
	u.Permission.Via = service
	u.Permission.Context.Set("kms:ViaService", service+"."+req.Region+".amazonaws.com")
	return u, nil
}

// KeyARN returns the ARN of the key that a request to another service names by its id, its ARN or an alias. Only for an alias the key must
// exist: its ARN is what it is. An error is a NotFoundException.
func (s *Service) KeyARN(req *api.Request, given string) (string, error) {
	r := &reading{req: req, store: s.store}
	name, err := r.local("keyId", given)
	if err != nil {
		return "", err
	}
	if keyIDPattern.MatchString(name) {
		return r.place().keyARN(name), nil
	}
	t, err := r.key("keyId", given)
	if err != nil {
		return "", err
	}
	return t.arn, nil
}

// KeyARN is the ARN of the key.
func (u *Use) KeyARN() string { return u.target.arn }

// NewDataKey makes a data key of 32 bytes, and what to keep of it. An error is a DisabledException or a KMSInvalidStateException.
func (u *Use) NewDataKey() (plaintext, kept []byte, err error) {
	if err := u.target.usable(u.target.arn); err != nil {
		return nil, nil, err
	}
	plaintext = randomBytes(keySize)
	kept, err = u.target.seal(plaintext, u.context)
	return plaintext, kept, err
}

// OpenDataKey returns the data key of which kept was kept. An error is one of NewDataKey, or an InvalidCiphertextException where kept is of
// another key or encryption context.
func (u *Use) OpenDataKey(kept []byte) ([]byte, error) {
	if err := u.target.usable(u.target.arn); err != nil {
		return nil, err
	}
	return u.target.openAs(kept, u.context)
}
