package trackingapi

import (
	"net/http"

	"github.com/go-json-experiment/json"
)

// VisitGetShippingETAResponse answers w with e, as the generated types for the strict servers of both services do, byte for byte.
// They encode by encoding/json, which marshals each time, looks through it again and copies it: eight allocations for what is one here.
func (e ETA) VisitGetShippingETAResponse(w http.ResponseWriter) error {
	body, err := json.Marshal(&e)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(append(body, '\n'))
	return err
}
