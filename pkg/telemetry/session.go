package telemetry

import "strings"

// assumedRole begins the part of a session's ARN that names role and tenant, as the tracking service's sessions have it:
// :assumed-role/<role>/<tenant>@. Neither is a secret, but a role's capitals and a tenant id's digits together look as mixed as
// a key. The tenant has small letters alone, so a secret access key does not pass for one.
const assumedRole = ":assumed-role/"

// outsideSessions applies scrub to what stands before, between and after the names of sessions in s.
func outsideSessions(s string, scrub func(string) string) string {
	var out strings.Builder
	done := 0
	for at := 0; ; {
		i := strings.Index(s[at:], assumedRole)
		if i < 0 {
			break
		}
		begin := at + i
		at = begin + len(assumedRole)
		if length := nameLength(s[at:]); length > 0 {
			at += length
			out.WriteString(scrub(s[done:begin]))
			out.WriteString(s[begin:at])
			done = at
		}
	}
	if done == 0 {
		return scrub(s)
	}
	out.WriteString(scrub(s[done:]))
	return out.String()
}

// nameLength returns how long the name of a session is with which s begins, its @ included; 0: with none.
func nameLength(s string) int {
	role := leading(s, func(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("_+=,.@-", c) >= 0 })
	if role < 1 || role > 64 || role == len(s) || s[role] != '/' {
		return 0
	}
	tenant := leading(s[role+1:], func(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' })
	end := role + 1 + tenant
	if tenant < 2 || tenant > 63 || end == len(s) || s[end] != '@' {
		return 0
	}
	return end + 1
}

// leading returns how many bytes of a kind s begins with.
func leading(s string, is func(byte) bool) int {
	for i := range len(s) {
		if !is(s[i]) {
			return i
		}
	}
	return len(s)
}
