package sts

import (
	"compress/flate"
	"io"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// AWS packs session policies and tags into a binary form of its own, and does not publish how. Tags are not compressed: of two public
// observations, 9 tags of 250 characters take 498 % and the six tags of EKS Pod Identity 74 %, which is a limit of about 455 bytes. Policies
// are compressed; localaws stands in for it with their deflated size, and bounds the plain size as well, because that is what its session
// tokens carry. Both reckon on the large side: what passes here passes there.
const (
	tagLimit    = 450  // bytes of keys and values
	packedLimit = 1024 // bytes of policies, deflated
	plainLimit  = 8192 // bytes of policies
)

// deflaters are kept, since each is 600 KiB: most of an AssumeRole would be making one.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestCompression)
	if err != nil {
		panic(err) // the level is one that there is
	}
	return w
}}

// packedSize returns the percentage of the limit that policies and tags use.
func packedSize(policy string, policyARNs []string, tags []identity.Tag) (int, error) {
	policies, err := packedPolicies(append([]string{policy}, policyARNs...))
	size := 0
	for _, tag := range tags {
		size += len(tag.Key) + len(tag.Value)
	}
	return policies + percent(size, tagLimit), err
}

func packedPolicies(texts []string) (int, error) {
	var size counter
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&size)
	plain := 0
	for _, text := range texts {
		plain += len(text)
		if _, err := io.WriteString(w, text); err != nil {
			return 0, err
		}
	}
	if plain == 0 {
		return 0, nil
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return max(percent(int(size), packedLimit), percent(plain, plainLimit)), nil
}

func percent(size, limit int) int { return (size*100 + limit - 1) / limit }

func packedTooLarge(percent int, policies bool) error {
	if policies {
		return api.Errorf(400, "PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)
	}
	return api.Errorf(400, "PackedPolicyTooLarge", "Packed size of session tags consumes %d%% of allotted space.", percent)
}

// counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
