package upstream

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
)

var errReplaced = errors.New("the object was replaced again and again while it was asked for")

// inS3 is err with a failure of the upstream in S3's words, which SDKs retry (S3 API Reference, "Error responses").
func inS3(err error) error {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	if f.answer.Status == http.StatusServiceUnavailable {
		return &failure{api.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "Service is unable to handle request."), f.cause}
	}
	return &failure{api.Errorf(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."), f.cause}
}

var codePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z.]{0,63}$`)

// refused is an error of the upstream's, which localaws writes anew. It closes the answer.
func (s *S3) refused(response *http.Response) error {
	defer response.Body.Close()
	cause := statusError(s.endpoint, response)
	switch status := response.StatusCode; {
	case status == http.StatusInternalServerError || status < http.StatusBadRequest:
		return failed(cause)
	case status > http.StatusNotImplemented:
		return unavailable(cause)
	}
	var said struct{ Code, Message string }
	if response.Request != nil && response.Request.Method == http.MethodHead {
		said.Message = http.StatusText(response.StatusCode)
		said.Code = strings.ReplaceAll(said.Message, " ", "") // the answer to a HEAD has no body
	} else if err := xml.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&said); err != nil {
		return failed(cause)
	}
	if !codePattern.MatchString(said.Code) {
		return failed(cause)
	}
	return api.Errorf(response.StatusCode, said.Code, "%s", said.Message)
}

func statusError(e *endpoint, response *http.Response) error {
	return fmt.Errorf("upstream %s answers with %s", e.address, response.Status)
}

func preconditionFailed() error {
	return api.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}
