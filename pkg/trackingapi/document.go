// Package trackingapi is the contract between the services: the OpenAPI document of the tracking service,
// and the types and requests that follow from it. It decides nothing; see trackingclient for how the
// shipment service calls, and package openapi for how requests are held to a document.
package trackingapi

import _ "embed"

//go:generate ../../bin/oapi-codegen -config oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var document string

// Document returns the OpenAPI 3.0 document, YAML.
func Document() []byte { return []byte(document) }
