package answer

import (
	"maps"
	"slices"
)

// operations are those that localaws answers. All others are authorized, and then answered as NotImplemented.
var operations map[string]operation

// uploads are those of objects that are uploaded in parts.
var uploads = map[string]operation{
	"CreateMultipartUpload":   {answer: createMultipart},
	"UploadPart":              {answer: uploadPart, takesBody: true},
	"UploadPartCopy":          {answer: uploadPartCopy},
	"CompleteMultipartUpload": {answer: completeMultipart, takesBody: true},
	"AbortMultipartUpload":    {answer: abortMultipart},
	"ListParts":               {answer: listParts, most: MostListed},
	"ListMultipartUploads":    {answer: listUploads, most: MostListed},
}

func init() { // the table names functions that read it
	operations = map[string]operation{
		"CreateBucket":      {answer: createBucket, takesBody: true},
		"HeadBucket":        {answer: headBucket},
		"DeleteBucket":      {answer: deleteBucket},
		"GetBucketLocation": {answer: getBucketLocation},

		"GetBucketVersioning":           {answer: getVersioning},
		"PutBucketVersioning":           {answer: putVersioning, takesBody: true},
		"GetBucketEncryption":           {answer: getEncryption},
		"PutBucketEncryption":           {answer: putEncryption, takesBody: true},
		"DeleteBucketEncryption":        {answer: deleteEncryption},
		"GetPublicAccessBlock":          {answer: getPublicAccessBlock},
		"PutPublicAccessBlock":          {answer: putPublicAccessBlock, takesBody: true},
		"DeletePublicAccessBlock":       {answer: deletePublicAccessBlock},
		"GetBucketOwnershipControls":    {answer: getOwnership},
		"PutBucketOwnershipControls":    {answer: putOwnership, takesBody: true},
		"DeleteBucketOwnershipControls": {answer: deleteOwnership},
		"GetBucketTagging":              {answer: getBucketTagging},
		"PutBucketTagging":              {answer: putBucketTagging, takesBody: true},
		"DeleteBucketTagging":           {answer: deleteBucketTagging},
		"GetBucketPolicy":               {answer: getBucketPolicy},
		"GetBucketPolicyStatus":         {answer: getBucketPolicyStatus},
		"PutBucketPolicy":               {answer: putBucketPolicy, takesBody: true},
		"DeleteBucketPolicy":            {answer: deleteBucketPolicy},

		"GetObjectTagging":    {answer: getObjectTagging},
		"PutObjectTagging":    {read: readPutObjectTagging},
		"DeleteObjectTagging": {answer: deleteObjectTagging},

		"GetObjectAcl":        {answer: getObjectACL},
		"GetObjectAttributes": {answer: getObjectAttributes},
		"ListObjectVersions":  {answer: listVersions, most: MostListed},

		"ListBuckets":   {answer: listBuckets, most: MostListed},
		"ListObjects":   {answer: listObjects, most: MostListed},
		"ListObjectsV2": {answer: listObjectsV2, most: MostListed},

		"GetObject":     {answer: getObject},
		"HeadObject":    {answer: headObject},
		"CopyObject":    {answer: copyObject},
		"PutObject":     {answer: putObject, takesBody: true},
		"DeleteObject":  {answer: deleteObject},
		"DeleteObjects": {read: readDeleteObjects, most: 2 * MostListed},
	}
	for name, op := range uploads {
		operations[name] = op
	}
	for name, answer := range unset {
		operations[name] = operation{answer: answer}
	}
}

// Operations returns the names of all operations that are answered, in order, those of settings that are always answered as unset too.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }
