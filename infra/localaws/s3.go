package localaws

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// isS3 reports whether errors of a request are to be written as S3 writes them: it says to be signed for s3, or it is not signed and its path
// is none of another service's.
func isS3(r *http.Request) bool {
	const scope = "/s3/aws4_request"
	authorization, link := r.Header.Get("Authorization"), ""
	if r.URL.RawQuery != "" {
		link = r.URL.Query().Get("X-Amz-Credential")
	}
	switch {
	case strings.Contains(authorization, scope), strings.HasSuffix(link, scope), usesSigV2(r):
		return true
	case authorization != "" || link != "" || r.Header.Get("X-Amz-Target") != "":
		return false
	}
	return strings.HasPrefix(r.URL.Path, "/") && r.URL.Path != "/"
}

// usesSigV2 reports a request that is signed with Signature Version 2, as older clients do for S3.
func usesSigV2(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "AWS ") || r.URL.RawQuery != "" && r.URL.Query().Has("AWSAccessKeyId")
}

// checkS3 refuses what localaws' S3 does not take whatever is asked for.
func checkS3(r *http.Request) error {
	switch {
	case usesSigV2(r):
		return refusal(malformed, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: "+
			"with the AWS CLI and boto3 set signature_version = s3v4.")
	case namesBucket(r.Host):
		return refusal(malformed, "localaws takes the bucket in the path alone: use path-style requests (UsePathStyle, s3.addressing_style = path).")
	}
	return nil
}

// ownHost is what stands before .amazonaws.com where no bucket is named.
var ownHost = regexp.MustCompile(`^s3(\.dualstack)?([.-][a-z0-9-]+)?$`)

// namesBucket reports whether a Host that is the server's may name a bucket (S3 User Guide, "Virtual hosting of general purpose buckets"). Its
// path would then be the key alone.
func namesBucket(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	if rest, ok := strings.CutSuffix(name, ".localhost"); ok {
		return rest != "s3"
	}
	rest, ok := strings.CutSuffix(name, ".amazonaws.com")
	return ok && !ownHost.MatchString(rest)
}

// identify sets the headers by which an answer is found in the decision log.
func (x *exchange) identify(h http.Header) {
	if x.protocol != api.RestXML {
		h.Set("X-Amzn-Requestid", x.id)
		return
	}
	h.Set("X-Amz-Request-Id", x.id)
	h.Set("X-Amz-Id-2", x.hostID())
}

// hostID is the second id of an answer of S3. It says nothing that the first does not.
func (x *exchange) hostID() string { return base64.StdEncoding.EncodeToString([]byte(x.id)) }

// restError is S3's form of an error (S3 API Reference, "Error responses"). HEAD has none.
func (x *exchange) restError(e *api.Error) []byte {
	if x.method == http.MethodHead {
		return nil
	}
	var out bytes.Buffer
	out.WriteString(xml.Header)
	if err := xml.NewEncoder(&out).Encode(struct {
		XMLName                                    xml.Name `xml:"Error"`
		Code, Message, Resource, RequestId, HostId string
	}{Code: e.Code, Message: e.Message, Resource: x.path, RequestId: x.id, HostId: x.hostID()}); err != nil {
		panic(err) // strings always encode
	}
	return out.Bytes()
}

// receiveStream authenticates a request by what it declares of its body.
func (s *Server) receiveStream(x *exchange, r *http.Request, opened *sigv4.Opened) (*api.Request, error) {
	signed, err := opened.VerifyClaim()
	if err != nil {
		return nil, x.unauthenticated(err)
	}
	s.accept(x, opened)
	body, err := s.newUpload(x, r, opened)
	if err != nil {
		return nil, err
	}
	request := s.newRequest(x, r, opened)
	request.HTTP = &api.HTTP{
		// An endpoint that ends in more slashes than one makes paths that begin so. No bucket is named by nothing.
		Method: r.Method, Path: "/" + strings.TrimLeft(r.URL.EscapedPath(), "/"), Query: r.URL.RawQuery, Body: body,
		Presigned: signed.Presigned, Signed: signed.At, Payload: signed.Payload,
	}
	return request, nil
}
