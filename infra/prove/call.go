package prove

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// theirs is a shipment that victim has and attacker does not.
const theirs = "2001"

// call is one request to a service, sent byte for byte: an attack may be a request that no HTTP client would send.
type call struct {
	direct bool   // to the tracking service, not the shipment service
	method string // GET where empty
	path   string
	token  func(*services) string // nil: none
	header string                 // further lines, each with its end
	body   string
}

// answered is a step that sends c and reads the answer.
func (c call) step(read func(Answer) Answer) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		a, err := c.send(ctx, w.services)
		if err == nil && read != nil {
			a = read(a)
		}
		return a, err
	}
}

func (c call) send(ctx context.Context, s *services) (Answer, error) {
	c.path, c.header, c.body = s.names.fill(c.path), s.names.fill(c.header), s.names.fill(c.body)
	url := s.shipment
	if c.direct {
		url = s.tracking
	}
	address := strings.TrimPrefix(url, "http://")
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(servicesWait)); err != nil {
		return Answer{}, err
	}
	authorization, token := "", ""
	if c.token != nil {
		token = c.token(s)
		authorization = "Authorization: Bearer " + token + "\r\n"
	}
	if c.body != "" {
		kind := "json"
		if c.method == http.MethodPut { // a document
			kind = "pdf"
		}
		c.header += fmt.Sprintf("Content-Type: application/%s\r\nContent-Length: %d\r\n", kind, len(c.body))
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s%s\r\n%s", cmp.Or(c.method, http.MethodGet), c.path, address, authorization, c.header, c.body); err != nil {
		return Answer{}, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: cmp.Or(c.method, http.MethodGet)})
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	a := c.read(response, body)
	if c.path != readiness {
		s.trail.add(sent{service: c.to(), path: c.path, token: token, id: a.RequestID, status: strconv.Itoa(a.Status)})
	}
	return a, nil
}

// to is the service that c goes to.
func (c call) to() string {
	if c.direct {
		return trackingService
	}
	return shipmentService
}

func (c call) read(response *http.Response, body []byte) Answer {
	a := Answer{Status: response.StatusCode, Code: strconv.Itoa(response.StatusCode), RequestID: response.Header.Get("X-Request-Id"), Body: body}
	var problem struct{ Title, Detail string }
	if json.Unmarshal(body, &problem) == nil {
		a.Message = cmp.Or(problem.Detail, problem.Title)
	}
	if a.By = strings.TrimRight(fmt.Sprintf("%s: %d %s", c.to(), a.Status, a.Message), " "); a.ok() {
		a.Code = ""
	}
	return a
}

// good is a valid token, as the issuer gives it to a user of tenant.
func good(tenant string) func(*services) string {
	return func(s *services) string { return s.main.sign(s.claims(tenant)) }
}

func (s *services) claims(tenant any) map[string]any { return s.main.claims(tenant) }
