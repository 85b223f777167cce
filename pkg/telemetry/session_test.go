package telemetry

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The names of sessions are found as this expression finds them, which is slow.
func TestNamesOfSessionsAreFoundAsTheirExpressionSays(t *testing.T) {
	expression := regexp.MustCompile(`:assumed-role/[\w+=,.@-]{1,64}/[a-z0-9.-]{2,63}@`)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Custom(func(t *rapid.T) string { // at and beyond each bound
			role := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9_+=,.@-]{0,2}`), rapid.StringMatching(`[A-Za-z0-9_+=,.@-]{63,65}`)).Draw(t, "role")
			tenant := rapid.OneOf(rapid.StringMatching(`[a-z0-9.-]{0,3}`), rapid.StringMatching(`[a-z0-9.-]{62,64}`)).Draw(t, "tenant")
			return ":assumed-role/" + role + "/" + tenant + "@"
		})
		part := rapid.OneOf(
			name,
			rapid.SampledFrom([]string{":assumed-role/", "arn:aws:sts::000000000000:assumed-role/Role/yellow@a", "/", "@", "a", "é", ":", "Role"}),
			rapid.StringMatching(`[A-Za-z0-9_+=,.@-]{60,66}`), rapid.StringMatching(`[a-z0-9.-]{1,3}`), rapid.StringMatching(`[a-z0-9.-]{60,65}`),
		)
		s := strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")
		mark := func(text string) string { return strings.ToUpper(text) }
		var want strings.Builder
		done := 0
		for _, at := range expression.FindAllStringIndex(s, -1) {
			want.WriteString(mark(s[done:at[0]]) + s[at[0]:at[1]])
			done = at[1]
		}
		want.WriteString(mark(s[done:]))
		if got := outsideSessions(s, mark); got != want.String() {
			t.Fatalf("%q becomes %q, want %q", s, got, want.String())
		}
	})
}
