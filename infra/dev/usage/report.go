package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/pkg/tenant"
)

// Usage is what one tenant used of one service, or all of them together.
type Usage struct {
	Requests      int64   `json:"requests"`      // whose token was verified
	Limited       int64   `json:"limited"`       // of them, answered 429
	Failed        int64   `json:"failed"`        // of them, answered 500 or above
	Bytes         int64   `json:"bytes"`         // of the answers' bodies
	AWSCalls      int64   `json:"awsCalls"`      // in the tenant's name
	Denials       int64   `json:"denials"`       // of them, refused by AWS
	CapacityUnits float64 `json:"capacityUnits"` // of DynamoDB, as its answers named them
}

func (u *Usage) add(more Usage) {
	u.Requests += more.Requests
	u.Limited += more.Limited
	u.Failed += more.Failed
	u.Bytes += more.Bytes
	u.AWSCalls += more.AWSCalls
	u.Denials += more.Denials
	u.CapacityUnits += more.CapacityUnits
}

// Service is what tenants used of one service. Total is counted line by line, not made of Tenants.
type Service struct {
	Tenants map[string]*Usage `json:"tenants"`
	Total   Usage             `json:"total"`
}

// Report is what logs say. A request passes both services, so each has figures of its own.
type Report struct {
	Services map[string]*Service `json:"services"`
	Lines    int64               `json:"lines"`  // that were read
	Broken   int64               `json:"broken"` // of them, that cannot be read, and are counted nowhere else
	faults   []string            // the first of the broken ones, with their places
}

// maxFaults is how many broken lines are told one by one; maxLine is longer than any line that a service writes (16 KiB).
const (
	maxFaults = 5
	maxLine   = 64 << 10
)

// read adds the lines of a log.
func (r *Report) read(name string, log io.Reader) error {
	lines := bufio.NewReaderSize(log, maxLine)
	for number := 1; ; number++ {
		line, tooLong, err := lines.ReadLine()
		for cut := tooLong; cut && err == nil; {
			_, cut, err = lines.ReadLine()
		}
		if errors.Is(err, io.EOF) && !tooLong {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.Lines++
		fault := fmt.Errorf("longer than %d bytes", maxLine)
		if !tooLong {
			fault = r.add(line)
		}
		if fault != nil {
			if r.Broken++; len(r.faults) < maxFaults {
				r.faults = append(r.faults, fmt.Sprintf("%s, line %d: %v", name, number, fault))
			}
		}
	}
}

// entry is a line of the audit log, as package audit and package httpserver write it.
type entry struct {
	Service       string  `json:"service"`
	Log           string  `json:"log"`
	Kind          string  `json:"kind"`
	Tenant        string  `json:"tenant"`
	Decision      string  `json:"decision"`
	Status        int     `json:"status"`
	Requests      *int64  `json:"requests"` // nil: one
	Bytes         int64   `json:"bytes"`
	CapacityUnits float64 `json:"capacity_units"`
}

// add counts a line. The error says why it cannot be read; it does not repeat the line.
func (r *Report) add(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return errors.New("not the JSON object that a service writes")
	}
	if e.Log != "audit" || e.Kind == "check" { // the isolation check is of no tenant
		return nil
	}
	used, err := e.usage()
	if err != nil {
		return err
	}
	service := r.Services[e.Service]
	if service == nil {
		service = &Service{Tenants: map[string]*Usage{}}
		r.Services[e.Service] = service
	}
	if service.Tenants[e.Tenant] == nil {
		service.Tenants[e.Tenant] = &Usage{}
	}
	service.Tenants[e.Tenant].add(used)
	service.Total.add(used)
	return nil
}

// serviceName is the form of a service's name. It is printed, so it cannot hold what a terminal or the table takes for its own.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// maxFigure is beyond what a second of one tenant can be: a terabyte. The sum of eight million such lines does not overflow.
const maxFigure = 1 << 40

// usage returns what a line of the audit log says that its tenant used.
func (e entry) usage() (Usage, error) {
	_, err := tenant.Parse(e.Tenant)
	requests := int64(1)
	if e.Requests != nil {
		requests = *e.Requests
	}
	switch {
	case err != nil:
		return Usage{}, err
	case !serviceName.MatchString(e.Service):
		return Usage{}, errors.New("a line of the audit log without the name of a service")
	case requests < 1 || e.Bytes < 0 || e.CapacityUnits < 0:
		return Usage{}, errors.New("a figure below zero, or no requests")
	case requests > maxFigure || e.Bytes > maxFigure || e.CapacityUnits > maxFigure:
		return Usage{}, fmt.Errorf("a figure above %d", int64(maxFigure))
	case e.Kind == "access" && (e.Decision == "allow" || e.Decision == "deny" || e.Decision == "error"):
		used := Usage{AWSCalls: 1, CapacityUnits: e.CapacityUnits}
		if e.Decision == "deny" {
			used.Denials = 1
		}
		return used, nil
	case e.Kind == "request" && e.Status >= http.StatusOK && e.Status < 600:
		used := Usage{Requests: requests, Bytes: e.Bytes}
		if e.Status == http.StatusTooManyRequests {
			used.Limited = requests
		}
		if e.Status >= http.StatusInternalServerError {
			used.Failed = requests
		}
		return used, nil
	}
	return Usage{}, fmt.Errorf("a line of the audit log of the kind %.20q, with the decision %.20q and the status %d", e.Kind, e.Decision, e.Status)
}
