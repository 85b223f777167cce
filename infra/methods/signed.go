package methods

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signed sends a request of localaws' own, which has no body, and returns the body of the answer.
func signed(ctx context.Context, c aws.Config, r *http.Request) ([]byte, error) {
	key, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(empty[:]), "localaws", region, time.Now()); err != nil {
		return nil, err
	}
	response, err := c.HTTPClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s %s", r.URL.Path, response.Status, body)
	}
	return body, err
}
