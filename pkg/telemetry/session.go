package telemetry

import (
	"regexp"
	"strings"
)

// sessionName is the part of a session's ARN that names role and tenant, as the tracking service's sessions have it. Neither
// is a secret, but a role's capitals and a tenant id's digits together look as mixed as a key. The tenant has small letters
// alone, so a secret access key does not pass for one.
var sessionName = regexp.MustCompile(`:assumed-role/[\w+=,.@-]{1,64}/[a-z0-9.-]{2,63}@`)

// outsideSessions applies scrub to what stands before, between and after the names of sessions in s.
func outsideSessions(s string, scrub func(string) string) string {
	if !strings.Contains(s, ":assumed-role/") {
		return scrub(s)
	}
	var out strings.Builder
	done := 0
	for _, at := range sessionName.FindAllStringIndex(s, -1) {
		out.WriteString(scrub(s[done:at[0]]))
		out.WriteString(s[at[0]:at[1]])
		done = at[1]
	}
	out.WriteString(scrub(s[done:]))
	return out.String()
}
