package upstream

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for values, want := range map[string][3]string{ // of dynamodb, s3 and es
		"":                               {},
		"http://localstack:4566":         {"http://localstack:4566", "http://localstack:4566"},
		"http://localstack:4566/":        {"http://localstack:4566", "http://localstack:4566"},
		"https://host":                   {"https://host", "https://host"},
		"http://[::1]:8000":              {"http://[::1]:8000", "http://[::1]:8000"},
		"dynamodb=http://ddb:8000":       {"http://ddb:8000", ""},
		"s3=http://s3:9000":              {"", "http://s3:9000"},
		"es=http://es:9200":              {"", "", "http://es:9200"},
		"http://a:1 es=http://es:9200":   {"http://a:1", "http://a:1", "http://es:9200"},
		"http://a:1 es=embedded":         {"http://a:1", "http://a:1"},
		"http://a:1 dynamodb=http://b:2": {"http://b:2", "http://a:1"},
		"dynamodb=http://b:2 http://a:1": {"http://b:2", "http://a:1"},
		"http://a:1 s3=embedded":         {"http://a:1", ""},
		"dynamodb=embedded http://a:1":   {"", "http://a:1"},
		"s3=embedded":                    {},
	} {
		addresses, err := ParseAddresses(strings.Fields(values))
		var got [3]string
		for i, service := range []string{"dynamodb", "s3", "es"} {
			if u := addresses[service]; u != nil {
				got[i] = u.String()
			}
		}
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", values, got, err, want)
		}
	}
}

func TestWrongAddressesAreRefusedWithWhatToDo(t *testing.T) {
	for values, want := range map[string]string{
		"localstack:4566":                         "give it as http://HOST:PORT",
		"localstack":                              "give it as http://HOST:PORT",
		"//localstack:4566":                       "give it as http://HOST:PORT",
		"ftp://localstack":                        "give it as http://HOST:PORT",
		"http:localstack":                         "give it as http://HOST:PORT",
		"http://":                                 "give it as http://HOST:PORT",
		"http://:4566":                            "give it as http://HOST:PORT",
		"http://localstack:":                      "give it as http://HOST:PORT",
		"http://localstack:0":                     "give it as http://HOST:PORT",
		"http://localstack:65536":                 "give it as http://HOST:PORT",
		"http://localstack:4566/path":             "more than scheme, host and port",
		"http://localstack:4566?a=b":              "more than scheme, host and port",
		"http://localstack:4566?":                 "more than scheme, host and port",
		"http://localstack:4566#a":                "more than scheme, host and port",
		"http://me:secret@localstack:4566":        "localaws signs as test/test",
		"http://[::1":                             "is not a URL",
		"sqs=http://localstack:4566":              "it can forward dynamodb",
		"=http://localstack:4566":                 "SERVICE=URL",
		"dynamodb=":                               "give it as http://HOST:PORT",
		"http://a:1 http://b:2":                   "two URLs are for every service",
		"dynamodb=http://a:1 dynamodb=http://b:2": "the service dynamodb is given twice",
		"s3=embedded s3=http://a:1":               "the service s3 is given twice",
		"embedded":                                "give it as http://HOST:PORT",
		"sqs=embedded":                            "it can forward dynamodb, s3",
	} {
		addresses, err := ParseAddresses(strings.Fields(values))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: got %v, %v, want one line with %q", values, addresses, err, want)
		}
	}
	if _, err := ParseAddresses([]string{""}); err == nil {
		t.Error("an empty value is accepted")
	}
}
