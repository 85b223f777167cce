package answer

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Limits of an upload in parts (S3 User Guide, "Amazon S3 multipart upload limits"), in bytes but for maxParts.
const (
	maxParts        = 10_000
	minPart         = 5 << 20 // but of the last part
	maxObject       = 5 << 40
	maxCompleteBody = 4 << 20
)

// completedPart is a part as CompleteMultipartUpload names it.
type completedPart struct {
	number int
	etag   string
	sums   []store.Checksum
}

// matches reports whether the part is the one that was uploaded.
func (c *completedPart) matches(part *store.UploadedPart) bool {
	if part == nil || part.ETag != c.etag {
		return false
	}
	for _, sum := range c.sums {
		if sum.Algorithm == part.Checksum.Algorithm && sum.Value != part.Checksum.Value || sum.Algorithm != part.Checksum.Algorithm && sum != part.Given {
			return false
		}
	}
	return true
}

func completeMultipart(a *asked) (*api.Response, error) {
	m, err := a.multipart()
	if err != nil {
		return nil, err
	}
	list, err := a.readCompleted(m)
	if err != nil {
		return nil, err
	}
	if m.Object.KMSKey != "" {
		if _, err := a.openDataKey(m.Object); err != nil {
			return nil, err
		}
	}
	o, err := a.Store.Complete(m, func(o *store.Object, uploaded map[int]*store.UploadedPart) error {
		return a.assemble(m, o, list, uploaded)
	}, a.mayReplace)
	if err != nil {
		return nil, err
	}
	response, err := documentOf("CompleteMultipartUploadResult", struct {
		Location, Bucket, Key, ETag string
		checksumElements
	}{"/" + a.Bucket + "/" + a.Key, a.Bucket, a.Key, quoted(o.ETag), elementsOf(o.Checksum)})
	if err != nil {
		return nil, err
	}
	response.Header = http.Header{}
	setEncryption(response.Header, o)
	setVersion(response.Header, o)
	return response, nil
}

// readCompleted reads which parts the object is to have.
func (a *asked) readCompleted(m *store.Multipart) ([]completedPart, error) {
	body, err := a.req.HTTP.Body.All(maxCompleteBody)
	if err != nil {
		return nil, err
	}
	root, err := document.Parse(body, "CompleteMultipartUpload")
	if err != nil {
		return nil, err
	}
	nodes := root.All("Part")
	if err := root.Check(); err != nil || len(nodes) == 0 || len(nodes) > maxParts {
		return nil, document.Malformed()
	}
	var list []completedPart
	for _, node := range nodes {
		part, err := readCompletedPart(node, m)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && part.number <= list[len(list)-1].number {
			return nil, api.Errorf(http.StatusBadRequest, "InvalidPartOrder", "The list of parts was not in ascending order. The parts list must be specified in order by part number.")
		}
		list = append(list, part)
	}
	return list, nil
}

func readCompletedPart(node *document.Node, m *store.Multipart) (completedPart, error) {
	number, _ := node.Text("PartNumber")
	tag, _ := node.Text("ETag")
	part := completedPart{etag: strings.Trim(tag, `"`)}
	hasSum := false
	for _, algorithm := range checksum.Algorithms() {
		if value, has := node.Text("Checksum" + algorithm); has {
			part.sums = append(part.sums, store.Checksum{Algorithm: algorithm, Value: value})
			hasSum = hasSum || algorithm == m.Checksum
		}
	}
	if err := node.Check(); err != nil {
		return part, err
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil || n < 1 || n > maxParts || part.etag == "" {
		return part, document.Malformed()
	}
	part.number = int(n)
	if m.Checksum != "" && m.ChecksumType == checksum.Composite && !hasSum {
		return part, api.Errorf(http.StatusBadRequest, "InvalidRequest", "The upload was created using a %s checksum. The complete request must include the checksum for each part. It was missing for part %d in the request.",
			api.Own(strings.ToLower(m.Checksum)), part.number)
	}
	return part, nil
}

// assemble fills in an object of the parts that the request names.
func (a *asked) assemble(m *store.Multipart, o *store.Object, list []completedPart, uploaded map[int]*store.UploadedPart) error {
	tags := md5.New()
	var sums []checksum.Part
	for i, named := range list {
		part := uploaded[named.number]
		switch {
		case !named.matches(part):
			return api.Errorf(http.StatusBadRequest, "InvalidPart", "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
		case part.Size < minPart && i < len(list)-1:
			return api.Errorf(http.StatusBadRequest, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		digest, err := hex.DecodeString(part.ETag)
		if err != nil {
			return err
		}
		tags.Write(digest)
		sums = append(sums, checksum.Part{Value: part.Checksum.Value, Size: part.Size})
		if m.Checksum == "" { // nobody asked for the parts' own
			part.Checksum = store.Checksum{}
		}
		o.Parts, o.Size = append(o.Parts, part.Part), o.Size+part.Size
	}
	if o.Size > maxObject {
		return api.Errorf(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	o.Modified, o.ETag = a.Now().UTC(), hex.EncodeToString(tags.Sum(nil))+"-"+strconv.Itoa(len(list))
	algorithm := cmp.Or(m.Checksum, checksum.Default)
	o.Checksum = store.Checksum{Algorithm: algorithm, Type: m.ChecksumType, Value: checksum.OfParts(algorithm, m.ChecksumType, sums)}
	return a.checkWhole(o)
}

// checkWhole compares what the request says of the whole object.
func (a *asked) checkWhole(o *store.Object) error {
	if kind := a.header("X-Amz-Checksum-Type"); kind != "" && kind != o.Checksum.Type {
		return api.Errorf(http.StatusBadRequest, "InvalidRequest", "The checksum type of the upload is %s, not %s.", api.Own(o.Checksum.Type), kind)
	}
	for _, algorithm := range checksum.Algorithms() {
		given := a.header(checksum.Header(algorithm))
		if given == "" {
			continue
		}
		value, _, _ := strings.Cut(o.Checksum.Value, "-")
		if algorithm != o.Checksum.Algorithm || given != value && given != o.Checksum.Value {
			return api.Errorf(http.StatusBadRequest, "BadDigest", "The %s you specified did not match the calculated checksum.", api.Own(algorithm))
		}
	}
	if size := a.header("X-Amz-Mp-Object-Size"); size != "" && size != strconv.FormatInt(o.Size, 10) {
		return invalidRequest("The object size that x-amz-mp-object-size says is not that of the parts.")
	}
	return nil
}

// checksumElements are a checksum in a document.
type checksumElements struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
}

func elementsOf(c store.Checksum) checksumElements {
	e := checksumElements{ChecksumType: c.Type}
	for name, to := range map[string]*string{
		"CRC32": &e.ChecksumCRC32, "CRC32C": &e.ChecksumCRC32C, "CRC64NVME": &e.ChecksumCRC64NVME, "SHA1": &e.ChecksumSHA1, "SHA256": &e.ChecksumSHA256,
	} {
		if name == c.Algorithm {
			*to = c.Value
		}
	}
	return e
}

// partElements is elementsOf for a part, whose type is not said.
func partElements(c store.Checksum) checksumElements {
	c.Type = ""
	return elementsOf(c)
}
