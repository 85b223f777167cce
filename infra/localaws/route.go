package localaws

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/allowedhosts"
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/internal/sts"
)

// route says how requests to one service look.
type route struct {
	service api.Service
	target  func(operation string) string // JSON: what X-Amz-Target must say
	version string                        // Query: the API version
	limit   func(operation string) int64  // of a body, in bytes; a Query request names its operation in the body: ""
	global  bool                          // also signed for us-east-1, whatever the region (IAM; STS at its global endpoint)
}

// once are the headers that say what a request asks for. If one is given twice, two readers could read two requests.
var once = []string{
	"Authorization", "Content-Type", "Content-Encoding", "Host", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Target",
	"X-Amz-Content-Sha256",
}

// misdirected refuses a request whose Host is a name that is not this server's.
func (s *Server) misdirected(w http.ResponseWriter, r *http.Request) {
	x := newExchange(s.now(), w, r)
	s.write(w, x, x.errorResponse(s.refuse(x, refusal(misdirected, "localaws does not answer for the Host of this request: a web page could have "+
		"pointed that name here. Use localhost or an IP address, or name it with localaws serve --allowed-host. An S3 client must use path-style requests."))))
}

func checkHeaders(x *exchange, r *http.Request) error {
	// The root key is no secret: a page could sign a URL with it, and change roles by loading that URL as an image.
	if allowedhosts.FromBrowser(r.Header) {
		return refusal(accessDenied, "localaws does not answer browsers: the request has the header Origin or one that begins with Sec-, which browsers send and SDKs do not.")
	}
	for _, name := range once {
		if len(r.Header.Values(name)) > 1 {
			return refusal(malformed, "The header "+name+" is given more than once.")
		}
	}
	switch x.protocol {
	case api.CBOR:
		return refusal(unknownOperation, "localaws does not serve the protocol rpc-v2-cbor: set the client to AWS JSON or to the Query protocol.")
	case api.RestXML:
		return checkS3(r)
	case api.OpenSearch:
		if err := checkOpenSearch(x, r); err != nil {
			return err
		}
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return refusal(malformed, "The header Content-Encoding is not accepted.")
	}
	return nil
}

// route finds the service that the signature names. Where the form of the request is not that of the service it refuses
// the request.
func (s *Server) route(x *exchange, opened *sigv4.Opened) (route, error) {
	service, region := opened.Service(), opened.Region()
	name := service
	if x.protocol == api.RestJSON && service == "iam" {
		name = toolboxService
	}
	rt, ok := s.routes[name]
	if !ok {
		return rt, refusal(accessDenied, "localaws cannot authorize requests to the service '"+service+
			"'; it knows dynamodb, es, iam, kms, s3 and sts.")
	}
	if region != s.region && (!rt.global || region != "us-east-1") {
		return rt, refusal(invalidScope, "Credential should be scoped to a valid region, not '"+region+
			"': this is "+s.region+", set AWS_REGION to it.")
	}
	if protocol := rt.service.Protocol(); protocol.IsJSON() && x.protocol.IsJSON() {
		x.protocol = protocol // the Content-Type is looked at with the operation
	}
	if rt.service.Protocol() != x.protocol {
		return rt, refusal(invalidScope, "Credential should be scoped to correct service, not '"+service+"'.")
	}
	return rt, nil
}

// request finds the operation that an authenticated request names.
func (s *Server) request(x *exchange, r *http.Request, rt route, opened *sigv4.Opened, body []byte) (*api.Request, error) {
	request := s.newRequest(x, r, opened)
	request.Body = body
	var err error
	switch x.protocol {
	case api.JSON10, api.JSON11:
		request.Operation, err = targetOperation(r, rt)
	case api.Query:
		if opened.Service() == "iam" {
			x.namespace = api.IAMNamespace
		}
		request.Form, request.Operation, err = formOperation(r, rt, body)
	case api.RestJSON:
		request.HTTP = &api.HTTP{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery}
	case api.OpenSearch:
		request.HTTP = &api.HTTP{Method: r.Method, Path: sentPath(r), Query: r.URL.RawQuery}
	case api.Local:
		request.Form, request.Operation, err = localOperation(r, rt)
	}
	x.operation = request.Operation
	return request, err
}

func (s *Server) newRequest(x *exchange, r *http.Request, opened *sigv4.Opened) *api.Request {
	x.region = opened.Region()
	return &api.Request{
		ID: x.id, Header: r.Header, Caller: x.caller, Possible: x.caller.Policies.MayAllow, Now: x.now,
		Decide: func(p *api.Permission, among int) error {
			x.limit = lineLimit(among)
			return s.decideOne(x, r, p)
		},
		Account: s.account, Region: s.region,
	}
}

// isOperation reports a letter and up to 127 letters and digits.
func isOperation(name string) bool {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 128
}

// targetOperation reads X-Amz-Target: DynamoDB_20120810.GetItem. An operation under the other one of DynamoDB's two APIs,
// as DynamoDBStreams_20120810.GetItem, is none: an upstream might take it for another one.
func targetOperation(r *http.Request, rt route) (string, error) {
	if r.Method != http.MethodPost || !isRootPath(r) || r.URL.RawQuery != "" {
		return "", refusal(unknownOperation, "Send the operation with POST to /, without a query string.")
	}
	if want := contentTypes[rt.service.Protocol()]; r.Header.Get("Content-Type") != want {
		return "", refusal(unknownOperation, "The Content-Type must be "+want+".")
	}
	target := r.Header.Get("X-Amz-Target")
	_, operation, _ := strings.Cut(target, ".")
	if !isOperation(operation) || target != rt.target(operation) {
		return "", refusal(unknownOperation, "The X-Amz-Target does not name an operation of the service that the signature is for.")
	}
	return operation, nil
}

// isRootPath reports the path of each operation in these protocols. An endpoint that ends in more slashes than one makes longer ones.
func isRootPath(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return path != "" && strings.Trim(path, "/") == ""
}

// operationOf is what X-Amz-Target calls the operation, which has yet to be checked.
func operationOf(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// formOperation reads the parameters of a Query request, from the body of a POST or from the query string,
// never from both, and takes Action and Version out.
func formOperation(r *http.Request, rt route, body []byte) (*api.Form, string, error) {
	if !isRootPath(r) || r.Method != http.MethodPost && r.Method != http.MethodGet {
		return nil, "", refusal(unknownOperation, "Send the operation with POST to /.")
	}
	text, err := formText(r, body)
	if err != nil {
		return nil, "", err
	}
	form, err := api.ParseForm(text)
	if err != nil {
		return nil, "", err
	}
	operation, version := form.Get("Action"), form.Get("Version")
	if operation == "" {
		return nil, "", api.Errorf(400, "MissingAction", "The request is missing an action or a required parameter.")
	}
	if version != rt.version || !isOperation(operation) {
		return nil, "", api.Errorf(400, "InvalidAction", "Could not find operation %s for version %s", operation, version)
	}
	return form, operation, nil
}

// checkUnsigned says of the operations that AWS takes without a signature that they are not served, in place of asking for one.
func (s *Server) checkUnsigned(x *exchange, r *http.Request) error {
	if x.protocol != api.Query || !isRootPath(r) || !x.link || strings.Contains(r.URL.RawQuery, "X-Amz-") {
		return nil
	}
	rt := s.routes["sts"]
	body, release, err := s.readBody(x, r, rt, s.unsigned)
	if err != nil {
		return err
	}
	defer release()
	if _, operation, err := formOperation(r, rt, body); err == nil && sts.IsUnsigned(operation) {
		x.operation = operation
		return sts.UnknownOperation(operation)
	}
	return nil
}

func formText(r *http.Request, body []byte) (string, error) {
	query := unsignedQuery(r.URL.RawQuery)
	if len(body) == 0 {
		return query, nil
	}
	if query != "" {
		return "", refusal(malformed, "Parameters stand in the query string or in the body, not in both.")
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return "", refusal(malformed, "The Content-Type must be application/x-www-form-urlencoded.")
	}
	return string(body), nil
}

// unsignedQuery drops the parameters of a presigned request, which are not the operation's. It compares
// their names exactly: a service refuses another spelling as an unknown parameter.
func unsignedQuery(query string) string {
	var rest []string
	for pair := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(pair, "X-Amz-") {
			rest = append(rest, pair)
		}
	}
	return strings.Join(rest, "&")
}

// localService is the service in the credential scope of localaws' own routes.
const localService = "localaws"

// ownRoutes answers localaws' own routes, by path.
type ownRoutes map[string]api.Service

func (ownRoutes) Protocol() api.Protocol { return api.Local }

func (o ownRoutes) Read(ctx context.Context, r *api.Request) (*api.Call, error) {
	return o[r.Operation].Read(ctx, r)
}

// localOperation reads a route of localaws' own: GET /_localaws/role-credentials?role=...
func localOperation(r *http.Request, rt route) (*api.Form, string, error) {
	path := r.URL.EscapedPath()
	routes, _ := rt.service.(ownRoutes)
	if _, known := routes[path]; !known || r.Method != http.MethodGet {
		return nil, "", api.Errorf(404, "NotFound", "localaws has no such route.")
	}
	form, err := api.ParseForm(unsignedQuery(r.URL.RawQuery))
	if err != nil {
		return nil, "", err
	}
	return form, path, nil
}
