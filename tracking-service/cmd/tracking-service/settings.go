package main

import (
	"encoding/base64"
	"errors"
	"os"
	"regexp"
	"strings"
	"time"

	"example.com/shiptrack/pkg/authn/providers"
	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/fairshare"
	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/telemetry"
	"example.com/shiptrack/pkg/tokenvending"
)

const (
	name        = "tracking-service"
	listenAddr  = "127.0.0.1:8081"
	metricsAddr = "127.0.0.1:9081"
	// maxCacheSize bounds SESSION_CACHE_SIZE: at about 2 KB a session, 2 GB.
	maxCacheSize = 1_000_000
	// maxDocumentBytes bounds DOCUMENT_MAX_BYTES: S3 API Reference, PutObject, takes 5 GiB.
	maxDocumentBytes = 5 << 30
	// cursorKeySize is that of the key that authenticates cursors, in bytes.
	cursorKeySize = 32
)

// Access holds the settings to reach the stores: all that seed reads.
type Access struct {
	Table      string `env:"TRACKING_TABLE" envDefault:"TrackingData" help:"name of the DynamoDB table"`
	Bucket     string `env:"DOCUMENTS_BUCKET,required" help:"name of the S3 bucket of the documents, such as shiptrack-000000000000"`
	SearchURL  string `env:"OPENSEARCH_ENDPOINT,required" help:"URL of the domain of Amazon OpenSearch Service with the tenants' indexes, such as https://search-test-1a2b.us-east-1.es.amazonaws.com"`
	RoleARN    string `env:"TRACKING_ACCESS_ROLE_ARN,required" help:"ARN of the role that is assumed for each tenant, such as arn:aws:iam::000000000000:role/TrackingAccessRole"`
	InstanceID string `env:"INSTANCE_ID" help:"names this instance in session names, and so in CloudTrail; the host name where it is not set"`
}

var (
	tableName  = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)            // DynamoDB Developer Guide, "Naming rules"
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) // S3 User Guide, "Bucket naming rules"
)

// Defaults presets what is not constant. Where there is no host name, InstanceID stays empty and Validate says so.
func (a *Access) Defaults() { a.InstanceID, _ = os.Hostname() }

// Validate checks what a type alone cannot.
func (a *Access) Validate() error {
	var wrong []error
	if !tableName.MatchString(a.Table) {
		wrong = append(wrong, config.Invalid(&a.Table, "%q is not a table's name: %s", a.Table, tableName))
	}
	if !bucketName.MatchString(a.Bucket) {
		wrong = append(wrong, config.Invalid(&a.Bucket, "%q is not a bucket's name: %s", a.Bucket, bucketName))
	}
	if err := config.CheckURL(a.SearchURL); err != nil {
		wrong = append(wrong, config.Invalid(&a.SearchURL, "%v", err))
	}
	if err := tokenvending.CheckRoleARN(a.RoleARN); err != nil {
		wrong = append(wrong, config.Invalid(&a.RoleARN, "%v", err))
	}
	if err := tokenvending.CheckInstance(a.InstanceID); err != nil {
		wrong = append(wrong, config.Invalid(&a.InstanceID, "%v", err))
	}
	return errors.Join(wrong...)
}

// The modes of Isolation.
const (
	enforce = "enforce"
	report  = "report"
)

// Bounds of ISOLATION_CHECK_INTERVAL. The checks cost 22 requests of AWS.
const (
	minCheckInterval = time.Second
	maxCheckInterval = time.Hour
)

// Isolation holds the settings of the isolation check.
type Isolation struct {
	Mode     string        `env:"ISOLATION_CHECK" envDefault:"enforce" help:"enforce: serve only while the isolation check shows that AWS keeps tenants apart; report: log and count what it shows, and serve all the same, never in production"`
	Interval time.Duration `env:"ISOLATION_CHECK_INTERVAL" envDefault:"5m" help:"how often isolation is checked, 1s to 1h, less up to a fifth by chance"`
}

// Validate checks what a type alone cannot.
func (i *Isolation) Validate() error {
	var wrong []error
	if i.Mode != enforce && i.Mode != report {
		wrong = append(wrong, config.Invalid(&i.Mode, "%q is neither enforce nor report", i.Mode))
	}
	if i.Interval < minCheckInterval || i.Interval > maxCheckInterval {
		wrong = append(wrong, config.Invalid(&i.Interval, "%v is outside %v to %v", i.Interval, minCheckInterval, maxCheckInterval))
	}
	return errors.Join(wrong...)
}

// settings are all that serve reads from its environment, but for AWS_* and OpenTelemetry's further OTEL_*.
type settings struct {
	Tokens           providers.Settings
	Server           httpserver.Settings
	Telemetry        telemetry.Settings
	Access           Access
	Isolation        Isolation
	Limits           fairshare.Settings
	WriteRoleARN     string        `env:"TRACKING_WRITE_ROLE_ARN,required" help:"ARN of the role that is assumed for each tenant to store documents, such as arn:aws:iam::000000000000:role/TrackingWriteRole"`
	DocumentMaxBytes int64         `env:"DOCUMENT_MAX_BYTES" envDefault:"67108864" help:"size of the largest document that is stored, 1 to 5368709120 bytes"`
	SessionDuration  time.Duration `env:"SESSION_DURATION" envDefault:"1h" help:"how long a tenant's AWS session lasts, 15m to 1h"`
	SessionCacheSize int           `env:"SESSION_CACHE_SIZE" envDefault:"10000" help:"how many tenants' sessions of each role are kept, 1 to 1000000, about 2 KB each"`
	CallsPerSecond   int           `env:"STS_CALLS_PER_SECOND" envDefault:"50" help:"how many sessions of each role are asked of STS in a second, 1 to 1000; the others wait for their turn"`
	CursorKey        string        `env:"CURSOR_KEY" secret:"true" help:"base64 of 32 random bytes that all instances share: authenticates page cursors (head -c 32 /dev/urandom | base64); required, or CURSOR_KEY_FILE"`
	CursorKeyFile    string        `env:"CURSOR_KEY_FILE" help:"a file that holds what CURSOR_KEY would"`
}

// Prefix is that of the variables that are the services' own. TRACKING_ and SHIPMENT_ are not: an environment for both services
// has variables of each.
func (*settings) Prefix() string { return "OIDC_" }

// Defaults presets what differs between the services.
func (s *settings) Defaults() {
	s.Server.ListenAddr, s.Server.MetricsAddr = listenAddr, metricsAddr
	s.Access.Defaults()
}

// Validate checks what a type alone cannot.
func (s *settings) Validate() error {
	var wrong []error
	if d := s.SessionDuration; d < tokenvending.MinDuration || d > tokenvending.MaxDuration || d%time.Second != 0 {
		wrong = append(wrong, config.Invalid(&s.SessionDuration, "%v is not whole seconds in 15m to 1h", d))
	}
	if s.SessionCacheSize < 1 || s.SessionCacheSize > maxCacheSize {
		wrong = append(wrong, config.Invalid(&s.SessionCacheSize, "%d is outside 1 to %d", s.SessionCacheSize, maxCacheSize))
	}
	if s.CallsPerSecond < 1 || s.CallsPerSecond > tokenvending.MaxCallsPerSecond {
		wrong = append(wrong, config.Invalid(&s.CallsPerSecond, "%d is outside 1 to %d", s.CallsPerSecond, tokenvending.MaxCallsPerSecond))
	}
	if err := tokenvending.CheckRoleARN(s.WriteRoleARN); err != nil {
		wrong = append(wrong, config.Invalid(&s.WriteRoleARN, "%v", err))
	}
	if s.DocumentMaxBytes < 1 || s.DocumentMaxBytes > maxDocumentBytes {
		wrong = append(wrong, config.Invalid(&s.DocumentMaxBytes, "%d is outside 1 to %d", s.DocumentMaxBytes, int64(maxDocumentBytes)))
	}
	_, err := s.cursorKey()
	return errors.Join(append(wrong, err)...)
}

// cursorKey returns the bytes of CursorKey, or of what CursorKeyFile holds. The error is config.Invalid; it does not
// repeat them.
func (s *settings) cursorKey() ([]byte, error) {
	setting, text := &s.CursorKey, s.CursorKey
	switch {
	case text == "" && s.CursorKeyFile == "":
		return nil, config.Invalid(setting, "is required but not set; make one with: head -c 32 /dev/urandom | base64, or name a file in CURSOR_KEY_FILE")
	case text != "" && s.CursorKeyFile != "":
		return nil, config.Invalid(setting, "is set, and so is CURSOR_KEY_FILE: set one of them")
	case text == "":
		setting = &s.CursorKeyFile
		content, err := os.ReadFile(s.CursorKeyFile)
		if err != nil {
			return nil, config.Invalid(setting, "cannot be read: %v", err)
		}
		text = strings.TrimSpace(string(content))
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != cursorKeySize {
		return nil, config.Invalid(setting, "is not the base64 of 32 bytes; make one with: head -c 32 /dev/urandom | base64")
	}
	return key, nil
}

// address is all that health needs of the settings.
type address struct {
	ListenAddr string `env:"LISTEN_ADDR" help:"host:port that the service listens on"`
}

// Defaults presets the same as that of settings.
func (a *address) Defaults() { a.ListenAddr = listenAddr }
