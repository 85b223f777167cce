package localaws

import (
	"cmp"
	"net/http"
	"net/http/httptest"
)

// RoundTrip makes a Server an http.RoundTripper: clients of the same process are answered without a network.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	received := r.Clone(r.Context())
	received.Host, received.RequestURI = cmp.Or(r.Host, r.URL.Host), r.URL.RequestURI()
	if received.Body == nil {
		received.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, received)
	response := recorder.Result()
	response.Request = r
	return response, nil
}
