package answer

import (
	"bytes"
	"encoding/xml"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// namespace is that of S3's documents.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// documentOf answers with value, whose element is called name.
func documentOf(name string, value any) (*api.Response, error) {
	var out bytes.Buffer
	out.WriteString(xml.Header)
	start := xml.StartElement{Name: xml.Name{Local: name}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}}}
	if err := xml.NewEncoder(&out).EncodeElement(value, start); err != nil {
		return nil, err
	}
	return &api.Response{Body: out.Bytes()}, nil
}

// maxDocument is what a document that configures something may have, in bytes.
const maxDocument = 64 << 10
