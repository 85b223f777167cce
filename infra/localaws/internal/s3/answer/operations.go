package answer

// operations are those that localaws answers. All others are authorized, and then answered as NotImplemented.
var operations map[string]operation

func init() { // the table names functions that read it
	operations = map[string]operation{
		"CreateBucket":      {answer: createBucket, takesBody: true},
		"HeadBucket":        {answer: headBucket},
		"DeleteBucket":      {answer: deleteBucket},
		"GetBucketLocation": {answer: getBucketLocation},

		"ListBuckets":   {answer: listBuckets, most: mostBytes},
		"ListObjects":   {answer: listObjects, most: mostBytes},
		"ListObjectsV2": {answer: listObjectsV2, most: mostBytes},

		"GetObject":     {answer: getObject},
		"HeadObject":    {answer: headObject},
		"PutObject":     {answer: putObject, takesBody: true},
		"DeleteObject":  {answer: deleteObject},
		"DeleteObjects": {read: readDeleteObjects, most: 2 * mostBytes},
	}
}
