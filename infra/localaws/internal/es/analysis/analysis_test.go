package analysis

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// What OpenSearch 3.3.0 answers to POST /_analyze {"analyzer":"standard"}.
var analyzed = map[string][]string{
	"Rotterdam, Netherlands":           {"rotterdam", "netherlands"},
	"a.b a,b 1.5 1,000.25 1.a a.1 3,a": {"a.b", "a", "b", "1.5", "1,000.25", "1", "a", "a", "1", "3", "a"},
	"don't O'Neil's ‘quoted’ it’s":     {"don't", "o'neil's", "quoted", "it’s"},
	"a_b _a _ __ 1_2":                  {"a_b", "_a", "1_2"},
	"MAEU-1234/5 a:b 12:30 a;b":        {"maeu", "1234", "5", "a:b", "12", "30", "a", "b"},
	"C++ .NET 100% $5 #1 *":            {"c", "net", "100", "5", "1"},
	"東京港 とうきょう トウキョウ ｶﾀｶﾅ 부산항":           {"東", "京", "港", "と", "う", "き", "ょ", "う", "トウキョウ", "ｶﾀｶﾅ", "부산항"},
	"ท่าเรือแหลมฉบัง กรุงเทพ abcไทย ລາວ": {"ท่าเรือแหลมฉบัง", "กรุงเทพ", "abc", "ไทย", "ລາວ"},
	"🚢 delayed 👍🏽 👨\u200d👩\u200d👧 ☺ ©":   {"🚢", "delayed", "👍🏽", "👨\u200d👩\u200d👧", "☺", "©"},
	"🇳🇱🇩🇪 🇳":                      {"🇳🇱", "🇩🇪"},
	"Straße İstanbul naïve Ωmega": {"straße", "istanbul", "naïve", "ωmega"},
	"x² ½ Ⅳ ㎏ ٠١٢":                {"x", "ⅳ", "٠١٢"},
	"a\u00adb a\u200bb a\u2028b":  {"a\u00adb", "a", "b", "a", "b"},
	"... !?":                      nil,
	"":                            nil,
}

func TestTermsAreThoseOfTheStandardAnalyzer(t *testing.T) {
	for text, want := range analyzed {
		var got []string
		for token := range Tokens(text) {
			got = append(got, token.Term)
			if strings.ToLower(text[token.Start:token.End]) != token.Term {
				t.Errorf("%q: %q is not at %d to %d", text, token.Term, token.Start, token.End)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestLongWordsAreCutAt255UTF16Units(t *testing.T) {
	for text, want := range map[string][]int{
		strings.Repeat("x", 255):                {255},
		strings.Repeat("x", 600):                {255, 255, 90},
		strings.Repeat("é", 256):                {255, 1},
		"x" + strings.Repeat("\U00010400", 128): {128, 1}, // each is two units
	} {
		var got []int
		for token := range Tokens(text) {
			got = append(got, utf8.RuneCountInString(token.Term))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%.10q: %v characters, want %v", text, got, want)
		}
	}
}

func FuzzTokensStandInTheTextInOrder(f *testing.F) {
	for text := range analyzed {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for token := range Tokens(text) {
			if token.Start < end || token.End <= token.Start || token.End > len(text) {
				t.Fatalf("%q: %+v after %d", text, token, end)
			}
			end = token.End
		}
	})
}
