package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/config"
)

var (
	// regionName is what can stand in the host name of an AWS endpoint.
	regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	awsName    = regexp.MustCompile(`AWS_[A-Z0-9_]+`)
)

// awsProblems returns what is wrong with cfg, which the SDK loaded with err, and with what it reads only at the first request.
func awsProblems(cfg aws.Config, err error, environ []string) []config.Problem {
	var wrong []config.Problem
	if err != nil {
		wrong = append(wrong, config.Problem{Variable: culprit(err, environ), Reason: err.Error()})
	}
	wrong = append(wrong, regionProblems(cfg.Region, err == nil)...)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if reason := awsReason(name, value); value != "" && reason != "" {
			wrong = append(wrong, config.Problem{Variable: name, Reason: reason})
		}
	}
	return wrong
}

// regionProblems checks the region, which a profile may name too. Where the SDK could not load its configuration, an empty one
// says nothing.
func regionProblems(region string, loaded bool) []config.Problem {
	reason := ""
	switch {
	case region == "" && loaded:
		reason = "is required but not set; the region of the table, such as us-east-1"
	case region != "" && !regionName.MatchString(region):
		reason = fmt.Sprintf("%q is not the name of a region, such as us-east-1", region)
	default:
		return nil
	}
	return []config.Problem{{Variable: "AWS_REGION", Reason: reason}}
}

// awsReason returns what is wrong with a variable of the SDK, empty where nothing is.
func awsReason(name, value string) string {
	switch {
	case name == "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE":
		return tokenFileReason(value)
	case name == "AWS_ENDPOINT_URL" || strings.HasPrefix(name, "AWS_ENDPOINT_URL_"):
		if err := config.CheckURL(value); err != nil {
			return err.Error()
		}
	}
	return ""
}

// tokenFileReason reads the file as the SDK will: it takes no line end in a token.
func tokenFileReason(file string) string {
	content, err := os.ReadFile(file)
	switch {
	case err != nil:
		return fmt.Sprintf("cannot be read: %v", err)
	case strings.ContainsAny(string(content), "\r\n"):
		return "the file holds a line end, which no authorization token has; write it without (printf %s TOKEN)"
	}
	return ""
}

// culprit returns the variable that an error of the SDK's configuration is about: it names the variable or its file, or says
// what only one of them can cause.
func culprit(err error, environ []string) string {
	if name := awsName.FindString(err.Error()); name != "" {
		return name
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		for _, entry := range environ {
			if name, value, _ := strings.Cut(entry, "="); value == path.Path && strings.HasPrefix(name, "AWS_") {
				return name
			}
		}
	}
	for said, variable := range map[string]string{
		"CA bundle": "AWS_CA_BUNDLE", "shared config profile": "AWS_PROFILE", "RetryMode": "AWS_RETRY_MODE",
		"endpoint host": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "local HTTP cred": "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	} {
		if strings.Contains(err.Error(), said) {
			return variable
		}
	}
	return "AWS_*"
}
