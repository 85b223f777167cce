// Package localaws is a local AWS endpoint that enforces IAM: it verifies signatures, vends sessions with
// tags, evaluates policies, and answers STS, IAM, DynamoDB, KMS, S3 and OpenSearch Service. It refuses every request whose signature,
// caller, meaning or permission it cannot establish.
//
// A Server is an http.Handler. Serve it on loopback only: anyone who can reach it can sign as root. Package
// localawstest starts one for a test, and the command in cmd/localaws runs one.
package localaws

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/allowedhosts"
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb"
	"example.com/shiptrack/infra/localaws/internal/iam"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/opensearch"
	"example.com/shiptrack/infra/localaws/internal/s3"
	"example.com/shiptrack/infra/localaws/internal/sts"
)

// Defaults of Config.
const (
	DefaultRegion  = "us-east-1"
	DefaultAccount = "000000000000"

	DefaultSearchDomain = opensearch.DefaultDomain
)

// Config configures a Server.
type Config struct {
	Data    string           // directory, made where it is missing; one Server at a time
	Region  string           // DefaultRegion where empty
	Account string           // twelve digits; DefaultAccount where empty
	Log     io.Writer        // one JSON line (Entry) per decision and refusal, one or more with each Write; nil: no log, and localaws why finds nothing
	Now     func() time.Time // nil: time.Now
	// SearchDomain is the name of the one domain of OpenSearch Service; DefaultSearchDomain where empty.
	SearchDomain string
	// Upstreams make the server a gateway: another endpoint answers the requests that it allows. The key is the service,
	// such as {"dynamodb": http://127.0.0.1:8000}; dynamodb, s3 and es can be forwarded. An address is scheme (http or https),
	// host and port. The server signs the forwarded requests with the key test/test.
	Upstreams map[string]*url.URL
	// SearchGuard refuses a request for the upstream of es whose body or query may name another index than its path. IAM sees the path
	// alone. The embedded indexes know no such request.
	SearchGuard bool
	// AllowedHosts are names by which clients reach the server, such as a container's. A request with any other name as its
	// Host is refused, but for localhost, the names below it, localhost.localstack.cloud and those below amazonaws.com: a web
	// page could have sent it. IP addresses are always allowed.
	AllowedHosts []string
}

// Server answers the AWS APIs. It is an http.Handler. All its methods but Close are safe for concurrent use.
type Server struct {
	region   string
	account  string
	now      func() time.Time
	db       *bbolt.DB
	log      *decisionLog
	denials  *denials
	intake   intake
	unsigned intake // of what nobody has signed
	outflow  *outflow
	sessions *identity.Sessions
	iam      *iam.Service
	routes   map[string]route // by the service in the credential scope
	gateway  gateway
	hosts    allowedhosts.List
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// New opens the data directory and returns a Server. Stored roles and policies that do not parse are an
// error, and so is a directory that another process uses.
func New(c Config) (*Server, error) {
	c = c.withDefaults()
	if !accountPattern.MatchString(c.Account) {
		return nil, fmt.Errorf("account %q is not twelve digits", c.Account)
	}
	if !regionPattern.MatchString(c.Region) {
		return nil, fmt.Errorf("region %q is not the name of a region", c.Region)
	}
	hosts, err := allowedhosts.New(c.AllowedHosts...)
	if err != nil {
		return nil, err
	}
	db, err := openData(c.Data)
	if err != nil {
		return nil, err
	}
	s, err := assemble(c, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s.hosts = hosts
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.Account == "" {
		c.Account = DefaultAccount
	}
	if c.SearchDomain == "" {
		c.SearchDomain = DefaultSearchDomain
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func assemble(c Config, db *bbolt.DB) (*Server, error) {
	key, err := sealingKey(db)
	if err != nil {
		return nil, err
	}
	directory, err := identity.OpenDirectory(db, c.Account)
	if err != nil {
		return nil, err
	}
	sessions, err := identity.NewSessions(identity.SessionsConfig{Account: c.Account, Directory: directory, Key: key})
	if err != nil {
		return nil, err
	}
	tokens, err := sts.New(sts.Config{Directory: directory, Sessions: sessions})
	if err != nil {
		return nil, err
	}
	routes, keys, err := storeRoutes(c, db, directory)
	if err != nil {
		return nil, err
	}
	roles, log := iam.New(iam.Config{Directory: directory, Sessions: sessions}), newDecisionLog(c.Log)
	routes["iam"] = route{service: roles, version: "2010-05-08", global: true, limit: bodyLimit(iam.MaxBody)}
	routes["sts"] = route{service: tokens, version: "2011-06-15", global: true, limit: bodyLimit(64 << 10)}
	explained := newDenials()
	routes[toolboxService] = route{service: &toolbox{explained}, limit: bodyLimit(0)}
	routes[localService] = route{limit: bodyLimit(0), service: ownRoutes{
		roleCredentialsPath: &roleCredentials{directory: directory, sessions: sessions},
		decisionsPath:       &decisions{log: log},
	}}
	s := &Server{
		region: c.Region, account: c.Account, now: c.Now, db: db, sessions: sessions, iam: roles,
		log: log, denials: explained, intake: newIntake(bodyBudget), unsigned: newIntake(unsignedBudget), outflow: newOutflow(), routes: routes,
	}
	return s, s.gateway.forward(s.routes, c, keys)
}

// storeRoutes opens the services that keep data; the keys of KMS protect the objects of an upstream too.
func storeRoutes(c Config, db *bbolt.DB, directory *identity.Directory) (map[string]route, *kms.Service, error) {
	items, err := dynamodb.New(dynamodb.Config{DB: db, Now: c.Now})
	if err != nil {
		return nil, nil, err
	}
	keys, err := kms.New(kms.Config{DB: db, Directory: directory, Now: c.Now})
	if err != nil {
		return nil, nil, err
	}
	objects, err := s3.New(s3.Config{DB: db, Directory: filepath.Join(c.Data, "s3"), Keys: keys, Roles: directory, Now: c.Now})
	if err != nil {
		return nil, nil, err
	}
	indexes, err := opensearch.New(db, c.SearchDomain)
	if err != nil {
		return nil, nil, err
	}
	return map[string]route{
		"es":       {service: indexes, limit: bodyLimit(opensearch.MaxEmbeddedBody)},
		"dynamodb": {service: items, target: dynamodb.HTTPTarget, limit: dynamodb.BodyLimit},
		"kms":      {service: keys, target: kms.HTTPTarget, limit: kms.BodyLimit},
		"s3":       {service: objects}, // it bounds each body itself
	}, keys, nil
}

// bodyLimit is one limit for all operations of a service: what IAM and STS take as policies and tags is far below theirs.
func bodyLimit(bytes int64) func(string) int64 { return func(string) int64 { return bytes } }

// Close releases the data directory. Call it after the last request was answered.
func (s *Server) Close() error { return s.db.Close() }

// ServeHTTP answers one request. /_localaws/health, which says that localaws runs, and /_localaws/ready,
// which says that its upstreams answer too, are the only paths without a signature. Nothing is answered to a Host that is
// not the server's (Config.AllowedHosts).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.hosts.Allows(r) {
		s.misdirected(w, r)
		return
	}
	probe := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		probe = r.URL.Path
	}
	switch probe {
	case "/_localaws/health":
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{\"status\":\"ok\"}\n") // a caller that went away needs no answer
		return
	case "/_localaws/ready":
		s.serveReady(w, r)
		return
	}
	x := newExchange(s.now(), w, r)
	response, err := s.answer(x, r)
	if err != nil {
		response = x.errorResponse(err)
	}
	if x.authorizationID != "" {
		s.denials.add(x.authorizationID, x.now, newAuthorization(x))
	}
	s.write(w, x, response)
}

// lingerTime is how long a connection stays open for a caller that still sends a body when it is refused.
const lingerTime = 500 * time.Millisecond

func (s *Server) write(w http.ResponseWriter, x *exchange, response *api.Response) {
	header := w.Header()
	for name, values := range response.Header {
		header[name] = values
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", contentTypes[x.protocol])
	}
	x.identify(header)
	if !x.whole { // the answer does not wait for the rest of the body
		header.Set("Connection", "close")
		_ = x.connection.SetReadDeadline(time.Now().Add(lingerTime)) // see readBody
	}
	if x.protocol == api.JSON10 && response.Stream == nil {
		// DynamoDB Developer Guide, "DynamoDB low-level API"; an upstream's own goes on with its answer. The SDK for Go warns of every answer without it.
		header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(response.Body)), 10))
	}
	if x.protocol == api.RestXML {
		_ = x.connection.SetWriteDeadline(time.Now().Add(answerTime)) // the body may have taken longer than the connection's own
	}
	if response.Status != 0 {
		w.WriteHeader(response.Status)
	}
	if response.Stream != nil && x.protocol == api.RestXML {
		s.download(w, x, response.Stream)
		return
	}
	if response.Stream != nil {
		s.pass(w, x, response.Stream)
		return
	}
	s.outflow.send(w, x.connection, response.Body)
}
