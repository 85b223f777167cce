package answer

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// createMultipart makes the key that seals all parts: the writer's permission to encrypt is asked for here, once.
func createMultipart(a *asked) (*api.Response, error) {
	o, e, err := a.described()
	if err != nil {
		return nil, err
	}
	m := &store.Multipart{Bucket: a.Bucket, Key: a.Key, Initiated: a.Now().UTC(), Object: o}
	if err := a.setAlgorithm(m); err != nil {
		return nil, err
	}
	if _, err := a.Store.Bucket(a.Bucket); err != nil {
		return nil, err
	}
	if _, err := a.newDataKey(e, o); err != nil {
		return nil, err
	}
	if err := a.Store.CreateMultipart(m); err != nil {
		return nil, err
	}
	response, err := documentOf("InitiateMultipartUploadResult", struct{ Bucket, Key, UploadId string }{a.Bucket, a.Key, m.ID})
	if err != nil {
		return nil, err
	}
	response.Header = http.Header{}
	setEncryption(response.Header, o)
	if m.Checksum != "" {
		response.Header.Set("X-Amz-Checksum-Algorithm", m.Checksum)
		response.Header.Set("X-Amz-Checksum-Type", m.ChecksumType)
	}
	return response, nil
}

// setAlgorithm reads which checksum the parts and the object are to have.
func (a *asked) setAlgorithm(m *store.Multipart) (err error) {
	m.Checksum, err = a.checksumAlgorithm()
	if err != nil {
		return err
	}
	kind, ok := checksum.TypeOf(cmp.Or(m.Checksum, checksum.Default), a.header("X-Amz-Checksum-Type"))
	if !ok {
		return api.Errorf(http.StatusBadRequest, "InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.",
			a.header("X-Amz-Checksum-Type"), api.Own(strings.ToLower(cmp.Or(m.Checksum, checksum.Default))))
	}
	m.ChecksumType = kind
	return nil
}

// checksumAlgorithm is the one that a request chooses for an object whose bytes it does not bring; empty: none.
func (a *asked) checksumAlgorithm() (string, error) {
	given := strings.ToUpper(a.header("X-Amz-Checksum-Algorithm"))
	if given != "" && checksum.New(given) == nil {
		return "", invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	return given, nil
}

func (a *asked) multipart() (*store.Multipart, error) {
	return a.Store.Multipart(a.Bucket, a.Key, a.Query["uploadId"])
}

func uploadPart(a *asked) (*api.Response, error) {
	if err := a.checkSize(); err != nil {
		return nil, err
	}
	m, key, err := a.openMultipart()
	if err != nil {
		return nil, err
	}
	sums, err := checksum.Demanded(a.req.Header, m.Object.KMSKey == "")
	if err != nil {
		return nil, err
	}
	if named := sums.Named(); m.Checksum != "" && named != "" && named != m.Checksum {
		return nil, api.Errorf(http.StatusBadRequest, "InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s",
			api.Own(strings.ToLower(m.Checksum)), api.Own(strings.ToLower(named)))
	}
	part, err := a.storePart(m, key, sums, func(to io.Writer) error { return receive(to, a.req.HTTP.Body, sums) })
	if err != nil {
		return nil, err
	}
	h := http.Header{"Etag": {quoted(part.ETag)}}
	h.Set(checksum.Header(sums.Algorithm), sums.Value())
	setEncryption(h, m.Object)
	return &api.Response{Header: h}, nil
}

// openMultipart returns the upload that a request names, and its key: each part needs the permission to decrypt (S3 API Reference, UploadPart).
func (a *asked) openMultipart() (*store.Multipart, []byte, error) {
	if err := a.checkPart(); err != nil {
		return nil, nil, err
	}
	m, err := a.multipart()
	if err != nil {
		return nil, nil, err
	}
	key, err := a.openDataKey(m.Object)
	return m, key, err
}

func (a *asked) checkPart() error {
	if a.header(sseHeader) != "" || a.header(sseKeyHeader) != "" {
		return invalidArgument("x-amz-server-side-encryption header is not supported for this operation.")
	}
	return nil
}

// storePart keeps as a part what fill writes.
func (a *asked) storePart(m *store.Multipart, key []byte, sums *checksum.Sums, fill func(io.Writer) error) (*store.UploadedPart, error) {
	number, err := strconv.Atoi(a.Query["partNumber"]) // package request has looked at it
	if err != nil {
		return nil, err
	}
	part, err := a.Store.BeginPart(m, number, key)
	if err != nil {
		return nil, err
	}
	defer part.Abort()
	kept := cmp.Or(m.Checksum, checksum.Default)
	sums.Keep(kept)
	if err := fill(io.MultiWriter(part, sums)); err != nil {
		return nil, err
	}
	return part.Commit(func(p *store.UploadedPart) {
		p.Modified, p.ETag = a.Now().UTC(), etag(sums.MD5())
		if m.Object.KMSKey != "" {
			p.ETag = etag(nil)
		}
		if named := sums.Named(); named != "" && named != kept {
			p.Given = store.Checksum{Algorithm: named, Value: sums.Value()}
		}
		p.Checksum = store.Checksum{Algorithm: kept, Value: sums.Kept(), Type: m.ChecksumType}
	})
}

func abortMultipart(a *asked) (*api.Response, error) {
	m, err := a.multipart()
	if err != nil {
		return nil, err
	}
	return &api.Response{Status: http.StatusNoContent}, a.Store.AbortMultipart(m)
}
