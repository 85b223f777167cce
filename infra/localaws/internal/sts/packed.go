package sts

import (
	"compress/flate"
	"io"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

// AWS packs session policies and tags into a binary form of its own, with a limit that it does not
// publish. localaws stands in for it with the deflated size of both, and bounds the plain size as well,
// because that is what its session tokens carry.
const (
	packedLimit = 1024 // bytes, deflated
	plainLimit  = 8192 // bytes
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
	var size counter
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&size)
	plain := 0
	write := func(text string) {
		plain += len(text)
		_, err := io.WriteString(w, text)
		if err != nil {
			panic(err) // a counter takes everything
		}
	}
	write(policy)
	for _, arn := range policyARNs {
		write(arn)
	}
	for _, tag := range tags {
		write(tag.Key)
		write(tag.Value)
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
