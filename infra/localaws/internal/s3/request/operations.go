package request

import "net/http"

// place is where an operation is found.
type place struct {
	level  level
	method string
	sub    string // the sub-resource; empty: none
	copies bool   // the request has a copy source
}

// operation is one operation of S3.
type operation struct {
	name   string
	query  []string // parameters that it takes beside its sub-resource
	permit func(*Request, *Reading) error
}

// subresources are the parameters that make another operation of a request (S3 API Reference). partNumber goes with uploadId.
var subresources = map[string]bool{
	"acl": true, "attributes": true, "legal-hold": true, "restore": true, "retention": true, "select": true, "tagging": true, "torrent": true,
	"uploadId": true, "uploads": true,
	"accelerate": true, "analytics": true, "cors": true, "delete": true, "encryption": true, "intelligent-tiering": true, "inventory": true,
	"lifecycle": true, "location": true, "logging": true, "metrics": true, "notification": true, "object-lock": true, "ownershipControls": true,
	"policy": true, "policyStatus": true, "publicAccessBlock": true, "replication": true, "requestPayment": true, "versioning": true, "versions": true,
	"website": true,
}

var (
	overrides = []string{
		"response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type",
		"response-expires",
	}
	ofVersion  = []string{"versionId"}
	ofGet      = append([]string{"versionId", "partNumber"}, overrides...)
	ofList     = []string{"prefix", "delimiter", "max-keys", "encoding-type", "marker", "list-type", "continuation-token", "start-after", "fetch-owner"}
	ofVersions = []string{"prefix", "delimiter", "max-keys", "encoding-type", "key-marker", "version-id-marker"}
	ofUploads  = []string{"prefix", "delimiter", "max-uploads", "encoding-type", "key-marker", "upload-id-marker"}
	ofParts    = []string{"max-parts", "part-number-marker"}
)

// operations holds what is authorized, with the actions of the Service Authorization Reference, "Actions, resources, and condition keys
// for Amazon S3". An operation that the store does not have is authorized all the same, and then answered as NotImplemented.
var operations = map[place]*operation{}

func add(l level, method, sub, name string, query []string, permit func(*Request, *Reading) error) {
	operations[place{level: l, method: method, sub: sub}] = &operation{name, query, permit}
}

func init() {
	add(onService, http.MethodGet, "", "ListBuckets", []string{"max-buckets", "continuation-token", "prefix", "bucket-region"}, permitListBuckets)

	add(onObject, http.MethodGet, "", "GetObject", ofGet, permitVersion("GetObject"))
	add(onObject, http.MethodHead, "", "HeadObject", ofGet, permitVersion("GetObject"))
	add(onObject, http.MethodGet, "attributes", "GetObjectAttributes", ofVersion, permitAttributes)
	add(onObject, http.MethodPut, "", "PutObject", nil, permitPut)
	add(onObject, http.MethodDelete, "", "DeleteObject", ofVersion, permitDelete)
	add(onObject, http.MethodPost, "uploads", "CreateMultipartUpload", nil, permitPut)
	add(onObject, http.MethodPut, "uploadId", "UploadPart", []string{"partNumber"}, permitPart)
	add(onObject, http.MethodPost, "uploadId", "CompleteMultipartUpload", nil, permitComplete)
	add(onObject, http.MethodDelete, "uploadId", "AbortMultipartUpload", nil, permit("AbortMultipartUpload"))
	add(onObject, http.MethodGet, "uploadId", "ListParts", ofParts, permit("ListMultipartUploadParts"))
	for place, op := range map[place]*operation{
		{onObject, http.MethodPut, "", true}:         {"CopyObject", nil, permitCopy},
		{onObject, http.MethodPut, "uploadId", true}: {"UploadPartCopy", []string{"partNumber"}, permitPart},
	} {
		operations[place] = op
	}
	add(onObject, http.MethodGet, "tagging", "GetObjectTagging", ofVersion, permitVersioned("GetObjectTagging", "GetObjectVersionTagging"))
	add(onObject, http.MethodPut, "tagging", "PutObjectTagging", ofVersion, permitVersioned("PutObjectTagging", "PutObjectVersionTagging"))
	add(onObject, http.MethodDelete, "tagging", "DeleteObjectTagging", ofVersion, permitVersioned("DeleteObjectTagging", "DeleteObjectVersionTagging"))
	add(onObject, http.MethodGet, "acl", "GetObjectAcl", ofVersion, permitVersioned("GetObjectAcl", "GetObjectVersionAcl"))
	add(onObject, http.MethodPut, "acl", "PutObjectAcl", ofVersion, permitVersioned("PutObjectAcl", "PutObjectVersionAcl"))
	add(onObject, http.MethodGet, "retention", "GetObjectRetention", ofVersion, permit("GetObjectRetention"))
	add(onObject, http.MethodPut, "retention", "PutObjectRetention", ofVersion, permit("PutObjectRetention"))
	add(onObject, http.MethodGet, "legal-hold", "GetObjectLegalHold", ofVersion, permit("GetObjectLegalHold"))
	add(onObject, http.MethodPut, "legal-hold", "PutObjectLegalHold", ofVersion, permit("PutObjectLegalHold"))
	add(onObject, http.MethodGet, "torrent", "GetObjectTorrent", nil, permitVersioned("GetObjectTorrent", "GetObjectVersionTorrent"))
	add(onObject, http.MethodPost, "restore", "RestoreObject", ofVersion, permit("RestoreObject"))

	add(onBucket, http.MethodGet, "", "ListObjects", ofList, permitList("ListBucket"))
	add(onBucket, http.MethodHead, "", "HeadBucket", nil, permit("ListBucket"))
	add(onBucket, http.MethodGet, "versions", "ListObjectVersions", ofVersions, permitList("ListBucketVersions"))
	add(onBucket, http.MethodGet, "uploads", "ListMultipartUploads", ofUploads, permitList("ListBucketMultipartUploads"))
	add(onBucket, http.MethodPost, "delete", "DeleteObjects", nil, permitNothing)
	add(onBucket, http.MethodPut, "", "CreateBucket", nil, permitCreateBucket)
	add(onBucket, http.MethodDelete, "", "DeleteBucket", nil, permit("DeleteBucket"))
	for _, setting := range settings {
		setting.add()
	}
}

// setting is a configuration of a bucket: who gets, puts and deletes it. An empty action: there is no such operation.
type setting struct{ sub, name, get, put, remove string }

func (s setting) add() {
	for _, one := range []struct{ method, verb, action string }{
		{http.MethodGet, "Get", s.get}, {http.MethodPut, "Put", s.put}, {http.MethodDelete, "Delete", s.remove},
	} {
		if one.action != "" {
			add(onBucket, one.method, s.sub, one.verb+s.name, []string{"id"}, permit(one.action))
		}
	}
}

var settings = []setting{
	{"location", "BucketLocation", "GetBucketLocation", "", ""},
	{"versioning", "BucketVersioning", "GetBucketVersioning", "PutBucketVersioning", ""},
	{"encryption", "BucketEncryption", "GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutEncryptionConfiguration"},
	{"publicAccessBlock", "PublicAccessBlock", "GetBucketPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPublicAccessBlock"},
	{"tagging", "BucketTagging", "GetBucketTagging", "PutBucketTagging", "PutBucketTagging"},
	{"policy", "BucketPolicy", "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"},
	{"policyStatus", "BucketPolicyStatus", "GetBucketPolicyStatus", "", ""},
	{"acl", "BucketAcl", "GetBucketAcl", "PutBucketAcl", ""},
	{"ownershipControls", "BucketOwnershipControls", "GetBucketOwnershipControls", "PutBucketOwnershipControls", "PutBucketOwnershipControls"},
	{"cors", "BucketCors", "GetBucketCORS", "PutBucketCORS", "PutBucketCORS"},
	{"lifecycle", "BucketLifecycleConfiguration", "GetLifecycleConfiguration", "PutLifecycleConfiguration", "PutLifecycleConfiguration"},
	{"logging", "BucketLogging", "GetBucketLogging", "PutBucketLogging", ""},
	{"notification", "BucketNotificationConfiguration", "GetBucketNotification", "PutBucketNotification", ""},
	{"object-lock", "ObjectLockConfiguration", "GetBucketObjectLockConfiguration", "PutBucketObjectLockConfiguration", ""},
	{"replication", "BucketReplication", "GetReplicationConfiguration", "PutReplicationConfiguration", "PutReplicationConfiguration"},
	{"requestPayment", "BucketRequestPayment", "GetBucketRequestPayment", "PutBucketRequestPayment", ""},
	{"website", "BucketWebsite", "GetBucketWebsite", "PutBucketWebsite", "DeleteBucketWebsite"},
	{"accelerate", "BucketAccelerateConfiguration", "GetAccelerateConfiguration", "PutAccelerateConfiguration", ""},
	{"analytics", "BucketAnalyticsConfiguration", "GetAnalyticsConfiguration", "PutAnalyticsConfiguration", "PutAnalyticsConfiguration"},
	{"inventory", "BucketInventoryConfiguration", "GetInventoryConfiguration", "PutInventoryConfiguration", "PutInventoryConfiguration"},
	{"metrics", "BucketMetricsConfiguration", "GetMetricsConfiguration", "PutMetricsConfiguration", "PutMetricsConfiguration"},
	{"intelligent-tiering", "BucketIntelligentTieringConfiguration", "GetIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration", "PutIntelligentTieringConfiguration"},
}
