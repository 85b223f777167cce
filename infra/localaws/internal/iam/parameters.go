package iam

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

// Quotas (IAM User Guide, "IAM and AWS STS quotas"). Documents are counted without white space.
const (
	maxTrust            = 2048
	maxRoleInline       = 10240 // all inline policies of a role
	maxUserInline       = 2048  // all inline policies of a user
	maxManaged          = 6144
	maxAttached         = 10
	maxTags             = 50
	maxKeys             = 2 // access keys of a user
	maxVersions         = 5 // of a managed policy
	defaultPage         = 100
	maxPage             = 1000
	minSession          = 3600  // seconds
	maxSession          = 43200 // seconds
	maxEntityName       = 64
	maxPolicyNameLength = 128
	maxDescription      = 1000 // characters
)

var (
	namePattern      = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	pathPattern      = regexp.MustCompile(`^(/|/[\x21-\x7e]{1,510}/)$`)
	policyARNPattern = regexp.MustCompile(`^arn:aws:iam::([0-9]{12}|aws):policy/[\x21-\x7e]+$`)
)

func invalid(format string, args ...any) error {
	return api.Errorf(400, "ValidationError", format, args...)
}

func limitExceeded(format string, args ...any) error {
	return api.Errorf(409, "LimitExceeded", format, args...)
}

// name takes a required parameter that is the name of a role, user or policy.
func (q *query) name(parameter string, limit int) (string, error) {
	name := q.Form.Get(parameter)
	return name, checkName(parameter, name, limit)
}

func checkName(parameter, name string, limit int) error {
	if len(name) > limit || !namePattern.MatchString(name) {
		return invalid("The specified value for %s is invalid. It must contain 1 to %d alphanumeric characters "+
			"and/or the following: +=,.@_-", parameter, limit)
	}
	return nil
}

// description takes the parameter Description, and says whether it was given. Each is kept in memory.
func (q *query) description() (text string, given bool, err error) {
	if text, given = q.Form.Take("Description"); utf8.RuneCountInString(text) > maxDescription {
		err = invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or "+
			"equal to %d", maxDescription)
	}
	return text, given, err
}

// path takes the parameter Path.
func (q *query) path() (string, error) {
	path, given, err := q.optionalPath("Path")
	if !given {
		path = "/"
	}
	return path, err
}

// optionalPath takes a parameter that is a path, and says whether it was given.
func (q *query) optionalPath(parameter string) (string, bool, error) {
	path, ok := q.Form.Take(parameter)
	if !ok {
		return "", false, nil
	}
	if !pathPattern.MatchString(path) || strings.Contains(path, "//") {
		return "", true, invalid("The specified value for path is invalid. It must begin and end with / and contain only " +
			"alphanumeric characters and/or / characters.")
	}
	return path, true, nil
}

// policyARN takes a required parameter that is a managed policy's ARN.
func (q *query) policyARN(parameter string) (string, error) {
	arn, _ := q.Form.Take(parameter)
	return arn, checkPolicyARN(arn)
}

// optionalPolicyARN is policyARN, empty where the parameter is absent.
func (q *query) optionalPolicyARN(parameter string) (string, error) {
	arn, given := q.Form.Take(parameter)
	if !given {
		return "", nil
	}
	return arn, checkPolicyARN(arn)
}

func checkPolicyARN(arn string) error {
	if !policyARNPattern.MatchString(arn) {
		return invalid("ARN %s is not valid.", arn)
	}
	return nil
}

// quota is the most characters of a document, and how AWS calls it.
type quota struct {
	name  string
	limit int
}

var (
	trustQuota   = quota{"ACLSizePerRole", maxTrust}
	inlineQuota  = quota{"PolicySizePerRole", maxRoleInline}
	managedQuota = quota{"PolicySize", maxManaged}
)

// document takes a required parameter that is a policy document, and holds it to its quota and to the
// grammar of kind.
func (q *query) document(parameter string, kind policy.Kind, max quota) (string, error) {
	text := q.Form.Get(parameter)
	return text, awsError(checkDocument(parameter, text, kind, max))
}

// checkDocument returns a *policy.MalformedError as it is.
func checkDocument(parameter, text string, kind policy.Kind, max quota) error {
	if text == "" {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: "+
			"Member must have length greater than or equal to 1", parameter)
	}
	if size(text) > max.limit {
		return limitExceeded("Cannot exceed quota for %s: %d", max.name, max.limit)
	}
	_, err := policy.Parse([]byte(text), kind)
	return err
}

// sessionDuration takes MaxSessionDuration, in seconds; given is false where it is absent.
func (q *query) sessionDuration() (seconds int, given bool, err error) {
	text, given := q.Form.Take("MaxSessionDuration")
	if !given {
		return minSession, false, nil
	}
	seconds, err = strconv.Atoi(text)
	if err != nil || seconds < minSession || seconds > maxSession {
		return 0, true, invalid("1 validation error detected: Value '%s' at 'maxSessionDuration' failed to satisfy "+
			"constraint: Member must have value between %d and %d", text, minSession, maxSession)
	}
	return seconds, true, nil
}

// size counts a document as the quotas do.
func size(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// encoded is a document as IAM answers it: percent-encoded (RFC 3986).
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}

// page is one page of a list, in IAM's paging.
type page struct {
	after string // the name behind which it starts
	size  int
}

func (q *query) page() (page, error) {
	p := page{size: defaultPage}
	if text, ok := q.Form.Take("MaxItems"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPage {
			return p, invalid("1 validation error detected: Value '%s' at 'maxItems' failed to satisfy constraint: "+
				"Member must have value between 1 and %d", text, maxPage)
		}
		p.size = n
	}
	if text, ok := q.Form.Take("Marker"); ok {
		after, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(after) == 0 {
			return p, invalid("Invalid Marker.")
		}
		p.after = string(after)
	}
	return p, nil
}

// paging is the part of a list's answer that says whether there is more.
type paging struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// cut returns the page of items, which are ordered by name.
func cut[T any](p page, items []T, name func(T) string) ([]T, paging) {
	start := 0
	for p.after != "" && start < len(items) && name(items[start]) <= p.after {
		start++
	}
	return first(p, items[start:], name)
}

// cutBehind is cut for items in another order: the page begins behind the item of that name. Where it is gone, the page is empty.
func cutBehind[T any](p page, items []T, name func(T) string) ([]T, paging) {
	if p.after != "" {
		i := slices.IndexFunc(items, func(item T) bool { return name(item) == p.after })
		if i < 0 {
			return nil, paging{}
		}
		items = items[i+1:]
	}
	return first(p, items, name)
}

func first[T any](p page, items []T, name func(T) string) ([]T, paging) {
	if len(items) <= p.size {
		return items, paging{}
	}
	marker := base64.RawURLEncoding.EncodeToString([]byte(name(items[p.size-1])))
	return items[:p.size], paging{IsTruncated: true, Marker: marker}
}
