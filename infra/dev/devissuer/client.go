package devissuer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Fetch asks the issuer at issuerURL for a token, as `make token` does. tenantID and subject are checked by the
// issuer, whose reason is in the error.
func Fetch(ctx context.Context, issuerURL, tenantID, subject string) (string, error) {
	form := url.Values{"tenant": {tenantID}, "subject": {subject}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, issuerURL+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", noAnswer(issuerURL, err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token       string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s/token did not answer as an issuer does (status %d): %w", issuerURL, resp.StatusCode, err)
	}
	if resp.StatusCode != http.StatusOK || answer.Token == "" {
		return "", fmt.Errorf("the issuer refused: %s", answer.Description)
	}
	return answer.Token, nil
}

// Probe returns nil if an issuer answers at issuerURL.
func Probe(ctx context.Context, issuerURL string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuerURL+discoveryPath, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return noAnswer(issuerURL, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s, which no issuer does", req.URL, resp.Status)
	}
	return nil
}

func noAnswer(issuerURL string, err error) error {
	return fmt.Errorf("no development issuer answers at %s (make demo or devissuer serve starts one; --issuer says where it is): %w", issuerURL, err)
}
