package sigv4

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The query parameters of a presigned request (S3 API Reference, "Authenticating Requests: Using Query
// Parameters"). S3 alone looks at X-Amz-Expires, which it wants.
const (
	queryAlgorithm     = "X-Amz-Algorithm"
	queryCredential    = "X-Amz-Credential"
	queryDate          = "X-Amz-Date"
	queryExpires       = "X-Amz-Expires"
	querySignedHeaders = "X-Amz-SignedHeaders"
	querySignature     = "X-Amz-Signature"
	queryToken         = "X-Amz-Security-Token"
	queryPayload       = "X-Amz-Content-Sha256"

	maxLifetime = 604800 // seconds: seven days
)

// fixedLifetime is how long a presigned request is good outside S3, whatever X-Amz-Expires says. The SDK for Go writes no
// X-Amz-Expires there, and EKS takes the GetCallerIdentity that its clients presign for 15 minutes (aws-iam-authenticator).
const fixedLifetime = 15 * time.Minute

var queryAuthNames = [...]string{queryAlgorithm, queryCredential, queryDate, queryExpires, querySignedHeaders, querySignature, queryToken}

// usesQueryAuth reports any parameter of a presigned request, in any spelling: a request is either
// wholly presigned or not at all.
func usesQueryAuth(query []param) bool {
	for i := range query {
		for _, name := range queryAuthNames {
			if strings.EqualFold(query[i].name, name) {
				return true
			}
		}
	}
	return false
}

func readPresignedClaim(r *http.Request, query []param) (*claim, *Error) {
	for _, name := range [...]string{headerDate, headerToken} {
		if _, both := r.Header[name]; both {
			return nil, refuse(Incomplete, "%s is a header of a presigned request, whose authentication is in the query", name)
		}
	}
	c := &claim{presigned: true}
	var alg, credential, expires string
	for _, p := range [...]struct {
		name     string
		into     *string
		optional bool
	}{
		{queryAlgorithm, &alg, false}, {queryCredential, &credential, false}, {queryDate, &c.stamp, false},
		{queryExpires, &expires, true}, {querySignedHeaders, &c.signedHeaders, false},
		{querySignature, &c.signature, false}, {queryToken, &c.token, true}, {queryPayload, &c.payload, true},
	} {
		value, found, err := one(query, p.name)
		if err != nil {
			return nil, err
		}
		if !found && !p.optional {
			return nil, missing(p.name)
		}
		*p.into = value
	}
	if alg != algorithm {
		return nil, refuse(Incomplete, "X-Amz-Algorithm only supports '%s'.", algorithm)
	}
	if err := c.readPayloadHeader(r); err != nil {
		return nil, err
	}
	c.query = make([]param, 0, len(query))
	for _, p := range query {
		if p.name != querySignature {
			c.query = append(c.query, p)
		}
	}
	if err := c.complete(credential); err != nil {
		return nil, err
	}
	return c, c.readLifetime(expires)
}

func (c *claim) readLifetime(expires string) *Error {
	if c.service != serviceS3 {
		c.lifetime = fixedLifetime
		return nil
	}
	if expires == "" {
		return missing(queryExpires)
	}
	seconds, err := strconv.ParseUint(expires, 10, 32)
	if err != nil || seconds < 1 || seconds > maxLifetime {
		return refuse(Incomplete, "X-Amz-Expires must be a number of seconds from 1 to %d.", maxLifetime)
	}
	c.lifetime = time.Duration(seconds) * time.Second
	return nil
}

func missing(parameter string) *Error {
	return refuse(Incomplete, "AWS query-string parameters must include '%s'.", parameter)
}

// readPayloadHeader: the hash may be declared in the query or in a signed header, not in both.
func (c *claim) readPayloadHeader(r *http.Request) *Error {
	declared, err := single(r.Header, headerPayload)
	if err != nil {
		return err
	}
	if declared != "" && c.payload != "" {
		return refuse(Incomplete, "the payload hash is declared both in a header and in the query")
	}
	if declared != "" {
		c.payload = declared
	}
	return nil
}

// one returns the value of a parameter that may be there once and not empty. A name that differs in
// case alone is refused: AWS's services do not agree on whether it counts.
func one(query []param, name string) (value string, found bool, _ *Error) {
	for i := range query {
		p := &query[i]
		if !strings.EqualFold(p.name, name) {
			continue
		}
		switch {
		case p.name != name:
			return "", false, refuse(Incomplete, "the query parameter '%s' is misspelt", name)
		case found:
			return "", false, refuse(Incomplete, "the query parameter '%s' is there twice", name)
		case p.rawValue == "":
			return "", false, refuse(Incomplete, "the query parameter '%s' is empty", name)
		}
		value, found = p.rawValue, true
	}
	return value, found, nil
}
