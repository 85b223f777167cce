package trackingapi

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// asEncodingJSON escapes what encoding/json does: a page may have the answer in it.
var asEncodingJSON = json.JoinOptions(jsontext.EscapeForHTML(true), jsontext.EscapeForJS(true))

// VisitGetShippingETAResponse answers w with e, as the generated types for the strict servers of both services do, byte for byte;
// but a text that is not UTF-8 is an error.
// They encode by encoding/json, which marshals each time, looks through it again and copies it: eight allocations for what is one here.
func (e ETA) VisitGetShippingETAResponse(w http.ResponseWriter) error {
	body, err := json.Marshal(&e, asEncodingJSON)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(append(body, '\n'))
	return err
}
