package localaws

import (
	"encoding/binary"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// protocolHeader names the protocol in requests and in answers of rpc-v2-cbor (Smithy, "Smithy RPC v2 CBOR protocol").
const (
	protocolHeader = "Smithy-Protocol"
	cborProtocol   = "rpc-v2-cbor"
)

// usesCBOR reports a request in a protocol of AWS that no service here speaks. Its client reads errors in no other.
func usesCBOR(r *http.Request) bool { return r.Header.Get(protocolHeader) == cborProtocol }

// cborError is the map of two texts that an error is.
func cborError(e *api.Error) []byte {
	const mapOfTwo = 0xa2
	body := []byte{mapOfTwo}
	for _, text := range []string{"__type", "com.amazon.coral.service#" + e.Code, "message", e.Message} {
		const textOfTwoBytesLength = 0x79
		body = append(body, textOfTwoBytesLength)
		body = append(binary.BigEndian.AppendUint16(body, uint16(len(text))), text...)
	}
	return body
}
