package policyset

import "strings"

// nouns are what a tenant owns, by service.
var nouns = map[string]string{
	"dynamodb": "rows", "s3": "objects", "es": "documents", "kms": "key", "sqs": "messages", "sns": "messages", "secretsmanager": "secrets",
	"logs": "log events", "lambda": "functions", "execute-api": "API", "ssm": "parameters",
}

// verbs are what an action does, by the beginning of its name. The first counts.
var verbs = []struct{ begin, verb string }{
	{"BatchGet", "read"}, {"Get", "read"}, {"Query", "read"}, {"Scan", "read"}, {"Receive", "read"}, {"PartiQLSelect", "read"}, {"Describe", "read"}, {"Retrieve", "read"},
	{"ESHttpGet", "read"}, {"ESHttpPost", "read"}, {"ESHttpHead", "read"}, {"Filter", "read"}, {"ConditionCheck", "ask about"}, {"List", "list"},
	{"Decrypt", "decrypt with"}, {"Encrypt", "encrypt with"}, {"GenerateDataKey", "encrypt with"}, {"Invoke", "call"}, {"Send", "write"}, {"Publish", "write"},
	{"Delete", "delete"}, {"Purge", "delete"}, {"ESHttpDelete", "delete"}, {"PartiQLDelete", "delete"},
}

// words are the verb and the noun for a request.
func words(action, resource string) (verb, noun string) {
	service, name, _ := strings.Cut(action, ":")
	noun = nouns[strings.ToLower(service)]
	if noun == "" {
		noun = "data"
	}
	if strings.EqualFold(service, "s3") && !strings.Contains(resource, "/") {
		noun = "object names"
	}
	for _, v := range verbs {
		if len(name) >= len(v.begin) && strings.EqualFold(name[:len(v.begin)], v.begin) {
			return v.verb, noun
		}
	}
	return "change", noun
}
