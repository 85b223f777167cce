package upstream

import (
	"net/http"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// passed are the headers of a request that go on as they are. They say nothing about the operation. The answer is passed
// back in the encoding that the caller accepts.
var passed = []string{"Accept-Encoding", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request"}

// operationHeaders say which operation a request is, in the gateway's own words.
func operationHeaders(operation string) http.Header {
	return http.Header{
		"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {request.HTTPTarget(operation)}, "User-Agent": {"localaws"},
	}
}

func forwardedHeaders(req *api.Request) http.Header {
	to := operationHeaders(req.Operation)
	for _, name := range passed {
		if values := req.Header.Values(name); len(values) > 0 {
			to[name] = slices.Clone(values)
		}
	}
	return to
}

// hopByHop are the headers that concern one connection (RFC 9110, "Connection", and those that RFC 2616
// lists too).
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// requestIDs are the headers in which AWS and local AWS tools name a request. The caller sees localaws' own
// id in the first, by which the decision log is found; the upstream's goes by another name.
var requestIDs = []string{"X-Amzn-Requestid", "X-Amz-Request-Id", "X-Amz-Requestid"}

// UpstreamRequestID is the header of an answer that holds the upstream's id of the request, if it gave one.
const UpstreamRequestID = "X-Localaws-Upstream-Requestid"

// answeredHeaders takes out of the headers of an answer what is not passed back, and returns them. Their names are in net/http's form.
func answeredHeaders(h http.Header) http.Header {
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
	delete(h, UpstreamRequestID)
	for _, name := range slices.Backward(requestIDs) {
		if ids := h[name]; len(ids) > 0 && ids[0] != "" {
			h[UpstreamRequestID] = ids[:1]
		}
		delete(h, name)
	}
	return h
}
