package trackingclient

import (
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/pkg/trackingapi"
)

// maxAnswer bounds a body, in bytes: several times what 100 shipments with 50 milestones each take.
const maxAnswer = 4 << 20

func read(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return nil, classify(err)
	}
	if len(read) > maxAnswer {
		return nil, unexpected(fmt.Errorf("trackingclient: the answer is longer than %d bytes", maxAnswer))
	}
	return read, nil
}

// decode reads body, which must be one JSON value of the media type want, UTF-8, no name twice, into v.
func decode(resp *http.Response, want string, body []byte, v any) error {
	got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || got != want {
		return fmt.Errorf("trackingclient: status %d with media type %q, want %s", resp.StatusCode, got, want)
	}
	if err := json.Unmarshal(body, v); err != nil {
		// The error may quote the body, which is not for the log.
		return fmt.Errorf("trackingclient: the answer is not the JSON that the contract has")
	}
	return nil
}

// isWhole reports whether what the contract requires of a shipment is there.
func isWhole(s trackingapi.Shipment) bool {
	return s.ShipmentID != "" && s.Status.Valid() && !s.Eta.IsZero() && len(s.Milestones) > 0
}

// answers reports whether answer is one to params: of a batch, each id once, found or not, and no other;
// of a page, no more than its limit.
func answers(params trackingapi.ListShipmentsParams, answer trackingapi.ShipmentList) bool {
	if answer.Shipments == nil {
		return false
	}
	seen := map[trackingapi.ShipmentID]bool{}
	for _, s := range answer.Shipments {
		if !isWhole(s) || seen[s.ShipmentID] {
			return false
		}
		seen[s.ShipmentID] = true
	}
	if params.Ids == nil {
		return answer.NotFound == nil && (params.Limit == nil || len(answer.Shipments) <= int(*params.Limit))
	}
	if answer.NotFound == nil || answer.NextCursor != nil {
		return false
	}
	for _, id := range *answer.NotFound {
		if seen[id] {
			return false
		}
		seen[id] = true
	}
	for _, id := range *params.Ids {
		if !seen[id] {
			return false
		}
	}
	return len(seen) == len(*params.Ids)
}

// isResult reports whether answer is one to params: whole shipments, none twice, of the status that was asked for, no more than
// the limit.
func isResult(params trackingapi.SearchShipmentsParams, answer trackingapi.SearchResult) bool {
	found := len(answer.Shipments)
	if answer.Shipments == nil || answer.Total < int64(found) || params.Limit != nil && found > int(*params.Limit) {
		return false
	}
	seen := map[trackingapi.ShipmentID]bool{}
	for _, s := range answer.Shipments {
		if s.ShipmentID == "" || !s.Status.Valid() || s.Eta.IsZero() || seen[s.ShipmentID] || params.Status != nil && s.Status != *params.Status {
			return false
		}
		seen[s.ShipmentID] = true
	}
	return true
}
