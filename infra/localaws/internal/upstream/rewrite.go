package upstream

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// tokenMembers hold the token by which DynamoDB knows a request that is sent again. The upstream sees one caller, the
// root, so each token goes on as one that only its caller can have.
var tokenMembers = map[string]bool{"ClientRequestToken": true, "ClientToken": true}

// rewritten is the body of req as the gateway has read it: without blanks, each text in its shortest form, each member
// once. req has been read, so an error is a failure.
func rewritten(req *api.Request) ([]byte, error) {
	short, err := jsontext.AppendFormat(make([]byte, 0, len(req.Body)), req.Body)
	if err != nil {
		return nil, fmt.Errorf("write the request anew: %w", err)
	}
	if !mayHoldToken(short) {
		return short, nil
	}
	var out bytes.Buffer
	from, to := jsontext.NewDecoder(bytes.NewReader(short)), jsontext.NewEncoder(&out)
	if err := rewrite(from, to, req); err != nil {
		return nil, fmt.Errorf("write the request anew: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// mayHoldToken looks for the names of tokens in a body whose texts are in their shortest form.
func mayHoldToken(short []byte) bool {
	for name := range tokenMembers {
		if bytes.Contains(short, []byte(`"`+name+`":`)) {
			return true
		}
	}
	return false
}

func rewrite(from *jsontext.Decoder, to *jsontext.Encoder, req *api.Request) error {
	if from.PeekKind() != '{' {
		return pass(from, to)
	}
	for {
		token, err := from.ReadToken()
		if err != nil {
			return err
		}
		if err := to.WriteToken(token); err != nil || token.Kind() == '}' {
			return err
		}
		switch {
		case token.Kind() == '{':
			continue
		case tokenMembers[token.String()]:
			err = passToken(from, to, req)
		default:
			err = pass(from, to)
		}
		if err != nil {
			return err
		}
	}
}

func pass(from *jsontext.Decoder, to *jsontext.Encoder) error {
	value, err := from.ReadValue()
	if err != nil {
		return err
	}
	return to.WriteValue(value)
}

// passToken passes a token on as the caller's own; what is no token is the upstream's to refuse.
func passToken(from *jsontext.Decoder, to *jsontext.Encoder, req *api.Request) error {
	value, err := from.ReadValue()
	if err != nil {
		return err
	}
	var token string
	if value.Kind() == '"' && json.Unmarshal(value, &token) == nil {
		return to.WriteToken(jsontext.String(request.OwnToken(token, req.Caller)))
	}
	return to.WriteValue(value)
}
