package api

import (
	"bytes"
	"encoding/xml"
	"net/http"
)

// Namespaces of the Query services, as their answers and errors carry them.
const (
	STSNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	IAMNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// QueryResponse is the answer to a Query request: result in an OPERATIONResult element, or none where
// result is nil.
func QueryResponse(namespace, requestID, operation string, result any) (*Response, error) {
	var out bytes.Buffer
	e := xml.NewEncoder(&out)
	root := xml.StartElement{
		Name: xml.Name{Local: operation + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}},
	}
	if err := e.EncodeToken(root); err != nil {
		return nil, err
	}
	if result != nil {
		if err := e.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: operation + "Result"}}); err != nil {
			return nil, err
		}
	}
	metadata := struct{ RequestId string }{requestID}
	if err := e.EncodeElement(metadata, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}}); err != nil {
		return nil, err
	}
	if err := e.EncodeToken(root.End()); err != nil {
		return nil, err
	}
	if err := e.Flush(); err != nil {
		return nil, err
	}
	return &Response{Header: http.Header{"Content-Type": {"text/xml"}}, Body: out.Bytes()}, nil
}
