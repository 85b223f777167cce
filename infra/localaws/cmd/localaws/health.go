package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

type health struct {
	Ready bool `help:"Exit 0 only if every upstream of a gateway answers too."`
}

// Help is printed below the flags.
func (health) Help() string {
	return `Asks GET /_localaws/health, or with --ready GET /_localaws/ready, of AWS_ENDPOINT_URL (http://127.0.0.1:4566).`
}

func (h health) Run(ctx context.Context, p process) error {
	endpoint, err := p.endpoint()
	if err != nil {
		return err
	}
	path := "/_localaws/health"
	if h.Ready {
		path = "/_localaws/ready"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(endpoint, "/")+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("no localaws answers (localaws serve starts it; AWS_ENDPOINT_URL says where it is): %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", endpoint, response.Status)
	}
	return nil
}
