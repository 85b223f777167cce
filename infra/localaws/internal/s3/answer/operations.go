package answer

// operations are those that localaws answers. All others are authorized, and then answered as NotImplemented.
var operations map[string]operation

func init() { // the table names functions that read it
	operations = map[string]operation{
		"CreateBucket":      {answer: createBucket, takesBody: true},
		"HeadBucket":        {answer: headBucket},
		"DeleteBucket":      {answer: deleteBucket},
		"GetBucketLocation": {answer: getBucketLocation},

		"GetObject":  {answer: getObject},
		"HeadObject": {answer: headObject},
		"PutObject":  {answer: putObject, takesBody: true},
	}
}
